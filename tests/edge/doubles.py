"""Stand-ins for what the agent can't be given in a test: time that moves when told, a store."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from edge.spool import Spool
from edge.spool_account import NewBatch, Waiting
from tianfu.batch_encoder import BatchBuilder, SeriesKey
from tianfu.reading.v1 import reading_batch_pb2 as pb

NOON_US = 1_780_000_000_000_000
KEY = SeriesKey("t", "Cel")


@dataclass
class FakeClock:
    wall: int = NOON_US
    running: float = 100.0

    def wall_us(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.running

    def advance(self, seconds: float) -> None:
        self.wall += int(seconds * 1_000_000)
        self.running += seconds


def counting_bits() -> Callable[[int], int]:
    counter = itertools.count(1)
    return lambda bits: next(counter) % (1 << bits)


def batch(readings: int = 3, priority: int = pb.PRIORITY_ROUTINE, value: float = 1.5) -> NewBatch:
    builder = BatchBuilder(priority=cast("pb.Priority", priority))
    for position in range(readings):
        builder.add(KEY, NOON_US + position, value, 0)
    return NewBatch(builder.message(), "00-" + "a" * 32 + "-" + "b" * 16 + "-01")


def open_spool(
    folder: Path,
    clock: FakeClock | None = None,
    *,
    bytes_max: int = 1 << 20,
    age_max_s: float = 86_400,
    node: str = "gw-1",
    zstd_level: int | None = None,
) -> Spool:
    return Spool(
        folder,
        node,
        clock=clock or FakeClock(),
        random_bits=counting_bits(),
        bytes_max=bytes_max,
        age_max_s=age_max_s,
        zstd_level=zstd_level,
    )


@dataclass
class Store:
    """What the platform keeps: each position of an epoch once, whichever message came first."""

    taken: dict[int, dict[int, bytes]] = field(default_factory=dict)
    positions: dict[int, set[int]] = field(default_factory=dict)
    stored: dict[int, int] = field(default_factory=dict)
    dropped: dict[int, int] = field(default_factory=dict)

    def take(self, row: Waiting) -> None:
        message = pb.ReadingBatch.FromString(row.payload)
        assert (message.epoch, message.sequence) == (row.epoch, row.sequence)
        taken = self.taken.setdefault(row.epoch, {})
        if row.sequence in taken:
            assert taken[row.sequence] == row.payload, "a resend must be the same bytes"
            return
        span = max(message.span, 1)
        covered = set(range(row.sequence - span + 1, row.sequence + 1))
        positions = self.positions.setdefault(row.epoch, set())
        assert not covered & positions, "a position is accounted for twice"
        positions |= covered
        taken[row.sequence] = row.payload
        self.stored[row.epoch] = self.stored.get(row.epoch, 0) + message.count
        drops = sum(drop.readings for drop in message.drops)
        self.dropped[row.epoch] = self.dropped.get(row.epoch, 0) + drops

    def check_complete(self, epoch: int, sequence: int, produced: int) -> None:
        """Every position came once, in a chain of totals that adds up."""
        assert self.positions.get(epoch, set()) == set(range(1, sequence + 1))
        total = 0
        for position in sorted(self.taken.get(epoch, {})):
            message = pb.ReadingBatch.FromString(self.taken[epoch][position])
            total += message.count + sum(drop.readings for drop in message.drops)
            assert message.produced_total == total
        assert total == produced
        assert self.stored.get(epoch, 0) + self.dropped.get(epoch, 0) == produced


def drain(spool: Spool, store: Store, limit: int = 32) -> None:
    """Send all that waits, acknowledging each."""
    before = None
    while rows := spool.claim(spool.epoch, 0, limit):
        assert rows != before, "nothing is deleted"
        before = rows
        for row in rows:
            store.take(row)
        spool.settle(spool.epoch, [row.sequence for row in rows])
