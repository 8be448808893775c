"""What the API server alone takes for a node: ``python -m bench.api_server``.

No operator: each node is made by one request and described by one merge patch of its status, as the
EdgeNode operator writes it, and one watch hears of both. Nobody can have ten thousand nodes Ready
by less, so what this takes is the floor under ``bench.operators``: of two cores' 60 s, 12 ms a
node. ``--nodes`` makes it smaller.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psutil

from bench.operator_process import Watched
from bench.operators import (
    APPLIER,
    APPLIERS,
    CORES,
    GARBAGE_PERCENT,
    NODES,
    ONLINE_TARGET_S,
    account,
    apply,
    install,
    manifest,
    says,
    spent,
    told,
)
from operators.kube.client import MERGE, Client
from operators.kube.connection import from_kubeconfig
from operators.kube.kinds import EDGE_NODE
from operators.kube.measures import Measures
from tools.local_cluster import ControlPlane, control_plane

SPACE: Final = "floor"
WHEN: Final = "2026-01-01T00:00:00Z"
SAID: Final = (
    ("Connected", "HeardFrom", "it is heard from"),
    ("Enrolled", "DeviceEnrolled", "a device has credentials"),
    ("Ready", "Ready", "it does what it is to do"),
    ("Synced", "Synced", "what is wanted is where it has to be"),
)


def status() -> dict[str, Any]:
    """Return what the operator says of a node that is Ready."""
    conditions = [
        {
            "type": kind,
            "status": "True",
            "reason": reason,
            "message": message,
            "observedGeneration": 1,
            "lastTransitionTime": WHEN,
        }
        for kind, reason, message in SAID
    ]
    return {"observedGeneration": 1, "agentVersion": "0.1.0", "conditions": conditions}


async def describe(client: Client, manifests: list[dict[str, Any]]) -> None:
    """Write the status of each, some at a time."""
    places, body = asyncio.Semaphore(APPLIERS), {"status": status()}

    async def one(name: str) -> None:
        async with places:
            path = EDGE_NODE.path(SPACE, name, "status")
            await client.request("PATCH", EDGE_NODE, path, body=body, content=MERGE)

    await asyncio.gather(*(one(given["metadata"]["name"]) for given in manifests))


async def measure(plane: ControlPlane, nodes: int) -> list[dict[str, Any]]:
    """Return what each node took."""
    servers, own = [psutil.Process(pid) for pid in plane.processes], psutil.Process()
    manifests = [manifest(SPACE, n) for n in range(nodes + 1)]
    async with Client(from_kubeconfig(account(plane, APPLIER)), Measures()) as client:
        watched = Watched(client, SPACE)
        await apply(client, manifests[:1])
        await describe(client, manifests[:1])
        await watched.until(lambda one: says(one, "Ready", "True"), 1)
        steps, marks = (apply, describe), []
        began = time.perf_counter()
        for step in steps:
            marks.append((spent(*servers), spent(own)))
            await step(client, manifests[1:])
        await watched.until(lambda one: says(one, "Ready", "True"), nodes + 1)
        marks.append((spent(*servers), spent(own)))
        taken_s = time.perf_counter() - began
        await watched.close()
    made, described = (
        (after[0] - before[0]) / nodes * 1000 for before, after in itertools.pairwise(marks)
    )
    client_ms = (marks[-1][1] - marks[0][1]) / nodes * 1000
    budget_ms = ONLINE_TARGET_S * CORES / NODES * 1000
    rows = (
        ("made_cpu_a_node", made, "ms", budget_ms),
        ("described_cpu_a_node", described, "ms", budget_ms),
        ("client_cpu_a_node", client_ms, "ms", budget_ms),
        ("all_cpu_a_node", made + described + client_ms, "ms", budget_ms),
        (f"{nodes}_nodes", taken_s, "s", ONLINE_TARGET_S),
    )
    return [
        {
            "name": f"api_server.{name}",
            "value": round(value, 2),
            "unit": unit,
            "baseline": None,
            "ratio": None,
            "target": target,
            "met": value <= target,
        }
        for name, value, unit, target in rows
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES)
    given = parser.parse_args()
    # An end by a signal is an orderly one: no server outlives it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory(prefix="tianfu-bench-") as folder,
        control_plane(Path(folder), garbage_percent=GARBAGE_PERCENT) as plane,
    ):
        install(plane, SPACE)
        told(asyncio.run(measure(plane, given.nodes)))


if __name__ == "__main__":
    main()
