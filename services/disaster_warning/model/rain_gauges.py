"""What the rain gauges have told: minutes of 72 h in a ring, and sums of 1 to 72 h kept up to date.

Amounts are whole hundredths of a millimetre, so sums that are kept up by adding what comes in and
taking away what goes out never drift from the sums made anew. A minute is known by its end: minute
m covers the 60 s before ``m * 60`` s of the epoch. Days end at 08:00 in China (midnight UTC), as
hydrologists count them.

Whichever order readings come in, and however often, the state is the same: a reading is known by
(gauge, interval), and of two that differ the greater counts. One that was wrong is withdrawn.
"""

from __future__ import annotations

import io
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.rain import DURATIONS, RainEvent, rain_events

Indexes = npt.NDArray[np.integer[Any]]

MINUTES_KEPT: Final = DURATIONS * 60
AHEAD_MINUTES: Final = 10
"""How far ahead of the evaluation a reading's time may be: more is a clock that is wrong."""

DAYS_KEPT: Final = 32
"""Days for the antecedent index: 0.86^31 = 0.01, so older rain says nothing."""

SPANS: Final = (1, 2, 5, 10, 15, 20, 30, 60)
"""Minutes between a gauge's readings: whole parts of an hour."""

MINUTE_MM_MAX: Final = 40.0
"""More has never been measured in a minute (38 mm at Barot, Guadeloupe, 1970; WMO archive)."""

HUNDREDTHS: Final = 100
FEW: Final = 256
"""Changes up to which one after the other is cheaper than all sums at once."""

MISSING: Final = np.uint16(0xFFFF)
FORMAT: Final = 1
_SLOTS: Final = MINUTES_KEPT + AHEAD_MINUTES
_DAY_MINUTES: Final = 1440


class Intake(NamedTuple):
    """What became of readings: each is counted once."""

    stored: int
    repeated: int
    late: int
    early: int
    invalid: int


class RainGauges:
    """The state of ``gauges`` gauges: bounded, 9 KB each, serialisable.

    ``span_minutes`` (gauges,): each gauge's reporting interval, one of :data:`SPANS`. An amount
    over more than a minute is spread evenly over its minutes.
    """

    def __init__(self, span_minutes: Indexes, now_s: float) -> None:
        span = np.asarray(span_minutes, np.int64)
        if span.ndim != 1 or not np.isin(span, SPANS).all():
            raise ValueError(f"span_minutes: need one of {SPANS} for each gauge")
        self.gauges: Final = len(span)
        self._span: Final = span
        self._head = int(now_s // 60)
        self._ring = np.full((_SLOTS, self.gauges), MISSING, np.uint16)
        self._sums = np.zeros((DURATIONS, self.gauges), np.int32)
        self._known = np.zeros((DURATIONS, self.gauges), np.int16)
        self._day_sums = np.zeros((DAYS_KEPT, self.gauges), np.int32)
        self._day_known = np.zeros((DAYS_KEPT, self.gauges), np.int16)

    @property
    def span_minutes(self) -> Indexes:
        """Minutes between each gauge's readings: (gauges,). Not to be changed."""
        return self._span

    @property
    def head(self) -> int:
        """The last minute in the sums, in minutes of the epoch."""
        return self._head

    @property
    def sums(self) -> npt.NDArray[np.int32]:
        """Hundredths of mm known for the last 1 to 72 h: (72, gauges). Not to be changed."""
        return self._sums

    @property
    def known_minutes(self) -> npt.NDArray[np.int16]:
        """Minutes of the last 1 to 72 h that something is known of: (72, gauges)."""
        return self._known

    def coverage(self) -> npt.NDArray[np.float32]:
        """Return the part of the last 1 to 72 h that is known, 0 to 1: (72, gauges)."""
        minutes = np.arange(1, DURATIONS + 1, dtype=np.float32)[:, None] * 60
        return self._known.astype(np.float32) / minutes

    def daily_mm(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return rain of the whole days before today's, yesterday first, and their coverage.

        Both are (31, gauges); the rain is NaN for a day that nothing is known of.
        """
        today = _day(self._head)
        rows = np.arange(today - 1, today - DAYS_KEPT, -1) % DAYS_KEPT
        known = self._day_known[rows]
        rain = np.where(known > 0, self._day_sums[rows] / HUNDREDTHS, np.nan)
        return rain, known / _DAY_MINUTES

    def minutes_mm(self, gauge: int) -> npt.NDArray[np.float64]:
        """Return the last 72 h of one gauge, minute by minute, NaN where not known: (4320,)."""
        minutes = np.arange(self._head - MINUTES_KEPT + 1, self._head + 1)
        column = self._ring[minutes % _SLOTS, gauge]
        return np.where(column == MISSING, np.nan, column / HUNDREDTHS)

    def event(self, gauge: int, dry_minutes: int) -> RainEvent | None:
        """Return the last event of a gauge within 72 h, its times in minutes of the epoch."""
        events = rain_events(self.minutes_mm(gauge), dry_minutes)
        if not events:
            return None
        offset = self._head - MINUTES_KEPT + 1
        last = events[-1]
        return last._replace(first=last.first + offset, last=last.last + offset)

    def add(self, gauge: npt.ArrayLike, time_s: npt.ArrayLike, mm: npt.ArrayLike) -> Intake:
        """Take readings: gauge index, end of the interval (s of the epoch), rain in it (mm).

        Arrays of one length, or single values. An end is taken for the nearest of the gauge's
        interval ends. Late by 72 h or more, early by more than 10 min, negative, not finite or
        more than can fall: counted, and not stored. Raises IndexError for a gauge that is none.
        """
        gauges = np.atleast_1d(np.asarray(gauge, np.int64))
        times = np.atleast_1d(np.asarray(time_s, np.float64))
        amounts = np.atleast_1d(np.asarray(mm, np.float64))
        if len(gauges) and not (gauges.min() >= 0 and gauges.max() < self.gauges):
            raise IndexError(f"gauge outside 0..{self.gauges - 1}")
        span = self._span[gauges]
        valid = np.isfinite(times) & (amounts >= 0) & (amounts <= span * MINUTE_MM_MAX)
        ends = np.round(np.where(valid, times, 0.0) / (60 * span)).astype(np.int64) * span
        early = valid & (ends > self._head + AHEAD_MINUTES)
        late = valid & (ends <= self._head - MINUTES_KEPT)
        taken = np.flatnonzero(valid & ~early & ~late)
        stored = self._store(gauges[taken], ends[taken], amounts[taken])
        return Intake(
            stored=stored,
            repeated=len(taken) - stored,
            late=int(late.sum()),
            early=int(early.sum()),
            invalid=int((~valid).sum()),
        )

    def withdraw(self, gauge: int, time_s: float) -> None:
        """Forget the reading whose interval ends at ``time_s``: it was wrong."""
        span = int(self._span[gauge])
        end = round(time_s / (60 * span)) * span
        first = max(end - span, self._head - MINUTES_KEPT) + 1
        minutes = np.arange(first, min(end, self._head + AHEAD_MINUTES) + 1)
        old = self._ring[minutes % _SLOTS, gauge]
        kept = old != MISSING
        self._ring[minutes % _SLOTS, gauge] = MISSING
        gauges = np.full(int(kept.sum()), gauge)
        self._count(minutes[kept], gauges, -old[kept].astype(np.int64), -1)

    def advance(self, now_s: float) -> None:
        """Bring the sums up to ``now_s``. Going back changes nothing."""
        minute = int(now_s // 60)
        if minute - self._head >= 60:  # noqa: PLR2004 - an hour: from here making anew is cheaper
            self._forget(self._head + 1, minute)
            self._head = minute
            self._make_sums()
            return
        while self._head < minute:
            self._step(self._head + 1)

    def to_bytes(self) -> bytes:
        """Return the state, for a restart."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            format=np.int64(FORMAT),
            head=np.int64(self._head),
            span=self._span,
            ring=self._ring,
            day_sums=self._day_sums,
            day_known=self._day_known,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Return gauges as :meth:`to_bytes` left them; raise ValueError for another format."""
        with np.load(io.BytesIO(state), allow_pickle=False) as stored:
            if int(stored["format"]) != FORMAT:
                raise ValueError(f"rain state of format {stored['format']}, need {FORMAT}")
            gauges = cls(stored["span"], float(stored["head"]) * 60)
            gauges._ring[:] = stored["ring"]
            gauges._day_sums[:] = stored["day_sums"]
            gauges._day_known[:] = stored["day_known"]
        gauges._make_sums()
        return gauges

    def rearranged(self, span_minutes: Indexes, source: Indexes) -> RainGauges:
        """Return gauges in a new order: each as ``source`` was here, or new where that is -1.

        ``span_minutes`` and ``source`` are (new gauges,). A gauge whose interval has changed keeps
        its minutes: what it told is as true as before.
        """
        gauges = RainGauges(span_minutes, self._head * 60.0)
        new = np.flatnonzero(source >= 0)
        old = source[new]
        for to, kept in (
            (gauges._ring, self._ring),
            (gauges._day_sums, self._day_sums),
            (gauges._day_known, self._day_known),
        ):
            to[:, new] = kept[:, old]
        gauges._make_sums()
        return gauges

    def _store(self, gauges: Indexes, ends: Indexes, mm: npt.NDArray[np.float64]) -> int:
        """Store readings minute by minute; return how many of them changed anything."""
        span = self._span[gauges]
        reading = np.repeat(np.arange(len(gauges)), span)
        place = np.arange(len(reading)) - np.repeat(np.cumsum(span) - span, span)
        total = np.round(mm * HUNDREDTHS).astype(np.int64)
        # The remainder goes to the first minutes, so that a greater total is nowhere less.
        share = (total // span)[reading] + (place < (total % span)[reading])
        minutes = (ends - span + 1)[reading] + place
        inside = minutes > self._head - MINUTES_KEPT
        reading, share, minutes = reading[inside], share[inside], minutes[inside]
        key = (minutes % _SLOTS) * self.gauges + gauges[reading]
        order = np.lexsort((-share, key))
        key, share, minutes, reading = key[order], share[order], minutes[order], reading[order]
        first = np.ones(len(key), np.bool_)
        first[1:] = key[1:] != key[:-1]
        flat = self._ring.reshape(-1)
        old = flat[key]
        missing = old == MISSING
        before = np.where(missing, 0, old)
        changed = first & (missing | (share > before))
        flat[key[changed]] = share[changed]
        self._count(
            minutes[changed],
            gauges[reading[changed]],
            (share - before)[changed],
            missing[changed].astype(np.int64),
        )
        return len(np.unique(reading[changed]))

    def _count(
        self,
        minutes: Indexes,
        gauges: Indexes,
        change: Indexes,
        known: Indexes | int,
    ) -> None:
        """Add changes of minutes to the sums of every span that they lie in."""
        known = np.broadcast_to(known, change.shape)
        days = _day(minutes) % DAYS_KEPT
        np.add.at(self._day_sums, (days, gauges), change)
        np.add.at(self._day_known, (days, gauges), known)
        inside = minutes <= self._head
        shortest = (self._head - minutes[inside]) // 60
        if len(shortest) <= FEW:
            for row, index, more, told in zip(
                shortest, gauges[inside], change[inside], known[inside], strict=True
            ):
                self._sums[row:, index] += more
                self._known[row:, index] += told
            return
        key = shortest * self.gauges + gauges[inside]
        self._sums += self._by_span(key, change[inside]).astype(np.int32)
        self._known += self._by_span(key, known[inside]).astype(np.int16)

    def _by_span(self, key: Indexes, change: Indexes) -> npt.NDArray[np.float64]:
        """Return changes, given at (shortest span, gauge), summed for each span: (72, gauges)."""
        size = DURATIONS * self.gauges
        added = np.bincount(key, change, minlength=size).reshape(DURATIONS, self.gauges)
        total: npt.NDArray[np.float64] = np.cumsum(added, axis=0)
        return total

    def _step(self, minute: int) -> None:
        """Take one more minute into the sums, and let go of those that leave them."""
        leaving = self._ring[(minute - 60 * np.arange(1, DURATIONS + 1)) % _SLOTS]
        coming = self._ring[minute % _SLOTS]
        self._sums += _amount(coming) - _amount(leaving)
        self._known += (coming != MISSING).astype(np.int16) - (leaving != MISSING)
        self._forget(minute, minute)
        self._head = minute

    def _forget(self, first: int, last: int) -> None:
        """Make room for what may be told once the head has gone from before first to last."""
        begin = max(first, last - _SLOTS + 1) + AHEAD_MINUTES
        self._ring[np.arange(begin, last + AHEAD_MINUTES + 1) % _SLOTS] = MISSING
        day, newest = _day(first - 1 + AHEAD_MINUTES), _day(last + AHEAD_MINUTES)
        for new in range(max(day, newest - DAYS_KEPT) + 1, newest + 1):
            self._day_sums[new % DAYS_KEPT] = 0
            self._day_known[new % DAYS_KEPT] = 0

    def _make_sums(self) -> None:
        """Make the sums anew from the ring."""
        total = np.zeros(self.gauges, np.int32)
        known = np.zeros(self.gauges, np.int16)
        for row in range(DURATIONS):
            newest = self._head - 60 * row
            hour = self._ring[np.arange(newest - 59, newest + 1) % _SLOTS]
            total += _amount(hour).sum(axis=0, dtype=np.int32)
            known += (hour != MISSING).sum(axis=0, dtype=np.int16)
            self._sums[row] = total
            self._known[row] = known


def _amount(minutes: npt.NDArray[np.uint16]) -> npt.NDArray[np.int32]:
    return np.where(minutes == MISSING, 0, minutes).astype(np.int32)


def _day(minutes: Any) -> Any:
    """Return the day, in days of the epoch, that a minute belongs to: its end is included."""
    return (minutes - 1) // _DAY_MINUTES
