"""FleetService: decode, call, encode. The interceptor turns refusals into statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

import protovalidate
from google.protobuf import empty_pb2
from typing_extensions import override

from services.fleet import enrolling, usecases
from services.fleet.bell import Bell
from services.fleet.control_plane_rpc import ControlPlane
from services.fleet.diagnosing import Diagnoses
from services.fleet.enrolment_rpc import Enroller, EnrolmentServicer
from services.fleet.model import Filter, InvalidFilter, Node, NodeClass, parse_filter
from services.fleet.plan_rpc import WATCH_POLL_S, PlanServicer, node_of
from services.fleet.store import Transactor
from services.plumbing import audit_retention, paging
from services.plumbing.audit_chain import Head
from services.plumbing.clock import Clock
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rpc_interceptor import caller
from services.plumbing.rpc_status import InvalidRequest, Violation, violations_of
from tianfu.fleet.v1 import control_plane_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

UPDATABLE: Final = ("display_name", "node_class", "place_code", "labels")

_SOUND: Final = node_pb2.Node(node_class=node_pb2.NODE_CLASS_GATEWAY, place_code="510000")
"""Keeps the rules of a node: what an update leaves alone is looked at as if it were this."""


class FilterInvalid(InvalidArgument):
    """The filter can't be read."""

    reason = "FILTER_INVALID"


class UpdateMaskInvalid(InvalidArgument):
    """The update mask names a field that can't be changed."""

    reason = "UPDATE_MASK_INVALID"


class FleetServicer(EnrolmentServicer, fleet_service_pb2_grpc.FleetServiceServicer):
    """The register of nodes. ``registered`` and ``removed`` hear of ids that come and go."""

    def __init__(
        self,
        transactor: Transactor,
        clock: Clock,
        bell: Bell,
        *,
        registered: Callable[[Node], None],
        removed: Callable[[str], None],
        enrolments: Enroller,
        plans: PlanServicer,
        control_plane: ControlPlane,
        diagnoses: Diagnoses,
    ) -> None:
        super().__init__(enrolments)
        self._transactor = transactor
        self._clock = clock
        self._bell = bell
        self._registered = registered
        self._removed = removed
        self._plans = plans
        self._control_plane = control_plane
        self._diagnoses = diagnoses

    @override
    async def CreateNode(
        self, request: service_pb.CreateNodeRequest, context: Any
    ) -> node_pb2.Node:
        """Register a node."""
        now = self._clock()
        asked = request.node
        node = Node(
            node_id=request.node_id,
            display_name=asked.display_name,
            node_class=NodeClass(asked.node_class),
            place_code=asked.place_code,
            labels=dict(asked.labels),
            create_time=now,
            update_time=now,
            presence_change_time=now,
        )
        digest = sha256(request.SerializeToString(deterministic=True)).digest()
        registration = usecases.Registration(node, request.request_id, digest)
        answer = await self._transactor.write(
            usecases.create_node,
            registration,
            lambda made: encode_node(made).SerializeToString(),
            now=now,
        )
        self._registered(node)
        self._bell.ring()
        made = node_pb2.Node()
        made.ParseFromString(answer)
        return made

    @override
    async def GetNode(self, request: service_pb.GetNodeRequest, context: Any) -> node_pb2.Node:
        """Return a node."""
        return encode_node(await self._transactor.read(usecases.get_node, node_of(request.name)))

    @override
    async def ListNodes(
        self, request: service_pb.ListNodesRequest, context: Any
    ) -> service_pb.ListNodesResponse:
        """List nodes in order of name."""
        meant = _filter(request.filter)
        after = paging.position(request.page_token, "nodes", request.filter)
        limit = paging.page_size(request.page_size)
        found, total, more = await self._transactor.read(
            usecases.list_nodes, meant, str(after or ""), limit
        )
        token = paging.token(found[-1].node_id, "nodes", request.filter) if more else ""
        return service_pb.ListNodesResponse(
            nodes=[encode_node(n) for n in found], next_page_token=token, total_size=total
        )

    @override
    async def UpdateNode(
        self, request: service_pb.UpdateNodeRequest, context: Any
    ) -> node_pb2.Node:
        """Change a node's registration."""
        asked = request.node
        paths = set(request.update_mask.paths) or set(UPDATABLE)
        wrong = sorted(paths - set(UPDATABLE))
        if wrong:
            raise UpdateMaskInvalid(
                f"{wrong[0]!r} can't be changed; {', '.join(UPDATABLE)} can", field="update_mask"
            )
        _check_masked(asked, paths)
        values: dict[str, Any] = {
            "display_name": asked.display_name,
            "node_class": asked.node_class,
            "place_code": asked.place_code,
            "labels": dict(asked.labels),
        }
        chosen = {name: values[name] for name in paths}
        if "node_class" in chosen:
            chosen["node_class"] = NodeClass(asked.node_class)
        node = await self._transactor.write(
            usecases.update_node,
            node_of(asked.name),
            asked.etag,
            lambda current: replace(current, **chosen),
            now=self._clock(),
        )
        self._bell.ring()
        return encode_node(node)

    @override
    async def DeleteNode(
        self, request: service_pb.DeleteNodeRequest, context: Any
    ) -> empty_pb2.Empty:
        """Remove a node and its plan."""
        node_id = node_of(request.name)
        await self._transactor.write(
            enrolling.remove_node, node_id, request.etag, now=self._clock()
        )
        self._removed(node_id)
        self._enrolments.turned_out()
        self._bell.ring()
        return empty_pb2.Empty()

    @override
    async def WatchNodes(
        self, request: service_pb.WatchNodesRequest, context: Any
    ) -> AsyncIterator[service_pb.WatchNodesResponse]:
        """Stream the nodes that match, then every change of them."""
        meant = _filter(request.filter)
        question = ("watch", request.filter)
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        # Which nodes the caller knows; None when only the caller does, since it has resumed.
        known: set[str] | None = None
        if resumed is None:
            # The number first: what changes while the nodes are read comes again as a change.
            number = await self._transactor.read(lambda tx: tx.last_change())
            known = set()
            async for node in self._all(meant):
                known.add(node.node_id)
                # A token that goes on from here would miss the nodes not sent yet: begin anew.
                yield _present(node, "")
            yield service_pb.WatchNodesResponse(
                change=service_pb.WatchNodesResponse.CHANGE_CAUGHT_UP,
                resume_token=paging.token(number, *question),
            )
        else:
            number = int(resumed)
        while True:
            found = await self._transactor.read(usecases.changes_after, number)
            for number, node_id, node in found:
                token = paging.token(number, *question)
                if node is not None and meant.matches(node):
                    if known is not None:
                        known.add(node_id)
                    yield _present(node, token)
                elif known is None or node_id in known:
                    # Gone, or no longer among those that are meant: for who watches, the same.
                    if known is not None:
                        known.discard(node_id)
                    yield _deleted(node_id, token)
            if not found:
                await self._bell.wait(WATCH_POLL_S)

    async def _all(self, meant: Filter) -> AsyncIterator[Node]:
        after = ""
        while True:
            found, _, more = await self._transactor.read(
                usecases.list_nodes, meant, after, usecases.WATCH_BATCH
            )
            for node in found:
                yield node
            if not more:
                return
            after = found[-1].node_id

    @override
    async def GetNodePlan(
        self, request: service_pb.GetNodePlanRequest, context: Any
    ) -> node_pb2.NodePlan:
        """Return a node's plan and what the node says of it."""
        return await self._plans.get(request)

    @override
    async def UpdateNodePlan(
        self, request: service_pb.UpdateNodePlanRequest, context: Any
    ) -> node_pb2.NodePlan:
        """Replace parts of a node's plan."""
        return await self._plans.update(request)

    @override
    async def PatchNodePlans(
        self, request: service_pb.PatchNodePlansRequest, context: Any
    ) -> service_pb.PatchNodePlansResponse:
        """Change named parts of many plans."""
        return await self._plans.patch(request)

    @override
    async def WatchNodePlans(
        self, request: service_pb.WatchNodePlansRequest, context: Any
    ) -> AsyncIterator[service_pb.WatchNodePlansResponse]:
        """Stream the plans that there are, then the latest state of each that changes."""
        async for response in self._plans.watch(request):
            yield response

    @override
    async def UploadArtifact(
        self, request_iterator: AsyncIterator[service_pb.UploadArtifactRequest], context: Any
    ) -> service_pb.UploadArtifactResponse:
        """Keep an artifact."""
        return await self._plans.upload(request_iterator)

    @override
    async def PublishUpdates(
        self, request: service_pb.PublishUpdatesRequest, context: Any
    ) -> service_pb.PublishUpdatesResponse:
        """Show signed releases of the agent to all nodes."""
        return await self._plans.publish_updates(request)

    @override
    async def GetArtifact(
        self, request: service_pb.GetArtifactRequest, context: Any
    ) -> service_pb.Artifact:
        """Return an artifact that is kept."""
        return await self._plans.artifact(request)

    @override
    async def DiagnoseNode(
        self, request: service_pb.DiagnoseNodeRequest, context: Any
    ) -> service_pb.DiagnoseNodeResponse:
        """Ask a node about itself."""
        said = await self._diagnoses.ask(request, caller().subject, context.time_remaining())
        return service_pb.DiagnoseNodeResponse(diagnosis=said)

    @override
    async def VerifyAudit(
        self, request: service_pb.VerifyAuditRequest, context: Any
    ) -> service_pb.VerifyAuditResponse:
        """Check the audit log from the first entry that is kept to the last."""
        published = None
        if request.published_number:
            published = Head(request.published_number, bytes.fromhex(request.published_sha256))
        checked = await self._transactor.database.transact(audit_retention.verify, published)
        found, floor = checked.found, checked.floor
        answer = service_pb.VerifyAuditResponse(
            sound=isinstance(found, Head), number=found.number, forgotten_number=floor.number
        )
        if isinstance(found, Head):
            answer.sha256 = found.hash.hex()
        else:
            answer.problem = found.problem
        if floor.number:
            answer.forgotten_sha256 = floor.hash.hex()
        answer.check_time.FromDatetime(self._clock())
        return answer

    @override
    async def ReportControlPlane(
        self, request: service_pb.ReportControlPlaneRequest, context: Any
    ) -> service_pb.ReportControlPlaneResponse:
        """Take what an operator says of its rollouts and pools."""
        return await self._control_plane.report(request)

    @override
    async def GetRollout(
        self, request: service_pb.GetRolloutRequest, context: Any
    ) -> control_plane_pb2.Rollout:
        """Return a rollout."""
        return await self._control_plane.rollout(request, caller())

    @override
    async def ListRollouts(
        self, request: service_pb.ListRolloutsRequest, context: Any
    ) -> service_pb.ListRolloutsResponse:
        """List rollouts in order of name."""
        return await self._control_plane.rollouts(request, caller())

    @override
    async def SteerRollout(
        self, request: service_pb.SteerRolloutRequest, context: Any
    ) -> control_plane_pb2.Rollout:
        """Pause a rollout, have it go on, or have an earlier revision back."""
        return await self._control_plane.steer(request, caller())

    @override
    async def GetPool(
        self, request: service_pb.GetPoolRequest, context: Any
    ) -> control_plane_pb2.Pool:
        """Return a pool of capacity and its claims."""
        return await self._control_plane.pool(request, caller())

    @override
    async def ListPools(
        self, request: service_pb.ListPoolsRequest, context: Any
    ) -> service_pb.ListPoolsResponse:
        """List pools in order of name."""
        return await self._control_plane.pools(request, caller())


def _check_masked(asked: node_pb2.Node, paths: set[str]) -> None:
    """Raise InvalidRequest when what the mask names breaks the proto's rules (AIP-134)."""
    looked_at = node_pb2.Node(name=asked.name, etag=asked.etag)
    for path in UPDATABLE:
        whence = asked if path in paths else _SOUND
        if path == "labels":
            looked_at.labels.update(whence.labels)
        else:
            setattr(looked_at, path, getattr(whence, path))
    wrong = [
        Violation(f"node.{one.field}", one.reason, one.message)
        for one in violations_of(protovalidate.collect_violations(looked_at))
    ]
    if wrong:
        raise InvalidRequest(wrong)


def _filter(text: str) -> Filter:
    try:
        return parse_filter(text)
    except InvalidFilter as error:
        raise FilterInvalid(str(error), field="filter") from error


def encode_node(node: Node) -> node_pb2.Node:
    """Return a node as the contract has it."""
    message = node_pb2.Node(
        name=f"nodes/{node.node_id}",
        display_name=node.display_name,
        node_class=node_pb2.NodeClass.ValueType(node.node_class),
        place_code=node.place_code,
        labels=dict(node.labels),
        presence=node_pb2.Presence.ValueType(node.presence),
        agent_version=node.agent_version,
        identity_state=node_pb2.IdentityState.ValueType(node.identity),
        etag=node.etag,
    )
    message.presence_change_time.FromDatetime(node.presence_change_time)
    message.create_time.FromDatetime(node.create_time)
    message.update_time.FromDatetime(node.update_time)
    if node.clock_offset is not None:
        message.clock_offset.FromTimedelta(node.clock_offset)
    return message


def _present(node: Node, token: str) -> service_pb.WatchNodesResponse:
    return service_pb.WatchNodesResponse(
        change=service_pb.WatchNodesResponse.CHANGE_PRESENT,
        node=encode_node(node),
        resume_token=token,
    )


def _deleted(node_id: str, token: str) -> service_pb.WatchNodesResponse:
    return service_pb.WatchNodesResponse(
        change=service_pb.WatchNodesResponse.CHANGE_DELETED,
        node=node_pb2.Node(name=f"nodes/{node_id}"),
        resume_token=token,
    )
