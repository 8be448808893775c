"""EdgeNode on a real API server, with a fleet that can be told to lose its nodes."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
import pytest

from operators.edgenode.api import ESCAPE
from operators.edgenode.children import Config
from operators.edgenode.handlers import EdgeNodes, Entrance, leaf_key
from operators.kube.kinds import EDGE_NODE, Key
from operators.kube.operator import Operator
from tests.support.control_plane import ControlPlane
from tests.support.fleet_stand_in import ROOT_SHA256, FleetStandIn, fleet_client, fleet_stand_in
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
from tianfu import join_code, node_labels
from tianfu.fleet.v1 import enrolment_pb2, node_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
NAMESPACE = "nodes"
CONFIG = Config(channels={"Stable": "0.1.0", "Candidate": "0.2.0"}, leaf_config="TIANFU-LEAF-NAME")
ONLINE, OFFLINE = node_pb2.PRESENCE_ONLINE, node_pb2.PRESENCE_OFFLINE


@pytest.fixture(scope="module")
def plane(cluster: ControlPlane) -> ControlPlane:
    make_namespace(cluster, NAMESPACE)
    return cluster


@dataclass
class Stage:
    """An operator that runs, its fleet, and its API server."""

    plane: ControlPlane
    operator: Operator
    fleet: FleetStandIn

    async def apply(self, manifest: dict[str, Any]) -> None:
        answer = await in_thread(self.plane.apply, manifest)
        assert answer.status == 0, answer.err

    async def kubectl(self, *arguments: str) -> Any:
        return await in_thread(self.plane.kubectl, *arguments, "-n", NAMESPACE)

    def conditions(self, name: str) -> dict[str, tuple[str, str]]:
        """Return (status, reason) by type."""
        found = self.operator.caches[EDGE_NODE].get(Key(NAMESPACE, name)) or {}
        listed = (found.get("status") or {}).get("conditions") or []
        return {one["type"]: (one["status"], one["reason"]) for one in listed}

    async def comes(self, name: str, kind: str, status: str, reason: str) -> None:
        with contextlib.suppress(TimeoutError):
            await until(lambda: self.conditions(name).get(kind) == (status, reason), WAIT_S)
        assert self.conditions(name).get(kind) == (status, reason)


@contextlib.asynccontextmanager
async def stage(plane: ControlPlane) -> AsyncIterator[Stage]:
    await in_thread(empty_of_nodes, plane, NAMESPACE)
    async with (
        fleet_stand_in() as (servicer, address),
        fleet_client(address) as fleet,
        an_operator(connection_of(plane), NAMESPACE) as operator,
    ):
        EdgeNodes(operator, fleet, CONFIG, Entrance("https://fleet.example:8443", "PEM"))
        async with running(operator):
            yield Stage(plane, operator, servicer)


def gateway(name: str, place: str = "510105", **spec: Any) -> dict[str, Any]:
    return manifest(
        name,
        {
            "class": "Gateway",
            "place": place,
            "gateway": {"model": "Raspberry Pi 5"},
            "runtime": {"type": "Standalone"},
            **spec,
        },
    )


def station(name: str) -> dict[str, Any]:
    runtime = {"type": "Kubernetes", "kubernetes": {"nodeName": name}}
    spec = {"class": "BaseStation", "place": "513221", "baseStation": {"gnbId": 7}}
    return manifest(name, {**spec, "runtime": runtime})


def manifest(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "edge.tianfu.dev/v1alpha1",
        "kind": "EdgeNode",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"ward": "cardiology"}},
        "spec": spec,
    }


async def test_a_gateway_from_apply_to_ready_and_out(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        await on.apply(gateway("gw-life"))
        await on.comes("gw-life", "Enrolled", "False", "AwaitingDevice")
        registered = on.fleet.nodes["gw-life"]
        assert dict(registered.labels) == {
            "ward": "cardiology",
            "edge.tianfu.dev/namespace": NAMESPACE,
            "edge.tianfu.dev/agent-channel": "stable",
            "edge.tianfu.dev/agent-version": "0.1.0",
        }
        stored = json.loads((await on.kubectl("get", "secret", "gw-life-enrolment", "-ojson")).out)
        code = join_code.decode(base64.b64decode(stored["data"]["join-code"]).decode())
        assert code == join_code.JoinCode(
            "token-0", "https://fleet.example:8443", "PEM", ROOT_SHA256
        )

        on.fleet.seen(["gw-life"], ONLINE)
        await on.comes("gw-life", "Ready", "True", "Ready")
        await until(_gone(on, "secret", "gw-life-enrolment"), WAIT_S)

        await on.apply(gateway("gw-life", agent={"channel": "Candidate"}))
        await on.comes("gw-life", "Synced", "False", "AgentOutdated")
        on.fleet.seen(["gw-life"], ONLINE, version="0.2.0")
        await on.comes("gw-life", "Ready", "True", "Ready")
        shown = (await on.kubectl("get", "en", "gw-life")).out.split()
        assert "0.2.0" in shown

        await on.kubectl("delete", "en", "gw-life")
        assert "gw-life" not in on.fleet.nodes
        assert (await on.kubectl("get", "en", "gw-life")).status != 0


def _gone(on: Stage, kind: str, name: str) -> Any:
    async def gone() -> bool:
        return "NotFound" in (await on.kubectl("get", kind, name)).err

    return gone


async def test_a_station_gets_its_pod_and_edits_of_it_are_set_back(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        await on.apply(station("bs-7"))
        await on.comes("bs-7", "Synced", "False", "PodNotAvailable")
        pod = on.plane.get("deployment", "bs-7-agent", NAMESPACE)["spec"]["template"]["spec"]
        assert [one["image"] for one in pod["containers"]] == ["tianfu-edge:0.1.0", "nats:2.12"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        for kind in ("networkpolicy", "pvc", "configmap"):
            assert (await on.kubectl("get", kind, "bs-7-agent")).status == 0

        await in_thread(
            patched, plane, "deployment", NAMESPACE, "bs-7-agent", {"spec": {"replicas": 5}}
        )
        await until(
            lambda: on.plane.get("deployment", "bs-7-agent", NAMESPACE)["spec"]["replicas"] == 1,
            WAIT_S,
        )

        await in_thread(availability, plane, 1)
        on.fleet.seen(["bs-7"], ONLINE)
        await on.comes("bs-7", "Ready", "True", "Ready")
        on.fleet.seen(["bs-7"], OFFLINE)
        await on.comes("bs-7", "Connected", "False", "SiteCutOff")
        await in_thread(availability, plane, 0)
        await on.comes("bs-7", "Connected", "False", "AgentCrashed")

        await on.kubectl("delete", "en", "bs-7")
        assert "bs-7" not in on.fleet.nodes
        assert (await on.kubectl("get", "deployment", "bs-7-agent")).status != 0


async def test_a_station_s_leaf_server_has_credentials_that_are_kept_good(
    plane: ControlPlane,
) -> None:
    async with stage(plane) as on:

        async def leaf_secret() -> dict[str, Any]:
            answer = await on.kubectl("get", "secret", "bs-leaf-leaf", "-ojson")
            found: dict[str, Any] = json.loads(answer.out) if answer.status == 0 else {}
            return found

        async def signed(times: int) -> dict[str, Any]:
            await until(lambda: len(on.fleet.stations) >= times, WAIT_S)

            async def held() -> bool:
                return f"signed-{times}." in credentials_in(await leaf_secret())

            await until(held, WAIT_S)
            assert len(on.fleet.stations) == times
            return await leaf_secret()

        async def is_there() -> bool:
            return leaf_key(await leaf_secret()) is not None

        await on.apply(station("bs-leaf"))
        await on.comes("bs-leaf", "Synced", "False", "PodNotAvailable")
        first = await signed(1)
        (_, key) = on.fleet.stations[0]
        pair = leaf_key(first)
        assert pair is not None
        assert pair.public_key == key
        assert first["metadata"]["ownerReferences"][0]["kind"] == "EdgeNode"

        # A gateway names the station: the same key may do more.
        await on.apply({**gateway("gw-of-leaf"), "metadata": of_station("gw-of-leaf", "bs-leaf")})
        await signed(2)
        assert on.fleet.stations[1] == ("bs-leaf", key)

        # Somebody edits it, or takes it away: a new key, since the old one may be known.
        spoilt = {"data": {"station.creds": base64.b64encode(b"mine").decode()}}
        await in_thread(patched, plane, "secret", NAMESPACE, "bs-leaf-leaf", spoilt)
        await signed(3)
        await on.kubectl("delete", "secret", "bs-leaf-leaf")
        await signed(4)
        assert len({public for _, public in on.fleet.stations}) == 3

        # Before they end there are new ones.
        on.fleet.station_life = timedelta(seconds=3)
        await on.kubectl("annotate", "secret", "bs-leaf-leaf", EDIT, "--overwrite")
        await until(lambda: len(on.fleet.stations) >= 7, WAIT_S)
        on.fleet.station_life = timedelta(days=30)

        on.fleet.enrolments["bs-leaf"] = enrolment_pb2.ENROLMENT_STATE_REVOKED
        on.fleet.seen(["bs-leaf"], OFFLINE)
        await until(_gone(on, "secret", "bs-leaf-leaf"), WAIT_S)
        on.fleet.seen(["bs-leaf"], ONLINE)
        await until(is_there, WAIT_S)
        await on.kubectl("delete", "en", "bs-leaf")
        assert (await on.kubectl("get", "secret", "bs-leaf-leaf")).status != 0


EDIT = "edge.tianfu.dev/content=x"


def of_station(name: str, at: str) -> dict[str, Any]:
    return {"name": name, "namespace": NAMESPACE, "labels": {node_labels.STATION: at}}


def credentials_in(secret: dict[str, Any]) -> str:
    return base64.b64decode((secret.get("data") or {}).get("station.creds", "")).decode()


def availability(plane: ControlPlane, replicas: int) -> None:
    """Say what a kubelet would say of the pod, there being none."""
    condition = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    up = {"availableReplicas": replicas, "readyReplicas": replicas, "replicas": 1}
    body = {"status": {**up, "conditions": [condition]}}
    answer = plane.kubectl(
        *("patch", "deployment", "bs-7-agent", "-n", NAMESPACE, "--subresource=status"),
        *("--type=merge", "-p", json.dumps(body)),
    )
    assert answer.status == 0, answer.err


async def test_why_a_node_is_silent_is_said(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        alone, county = "gw-alone", [f"gw-county-{n}" for n in range(3)]
        await on.apply(gateway(alone, place="510112"))
        for name in county:
            await on.apply(gateway(name, place="510113"))
        everyone = [alone, *county]
        await until(lambda: set(everyone) <= set(on.fleet.nodes), WAIT_S)
        on.fleet.seen(everyone, ONLINE)
        for name in everyone:
            await on.comes(name, "Ready", "True", "Ready")

        on.fleet.seen([alone, county[0]], OFFLINE)
        await on.comes(alone, "Connected", "False", "NotHeardFrom")
        await on.comes(county[0], "Connected", "False", "DeviceLost")
        on.fleet.seen(county[1:], OFFLINE)
        for name in county:
            await on.comes(name, "Connected", "False", "SiteCutOff")
        on.fleet.enrolments[alone] = enrolment_pb2.ENROLMENT_STATE_REVOKED
        on.fleet.seen([alone], OFFLINE)
        await on.comes(alone, "Enrolled", "False", "Revoked")
        await on.comes(alone, "Connected", "False", "Revoked")
        told = (await on.kubectl("events", "--for", f"edgenode/{county[0]}")).out
        assert "DeviceLost" in told
        on.fleet.seen(county, ONLINE)
        for name in county:
            await on.comes(name, "Ready", "True", "Ready")


async def test_nothing_is_written_while_nothing_changes_nor_after_a_restart(
    plane: ControlPlane,
) -> None:
    async with (
        fleet_stand_in() as (servicer, address),
        fleet_client(address) as fleet,
    ):
        await in_thread(empty_of_nodes, plane, NAMESPACE)
        names = [f"gw-many-{n}" for n in range(40)]
        for turn in range(2):
            async with an_operator(connection_of(plane), NAMESPACE) as operator:
                EdgeNodes(operator, fleet, CONFIG, Entrance())
                async with running(operator):
                    on = Stage(plane, operator, servicer)
                    if turn == 0:
                        text = "\n---\n".join(json.dumps(gateway(name)) for name in names)
                        await in_thread(_applied, plane, text)
                        await until(lambda: set(names) <= set(servicer.nodes), WAIT_S)
                        servicer.seen(names, ONLINE)
                    for name in names:
                        await on.comes(name, "Ready", "True", "Ready")
                    queue = operator.controllers[EDGE_NODE].queue
                    await until(queue.is_idle, WAIT_S)
                    before = sample(operator, "tianfu_operator_writes_total")
                    # Heartbeats: the fleet tells of nodes whose presence stays.
                    servicer.seen(names, ONLINE)
                    for key in operator.caches[EDGE_NODE].keys():  # noqa: SIM118 - no mapping
                        queue.wake(key)
                    await until(queue.is_idle, WAIT_S)
                    assert sample(operator, "tianfu_operator_writes_total") == before
                    assert turn == 0 or before == 0
        await in_thread(empty_of_nodes, plane, NAMESPACE)


def _applied(plane: ControlPlane, text: str) -> None:
    answer = plane.kubectl("apply", "-f", "-", stdin=text)
    assert answer.status == 0, answer.err


async def test_a_name_of_another_namespace_is_not_taken_over(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        on.fleet.know("gw-theirs", labels={"edge.tianfu.dev/namespace": "elsewhere"})
        await until(lambda: bool(on.fleet.calls), WAIT_S)
        await on.apply(gateway("gw-theirs"))
        await on.comes("gw-theirs", "Enrolled", "False", "NameTaken")
        await on.kubectl("delete", "en", "gw-theirs")
        assert "gw-theirs" in on.fleet.nodes


async def test_a_node_is_held_while_the_fleet_is_away_and_can_be_abandoned(
    plane: ControlPlane,
) -> None:
    async with stage(plane) as on:
        await on.apply(gateway("gw-stuck"))
        await on.comes("gw-stuck", "Enrolled", "False", "AwaitingDevice")
        on.fleet.refusal = grpc.StatusCode.UNAVAILABLE
        await on.kubectl("delete", "en", "gw-stuck", "--wait=false")
        await on.comes("gw-stuck", "Ready", "False", "FleetUnavailable")
        message = (await on.kubectl("get", "en", "gw-stuck", "-o", "jsonpath={.status}")).out
        assert f"{ESCAPE}=REASON" in message
        await on.kubectl("annotate", "en", "gw-stuck", f"{ESCAPE}=flooded")
        await until(_gone(on, "en", "gw-stuck"), WAIT_S)
        told = (await on.kubectl("events")).out
        assert "flooded" in told
