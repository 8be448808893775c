"""Mutual recognition: the steps, the boundaries to the second, and what can never happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.healthcare.model import recognition as r
from services.healthcare.model.recognition import (
    Certificate,
    Decision,
    Institution,
    Kind,
    Mark,
    Outcome,
    Period,
    Reason,
    Repeat,
    Result,
    Scope,
    Step,
)
from tests.healthcare.rulebook import BOOK, NOW

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
ALWAYS: Final = (Period(NOW - 1000 * DAY),)
CHENGDU: Final = "CN-51-0104"
RULES: Final = r.Rules.read(BOOK, CHENGDU, NOW)
LAB: Final = Institution(
    "lab", "CN-51-0104", ALWAYS, {"potassium": ALWAYS, "chest-ct": ALWAYS, "glucose": ALWAYS}
)
CERTIFICATE: Final = Certificate("eqa-1", "lab", "potassium", Scope.NATIONAL, ALWAYS[0])
RESULT: Final = Result(
    kind=Kind.LABORATORY,
    item="potassium",
    producer_id="lab",
    collected_at=NOW - DAY,
    is_final=True,
    mark=Mark(Scope.PROVINCE, "CN-51"),
    value=4.1,
    unit="mmol/L",
)


def decide(
    result: Result = RESULT,
    producer: Institution | None = LAB,
    certificates: tuple[Certificate, ...] = (CERTIFICATE,),
    receiver: str = CHENGDU,
    repeat: Repeat | None = None,
) -> Decision:
    return r.decide(result, producer, certificates, receiver, RULES, NOW, repeat)


def test_a_good_result_is_recognised_with_its_grounds() -> None:
    decision = decide()

    assert (
        decision.outcome, decision.step, decision.certificate_id,
    ) == (Outcome.RECOGNISED, Step.DONE, "eqa-1")  # fmt: skip
    assert (decision.rule_versions) == (
        "recognition-items/CN-51/2021-12-01",
        "recognition-regions/CN/2021-12-01",
    )
    assert decision.age == DAY


@pytest.mark.parametrize(
    ("change", "outcome", "step"),
    [
        pytest.param(
            {"kind": Kind.DIAGNOSIS_CONCLUSION}, Outcome.NOT_APPLICABLE, Step.KIND, id="diagnosis"
        ),
        pytest.param({"is_final": False}, Outcome.NOT_APPLICABLE, Step.STATUS, id="preliminary"),
        pytest.param({"item": "ferritin"}, Outcome.NOT_RECOGNISED, Step.CATALOGUE, id="not-listed"),
        pytest.param({"item": "sodium"}, Outcome.NOT_RECOGNISED, Step.CATALOGUE, id="not-the-labs"),
        pytest.param({"unit": "mg/dL"}, Outcome.NOT_RECOGNISED, Step.UNIT, id="unit"),
        pytest.param(
            {"mark": Mark(Scope.CITY, "CN-42-0100")},
            Outcome.NOT_RECOGNISED,
            Step.SCOPE,
            id="wuhan-at-chengdu",
        ),
        pytest.param(
            {"mark": Mark(Scope.CITY, "CN-51-0700")},
            Outcome.NOT_RECOGNISED,
            Step.SCOPE,
            id="mianyang-at-chengdu",
        ),
        pytest.param(
            {"mark": Mark(Scope.CITY, "CN-51-0100")}, Outcome.RECOGNISED, Step.DONE, id="own-city"
        ),
        pytest.param(
            {"mark": Mark(Scope.COUNTY, "CN-51-0104")},
            Outcome.RECOGNISED,
            Step.DONE,
            id="own-county",
        ),
        pytest.param(
            {"mark": Mark(Scope.COUNTY, "CN-51-0105")},
            Outcome.NOT_RECOGNISED,
            Step.SCOPE,
            id="next-county",
        ),
        pytest.param(
            {"mark": Mark(Scope.CITY, "CN-51")},
            Outcome.NOT_RECOGNISED,
            Step.SCOPE,
            id="city-mark-of-a-province",
        ),
        pytest.param(
            {"mark": Mark(Scope.REGION, "sichuan-chongqing")},
            Outcome.RECOGNISED,
            Step.DONE,
            id="region",
        ),
        pytest.param(
            {"mark": Mark(Scope.REGION, "suining-tongliang")},
            Outcome.NOT_RECOGNISED,
            Step.SCOPE,
            id="other-region",
        ),
        pytest.param(
            {"mark": Mark(Scope.REGION, "nowhere")},
            Outcome.NOT_RECOGNISED,
            Step.SCOPE,
            id="no-region",
        ),
        pytest.param(
            {"collected_at": NOW - 7 * DAY},
            Outcome.RECOGNISED,
            Step.DONE,
            id="window-to-the-second",
        ),
        pytest.param(
            {"collected_at": NOW - 7 * DAY - SECOND},
            Outcome.NOT_RECOGNISED,
            Step.WINDOW,
            id="a-second-late",
        ),
        pytest.param({"collected_at": NOW}, Outcome.RECOGNISED, Step.DONE, id="just-now"),
        pytest.param(
            {"collected_at": NOW + SECOND}, Outcome.NOT_RECOGNISED, Step.WINDOW, id="future"
        ),
    ],
)
def test_each_step_decides(change: dict[str, object], outcome: Outcome, step: Step) -> None:
    decision = decide(replace(RESULT, **change))  # type: ignore[arg-type]  # fields by name

    assert (outcome, step) == (decision.outcome, decision.step)
    assert (decision.why == "") is (outcome is Outcome.RECOGNISED)


def test_a_certificate_that_lapsed_after_the_sample_was_taken_is_good() -> None:
    lapsed = replace(CERTIFICATE, valid=Period(NOW - 9 * DAY, RESULT.collected_at + SECOND))
    too_early = replace(CERTIFICATE, valid=Period(NOW - 9 * DAY, RESULT.collected_at))

    assert Outcome.RECOGNISED is decide(certificates=(lapsed,)).outcome
    assert Step.CERTIFICATE is decide(certificates=(too_early,)).step


def test_a_certificate_below_the_claimed_scope_does_not_carry_the_mark() -> None:
    local = replace(CERTIFICATE, scope=Scope.CITY)

    assert Step.CERTIFICATE is decide(certificates=(local,)).step
    assert decide(certificates=(local, CERTIFICATE)).certificate_id == "eqa-1"


@pytest.mark.parametrize(
    "producer",
    [
        pytest.param(None, id="unknown"),
        pytest.param(replace(LAB, active=(Period(NOW - 9 * DAY, NOW - 2 * DAY),)), id="closed"),
    ],
)
def test_a_producer_that_was_not_active_counts_for_nothing(producer: Institution | None) -> None:
    assert Step.PRODUCER is decide(producer=producer).step


def test_a_value_comes_in_the_lists_unit() -> None:
    sugar = replace(RESULT, item="glucose", value=100.0, unit="mg/dL")
    held = replace(CERTIFICATE, item="glucose")

    decision = decide(sugar, certificates=(held,))

    assert decision.value == pytest.approx(5.551)
    assert decision.unit == "mmol/L"


def test_a_repeat_needs_words_and_a_patient_who_knows() -> None:
    with pytest.raises(r.ReasonRequired):
        decide(repeat=Repeat(Reason.EMERGENCY, " ", patient_told=True))
    with pytest.raises(r.NoticeRequired):
        decide(repeat=Repeat(Reason.EMERGENCY, "bleeding", patient_told=False))

    decision = decide(repeat=Repeat(Reason.EMERGENCY, "bleeding", patient_told=True))

    assert (
        decision.outcome, decision.step, decision.repeat,
    ) == (Outcome.REPEAT_ALLOWED, Step.EXCEPTION, Reason.EMERGENCY)  # fmt: skip


def test_what_is_not_recognised_anyway_needs_no_reason_to_repeat() -> None:
    old = replace(RESULT, collected_at=NOW - 30 * DAY)

    assert Step.WINDOW is decide(old, repeat=Repeat(Reason.OTHER, "", patient_told=False)).step


CITIES: Final = st.builds(
    lambda province, city: f"CN-{province}-{city:02d}00",
    st.sampled_from(["50", "51", "42"]),
    st.integers(1, 34),
)


@given(mine=CITIES, theirs=CITIES)
def test_two_cities_never_contain_one_another(mine: str, theirs: str) -> None:
    county = f"{theirs[:-2]}04"

    assert (mine == theirs) is r.contains(Mark(Scope.CITY, mine), county, RULES.regions)


@given(age_s=st.integers(-100_000, 10_000_000), offset=st.integers(-100, 100))
def test_recognised_means_in_the_window_and_certified_when_taken(age_s: int, offset: int) -> None:
    taken = NOW - age_s * SECOND
    held = replace(CERTIFICATE, valid=Period(taken - offset * DAY, taken + (offset + 1) * DAY))

    decision = decide(replace(RESULT, collected_at=taken), certificates=(held,))

    good = 0 <= age_s <= 7 * 86_400 and held.valid.has(taken)
    assert good is (decision.outcome is Outcome.RECOGNISED)


def test_figures_count_what_was_saved_and_who_repeats() -> None:
    scan = replace(RESULT, item="chest-ct", kind=Kind.IMAGING, value=None, unit="")
    seen = decide(scan, certificates=(replace(CERTIFICATE, item="chest-ct"),))
    again = decide(repeat=Repeat(Reason.CHANGES_QUICKLY, "falling", patient_told=True))
    late = decide(replace(RESULT, collected_at=NOW - 30 * DAY))
    listed = RULES.items

    total = r.figures(
        [(seen, "a", listed["chest-ct"]), (again, "b", None), (again, "b", None), (late, "a", None)]
    )

    assert (total.recognised, total.recognisable, total.repeats) == (1, 3, {("E2", "b"): 2})
    assert (total.saved_fen, total.avoided_usv) == (26_000, 6_000)
    assert r.figures([]).rate is None
