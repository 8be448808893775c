"""FleetService over gRPC: calls with deadlines, and one watch that keeps all nodes in memory."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2

from operators.fleet.model import (
    LABEL_STATION,
    Enrolment,
    EnrolmentState,
    FleetNode,
    Presence,
    Registration,
    StationCredentials,
    Token,
    labels_of,
)
from operators.kube.failures import ApiError, Conflict, NotFound, Refused, Unavailable
from tianfu.fleet.v1 import enrolment_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

CALL_S: Final = 10.0
WATCH_S: Final = 3600.0
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
CALLS: Final = 32
"""At once: what a service answers beside its other work."""

_PRESENCE: Final = {
    node_pb2.PRESENCE_ONLINE: Presence.ONLINE,
    node_pb2.PRESENCE_SILENT: Presence.SILENT,
    node_pb2.PRESENCE_OFFLINE: Presence.OFFLINE,
}
_STATE: Final = {
    enrolment_pb2.ENROLMENT_STATE_ENROLLED: EnrolmentState.ENROLLED,
    enrolment_pb2.ENROLMENT_STATE_REVOKED: EnrolmentState.REVOKED,
}
_RETRIED: Final = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.CANCELLED,
}

log = logging.getLogger("tianfu.operators.fleet")


@dataclass(frozen=True)
class FleetAddress:
    """Where the fleet service is and who we are to it: by certificate, or by a token's file."""

    address: str
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    token_file: Path | None = None
    is_plain: bool = False
    """Without TLS: a server on this machine alone."""

    def channel(self) -> grpc.aio.Channel:
        """Return a channel."""
        if self.is_plain:
            return grpc.aio.insecure_channel(self.address)
        pair = (self.key, self.certificate)
        credentials = grpc.ssl_channel_credentials(
            *(None if path is None else path.read_bytes() for path in (self.authority, *pair))
        )
        return grpc.aio.secure_channel(self.address, credentials)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what says who we are; the token is read each time, for it is renewed."""
        if self.token_file is None:
            return ()
        return (("authorization", f"Bearer {self.token_file.read_text('ascii').strip()}"),)


class Fleet:
    """The fleet service. ``synced`` is set once all nodes are known."""

    def __init__(self, address: FleetAddress) -> None:
        self._address = address
        self._channel = address.channel()
        self._stub = fleet_service_pb2_grpc.FleetServiceStub(self._channel)
        self._nodes: dict[str, FleetNode] = {}
        self._places: dict[str, dict[str, None]] = {}
        self._stations: dict[str, set[str]] = {}
        self._listeners: list[Callable[[FleetNode | None, FleetNode | None], None]] = []
        self._calls = asyncio.Semaphore(CALLS)
        self._resume = ""
        self.synced = asyncio.Event()
        self.heard_s = time.monotonic()
        self.is_up = False

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()

    # -- reading --------------------------------------------------------------------------------

    def get(self, node_id: str) -> FleetNode | None:
        """Return a node, None when it is not registered."""
        return self._nodes.get(node_id)

    def all(self) -> Iterable[FleetNode]:
        """Return all nodes."""
        return self._nodes.values()

    def in_place(self, place: str) -> list[FleetNode]:
        """Return the nodes of a county."""
        return [self._nodes[node_id] for node_id in self._places.get(place, ())]

    def gateways_of(self, station: str) -> list[FleetNode]:
        """Return the gateways that name a node as their station."""
        return [self._nodes[node_id] for node_id in self._stations.get(station, ())]

    def subscribe(self, listener: Callable[[FleetNode | None, FleetNode | None], None]) -> None:
        """Tell somebody of each change as (before, after)."""
        self._listeners.append(listener)

    # -- calls ----------------------------------------------------------------------------------

    async def register(self, wanted: Registration) -> FleetNode:
        """Register a node, or learn of it that it is registered.

        Without a request id: a repeat would be told what was answered to it once, also if somebody
        has removed the node since.
        """
        node_id = wanted.node_id
        request = pb.CreateNodeRequest(node_id=node_id, node=encode_node(wanted))
        try:
            made = await self._call(self._stub.CreateNode, request)
        except Conflict:
            # By a call whose answer was lost, or whose node we have not heard of yet.
            made = await self._call(self._stub.GetNode, pb.GetNodeRequest(name=f"nodes/{node_id}"))
        return self._know(_decode(made))

    async def update(self, wanted: Registration) -> FleetNode:
        """Change a node's registration."""
        node = encode_node(wanted)
        node.name = f"nodes/{wanted.node_id}"
        made = _decode(await self._call(self._stub.UpdateNode, pb.UpdateNodeRequest(node=node)))
        return self._know(made)

    async def wish(self, node_id: str, channel: str, version: str) -> None:
        """Write into a node's plan which agent it is to run."""
        patch = pb.NodePlanPatch(name=f"nodes/{node_id}/plan")
        patch.agent.channel, patch.agent.version = channel, version
        request = pb.PatchNodePlansRequest(patches=[patch])
        answer = await self._call(self._stub.PatchNodePlans, request)
        for one in answer.outcomes:
            if one.reason:
                raise Refused(one.message, reason=one.reason)

    async def remove(self, node_id: str) -> None:
        """Remove a node, turn its device out; nothing when there is none."""
        try:
            await self._call(self._stub.DeleteNode, pb.DeleteNodeRequest(name=f"nodes/{node_id}"))
        except NotFound:
            log.debug("node %s was removed before", node_id)
        self._forget(node_id)

    async def issue_token(self, node_id: str, ttl: timedelta) -> Token:
        """Return a new one-time token."""
        request = pb.IssueEnrolmentTokenRequest(name=f"nodes/{node_id}")
        request.ttl.FromTimedelta(ttl)
        answer = await self._call(self._stub.IssueEnrolmentToken, request)
        return Token(answer.token, _time(answer.expire_time), answer.update_root_sha256)

    async def issue_station(self, node_id: str, public_key: str) -> StationCredentials:
        """Return credentials for a station's leaf server, for a key of ours."""
        request = pb.IssueStationCredentialsRequest(name=f"nodes/{node_id}", public_key=public_key)
        made = (await self._call(self._stub.IssueStationCredentials, request)).credentials
        return StationCredentials(made.nats_token, _time(made.renew_time), _time(made.expire_time))

    async def enrolment(self, node_id: str) -> Enrolment:
        """Return a node's enrolment."""
        request = pb.GetEnrolmentRequest(name=f"nodes/{node_id}/enrolment")
        answer = await self._call(self._stub.GetEnrolment, request)
        since = _time(answer.enrol_time) if answer.HasField("enrol_time") else None
        state = _STATE.get(answer.state, EnrolmentState.NONE)
        return Enrolment(state, answer.revoke_cause, since)

    async def _call(self, method: Any, request: Any) -> Any:
        async with self._calls:
            try:
                return await method(request, timeout=CALL_S, metadata=self._address.metadata())
            except grpc.RpcError as error:
                raise failure_of(error) from error

    # -- watching -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow all nodes until cancelled."""
        failures = 0
        while True:
            try:
                await self._follow()
                failures = 0
            except ApiError as error:
                self.is_up = False
                if isinstance(error, Unavailable):
                    log.warning("%s", error)
                else:
                    self._resume = ""  # our place is no longer kept: begin anew
                    log.info("%s: all nodes are read again", error)
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _follow(self) -> None:
        request = pb.WatchNodesRequest(resume_token=self._resume)
        seen: set[str] | None = None if self._resume else set()
        stream = self._stub.WatchNodes(request, timeout=WATCH_S, metadata=self._address.metadata())
        try:
            async for answer in stream:
                self.heard_s, self.is_up = time.monotonic(), True
                self._take(answer, seen)
                if answer.change == pb.WatchNodesResponse.CHANGE_CAUGHT_UP:
                    for node_id in set(self._nodes) - (seen or set()):
                        self._forget(node_id)
                    seen = None
                    self.synced.set()
                if answer.resume_token:
                    self._resume = answer.resume_token
        except grpc.RpcError as error:
            raise failure_of(error) from error
        finally:
            stream.cancel()

    def _take(self, answer: Any, seen: set[str] | None) -> None:
        if answer.change == pb.WatchNodesResponse.CHANGE_PRESENT:
            node = self._know(_decode(answer.node))
            if seen is not None:
                seen.add(node.registration.node_id)
        elif answer.change == pb.WatchNodesResponse.CHANGE_DELETED:
            self._forget(answer.node.name.removeprefix("nodes/"))

    def _know(self, node: FleetNode) -> FleetNode:
        before = self._nodes.get(node.registration.node_id)
        node_id = node.registration.node_id
        if before is not None and before.registration.place != node.registration.place:
            del self._places[before.registration.place][node_id]
        self._nodes[node_id] = node
        self._places.setdefault(node.registration.place, {})[node_id] = None
        self._leave_station(before)
        if station := station_of(node):
            self._stations.setdefault(station, set()).add(node_id)
        self._tell(before, node)
        return node

    def _forget(self, node_id: str) -> None:
        before = self._nodes.pop(node_id, None)
        if before is not None:
            del self._places[before.registration.place][node_id]
            self._leave_station(before)
            self._tell(before, None)

    def _leave_station(self, before: FleetNode | None) -> None:
        station = station_of(before)
        if before is not None and station:
            self._stations[station].discard(before.registration.node_id)
            if not self._stations[station]:
                del self._stations[station]

    def _tell(self, before: FleetNode | None, after: FleetNode | None) -> None:
        if before != after:
            for listener in self._listeners:
                listener(before, after)


def station_of(node: FleetNode | None) -> str:
    """Return the station that a gateway names, empty when there is none."""
    if node is None or node.registration.is_base_station:
        return ""
    return node.registration.label(LABEL_STATION)


def failure_of(error: grpc.RpcError) -> ApiError:
    """Return a call's error as our own, with the service's reason."""
    code, reason = error.code(), ""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Is(info.DESCRIPTOR):
                    detail.Unpack(info)
                    reason = info.reason
    message = f"fleet service: {error.details() or code.name}"
    if code in _RETRIED:
        return Unavailable(message, reason=reason or code.name)
    known = {
        grpc.StatusCode.NOT_FOUND: NotFound,
        grpc.StatusCode.ALREADY_EXISTS: Conflict,
        grpc.StatusCode.ABORTED: Conflict,
    }
    kind: type[ApiError] = known.get(code, Refused)
    return kind(message, reason=reason or code.name)


def encode_node(wanted: Registration) -> node_pb2.Node:
    """Return a registration as the contract has it."""
    station, gateway = node_pb2.NODE_CLASS_BASE_STATION, node_pb2.NODE_CLASS_GATEWAY
    return node_pb2.Node(
        display_name=wanted.display_name,
        node_class=station if wanted.is_base_station else gateway,
        place_code=wanted.place,
        labels=dict(wanted.labels),
    )


def _decode(node: node_pb2.Node) -> FleetNode:
    return FleetNode(
        Registration(
            node_id=node.name.removeprefix("nodes/"),
            is_base_station=node.node_class == node_pb2.NODE_CLASS_BASE_STATION,
            place=node.place_code,
            display_name=node.display_name,
            labels=labels_of(node.labels),
        ),
        presence=_PRESENCE.get(node.presence, Presence.NEVER_SEEN),
        presence_change_time=_time(node.presence_change_time),
        agent_version=node.agent_version,
        is_duplicated=node.identity_state == node_pb2.IDENTITY_STATE_DUPLICATED,
        etag=node.etag,
    )


def _time(stamp: Timestamp) -> datetime:
    made: datetime = stamp.ToDatetime(UTC)
    return made
