"""The figures of a running platform: asked of the services, measured of the processes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
import psutil

from cli import channels
from cli.connection import Metadata
from cli.drill import scenario
from cli.local.supervisor import Running
from tianfu.fleet.v1 import fleet_service_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.telemetry.v1 import (
    telemetry_pb2,
    telemetry_service_pb2,
    telemetry_service_pb2_grpc,
)

DEADLINE_S: Final = 5.0
AUDIT_DEADLINE_S: Final = 60.0
PAGE: Final = 1000
KIB_PER_MB: Final = 1024
MB: Final = 1024 * 1024


@dataclass(frozen=True)
class NodeFigures:
    """One node's row."""

    node: str
    presence: str = "?"
    produced: int = 0
    stored: int = 0
    dropped: int = 0
    in_flight: int = 0
    missing: int = 0
    repeated: int = 0
    refused: int = 0
    # Plays a drill now and then, and is silent otherwise.
    is_drill: bool = False


@dataclass(frozen=True)
class Figures:
    """All nodes' rows, and the ingestion's state."""

    nodes: tuple[NodeFigures, ...] = ()
    readings_per_second: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    pending_batches: int = 0

    def total(self, name: str) -> int:
        """Return the sum of one column."""
        return sum(int(getattr(node, name)) for node in self.nodes)

    @property
    def online(self) -> int:
        """How many nodes are online."""
        return sum(node.presence == "online" for node in self.steady)

    @property
    def steady(self) -> tuple[NodeFigures, ...]:
        """The nodes that ought to be online."""
        return tuple(node for node in self.nodes if not node.is_drill)


@dataclass(frozen=True)
class Audit:
    """An independent count of what is stored."""

    accounted: int
    found: int
    duplicates: int


class Observer:
    """Asks the services, with channels of its own."""

    def __init__(self, telemetry: str, fleet: str, keys: Path, metadata: Metadata) -> None:
        self._channels = [channels.asynchronous(each, keys) for each in (telemetry, fleet)]
        self._telemetry: Any = telemetry_service_pb2_grpc.TelemetryServiceStub(self._channels[0])
        self.fleet: Any = fleet_service_pb2_grpc.FleetServiceStub(self._channels[1])
        self.metadata = metadata

    async def close(self) -> None:
        """Close the channels."""
        for channel in self._channels:
            await channel.close()

    async def enrolment_token(self, node: str) -> str:
        """Return a token with which a node may enrol."""
        request = fleet_service_pb2.IssueEnrolmentTokenRequest(name=f"nodes/{node}")
        answer = await self._ask(self.fleet.IssueEnrolmentToken, request)
        return str(answer.token)

    async def figures(self) -> Figures:
        """Return the figures of now; raise AioRpcError when a service does not answer."""
        status, deliveries, nodes = await asyncio.gather(
            self._ask(
                self._telemetry.GetIngestStatus, telemetry_service_pb2.GetIngestStatusRequest()
            ),
            self._deliveries(),
            self._nodes(),
        )
        return figures_of(status, deliveries, nodes)

    async def audit(self) -> Audit:
        """Have the stored rows counted anew."""
        answer = await self._ask(
            self._telemetry.AuditDelivery,
            telemetry_service_pb2.AuditDeliveryRequest(name="nodes/-/delivery"),
            AUDIT_DEADLINE_S,
        )
        return Audit(
            accounted=answer.accounted_readings,
            found=answer.found_rows,
            duplicates=answer.duplicate_rows + answer.duplicate_batches,
        )

    async def register(self, request: fleet_service_pb2.CreateNodeRequest) -> None:
        """Register a node, unless it is registered."""
        try:
            await self._ask(self.fleet.CreateNode, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
                raise

    async def _ask(self, method: Any, request: Any, deadline_s: float = DEADLINE_S) -> Any:
        return await method(request, timeout=deadline_s, metadata=self.metadata)

    async def _deliveries(self) -> list[telemetry_pb2.Delivery]:
        found: list[telemetry_pb2.Delivery] = []
        token = ""
        while True:
            answer = await self._ask(
                self._telemetry.ListDeliveries,
                telemetry_service_pb2.ListDeliveriesRequest(page_size=PAGE, page_token=token),
            )
            found += answer.deliveries
            token = answer.next_page_token
            if not token:
                return found

    async def _nodes(self) -> list[node_pb2.Node]:
        found: list[node_pb2.Node] = []
        token = ""
        while True:
            answer = await self._ask(
                self.fleet.ListNodes,
                fleet_service_pb2.ListNodesRequest(page_size=PAGE, page_token=token),
            )
            found += answer.nodes
            token = answer.next_page_token
            if not token:
                return found


def presence_word(presence: int) -> str:
    """Return a presence as a word: online, silent, offline, never seen."""
    name = str(node_pb2.Presence.Name(node_pb2.Presence.ValueType(presence)))
    return name.removeprefix("PRESENCE_").lower().replace("_", " ")


def figures_of(
    status: telemetry_pb2.IngestStatus,
    deliveries: Iterable[telemetry_pb2.Delivery],
    nodes: Iterable[node_pb2.Node],
) -> Figures:
    """Return the figures that the services' answers hold."""
    listed = {node.name.split("/")[1]: node for node in nodes}
    presence = {name: presence_word(node.presence) for name, node in listed.items()}
    drills = {name for name, node in listed.items() if scenario.LABEL in node.labels}
    rows = {
        name: NodeFigures(name, presence=word, is_drill=name in drills)
        for name, word in presence.items()
    }
    for each in deliveries:
        name = each.name.split("/")[1]
        rows[name] = NodeFigures(
            node=name,
            presence=presence.get(name, "not registered"),
            produced=each.produced,
            stored=each.stored,
            dropped=each.dropped,
            in_flight=each.in_flight,
            missing=each.missing_batches,
            repeated=each.repeated_batches,
            refused=each.refused_batches + each.conflicting_batches,
            is_drill=name in drills,
        )
    return Figures(
        nodes=tuple(rows[name] for name in sorted(rows)),
        readings_per_second=status.readings_per_second,
        p50_ms=status.latency_p50.ToTimedelta().total_seconds() * 1000,
        p99_ms=status.latency_p99.ToTimedelta().total_seconds() * 1000,
        pending_batches=status.pending_batches,
    )


@dataclass
class Peaks:
    """The most memory that each program took, in MB."""

    mb: dict[str, float] = field(default_factory=dict)

    def look(self, programs: Iterable[Running]) -> None:
        """Measure what runs now."""
        for running in programs:
            if running.pid is not None:
                taken = memory_mb(running.pid, peak=True)
                name = running.program.name
                self.mb[name] = max(self.mb.get(name, 0.0), taken)
        self.mb["tianfu-up"] = max(self.mb.get("tianfu-up", 0.0), memory_mb(None, peak=True))


def memory_mb(pid: int | None, *, peak: bool) -> float:
    """Return the memory of a process and those below it; 0 when it is gone.

    The process itself counts with what it has (its peak where Linux tells). Those below it count
    with their share only: PostgreSQL's map the same buffers.
    """
    total: float = 0.0
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        total = float(process.memory_info().rss) / MB
        if peak and sys.platform == "linux":
            total = max(total, _high_water_mb(process.pid))
        if pid is None:
            return total  # those below us are measured by themselves
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error, OSError):
                memory = child.memory_full_info()
                total += getattr(memory, "pss", memory.uss) / MB
    return total


def _high_water_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / KIB_PER_MB
    return 0.0
