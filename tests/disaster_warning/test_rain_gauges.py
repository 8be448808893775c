"""Gauges' state: sums never drift, order does not matter, silence is never dry weather."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.disaster_warning.model.rain_gauges import (
    AHEAD_MINUTES,
    DAYS_KEPT,
    MINUTES_KEPT,
    RainGauges,
)

START = 29_000_000
"""Minutes of the epoch at which tests begin."""
START_S = START * 60.0


def gauges(*spans: int, minute: int = START) -> RainGauges:
    return RainGauges(np.array(spans), minute * 60.0)


def told(state: RainGauges, gauge: int, hours: int) -> tuple[float, int]:
    """Return (mm, known minutes) of the last ``hours``."""
    return state.sums[hours - 1, gauge] / 100, int(state.known_minutes[hours - 1, gauge])


def same(one: RainGauges, other: RainGauges) -> bool:
    """Return whether two states answer alike."""
    pairs: list[tuple[Any, Any]] = [
        (one.sums, other.sums),
        (one.known_minutes, other.known_minutes),
        *zip(one.daily_mm(), other.daily_mm(), strict=True),
        *((one.minutes_mm(g), other.minutes_mm(g)) for g in range(one.gauges)),
    ]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def test_nothing_told_is_nothing_known() -> None:
    state = gauges(1, 1)

    assert told(state, 0, 72) == (0.0, 0)
    assert np.isnan(state.minutes_mm(0)).all()
    assert np.isnan(state.daily_mm()[0]).all()
    assert state.coverage().max() == 0


def test_a_reading_is_in_every_span_that_it_lies_in() -> None:
    state = gauges(1, 1)

    intake = state.add(1, START_S - 90 * 60, 4.2)

    assert intake == (1, 0, 0, 0, 0)
    assert told(state, 1, 1) == (0.0, 0)
    assert told(state, 1, 2) == (4.2, 1)
    assert told(state, 1, 72) == (4.2, 1)
    assert told(state, 0, 72) == (0.0, 0)


@pytest.mark.parametrize("hours", [1, 2, 3, 12, 71, 72])
def test_a_reading_leaves_each_span_on_the_minute(hours: int) -> None:
    state = gauges(1)
    state.add(0, START_S, 1.0)

    state.advance(START_S + (hours * 60 - 1) * 60)
    assert told(state, 0, hours)[0] == 1.0
    state.advance(START_S + hours * 3600)
    assert told(state, 0, hours) == (0.0, 0)


def test_a_dry_reading_is_known_and_a_missing_one_is_not() -> None:
    state = gauges(1)
    state.add([0] * 30, START_S - 60.0 * np.arange(30), [0.0] * 30)

    assert told(state, 0, 1) == (0.0, 30)
    assert state.coverage()[0, 0] == 0.5
    assert state.coverage()[1, 0] == 0.25


@pytest.mark.parametrize(
    ("span", "mm", "expected_hour"),
    [(1, 3.0, 3.0), (5, 3.0, 3.0), (10, 0.1, 0.1), (60, 12.34, 12.34), (60, 0.07, 0.07)],
)
def test_a_longer_interval_is_spread_and_its_total_kept(
    span: int, mm: float, expected_hour: float
) -> None:
    state = gauges(span)
    end = START // span * span

    state.add(0, end * 60.0, mm)
    state.advance(START_S)

    assert told(state, 0, 2) == (expected_hour, span)
    minutes = state.minutes_mm(0)
    assert np.nanmax(minutes) - np.nanmin(minutes) <= 0.0101


@pytest.mark.parametrize(
    ("offset_s", "expected_minute"),
    [(0, START), (29, START), (-29, START), (31, START + 1), (-31, START - 1)],
)
def test_an_end_is_taken_for_the_nearest_minute(offset_s: float, expected_minute: int) -> None:
    state = gauges(1)
    state.add(0, START_S + offset_s, 1.0)
    state.advance((START + 1) * 60.0)

    event = state.event(0, 360)

    assert event is not None
    assert event.first == expected_minute


@pytest.mark.parametrize(
    ("time_s", "mm", "field"),
    [
        (START_S - MINUTES_KEPT * 60, 1.0, "late"),
        (START_S - (MINUTES_KEPT - 1) * 60, 1.0, "stored"),
        (START_S + AHEAD_MINUTES * 60, 1.0, "stored"),
        (START_S + (AHEAD_MINUTES + 1) * 60, 1.0, "early"),
        (START_S + 1e9, 1.0, "early"),
        (0.0, 1.0, "late"),
        (START_S, -0.1, "invalid"),
        (START_S, float("nan"), "invalid"),
        (START_S, float("inf"), "invalid"),
        (float("nan"), 1.0, "invalid"),
        (float("inf"), 1.0, "invalid"),
        (START_S, 40.0, "stored"),
        (START_S, 40.1, "invalid"),
        (START_S, 0.0, "stored"),
    ],
)
def test_every_reading_is_accounted_for(time_s: float, mm: float, field: str) -> None:
    state = gauges(1)
    before = state.to_bytes()

    intake = state.add(0, time_s, mm)

    assert getattr(intake, field) == 1
    assert sum(intake) == 1
    if field != "stored":
        assert same(state, RainGauges.from_bytes(before))


@pytest.mark.parametrize("gauge", [-1, 2])
def test_a_gauge_that_is_none_is_a_mistake(gauge: int) -> None:
    with pytest.raises(IndexError):
        gauges(1, 1).add(gauge, START_S, 1.0)


@pytest.mark.parametrize("spans", [[0], [7], [120], [[1]]])
def test_intervals_are_parts_of_an_hour(spans: Any) -> None:
    with pytest.raises(ValueError, match="span_minutes"):
        RainGauges(np.array(spans), START_S)


def test_a_repetition_changes_nothing() -> None:
    state = gauges(1)
    state.add(0, START_S, 2.0)

    assert state.add(0, START_S, 2.0) == (0, 1, 0, 0, 0)
    assert state.add([0, 0], [START_S, START_S], [2.0, 2.0]) == (0, 2, 0, 0, 0)
    assert told(state, 0, 1) == (2.0, 1)


@pytest.mark.parametrize(("first", "second"), [(2.0, 3.0), (3.0, 2.0)])
def test_of_two_that_differ_the_greater_counts(first: float, second: float) -> None:
    state = gauges(1)
    state.add(0, START_S, first)
    state.add(0, START_S, second)

    assert told(state, 0, 1) == (3.0, 1)


def test_a_wrong_reading_is_withdrawn_and_told_again() -> None:
    state = gauges(1, 60)
    state.add([0, 0, 1], [START_S, START_S - 60, START_S - 1800], [30.0, 1.0, 60.0])

    state.withdraw(0, START_S)
    state.withdraw(1, START_S - 1800)

    assert told(state, 0, 1) == (1.0, 1)
    assert told(state, 1, 72) == (0.0, 0)
    state.add(0, START_S, 0.5)
    assert told(state, 0, 1) == (1.5, 2)
    assert np.nansum(state.daily_mm()[0]) == 0


def test_what_is_told_ahead_counts_when_its_minute_comes() -> None:
    state = gauges(1)
    state.add(0, START_S + 300, 1.0)

    assert told(state, 0, 1) == (0.0, 0)
    state.advance(START_S + 299)
    assert told(state, 0, 1) == (0.0, 0)
    state.advance(START_S + 300)
    assert told(state, 0, 1) == (1.0, 1)


def test_time_going_back_changes_nothing() -> None:
    state = gauges(1)
    state.add(0, START_S, 1.0)
    state.advance(START_S - 86_400)

    assert state.head == START
    assert told(state, 0, 1) == (1.0, 1)


@pytest.mark.parametrize("minutes", [1, 59, 60, 61, 600, MINUTES_KEPT, 10 * MINUTES_KEPT])
def test_a_jump_is_the_same_as_every_step(minutes: int) -> None:
    rng = np.random.default_rng(minutes)
    jumping, stepping = gauges(1, 5), gauges(1, 5)
    for state in (jumping, stepping):
        rng = np.random.default_rng(minutes)
        times = START_S - 60.0 * rng.integers(0, MINUTES_KEPT, 300) + 300
        state.add(rng.integers(0, 2, 300), times, np.round(rng.random(300), 2))

    jumping.advance((START + minutes) * 60.0)
    step = 59 if minutes > 600 else 1
    for minute in [*range(0, minutes, step), minutes]:
        stepping.advance((START + minute) * 60.0)

    assert same(jumping, stepping)


def test_days_end_at_eight_in_the_morning_in_china() -> None:
    midnight = 20_000 * 1440
    state = gauges(1, minute=midnight + 5)
    state.add([0, 0, 0], [(midnight - 1440) * 60, midnight * 60, (midnight + 1) * 60], [1, 2, 4])

    mm, coverage = state.daily_mm()

    assert mm[0, 0] == 2.0
    assert mm[1, 0] == 1.0
    assert coverage[0, 0] == pytest.approx(1 / 1440)
    assert mm.shape == (DAYS_KEPT - 1, 1)


def test_days_are_kept_for_a_month_and_no_longer() -> None:
    state = gauges(1)
    state.add(0, START_S, 7.0)

    seen = []
    for day in range(1, 40):
        state.advance(START_S + 86_400 * day)
        seen.append(np.nansum(state.daily_mm()[0]))

    assert seen == [7.0] * (DAYS_KEPT - 1) + [0.0] * (39 - DAYS_KEPT + 1)


readings = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(-400, AHEAD_MINUTES - 1),
        st.integers(0, 500).map(lambda n: n / 100),
    ),
    max_size=40,
)
SPANS = (1, 5, 60)


def add_each(state: RainGauges, found: list[tuple[int, int, float]]) -> None:
    for gauge, minute, mm in found:
        span = SPANS[gauge]
        state.add(gauge, (START + minute) // span * span * 60.0, mm)


@settings(deadline=None, max_examples=60)
@given(readings, st.randoms(use_true_random=False))
def test_the_order_in_which_readings_come_does_not_matter(found: Any, random: Any) -> None:
    one, other = gauges(*SPANS), gauges(*SPANS)
    shuffled = list(found)
    random.shuffle(shuffled)

    add_each(one, found)
    add_each(other, shuffled)

    assert same(one, other)


@settings(deadline=None, max_examples=60)
@given(readings)
def test_one_by_one_is_the_same_as_all_at_once(found: Any) -> None:
    one, other = gauges(*SPANS), gauges(*SPANS)
    add_each(one, found)
    if found:
        index, minutes, mm = (np.array(each) for each in zip(*found, strict=True))
        span = np.array(SPANS)[index]
        other.add(index, (START + minutes) // span * span * 60.0, mm)

    assert same(one, other)


@settings(deadline=None, max_examples=40)
@given(readings, st.integers(0, 90))
def test_late_readings_leave_no_trace_of_having_been_late(found: Any, later: int) -> None:
    on_time, late = gauges(*SPANS), gauges(*SPANS)
    add_each(on_time, found)
    on_time.advance((START + later) * 60.0)
    late.advance((START + later) * 60.0)
    add_each(late, found)

    assert same(on_time, late)


@settings(deadline=None, max_examples=40)
@given(readings, st.lists(st.integers(0, 80), max_size=4))
def test_sums_are_those_made_from_the_minutes(found: Any, steps: list[int]) -> None:
    state, minute = gauges(*SPANS), START
    add_each(state, found)
    for step in steps:
        minute += step
        state.advance(minute * 60.0)

    for gauge in range(3):
        minutes = state.minutes_mm(gauge)
        for hours in (1, 2, 3, 7, 24, 72):
            window = minutes[-hours * 60 :]
            mm, known = told(state, gauge, hours)
            assert mm == pytest.approx(np.nansum(window), abs=1e-9)
            assert known == np.isfinite(window).sum()


@settings(deadline=None, max_examples=30)
@given(readings, st.integers(0, 200))
def test_a_restart_changes_nothing(found: Any, later: int) -> None:
    state = gauges(*SPANS)
    add_each(state, found)

    again = RainGauges.from_bytes(state.to_bytes())
    for each in (state, again):
        each.advance((START + later) * 60.0)

    assert same(state, again)


def test_many_at_once_are_counted_as_few_are() -> None:
    rng = np.random.default_rng(1)
    index = rng.integers(0, 3, 900)
    span = np.array(SPANS)[index]
    times = (START - rng.integers(0, 4000, 900)) // span * span * 60.0
    mm = np.round(rng.random(900), 2)
    at_once, in_parts = gauges(*SPANS), gauges(*SPANS)

    at_once.add(index, times, mm)
    for part in np.array_split(np.arange(900), 50):
        in_parts.add(index[part], times[part], mm[part])

    assert same(at_once, in_parts)


def test_no_readings_at_all_are_fine() -> None:
    assert gauges(1).add([], [], []) == (0, 0, 0, 0, 0)
    assert gauges().add([], [], []) == (0, 0, 0, 0, 0)


def test_a_state_of_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.disaster_warning.model.rain_gauges.FORMAT", 99)
    state = gauges(1).to_bytes()
    monkeypatch.undo()

    with pytest.raises(ValueError, match="format 99"):
        RainGauges.from_bytes(state)
