"""A base station's leaf server as a local hub: through it, without the cloud, and around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import nats
import pytest
from nats.aio.client import Client

from services.plumbing.nats_link import close
from tests.edge.doubles import batch
from tests.integration.edge_world import Platform, sending
from tests.support.leaf_server import LeafServer, leaf_server
from tests.support.nats_server import NatsServer, nats_server
from tests.support.waiting import until
from tianfu import station_rights, subjects
from tianfu.nats_config import MAX_CONTROL_LINE_BYTES
from tianfu.subjects import Channel, NodeId
from tools.ports import free_port

pytestmark = pytest.mark.integration

STATION, ONE, TWO, FOREIGN = (NodeId(n) for n in ("station-1", "node-a", "node-b", "node-x"))
COUNTY = "510104"


@pytest.fixture
def hub() -> Iterator[NatsServer]:
    with nats_server(nodes=(FOREIGN,), leaf_port=free_port()) as server:
        for node in (STATION, ONE, TWO):
            server.add_user("node", node, subjects.node_permissions(node, COUNTY))
        yield server


@pytest.fixture
def leaf(hub: NatsServer) -> Iterator[LeafServer]:
    assert hub.leaf_port is not None
    gateways = dict.fromkeys((ONE, TWO), COUNTY)
    with leaf_server(hub, STATION, COUNTY, gateways, hub.leaf_port) as server:
        yield server


@pytest.fixture
async def platform(hub: NatsServer) -> AsyncIterator[Platform]:
    found = Platform(hub)
    await found.streams()
    yield found
    await found.close()


@asynccontextmanager
async def at(url: str, hub: NatsServer, node: NodeId, errors: list[str]) -> AsyncIterator[Client]:
    async def note(error: Exception) -> None:
        errors.append(str(error).lower())

    link = await nats.connect(
        url,
        user_credentials=str(hub.credentials("node", node)),
        inbox_prefix=subjects.inbox_prefix("node", node),
        error_cb=note,
        allow_reconnect=False,
    )
    try:
        yield link
    finally:
        await close(link)


async def test_a_warning_comes_through_the_station(
    hub: NatsServer, leaf: LeafServer, platform: Platform
) -> None:
    subject = subjects.warning(Channel.LIVE, COUNTY)
    async with at(leaf.url, hub, ONE, []) as gateway:
        heard = await gateway.subscribe(subject)
        await gateway.flush()
        admin = await platform.client()

        async def told() -> bool:
            await admin.publish(subject, b"warning")
            return bool(heard.pending_msgs)

        await until(told)
        assert (await heard.next_msg(10)).data == b"warning"


async def test_what_is_sent_while_the_backhaul_is_cut_is_stored_once_and_in_order(
    hub: NatsServer, leaf: LeafServer, platform: Platform, tmp_path: Path
) -> None:
    """Two gateways; the hub is killed again and again, at moments drawn with a seed."""
    random = Random(20261124)
    sent = {ONE: 0, TWO: 0}
    async with (
        sending(hub, tmp_path / ONE, node=ONE, urls=(leaf.url,)) as one,
        sending(hub, tmp_path / TWO, node=TWO, urls=(leaf.url,)) as two,
    ):
        senders = {ONE: one, TWO: two}
        await until(lambda: one.link.is_connected and two.link.is_connected)
        for _ in range(3):
            for node, sender in senders.items():
                for _ in range(random.randint(3, 12)):
                    await sender.store(batch())
                    sent[node] += 1
            await asyncio.to_thread(hub.kill)
            for node, sender in senders.items():
                for _ in range(random.randint(3, 12)):
                    await sender.store(batch())
                    sent[node] += 1
            # The station stands by its gateways: they do not even notice.
            assert one.link.sessions == two.link.sessions == 1
            await asyncio.to_thread(hub.start)
        await until(lambda: not any(s.waiting for s in senders.values()), 90)
    messages = await platform.messages()
    for node, count in sent.items():
        numbers = [
            int(m.headers["Nats-Msg-Id"].rpartition("-")[2])
            for m in messages
            if m.subject == subjects.reading(node)
        ]
        assert len(set(numbers)) == count, "lost"
        assert len(numbers) == count, "twice"
        assert numbers == sorted(numbers), "out of order"


async def test_a_station_that_dies_is_gone_around_and_returned_to(
    hub: NatsServer, leaf: LeafServer, platform: Platform, tmp_path: Path
) -> None:
    async with sending(hub, tmp_path, node=ONE, urls=(leaf.url, hub.url)) as sender:
        await until(lambda: sender.link.is_connected)
        assert sender.link.url == leaf.url
        await asyncio.to_thread(leaf.kill)
        await sender.store(batch())
        await until(lambda: sender.link.is_connected and sender.link.url == hub.url)
        await until(lambda: not sender.waiting)
        await asyncio.to_thread(leaf.start)
        await until(lambda: sender.link.is_connected and sender.link.url == leaf.url)
        await sender.store(batch())
        await until(lambda: not sender.waiting)
    assert await platform.count() == 2


async def test_a_station_speaks_for_its_gateways_alone(
    hub: NatsServer, leaf: LeafServer, platform: Platform
) -> None:
    """A stranger's gateway may attach with its own token; the hub lets its words not pass."""
    heard: list[str] = []

    async def hear(message: object) -> None:
        heard.append(message.subject)  # type: ignore[attr-defined]

    admin = await platform.client()
    await admin.subscribe(subjects.READINGS_ALL, cb=hear)
    await admin.flush()
    async with (
        at(leaf.url, hub, ONE, []) as known,
        at(leaf.url, hub, FOREIGN, []) as foreign,
    ):

        async def passed() -> bool:
            await foreign.publish(subjects.reading(FOREIGN), b"x")
            await foreign.flush()
            await known.publish(subjects.reading(ONE), b"x")
            return subjects.reading(ONE) in heard

        await until(passed)
    assert subjects.reading(FOREIGN) not in heard


def test_the_token_of_a_full_station_fits_the_first_line(hub: NatsServer) -> None:
    places = {NodeId(f"gateway-of-a-long-name-{n}"): COUNTY for n in range(subjects.GATEWAYS_MAX)}
    rights = station_rights.station_permissions(STATION, COUNTY, places)
    user = hub.add_user("node", "full", rights)
    assert len(user.credentials.read_bytes()) + 1_024 < MAX_CONTROL_LINE_BYTES
    with pytest.raises(subjects.InvalidName):
        station_rights.station_permissions(STATION, COUNTY, {**places, ONE: COUNTY})
