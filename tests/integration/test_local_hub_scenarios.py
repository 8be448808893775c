"""A hub, two stations, six gateways, and bad lines between: lost 0, twice 0, in order.


| a line is | |
|---|---|
| cut, flapping | connections reset, new ones refused, once or several times in a row |
| slow | 200 ms each way and a tenth of all chunks lost |
| blocked one way | what is sent one way arrives, and the other way nothing does |
| a station dies | its leaf server is killed; gateways go round it and return |
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.edge.doubles import batch
from tests.integration.edge_world import Platform, Sender, sending
from tests.support.leaf_server import LeafServer, leaf_server
from tests.support.nats_server import NatsServer, nats_server
from tests.support.relay import CLEAR, Condition, Relay, pause
from tests.support.waiting import until
from tianfu import subjects
from tianfu.subjects import NodeId
from tools.ports import free_port

pytestmark = pytest.mark.chaos

SCENARIOS: Final = 10
STEPS: Final = 3
COUNTY: Final = "510104"
STATIONS: Final = (NodeId("station-1"), NodeId("station-2"))
GATEWAYS: Final = {
    station: tuple(NodeId(f"{station}-gateway-{n}") for n in range(3)) for station in STATIONS
}

SLOW: Final = Condition(delay_s=0.2, loss=0.1)
CUT: Final = Condition(is_cut=True)


@dataclass
class Site:
    """One station with its line to the hub."""

    leaf: LeafServer
    line: Relay

    async def suffer(self, random: Random) -> str:
        """Let something befall it; return what."""
        name = random.choice(
            ["clear", "cut", "flap", "slow", "blocked-up", "blocked-down", "dies", "slow-cut"]
        )
        match name:
            case "cut":
                self.line.be(CUT)
            case "flap":
                for _ in range(3):
                    self.line.be(CUT)
                    await pause(random, 0.1)
                    self.line.be(CLEAR)
                    await pause(random, 0.3)
            case "slow" | "slow-cut":
                self.line.be(SLOW)
                if name == "slow-cut":
                    await pause(random, 0.3)
                    self.line.be(CUT)
            case "blocked-up":
                self.line.be(Condition(is_up_blocked=True))
            case "blocked-down":
                self.line.be(Condition(is_down_blocked=True))
            case "dies":
                await asyncio.to_thread(self.leaf.kill)
            case _:
                self.line.be(CLEAR)
        return name

    async def recover(self) -> None:
        """Be as good as new."""
        self.line.be(CLEAR)
        if self.leaf.process is None:
            await asyncio.to_thread(self.leaf.start)


@dataclass
class World:
    """What the scenarios share, one after the other."""

    hub: NatsServer
    sites: dict[NodeId, Site]
    folder: Path
    stored: dict[NodeId, int]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(nats_server(leaf_port=free_port()))
        assert hub.leaf_port is not None
        sites = {}
        for number, station in enumerate(STATIONS):
            for node in (station, *GATEWAYS[station]):
                hub.add_user("node", node, subjects.node_permissions(node, COUNTY))
            line = stack.enter_context(Relay(hub.leaf_port, number))
            gateways = dict.fromkeys(GATEWAYS[station], COUNTY)
            leaf = stack.enter_context(leaf_server(hub, station, COUNTY, gateways, line.port))
            sites[station] = Site(leaf, line)
        asyncio.run(_streams(hub))
        nodes = [node for gateways in GATEWAYS.values() for node in gateways]
        yield World(hub, sites, tmp_path_factory.mktemp("spools"), dict.fromkeys(nodes, 0))


async def _streams(hub: NatsServer) -> None:
    platform = Platform(hub)
    await platform.streams()
    await platform.close()


@pytest.mark.parametrize("seed", range(SCENARIOS))
async def test_nothing_is_lost_or_twice_or_out_of_order(world: World, seed: int) -> None:
    random = Random(seed)
    befell: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        senders: dict[NodeId, Sender] = {}
        for station, site in world.sites.items():
            for node in GATEWAYS[station]:
                # A gateway's spool outlives a scenario, as it does a restart.
                senders[node] = await stack.enter_async_context(
                    sending(
                        world.hub,
                        world.folder / node,
                        node=node,
                        urls=(site.leaf.url, world.hub.url),
                    )
                )
        for _ in range(STEPS):
            befell += [await site.suffer(random) for site in world.sites.values()]
            for node, sender in senders.items():
                for _ in range(random.randint(1, 3)):
                    await sender.store(batch())
                    world.stored[node] += 1
            await pause(random, 0.3)
        for site in world.sites.values():
            await site.recover()
        await until(lambda: not any(one.waiting for one in senders.values()), 120)
    platform = Platform(world.hub)
    messages = await platform.messages()
    # What comes twice after this is found by the next scenario: its numbers are not that one's.
    await (await platform.client()).jetstream().purge_stream(subjects.READINGS)
    await platform.close()
    found: dict[NodeId, list[int]] = {node: [] for node in world.stored}
    for message in messages:
        node = subjects.reading_node(message.subject)
        found[node].append(int(message.headers["Nats-Msg-Id"].rpartition("-")[2]))
    for node, numbers in found.items():
        assert len(set(numbers)) == world.stored[node], f"lost, {befell}"
        assert len(numbers) == world.stored[node], f"twice, {befell}"
        assert numbers == sorted(numbers), f"out of order, {befell}"
        world.stored[node] = 0
