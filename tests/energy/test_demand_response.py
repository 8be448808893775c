"""Demand response: the published baseline, its caps, and what is settled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.energy.model.demand_response import (
    DR_RULE,
    Baseline,
    BaselineRule,
    InvalidLoadShape,
    TooFewSimilarDays,
    baseline,
    settle,
    start_of,
)
from tests.energy.shipped_rules import rule

RULE = BaselineRule.of(rule(DR_RULE))
DAYS = [
    (100.0, 110.0),
    (120.0, 125.0),
    (90.0, 95.0),
    (130.0, 140.0),
    (105.0, 115.0),
    (80.0, 85.0),
    (118.0, 122.0),
    (99.0, 101.0),
    (111.0, 119.0),
    (125.0, 131.0),
]
BEFORE = [(100.0,)] * 10
RECEIVED = datetime(2026, 7, 1, 4, tzinfo=UTC)


def test_the_published_vector() -> None:
    plain = baseline(DAYS, RULE)
    raised = baseline(DAYS, RULE, before_kwh=(110.0,), before_days_kwh=BEFORE)
    done = settle(raised, (92, 98), 80, RULE)

    assert plain.kwh == pytest.approx((120.8, 127.4))
    assert plain.days == (1, 3, 6, 8, 9)
    assert raised.adjustment == pytest.approx(1.1)
    assert done.shed_kwh == pytest.approx((40.88, 42.14))
    assert done.is_delivered
    assert done.yuan == pytest.approx(83.02)


@pytest.mark.parametrize(("today", "expected"), [(200.0, 1.2), (10.0, 0.8), (0.0, 0.8)])
def test_the_adjustment_is_capped(today: float, expected: float) -> None:
    found = baseline(DAYS, RULE, before_kwh=(today,), before_days_kwh=BEFORE)

    assert found.adjustment == pytest.approx(expected)


def test_only_the_last_ten_days_are_looked_at() -> None:
    assert baseline([(1e6, 1e6), *DAYS], RULE).kwh == baseline(DAYS, RULE).kwh


def test_of_equal_days_the_newer_are_kept() -> None:
    assert baseline([(1.0,)] * 10, RULE).days == (5, 6, 7, 8, 9)


def test_four_days_are_too_few() -> None:
    with pytest.raises(TooFewSimilarDays):
        baseline(DAYS[:4], RULE)


@pytest.mark.parametrize(
    "days",
    [
        pytest.param([(1.0,), (1.0, 2.0), (1.0,), (1.0,), (1.0,)], id="ragged"),
        pytest.param([(1.0,), (-1.0,), (1.0,), (1.0,), (1.0,)], id="negative"),
        pytest.param([(), (), (), (), ()], id="empty"),
    ],
)
def test_days_that_do_not_fit_are_refused(days: list[tuple[float, ...]]) -> None:
    with pytest.raises(InvalidLoadShape):
        baseline(days, RULE)


EXPECTED = Baseline((100.0, 100.0), (100.0, 100.0), 1.0, (), RULE.version)


@pytest.mark.parametrize(
    ("actual", "yuan"),
    [
        pytest.param((50, 100), 50, id="half-delivered"),
        pytest.param((51, 100), 0, id="less-than-half"),
        pytest.param((0, 0), 120, id="capped"),
        pytest.param((40, 110), 50, id="rebound-counts"),
        pytest.param((150, 150), 0, id="rose"),
    ],
)
def test_settlement(actual: tuple[float, float], yuan: float) -> None:
    assert settle(EXPECTED, actual, 100, RULE).yuan == pytest.approx(yuan)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=2), st.floats(1, 1e6))
def test_nobody_is_paid_below_nothing_or_above_the_cap(used: list[float], committed: float) -> None:
    done = settle(EXPECTED, used, committed, RULE)

    assert 0 <= done.paid_kwh <= RULE.paid_most * committed + 1e-9


def test_a_start_of_year_one_is_now_and_randomised_starts_spread_the_same_again() -> None:
    assert start_of("0001-01-01T00:00:00Z", RECEIVED, timedelta(0), 5) == RECEIVED
    half = start_of("2026-07-01T06:00:00+00:00", RECEIVED, timedelta(minutes=10), 1 << 63)
    assert half == datetime(2026, 7, 1, 6, 5, tzinfo=UTC)
    with pytest.raises(InvalidLoadShape):
        start_of("2026-07-01T06:00:00", RECEIVED, timedelta(0), 0)
