"""Recognition of results: each step that a decision may end at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.credit_supervision.model import recognition
from services.credit_supervision.model.recognition import Outcome as Recognised
from services.credit_supervision.model.recognition import Rules, Scope, Step
from tests.support.credit import BOOK, NOW, result


@pytest.mark.parametrize(
    ("fields", "there", "outcome", "step"),
    [
        pytest.param({}, "510903", Recognised.RECOGNISED, Step.DONE, id="province"),
        pytest.param({}, "500112", Recognised.NOT_RECOGNISED, Step.SCOPE, id="other-province"),
        pytest.param(
            {"scope": Scope.REGION, "region": "sichuan-chongqing"},
            "500112",
            Recognised.RECOGNISED,
            Step.DONE,
            id="region",
        ),
        pytest.param(
            {"scope": Scope.REGION, "region": "nowhere"},
            "500112",
            Recognised.NOT_RECOGNISED,
            Step.SCOPE,
            id="region-unknown",
        ),
        pytest.param(
            {"scope": Scope.CITY}, "510903", Recognised.NOT_RECOGNISED, Step.SCOPE, id="city"
        ),
        pytest.param(
            {"found": NOW - timedelta(days=61)},
            "510903",
            Recognised.NOT_RECOGNISED,
            Step.WINDOW,
            id="old",
        ),
        pytest.param(
            {"department": "market"},
            "510903",
            Recognised.NOT_RECOGNISED,
            Step.DEPARTMENT,
            id="department",
        ),
        pytest.param(
            {"matter": "feng-shui"}, "510903", Recognised.NOT_RECOGNISED, Step.MATTER, id="matter"
        ),
        pytest.param(
            {"is_final": False}, "510903", Recognised.NOT_APPLICABLE, Step.STATUS, id="not-final"
        ),
    ],
)
def test_a_result_stands_in_as_far_as_it_reaches(
    fields: dict[str, Any], there: str, outcome: Recognised, step: Step
) -> None:
    rules = Rules.read(BOOK, there, NOW)

    def decide(reason: str) -> recognition.Recognition:
        return recognition.decide(rules, "x-1", result(**fields), "market", there, reason, NOW)

    made = decide("")
    assert (made.outcome, made.step) == (outcome, step)
    assert set(made.versions) == set(rules.versions)
    again = decide("smell reported since")
    if outcome is Recognised.RECOGNISED:
        assert (again.outcome, again.step) == (Recognised.REPEAT_ALLOWED, Step.EXCEPTION)
    else:
        assert (again.outcome, again.step) == (outcome, step)
