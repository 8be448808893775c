"""An online model of a series by ``river``: an hour's usual value, and how far hours stray from it.

Both fade exponentially (river's ``EWMean`` and ``EWVar``), so that a value costs two microseconds
and a series a few hundred bytes, whatever its age. Of river only ``stats`` is loaded: some 30 MB,
where ``river.anomaly`` takes 187. What is judged odd is not learnt, unless it lasts so long that it
has become the new normal. On the WaterFlow series it finds the four stretches and nothing else, for
fadings of 0.2 to 0.5 and 0.02 and 5 to 6 deviations (``python -m bench.anomalies``).
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from river import stats

from tianfu.anomaly import Kind, Tuning, Verdict

HOUR_FADING: Final = 0.3
"""Share of the newest day in what is usual at an hour: half of it is of the last two days."""

SPREAD_FADING: Final = 0.02
"""Share of the newest hour in the spread: half of it is of the last day and a half."""

HOURS_LEAST: Final = 24
"""Hours with a usual value that are seen before one is judged."""


class OnlineModel:
    """The memory of one series. ``judge`` is called once an hour, in order of time."""

    def __init__(self, tuning: Tuning) -> None:
        """Begin with nothing known; of the tuning ``z``, the floor and the relearning count."""
        self._tuning = tuning
        self._usual: dict[int, stats.EWMean] = {}
        self._spread = stats.EWVar(fading_factor=SPREAD_FADING)
        self._known = 0
        self._odd = 0

    def judge(self, time: datetime, value: float) -> Verdict:
        """Return the verdict on a value, then learn it; ``time`` is local to the series."""
        usual = self._usual.get(time.hour)
        expected = None if usual is None else float(usual.get())
        if not math.isfinite(value) or expected is None or self._known < HOURS_LEAST:
            self._learn(time.hour, value, expected)
            return Verdict(time, value, expected, None, 0.0, None)
        spread = max(
            math.sqrt(max(self._spread.get(), 0.0)),
            self._tuning.spread_floor * abs(expected),
            math.ulp(1.0),
        )
        score = (value - expected) / spread
        kind = None
        if abs(score) >= self._tuning.z:
            kind = Kind.HIGH if score > 0 else Kind.LOW
        self._odd = self._odd + 1 if kind is not None else 0
        if kind is None or self._odd > self._tuning.relearn_after:
            self._learn(time.hour, value, expected)
        return Verdict(time, value, expected, spread, score, kind)

    def _learn(self, hour: int, value: float, expected: float | None) -> None:
        if not math.isfinite(value):
            return
        if hour not in self._usual:
            self._usual[hour] = stats.EWMean(fading_factor=HOUR_FADING)
        self._usual[hour].update(value)
        if expected is not None:
            self._spread.update(value - expected)
            self._known += 1
