"""One series watched: readings in, a verdict on each hour out. Pure: no clock, no file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

from edge.anomalies.settings import USUAL, AnomalySettings
from tianfu.anomaly import Detector, Tuning, Verdict

HOUR_US: Final = 3_600_000_000
HALF_US: Final = HOUR_US // 2
CHINA: Final = timezone(timedelta(hours=8))
"""Days, and with them what is usual, are those of the place (GB/T 7408: +08:00)."""

BACK_HOURS: Final = 24
"""A reading so much older than the last is of a clock that was put right, not one that is late."""


@dataclass(frozen=True, slots=True)
class Hour:
    """The mean of an hour's good readings; ``number`` counts hours since 1970."""

    series: str
    number: int
    mean: float

    @property
    def begin_us(self) -> int:
        """When it began, in Unix microseconds."""
        return self.number * HOUR_US

    def line(self) -> str:
        """Return it as a line of the journal."""
        return json.dumps([self.series, self.number, self.mean], ensure_ascii=False) + "\n"


def restored(line: str) -> Hour | None:
    """Return the hour of a line of the journal, None for one that a power cut broke."""
    try:
        series, number, mean = json.loads(line)
        return Hour(str(series), int(number), float(mean))
    except (ValueError, TypeError):
        return None


class Judge(Protocol):
    """What knows the usual of a series: the service's detector, or an online model."""

    def judge(self, time: datetime, value: float) -> Verdict:
        """Return the verdict on a value, then learn it; ``time`` is local to the series."""
        ...


def detector_of(settings: AnomalySettings) -> Judge:
    """Return the service's own detector, as a series wants it."""
    return Detector(Tuning(z=settings.deviations, k=USUAL.k, h=USUAL.h))


@dataclass
class Watch:
    """What is known of one series."""

    settings: AnomalySettings
    knows: Judge
    last: Verdict | None = None
    _hour: int | None = None
    _first_us: int = 0
    _total: float = 0.0
    _count: int = 0

    def observe(self, time_us: int, value: float) -> tuple[Hour, Verdict] | None:
        """Take a good reading; return the hour that it ends, and the verdict on that.

        An hour of whose first half nothing is known, as after a start, is not judged. A reading of
        an hour that is judged already changes nothing.
        """
        number = time_us // HOUR_US
        if self._hour is not None and self._hour - BACK_HOURS < number < self._hour:
            return None
        ended = None
        if number != self._hour:
            if self._hour is not None and number > self._hour:
                ended = self._end(self._hour)
            self._hour, self._first_us = number, time_us - number * HOUR_US
            self._total, self._count = 0.0, 0
        self._total += value
        self._count += 1
        return ended

    def judge(self, hour: Hour) -> Verdict:
        """Return the verdict on an hour, and learn it."""
        begin = datetime.fromtimestamp(hour.begin_us / 1_000_000, UTC).astimezone(CHINA)
        self.last = self.knows.judge(begin, hour.mean)
        return self.last

    def _end(self, number: int) -> tuple[Hour, Verdict] | None:
        if self._first_us >= HALF_US:
            return None
        hour = Hour(self.settings.series, number, self._total / self._count)
        return hour, self.judge(hour)
