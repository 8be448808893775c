"""The one handler of EdgeApp: observe, plan, say it in one status patch, then tell the nodes.

The status comes first: it keeps the numbers and templates that nodes are told. A handler that was
stopped in between finds the same decision again, and tells them then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from operators.edgeapp.api import FINALIZER, parse, progress_of, status_of
from operators.edgeapp.model import Assignment, Decision, EdgeApp, Node, State
from operators.edgeapp.node_plans import NodePlans
from operators.edgeapp.plan import plan
from operators.edgeapp.selection import selects
from operators.kube.actions import (
    Emit,
    EventType,
    WriteFinalizers,
    WriteStatus,
    with_finalizer,
    without_finalizer,
)
from operators.kube.conditions import Condition, Status, merge
from operators.kube.failures import Unavailable
from operators.kube.kinds import (
    EDGE_APP,
    EDGE_NODE,
    Key,
    Object,
    key_of,
    name_of,
    namespace_of,
)
from operators.kube.operator import Operator

FLEET_AWAY: Final = "the fleet service can't be reached"
AWAY_S: Final = 5.0
"""Until nodes' plans are looked for again, while the fleet service is away."""

WARNINGS: Final = frozenset({"RolledBack", "RevisionFailed"})


class Presences(Protocol):
    """Who is heard from."""

    def heard(self, node_id: str) -> tuple[bool, datetime | None]:
        """Return whether a node can be told now, and since when it can not."""
        ...


class EdgeApps:
    """The handler, and who wakes it."""

    def __init__(self, operator: Operator, plans: NodePlans, presences: Presences) -> None:
        self._operator, self._plans, self._presences = operator, plans, presences
        self._apps = operator.cache(EDGE_APP, name=name_of)
        self._nodes = operator.cache(EDGE_NODE, name=name_of, space=namespace_of)
        self._queue = operator.reconciles(EDGE_APP, self.reconcile, workers=8)
        operator.wakes(EDGE_NODE, self._queue, self._apps_of, after_s=0.5)
        plans.subscribe(self._plan_changed)

    async def reconcile(self, key: Key) -> float | None:
        """Bring an app's rollout on; return when to look again."""
        current = self._apps.get(key)
        if current is None:
            return None
        is_deleted = "deletionTimestamp" in current["metadata"]
        if not self._plans.synced.is_set():
            if is_deleted and self._plans.is_failing:
                await self._stay(current, "FleetUnavailable", FLEET_AWAY)
            return AWAY_S
        if is_deleted:
            return await self._leave(current)
        finalizers = with_finalizer(current, FINALIZER)
        if finalizers is not None:
            await self._operator.execute([WriteFinalizers(EDGE_APP, current, finalizers)])
            return 0.0
        return await self._go_on(key, current)

    async def _go_on(self, key: Key, current: Object) -> float | None:
        now = self._operator.now().replace(microsecond=0)
        app = parse(current)
        objects = self._nodes.by("space", key.namespace)
        nodes = [self._node(app.name, one) for one in objects if _is_meant(app, one)]
        meant = {node.node_id for node in nodes}
        names = {one["metadata"]["name"] for one in objects}
        # What another namespace's app of the same name has is not ours.
        strays = (self._plans.with_app(app.name) & names) - meant
        progress = progress_of(current)
        highest = 0 if progress.history else self._plans.highest(app.name)
        decision = plan(app, progress, nodes, sorted(strays), now, highest=highest)
        await self._say(current, app, decision, now)
        refused = await self._plans.assign(app.name, decision.assignments)
        if refused:
            written = self._apps.get(key) or current
            await self._say(written, app, _refused(decision, refused), now)
            return AWAY_S
        again = [] if decision.look_again is None else [decision.look_again.total_seconds()]
        if decision.assignments:
            # Who undoes them before we hear of them is heard of as no change at all.
            again.append(AWAY_S)
        return min(again, default=None)

    async def _say(self, current: Object, app: EdgeApp, decision: Decision, now: datetime) -> None:
        former = (current.get("status") or {}).get("conditions") or []
        conditions = merge(former, decision.conditions, generation=app.generation, now=now)
        status = status_of(app, decision.progress, decision.counts, conditions)
        number = decision.progress.number
        notes = [
            Emit(
                EDGE_APP,
                current,
                EventType.WARNING if reason in WARNINGS else EventType.NORMAL,
                reason,
                "RollOut",
                text,
                f"{number}/{decision.progress.revision}",
            )
            for reason, text in decision.notes
        ]
        await self._operator.execute([WriteStatus(EDGE_APP, current, status), *notes])

    async def _leave(self, current: Object) -> float | None:
        """Take a deleted app from all plans, then let it go."""
        name = current["metadata"]["name"]
        space = {
            one["metadata"]["name"]
            for one in self._nodes.by("space", current["metadata"]["namespace"])
        }
        left = sorted(self._plans.with_app(name) & space)
        try:
            refused = await self._plans.assign(name, [Assignment(node, None) for node in left])
        except Unavailable:
            await self._stay(current, "FleetUnavailable", FLEET_AWAY)
            raise
        if refused:
            await self._stay(current, "PlanRefused", _could_not_be_told(refused))
            return AWAY_S
        remaining = without_finalizer(current, FINALIZER)
        if remaining is not None:
            await self._operator.execute([WriteFinalizers(EDGE_APP, current, remaining)])
        return None

    async def _stay(self, current: Object, reason: str, text: str) -> None:
        """Say why an app that is deleted is still there."""
        status = current.get("status") or {}
        meta = current["metadata"]
        escape = '-p \'{"metadata":{"finalizers":null}}\''
        found = Condition(
            "Progressing",
            Status.FALSE,
            reason,
            f"{text}; nodes that have it run it still, and are told as soon as that can be. To let"
            f" it go and leave it on them: kubectl patch edgeapp {meta['name']}"
            f" -n {meta['namespace']} --type=merge {escape}",
        )
        merged = merge(
            status.get("conditions") or [],
            (found,),
            generation=meta.get("generation", 0),
            now=self._operator.now(),
        )
        said = WriteStatus(EDGE_APP, current, {**status, "conditions": merged})
        await self._operator.execute([said])

    # -- observing ------------------------------------------------------------------------------

    def _node(self, app: str, one: Object) -> Node:
        node_id = one["metadata"]["name"]
        is_online, offline_since = self._presences.heard(node_id)
        found = self._plans.get(node_id)
        made = Node(
            node_id,
            is_online=is_online,
            offline_since=offline_since,
            takes_more=one["spec"].get("scheduling", "Open") == "Open",
            assigned=found.apps.get(app, 0),
        )
        said = found.reports.get(app)
        if said is None:
            return replace(made, state=State.UNKNOWN)
        return replace(
            made,
            spoken_of=said.desired,
            running=said.running,
            state=said.state,
            since=said.since,
            reason=said.reason,
            message=said.message,
        )

    # -- being woken ----------------------------------------------------------------------------

    def _plan_changed(self, node_id: str, names: set[str]) -> None:
        del node_id
        for name in names:
            for found in self._apps.by("name", name):
                self._queue.wake(key_of(found))

    def presence_changed(self, node_id: str) -> None:
        """Look again at the apps of a node that came or went."""
        spaces = {node["metadata"]["namespace"] for node in self._nodes.by("name", node_id)}
        for key in self._apps.keys():  # noqa: SIM118 - a cache is no mapping
            if key.namespace in spaces or node_id in self._plans.with_app(key.name):
                self._queue.wake(key, 1.0)

    def _apps_of(self, before: Object | None, after: Object | None) -> Iterable[Key]:
        """Return the apps that a changed node may concern: heartbeats change no spec."""
        if before is not None and after is not None and _stated(before) == _stated(after):
            return ()
        one = after or before
        if one is None:
            return ()
        space = one["metadata"]["namespace"]
        return [key for key in self._apps.keys() if key.namespace == space]  # noqa: SIM118 - a cache


def _stated(node: Object) -> tuple[Any, Any]:
    return node["metadata"].get("labels"), node["spec"]


def _is_meant(app: EdgeApp, node: Object) -> bool:
    spec = node["spec"]
    if spec.get("scheduling") == "Draining" or "deletionTimestamp" in node["metadata"]:
        return False
    return selects(
        app.selector,
        labels=node["metadata"].get("labels") or {},
        node_class=spec["class"],
        place=spec["place"],
        position=_position(spec.get("position")),
    )


def _position(stated: Mapping[str, Any] | None) -> tuple[float, float] | None:
    if stated is None:
        return None
    return float(stated["latitude"]), float(stated["longitude"])


def _could_not_be_told(refused: Sequence[str]) -> str:
    return f"{len(refused)} nodes could not be told: {refused[0]}"


def _refused(decision: Decision, refused: list[str]) -> Decision:
    """Return a decision that says what the fleet service would not take."""
    text = _could_not_be_told(refused)
    other = [one for one in decision.conditions if one.type != "Progressing"]
    found = Condition("Progressing", Status.FALSE, "PlanRefused", text)
    return replace(decision, conditions=(*other, found), notes=())
