"""Whose time counts when an operator's machine has a wrong clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from operators.kube.server_clock import SAMPLES, ServerClock

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def date(when: datetime) -> str:
    return format_datetime(when, usegmt=True)


def after(offset: timedelta, delays: list[timedelta]) -> timedelta:
    """Return what is added by one whose clock is off, and whose answers come late."""
    clock, server = ServerClock(), NOW
    for delay in delays:
        server += SECOND
        clock.heard(date(server), server - offset + delay)
    return clock.offset()


@pytest.mark.parametrize(
    ("offset", "delays", "expected"),
    [
        pytest.param(0 * SECOND, [0.9 * SECOND] * 3, 0 * SECOND, id="they-agree"),
        pytest.param(300 * SECOND, [0 * SECOND], 300 * SECOND, id="behind-by-minutes"),
        pytest.param(-300 * SECOND, [0 * SECOND] * 3, -300 * SECOND, id="ahead-by-minutes"),
        pytest.param(
            300 * SECOND, [9 * SECOND, 0 * SECOND, 5 * SECOND], 300 * SECOND, id="late-answers"
        ),
        pytest.param(0 * SECOND, [0 * SECOND, 9 * SECOND], 0 * SECOND, id="one-late-answer"),
    ],
)
def test_what_is_added(offset: timedelta, delays: list[timedelta], expected: timedelta) -> None:
    assert after(offset, delays) == expected


def test_a_clock_that_was_set_right_counts_again() -> None:
    clock, server = ServerClock(), NOW
    for number in range(3 * SAMPLES):
        server += SECOND
        wrong = timedelta(minutes=-5) if number < SAMPLES else timedelta()
        clock.heard(date(server), server - wrong)
    assert clock.offset() == timedelta()


@pytest.mark.parametrize("said", ["", "yesterday", "Tue, 12 May 2026 14:28:00 -0000"])
def test_what_says_nothing_changes_nothing(said: str) -> None:
    clock = ServerClock()
    clock.heard(said, NOW - timedelta(minutes=5))
    assert clock.offset() == timedelta()
