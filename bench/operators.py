"""What the EdgeNode operator bears, on a real API server: ``python -m bench.operators``.

Beside it, in the same run and on the same server, Kopf with a handler that does nothing but write
one status, in the settings that let it go fastest (its own state in status, 200 workers). Both are
processes of their own; the API server has the same two cores. All of them, and who makes the nodes,
show the token of a ServiceAccount, as on a cluster: what the API server knows for some seconds,
where it would verify a client's certificate again for each request. Five questions:

- nodes applied while the operator runs: how long until the last says Ready=True, what of the
  processor the operator took for each, what etcd and the API server did, and by how many requests;
  and what all took together, of two cores' 60 s: who makes the nodes, and looks on, is part of it;
- heartbeats of all nodes, 1,667/s, of which the fleet tells what has changed: status writes/s;
- 500 nodes lost at once: how long until all of them, and nobody else, say so;
- memory of the operator with all nodes;
- another operator after a kill, with all nodes there: writes until it has looked at each.

The fleet service is a stand-in with the same RPCs, so that what is measured is the operator. The
API server may let its garbage grow to ``GARBAGE_PERCENT`` of what it holds, which takes a fifth off
its processor time at this size, for Kopf as for us. ``--nodes``, ``--kopf-nodes`` and ``--lost``
make it smaller, to try it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import kopf
import psutil
from prometheus_client.parser import text_string_to_metric_families

from bench.operator_process import PATIENCE_S, Child, Watched, child
from operators import rights
from operators.edgenode.api import parse
from operators.fleet.client import FleetAddress, encode_node
from operators.kube.client import Client
from operators.kube.connection import from_kubeconfig
from operators.kube.failures import Conflict, Unavailable
from operators.kube.kinds import EDGE_NODE, GROUP, VERSION, Object
from operators.kube.kopf_wiring import settings as kopf_settings
from operators.kube.measures import Measures
from tests.support.fleet_stand_in import FleetStandIn, fleet_stand_in
from tianfu.fleet.v1 import node_pb2
from tools import kube
from tools.local_cluster import ControlPlane, control_plane
from tools.ports import free_port

NODES: Final = 10_000
KOPF_NODES: Final = 2_000
LOST: Final = 500
COUNTIES: Final = 183
HEARTBEATS_PER_S: Final = 1_667
HEARTBEATS_S: Final = 10.0
APPLIERS: Final = 16
APPLIER: Final = "applier"
"""The account of who makes the nodes."""

ATTEMPTS: Final = 30
ONLINE_TARGET_S: Final = 60.0
CORES: Final = 2
"""What the target is stated for."""

WRITES_TARGET_PER_S: Final = 1.0
LOST_TARGET_S: Final = 30.0
GARBAGE_PERCENT: Final = 500
SERVERS_MARGIN: Final = 1.3
"""Times what the handler that does nothing costs the control plane: four conditions and a version
are more than a version, and a watch of our own stands beside Kopf's."""

REQUESTS_MARGIN: Final = 1.1
"""Times its requests: one makes the node, one says how it is; leases and looks come on top."""

MEMORY_TARGET_MIB: Final = 600.0
CHANNELS: Final = {"Stable": "0.1.0"}


@dataclass(frozen=True)
class Sizes:
    """How many of what."""

    nodes: int = NODES
    kopf_nodes: int = KOPF_NODES
    lost: int = LOST


def manifest(namespace: str, number: int) -> dict[str, Any]:
    """Return a gateway."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": EDGE_NODE.name,
        "metadata": {
            "name": f"{namespace}-{number:05}",
            "namespace": namespace,
            "labels": {"feeder": f"f-{number % 50}"},
        },
        "spec": {
            "class": "Gateway",
            "place": f"51{number % COUNTIES // 20 + 1:02}{number % 20 + 1:02}",
            "displayName": f"Gateway {number}",
            "gateway": {"model": "Raspberry Pi 5", "serial": f"{number:016x}"},
            "runtime": {"type": "Standalone"},
            "capacity": [{"name": "cpu", "quantity": "4"}, {"name": "memory", "quantity": "8Gi"}],
        },
    }


def known(fleet: FleetStandIn, manifests: list[dict[str, Any]]) -> None:
    """Have the fleet know the nodes already, and hear from them."""
    for one in manifests:
        registration = parse(one).registration(CHANNELS)
        node = encode_node(registration)
        node.name = f"nodes/{registration.node_id}"
        node.presence, node.agent_version = node_pb2.PRESENCE_ONLINE, "0.1.0"
        fleet.nodes[registration.node_id] = node


# -- the two that are compared ------------------------------------------------------------------


def run_kopf(kubeconfig: Path) -> None:
    """Run a Kopf operator that writes one status a node, and nothing else."""
    connection = from_kubeconfig(kubeconfig)
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(
            server=connection.server,
            ca_path=str(connection.authority),
            scheme="Bearer",
            token=connection.token,
        )

    @kopf.on.create(GROUP, VERSION, EDGE_NODE.plural, registry=registry)
    async def create(patch: kopf.Patch, **_: Any) -> None:
        patch.status["agentVersion"] = "0.1.0"

    fast = kopf_settings()
    fast.persistence.progress_storage = kopf.StatusProgressStorage()
    fast.persistence.diffbase_storage = kopf.StatusDiffBaseStorage()
    asyncio.run(
        kopf.operator(registry=registry, settings=fast, namespaces=["kopf"], standalone=True)
    )


def account(plane: ControlPlane, name: str) -> Path:
    """Return the kubeconfig of an account that ``install`` has made."""
    return plane.folder / f"{name}.kubeconfig"


# -- measuring ------------------------------------------------------------------------------------


def says(one: Object, kind: str, status: str) -> bool:
    """Say whether a node has a condition."""
    conditions = (one.get("status") or {}).get("conditions") or ()
    return any(c["type"] == kind and c["status"] == status for c in conditions)


async def apply(client: Client, manifests: list[dict[str, Any]]) -> None:
    """Make nodes, some at a time."""
    places = asyncio.Semaphore(APPLIERS)

    async def make(one: dict[str, Any]) -> None:
        async with places:
            path = EDGE_NODE.path(one["metadata"]["namespace"])
            for _ in range(ATTEMPTS):
                try:
                    await client.request("POST", EDGE_NODE, path, body=one)
                except Conflict:
                    pass  # not answered in time and repeated, it had been heard before
                except Unavailable:
                    # A server that has just taken up kinds does not know them for moments.
                    await asyncio.sleep(1.0)
                    continue
                return
            raise TimeoutError(f"{one['metadata']['name']} was not taken")

    await asyncio.gather(*map(make, manifests))


def spent(*processes: psutil.Process) -> float:
    """Return the seconds of processor time that processes have taken."""
    times = [one.cpu_times() for one in processes]
    return float(sum(one.user + one.system for one in times))


class Spent:
    """What a number of nodes has taken since: of the operator, and of the control plane."""

    def __init__(self, plane: ControlPlane, operator: psutil.Process) -> None:
        self._plane, self._operator, self._own = plane, operator, psutil.Process()
        self._servers = [psutil.Process(pid) for pid in plane.processes]
        self._began_s, self._cpu_s = time.perf_counter(), spent(operator)
        self._own_s = spent(self._own)
        self._servers_s, self._requests = spent(*self._servers), requests(plane)

    def figures(self, nodes: int) -> dict[str, float]:
        """Return seconds, and what each node took."""
        taken_s = time.perf_counter() - self._began_s
        operator_ms = (spent(self._operator) - self._cpu_s) / nodes * 1000
        servers_ms = (spent(*self._servers) - self._servers_s) / nodes * 1000
        return {
            "ready_s": taken_s,
            "cpu_ms": operator_ms,
            "servers_ms": servers_ms,
            "all_ms": operator_ms + servers_ms + (spent(self._own) - self._own_s) / nodes * 1000,
            "requests": (requests(self._plane) - self._requests) / nodes,
        }


def requests(plane: ControlPlane) -> float:
    """Return how many requests about objects the API server has answered, watches apart."""
    with urllib.request.urlopen(f"{plane.url}/metrics", timeout=60, context=plane.tls()) as answer:  # noqa: S310 - our own
        text = answer.read().decode()
    lines = (one for one in text.splitlines() if one.startswith("apiserver_request_total{"))
    return sum(float(one.rsplit(" ", 1)[1]) for one in lines if 'verb="WATCH"' not in one)


async def kopf_rate(client: Client, plane: ControlPlane, number: int) -> dict[str, float]:
    """Return the figures of the do-nothing handler, from apply to status."""
    manifests = [manifest("kopf", n) for n in range(number)]
    watched = Watched(client, "kopf")
    arguments = ["-m", "bench.operators", "--kopf", str(account(plane, rights.NAME))]

    async def measured(operator: Child) -> dict[str, float]:
        await apply(client, [manifest("kopf", number)])
        await watched.until(lambda one: "agentVersion" in (one.get("status") or {}), 1)
        since = Spent(plane, operator.process)
        await apply(client, manifests)
        await watched.until(lambda one: "agentVersion" in (one.get("status") or {}), number + 1)
        return since.figures(number)

    with child(arguments, plane.folder / "kopf.log") as operator:
        found = await operator.during(measured(operator))
    await watched.close()
    return found


def writes(port: int) -> float:
    """Return how many writes the operator has made."""
    return counted(port, "tianfu_operator_writes_total")


def counted(port: int, name: str, **labels: str) -> float:
    """Return a sample of the operator's metrics, summed over the labels that are not named."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def looked_at_all(port: int, number: int) -> None:
    """Return once an operator that has just begun has reconciled every node."""

    def done() -> float:
        with contextlib.suppress(urllib.error.URLError, OSError):
            reconciles = "tianfu_operator_reconciles_total"
            return counted(port, reconciles, kind=EDGE_NODE.name, outcome="done")
        return 0.0

    began = time.perf_counter()
    while await asyncio.to_thread(done) < number:
        if time.perf_counter() - began > PATIENCE_S:
            raise TimeoutError("the second operator did not look at all nodes")
        await asyncio.sleep(0.25)


def environment_of(
    plane: ControlPlane, address: FleetAddress, namespace: str, port: int
) -> dict[str, str]:
    """Return what an operator is told."""
    return {
        "KUBECONFIG": str(account(plane, rights.NAME)),
        "TIANFU_FLEET_ADDRESS": address.address,
        "TIANFU_FLEET_PLAIN": "1",
        "TIANFU_NAMESPACES": namespace,
        "TIANFU_CHANNELS": "Stable=0.1.0",
        "TIANFU_PROBE_PORT": str(port),
    }


async def beats(fleet: FleetStandIn, names: list[str]) -> float:
    """Have all nodes' heartbeats come in for a while; return for how many seconds.

    The fleet tells of a node when what it knows of it has changed, presence or not.
    """
    began, number = time.perf_counter(), 0
    while time.perf_counter() - began < HEARTBEATS_S:
        batch = [names[(number + n) % len(names)] for n in range(HEARTBEATS_PER_S)]
        fleet.seen(batch, node_pb2.PRESENCE_ONLINE)
        number += HEARTBEATS_PER_S
        await asyncio.sleep(max(0.0, number / HEARTBEATS_PER_S - time.perf_counter() + began))
    return time.perf_counter() - began


async def ours(
    client: Client,
    plane: ControlPlane,
    known_by: tuple[FleetStandIn, FleetAddress],
    sizes: Sizes,
) -> dict[str, float]:
    """Return the operator's figures."""
    fleet, address = known_by
    manifests = [manifest("ours", n) for n in range(sizes.nodes)]
    known(fleet, manifests)
    names = [one["metadata"]["name"] for one in manifests]
    port, watched, found = free_port(), Watched(client, "ours"), dict[str, float]()
    environment = environment_of(plane, address, "ours", port)

    async def first(operator: Child) -> None:
        await apply(client, manifests[:1])
        await watched.until(lambda one: says(one, "Ready", "True"), 1)
        since = Spent(plane, operator.process)
        await apply(client, manifests[1:])
        await watched.until(lambda one: says(one, "Ready", "True"), sizes.nodes)
        found.update(since.figures(sizes.nodes))
        before = await asyncio.to_thread(writes, port)
        taken = await beats(fleet, names)
        found["writes_per_s"] = (await asyncio.to_thread(writes, port) - before) / taken
        lost, began = names[: sizes.lost], time.perf_counter()
        fleet.seen(lost, node_pb2.PRESENCE_OFFLINE)
        await watched.until(lambda one: says(one, "Connected", "False"), sizes.lost)
        found["lost_s"] = time.perf_counter() - began
        assert watched.count(lambda one: says(one, "Connected", "False")) == sizes.lost
        found["memory_mib"] = operator.process.memory_info().rss / 2**20

    log = plane.folder / "operators.log"
    with child(["-m", "operators"], log, **environment) as operator:
        await operator.during(first(operator))
    with child(["-m", "operators"], log, **environment) as operator:
        await operator.during(looked_at_all(port, sizes.nodes))
        found["restart_writes"] = await asyncio.to_thread(writes, port)
    await watched.close()
    return found


async def measure(plane: ControlPlane, sizes: Sizes) -> list[dict[str, Any]]:
    """Return all figures."""
    async with Client(from_kubeconfig(account(plane, APPLIER)), Measures()) as client:
        kopf_ = await kopf_rate(client, plane, sizes.kopf_nodes)
        async with fleet_stand_in() as known_by:
            found = await ours(client, plane, known_by, sizes)
    kopf_s = kopf_["ready_s"] * sizes.nodes / sizes.kopf_nodes
    beside = {name: kopf_[name] for name in ("cpu_ms", "servers_ms", "requests")}
    budget_ms = ONLINE_TARGET_S * CORES / NODES * 1000
    rows = (
        (f"operators.{sizes.nodes}_nodes_ready", "ready_s", "s", kopf_s, ONLINE_TARGET_S),
        *(
            (f"operators.{name}", key, unit, beside[key], beside[key] * margin)
            for name, key, unit, margin in (
                ("cpu_a_node", "cpu_ms", "ms", 1.0),
                ("control_plane_cpu_a_node", "servers_ms", "ms", SERVERS_MARGIN),
                ("requests_a_node", "requests", "requests", REQUESTS_MARGIN),
            )
        ),
        ("operators.all_cpu_a_node", "all_ms", "ms", kopf_["all_ms"], budget_ms),
        (
            f"operators.heartbeat_writes_of_{sizes.nodes}",
            "writes_per_s",
            "writes/s",
            None,
            WRITES_TARGET_PER_S,
        ),
        (f"operators.{sizes.lost}_nodes_lost", "lost_s", "s", None, LOST_TARGET_S),
        (f"operators.writes_after_restart_of_{sizes.nodes}", "restart_writes", "writes", None, 0.0),
        (f"operators.memory_{sizes.nodes}_nodes", "memory_mib", "MiB", None, MEMORY_TARGET_MIB),
    )
    return [
        {
            "name": name,
            "value": round(found[key], 2),
            "unit": unit,
            "baseline": None if baseline is None else round(baseline, 1),
            "ratio": None if baseline is None else round(found[key] / baseline, 2),
            "target": round(target, 2),
            "met": found[key] <= target,
        }
        for name, key, unit, baseline, target in rows
    ]


def install(plane: ControlPlane, *namespaces: str) -> None:
    """Put the kinds, their finalizers, accounts and namespaces on the API server."""
    kube.install(plane)
    for name in namespaces:
        kube.must(plane, "create", "namespace", name)
    who = f"--serviceaccount={kube.NAMESPACE}:{APPLIER}"
    kube.must(plane, "create", "serviceaccount", APPLIER, "-n", kube.NAMESPACE)
    kube.must(plane, "create", "clusterrolebinding", APPLIER, "--clusterrole=cluster-admin", who)
    for name in (APPLIER, rights.NAME):
        kube.as_account(plane, plane.folder, name)


def asked() -> Sizes:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--kopf-nodes", type=int, default=KOPF_NODES)
    parser.add_argument("--lost", type=int, default=LOST)
    found = parser.parse_args()
    return Sizes(found.nodes, found.kopf_nodes, found.lost)


def told(figures: list[dict[str, Any]]) -> None:
    """Print figures, for people and for programs."""
    for one in figures:
        beside = "" if one["baseline"] is None else f" (beside it: {one['baseline']})"
        print(f"{one['name']}: {one['value']} {one['unit']}{beside}, target {one['target']}")
    print(json.dumps(figures))


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--kopf"]:
        run_kopf(Path(sys.argv[2]))
        return
    sizes = asked()
    # An end by a signal is an orderly one: no server outlives it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory(prefix="tianfu-bench-") as folder,
        control_plane(Path(folder), garbage_percent=GARBAGE_PERCENT) as plane,
    ):
        install(plane, "kopf", "ours")
        told(asyncio.run(measure(plane, sizes)))


if __name__ == "__main__":
    main()
