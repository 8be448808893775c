"""Quantities are exact, conditions move on transitions only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kube.conditions import MESSAGE_MAX, Condition, Status, merge, parse_time
from operators.kube.quantity import InvalidQuantity, parse, render

NOW = datetime(2026, 5, 12, 6, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (1000, "1"),
        (500, "500m"),
        (1500, "1.5"),
        (1, "0.0001"),
        (64 * 2**20 * 1000, "64Mi"),
        (200_000_000, "200k"),
        (0, "0"),
    ],
)
def test_quantities(expected: int, text: str) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "1K", "1e3", "mi", "1 Gi", "1.5.2", "٣"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuantity, match="need digits"):
        parse(text)


@given(st.integers(0, 10**15 - 1))
def test_a_quantity_survives_being_written(milli: int) -> None:
    assert parse(render(milli)) == milli


def ready(status: Status, reason: str = "Fine", message: str = "") -> Condition:
    return Condition("Ready", status, reason, message)


def test_a_condition_keeps_its_time_while_its_status_stays() -> None:
    first = merge([], [ready(Status.TRUE)], generation=1, now=NOW)
    later = merge(first, [ready(Status.TRUE)], generation=1, now=NOW + timedelta(hours=1))
    turned = merge(later, [ready(Status.FALSE)], generation=2, now=NOW + timedelta(hours=2))

    assert first == later
    assert parse_time(turned[0]["lastTransitionTime"]) == NOW + timedelta(hours=2)
    assert turned[0]["observedGeneration"] == 2


def test_conditions_of_others_stay_and_order_is_by_type() -> None:
    others = merge([], [Condition("Synced", Status.UNKNOWN, "New")], generation=1, now=NOW)
    merged = merge(others, [ready(Status.TRUE)], generation=1, now=NOW)

    assert [one["type"] for one in merged] == ["Ready", "Synced"]
    assert merged[1] == others[0]


def test_a_long_message_is_cut_rather_than_refused() -> None:
    merged = merge([], [ready(Status.TRUE, message="x" * 5000)], generation=1, now=NOW)

    assert len(merged[0]["message"]) == MESSAGE_MAX
