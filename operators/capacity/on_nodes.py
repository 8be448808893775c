"""Tells nodes of the shares that were granted on them: each plan is made what the claims say.

The claims come first: a share is recorded before a node hears of it, and is lent again only once
its node has said that it stopped, or its lease has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from operators.capacity import shares
from operators.capacity.api import nodes_of, on_node
from operators.capacity.reconcile import seconds_until
from operators.edgeapp.node_plans import NodePlans
from operators.kube.failures import NotLeading
from operators.kube.kinds import (
    CAPACITY_CLAIM,
    CAPACITY_POOL,
    EDGE_NODE,
    Key,
    Object,
    key_of,
    name_of,
    namespace_of,
)
from operators.kube.operator import Operator

AWAY_S: Final = 5.0
"""Until a plan is looked at again that the fleet service has not, or was asked to change."""

NAME_TAKEN: Final = "NameTaken"


class SharesOnNodes:
    """The handler, and who wakes it."""

    def __init__(self, operator: Operator, plans: NodePlans) -> None:
        self._operator, self._plans = operator, plans
        self._nodes = operator.cache(EDGE_NODE, name=name_of, space=namespace_of)
        self._claims = operator.cache(CAPACITY_CLAIM, node=on_node)
        self._pools = operator.cache(CAPACITY_POOL, space=namespace_of)
        self._queue = operator.follows("SharesOnNodes", EDGE_NODE, self.reconcile, workers=8)
        operator.wakes(CAPACITY_CLAIM, self._queue, nodes_of)
        operator.wakes(CAPACITY_POOL, self._queue, self._nodes_of_pool)
        operator.wakes(EDGE_NODE, self._queue, _node_changed)
        plans.subscribe_shares(self._plan_changed)

    async def reconcile(self, key: Key) -> float | None:
        """Make a node's plan so; return when to look again."""
        node = self._nodes.get(key)
        if node is None or _is_another_ones(node):
            return None
        if not self._plans.synced.is_set():
            return AWAY_S
        now = self._operator.now()
        claims = self._claims.by("node", str(key))
        pools = self._pools.by("space", key.namespace)
        wanted = shares.wanted(node, claims, pools, now)
        change = shares.difference(wanted, self._plans.get(key.name).shares)
        if change is not None:
            if not self._operator.leads():
                raise NotLeading("another replica holds the lease")
            await self._plans.share(key.name, change)
            # Refused or not: who undoes it before we hear of it is heard of as no change at all.
            return AWAY_S
        return seconds_until(shares.next_end(wanted), now)

    # -- being woken ----------------------------------------------------------------------------

    def _plan_changed(self, node_id: str) -> None:
        for found in self._nodes.by("name", node_id):
            self._queue.wake(key_of(found))

    def _nodes_of_pool(self, before: Object | None, after: Object | None) -> Iterable[Key]:
        """Return the nodes that a pool may have won or lost: its status moves none."""
        if before is not None and after is not None and before["spec"] == after["spec"]:
            return ()
        one = after or before
        if one is None:
            return ()
        return [key_of(node) for node in self._nodes.by("space", one["metadata"]["namespace"])]


def _node_changed(before: Object | None, after: Object | None) -> Iterable[Key]:
    if after is None or (before is not None and _stated(before) == _stated(after)):
        return ()
    return (key_of(after),)


def _stated(node: Object) -> tuple[Any, ...]:
    return node["metadata"].get("labels"), node["spec"], _is_another_ones(node)


def _is_another_ones(node: Object) -> bool:
    """Say whether the fleet has the node's id for an EdgeNode of another namespace."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(one["reason"] == NAME_TAKEN for one in conditions)
