"""A fleet service for tests of operators: the same RPCs by gRPC, its nodes in memory.

What the real one does is tested with it; what it is good for is what the real one can't be told:
to lose five hundred nodes at once, to be away, to refuse.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.protobuf import empty_pb2
from typing_extensions import override

from operators.fleet.client import Fleet, FleetAddress
from tests.support.plans_stand_in import PlansStandIn
from tianfu import tasks
from tianfu.fleet.v1 import enrolment_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

PRESENT = pb.WatchNodesResponse.CHANGE_PRESENT
DELETED = pb.WatchNodesResponse.CHANGE_DELETED
CAUGHT_UP = pb.WatchNodesResponse.CHANGE_CAUGHT_UP
ROOT_SHA256 = "ab" * 32


class FleetStandIn(PlansStandIn):
    """Nodes by id, and a log of their changes."""

    def __init__(self) -> None:
        super().__init__()
        self.enrolments: dict[str, Any] = {}
        self.tokens: list[str] = []
        self.stations: list[tuple[str, str]] = []
        self.station_life = timedelta(days=30)
        self.calls: list[str] = []
        self.refusal: grpc.StatusCode | None = None
        self._log: list[str] = []
        self._news = asyncio.Event()

    # -- what a test does -----------------------------------------------------------------------

    def seen(self, ids: Iterable[str], presence: int, *, version: str = "0.1.0") -> None:
        """Have nodes heard from, or not."""
        for node_id in ids:
            node = self.nodes[node_id]
            node.presence, node.agent_version = presence, version
            node.presence_change_time.FromDatetime(datetime.now(UTC))
            if presence == node_pb2.PRESENCE_ONLINE:
                self.enrolments[node_id] = enrolment_pb2.ENROLMENT_STATE_ENROLLED
            self._log.append(node_id)
            self._obey(node_id)
        self._ring()

    def know(self, node_id: str, **fields: Any) -> None:
        """Register a node as if by somebody else."""
        self.nodes[node_id] = node_pb2.Node(name=f"nodes/{node_id}", **fields)
        self.nodes[node_id].presence_change_time.FromDatetime(datetime.now(UTC))
        self._changed(node_id)

    def _changed(self, node_id: str) -> None:
        self._log.append(node_id)
        self._ring()

    def _ring(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    # -- what operators call --------------------------------------------------------------------

    @override
    async def _admit(self, name: str, context: Any) -> None:
        self.calls.append(name)
        if self.refusal is not None:
            await context.abort(self.refusal, "refused by the test")

    @override
    async def ReportControlPlane(self, _request: Any, _context: Any) -> Any:
        """Hear of rollouts and pools, each second: no call that a test counts."""
        return pb.ReportControlPlaneResponse()

    @override
    async def CreateNode(self, request: Any, context: Any) -> Any:
        await self._admit("CreateNode", context)
        if request.node_id in self.nodes:
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, "the node exists")
        # Who was turned out with its node was another one.
        self.enrolments.pop(request.node_id, None)
        node = node_pb2.Node()
        node.CopyFrom(request.node)
        node.name = f"nodes/{request.node_id}"
        node.presence = node_pb2.PRESENCE_NEVER_SEEN
        node.presence_change_time.FromDatetime(datetime.now(UTC))
        self.nodes[request.node_id] = node
        self._changed(request.node_id)
        return node

    @override
    async def GetNode(self, request: Any, context: Any) -> Any:
        await self._admit("GetNode", context)
        node = self.nodes.get(request.name.removeprefix("nodes/"))
        if node is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such node")
        return node

    @override
    async def UpdateNode(self, request: Any, context: Any) -> Any:
        await self._admit("UpdateNode", context)
        node = self.nodes[request.node.name.removeprefix("nodes/")]
        for field in ("display_name", "node_class", "place_code"):
            setattr(node, field, getattr(request.node, field))
        node.labels.clear()
        node.labels.update(request.node.labels)
        self._changed(node.name.removeprefix("nodes/"))
        return node

    @override
    async def DeleteNode(self, request: Any, context: Any) -> Any:
        await self._admit("DeleteNode", context)
        node_id = request.name.removeprefix("nodes/")
        if self.nodes.pop(node_id, None) is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such node")
        self.enrolments[node_id] = enrolment_pb2.ENROLMENT_STATE_REVOKED
        self._forget_plan(node_id)
        self._changed(node_id)
        return empty_pb2.Empty()

    @override
    async def IssueEnrolmentToken(self, request: Any, context: Any) -> Any:
        await self._admit("IssueEnrolmentToken", context)
        self.tokens.append(f"token-{len(self.tokens)}")
        answer = pb.IssueEnrolmentTokenResponse(
            token=self.tokens[-1], update_root_sha256=ROOT_SHA256
        )
        answer.expire_time.FromDatetime(datetime.now(UTC) + request.ttl.ToTimedelta())
        return answer

    @override
    async def IssueStationCredentials(self, request: Any, context: Any) -> Any:
        await self._admit("IssueStationCredentials", context)
        now = datetime.now(UTC)
        self.stations.append((request.name.removeprefix("nodes/"), request.public_key))
        answer = pb.IssueStationCredentialsResponse()
        answer.credentials.nats_token = f"signed-{len(self.stations)}.{'0' * 20}"
        answer.credentials.issue_time.FromDatetime(now)
        answer.credentials.renew_time.FromDatetime(now + self.station_life * 2 / 3)
        answer.credentials.expire_time.FromDatetime(now + self.station_life)
        return answer

    @override
    async def GetEnrolment(self, request: Any, context: Any) -> Any:
        await self._admit("GetEnrolment", context)
        node_id = request.name.split("/")[1]
        none = enrolment_pb2.ENROLMENT_STATE_NONE
        state = self.enrolments.get(node_id, none)
        return enrolment_pb2.Enrolment(name=request.name, state=state, revoke_cause="stolen")

    @override
    async def WatchNodes(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._admit("WatchNodes", context)
        if request.resume_token:
            number = int(request.resume_token)
            if number > len(self._log):
                await context.abort(grpc.StatusCode.OUT_OF_RANGE, "begin anew")
        else:
            number = len(self._log)
            for node in list(self.nodes.values()):
                yield pb.WatchNodesResponse(change=PRESENT, node=node)
            yield pb.WatchNodesResponse(change=CAUGHT_UP, resume_token=str(number))
        while True:
            news = self._news
            for node_id in self._log[number:]:
                number += 1
                node = self.nodes.get(node_id)
                if node is None:
                    gone = node_pb2.Node(name=f"nodes/{node_id}")
                    yield pb.WatchNodesResponse(change=DELETED, node=gone, resume_token=str(number))
                else:
                    yield pb.WatchNodesResponse(change=PRESENT, node=node, resume_token=str(number))
            await news.wait()


@contextlib.asynccontextmanager
async def fleet_stand_in(port: int = 0) -> AsyncIterator[tuple[FleetStandIn, FleetAddress]]:
    """Run one on this machine."""
    servicer = FleetStandIn()
    server = grpc.aio.server()
    fleet_service_pb2_grpc.add_FleetServiceServicer_to_server(servicer, server)
    taken = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield servicer, FleetAddress(f"127.0.0.1:{taken}", is_plain=True)
    finally:
        await server.stop(None)


@contextlib.asynccontextmanager
async def fleet_client(address: FleetAddress) -> AsyncIterator[Fleet]:
    """Yield a client that follows the fleet."""
    fleet = Fleet(address)
    following = asyncio.create_task(fleet.run())
    try:
        yield fleet
    finally:
        await tasks.end([following])
        await fleet.close()
