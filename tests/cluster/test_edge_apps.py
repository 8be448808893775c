"""EdgeApp on a real API server: rolled out, held, gone back, taken away; by Kopf, and killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from operators.edgeapp.api import FINALIZER
from operators.edgeapp.handlers import EdgeApps
from operators.edgeapp.node_plans import NodePlans
from operators.edgeapp.presences import FleetPresences
from operators.edgenode.children import Config
from operators.edgenode.handlers import EdgeNodes, Entrance
from operators.fleet.client import FleetAddress
from operators.kube.kinds import EDGE_APP, Key
from operators.kube.measures import Measures
from operators.kube.operator import Operator, Scope
from tests.support.control_plane import ControlPlane
from tests.support.dying import Dying, Killed
from tests.support.fleet_stand_in import FleetStandIn, fleet_client, fleet_stand_in
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
from tianfu.fleet.v1 import app_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
NAMESPACE = "apps"
ROOT = Path(__file__).parents[2]
ONLINE, OFFLINE = node_pb2.PRESENCE_ONLINE, node_pb2.PRESENCE_OFFLINE
NODES = [f"gw-app-{n}" for n in range(5)]
SUM = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture(scope="module")
def plane(cluster: ControlPlane) -> ControlPlane:
    make_namespace(cluster, NAMESPACE)
    return cluster


def gateway(name: str) -> dict[str, Any]:
    spec = {
        "class": "Gateway",
        "place": "510105",
        "gateway": {"model": "Raspberry Pi 5"},
        "runtime": {"type": "Standalone"},
    }
    return _object("EdgeNode", name, spec)


def app(name: str, mode: str, **rollout: Any) -> dict[str, Any]:
    wheel = {"package": "demo", "version": "1.0", "sha256": SUM, "module": "demo"}
    spec = {
        "artifact": {"type": "Wheel", "wheel": wheel},
        "settings": [{"name": "MODE", "value": mode}],
        "resources": [{"name": "cpu", "quantity": "100m"}],
        "tenant": "health",
        "selector": {"places": ["5101"]},
        "rollout": {"healthWindow": "1s", "maxUnavailable": 2, **rollout},
    }
    return _object("EdgeApp", name, spec)


def _object(kind: str, name: str, spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    head = {"apiVersion": "edge.tianfu.dev/v1alpha1", "kind": kind}
    return {**head, "metadata": metadata, "spec": spec}


def runs(told: Any) -> int:
    """Fail what is told to crash."""
    if told.settings["MODE"] == "crash":
        return app_pb2.APP_STATE_FAILED
    return app_pb2.APP_STATE_READY


@dataclass
class Stage:
    plane: ControlPlane
    operator: Operator
    fleet: FleetStandIn
    address: FleetAddress

    async def apply(self, *manifests: dict[str, Any]) -> None:
        await in_thread(applied, self.plane, manifests)

    async def kubectl(self, *arguments: str) -> Any:
        return await in_thread(self.plane.kubectl, *arguments, "-n", NAMESPACE)

    async def plugin(self, *arguments: str) -> str:
        """Run ``kubectl tianfu`` as a person does."""
        environment = {
            **os.environ,
            "PATH": f"{self.plane.binaries}:{os.environ['PATH']}",
            "KUBECONFIG": str(self.plane.kubeconfig),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}",
        }
        program = "import sys; from operators.plugin.main import main; sys.exit(main())"
        done = await in_thread(
            lambda: subprocess.run(
                [sys.executable, "-c", program, "-n", NAMESPACE, *arguments],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=WAIT_S,
            )
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    def status(self, name: str) -> dict[str, Any]:
        found = self.operator.caches[EDGE_APP].get(Key(NAMESPACE, name)) or {}
        return dict(found.get("status") or {})

    def conditions(self, name: str) -> dict[str, tuple[str, str]]:
        listed = self.status(name).get("conditions") or []
        return {one["type"]: (one["status"], one["reason"]) for one in listed}

    async def comes(self, name: str, kind: str, status: str, reason: str) -> dict[str, Any]:
        with contextlib.suppress(TimeoutError):
            await until(lambda: self.conditions(name).get(kind) == (status, reason), WAIT_S)
        assert self.conditions(name).get(kind) == (status, reason), self.status(name)
        return self.status(name)

    async def nodes(self, names: Iterable[str] = NODES) -> None:
        """Have nodes that are heard from."""
        wanted = list(names)
        await self.apply(*map(gateway, wanted))
        await until(lambda: set(wanted) <= set(self.fleet.nodes), WAIT_S)
        self.fleet.seen(wanted, ONLINE)

    def modes(self, name: str) -> dict[str, str]:
        """Return which setting each node's plan has of an app."""
        return {
            node: one.settings["MODE"]
            for node, plan in sorted(self.fleet.plans.items())
            for one in plan.apps
            if one.name == name
        }


def applied(plane: ControlPlane, manifests: Iterable[dict[str, Any]]) -> None:
    text = "\n---\n".join(map(json.dumps, manifests))
    answer = plane.kubectl("apply", "-f", "-", stdin=text)
    assert answer.status == 0, answer.err


@contextlib.asynccontextmanager
async def stage(plane: ControlPlane) -> AsyncIterator[Stage]:
    async with (
        fleet_stand_in() as (servicer, address),
        fleet_client(address) as fleet,
        an_operator(connection_of(plane), NAMESPACE) as operator,
        node_plans(address) as plans,
    ):
        servicer.runs = runs
        EdgeNodes(operator, fleet, Config({"Stable": "0.1.0"}), Entrance())
        presences = FleetPresences(fleet)
        presences.subscribe(EdgeApps(operator, plans, presences).presence_changed)
        async with running(operator):
            on = Stage(plane, operator, servicer, address)
            yield on
            await on.kubectl("delete", "ea,en", "--all")


async def test_an_app_goes_round_by_steps_past_who_is_offline_and_is_taken_away(
    plane: ControlPlane,
) -> None:
    async with stage(plane) as on:
        await on.nodes()
        on.fleet.seen(NODES[-1:], OFFLINE)
        await on.apply(app("demo", "run", steps=[25, 100]))
        done = await on.comes("demo", "Progressing", "False", "Complete")
        assert (done["desired"], done["ready"], done["offline"]) == (5, 4, 1)
        assert done["revision"] == done["stableRevision"]
        assert done["observedGeneration"] == 1
        await on.comes("demo", "Available", "True", "NodesReady")
        first = [node for node, _, _ in on.fleet.told[:1]]
        assert first == NODES[:1], "one in four first"
        shown = (await on.kubectl("get", "ea", "demo")).out
        assert "demo" in shown
        found = on.plane.get("ea", "demo", NAMESPACE)["metadata"]["finalizers"]
        assert found == [FINALIZER]

        await until(lambda: set(on.modes("demo")) == set(NODES), WAIT_S)
        on.fleet.seen(NODES[-1:], ONLINE)
        await until(lambda: on.status("demo").get("ready") == 5, WAIT_S)
        numbers = {app.revision for plan in on.fleet.plans.values() for app in plan.apps}
        assert numbers == {1}, "who returns has the revision in force"

        # Somebody takes it out of a plan by hand: it is put back.
        on.fleet.edit_plan(
            NODES[0], pb.NodePlanPatch(name=f"nodes/{NODES[0]}/plan", removed_apps=["demo"])
        )
        await until(lambda: set(on.modes("demo")) == set(NODES), WAIT_S)

        gone = await on.kubectl("delete", "ea", "demo")
        assert gone.status == 0, gone.err
        assert on.modes("demo") == {}, "it went from all plans before it went"


async def test_a_bad_revision_comes_back_and_harms_no_more_than_it_may(
    plane: ControlPlane,
) -> None:
    async with stage(plane) as on:
        await on.nodes()
        await on.apply(app("frail", "run"))
        good = await on.comes("frail", "Progressing", "False", "Complete")
        on.fleet.told.clear()
        await on.apply(app("frail", "crash"))
        back = await on.comes("frail", "RolledBack", "True", "RevisionFailed")
        await until(lambda: set(on.modes("frail").values()) == {"run"}, WAIT_S)
        assert back["revision"] == good["revision"]
        harmed = {node for node, _, number in on.fleet.told if number == 2}
        assert 1 <= len(harmed) <= 2, "maxUnavailable is 2"
        message = next(c["message"] for c in back["conditions"] if c["type"] == "RolledBack")
        assert "change the spec to try again" in message
        told = (await on.kubectl("events", "--for", "edgeapp/frail")).out
        assert "RolledBack" in told
        await on.apply(app("frail", "again"))
        await until(lambda: set(on.modes("frail").values()) == {"again"}, WAIT_S)
        after = await on.comes("frail", "Progressing", "False", "Complete")
        assert after["number"] == 3


async def test_a_person_pauses_resumes_and_has_an_earlier_revision_back(
    plane: ControlPlane,
) -> None:
    async with stage(plane) as on:
        await on.nodes()
        await on.apply(app("held", "first"))
        first = await on.comes("held", "Progressing", "False", "Complete")
        await on.plugin("pause", "held")
        await on.apply(app("held", "second", progress="Paused"))
        await on.comes("held", "Progressing", "False", "Paused")
        assert set(on.modes("held").values()) == {"first"}
        await on.plugin("resume", "held")
        second = await on.comes("held", "Progressing", "False", "Complete")
        await until(lambda: set(on.modes("held").values()) == {"second"}, WAIT_S)
        assert second["revision"] != first["revision"]

        listed = await on.plugin("history", "held")
        assert first["revision"] in listed
        said = await on.plugin("rollback", "held")
        assert first["revision"] in said
        await on.comes("held", "RolledBack", "True", "AskedFor")
        await until(lambda: set(on.modes("held").values()) == {"first"}, WAIT_S)
        tree = await on.plugin("tree", NODES[0])
        assert "EdgeApp held" in tree
        await on.plugin("resume", "held")
        await on.comes("held", "RolledBack", "False", "NoFailure")
        await until(lambda: set(on.modes("held").values()) == {"second"}, WAIT_S)


async def test_nothing_is_written_by_who_starts_anew(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        await on.nodes(NODES[:2])
        await on.apply(app("steady", "run"))
        await on.comes("steady", "Progressing", "False", "Complete")
        await until(on.operator.controllers[EDGE_APP].queue.is_idle, WAIT_S)
        generations = {name: plan.generation for name, plan in on.fleet.plans.items()}
        # Another process over the same server and fleet.
        async with (
            fleet_client(on.address) as fleet,
            an_operator(connection_of(plane), NAMESPACE) as other,
            node_plans(on.address) as plans,
        ):
            EdgeApps(other, plans, FleetPresences(fleet))
            await until(lambda: fleet.synced.is_set() and plans.synced.is_set(), WAIT_S)
            async with running(other):
                done = {"kind": "EdgeApp", "outcome": "done"}
                await until(
                    lambda: sample(other, "tianfu_operator_reconciles_total", **done) >= 1, WAIT_S
                )
                await until(other.controllers[EDGE_APP].queue.is_idle, WAIT_S)
                assert sample(other, "tianfu_operator_writes_total") == 0
        now = {name: plan.generation for name, plan in on.fleet.plans.items()}
        assert now == generations


@contextlib.asynccontextmanager
async def turn(
    plane: ControlPlane, fleet: Any, plans: NodePlans, at: int, *, is_after: bool
) -> AsyncIterator[tuple[Operator, EdgeApps]]:
    """Yield a process that dies at its n-th write."""
    connection, measures = connection_of(plane), Measures()
    async with Dying(connection, measures, at=at, is_after=is_after) as client:
        operator = Operator(client, connection, measures, scope=Scope((NAMESPACE,)))
        handler = EdgeApps(operator, plans, FleetPresences(fleet))
        for cache in operator.caches.values():
            await cache._list(NAMESPACE)
        yield operator, handler


async def test_killed_at_each_write_the_next_process_tells_the_nodes(plane: ControlPlane) -> None:
    async with (
        fleet_stand_in() as (servicer, address),
        fleet_client(address) as fleet,
        node_plans(address) as plans,
    ):
        await until(lambda: fleet.synced.is_set() and plans.synced.is_set(), WAIT_S)
        await in_thread(applied, plane, [gateway(NODES[0])])
        servicer.know(NODES[0], presence=ONLINE)
        await until(lambda: fleet.get(NODES[0]) is not None, WAIT_S)
        deaths = 0
        for is_after in (False, True):
            for at in range(1, 20):
                name = f"killed-{at}-{'after' if is_after else 'before'}"
                await in_thread(applied, plane, [app(name, "run")])
                key, died = Key(NAMESPACE, name), False
                async with turn(plane, fleet, plans, at, is_after=is_after) as (_, handler):
                    try:
                        await handler.reconcile(key)
                        await handler.reconcile(key)
                    except Killed:
                        died, deaths = True, deaths + 1
                async with turn(plane, fleet, plans, 0, is_after=False) as (operator, handler):
                    for _ in range(3):
                        await handler.reconcile(key)
                    there = operator.caches[EDGE_APP].get(key)
                    assert there is not None
                    assert there["status"]["number"] == 1, "a revision is numbered once"
                    told = [
                        one.revision for one in servicer.plans[NODES[0]].apps if one.name == name
                    ]
                    assert told == [1]
                if not died:
                    break
            else:
                raise AssertionError("it never came to an end")
        assert deaths >= 4, "finalizer and status, before and after each"
    clear = json.dumps({"metadata": {"finalizers": None}})
    for one in (await in_thread(plane.kubectl, "get", "ea", "-n", NAMESPACE, "-oname")).out.split():
        await in_thread(plane.kubectl, "patch", one, "-n", NAMESPACE, "--type=merge", "-p", clear)
    await in_thread(plane.kubectl, "delete", "ea,en", "--all", "-n", NAMESPACE)
