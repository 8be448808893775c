"""What nodes say of themselves: taken when it can be true, counted when it can't."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.telemetry.heartbeats import Heartbeats
from services.telemetry.usecases import Ledger
from tianfu.batch_limits import COUNT_MAX
from tianfu.fleet.v1.heartbeat_pb2 import Heartbeat


@dataclass
class World:
    ledger: Ledger = field(default_factory=Ledger)
    counts: CollectorRegistry = field(default_factory=CollectorRegistry)

    async def hear(self, data: bytes, subject: str = "tianfu.v1.heartbeat.gw-1") -> None:
        message: Any = SimpleNamespace(data=data, subject=subject)
        await self.heartbeats.receive(message)

    def __post_init__(self) -> None:
        ingest: Any = SimpleNamespace(ledger=self.ledger)
        self.heartbeats = Heartbeats(ingest, self.counts)

    def refused(self, reason: str) -> float | None:
        name = "tianfu_telemetry_refused_heartbeats_total"
        return self.counts.get_sample_value(name, {"reason": reason})


async def test_a_heartbeat_is_taken() -> None:
    world = World()
    await world.hear(Heartbeat(node="gw-1", epoch=1, produced_total=9).SerializeToString())
    assert world.ledger.node("gw-1").produced == 9


@pytest.mark.parametrize(
    ("heartbeat", "subject", "reason"),
    [
        pytest.param(b"\xff", "tianfu.v1.heartbeat.gw-1", "HEARTBEAT_MALFORMED", id="garbage"),
        pytest.param(
            Heartbeat(node="gw-2", epoch=1).SerializeToString(),
            "tianfu.v1.heartbeat.gw-1",
            "NODE_MISMATCH",
            id="another-node",
        ),
        pytest.param(
            Heartbeat(node="gw-1", epoch=1, produced_total=COUNT_MAX + 1).SerializeToString(),
            "tianfu.v1.heartbeat.gw-1",
            "COUNT_ABSURD",
            id="more-than-can-be",
        ),
    ],
)
async def test_what_can_not_be_is_counted(heartbeat: bytes, subject: str, reason: str) -> None:
    world = World()
    await world.hear(heartbeat, subject)
    assert world.refused(reason) == 1
    assert world.ledger.nodes == {}
