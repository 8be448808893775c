"""Health windows by our own clock: a node's may be years off, before and after it finds out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from operators.edgeapp.node_plans import NodePlans, Reported
from tests.support.fleet_stand_in import FleetStandIn, fleet_stand_in
from tests.support.waiting import until
from tianfu import tasks
from tianfu.fleet.v1 import app_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO, FAR_AHEAD = datetime(1970, 1, 1, tzinfo=UTC), NOW + 100 * HOUR
NODE = "gw-1"


class World:
    """One node that says since when it runs an app, and who hears of it."""

    def __init__(self, fleet: FleetStandIn, plans: NodePlans) -> None:
        self.fleet, self.plans, self.now = fleet, plans, NOW

    def say(self, since: datetime, state: int = app_pb2.APP_STATE_READY, message: str = "") -> None:
        plan = self.fleet.plans[NODE]
        del plan.report.apps[:]
        said = plan.report.apps.add(name="demo", desired_revision=1, revision=1, state=state)
        said.message = message
        said.since_time.FromDatetime(since)
        self.fleet.deaf.add(NODE)
        self.fleet._obey(NODE)

    async def hears(self, stated: datetime, message: str = "") -> Reported:
        def heard() -> bool:
            found = self.plans.get(NODE).reports.get("demo")
            return found is not None and (found.stated, found.message) == (stated, message)

        await until(heard)
        return self.plans.get(NODE).reports["demo"]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with fleet_stand_in() as (fleet, address):
        fleet.know(NODE, presence=node_pb2.PRESENCE_ONLINE)
        patch = pb.NodePlanPatch(name=f"nodes/{NODE}/plan")
        patch.apps.add(name="demo", revision=1)
        fleet.edit_plan(NODE, patch)
        channel = address.channel()
        made = World(fleet, NodePlans(channel, address.metadata, lambda: made.now))
        yield made
        await channel.close()


@pytest.mark.parametrize("stated", [LONG_AGO, NOW - HOUR, FAR_AHEAD], ids=str)
async def test_what_a_node_says_anew_counts_from_when_it_is_heard(
    world: World, stated: datetime
) -> None:
    world.say(NOW - 2 * HOUR, app_pb2.APP_STATE_STARTING)
    following = asyncio.create_task(world.plans.run())
    await until(world.plans.synced.is_set)
    world.now = NOW + HOUR
    world.say(stated)
    assert (await world.hears(stated)).since == NOW + HOUR
    # Said again later, it is the same; with another time, it has begun anew.
    world.now = NOW + 2 * HOUR
    world.say(stated, message="well")
    assert (await world.hears(stated, "well")).since == NOW + HOUR
    world.say(stated + timedelta(seconds=1))
    assert (await world.hears(stated + timedelta(seconds=1))).since == NOW + 2 * HOUR
    await tasks.end([following])


@pytest.mark.parametrize(
    ("stated", "since"),
    [
        pytest.param(NOW - HOUR, NOW - HOUR, id="before-we-listened"),
        pytest.param(FAR_AHEAD, NOW, id="ahead-of-us"),
    ],
)
async def test_what_was_so_before_we_listened_is_believed_unless_it_is_to_come(
    world: World, stated: datetime, since: datetime
) -> None:
    world.say(stated)
    following = asyncio.create_task(world.plans.run())
    assert (await world.hears(stated)).since == since
    await tasks.end([following])
