"""The account of what each node produced: pure values, no clock, no store.

A node's spool numbers its batches from 1 in each epoch and leaves no number out: what it had to
drop comes as a tombstone under the same numbers. So the numbers that have not come are exactly
what is missing, and a number that comes again is a repetition.
"""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, sha1
from typing import Final, NamedTuple

GAPS_MAX: Final = 10_000
"""Separate gaps kept for one epoch. A sound spool makes a few; one that makes this many is either
broken or hostile, and its batches are refused rather than the service's memory given away."""

EPOCHS_MAX: Final = 256
"""Epochs kept for one node: a card replaced daily for eight months."""

UNPROVEN_EPOCHS_MAX: Final = 4
"""Epochs of a node kept of which only heartbeats tell: a card just replaced, and then some."""

RECENT_DIGESTS: Final = 128
"""Digests kept in memory per epoch; an older repetition is looked up in the ledger."""


class Claim(enum.Enum):
    """What became of a batch's claim to its sequence numbers."""

    NEW = "new"
    REPEATED = "repeated"
    OVERLAPPING = "overlapping"
    TOO_MANY_GAPS = "too-many-gaps"


class Gap(NamedTuple):
    """Sequence numbers, both ends included."""

    first: int
    last: int


class DropKey(NamedTuple):
    """Priority and reason of dropped readings, by their numbers in the contract."""

    priority: int
    reason: int


@dataclass
class EpochAccount:
    """What came of one (node, epoch). Counts are of readings."""

    last: int = 0
    gaps: list[Gap] = field(default_factory=list)
    produced: int = 0
    stored: int = 0
    drops: dict[DropKey, int] = field(default_factory=dict)
    digests: dict[int, int] = field(default_factory=dict)

    @property
    def high_water(self) -> int:
        """The highest number up to which all are accounted for."""
        return self.gaps[0].first - 1 if self.gaps else self.last

    @property
    def dropped(self) -> int:
        """Readings dropped by the node's spool, for whatever reason."""
        return sum(self.drops.values())

    @property
    def in_flight(self) -> int:
        """Readings produced and neither stored nor dropped, as far as is known."""
        return self.produced - self.stored - self.dropped

    def heard(self, produced: int) -> None:
        """Take the node's word of how much it has produced: no less than what has come of it."""
        self.produced = max(self.produced, produced, self.stored + self.dropped)

    def add_stored(self, readings: int) -> None:
        """Count readings as stored."""
        self.stored += readings
        self.heard(self.stored + self.dropped)

    def state_of(self, first: int, last: int) -> Claim:
        """Say what claiming ``first`` to ``last`` would come to, and change nothing."""
        if first > self.last:
            opens = first > self.last + 1
            return Claim.TOO_MANY_GAPS if opens and len(self.gaps) >= GAPS_MAX else Claim.NEW
        position = bisect_right(self.gaps, Gap(first, 2**63)) - 1
        if position >= 0 and self.gaps[position].last >= first:
            gap = self.gaps[position]
            if last > gap.last:
                return Claim.OVERLAPPING
            splits = gap.first < first and last < gap.last
            return Claim.TOO_MANY_GAPS if splits and len(self.gaps) >= GAPS_MAX else Claim.NEW
        following = self.gaps[position + 1] if position + 1 < len(self.gaps) else None
        reaches = last > self.last or (following is not None and last >= following.first)
        return Claim.OVERLAPPING if reaches else Claim.REPEATED

    def claim(self, first: int, last: int) -> Claim:
        """Take the numbers ``first`` to ``last``, when every one of them is free."""
        state = self.state_of(first, last)
        if state is not Claim.NEW:
            return state
        if first > self.last:
            if first > self.last + 1:
                self.gaps.append(Gap(self.last + 1, first - 1))
            self.last = last
            return state
        position = bisect_right(self.gaps, Gap(first, 2**63)) - 1
        gap = self.gaps[position]
        left, right = Gap(gap.first, first - 1), Gap(last + 1, gap.last)
        self.gaps[position : position + 1] = [g for g in (left, right) if g.first <= g.last]
        return state

    def count(
        self, *, readings: int, drops: dict[DropKey, int], produced: int, sequence: int, digest: int
    ) -> None:
        """Add what a claimed batch brought."""
        for key, number in drops.items():
            self.drops[key] = self.drops.get(key, 0) + number
        self.heard(produced)
        self.add_stored(readings)
        self.digests[sequence] = digest
        while len(self.digests) > RECENT_DIGESTS:
            del self.digests[next(iter(self.digests))]


@dataclass
class NodeAccount:
    """What came of a node, over its epochs, the latest last."""

    epochs: dict[int, EpochAccount] = field(default_factory=dict)
    repeated_batches: int = 0
    conflicting_batches: int = 0
    refused_batches: int = 0
    refused_readings: int = 0
    stored_at_us: int = 0

    def epoch(self, number: int) -> EpochAccount:
        """Return the account of an epoch, a new one when there is none."""
        account = self.epochs.get(number)
        if account is None:
            account = self.epochs[number] = EpochAccount()
        return account

    @property
    def produced(self) -> int:
        """Readings produced, as the node last said."""
        return sum(e.produced for e in self.epochs.values())

    @property
    def stored(self) -> int:
        """Readings stored."""
        return sum(e.stored for e in self.epochs.values())

    @property
    def drops(self) -> dict[DropKey, int]:
        """Readings dropped, by priority and reason."""
        total: dict[DropKey, int] = {}
        for epoch in self.epochs.values():
            for key, number in epoch.drops.items():
                total[key] = total.get(key, 0) + number
        return total

    @property
    def in_flight(self) -> int:
        """Readings produced and neither stored, dropped nor refused."""
        return max(0, sum(e.in_flight for e in self.epochs.values()) - self.refused_readings)

    def missing(self) -> Iterator[tuple[int, Gap]]:
        """Yield (epoch, gap) of every number below the highest seen that has not come."""
        for number, epoch in self.epochs.items():
            for gap in epoch.gaps:
                yield number, gap


class SeriesKey(NamedTuple):
    """What makes a stored series: the same name with another unit is another series."""

    node: str
    series: str
    unit: str
    retention_class: int


def series_id(key: SeriesKey) -> int:
    """Return the 64-bit id under which a series is stored.

    It is derived, so that a retry gives the same one. With 10 million series the chance that any
    two share an id is 3 in a million; the registry refuses the second of such a pair.
    """
    text = "\0".join((key.node, key.series, key.unit, str(key.retention_class)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def payload_digest(payload: bytes) -> int:
    """Return the 64-bit digest by which a repetition is told from a conflict.

    SHA-1 because processors have it: a third of the time of BLAKE2. Nothing is secured by it.
    """
    return int.from_bytes(sha1(payload, usedforsecurity=False).digest()[:8], "little")
