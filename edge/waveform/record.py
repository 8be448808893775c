"""What a record of ground motion is, and how one is made of three components.

Every reader ends here: accelerations in m/s2, rows Z (up), N, E, in UTC. What can't be made into
that is refused with the file, the place in it and a stable reason.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

STANDARD_GRAVITY_MPS2: Final = 9.80665
"""Exact, 3rd CGPM 1901; CSMIP's g is 980.665 cm/s2."""

GAL_MPS2: Final = 0.01
"""One gal (伽) is one cm/s2."""

RATE_MIN_HZ: Final = 40.0
"""The picker's band ends at 20 Hz."""

RATE_MAX_HZ: Final = 1_000.0
"""Twice the fastest strong-motion logger in use (500 Hz)."""

SAMPLES_MAX: Final = 4_000_000
"""A component: eleven hours at 100 Hz, 32 MB."""

ACCELERATION_MAX_MPS2: Final = 100.0
"""Ten g. The largest ever recorded is 4.4 g (2008 Iwate-Miyagi); more is a wrong unit."""

ORTHOGONAL: Final = 0.02
"""Greatest cosine between two horizontals: 1.1 degrees off, what installation guides allow."""


class Reason(enum.StrEnum):
    """Why a record was refused; stable codes."""

    UNREADABLE = "RECORD_UNREADABLE"
    TOO_LARGE = "RECORD_TOO_LARGE"
    FORMAT_UNKNOWN = "RECORD_FORMAT_UNKNOWN"
    TRUNCATED = "RECORD_TRUNCATED"
    HEADER_INVALID = "RECORD_HEADER_INVALID"
    SAMPLE_INVALID = "RECORD_SAMPLE_INVALID"
    RATE_OUT_OF_RANGE = "RECORD_RATE_OUT_OF_RANGE"
    UNITS_UNKNOWN = "RECORD_UNITS_UNKNOWN"
    ENCODING_UNSUPPORTED = "RECORD_ENCODING_UNSUPPORTED"
    COMPONENTS_INCOMPLETE = "RECORD_COMPONENTS_INCOMPLETE"
    COMPONENTS_DIFFER = "RECORD_COMPONENTS_DIFFER"


class RecordRefused(Exception):
    """A file is not a record that can be played; ``reason`` is a stable code."""

    def __init__(self, reason: Reason, where: str, what: str) -> None:
        """Take the code, the file with the place in it, and what is wrong there."""
        super().__init__(f"{where}: {what}")
        self.reason = reason
        self.where = where


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One component as its file gives it, in m/s2.

    ``azimuth_deg`` is where a positive value points, clockwise from north; None for the vertical,
    whose ``samples`` are positive upwards.
    """

    name: str
    azimuth_deg: float | None
    start_s: float
    rate_hz: float
    samples: Samples


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Three components of ground acceleration at one place.

    ``samples`` has the shape (3, n), rows Z (up), N, E, in m/s2; NaN where the record has a gap.
    ``start_s`` is the Unix time of the first sample, UTC. Coordinates are WGS84 degrees.
    """

    station: str
    latitude: float
    longitude: float
    start_s: float
    rate_hz: float
    samples: Samples

    @property
    def duration_s(self) -> float:
        """Return the seconds from the first sample to one period after the last."""
        return float(self.samples.shape[1]) / self.rate_hz


def check_rate(rate_hz: float, where: str) -> float:
    """Return the rate; refuse one that no strong-motion logger has."""
    if not RATE_MIN_HZ <= rate_hz <= RATE_MAX_HZ:
        what = f"{rate_hz:g} samples/s is outside {RATE_MIN_HZ:g}..{RATE_MAX_HZ:g}"
        raise RecordRefused(Reason.RATE_OUT_OF_RANGE, where, what)
    return rate_hz


def check_place(latitude: float, longitude: float, where: str) -> tuple[float, float]:
    """Return the coordinates; refuse what is not on Earth."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004 - degrees
        what = f"latitude {latitude}, longitude {longitude} is no place in degrees"
        raise RecordRefused(Reason.HEADER_INVALID, where, what)
    return latitude, longitude


def check_samples(samples: Samples, where: str) -> Samples:
    """Return accelerations in m/s2; refuse none, too many, and what no ground has done."""
    if not 0 < samples.size <= SAMPLES_MAX:
        what = f"{samples.size} samples, must be 1..{SAMPLES_MAX}"
        raise RecordRefused(Reason.TOO_LARGE if samples.size else Reason.TRUNCATED, where, what)
    # A comparison with NaN is false: one test finds NaN, infinities and what is too large.
    bad = np.flatnonzero(~(np.abs(samples) <= ACCELERATION_MAX_MPS2))
    if bad.size:
        value = samples[bad[0]]
        what = (
            f"sample {bad[0] + 1} is {value:g} m/s2; must be finite and within "
            f"{ACCELERATION_MAX_MPS2:g}: check the unit"
        )
        raise RecordRefused(Reason.SAMPLE_INVALID, where, what)
    return samples


def assemble(
    traces: Sequence[Trace], *, station: str, latitude: float, longitude: float, where: str
) -> Record:
    """Return the record of one vertical and two horizontals, cut to the time they share.

    Horizontals at other azimuths than north and east are turned: n = h1 cos a1 + h2 cos a2,
    e = h1 sin a1 + h2 sin a2, exact for orthogonal sensors.
    """
    vertical = [trace for trace in traces if trace.azimuth_deg is None]
    horizontal = [trace for trace in traces if trace.azimuth_deg is not None]
    if len(vertical) != 1 or len(horizontal) != 2:  # noqa: PLR2004 - three dimensions
        names = ", ".join(trace.name for trace in traces) or "none"
        what = f"needs one vertical and two horizontal components, has {names}"
        raise RecordRefused(Reason.COMPONENTS_INCOMPLETE, where, what)
    up, first, second = vertical[0], horizontal[0], horizontal[1]
    a1, a2 = (math.radians(trace.azimuth_deg or 0.0) for trace in (first, second))
    if abs(math.cos(a1 - a2)) > ORTHOGONAL:
        what = f"azimuths {first.azimuth_deg:g} and {second.azimuth_deg:g} are not orthogonal"
        raise RecordRefused(Reason.COMPONENTS_DIFFER, where, what)
    if len({trace.rate_hz for trace in traces}) != 1:
        rates = ", ".join(f"{trace.name} {trace.rate_hz:g}" for trace in traces)
        raise RecordRefused(Reason.COMPONENTS_DIFFER, where, f"sampling rates differ: {rates}")
    start_s, (z, h1, h2) = _shared_time((up, first, second), where)
    # Zeroes are exact, so that a record along the axes is passed on bit by bit.
    turn = np.round([[math.cos(a1), math.cos(a2)], [math.sin(a1), math.sin(a2)]], 12)
    samples = np.vstack([z, turn @ np.vstack([h1, h2])])
    latitude, longitude = check_place(latitude, longitude, where)
    return Record(station, latitude, longitude, start_s, up.rate_hz, samples)


def _shared_time(traces: Sequence[Trace], where: str) -> tuple[float, list[Samples]]:
    rate = traces[0].rate_hz
    start_s = max(trace.start_s for trace in traces)
    skips = [round((start_s - trace.start_s) * rate) for trace in traces]
    left = [trace.samples.size - skip for trace, skip in zip(traces, skips, strict=True)]
    if min(left) <= 0:
        raise RecordRefused(Reason.COMPONENTS_DIFFER, where, "the components share no time")
    number = min(left)
    cut = [t.samples[skip : skip + number] for t, skip in zip(traces, skips, strict=True)]
    return start_s, cut
