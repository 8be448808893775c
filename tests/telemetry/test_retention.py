from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry import retention
from services.telemetry.retention import KeptDays, ReadingsDay, RollupMonth

DAYS = KeptDays(standard=400, short=14, long=3650, rollups=3650)
NOW = datetime(2026, 7, 15, 13, 30, tzinfo=UTC)


def days_before(days: int) -> date:
    return NOW.date() - timedelta(days=days)


@pytest.mark.parametrize(
    ("retention_class", "days", "dropped"),
    [
        pytest.param(retention.SHORT, 14, False, id="short-last-day"),
        pytest.param(retention.SHORT, 15, True, id="short-over"),
        pytest.param(retention.STANDARD, 400, False, id="standard-last-day"),
        pytest.param(retention.STANDARD, 401, True, id="standard-over"),
        pytest.param(retention.LONG, 3650, False, id="long-last-day"),
        pytest.param(retention.LONG, 3651, True, id="long-over"),
        pytest.param(9, 400, False, id="unknown-class-is-kept-as-the-usual"),
        pytest.param(9, 401, True, id="unknown-class-over"),
        pytest.param(retention.SHORT, -1, False, id="tomorrow"),
    ],
)
def test_a_day_is_dropped_when_all_of_it_is_too_old(
    retention_class: int, days: int, dropped: bool
) -> None:
    one = ReadingsDay(retention_class, days_before(days))
    drops = retention.plan([one], [], now=NOW, days=DAYS)
    assert drops.readings == ([one] if dropped else [])


@pytest.mark.parametrize(
    ("month", "dropped"),
    [
        pytest.param(date(2016, 6, 1), True, id="over"),
        pytest.param(date(2016, 7, 1), False, id="partly"),
        pytest.param(date(2015, 12, 1), True, id="december"),
    ],
)
def test_a_month_of_rollups(month: date, dropped: bool) -> None:
    one = RollupMonth("minutes", month)
    drops = retention.plan([], [one], now=NOW, days=DAYS)
    assert drops.rollups == ([one] if dropped else [])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 5000)), max_size=30),
    st.integers(1, 100),
)
def test_what_is_dropped_stays_dropped_and_nothing_kept_goes(
    partitions: list[tuple[int, int]], later: int
) -> None:
    days = [ReadingsDay(c, days_before(d)) for c, d in partitions]
    now = set(retention.plan(days, [], now=NOW, days=DAYS).readings)
    then = set(retention.plan(days, [], now=NOW + timedelta(days=later), days=DAYS).readings)
    assert now <= then
    kept = retention.kept_from_by_class(DAYS, NOW)
    for one in days:
        ends = datetime(one.day.year, one.day.month, one.day.day, tzinfo=UTC) + timedelta(days=1)
        limit = kept.get(one.retention_class, kept[retention.STANDARD])
        assert (one in now) == (ends.timestamp() * 1e6 <= limit)


def test_oldest_first() -> None:
    days = [ReadingsDay(0, days_before(d)) for d in (500, 900, 700)]
    drops = retention.plan(days, [], now=NOW, days=DAYS)
    assert [d.day for d in drops.readings] == [days_before(d) for d in (900, 700, 500)]


def test_nothing_may_be_kept_for_no_time() -> None:
    with pytest.raises(ValueError, match="short"):
        KeptDays(short=0)
