"""Each kind once through Kopf: the real handlers, a real Kopf, a mock API over HTTP.

Watches of the caches are kept deaf for our kinds, so that what is done is done because Kopf has
told of it. The same on the real API server is in ``tests/cluster``.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest

from operators.edgenode.api import ESCAPE, FINALIZER
from operators.fleet.model import LABEL_STATION
from operators.kube.kinds import (
    CAPACITY_CLAIM,
    CAPACITY_POOL,
    DEPLOYMENT,
    EDGE_APP,
    EDGE_NODE,
    EVENT,
    SECRET,
    Kind,
)
from tests.support.fleet_stand_in import ROOT_SHA256
from tests.support.kopf_stage import GATEWAY, ONLINE, SPACE, STATION, Stage, app, kopf_stage
from tests.support.operators import WAIT_S, sample
from tests.support.waiting import until
from tianfu import join_code
from tianfu.fleet.v1 import node_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
async def on() -> AsyncIterator[Stage]:
    """Run the operator of all kinds, whose caches hear of our kinds by Kopf alone."""
    async with kopf_stage() as stage:
        yield stage


async def test_an_edge_node_from_apply_to_gone(on: Stage) -> None:
    on.apply(EDGE_NODE, "gw-1", GATEWAY)
    await on.comes(EDGE_NODE, "gw-1", "Enrolled", "False", "AwaitingDevice")
    node = on.api.get(EDGE_NODE, SPACE, "gw-1")
    assert node is not None
    assert node["metadata"]["finalizers"] == [FINALIZER]
    assert node["status"]["observedGeneration"] == 1
    secret = on.api.get(SECRET, SPACE, "gw-1-enrolment")
    assert secret is not None
    code = join_code.decode(base64.b64decode(secret["data"]["join-code"]).decode())
    assert (code.token, code.root_sha256) == ("token-0", ROOT_SHA256)
    on.fleet.seen(["gw-1"], ONLINE)
    await on.comes(EDGE_NODE, "gw-1", "Ready", "True", "Ready")
    assert on.api.get(SECRET, SPACE, "gw-1-enrolment") is None

    on.apply(EDGE_NODE, "gw-1", {**GATEWAY, "scheduling": "Cordoned"})
    await on.comes(EDGE_NODE, "gw-1", "Ready", "True", "Cordoned")
    on.fleet.seen(["gw-1"], node_pb2.PRESENCE_OFFLINE)
    await on.comes(EDGE_NODE, "gw-1", "Connected", "False", "NotHeardFrom")

    def told() -> list[str]:
        listed = on.api.objects.items()
        return [one["reason"] for (plural, *_), one in listed if plural == EVENT.plural]

    # An Event follows the status that it speaks of.
    await until(lambda: told() == ["NotHeardFrom"], WAIT_S)

    await on.goes(EDGE_NODE, "gw-1")
    assert "gw-1" not in on.fleet.nodes


async def test_a_station_s_children_come_back_when_they_are_edited_or_deleted(on: Stage) -> None:
    on.apply(EDGE_NODE, "bs-1", STATION)
    await on.comes(EDGE_NODE, "bs-1", "Synced", "False", "PodNotAvailable")
    made = sorted((plural, name) for plural, space, name in on.api.objects if "bs-1" in name)
    assert made == [
        ("configmaps", "bs-1-agent"),
        ("deployments", "bs-1-agent"),
        ("edgenodes", "bs-1"),
        ("networkpolicies", "bs-1-agent"),
        ("persistentvolumeclaims", "bs-1-agent"),
        ("secrets", "bs-1-enrolment"),
        ("secrets", "bs-1-leaf"),
    ]

    def replicas() -> int | None:
        found = on.api.get(DEPLOYMENT, SPACE, "bs-1-agent")
        return None if found is None else int(found["spec"]["replicas"])

    on.api.apply(
        DEPLOYMENT,
        {"metadata": {"namespace": SPACE, "name": "bs-1-agent"}, "spec": {"replicas": 5}},
    )
    await until(lambda: replicas() == 1, WAIT_S)
    on.api.delete(DEPLOYMENT, SPACE, "bs-1-agent")
    await until(lambda: replicas() == 1, WAIT_S)
    await on.goes(EDGE_NODE, "bs-1")
    assert not [key for key in on.api.objects if "bs-1" in key[2] and key[0] != EVENT.plural]


async def test_agents_of_stations_are_replaced_a_few_at_a_time(on: Stage) -> None:
    """Three stations: one at a time, and a version that does not come up stops at the first."""
    names = [f"bs-turn-{n}" for n in range(3)]
    for name in names:
        on.apply(EDGE_NODE, name, STATION)
        await on.comes(EDGE_NODE, name, "Synced", "False", "PodNotAvailable")
        on.up(name)
    for name in names:
        on.apply(EDGE_NODE, name, {**STATION, "agent": {"version": "0.2.0"}})
    for turn in range(1, 4):
        await until(lambda n=turn: len(replaced(on, names)) == n, WAIT_S)  # type: ignore[misc]
        waiting = [name for name in names if name not in replaced(on, names)]
        for name in waiting:
            await on.comes(EDGE_NODE, name, "Synced", "False", "AwaitingTurn")
        assert len(replaced(on, names)) == turn, "the next waits until this one is back"
        for name in replaced(on, names):
            on.up(name)
    for name in names:
        on.fleet.seen([name], ONLINE, version="0.2.0")
        await on.comes(EDGE_NODE, name, "Ready", "True", "Ready")


def replaced(on: Stage, names: list[str]) -> list[str]:
    """Return the stations whose Deployment has the new version."""
    found = {name: on.api.get(DEPLOYMENT, SPACE, f"{name}-agent") for name in names}
    return [name for name, one in found.items() if one and "tianfu-edge:0.2.0" in str(one["spec"])]


@pytest.mark.parametrize("kind", [SECRET, DEPLOYMENT], ids=lambda kind: kind.name)
async def test_what_somebody_else_has_of_a_child_s_name_is_left_alone(
    on: Stage, kind: Kind
) -> None:
    name = "bs-theirs-leaf" if kind is SECRET else "bs-theirs-agent"
    theirs = {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": name, "namespace": SPACE},
        "data": {"mine": "eA=="},
    }
    made = on.api.apply(kind, theirs)
    on.apply(EDGE_NODE, "bs-theirs", STATION)
    await on.comes(EDGE_NODE, "bs-theirs", "Synced", "False", "ChildNameTaken")
    assert on.api.get(kind, SPACE, name) == made
    assert on.fleet.stations == [] or kind is DEPLOYMENT
    on.api.delete(kind, SPACE, name)
    await on.comes(EDGE_NODE, "bs-theirs", "Synced", "False", "PodNotAvailable")
    await on.goes(EDGE_NODE, "bs-theirs")


async def test_an_edge_app_is_rolled_out_and_changed_and_taken_away(on: Stage) -> None:
    await on.ready("gw-a", "gw-b")
    on.apply(EDGE_APP, "demo", app("one"))
    await on.comes(EDGE_APP, "demo", "Available", "True", "NodesReady")
    assert modes(on) == {"one"}
    on.apply(EDGE_APP, "demo", app("two"))
    await until(lambda: modes(on) == {"two"}, WAIT_S)
    await on.goes(EDGE_APP, "demo")
    await until(lambda: modes(on) == set(), WAIT_S)


def modes(on: Stage) -> set[str]:
    """Return how nodes are told to run the app."""
    return {one.settings["MODE"] for plan in on.fleet.plans.values() for one in plan.apps}


def cpu(amount: int) -> list[dict[str, str]]:
    return [{"name": "cpu", "quantity": str(amount)}]


async def test_a_pool_shares_out_and_claims_hold_wait_and_give_back(on: Stage) -> None:
    tenants = [{"name": "energy", "nominal": cpu(4)}, {"name": "health", "nominal": cpu(6)}]
    pool = {"resources": cpu(10), "tenants": tenants, "leaseDuration": "1h"}
    on.apply(CAPACITY_POOL, "site", pool)
    for name, tenant, amount in (("icu", "health", 6), ("pumps", "energy", 3)):
        claim = {"pool": "site", "tenant": tenant, "amounts": cpu(amount)}
        on.apply(CAPACITY_CLAIM, name, claim)
        await until(lambda n=name: is_granted(on, n), WAIT_S)  # type: ignore[misc]
    on.apply(CAPACITY_CLAIM, "more", {"pool": "site", "tenant": "energy", "amounts": cpu(2)})
    await until(lambda: granted(on, "more")[0] == "False", WAIT_S)
    share = (on.api.get(CAPACITY_CLAIM, SPACE, "icu") or {})["status"]["share"]
    assert share["amounts"] == cpu(6)
    await on.goes(CAPACITY_CLAIM, "pumps")
    await until(lambda: is_granted(on, "more"), WAIT_S)
    # One pool plans for all: no claim was ever granted by a handler of its own.
    assert set(on.operator.controllers) == {EDGE_NODE, EDGE_APP, CAPACITY_POOL}


def granted(on: Stage, name: str) -> tuple[str, str]:
    return on.api.condition(CAPACITY_CLAIM, SPACE, name, "Granted")


def is_granted(on: Stage, name: str) -> bool:
    return granted(on, name)[0] == "True"


async def test_what_the_server_does_not_do_now_is_done_later(on: Stage) -> None:
    """A storm of 429, 503 and 409: tried again, and nothing twice."""
    answers = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT)
    on.api.failing = [*answers] * 4
    on.apply(EDGE_NODE, "gw-storm", GATEWAY)
    await on.comes(EDGE_NODE, "gw-storm", "Enrolled", "False", "AwaitingDevice")
    assert on.api.failing == []
    assert on.fleet.calls.count("CreateNode") == 1
    queue = on.operator.controllers[EDGE_NODE].queue
    await until(queue.is_idle, WAIT_S)
    before = sample(on.operator, "tianfu_operator_writes_total")
    on.fleet.seen([], ONLINE)
    queue.wake(next(iter(on.operator.caches[EDGE_NODE].keys())))
    await until(queue.is_idle, WAIT_S)
    assert sample(on.operator, "tianfu_operator_writes_total") == before


async def test_a_namespace_that_is_going_is_left(on: Stage) -> None:
    """It takes no Event: what is told of by one is done all the same."""
    await on.ready("gw-1")
    on.apply(EDGE_NODE, "gw-given-up", GATEWAY, annotations={ESCAPE: "stolen"})
    await on.comes(EDGE_NODE, "gw-given-up", "Enrolled", "False", "AwaitingDevice")
    on.api.terminating.add(SPACE)
    on.fleet.seen(["gw-1"], node_pb2.PRESENCE_OFFLINE)
    await on.comes(EDGE_NODE, "gw-1", "Connected", "False", "NotHeardFrom")
    await on.goes(EDGE_NODE, "gw-given-up")
    await on.goes(EDGE_NODE, "gw-1")
    assert not on.fleet.nodes
    assert not [one for one in on.api.objects if one[0] == EVENT.plural]


async def test_a_gateway_is_silent_with_its_own_station(on: Stage) -> None:
    """In another county or not; another station that is heard from changes nothing."""
    place = {"place_code": "510107", "node_class": node_pb2.NODE_CLASS_BASE_STATION}
    on.fleet.know("bs-own", presence=ONLINE, **place)
    on.fleet.know("bs-near", presence=ONLINE, **{**place, "place_code": "510105"})
    on.apply(EDGE_NODE, "gw-1", GATEWAY, labels={LABEL_STATION: "bs-own"})
    await on.comes(EDGE_NODE, "gw-1", "Enrolled", "False", "AwaitingDevice")
    on.fleet.seen(["gw-1"], node_pb2.PRESENCE_OFFLINE)
    await on.comes(EDGE_NODE, "gw-1", "Connected", "False", "DeviceLost")
    on.fleet.seen(["bs-own"], node_pb2.PRESENCE_OFFLINE)
    await on.comes(EDGE_NODE, "gw-1", "Connected", "False", "SiteCutOff")
    on.fleet.seen(["bs-own"], ONLINE)
    await on.comes(EDGE_NODE, "gw-1", "Connected", "False", "DeviceLost")
