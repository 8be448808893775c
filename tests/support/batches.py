"""Reading batches for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tianfu import batch_encoder, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.reading.v1 import reading_batch_pb2 as pb

BASE_US = 1_790_000_000_000_000
POWER = SeriesKey("active-power", "kW")
ENERGY = SeriesKey("energy", "kW.h")


def batch(
    node: str = "gw-1",
    epoch: int = 7,
    sequence: int = 1,
    *,
    readings: int = 4,
    base_us: int = BASE_US,
    produced: int | None = None,
    value: float = 1.5,
    drops: list[pb.Drop] | None = None,
) -> bytes:
    """Return an encoded batch of two series; times rise by a millisecond from the sequence's own
    second, so that no two sequences share a time."""
    builder = BatchBuilder()
    for i in range(readings):
        key = POWER if i % 2 == 0 else ENERGY
        builder.add(key, base_us + sequence * 1_000_000 + i * 1000, value + i, 0)
    total = sequence * readings if produced is None else produced
    return batch_encoder.encode(
        builder.message(), Identity(node, epoch, sequence), produced_total=total, drops=drops or []
    )


def tombstone(
    node: str = "gw-1", epoch: int = 7, *, last: int, span: int, readings: int, produced: int
) -> bytes:
    """Return an encoded tombstone of routine readings dropped for want of space."""
    drop = pb.Drop(
        priority=pb.PRIORITY_ROUTINE, reason=pb.DROP_REASON_SPOOL_FULL, readings=readings
    )
    identity = Identity(node, epoch, last, span)
    return batch_encoder.encode_tombstone(identity, produced_total=produced, drops=[drop])


@dataclass
class FakeMessage:
    """A message that remembers what was said of it."""

    data: bytes
    subject: str = subjects.reading(subjects.NodeId("gw-1"))
    headers: dict[str, str] = field(default_factory=dict)
    said: list[Any] = field(default_factory=list)
    pending: int = 0
    delivered: int = 1

    async def ack(self) -> None:
        self.said.append("ack")

    async def nak(self, delay_s: float) -> None:
        self.said.append(("nak", delay_s))
