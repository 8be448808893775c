"""Pools and claims on a real API server: granted, waiting, taken back, and given back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.capacity.handlers import Capacity
from operators.capacity.on_nodes import SharesOnNodes
from operators.clock import system_clock
from operators.kube.failures import Conflict
from operators.kube.kinds import CAPACITY_CLAIM, CAPACITY_POOL, Key
from operators.kube.operator import Operator
from tests.support.control_plane import ControlPlane
from tests.support.fleet_stand_in import FleetStandIn, fleet_stand_in
from tests.support.node_plans import node_plans
from tests.support.operators import (
    WAIT_S,
    an_operator,
    connection_of,
    in_thread,
    make_namespace,
    running,
    sample,
)
from tests.support.waiting import until
from tianfu.fleet.v1 import capacity_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
NAMESPACE = "capacity"
API = "edge.tianfu.dev/v1alpha1"


@pytest.fixture(scope="module")
def plane(cluster: ControlPlane) -> ControlPlane:
    make_namespace(cluster, NAMESPACE)
    return cluster


def cpu(amount: int) -> list[dict[str, str]]:
    return [{"name": "cpu", "quantity": str(amount)}]


def pool(name: str, size: int = 10) -> dict[str, Any]:
    tenants = [{"name": "energy", "nominal": cpu(4)}, {"name": "health", "nominal": cpu(6)}]
    spec = {
        "resources": cpu(size),
        "tenants": [*tenants, {"name": "warning", "nominal": []}],
        "emergencyClasses": ["disaster-warning"],
        "leaseDuration": "1h",
    }
    return _object("CapacityPool", name, spec)


def claim(name: str, pool_: str, tenant: str, amount: int, **more: Any) -> dict[str, Any]:
    spec = {"pool": pool_, "tenant": tenant, "amounts": cpu(amount), **more}
    return _object("CapacityClaim", name, spec)


def _object(kind: str, name: str, spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


@dataclass
class Ahead:
    """A clock that can be put forward: leases of an hour end in no time."""

    by: timedelta = timedelta()

    def __call__(self) -> datetime:
        return system_clock() + self.by


@dataclass
class Stage:
    plane: ControlPlane
    operator: Operator
    clock: Ahead
    handler: Capacity

    async def apply(self, *manifests: dict[str, Any]) -> None:
        text = "\n---\n".join(map(json.dumps, manifests))
        answer = await in_thread(lambda: self.plane.kubectl("apply", "-f", "-", stdin=text))
        assert answer.status == 0, answer.err

    def status(self, name: str) -> dict[str, Any]:
        found = self.operator.caches[CAPACITY_CLAIM].get(Key(NAMESPACE, name)) or {}
        return dict(found.get("status") or {})

    def granted(self, name: str) -> tuple[str, str]:
        listed = self.status(name).get("conditions") or []
        return next(
            ((one["status"], one["reason"]) for one in listed if one["type"] == "Granted"),
            ("", ""),
        )

    async def comes(self, name: str, status: str, reason: str) -> None:
        with contextlib.suppress(TimeoutError):
            await until(lambda: self.granted(name) == (status, reason), WAIT_S)
        assert self.granted(name) == (status, reason)

    async def later(self, by: timedelta, pool_: str) -> None:
        self.clock.by += by
        self.operator.controllers[CAPACITY_POOL].queue.wake(Key(NAMESPACE, pool_))


@contextlib.asynccontextmanager
async def stage(plane: ControlPlane) -> AsyncIterator[Stage]:
    clock = Ahead()
    async with an_operator(connection_of(plane), NAMESPACE, clock=clock) as operator:
        handler = Capacity(operator)
        async with running(operator):
            yield Stage(plane, operator, clock, handler)


async def test_a_pool_is_shared_borrowed_from_and_taken_back(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        await on.apply(
            pool("site"),
            claim("forecast", "site", "energy", 4),
            claim("training", "site", "energy", 5),
        )
        await on.comes("forecast", "True", "WithinNominal")
        await on.comes("training", "True", "Borrowed")
        assert on.status("training")["share"]["epoch"] == 1

        await on.apply(claim("ward", "site", "health", 6))
        await on.comes("training", "False", "Reclaimed")
        await on.comes("ward", "False", "AwaitingRelease")
        assert on.status("training")["share"]["state"] == "Revoked", "it may still be in use"
        told = await in_thread(plane.kubectl, "events", "-n", NAMESPACE)
        assert "for claim capacity/ward" in told.out

        await on.later(timedelta(hours=1, seconds=1), "site")
        await on.comes("ward", "True", "WithinNominal")
        await on.comes("training", "False", "PoolFull")
        shown = on.operator.caches[CAPACITY_POOL].get(Key(NAMESPACE, "site"))
        assert shown is not None
        assert (shown["status"]["granted"], shown["status"]["pending"]) == (2, 1)


async def test_an_emergency_takes_what_others_are_due_and_that_is_recorded(
    plane: ControlPlane,
) -> None:
    async with stage(plane) as on:
        await on.apply(pool("urgent"), claim("surgery", "urgent", "health", 6))
        await on.comes("surgery", "True", "WithinNominal")
        siren = claim("siren", "urgent", "warning", 8, priorityClass="disaster-warning")
        await on.apply(siren)
        await on.comes("surgery", "False", "PreemptedByEmergency")
        conditions = {one["type"]: one["status"] for one in on.status("surgery")["conditions"]}
        assert conditions == {"Granted": "False", "Pending": "True", "Preempted": "True"}
        await on.later(timedelta(hours=1, seconds=1), "urgent")
        await on.comes("siren", "True", "Emergency")

        await in_thread(plane.kubectl, "delete", "cclaim", "siren", "-n", NAMESPACE)
        await on.comes("surgery", "True", "WithinNominal")
        assert on.status("surgery")["share"]["epoch"] == 2
        told = (await in_thread(plane.kubectl, "events", "-n", NAMESPACE)).out
        assert "PreemptedByEmergency" in told


async def test_a_claim_on_a_node_is_held_until_its_lease_ends(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        await on.apply(pool("held"), claim("camera", "held", "health", 6, nodeName="gw-far-away"))
        await on.comes("camera", "False", "HolderUnreachable")
        spec = {
            "class": "Gateway",
            "place": "510105",
            "gateway": {"model": "Pi"},
            "runtime": {"type": "Standalone"},
        }
        await on.apply(_object("EdgeNode", "gw-far-away", spec))
        await in_thread(_connected, plane, "gw-far-away")
        await on.comes("camera", "True", "WithinNominal")

        deleting = ("delete", "cclaim", "camera", "-n", NAMESPACE, "--wait=false")
        await in_thread(plane.kubectl, *deleting)
        await on.comes("camera", "False", "Deleted")
        assert on.status("camera")["share"]["state"] == "Revoked"
        await on.later(timedelta(hours=1, seconds=1), "held")
        await until(lambda: not on.status("camera"), WAIT_S)
        await in_thread(plane.kubectl, "delete", "en", "gw-far-away", "-n", NAMESPACE)


def _connected(plane: ControlPlane, name: str) -> None:
    condition = {
        "type": "Connected",
        "status": "True",
        "reason": "HeardFrom",
        "message": "",
        "lastTransitionTime": "2026-05-12T00:00:00Z",
    }
    answer = plane.kubectl(
        *("patch", "en", name, "-n", NAMESPACE, "--subresource=status", "--type=merge"),
        *("-p", json.dumps({"status": {"conditions": [condition]}})),
    )
    assert answer.status == 0, answer.err


async def test_why_a_claim_waits_is_said(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        await on.apply(
            claim("poolless", "nowhere", "health", 1),
            pool("says"),
            claim("stranger", "says", "tourism", 1),
            claim("greedy", "says", "health", 11),
            _object(
                "CapacityClaim",
                "seer",
                {
                    "pool": "says",
                    "tenant": "health",
                    "amounts": [{"name": "gpu", "quantity": "1"}],
                },
            ),
        )
        await on.comes("stranger", "False", "TenantUnknown")
        await on.comes("greedy", "False", "ExceedsCapacity")
        await on.comes("seer", "False", "ResourceUnknown")
        await on.comes("poolless", "False", "PoolMissing")
        for name in ("stranger", "greedy", "seer", "poolless"):
            await in_thread(plane.kubectl, "delete", "cclaim", name, "-n", NAMESPACE)


async def test_of_two_operators_the_one_with_the_old_reading_grants_nothing(
    plane: ControlPlane,
) -> None:
    async with stage(plane) as on:
        await on.apply(pool("fenced"))
        key = Key(NAMESPACE, "fenced")
        await until(lambda: bool(on.operator.caches[CAPACITY_POOL].get(key)), WAIT_S)
        async with an_operator(connection_of(plane), NAMESPACE) as stale:
            # It has read once, and hears of nothing since.
            former = Capacity(stale)
            for cache in stale.caches.values():
                await cache._list(NAMESPACE)
            await on.apply(claim("first", "fenced", "health", 6))
            await on.comes("first", "True", "WithinNominal")
            unheard = await in_thread(_created, plane, claim("second", "fenced", "energy", 6))
            stale.caches[CAPACITY_CLAIM].offer(unheard)
            with pytest.raises(Conflict):
                await former.reconcile(key)
            assert sample(stale, "tianfu_operator_writes_total") == 0


def _created(plane: ControlPlane, manifest: dict[str, Any]) -> dict[str, Any]:
    answer = plane.kubectl("create", "-f", "-", "-ojson", stdin=json.dumps(manifest))
    made: dict[str, Any] = json.loads(answer.out)
    return made


async def test_nothing_is_written_when_an_operator_starts_anew(plane: ControlPlane) -> None:
    names = [f"steady-{n}" for n in range(8)]
    async with stage(plane) as on:
        claims = [claim(name, "steady", "energy", 1) for name in names]
        await on.apply(pool("steady"), *claims)
        await until(lambda: all(on.granted(name)[0] == "True" for name in names), WAIT_S)
        await until(on.operator.controllers[CAPACITY_POOL].queue.is_idle, WAIT_S)
    async with stage(plane) as on:
        queue = on.operator.controllers[CAPACITY_POOL].queue
        done = {"kind": "CapacityPool", "outcome": "done"}
        await until(
            lambda: sample(on.operator, "tianfu_operator_reconciles_total", **done) >= 1, WAIT_S
        )
        await until(queue.is_idle, WAIT_S)
        written = sample(
            on.operator, "tianfu_operator_writes_total", kind="CapacityClaim", action="status"
        )
        assert written == 0


# -- on nodes ---------------------------------------------------------------------------------


@dataclass
class Site:
    """A node that is heard from, with its plan, beside a pool."""

    on: Stage
    fleet: FleetStandIn

    def shares(self, node: str) -> list[tuple[str, int, bool]]:
        plan = self.fleet.plans.get(node) or node_pb2.NodePlan()
        revoked = capacity_pb2.SHARE_USE_REVOKED
        return [(one.share_id, one.epoch, one.use == revoked) for one in plan.shares]


@contextlib.asynccontextmanager
async def site(plane: ControlPlane, node: str) -> AsyncIterator[Site]:
    clock = Ahead()
    async with (
        fleet_stand_in() as (servicer, address),
        an_operator(connection_of(plane), NAMESPACE, clock=clock) as operator,
        node_plans(address) as plans,
    ):
        servicer.know(node, presence=node_pb2.PRESENCE_ONLINE)
        handler = Capacity(operator, plans)
        SharesOnNodes(operator, plans)
        async with running(operator):
            on = Stage(plane, operator, clock, handler)
            spec = {
                "class": "Gateway",
                "place": "510105",
                "gateway": {"model": "Pi"},
                "runtime": {"type": "Standalone"},
            }
            await on.apply(_object("EdgeNode", node, spec))
            await in_thread(_connected, plane, node)
            yield Site(on, servicer)
            await in_thread(plane.kubectl, "delete", "en", node, "-n", NAMESPACE)


async def test_a_node_is_told_of_its_shares_and_frees_at_once_what_it_has_stopped(
    plane: ControlPlane,
) -> None:
    node = "gw-shares"
    async with site(plane, node) as at:
        on = at.on
        await on.apply(
            pool("told"),
            claim("lender", "told", "energy", 4),
            claim("guest", "told", "energy", 5, nodeName=node),
        )
        await on.comes("guest", "True", "Borrowed")
        share = on.status("guest")["share"]
        await until(lambda: at.shares(node) == [(share["id"], 1, False)], WAIT_S)
        plan = at.fleet.plans[node]
        assert plan.capacity_mode == capacity_pb2.CAPACITY_MODE_SHARES
        assert dict(plan.shares[0].amounts_milli) == {"cpu": 5000}

        # The node does not listen: what is taken back stays taken until it does, or the lease ends.
        at.fleet.deaf.add(node)
        await on.apply(claim("owner", "told", "health", 6))
        await on.comes("guest", "False", "Reclaimed")
        await until(lambda: at.shares(node) == [(share["id"], 1, True)], WAIT_S)
        await on.comes("owner", "False", "AwaitingRelease")
        at.fleet.listen(node)
        await on.comes("owner", "True", "WithinNominal")
        await until(lambda: at.shares(node) == [], WAIT_S)

        # Somebody edits the plan: it is made so again.
        await in_thread(plane.kubectl, "delete", "cclaim", "owner", "-n", NAMESPACE)
        await on.comes("guest", "True", "Borrowed")
        again = on.status("guest")["share"]
        await until(lambda: at.shares(node) == [(again["id"], 2, False)], WAIT_S)
        removed = pb.NodePlanPatch(name=f"nodes/{node}/plan", removed_shares=[again["id"]])
        at.fleet.edit_plan(node, removed)
        await until(lambda: at.shares(node) == [(again["id"], 2, False)], WAIT_S)

        # Somebody is so quick that the operator hears of its own change and of his as of none.
        at.fleet.undone.append(removed)
        at.fleet.edit_plan(node, removed)
        await until(lambda: not at.fleet.undone, WAIT_S)
        await until(lambda: at.shares(node) == [(again["id"], 2, False)], WAIT_S)

        deleting = ("delete", "cclaim,cpool", "--all", "-n", NAMESPACE)
        gone = await in_thread(plane.kubectl, *deleting)
        assert gone.status == 0, gone.err
        await until(lambda: at.shares(node) == [], WAIT_S)
        own = capacity_pb2.CAPACITY_MODE_NODE_OWN
        await until(lambda: at.fleet.plans[node].capacity_mode == own, WAIT_S)
