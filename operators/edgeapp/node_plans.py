"""Plans of nodes at the fleet service: one watch that keeps what is needed, patches in batches."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import grpc

from operators.capacity.shares import NodeShare, NodeShares, ShareChange
from operators.clock import Clock, system_clock
from operators.edgeapp.api import duration
from operators.edgeapp.model import Assignment, State, Template
from operators.kube import quantity
from operators.kube.failures import Refused, Unavailable
from tianfu.fleet.v1 import app_pb2, capacity_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

CALL_S: Final = 20.0
WATCH_S: Final = 3600.0
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
PATCHES: Final = 200
"""In one call, as the contract has it."""

_STATES: Final = {
    app_pb2.APP_STATE_PREPARING: State.PREPARING,
    app_pb2.APP_STATE_STARTING: State.STARTING,
    app_pb2.APP_STATE_READY: State.READY,
    app_pb2.APP_STATE_BACKING_OFF: State.BACKING_OFF,
    app_pb2.APP_STATE_FAILED: State.FAILED,
    app_pb2.APP_STATE_ROLLED_BACK: State.ROLLED_BACK,
    app_pb2.APP_STATE_WAITING: State.WAITING,
    app_pb2.APP_STATE_STOPPED: State.STOPPED,
}

_STOPPED: Final = frozenset({capacity_pb2.SHARE_STATE_RELEASED, capacity_pb2.SHARE_STATE_ENDED})

log = logging.getLogger("tianfu.operators.plans")


@dataclass(frozen=True, slots=True)
class Reported:
    """What a node says of one app.

    ``stated`` is since when by the node's own clock, which may be years off; ``since`` is when we
    heard of it, or the earlier of the two for what was so before we began to listen.
    """

    desired: int
    running: int
    state: State
    since: datetime
    reason: str
    message: str
    stated: datetime


@dataclass(frozen=True, slots=True)
class NodePlan:
    """What a node's plan says of apps and shares, and the node of it.

    ``stopped`` has the shares, as (id, epoch), of which the node says that nothing uses them.
    ``generation`` rises with each change of the plan; 0 is none.
    """

    apps: Mapping[str, int] = field(default_factory=dict)
    reports: Mapping[str, Reported] = field(default_factory=dict)
    shares: NodeShares = field(default_factory=NodeShares)
    stopped: frozenset[tuple[str, int]] = frozenset()
    generation: int = 0


NO_PLAN: Final = NodePlan()
IN_FLIGHT: Final = math.inf
"""The generation of a plan that was asked for, and of which nobody knows whether it was made."""

Listener = Callable[[str, set[str]], None]
"""Hears of a change: node, and the apps that it concerns."""


class NodePlans:
    """All plans, as they were last heard of. ``synced`` is set once all are known."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        metadata: Callable[[], Sequence[tuple[str, str]]],
        clock: Clock = system_clock,
    ) -> None:
        """Take a channel to the fleet service, what says who we are, and what tells the time."""
        self._clock = clock
        self._stub = fleet_service_pb2_grpc.FleetServiceStub(channel)
        self._metadata = metadata
        self._plans: dict[str, NodePlan] = {}
        self._with_app: dict[str, set[str]] = {}
        self._ahead: dict[str, dict[str, tuple[float, int]]] = {}
        """By app and node, what we have written and not heard of: (generation, revision)."""

        self._listeners: list[Listener] = []
        self._share_listeners: list[Callable[[str], None]] = []
        self._resume = ""
        self.synced = asyncio.Event()
        self.is_failing = False
        """Whether the last try to follow the plans failed, and none has begun well since."""

    def get(self, node_id: str) -> NodePlan:
        """Return a node's plan, an empty one when there is none."""
        return self._plans.get(node_id, NO_PLAN)

    def with_app(self, name: str) -> set[str]:
        """Return the nodes whose plan has an app of this name, or may have it by now."""
        return {*self._with_app.get(name, ()), *self._ahead.get(name, ())}

    def highest(self, name: str) -> int:
        """Return the highest revision of an app of this name that any plan or report has.

        This looks at every plan.
        """
        found = [number for _, number in self._ahead.get(name, {}).values()]
        for plan in self._plans.values():
            found.append(plan.apps.get(name, 0))
            said = plan.reports.get(name)
            if said is not None:
                found += (said.desired, said.running)
        return max(found, default=0)

    def subscribe(self, listener: Listener) -> None:
        """Tell somebody of each change from now on."""
        self._listeners.append(listener)

    def subscribe_shares(self, listener: Callable[[str], None]) -> None:
        """Tell somebody of each node whose shares, or what it says of them, change from now on."""
        self._share_listeners.append(listener)

    # -- writing --------------------------------------------------------------------------------

    async def assign(self, name: str, given: Sequence[Assignment]) -> list[str]:
        """Write an app into plans, or take it away; return what was refused, as text.

        A plan in which nothing changes keeps its generation, so this may be repeated.
        """
        told = {one.node_id: one.template.number for one in given if one.template is not None}
        ahead = self._ahead.setdefault(name, {})
        # Before it is asked for: whether a call that fails was carried out is not known.
        ahead.update({node_id: (IN_FLIGHT, number) for node_id, number in told.items()})
        refused = []
        async for outcome in self._outcomes([_patch(name, one) for one in given]):
            node_id = outcome.name.split("/")[1]
            is_there = node_id in told and not outcome.reason
            if is_there and outcome.generation > self.get(node_id).generation:
                ahead[node_id] = (outcome.generation, told[node_id])
            else:
                ahead.pop(node_id, None)
            if outcome.reason:
                refused.append(_refusal(outcome))
        return refused

    async def share(self, node_id: str, change: ShareChange) -> list[str]:
        """Change which shares a plan has; return what was refused, as text."""
        outcomes = self._outcomes([_share_patch(node_id, change)])
        return [_refusal(one) async for one in outcomes if one.reason]

    async def _outcomes(
        self, patches: Sequence[pb.NodePlanPatch]
    ) -> AsyncIterator[pb.PatchOutcome]:
        for start in range(0, len(patches), PATCHES):
            request = pb.PatchNodePlansRequest(patches=patches[start : start + PATCHES])
            try:
                answer = await self._stub.PatchNodePlans(
                    request, timeout=CALL_S, metadata=self._metadata()
                )
            except grpc.RpcError as error:
                raise _failure(error) from error
            for outcome in answer.outcomes:
                yield outcome

    # -- watching -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow all plans until cancelled."""
        failures = 0
        while True:
            try:
                await self._follow()
                failures = 0
            except Unavailable as error:
                self.is_failing = True
                log.warning("%s", error)
            except Refused as error:
                self._resume = ""  # our place is no longer known: begin anew
                log.info("%s: all plans are read again", error)
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _follow(self) -> None:
        seen: set[str] | None = None if self._resume else set()
        stream = self._stub.WatchNodePlans(
            pb.WatchNodePlansRequest(resume_token=self._resume),
            timeout=WATCH_S,
            metadata=self._metadata(),
        )
        try:
            async for answer in stream:
                self._take(answer, seen)
                if answer.change == pb.WatchNodePlansResponse.CHANGE_CAUGHT_UP:
                    for node_id in set(self._plans) - (seen or set()):
                        self._put(node_id, None)
                    seen = None
                    self.synced.set()
                self.is_failing = False
                if answer.resume_token:
                    self._resume = answer.resume_token
        except grpc.RpcError as error:
            raise _failure(error) from error
        finally:
            stream.cancel()

    def _take(self, answer: Any, seen: set[str] | None) -> None:
        if answer.change == pb.WatchNodePlansResponse.CHANGE_PRESENT:
            node_id = answer.plan.name.split("/")[1]
            if seen is not None:
                seen.add(node_id)
            self._put(node_id, decode(answer.plan))
        elif answer.change == pb.WatchNodePlansResponse.CHANGE_DELETED:
            self._put(answer.plan.name.split("/")[1], None)

    def _put(self, node_id: str, plan: NodePlan | None) -> None:
        before, after = self.get(node_id), plan or NO_PLAN
        if plan is None:
            self._plans.pop(node_id, None)
        else:
            after = self._plans[node_id] = replace(plan, reports=self._timed(before, plan))
        self._heard(node_id, plan)
        for name in before.apps.keys() - after.apps.keys():
            self._with_app[name].discard(node_id)
        for name in after.apps:
            self._with_app.setdefault(name, set()).add(node_id)
        names = {*before.apps, *after.apps, *before.reports, *after.reports}
        changed = {
            name
            for name in names
            if before.apps.get(name) != after.apps.get(name)
            or before.reports.get(name) != after.reports.get(name)
        }
        if changed:
            for listener in self._listeners:
                listener(node_id, changed)
        if (before.shares, before.stopped) != (after.shares, after.stopped):
            for told in self._share_listeners:
                told(node_id)

    def _timed(self, before: NodePlan, after: NodePlan) -> dict[str, Reported]:
        """Return reports by our own clock: no node's may end or stretch a health window."""
        now, timed = self._clock(), dict[str, Reported]()
        for name, said in after.reports.items():
            known = before.reports.get(name)
            if known is not None and replace(said, since=known.since) == replace(
                known, reason=said.reason, message=said.message
            ):
                since = known.since
            else:
                since = now if self.synced.is_set() else min(said.stated, now)
            timed[name] = replace(said, since=since)
        return timed

    def _heard(self, node_id: str, plan: NodePlan | None) -> None:
        for ahead in self._ahead.values():
            generation, _ = ahead.get(node_id, (IN_FLIGHT, 0))
            if plan is None or generation <= plan.generation:
                ahead.pop(node_id, None)


def decode(plan: node_pb2.NodePlan) -> NodePlan:
    """Return what a plan says of apps."""
    return NodePlan(
        apps={one.name: one.revision for one in plan.apps},
        reports={
            one.name: Reported(
                one.desired_revision,
                one.revision,
                _STATES.get(one.state, State.UNKNOWN),
                one.since_time.ToDatetime(UTC),
                one.reason,
                one.message,
                one.since_time.ToDatetime(UTC),
            )
            for one in plan.report.apps
        },
        shares=NodeShares(
            {one.share_id: _share(one) for one in plan.shares},
            needs_shares=plan.capacity_mode == capacity_pb2.CAPACITY_MODE_SHARES,
        ),
        stopped=frozenset(
            (one.share_id, one.epoch) for one in plan.report.shares if one.state in _STOPPED
        ),
        generation=plan.generation,
    )


def _share(one: capacity_pb2.CapacityShare) -> NodeShare:
    return NodeShare(
        share_id=one.share_id,
        epoch=one.epoch,
        tenant=one.tenant,
        claim=one.claim,
        amounts=tuple(sorted(one.amounts_milli.items())),
        lease_end=one.lease_end_time.ToDatetime(UTC),
        is_revoked=one.use == capacity_pb2.SHARE_USE_REVOKED,
    )


def node_app(name: str, template: Template) -> app_pb2.NodeApp:
    """Return an app in a revision as nodes are told of it."""
    told = json.loads(template.text)
    made = app_pb2.NodeApp(
        name=name,
        revision=template.number,
        tenant=told["tenant"],
        settings={one["name"]: one["value"] for one in told.get("settings") or ()},
        resources_milli={
            one["name"]: quantity.parse(one["quantity"]) for one in told.get("resources") or ()
        },
    )
    artifact = told["artifact"]
    if artifact["type"] == "Wheel":
        made.wheel.CopyFrom(app_pb2.WheelArtifact(**artifact["wheel"]))
    else:
        made.image.reference = artifact["image"]["reference"]
    check = told.get("healthCheck")
    if check:
        _check(made.health_check, check)
    return made


def _check(made: app_pb2.AppHealthCheck, check: Mapping[str, Any]) -> None:
    if "httpPort" in check:
        made.http.port = check["httpPort"]
        made.http.path = check.get("httpPath", "/")
    elif "touchedWithin" in check:
        made.touch.age_max.FromTimedelta(duration(check["touchedWithin"]))
    made.interval.FromTimedelta(duration(check.get("interval", "10s")))
    made.start_within.FromTimedelta(duration(check.get("startWithin", "60s")))


def _patch(name: str, one: Assignment) -> pb.NodePlanPatch:
    patch = pb.NodePlanPatch(name=f"nodes/{one.node_id}/plan")
    if one.template is None:
        patch.removed_apps.append(name)
    else:
        patch.apps.append(node_app(name, one.template))
    return patch


def _refusal(one: pb.PatchOutcome) -> str:
    return f"{one.name.split('/')[1]}: {one.message} [{one.reason}]"


def _share_patch(node_id: str, change: ShareChange) -> pb.NodePlanPatch:
    patch = pb.NodePlanPatch(name=f"nodes/{node_id}/plan", removed_shares=change.removed)
    if change.needs_shares is not None:
        modes = (capacity_pb2.CAPACITY_MODE_NODE_OWN, capacity_pb2.CAPACITY_MODE_SHARES)
        patch.capacity_mode = modes[change.needs_shares]
    for one in change.put:
        uses = (capacity_pb2.SHARE_USE_ACTIVE, capacity_pb2.SHARE_USE_REVOKED)
        made = patch.shares.add(
            share_id=one.share_id,
            epoch=one.epoch,
            tenant=one.tenant,
            claim=one.claim,
            amounts_milli=dict(one.amounts),
            use=uses[one.is_revoked],
        )
        made.lease_end_time.FromDatetime(one.lease_end)
    return patch


def _failure(error: grpc.RpcError) -> Unavailable | Refused:
    code = error.code()
    message = f"fleet service: {error.details() or code.name}"
    lasting = {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
    return Refused(message, reason=code.name) if code in lasting else Unavailable(message)
