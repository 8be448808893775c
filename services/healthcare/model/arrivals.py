"""Which batches of a node have come, and which are missing between them.

A spool numbers its batches from 1 in each epoch and leaves none out: what it dropped comes as a
tombstone. So a number that is passed over is under way still, held by a killed service until the
stream gives it out again, or was refused. It is waited for a while, and then no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tianfu.batch_limits import SEQUENCE_MAX

MISSING_US: Final = 90_000_000
"""How long a batch is waited for: longer than the durable's ``ack_wait`` (10 s, ``other_streams``)
and the longest delay of one that was given back (60 s, ``jetstream.BACKOFF_S``) together."""

GAPS_MAX: Final = 32
"""Gaps of an epoch; beyond them the earliest is given up."""

EPOCHS_MAX: Final = 2
"""A node whose spool was lost begins a new epoch; batches of the last may be under way still."""

Number = tuple[int, int, int]
"""What a batch stands for: epoch, first and last sequence."""


class Gap(NamedTuple):
    """Sequences that have not come, both ends included, and when that was noticed."""

    first: int
    last: int
    since_us: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """What has come of an epoch: all up to ``high`` but the gaps."""

    number: int
    high: int = 0
    gaps: tuple[Gap, ...] = ()

    def after(self, first: int, last: int, now_us: int) -> Epoch:
        """Return the epoch with what has come, the first to the last sequence."""
        gaps = []
        for gap in self.gaps:
            if gap.first < first:
                gaps.append(gap._replace(last=min(gap.last, first - 1)))
            if gap.last > last:
                gaps.append(gap._replace(first=max(gap.first, last + 1)))
        if first > self.high + 1:
            gaps.append(Gap(self.high + 1, first - 1, now_us))
        return Epoch(self.number, max(self.high, last), tuple(gaps[-GAPS_MAX:]))

    def ended(self, now_us: int) -> Epoch:
        """Return the epoch when another has begun: how far it went is not known."""
        if self.high >= SEQUENCE_MAX:
            return self
        gaps = (*self.gaps, Gap(self.high + 1, SEQUENCE_MAX, now_us))
        return Epoch(self.number, SEQUENCE_MAX, gaps)

    def waited(self, now_us: int) -> Epoch:
        """Return the epoch without what has been waited for long enough."""
        gaps = tuple(gap for gap in self.gaps if now_us - gap.since_us < MISSING_US)
        return replace(self, gaps=gaps)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What has come of a node: its epochs, the one that began last at the end."""

    epochs: tuple[Epoch, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether a batch is waited for."""
        return any(each.gaps for each in self.epochs)

    def after(self, numbers: Iterable[Number], now_us: int) -> Arrivals:
        """Return what has come with some more batches, in whatever order; repeats are none."""
        known = {each.number: each for each in self.epochs}
        for number, first, last in sorted(numbers):
            if number not in known:
                known = {each: epoch.ended(now_us) for each, epoch in known.items()}
                known[number] = Epoch(number)
            known[number] = known[number].after(first, last, now_us)
        epochs = [each.waited(now_us) for each in known.values()]
        live = [each for each in epochs[:-1] if each.gaps]
        return Arrivals((*live, *epochs[-1:])[-EPOCHS_MAX:])


def encode(arrivals: Arrivals) -> bytes:
    """Return the bytes of what has come."""
    content = [[each.number, each.high, each.gaps] for each in arrivals.epochs]
    return json.dumps(content, separators=(",", ":")).encode()


def decode(data: bytes) -> Arrivals:
    """Return what ``encode`` gave."""
    return Arrivals(
        tuple(
            Epoch(number, high, tuple(Gap(*gap) for gap in gaps))
            for number, high, gaps in json.loads(data)
        )
    )
