"""Who is heard from, as the fleet service says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import grpc

from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2_grpc, node_pb2

WATCH_S: Final = 3600.0
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
HEARD: Final = frozenset({node_pb2.PRESENCE_ONLINE, node_pb2.PRESENCE_SILENT})

log = logging.getLogger("tianfu.operators.presences")


class Presences:
    """All nodes' presence. ``synced`` is set once all are known."""

    def __init__(
        self, channel: grpc.aio.Channel, metadata: Callable[[], Sequence[tuple[str, str]]]
    ) -> None:
        """Take a channel to the fleet service, and what says who we are."""
        self._stub = fleet_service_pb2_grpc.FleetServiceStub(channel)
        self._metadata = metadata
        self._nodes: dict[str, tuple[bool, datetime | None]] = {}
        self._listeners: list[Callable[[str], None]] = []
        self.synced = asyncio.Event()

    def heard(self, node_id: str) -> tuple[bool, datetime | None]:
        """Return whether a node can be told now, and since when it can not."""
        return self._nodes.get(node_id, (False, None))

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """Tell somebody of each node that comes or goes."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Follow all nodes until cancelled."""
        failures = 0
        while True:
            stream = self._stub.WatchNodes(
                pb.WatchNodesRequest(), timeout=WATCH_S, metadata=self._metadata()
            )
            try:
                async for answer in stream:
                    failures = 0
                    self._take(answer)
            except grpc.RpcError as error:
                log.warning("fleet service: %s", error.details())
            finally:
                stream.cancel()
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    def _take(self, answer: pb.WatchNodesResponse) -> None:
        if answer.change == pb.WatchNodesResponse.CHANGE_CAUGHT_UP:
            self.synced.set()
            return
        node, node_id = answer.node, answer.node.name.removeprefix("nodes/")
        before = self._nodes.get(node_id)
        if answer.change == pb.WatchNodesResponse.CHANGE_DELETED:
            self._nodes.pop(node_id, None)
        else:
            is_heard = node.presence in HEARD
            since = None if is_heard else node.presence_change_time.ToDatetime(UTC)
            self._nodes[node_id] = (is_heard, since)
        if self._nodes.get(node_id) != before:
            for listener in self._listeners:
                listener(node_id)
