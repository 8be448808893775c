"""The one handler of CapacityPool. Claims have none: what becomes of them is their pool's plan.

Kopf is serial per object only; two claim handlers would both see what is free. So a claim that
changes wakes its pool, and the pool's plan is over all its claims.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from operators.capacity.api import Holder, in_pool, is_member, on_node, pool_of, pools_of
from operators.capacity.reconcile import Outcome, orphaned, seconds_until, settle
from operators.edgeapp.node_plans import NodePlans
from operators.kube.actions import Action
from operators.kube.kinds import (
    CAPACITY_CLAIM,
    CAPACITY_POOL,
    EDGE_NODE,
    Key,
    Object,
    key_of,
    name_of,
    uid_of,
)
from operators.kube.operator import Operator

GATHER_S: Final = 0.2
"""Claims that come together are planned together."""

WRITERS: Final = 16
"""Claims' statuses written at once."""


class Capacity:
    """The handler, and who wakes it."""

    def __init__(self, operator: Operator, plans: NodePlans | None = None) -> None:
        """Take what is run, and the plans by which nodes say that they have stopped."""
        self._operator, self._plans = operator, plans
        self._pools = operator.cache(CAPACITY_POOL)
        self._claims = operator.cache(CAPACITY_CLAIM, pool=in_pool, node=on_node)
        self._nodes = operator.cache(EDGE_NODE, name=name_of)
        queue = operator.reconciles(CAPACITY_POOL, self.reconcile, workers=4)
        operator.hears(CAPACITY_CLAIM)
        operator.wakes(CAPACITY_CLAIM, queue, pools_of, after_s=GATHER_S)
        operator.wakes(EDGE_NODE, queue, self._pools_on_node, after_s=GATHER_S)
        self._queue = queue
        if plans is not None:
            plans.subscribe_shares(self._plan_changed)

    async def reconcile(self, key: Key) -> float | None:
        """Make a pool's shares so; return when to look again."""
        now = self._operator.now()
        claims = self._claims.by("pool", str(key))
        pool = self._pools.get(key)
        if pool is None or "deletionTimestamp" in pool["metadata"]:
            outcome = orphaned(claims, key.name, now, self._stopped(claims))
        else:
            outcome = settle(pool, claims, self._holders(pool, claims), now, self._stopped(claims))
        await self._write(outcome)
        return seconds_until(outcome.look_again, now)

    async def _write(self, outcome: Outcome) -> None:
        await self._operator.execute(outcome.fence)
        places = asyncio.Semaphore(WRITERS)

        async def write(actions: tuple[Action, ...]) -> None:
            async with places:
                await self._operator.execute(actions)

        results = await asyncio.gather(*map(write, outcome.claims), return_exceptions=True)
        # All are tried: one that somebody has changed meanwhile keeps no other from its share.
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _stopped(self, claims: Iterable[Object]) -> set[str]:
        """Return the uids of claims whose node says that nothing uses their share any more."""
        if self._plans is None:
            return set()
        found = set()
        for claim in claims:
            node, share = claim["spec"].get("nodeName"), (claim.get("status") or {}).get("share")
            if not node or not share:
                continue
            if (share["id"], share["epoch"]) in self._plans.get(node).stopped:
                found.add(uid_of(claim))
        return found

    def _plan_changed(self, node_id: str) -> None:
        for node in self._nodes.by("name", node_id):
            for claim in self._claims.by("node", str(key_of(node))):
                self._queue.wake(pool_of(claim), GATHER_S)

    def _holders(self, pool: Object, claims: Iterable[Object]) -> dict[str, Holder]:
        namespace = pool["metadata"]["namespace"]
        names = {claim["spec"].get("nodeName") for claim in claims} - {None}
        found = {}
        for name in names:
            node = self._nodes.get(Key(namespace, name))
            if node is not None:
                found[name] = replace(holder_of(node), is_member=is_member(pool, node))
        return found

    def _pools_on_node(self, before: Object | None, after: Object | None) -> Iterable[Key]:
        """Return the pools with claims on a node, if what they ask of it has changed."""
        if before is not None and after is not None and _facts(before) == _facts(after):
            return ()
        node = after or before
        if node is None:
            return ()
        key = f"{node['metadata']['namespace']}/{node['metadata']['name']}"
        return {pool_of(claim) for claim in self._claims.by("node", key)}


def holder_of(node: Object) -> Holder:
    """Return what a pool asks of a node that uses its shares."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    connected = any(c["type"] == "Connected" and c["status"] == "True" for c in conditions)
    scheduling = node["spec"].get("scheduling", "Open")
    return Holder(
        is_reachable=connected,
        takes_more=scheduling == "Open",
        is_leaving=scheduling == "Draining" or "deletionTimestamp" in node["metadata"],
    )


def _facts(node: Object) -> tuple[Holder, object, object, object]:
    """Return all of a node that a pool's plan depends on."""
    spec, labels = node["spec"], node["metadata"].get("labels")
    return holder_of(node), labels, spec["place"], spec.get("position")
