"""Anomalies of a load or flow: a robust seasonal baseline, runs of doubt, CUSUM drift, explained.

Judged on the node, with or without a link, and in the service: the same values, the same verdicts.

Online: each value is judged by what came before it, then learnt. The baseline of an hour is the
median of the same hour on the last days of the same type, scaled by how today runs against it;
its spread the median absolute deviation. What is judged anomalous is not learnt as normal, unless
it lasts so long that it has become the new normal.
"""

from __future__ import annotations

import enum
import math
import statistics
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MAD_TO_SIGMA: Final = 1.4826
"""Of a normal distribution the standard deviation is this many times the MAD."""

DAYS_KEPT: Final = 14
DAYS_LEAST: Final = 3
ERRORS_LEAST: Final = 12
"""Half a day of hours says how far values stray; fewer say it by chance."""
SATURDAY: Final = 5


class Kind(enum.Enum):
    """What is wrong with a value; the value is the stable code."""

    LOW = "BELOW_BASELINE"
    HIGH = "ABOVE_BASELINE"
    DRIFT_DOWN = "DRIFT_DOWN"
    DRIFT_UP = "DRIFT_UP"


@dataclass(frozen=True, slots=True)
class Tuning:
    """When to speak: ``z`` robust deviations, CUSUM's slack ``k`` and bound ``h``, in the same.

    ``h`` is 5 in textbooks, where neighbouring errors know nothing of each other; those of hourly
    flows do: on the WaterFlow series of 53 days 5 speaks 36 times, 30 four times. ``spread_floor``
    is the least spread, as a share of the baseline: a series that repeats itself to the last digit
    for a week is not wrong when the digit changes. After ``relearn_after`` odd values in a row the
    new is the normal.
    """

    z: float = 6.0
    k: float = 0.5
    h: float = 30.0
    spread_floor: float = 0.01
    relearn_after: int = 72


@dataclass(frozen=True, slots=True)
class Verdict:
    """A value with what was expected of it; ``kind`` None when it is as usual or nothing is known.

    ``sentence`` says it to a person.
    """

    time: datetime
    value: float
    expected: float | None
    spread: float | None
    score: float
    kind: Kind | None

    @property
    def sentence(self) -> str:
        """Return the reason in words, empty for a value as usual."""
        if self.kind is None or self.expected is None:
            return ""
        part = (self.value - self.expected) / self.expected * 100 if self.expected else math.inf
        return (
            f"{self.value:.2f} at {self.time:%Y-%m-%d %H:%M} is {part:+.0f} % against the "
            f"{self.expected:.2f} usual at this hour ({self.score:+.1f} deviations): "
            f"{self.kind.value}"
        )


@dataclass(slots=True)
class Detector:
    """The memory of one series. ``judge`` is called once a value, in order of time."""

    tuning: Tuning = field(default_factory=Tuning)
    _past: dict[tuple[bool, int], deque[float]] = field(default_factory=dict)
    _errors: deque[float] = field(default_factory=lambda: deque(maxlen=24 * DAYS_KEPT))
    _up: float = 0.0
    _down: float = 0.0
    _odd: int = 0

    def judge(self, time: datetime, value: float) -> Verdict:
        """Return the verdict on a value, then learn it; ``time`` is local to the series."""
        slot = (time.weekday() >= SATURDAY, time.hour)
        expected = self._expected(slot)
        if not math.isfinite(value) or expected is None or len(self._errors) < ERRORS_LEAST:
            self._learn(slot, value, expected)
            return Verdict(time, value, expected, None, 0.0, None)
        spread = max(
            MAD_TO_SIGMA * statistics.median(abs(each) for each in self._errors),
            self.tuning.spread_floor * abs(expected),
            math.ulp(1.0),
        )
        score = (value - expected) / spread
        kind = self._kind(score)
        self._odd = self._odd + 1 if kind in {Kind.LOW, Kind.HIGH} else 0
        if kind not in {Kind.LOW, Kind.HIGH} or self._odd > self.tuning.relearn_after:
            self._learn(slot, value, expected)
        return Verdict(time, value, expected, spread, score, kind)

    def _expected(self, slot: tuple[bool, int]) -> float | None:
        past = self._past.get(slot, ())
        other = self._past.get((not slot[0], slot[1]), ())
        # Until there are enough days of its own type the hour's other days do.
        known = list(past) if len(past) >= DAYS_LEAST else [*past, *other]
        return statistics.median(known) if len(known) >= DAYS_LEAST else None

    def _kind(self, score: float) -> Kind | None:
        if abs(score) >= self.tuning.z:
            return Kind.HIGH if score > 0 else Kind.LOW
        self._up = max(0.0, self._up + score - self.tuning.k)
        self._down = max(0.0, self._down - score - self.tuning.k)
        if self._up > self.tuning.h:
            self._up = 0.0
            return Kind.DRIFT_UP
        if self._down > self.tuning.h:
            self._down = 0.0
            return Kind.DRIFT_DOWN
        return None

    def _learn(self, slot: tuple[bool, int], value: float, expected: float | None) -> None:
        if not math.isfinite(value):
            return
        self._past.setdefault(slot, deque(maxlen=DAYS_KEPT)).append(value)
        if expected is not None:
            self._errors.append(value - expected)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring anomalous values told of as one, by their first and last time."""

    begin: datetime
    end: datetime
    worst: Verdict


def stretches(verdicts: Iterable[Verdict], gap: int) -> list[Stretch]:
    """Join anomalous values with at most ``gap`` usual ones between them."""
    found: list[Stretch] = []
    usual = gap + 1
    for each in verdicts:
        if each.kind is None:
            usual += 1
            continue
        if usual <= gap and found:
            last = found[-1]
            worst = max(last.worst, each, key=lambda verdict: abs(verdict.score))
            found[-1] = Stretch(last.begin, each.time, worst)
        else:
            found.append(Stretch(each.time, each.time, each))
        usual = 0
    return found
