"""Decide when a series is read and which values are sent. Pure: time comes in as a parameter.

Times are monotonic seconds, so that a wall clock that jumps moves no sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

LONGEST_SILENCE_S: Final = 900.0
"""Without another word a steady value is sent every 15 minutes, the step of load profiles."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a series is sampled."""

    interval_s: float
    deadband: float = 0.0
    longest_silence_s: float = LONGEST_SILENCE_S


@dataclass(frozen=True, slots=True)
class Due:
    """When a series is read next. ``missed`` counts the times that went by unread."""

    at: float
    missed: int = 0


def first_due(now: float) -> Due:
    """Return the first time: at once, so that a start shows a value."""
    return Due(now)


def next_due(due: Due, interval_s: float, now: float) -> Due:
    """Return the time after ``due``, on the same grid, in the future of ``now``.

    The grid never drifts with the time that reading takes. Times that went by are skipped, not
    caught up with: a burst of late samples says nothing about the past.
    """
    following = due.at + interval_s
    if following > now:
        return Due(following, due.missed)
    skipped = math.floor((now - following) / interval_s) + 1
    return Due(following + skipped * interval_s, due.missed + skipped)


def replanned(due: Due, interval_s: float, now: float) -> Due:
    """Return the next time under a new interval, no later than one of it from ``now``."""
    return Due(min(due.at, now + interval_s), due.missed)


@dataclass(frozen=True, slots=True)
class Sent:
    """The last value of a series that was sent, when, and with which quality."""

    value: float
    at: float
    quality: int


def passes(sampling: Sampling, sent: Sent | None, value: float, quality: int, now: float) -> bool:
    """Tell whether a value is sent: first, far enough from the last, changed in quality, or due."""
    if sent is None or sampling.deadband <= 0 or quality != sent.quality:
        return True
    if abs(value - sent.value) >= sampling.deadband:
        return True
    return now - sent.at >= sampling.longest_silence_s
