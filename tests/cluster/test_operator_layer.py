"""What operators read and write by, on a real API server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from operators.kube.actions import Apply, Delete, Emit, EventType, WriteFinalizers, WriteStatus
from operators.kube.failures import Conflict, NotLeading, Refused
from operators.kube.kinds import CONFIG_MAP, EDGE_NODE, Key, key_of, uid_of
from operators.kube.operator import MANAGED
from tests.support.control_plane import ControlPlane
from tests.support.operators import (
    WAIT_S,
    an_operator,
    connection_of,
    in_thread,
    make_namespace,
    patched,
    running,
    sample,
)
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
NAMESPACE = "layer"
LABELS = {"app.kubernetes.io/managed-by": "tianfu"}


@pytest.fixture(scope="module")
def plane(cluster: ControlPlane) -> ControlPlane:
    make_namespace(cluster, NAMESPACE)
    return cluster


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": LABELS},
        "data": data,
    }


def gateway(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "edge.tianfu.dev/v1alpha1",
        "kind": "EdgeNode",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "class": "Gateway",
            "place": "510105",
            "gateway": {"model": "Raspberry Pi 5"},
            "runtime": {"type": "Standalone"},
            **spec,
        },
    }


@pytest.fixture(autouse=True)
def nothing_of_before(plane: ControlPlane) -> None:
    """Remove what the test before has left: tests count what is there, and come in any order."""
    gone = plane.kubectl("delete", "en,cm", "--all", "-n", NAMESPACE)
    assert gone.status == 0, gone.err


async def test_a_cache_follows_what_others_make_change_and_delete(plane: ControlPlane) -> None:
    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        nodes = operator.cache(EDGE_NODE, place=lambda one: [one["spec"]["place"]])
        heard: list[tuple[bool, bool]] = []
        await in_thread(plane.apply, gateway("before"))
        async with running(operator):
            assert nodes.get(Key(NAMESPACE, "before")) is not None
            nodes.subscribe(lambda before, after: heard.append((bool(before), bool(after))))
            await in_thread(plane.apply, gateway("later"))
            await until(lambda: len(nodes) == 2, WAIT_S)
            await in_thread(plane.apply, gateway("later", place="510104"))
            await until(lambda: len(nodes.by("place", "510104")) == 1, WAIT_S)
            await in_thread(plane.kubectl, "delete", "en", "later", "-n", NAMESPACE)
            await until(lambda: len(nodes) == 1, WAIT_S)

            assert nodes.by("place", "510104") == []
            assert heard == [(False, True), (True, True), (True, False)]
            assert operator.ailments() == []


async def test_an_object_is_made_once_and_set_back_when_somebody_edits_it(
    plane: ControlPlane,
) -> None:
    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        maps = operator.cache(CONFIG_MAP, MANAGED)
        wanted = Apply(config_map("child", settings="ours"))
        async with running(operator):
            for _ in range(3):
                await operator.execute([wanted])
            assert sample(operator, "tianfu_operator_writes_total") == 1

            await in_thread(
                patched, plane, "cm", NAMESPACE, "child", {"data": {"settings": "mine", "mine": ""}}
            )
            key = Key(NAMESPACE, "child")
            await until(lambda: (maps.get(key) or {})["data"]["settings"] == "mine", WAIT_S)
            await operator.execute([wanted])

            stored = await in_thread(plane.kubectl, "get", "cm", "child", "-n", NAMESPACE, "-ojson")
            assert '"settings": "ours"' in stored.out
            assert '"mine"' in stored.out, "what others add in fields of their own stays"

            there = maps.get(key)
            assert there is not None
            await operator.execute([Delete(CONFIG_MAP, key, "another-uid")])
            assert sample(operator, "tianfu_operator_writes_total", action="delete") == 0
            for _ in range(2):
                await operator.execute([Delete(CONFIG_MAP, key, uid_of(there))])
            await until(lambda: maps.get(key) is None, WAIT_S)


async def test_a_status_on_an_old_reading_is_refused(plane: ControlPlane) -> None:
    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        nodes = operator.cache(EDGE_NODE)
        await in_thread(plane.apply, gateway("statused"))
        async with running(operator):
            key = Key(NAMESPACE, "statused")
            old = nodes.get(key)
            assert old is not None
            await operator.execute([WriteStatus(EDGE_NODE, old, {"agentVersion": "0.1.0"})])
            new = nodes.get(key)
            assert new is not None
            assert new["status"] == {"agentVersion": "0.1.0"}, "the answer is in the cache at once"
            with pytest.raises(Conflict):
                await operator.execute([WriteStatus(EDGE_NODE, old, {"agentVersion": "0.2.0"})])
            writes = sample(operator, "tianfu_operator_writes_total")
            await operator.execute([WriteStatus(EDGE_NODE, new, {"agentVersion": "0.1.0"})])
            assert sample(operator, "tianfu_operator_writes_total") == writes
            with pytest.raises(Refused, match=r"status\.observedGeneration"):
                await operator.execute([WriteStatus(EDGE_NODE, new, {"observedGeneration": -1})])


async def test_finalizers_hold_an_object_until_they_are_taken_off(plane: ControlPlane) -> None:
    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        nodes = operator.cache(EDGE_NODE)
        await in_thread(plane.apply, gateway("held"))
        key = Key(NAMESPACE, "held")
        async with running(operator):
            there = nodes.get(key)
            assert there is not None
            await operator.execute([WriteFinalizers(EDGE_NODE, there, ("edge.tianfu.dev/node",))])
            await in_thread(plane.kubectl, "delete", "en", "held", "-n", NAMESPACE, "--wait=false")
            await until(
                lambda: "deletionTimestamp" in (nodes.get(key) or there)["metadata"], WAIT_S
            )
            going = nodes.get(key)
            assert going is not None
            await operator.execute([WriteFinalizers(EDGE_NODE, going, ())])
            assert nodes.get(key) is None
            gone = await in_thread(plane.kubectl, "get", "en", "held", "-n", NAMESPACE)
            assert "NotFound" in gone.err


async def test_an_event_is_recorded_once_for_an_occurrence(plane: ControlPlane) -> None:
    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        nodes = operator.cache(EDGE_NODE)
        await in_thread(plane.apply, gateway("told"))
        async with running(operator):
            there = nodes.get(Key(NAMESPACE, "told"))
            assert there is not None
            for occurrence in ("first", "first", "second"):
                note = f"taken back for {occurrence}"
                event = Emit(
                    EDGE_NODE, there, EventType.WARNING, "Preempted", "Revoke", note, occurrence
                )
                await operator.execute([event])
            said = await in_thread(
                plane.kubectl, "events", "-n", NAMESPACE, "--for", "edgenode/told"
            )
            assert said.out.count("Preempted") == 2, said


async def test_kopf_wakes_the_one_handler_and_failures_come_again(plane: ControlPlane) -> None:
    looked: list[Key] = []

    async def reconcile(key: Key) -> float | None:
        looked.append(key)
        if key.name == "stubborn" and looked.count(key) < 3:
            raise Conflict("somebody was quicker")
        return None

    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        operator.reconciles(EDGE_NODE, reconcile)
        with pytest.raises(ValueError, match="one handler a kind"):
            operator.reconciles(EDGE_NODE, reconcile)
        async with running(operator):
            await in_thread(plane.apply, gateway("stubborn"))
            await until(lambda: looked.count(Key(NAMESPACE, "stubborn")) >= 3, WAIT_S)
            conflicts = sample(operator, "tianfu_operator_reconciles_total", outcome="conflict")
            assert conflicts == 2


async def test_who_does_not_lead_writes_nothing(plane: ControlPlane) -> None:
    async with an_operator(connection_of(plane), NAMESPACE, leads=lambda: False) as operator:
        with pytest.raises(NotLeading):
            await operator.execute([Apply(config_map("unled"))])
    gone = await in_thread(plane.kubectl, "get", "cm", "unled", "-n", NAMESPACE)
    assert "NotFound" in gone.err


async def test_caches_outlive_the_api_server_and_see_what_went_meanwhile(
    plane: ControlPlane,
) -> None:
    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        nodes = operator.cache(EDGE_NODE)
        for name in ("stays", "goes"):
            await in_thread(plane.apply, gateway(name))
        async with running(operator):
            assert key_of(gateway("goes")) in nodes.keys()  # noqa: SIM118 - a cache is no mapping
            await in_thread(plane.stop_apiserver)
            await in_thread(plane.start_apiserver)
            await in_thread(plane.kubectl, "delete", "en", "goes", "-n", NAMESPACE)
            await until(lambda: nodes.get(Key(NAMESPACE, "goes")) is None, WAIT_S)
            assert nodes.get(Key(NAMESPACE, "stays")) is not None
            await asyncio.sleep(0)
