"""Play a record as if it happened now, and elsewhere: the drill's ground motion.

A record is moved rigidly: each station keeps its distance and azimuth from the epicentre, so that
waves arrive one after the other as they truly did. The wave forms are those of the original; only
place and time are not.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.clock import Clock
from edge.waveform.record import Record, Samples

BLOCK_S: Final = 0.2
"""What a block holds: real data loggers in early warning send packets of 0.1 to 1 s."""


@dataclass(frozen=True, slots=True)
class Epicentre:
    """A place on the surface, WGS84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Samples (3, n) in m/s2, rows Z, N, E, and the Unix time of the first."""

    samples: Samples
    start_s: float


def moved(record: Record, true: Epicentre, drill: Epicentre) -> Record:
    """Return the record as if the earthquake had been at ``drill`` instead of at ``true``.

    Distance and azimuth from the epicentre are kept, on a sphere.
    """
    station = Epicentre(record.latitude, record.longitude)
    place = _destination(drill, *_course(true, station))
    return dataclasses.replace(record, latitude=place.latitude, longitude=place.longitude)


def shifted(record: Record, seconds: float) -> Record:
    """Return the record as if it had happened ``seconds`` later."""
    return dataclasses.replace(record, start_s=record.start_s + seconds)


class Replay:
    """Gives a record's blocks when a data logger would: each once its last sample is due."""

    def __init__(
        self,
        record: Record,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        *,
        speed: float = 1.0,
        block_s: float = BLOCK_S,
        skip_s: float = 0.0,
    ) -> None:
        """Take the record, what time is read and waited by, and how it is played.

        ``speed`` is times real time; time stamps stay the record's. ``skip_s`` leaves out the
        record's first seconds. Time runs from the first call of ``blocks``' iterator.
        """
        if not (speed > 0 and block_s > 0 and 0 <= skip_s < record.duration_s):
            raise ValueError(f"speed {speed}, block_s {block_s}, skip_s {skip_s}")
        self._record = record
        self._clock = clock
        self._sleep = sleep
        self._speed = speed
        self._step = max(1, round(block_s * record.rate_hz))
        self._first = round(skip_s * record.rate_hz)

    async def blocks(self) -> AsyncIterator[Block]:
        """Yield the blocks in time. Samples in a gap of the record are NaN, as they are there."""
        record = self._record
        began = self._clock.monotonic()
        total = record.samples.shape[1]
        for at in range(self._first, total, self._step):
            end = min(at + self._step, total)
            due = began + (end - self._first) / record.rate_hz / self._speed
            # Also when late: a source that never waits would starve the other tasks.
            await self._sleep(max(0.0, due - self._clock.monotonic()))
            yield Block(record.samples[:, at:end], record.start_s + at / record.rate_hz)


def _course(begin: Epicentre, end: Epicentre) -> tuple[float, float]:
    """Return the angle (radians) and the initial azimuth of the great circle, by haversines."""
    lat1, lat2 = math.radians(begin.latitude), math.radians(end.latitude)
    dlon = math.radians(end.longitude - begin.longitude)
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    azimuth = math.atan2(
        math.sin(dlon) * math.cos(lat2),
        math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(dlon),
    )
    return 2 * math.asin(min(1.0, math.sqrt(h))), azimuth


def _destination(begin: Epicentre, angle: float, azimuth: float) -> Epicentre:
    lat = math.radians(begin.latitude)
    sine = math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(azimuth)
    lat2 = math.asin(float(np.clip(sine, -1.0, 1.0)))
    dlon = math.atan2(
        math.sin(azimuth) * math.sin(angle) * math.cos(lat),
        math.cos(angle) - math.sin(lat) * math.sin(lat2),
    )
    longitude = (begin.longitude + math.degrees(dlon) + 180.0) % 360.0 - 180.0
    return Epicentre(math.degrees(lat2), longitude)
