"""Turn a driver's raw value into a reading. Pure: no clock, no network, no protobuf."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Final

STANDARD: Final = 0
"""Retention class of what says nothing else."""


class Quality(enum.IntEnum):
    """How far a value can be trusted; the codes of ``tianfu.reading.v1.Quality``."""

    GOOD = 0
    UNCERTAIN = 1
    OUT_OF_RANGE = 2
    STALE = 3
    SUBSTITUTED = 4
    BAD = 5


class Priority(enum.IntEnum):
    """What is kept when not everything can be; the codes of ``tianfu.reading.v1.Priority``."""

    BULK = 1
    ROUTINE = 2
    IMPORTANT = 3
    URGENT = 4


class Refused(enum.Enum):
    """Why a raw value is no reading; the value is the stable reason code."""

    NOT_FINITE = "VALUE_NOT_FINITE"
    UNKNOWN_SERIES = "SERIES_UNKNOWN"
    ABSURD_TIME = "TIME_ABSURD"


@dataclass(frozen=True, slots=True)
class Scaling:
    """How a raw value becomes one in the series' unit, and what is credible."""

    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class RawValue:
    """What a driver yields. ``time_us`` is None when the source has no clock of its own."""

    series: str
    value: float
    quality: Quality = Quality.GOOD
    time_us: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value in its unit, at a time."""

    series: str
    time_us: int
    value: float
    quality: Quality


SOURCE_TIME_US_MAX: Final = 2**62
"""Beyond it a batch's base time is refused by its reader; no source means it."""


def read(raw: RawValue, scaling: Scaling, *, now_us: int) -> Reading | Refused:
    """Return ``raw`` as a reading, stamped ``now_us`` unless the source knew better."""
    time_us = now_us if raw.time_us is None else raw.time_us
    if abs(time_us) > SOURCE_TIME_US_MAX:
        return Refused.ABSURD_TIME
    value = raw.value * scaling.scale + scaling.offset
    if not math.isfinite(value):
        return Refused.NOT_FINITE
    quality = raw.quality
    # A value that the source itself calls bad or stale keeps that, the graver word.
    if quality <= Quality.UNCERTAIN and not _within(value, scaling):
        quality = Quality.OUT_OF_RANGE
    return Reading(raw.series, time_us, value, quality)


def _within(value: float, scaling: Scaling) -> bool:
    if scaling.low is not None and value < scaling.low:
        return False
    return scaling.high is None or value <= scaling.high
