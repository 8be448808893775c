"""Closed loops: told, answered by a named person, or passed on; and which values open one."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.healthcare.model import closed_loop, critical_values
from services.healthcare.model.closed_loop import Ladder, LoopState
from services.healthcare.model.critical_values import Ground
from tests.healthcare.rulebook import BOOK, NOW

LADDER: Final = Ladder.parse(BOOK.in_force(closed_loop.RULE, "CN", NOW), "critical_value")
RULE: Final = BOOK.in_force(critical_values.RULE, "CN", NOW)
LIMITS: Final = critical_values.parse(RULE)
MINUTE: Final = timedelta(minutes=1)


def test_a_loop_goes_up_one_step_at_a_time_and_stays_open_at_the_end() -> None:
    loop, now = closed_loop.opened(LADDER, NOW), NOW
    told = [loop.told_role]
    while loop.answer_by is not None:
        assert closed_loop.due(loop, LADDER, loop.answer_by - timedelta(microseconds=1)) is None
        now = loop.answer_by
        following = closed_loop.due(loop, LADDER, now)
        assert following is not None
        loop = following
        if loop.state is LoopState.OPEN:
            told.append(loop.told_role)

    assert told == ["ward-nurse", "physician-on-duty", "head-of-department", "medical-affairs"]
    assert LoopState.EXHAUSTED is loop.state
    assert timedelta(minutes=60) == now - NOW
    answered = closed_loop.acknowledged(loop, "Dr. Li", "seen", now)
    assert LoopState.ACKNOWLEDGED is answered.state


@given(pause=st.integers(5, 10_000))
def test_a_pause_skips_nobody(pause: int) -> None:
    back = NOW + pause * MINUTE

    following = closed_loop.due(closed_loop.opened(LADDER, NOW), LADDER, back)

    assert following is not None
    assert ("physician-on-duty", back + 10 * MINUTE) == (following.told_role, following.answer_by)


def test_an_answer_needs_a_name_and_counts_once() -> None:
    loop = closed_loop.opened(LADDER, NOW)
    with pytest.raises(closed_loop.NoClinician):
        closed_loop.acknowledged(loop, "  ", "", NOW)
    answered = closed_loop.acknowledged(loop, "a", "on my way", NOW + MINUTE)

    assert answered == closed_loop.acknowledged(answered, "a", "again", NOW + 2 * MINUTE)
    assert answered.answer_took == MINUTE
    assert closed_loop.due(answered, LADDER, NOW + 60 * MINUTE) is None
    with pytest.raises(closed_loop.AlreadyAnswered):
        closed_loop.acknowledged(answered, "b", "", NOW)


def test_a_corrected_result_withdraws_what_is_open_and_leaves_what_was_answered() -> None:
    loop = closed_loop.opened(LADDER, NOW)
    answered = closed_loop.acknowledged(loop, "a", "", NOW)

    assert LoopState.WITHDRAWN is closed_loop.withdrawn(loop, NOW).state
    assert answered is closed_loop.withdrawn(answered, NOW)


@pytest.mark.parametrize("kind", ["score_low_medium", "score_medium", "score_high"])
def test_every_band_that_asks_for_somebody_has_its_ladder(kind: str) -> None:
    assert Ladder.parse(BOOK.in_force(closed_loop.RULE, "CN", NOW), kind).steps


@pytest.mark.parametrize(
    ("loinc", "value", "unit", "flag", "expected"),
    [
        pytest.param("2823-3", 6.8, "mmol/L", "HH", (Ground.LABORATORY_FLAG, "high"), id="flag"),
        pytest.param("2823-3", 6.2, "mmol/L", "H", (Ground.LIMIT, "high"), id="at-the-limit"),
        pytest.param("2823-3", 6.19, "mmol/L", "H", None, id="below-it"),
        pytest.param("2823-3", 2.8, "mmol/L", "", (Ground.LIMIT, "low"), id="low"),
        pytest.param("2345-7", 501.0, "mg/dL", "", (Ground.LIMIT, "high"), id="converted"),
        pytest.param("2345-7", 90.0, "mg/dL", "", None, id="converted-and-good"),
        pytest.param("0-0", 1e9, "1", "", None, id="no-limits"),
        pytest.param("600-7", None, "", "AA", (Ground.LABORATORY_FLAG, "abnormal"), id="culture"),
    ],
)
def test_which_values_are_critical(
    loinc: str, value: float | None, unit: str, flag: str, expected: tuple[Ground, str] | None
) -> None:
    found = critical_values.judge(loinc, value, unit, flag, RULE, LIMITS)

    assert expected == (None if found is None else (found.ground, found.direction))


def test_a_unit_that_cannot_be_compared_is_refused_and_never_taken_for_good() -> None:
    with pytest.raises(critical_values.UnitNotKnown) as refused:
        critical_values.judge("2823-3", 6.8, "mg/dL", "", RULE, LIMITS)

    assert "mmol/L" in refused.value.message
