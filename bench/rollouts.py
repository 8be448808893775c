"""How an app is rolled out, on a real API server: ``python -m bench.rollouts``.

A county's 288 nodes, 20 of them offline. One revision is good: how long until all that are heard
from run it, beside the least that its rules allow (so many at a time, each well for the window).
The next one is bad, it crashes wherever it starts: how many nodes were ever told of it, and how
long until all run the former one again. Then the 20 come back, and take what is current.

The operator is a process of its own. The fleet service is a stand-in with the same RPCs, whose
nodes obey at once. ``--nodes`` and ``--offline`` make it smaller, to try it.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.operator_process import Watched, child
from bench.operators import (
    APPLIER,
    account,
    apply,
    environment_of,
    install,
    known,
    manifest,
    says,
    told,
)
from operators.kube.client import Client
from operators.kube.connection import from_kubeconfig
from operators.kube.kinds import EDGE_APP, GROUP, VERSION
from operators.kube.measures import Measures
from tests.support.fleet_stand_in import FleetStandIn, fleet_stand_in
from tianfu.fleet.v1 import app_pb2, node_pb2
from tools.local_cluster import ControlPlane, control_plane
from tools.ports import free_port

NODES: Final = 288
OFFLINE: Final = 20
AT_ONCE: Final = 29
WINDOW_S: Final = 1
ROLLOUT_TARGET_S: Final = 120.0
BACK_TARGET_S: Final = 30.0
RETURN_TARGET_S: Final = 30.0
PATIENCE_S: Final = 240.0
SPACE: Final = "apps"
APP: Final = "meters"
SUM: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@dataclass(frozen=True)
class Sizes:
    """How many nodes, and how many of them are not heard from."""

    nodes: int = NODES
    offline: int = OFFLINE

    @property
    def heard(self) -> int:
        """How many are heard from."""
        return self.nodes - self.offline


def app(mode: str) -> dict[str, Any]:
    """Return the app; mode ``crash`` crashes wherever it starts."""
    wheel = {"package": "meters", "version": "1.0", "sha256": SUM, "module": "meters"}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": EDGE_APP.name,
        "metadata": {"name": APP, "namespace": SPACE},
        "spec": {
            "artifact": {"type": "Wheel", "wheel": wheel},
            "settings": [{"name": "MODE", "value": mode}],
            "resources": [{"name": "cpu", "quantity": "100m"}],
            "tenant": "energy",
            "selector": {"places": ["51"]},
            "rollout": {"healthWindow": f"{WINDOW_S}s", "maxUnavailable": AT_ONCE},
        },
    }


def behaves(told_of: Any) -> int:
    """Return how an app is on a node."""
    crashes = told_of.settings["MODE"] == "crash"
    return app_pb2.APP_STATE_FAILED if crashes else app_pb2.APP_STATE_READY


class Rollouts:
    """The app, and what nodes were told of it."""

    def __init__(self, client: Client, fleet: FleetStandIn) -> None:
        self._client, self._fleet = client, fleet

    async def put(self, mode: str) -> None:
        """Apply the app."""
        await self._client.request(
            "PATCH",
            EDGE_APP,
            EDGE_APP.path(SPACE, APP),
            params={"fieldManager": "engineer", "force": "true"},
            body=app(mode),
            content="application/apply-patch+yaml",
        )

    async def says(self, kind: str, status: str) -> float:
        """Return the seconds until it has a condition."""
        began = time.perf_counter()
        while True:
            found = await self._client.get(EDGE_APP, SPACE, APP)
            listed = (found.get("status") or {}).get("conditions") or ()
            if any(one["type"] == kind and one["status"] == status for one in listed):
                return time.perf_counter() - began
            if time.perf_counter() - began > PATIENCE_S:
                raise TimeoutError(f"{kind}={status} does not come: {listed}")
            await asyncio.sleep(0.1)

    def running(self, mode: str) -> int:
        """Return how many nodes run a mode, and have said so of the plan that they have."""
        return sum(
            plan.report.generation == plan.generation
            and any(one.settings["MODE"] == mode for one in plan.apps)
            for plan in self._fleet.plans.values()
        )

    async def until(self, condition: Callable[[], bool]) -> float:
        """Return the seconds until something holds."""
        began = time.perf_counter()
        while not condition():
            if time.perf_counter() - began > PATIENCE_S:
                raise TimeoutError(f"{self.running('one')}, {self.running('crash')}")
            await asyncio.sleep(0.05)
        return time.perf_counter() - began

    async def there_and_back(self, bad: str, good: str, nodes: int) -> float:
        """Apply what crashes; return the seconds until all run what they ran before.

        That it was ever there is told by what nodes were told: it is gone again within two looks.
        """
        began = time.perf_counter()
        await self.put(bad)
        await self.until(
            lambda: self.harmed(2) > 0 and self.running(bad) == 0 and self.running(good) == nodes
        )
        return time.perf_counter() - began

    def harmed(self, revision: int) -> int:
        """Return how many nodes were ever told of a revision."""
        return len(
            {node for node, name, number in self._fleet.told if (name, number) == (APP, revision)}
        )


async def rolled(client: Client, plane: ControlPlane, sizes: Sizes) -> dict[str, float]:
    """Return the figures."""
    found = dict[str, float]()
    async with fleet_stand_in() as (fleet, address):
        fleet.runs = behaves
        manifests = [manifest(SPACE, n) for n in range(sizes.nodes)]
        known(fleet, manifests)
        names = [one["metadata"]["name"] for one in manifests]
        away = names[: sizes.offline]
        fleet.seen(away, node_pb2.PRESENCE_OFFLINE)
        environment = environment_of(plane, address, SPACE, free_port())
        watched, apps = Watched(client, SPACE), Rollouts(client, fleet)

        async def rolls() -> None:
            await apply(client, manifests)
            await watched.until(lambda one: says(one, "Ready", "True"), sizes.heard)
            await apps.put("one")
            found["good_s"] = await apps.says("Progressing", "False")
            assert apps.running("one") == sizes.heard
            found["back_s"] = await apps.there_and_back("crash", "one", sizes.heard)
            found["harmed"] = apps.harmed(2)
            await apps.says("RolledBack", "True")
            fleet.seen(away, node_pb2.PRESENCE_ONLINE)
            found["return_s"] = await apps.until(lambda: apps.running("one") == sizes.nodes)

        log = plane.folder / "operators.log"
        with child(["-m", "operators"], log, **environment) as operator:
            await operator.during(rolls())
        await watched.close()
    return found


async def measure(plane: ControlPlane, sizes: Sizes) -> list[dict[str, Any]]:
    """Return all figures."""
    async with Client(from_kubeconfig(account(plane, APPLIER)), Measures()) as client:
        found = await rolled(client, plane, sizes)
    least_s = float(-(-sizes.heard // AT_ONCE) * WINDOW_S)
    rows = (
        (
            f"rollouts.{sizes.nodes}_nodes_{sizes.offline}_offline",
            "good_s",
            "s",
            least_s,
            ROLLOUT_TARGET_S,
        ),
        ("rollouts.bad_revision_harmed", "harmed", "nodes", float(AT_ONCE), float(AT_ONCE)),
        ("rollouts.bad_revision_gone", "back_s", "s", None, BACK_TARGET_S),
        (f"rollouts.{sizes.offline}_nodes_returned", "return_s", "s", None, RETURN_TARGET_S),
    )
    return [
        {
            "name": name,
            "value": round(found[key], 2),
            "unit": unit,
            "baseline": baseline,
            "ratio": None if baseline is None else round(found[key] / baseline, 2),
            "target": target,
            "met": found[key] <= target,
        }
        for name, key, unit, baseline, target in rows
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--offline", type=int, default=OFFLINE)
    asked = parser.parse_args()
    # An end by a signal is an orderly one: no server outlives it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory(prefix="tianfu-bench-") as folder,
        control_plane(Path(folder)) as plane,
    ):
        install(plane, SPACE)
        told(asyncio.run(measure(plane, Sizes(asked.nodes, asked.offline))))


if __name__ == "__main__":
    main()
