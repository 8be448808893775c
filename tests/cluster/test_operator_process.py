"""The operators as processes with the rights of their account: two of them, killed, in storms."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from operators import rights
from operators.edgenode.children import Config
from operators.edgenode.handlers import EdgeNodes, Entrance
from operators.kube.kinds import EDGE_NODE, Key
from operators.kube.measures import Measures
from operators.kube.operator import Operator, Scope
from operators.settings import Shard
from tests.support.control_plane import ControlPlane, control_plane
from tests.support.dying import Dying, Killed
from tests.support.fleet_stand_in import fleet_client, fleet_stand_in
from tests.support.operators import (
    WAIT_S,
    connection_of,
    empty_of_nodes,
    in_thread,
    make_namespace,
    sample,
)
from tests.support.waiting import until
from tools.kube import NAMESPACE as SYSTEM
from tools.kube import as_account, asked, install, must
from tools.ports import free_port

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
TAKEOVER_S = 20.0
ROOT = Path(__file__).parents[2]
ACCOUNT = f"system:serviceaccount:{SYSTEM}:{rights.NAME}"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Yield a control plane of our own, with the rights on it.

    The policies put finalizers on what other tests make, where nobody takes them off; and
    operators that serve every namespace would serve what other tests have left.
    """
    with control_plane(tmp_path_factory.mktemp("operator-process")) as made:
        install(made)
        yield made


@pytest.fixture
def namespace_of(plane: ControlPlane) -> Iterator[Callable[[str], str]]:
    """Yield what makes a namespace; what is in it is gone after the test, whoever held it."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(make_namespace(plane, name))
        return name

    yield make
    for name in made:
        empty_of_nodes(plane, name)


def gateway(namespace: str, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "edge.tianfu.dev/v1alpha1",
        "kind": "EdgeNode",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "class": "Gateway",
            "place": "510105",
            "gateway": {"model": "Raspberry Pi 5"},
            "runtime": {"type": "Standalone"},
        },
    }


def applied(plane: ControlPlane, namespace: str, *names: str) -> None:
    made = [gateway(namespace, name) for name in names]
    must(plane, "apply", "-f", "-", stdin="\n---\n".join(map(json.dumps, made)))


# -- rights -----------------------------------------------------------------------------------

ALLOWED = [
    f"{verb} {kind.plural}{'.' + kind.group if kind.group else ''}{'/' + sub if sub else ''}"
    for kind, sub, verbs in rights.USED
    for verb in verbs
    # One of each sort: that the table is what is granted is the same code for all.
    if verb in {"patch", "create"}
]
REFUSED = (
    "delete edgenodes.edge.tianfu.dev",
    "create capacityclaims.edge.tianfu.dev",
    "get pods",
    "create pods",
    "get nodes",
    "patch clusterroles.rbac.authorization.k8s.io",
    "get leases.coordination.k8s.io",
    "impersonate users",
)


def can(plane: ControlPlane, what: str, namespace: str) -> bool:
    verb, _, resource = what.partition(" ")
    resource, _, sub = resource.partition("/")
    more = (f"--subresource={sub}",) if sub else ()
    answer = plane.kubectl(
        "auth", "can-i", verb, resource, *more, f"--as={ACCOUNT}", "-n", namespace
    )
    return answer.out.strip() == "yes"


@pytest.mark.parametrize("what", ALLOWED)
def test_what_operators_do_is_granted(plane: ControlPlane, what: str) -> None:
    assert can(plane, what, "default")


@pytest.mark.parametrize("what", REFUSED)
def test_what_they_do_not_do_is_refused(plane: ControlPlane, what: str) -> None:
    assert not can(plane, what, "default")


def test_the_lease_is_theirs_in_their_own_namespace_only(plane: ControlPlane) -> None:
    assert can(plane, "update leases.coordination.k8s.io", SYSTEM)
    assert not can(plane, "delete leases.coordination.k8s.io", SYSTEM)


def test_finalizers_are_there_at_birth(
    plane: ControlPlane, namespace_of: Callable[[str], str]
) -> None:
    namespace_of("birth")
    applied(plane, "birth", "gw-born")
    found = plane.get("en", "gw-born", "birth")["metadata"]["finalizers"]
    assert found == ["edge.tianfu.dev/node"]
    shown = yaml.safe_load((ROOT / "examples" / "operators" / "edge-app.yaml").read_text("utf-8"))
    shown["metadata"]["namespace"] = "birth"
    born = must(plane, "create", "--dry-run=server", "-ojson", "-f", "-", stdin=json.dumps(shown))
    assert json.loads(born)["metadata"]["finalizers"] == ["edge.tianfu.dev/app"]


# -- two processes ----------------------------------------------------------------------------


@dataclass
class Replica:
    """An operator process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def leads(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        return "tianfu_operator_leading 1.0" in asked(self.port, "metrics")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        return asked(self.port, "readyz") == "ok"


@contextlib.contextmanager
def replica(plane: ControlPlane, fleet: str, folder: Path, name: str, **more: str) -> Any:
    port, log = free_port(), folder / f"{name}.log"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "proto"))),
        "KUBECONFIG": str(as_account(plane, folder)),
        "TIANFU_FLEET_ADDRESS": fleet,
        "TIANFU_FLEET_PLAIN": "1",
        "TIANFU_PROBE_PORT": str(port),
        "TIANFU_CHANNELS": "Stable=0.1.0",
        **more,
    }
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "operators"],
            env=environment,
            stdout=file,
            stderr=file,
            cwd=ROOT,
        )
    try:
        yield Replica(process, port, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


async def test_a_replica_takes_over_in_time_when_the_leader_is_killed(
    plane: ControlPlane, namespace_of: Callable[[str], str], tmp_path: Path
) -> None:
    namespace = namespace_of("takeover")
    only = {"TIANFU_NAMESPACES": namespace}
    async with fleet_stand_in() as (servicer, address):
        with (
            replica(plane, address.address, tmp_path, "first", **only) as first,
            replica(plane, address.address, tmp_path, "second", **only) as second,
        ):
            both = (first, second)
            await until(lambda: in_thread(lambda: any(one.leads() for one in both)), WAIT_S)
            await until(lambda: in_thread(lambda: all(one.is_ready() for one in both)), WAIT_S)
            leading = [one for one in both if await in_thread(one.leads)]
            assert len(leading) == 1
            await in_thread(applied, plane, namespace, "gw-before")
            await until(lambda: "gw-before" in servicer.nodes, WAIT_S)

            leader = leading[0]
            other = second if leader is first else first
            leader.process.send_signal(signal.SIGKILL)
            began = time.monotonic()
            await in_thread(applied, plane, namespace, "gw-after")
            await until(lambda: in_thread(other.leads), WAIT_S)
            took = time.monotonic() - began
            await until(lambda: "gw-after" in servicer.nodes, WAIT_S)
            assert took <= TAKEOVER_S
            assert servicer.calls.count("CreateNode") == 2, "each node is registered once"

            other.process.send_signal(signal.SIGTERM)
            assert await in_thread(other.process.wait, WAIT_S) == 0
            lease = await in_thread(must, plane, "get", "lease", "-n", SYSTEM, "-ojson")
            holders = [one["spec"].get("holderIdentity") for one in json.loads(lease)["items"]]
            assert "" in holders, "who stops gives the lease back"


def served_by(index: int) -> str:
    """Return a namespace that is that shard's, of two."""
    names = (f"shard-{letter}" for letter in "abcdefghijklmnop")
    return next(name for name in names if Shard(index, 2).serves(name))


async def test_two_active_shards_act_on_their_own_namespaces_only(
    plane: ControlPlane, namespace_of: Callable[[str], str], tmp_path: Path
) -> None:
    spaces = [namespace_of(served_by(index)) for index in (0, 1)]
    async with fleet_stand_in() as (servicer, address):
        with (
            replica(plane, address.address, tmp_path, "zero", TIANFU_SHARD="0/2") as zero,
            replica(plane, address.address, tmp_path, "one", TIANFU_SHARD="1/2") as one,
        ):
            both = (zero, one)
            await until(lambda: in_thread(lambda: all(each.leads() for each in both)), WAIT_S)
            ours = {space: {f"gw-of-{space}-{number}" for number in (1, 2)} for space in spaces}
            for space in spaces:
                await in_thread(applied, plane, space, *sorted(ours[space]))
            everyone = set().union(*ours.values())
            await until(lambda: everyone <= set(servicer.nodes), WAIT_S)

            def said() -> bool:
                listed = json.loads(must(plane, "get", "en", "-A", "-ojson"))["items"]
                found = [each for each in listed if each["metadata"]["namespace"] in spaces]
                return len(found) == len(everyone) and all("status" in each for each in found)

            await until(lambda: in_thread(said), WAIT_S)
            assert set(servicer.nodes) == everyone
            assert servicer.calls.count("CreateNode") == len(everyone), "each is registered once"
            for each in both:
                text = await in_thread(asked, each.port, "metrics")
                assert 'tianfu_operator_cached_objects{kind="EdgeNode"} 2.0' in text
                assert 'outcome="conflict"' not in text, "nobody else writes the same objects"
            # One that is gone leaves its own alone, and the other one goes on with its own.
            zero.process.kill()
            await in_thread(applied, plane, spaces[1], "gw-later")
            await in_thread(applied, plane, spaces[0], "gw-waits")
            await until(lambda: "gw-later" in servicer.nodes, WAIT_S)
            assert "gw-waits" not in servicer.nodes


async def test_a_process_says_what_it_lacks(
    plane: ControlPlane, namespace_of: Callable[[str], str], tmp_path: Path
) -> None:
    only = {"TIANFU_NAMESPACES": namespace_of("lacking")}
    nowhere = f"127.0.0.1:{free_port()}"
    with replica(plane, nowhere, tmp_path, "lacking", **only) as one:
        await until(lambda: in_thread(one.leads), WAIT_S)
        await asyncio.sleep(0)
        assert not await in_thread(one.is_ready), "there is no fleet service"
        assert await in_thread(asked, one.port, "healthz") == "ok", "a restart would not help"


def test_wrong_settings_are_said_at_once() -> None:
    for given, named in (
        ({}, "TIANFU_FLEET_ADDRESS"),
        ({"TIANFU_FLEET_ADDRESS": "f:1", "TIANFU_SHARD": "2/2"}, "TIANFU_SHARD"),
        ({"TIANFU_FLEET_ADDRESS": "f:1", "TIANFU_CHANNELS": "Beta=1"}, "TIANFU_CHANNELS"),
    ):
        path = os.pathsep.join((str(ROOT), str(ROOT / "proto")))
        ended = subprocess.run(
            [sys.executable, "-m", "operators"],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **given},
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
        )
        assert ended.returncode == 2
        assert named in ended.stderr
        assert "Traceback" not in ended.stderr


# -- kills between actions --------------------------------------------------------


@contextlib.asynccontextmanager
async def turn(
    plane: ControlPlane, fleet: Any, namespace: str, at: int, *, is_after: bool
) -> AsyncIterator[tuple[Operator, EdgeNodes]]:
    connection, measures = connection_of(plane), Measures()
    async with Dying(connection, measures, at=at, is_after=is_after) as client:
        operator = Operator(client, connection, measures, scope=Scope((namespace,)))
        handler = EdgeNodes(operator, fleet, Config({"Stable": "0.1.0"}), Entrance())
        for cache in operator.caches.values():
            await cache._list(namespace)
        yield operator, handler


async def test_killed_at_each_write_the_next_process_ends_what_was_begun(
    plane: ControlPlane, namespace_of: Callable[[str], str]
) -> None:
    namespace = namespace_of("killed")
    async with fleet_stand_in() as (servicer, address), fleet_client(address) as fleet:
        await until(fleet.synced.is_set, WAIT_S)
        deaths = 0
        for is_after in (False, True):
            for at in range(1, 20):
                key = Key(namespace, f"gw-{at}-{'after' if is_after else 'before'}")
                await in_thread(applied, plane, namespace, key.name)
                died = False
                async with turn(plane, fleet, namespace, at, is_after=is_after) as (_, handler):
                    try:
                        await handler.reconcile(key)
                    except Killed:
                        died, deaths = True, deaths + 1
                async with turn(plane, fleet, namespace, 0, is_after=False) as (operator, handler):
                    await handler.reconcile(key)
                    await handler.reconcile(key)
                    there = operator.caches[EDGE_NODE].get(key)
                    assert there is not None
                    reasons = {c["type"]: c["reason"] for c in there["status"]["conditions"]}
                    assert reasons["Enrolled"] == "AwaitingDevice"
                    assert there["metadata"]["finalizers"] == ["edge.tianfu.dev/node"]
                    assert servicer.calls.count("CreateNode") == len(servicer.nodes)
                    if is_after:
                        assert sample(operator, "tianfu_operator_writes_total") <= 2
                if not died:
                    break
            else:
                raise AssertionError("it never came to an end")
        # Secret and status, before and after each.
        assert deaths == 4
