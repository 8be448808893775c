"""What nodes say of themselves between batches: how much they have produced."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter

from services.telemetry.bus import Ingest
from tianfu import subjects
from tianfu.batch_limits import COUNT_MAX
from tianfu.fleet.v1.heartbeat_pb2 import Heartbeat


class Heartbeats:
    """Enters heartbeats in the accounts. A malformed one is counted, and the next will do."""

    def __init__(self, ingest: Ingest, registry: CollectorRegistry) -> None:
        self._ingest = ingest
        self._refused = Counter(
            "tianfu_telemetry_refused_heartbeats",
            "Heartbeats passed over.",
            ["reason"],
            registry=registry,
        )

    async def receive(self, message: Any) -> None:
        """Take a NATS message."""
        try:
            heartbeat = Heartbeat.FromString(message.data)
            node = subjects.heartbeat_node(message.subject)
        except (DecodeError, subjects.InvalidName):
            self._refused.labels("HEARTBEAT_MALFORMED").inc()
            return
        if heartbeat.node != node:
            self._refused.labels("NODE_MISMATCH").inc()
            return
        if heartbeat.produced_total > COUNT_MAX:
            self._refused.labels("COUNT_ABSURD").inc()
            return
        # An epoch of 0 is an agent whose spool is not open yet.
        if heartbeat.epoch:
            self._ingest.ledger.heard(node, heartbeat.epoch, heartbeat.produced_total)
