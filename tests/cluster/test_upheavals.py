"""EdgeNode while its cluster changes: server restarted, kind upgraded, two operators that act."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
import yaml

from operators.edgenode.children import Config
from operators.edgenode.handlers import EdgeNodes, Entrance
from operators.kube.kinds import EDGE_NODE, Key
from tests.cluster.test_edge_nodes import NAMESPACE, ONLINE, Stage, gateway, stage
from tests.support.control_plane import CRDS, ControlPlane
from tests.support.fleet_stand_in import fleet_client, fleet_stand_in
from tests.support.operators import (
    WAIT_S,
    an_operator,
    connection_of,
    empty_of_nodes,
    in_thread,
    make_namespace,
    patched,
    running,
    sample,
)
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
KIND = next(path for path in CRDS.glob("*.yaml") if path.name == "edgenodes.yaml")
NAMES = [f"gw-upheaval-{n}" for n in range(4)]


@pytest.fixture(scope="module")
def plane(cluster: ControlPlane) -> ControlPlane:
    make_namespace(cluster, NAMESPACE)
    return cluster


async def until_calm(on: Stage) -> float:
    """Return how many writes were made, once nothing is left to do."""
    await until(on.operator.controllers[EDGE_NODE].queue.is_idle, WAIT_S)
    return sample(on.operator, "tianfu_operator_writes_total")


async def test_the_api_server_is_restarted_under_a_running_operator(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        for name in NAMES[:2]:
            await on.apply(gateway(name))
        await until(lambda: set(NAMES[:2]) <= set(on.fleet.nodes), WAIT_S)
        on.fleet.seen(NAMES[:2], ONLINE)
        for name in NAMES[:2]:
            await on.comes(name, "Ready", "True", "Ready")
        await until_calm(on)

        await in_thread(plane.stop_apiserver)
        # What happens meanwhile is caught up with.
        on.fleet.seen(NAMES[:1], ONLINE, version="0.0.9")
        await in_thread(plane.start_apiserver)
        await on.apply(gateway(NAMES[2]))
        await on.comes(NAMES[0], "Synced", "False", "AgentOutdated")
        await on.comes(NAMES[2], "Enrolled", "False", "AwaitingDevice")
        assert on.fleet.calls.count("CreateNode") == 3, "each is registered once"
        failed = {"outcome": "defect"}
        assert sample(on.operator, "tianfu_operator_reconciles_total", **failed) == 0
        await on.kubectl("delete", "en", *NAMES[:3])


async def test_a_kind_is_upgraded_under_a_running_operator(plane: ControlPlane) -> None:
    newer = yaml.safe_load(KIND.read_text(encoding="utf-8"))
    (version,) = newer["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    note = {"type": "string", "maxLength": 64, "description": "A field that is to come."}
    spec["properties"]["maintainer"] = note
    async with stage(plane) as on:
        await on.apply(gateway(NAMES[0]))
        await on.comes(NAMES[0], "Enrolled", "False", "AwaitingDevice")
        calm = await until_calm(on)
        for schema in (newer, yaml.safe_load(KIND.read_text(encoding="utf-8"))):
            text = json.dumps(schema)
            done = await in_thread(
                lambda text=text: plane.kubectl(
                    "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text
                )
            )
            assert done.status == 0, done.err
            if schema is newer:
                await until(lambda: in_thread(_takes, plane), WAIT_S)
                await on.comes(NAMES[1], "Enrolled", "False", "AwaitingDevice")
                await until(lambda: in_thread(_is_known_whole, plane, on), WAIT_S)
        # Back at the schema that the operator was made for, with an object of the newer one there.
        on.fleet.seen(NAMES[:2], ONLINE)
        for name in NAMES[:2]:
            await on.comes(name, "Ready", "True", "Ready")
        assert calm >= 2
        await on.kubectl("delete", "en", *NAMES[:2])


def _is_known_whole(plane: ControlPlane, on: Stage) -> bool:
    """Say whether a running operator sees the new field, in one change after the other.

    A watch that began before the upgrade shows objects by the old schema until the server ends it.
    """
    there = on.operator.caches[EDGE_NODE].get(Key(NAMESPACE, NAMES[1])) or {"spec": {}}
    if there["spec"].get("maintainer") == "ward 3":
        return True
    patched(plane, "en", NAMESPACE, NAMES[1], {"spec": {"displayName": f"{time.monotonic_ns()}"}})
    return False


def _takes(plane: ControlPlane) -> bool:
    """Say whether the upgraded kind is served: the server takes it up within a moment."""
    given = gateway(NAMES[1], maintainer="ward 3")
    answer = plane.kubectl("apply", "--validate=strict", "-f", "-", stdin=json.dumps(given))
    return answer.status == 0


async def test_two_that_both_believe_to_lead_come_to_one_end_and_to_rest(
    plane: ControlPlane,
) -> None:
    await in_thread(empty_of_nodes, plane, NAMESPACE)
    async with (
        fleet_stand_in() as (servicer, address),
        fleet_client(address) as one_fleet,
        fleet_client(address) as other_fleet,
        an_operator(connection_of(plane), NAMESPACE) as one,
        an_operator(connection_of(plane), NAMESPACE, instance="other") as other,
    ):
        for operator, fleet in ((one, one_fleet), (other, other_fleet)):
            EdgeNodes(operator, fleet, Config({"Stable": "0.1.0"}), Entrance())
        async with running(one), running(other):
            on = Stage(plane, one, servicer)
            for name in NAMES:
                await on.apply(gateway(name))
            await until(lambda: set(NAMES) <= set(servicer.nodes), WAIT_S)
            servicer.seen(NAMES, ONLINE)
            for name in NAMES:
                await on.comes(name, "Ready", "True", "Ready")
            queues = [each.controllers[EDGE_NODE].queue for each in (one, other)]

            def rests() -> bool:
                return all(queue.is_idle() for queue in queues)

            await until(rests, WAIT_S)
            before = [sample(each, "tianfu_operator_writes_total") for each in (one, other)]
            for queue in queues:
                for name in NAMES:
                    queue.wake(Key(NAMESPACE, name))
            await until(rests, WAIT_S)
            await asyncio.sleep(0)
            after = [sample(each, "tianfu_operator_writes_total") for each in (one, other)]
            assert after == before, "neither undoes what the other has written"
            await on.kubectl("delete", "en", *NAMES)
            assert set(NAMES).isdisjoint(servicer.nodes)
