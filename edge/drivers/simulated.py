"""Invented values: a sine about a base with noise, the same for the same seed and times."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from random import Random

from edge.clock import Clock
from edge.driver_settings import SeriesSettings
from edge.reading import RawValue


class SimulatedDriver:
    """A source that always answers."""

    def __init__(self, series: Iterable[SeriesSettings], clock: Clock, random: Random) -> None:
        """Take the series with their waves."""
        self._waves = {one.id: one.wave for one in series}
        self._clock = clock
        self._random = random

    async def connect(self) -> None:
        """Nothing to connect to."""

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return one value of each series."""
        now = self._clock.monotonic()
        return [RawValue(name, self._value(name, now)) for name in series]

    async def close(self) -> None:
        """Nothing to close."""

    def _value(self, name: str, now: float) -> float:
        wave = self._waves[name]
        value = wave.base + wave.amplitude * math.sin(math.tau * now / wave.period_s)
        if wave.noise:
            value += self._random.gauss(0.0, wave.noise)
        return value
