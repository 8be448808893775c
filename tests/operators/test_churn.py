"""What is deleted and made anew under its name: operators act for the new one, by its own state.

A person may do so at any moment, and may take finalizers off what does not go fast enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from operators.edgeapp.model import Assignment, Template
from operators.edgeapp.node_plans import NodePlans
from operators.fleet.client import Fleet
from operators.fleet.model import Presence, Registration
from operators.kube.failures import Unavailable
from operators.kube.kinds import CAPACITY_CLAIM, CAPACITY_POOL, EDGE_APP, EDGE_NODE, SECRET
from tests.support.fleet_stand_in import fleet_stand_in
from tests.support.kopf_stage import GATEWAY, ONLINE, SPACE, Stage, app, kopf_stage
from tests.support.operators import WAIT_S
from tests.support.waiting import until
from tianfu import tasks
from tianfu.fleet.v1 import node_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
ROUNDS = 4
OLD = Template(
    "old", 3, '{"tenant":"health","artifact":{"type":"Image","image":{"reference":"x"}}}'
)


@pytest.fixture
async def on() -> AsyncIterator[Stage]:
    async with kopf_stage() as stage:
        yield stage


def runs(on: Stage, node: str) -> tuple[str, int]:
    """Return what a node is told to run: its mode, and the number of the revision."""
    plan = on.fleet.plans.get(node)
    apps = list(plan.apps) if plan is not None else []
    return (apps[0].settings["MODE"], apps[0].revision) if apps else ("", 0)


def uid(on: Stage, kind: object, name: str) -> str:
    found = on.api.get(kind, SPACE, name)  # type: ignore[arg-type]
    return "" if found is None else str(found["metadata"]["uid"])


@pytest.mark.parametrize("is_forced", [False, True], ids=["as-operators-let-it-go", "torn-off"])
async def test_an_app_made_anew_is_told_though_nodes_speak_of_the_one_before(
    on: Stage, is_forced: bool
) -> None:
    await on.ready("gw-1")
    on.apply(EDGE_APP, "demo", app("old"))
    await on.comes(EDGE_APP, "demo", "Progressing", "False", "Complete")
    assert runs(on, "gw-1") == ("old", 1)
    # It takes no plan for a while, so its report is of the app that is gone.
    on.fleet.deaf.add("gw-1")
    on.api.delete(EDGE_APP, SPACE, "demo")
    if is_forced:
        on.api.let_go(EDGE_APP, SPACE, "demo")
    await until(lambda: on.api.get(EDGE_APP, SPACE, "demo") is None, WAIT_S)
    on.apply(EDGE_APP, "demo", app("new"))
    await until(lambda: runs(on, "gw-1") == ("new", 2), WAIT_S)
    await on.comes(EDGE_APP, "demo", "Progressing", "True", "RollingOut")
    on.fleet.listen("gw-1")
    await on.comes(EDGE_APP, "demo", "Progressing", "False", "Complete")
    assert runs(on, "gw-1") == ("new", 2)


async def test_apps_in_quick_succession_end_with_the_last(on: Stage) -> None:
    await on.ready("gw-1", "gw-2")
    for number in range(ROUNDS):
        on.apply(EDGE_APP, "demo", app(f"mode-{number}"))
        on.api.delete(EDGE_APP, SPACE, "demo")
        if number % 2 and on.api.get(EDGE_APP, SPACE, "demo") is not None:
            on.api.let_go(EDGE_APP, SPACE, "demo")
        await until(lambda: on.api.get(EDGE_APP, SPACE, "demo") is None, WAIT_S)
    on.apply(EDGE_APP, "demo", app("last"))
    await on.comes(EDGE_APP, "demo", "Progressing", "False", "Complete")
    assert {runs(on, name)[0] for name in ("gw-1", "gw-2")} == {"last"}
    await on.goes(EDGE_APP, "demo")
    assert {runs(on, name) for name in ("gw-1", "gw-2")} == {("", 0)}


@pytest.mark.parametrize("is_forced", [False, True], ids=["as-operators-let-it-go", "torn-off"])
async def test_nodes_in_quick_succession_end_with_the_last(on: Stage, is_forced: bool) -> None:
    seen = set[str]()
    for _ in range(ROUNDS):
        on.apply(EDGE_NODE, "gw-1", GATEWAY)
        seen.add(uid(on, EDGE_NODE, "gw-1"))
        if not is_forced:
            await on.comes(EDGE_NODE, "gw-1", "Enrolled", "False", "AwaitingDevice")
            on.fleet.seen(["gw-1"], ONLINE)  # it is turned out with its node, then
        on.api.delete(EDGE_NODE, SPACE, "gw-1")
        if is_forced and on.api.get(EDGE_NODE, SPACE, "gw-1") is not None:
            on.api.let_go(EDGE_NODE, SPACE, "gw-1")
        await until(lambda: on.api.get(EDGE_NODE, SPACE, "gw-1") is None, WAIT_S)
    on.apply(EDGE_NODE, "gw-1", GATEWAY)
    last = uid(on, EDGE_NODE, "gw-1")
    assert len(seen | {last}) == ROUNDS + 1
    await on.comes(EDGE_NODE, "gw-1", "Enrolled", "False", "AwaitingDevice")

    def owner() -> str:
        secret = on.api.get(SECRET, SPACE, "gw-1-enrolment") or {"metadata": {}}
        owners = secret["metadata"].get("ownerReferences") or [{"uid": ""}]
        return str(owners[0]["uid"])

    await until(lambda: owner() == last, WAIT_S)
    assert "gw-1" in on.fleet.nodes
    on.fleet.seen(["gw-1"], ONLINE)
    await on.comes(EDGE_NODE, "gw-1", "Ready", "True", "Ready")


async def test_a_node_that_was_removed_by_hand_is_registered_anew(on: Stage) -> None:
    await on.ready("gw-1")
    fleet = Fleet(on.address)
    await fleet.remove("gw-1")
    await on.comes(EDGE_NODE, "gw-1", "Enrolled", "False", "AwaitingDevice")
    on.fleet.seen(["gw-1"], ONLINE)
    await on.comes(EDGE_NODE, "gw-1", "Ready", "True", "Ready")
    # One who has not heard of it yet learns of it as he registers it.
    found = await fleet.register(Registration("gw-1", False, "510105", "", ()))
    assert found.presence is Presence.ONLINE
    await fleet.close()


async def test_a_claim_made_anew_has_a_share_of_its_own(on: Stage) -> None:
    cpu = [{"name": "cpu", "quantity": "4"}]
    tenants = [{"name": "health", "nominal": cpu}]
    on.apply(CAPACITY_POOL, "site", {"resources": cpu, "tenants": tenants})
    shares = set[str]()
    for number in range(ROUNDS):
        on.apply(CAPACITY_CLAIM, "icu", {"pool": "site", "tenant": "health", "amounts": cpu})
        if number % 2:
            await on.comes(CAPACITY_CLAIM, "icu", "Granted", "True", "WithinNominal")
            found = on.api.get(CAPACITY_CLAIM, SPACE, "icu") or {}
            shares.add(found["status"]["share"]["id"])
        await on.goes(CAPACITY_CLAIM, "icu")
    assert len(shares) == ROUNDS // 2
    on.apply(CAPACITY_CLAIM, "icu", {"pool": "site", "tenant": "health", "amounts": cpu})
    await on.comes(CAPACITY_CLAIM, "icu", "Granted", "True", "WithinNominal")


async def test_why_a_deleted_app_is_still_there_is_said(on: Stage) -> None:
    await on.ready("gw-1")
    on.apply(EDGE_APP, "demo", app("old"))
    await on.comes(EDGE_APP, "demo", "Progressing", "False", "Complete")
    on.fleet.refusal = grpc.StatusCode.UNAVAILABLE
    on.api.delete(EDGE_APP, SPACE, "demo")
    await on.comes(EDGE_APP, "demo", "Progressing", "False", "FleetUnavailable")
    on.fleet.refusal = None
    await until(lambda: on.api.get(EDGE_APP, SPACE, "demo") is None, WAIT_S)
    assert runs(on, "gw-1") == ("", 0)


async def test_what_was_told_is_known_before_it_is_heard_of() -> None:
    """An app that is deleted right after nodes were told of it is taken from them."""
    async with fleet_stand_in() as (fleet, address):
        fleet.know("gw-1", presence=node_pb2.PRESENCE_ONLINE)
        channel = address.channel()
        plans = NodePlans(channel, address.metadata)
        told = [Assignment("gw-1", OLD), Assignment("gw-unknown", OLD)]
        assert len(await plans.assign("demo", told)) == 1
        assert plans.with_app("demo") == {"gw-1"}
        assert plans.highest("demo") == 3
        following = asyncio.create_task(plans.run())
        await until(lambda: plans.get("gw-1").apps == {"demo": 3}, WAIT_S)
        assert plans.with_app("demo") == {"gw-1"}
        assert await plans.assign("demo", [Assignment("gw-1", None)]) == []
        await until(lambda: plans.with_app("demo") == set(), WAIT_S)
        await tasks.end([following])
        await channel.close()


async def test_what_may_have_been_told_is_taken_back_too() -> None:
    async with fleet_stand_in() as (fleet, address):
        fleet.know("gw-1", presence=node_pb2.PRESENCE_ONLINE)
        channel = address.channel()
        plans = NodePlans(channel, address.metadata)
        fleet.refusal = grpc.StatusCode.UNAVAILABLE
        with pytest.raises(Unavailable):
            await plans.assign("demo", [Assignment("gw-1", OLD)])
        assert plans.with_app("demo") == {"gw-1"}
        fleet.refusal = None
        assert await plans.assign("demo", [Assignment("gw-1", None)]) == []
        assert plans.with_app("demo") == set()
        await channel.close()
