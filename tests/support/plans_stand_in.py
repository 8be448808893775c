"""Plans of nodes for tests of operators: what is patched is kept, watched, and obeyed at once.

How patches are merged is the real service's own code; what is pretended is the store and the nodes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from services.fleet.plan_parts import PartRefused, patched
from tianfu.fleet.v1 import app_pb2, capacity_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

PRESENT = pb.WatchNodePlansResponse.CHANGE_PRESENT
DELETED = pb.WatchNodePlansResponse.CHANGE_DELETED
CAUGHT_UP = pb.WatchNodePlansResponse.CHANGE_CAUGHT_UP


def runs_anything(_app: Any) -> int:
    """Say of every app that it is ready."""
    return app_pb2.APP_STATE_READY


class PlansStandIn(fleet_service_pb2_grpc.FleetServiceServicer):
    """Plans by node, of nodes that obey while they are online, unless told not to."""

    def __init__(self) -> None:
        self.nodes: dict[str, Any] = {}
        self.plans: dict[str, Any] = {}
        self.runs: Callable[[Any], int] = runs_anything
        self.deaf: set[str] = set()
        self.undone: list[pb.NodePlanPatch] = []
        """What somebody else does right after the next patch, before any watch tells of that."""
        self.told: list[tuple[str, str, int]] = []
        """Which node was told of which app in which revision, in order; 0 for taken away."""
        self._plan_log: list[str] = []
        self._plan_news = asyncio.Event()

    # -- what a test does -----------------------------------------------------------------------

    def edit_plan(self, node_id: str, patch: pb.NodePlanPatch) -> None:
        """Change a plan as somebody else might; raise PartRefused."""
        current = self.plans.get(node_id) or node_pb2.NodePlan(name=f"nodes/{node_id}/plan")
        new = patched(current, patch)
        if new == current:
            return
        new.generation = current.generation + 1
        self.plans[node_id] = new
        self._obey(node_id)

    def listen(self, *node_ids: str) -> None:
        """Have nodes take the plans that they have."""
        for node_id in node_ids:
            self.deaf.discard(node_id)
            self._obey(node_id)

    def _obey(self, node_id: str) -> None:
        node, plan = self.nodes.get(node_id), self.plans.get(node_id)
        if plan is None:
            return
        heard = node is not None and node.presence == node_pb2.PRESENCE_ONLINE
        if heard and node_id not in self.deaf:
            self._report(plan)
        self._plan_changed(node_id)

    def _forget_plan(self, node_id: str) -> None:
        if self.plans.pop(node_id, None) is not None:
            self._plan_changed(node_id)

    def _plan_changed(self, node_id: str) -> None:
        self._plan_log.append(node_id)
        self._plan_news.set()
        self._plan_news = asyncio.Event()

    def _report(self, plan: Any) -> None:
        former = {one.name: one for one in plan.report.apps}
        report = node_pb2.PlanReport(generation=plan.generation)
        for app in plan.apps:
            state = self.runs(app)
            before = former.get(app.name)
            same = before is not None and (before.desired_revision, before.state) == (
                app.revision,
                state,
            )
            said = report.apps.add(
                name=app.name, desired_revision=app.revision, revision=app.revision
            )
            said.state = state
            if same and before is not None:
                said.since_time.CopyFrom(before.since_time)
            else:
                said.since_time.FromDatetime(datetime.now(UTC))
        for share in plan.shares:
            is_revoked = share.use == capacity_pb2.SHARE_USE_REVOKED
            state = (
                capacity_pb2.SHARE_STATE_RELEASED if is_revoked else capacity_pb2.SHARE_STATE_HELD
            )
            report.shares.add(share_id=share.share_id, epoch=share.epoch, state=state)
        plan.report.CopyFrom(report)

    # -- what operators call --------------------------------------------------------------------

    async def _admit(self, name: str, context: Any) -> None:
        raise NotImplementedError

    @override
    async def PatchNodePlans(self, request: Any, context: Any) -> Any:
        await self._admit("PatchNodePlans", context)
        answer = pb.PatchNodePlansResponse()
        for patch in request.patches:
            node_id = patch.name.split("/")[1]
            outcome = answer.outcomes.add(name=patch.name)
            if node_id not in self.nodes:
                outcome.reason, outcome.message = "NODE_UNKNOWN", "there is no such node"
                continue
            self.told += [(node_id, app.name, app.revision) for app in patch.apps]
            self.told += [(node_id, name, 0) for name in patch.removed_apps]
            try:
                self.edit_plan(node_id, patch)
            except PartRefused as error:
                outcome.reason, outcome.message = error.reason, error.message
            if (plan := self.plans.get(node_id)) is not None:
                outcome.generation = plan.generation
        while self.undone:
            undoing = self.undone.pop()
            self.edit_plan(undoing.name.split("/")[1], undoing)
        return answer

    @override
    async def WatchNodePlans(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._admit("WatchNodePlans", context)
        number = len(self._plan_log)
        if request.resume_token:
            number = int(request.resume_token)
        else:
            for plan in list(self.plans.values()):
                yield pb.WatchNodePlansResponse(change=PRESENT, plan=plan)
            yield pb.WatchNodePlansResponse(change=CAUGHT_UP, resume_token=str(number))
        while True:
            news = self._plan_news
            for node_id in self._plan_log[number:]:
                number += 1
                plan = self.plans.get(node_id)
                change = PRESENT if plan is not None else DELETED
                named = plan or node_pb2.NodePlan(name=f"nodes/{node_id}/plan")
                yield pb.WatchNodePlansResponse(change=change, plan=named, resume_token=str(number))
            await news.wait()
