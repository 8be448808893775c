"""What the spool knows of its batches: values only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import cast

from tianfu.reading.v1 import reading_batch_pb2 as pb

Drops = dict[tuple[int, int], int]
"""Readings dropped by (priority, reason)."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A closed batch that has no identity yet."""

    message: pb.ReadingBatch
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored batch or tombstone, the very bytes that are sent at each attempt."""

    epoch: int
    sequence: int
    readings: int
    traceparent: str
    payload: bytes


@dataclass(frozen=True)
class Account:
    """What became of the readings of the epoch."""

    epoch: int
    sequence: int
    produced: int
    waiting_readings: int
    waiting_batches: int
    used_bytes: int
    drops: Drops

    @property
    def dropped(self) -> int:
        """Return the readings dropped for any reason."""
        return sum(self.drops.values())


@dataclass
class State:
    """What the file's state rows say; copied for each transaction, kept when it commits."""

    sequence: int = 0
    produced: int = 0
    watermark: int = 0
    attempted: int = 0
    used_bytes: int = 0
    waiting_readings: int = 0
    waiting_batches: int = 0
    dropped: Drops = field(default_factory=dict)
    unreported: Drops = field(default_factory=dict)

    def copy(self) -> State:
        """Return a copy that shares nothing."""
        state = State(**self.__dict__)
        state.dropped, state.unreported = dict(self.dropped), dict(self.unreported)
        return state


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Contiguous sequence numbers whose readings are gone."""

    sequence: int
    span: int
    drops: Drops
    produced_total: int


def add(into: Drops, more: Drops) -> None:
    """Add counts to counts."""
    for key, readings in more.items():
        into[key] = into.get(key, 0) + readings


def messages(drops: Drops) -> list[pb.Drop]:
    """Return counts as a message carries them."""
    return [
        pb.Drop(
            priority=cast("pb.Priority", priority),
            reason=cast("pb.DropReason", reason),
            readings=readings,
        )
        for (priority, reason), readings in sorted(drops.items())
    ]


def packed(drops: Drops) -> str:
    """Return counts as a row keeps them."""
    return json.dumps([[*key, readings] for key, readings in sorted(drops.items())])


def unpacked(text: str) -> Drops:
    """Return counts from a row."""
    return {(priority, reason): readings for priority, reason, readings in json.loads(text)}
