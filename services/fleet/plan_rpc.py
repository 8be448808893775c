"""The RPCs of plans and of what nodes fetch for them: decode, call, encode."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from services.fleet import planning
from services.fleet.artifacts import Artifacts, Kept
from services.fleet.bell import Bell
from services.fleet.model import Plan
from services.fleet.store import Transactor
from services.fleet.updates import Updates
from services.plumbing import paging
from services.plumbing.clock import Clock
from services.plumbing.refusal import InvalidArgument
from tianfu import subjects
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb
from tianfu.fleet.v1 import node_pb2

WATCH_POLL_S: Final = 1.0
"""How often a watch looks for changes that nobody in this process told of."""

_NAME: Final = re.compile(rf"nodes/(?P<node>{subjects.NODE_ID_PATTERN.pattern})(?:/plan)?")


class NameInvalid(InvalidArgument):
    """The resource name is not a node's."""

    reason = "NAME_INVALID"


def node_of(name: str) -> str:
    """Return the id in nodes/{node} or nodes/{node}/plan."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise NameInvalid("need nodes/NODE, for a plan nodes/NODE/plan", field="name")
    return match["node"]


class PlanServicer:
    """What a node is to do, and what it says of it."""

    def __init__(
        self,
        transactor: Transactor,
        clock: Clock,
        bell: Bell,
        artifacts: Artifacts,
        updates: Updates,
    ) -> None:
        self._transactor = transactor
        self._clock = clock
        self._bell = bell
        self._artifacts = artifacts
        self._updates = updates

    async def get(self, request: service_pb.GetNodePlanRequest) -> node_pb2.NodePlan:
        """Return a node's plan and what the node says of it."""
        node_id = node_of(request.name)
        return encode_plan(
            await self._transactor.read(planning.get_plan, node_id, now=self._clock())
        )

    async def update(self, request: service_pb.UpdateNodePlanRequest) -> node_pb2.NodePlan:
        """Replace parts of a node's plan."""
        asked = request.plan
        plan = await self._transactor.write(
            planning.update_plan,
            node_of(asked.name),
            asked.etag,
            asked,
            tuple(request.update_mask.paths),
            now=self._clock(),
        )
        self._bell.ring()
        return encode_plan(plan)

    async def patch(
        self, request: service_pb.PatchNodePlansRequest
    ) -> service_pb.PatchNodePlansResponse:
        """Change named parts of many plans."""
        outcomes = await self._transactor.write(
            planning.patch_plans, request.patches, now=self._clock()
        )
        self._bell.ring()
        return service_pb.PatchNodePlansResponse(
            outcomes=[
                service_pb.PatchOutcome(
                    name=f"nodes/{one.node_id}/plan",
                    generation=one.generation,
                    reason=one.reason,
                    message=one.message,
                )
                for one in outcomes
            ]
        )

    async def watch(
        self, request: service_pb.WatchNodePlansRequest
    ) -> AsyncIterator[service_pb.WatchNodePlansResponse]:
        """Stream the plans that there are, then the latest state of each that changes."""
        resumed = paging.position(request.resume_token, "plans", field="resume_token")
        if resumed is None:
            # The number first: what changes while plans are read comes again as a change.
            number, after = await self._transactor.read(lambda tx: tx.last_change()), ""
            while found := await self._transactor.read(
                lambda tx, after: tx.plans(after, planning.WATCH_BATCH), after
            ):
                for plan in found:
                    yield _present(plan, "")
                after = found[-1].node_id
            yield service_pb.WatchNodePlansResponse(
                change=service_pb.WatchNodePlansResponse.CHANGE_CAUGHT_UP,
                resume_token=paging.token(number, "plans"),
            )
        else:
            number = int(resumed)
        while True:
            changed = await self._transactor.read(planning.plans_after, number)
            for plan in changed:
                number = plan.number
                yield _present(plan, paging.token(number, "plans"))
            if not changed:
                await self._bell.wait(WATCH_POLL_S)

    async def upload(
        self, parts: AsyncIterator[service_pb.UploadArtifactRequest]
    ) -> service_pb.UploadArtifactResponse:
        """Keep an artifact."""
        return service_pb.UploadArtifactResponse(
            artifact=_artifact(await self._artifacts.take(parts))
        )

    async def artifact(self, request: service_pb.GetArtifactRequest) -> service_pb.Artifact:
        """Return an artifact that is kept."""
        return _artifact(await self._artifacts.find(request.name.removeprefix("artifacts/")))

    async def publish_updates(
        self, request: service_pb.PublishUpdatesRequest
    ) -> service_pb.PublishUpdatesResponse:
        """Show releases to nodes."""
        await self._updates.publish(request.bundle)
        return service_pb.PublishUpdatesResponse()


def encode_plan(plan: Plan) -> node_pb2.NodePlan:
    """Return a plan as the contract has it."""
    message = node_pb2.NodePlan()
    message.ParseFromString(plan.body)
    message.name = f"nodes/{plan.node_id}/plan"
    message.etag = plan.etag
    if plan.report:
        message.report.MergeFromString(plan.report)
    return message


def _present(plan: Plan, token: str) -> service_pb.WatchNodePlansResponse:
    if plan.body:
        return service_pb.WatchNodePlansResponse(
            change=service_pb.WatchNodePlansResponse.CHANGE_PRESENT,
            plan=encode_plan(plan),
            resume_token=token,
        )
    return service_pb.WatchNodePlansResponse(
        change=service_pb.WatchNodePlansResponse.CHANGE_DELETED,
        plan=node_pb2.NodePlan(name=f"nodes/{plan.node_id}/plan"),
        resume_token=token,
    )


def _artifact(kept: Kept) -> service_pb.Artifact:
    message = service_pb.Artifact(name=f"artifacts/{kept.sha256}", size_bytes=kept.size_bytes)
    message.create_time.FromDatetime(kept.create_time)
    return message
