"""Many messages at once into real streams: each is confirmed, refused or unknown by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import nats.errors
import nats.js.errors
import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig
from prometheus_client import CollectorRegistry

from services.plumbing.bulk_publisher import BulkPublisher, Outgoing
from services.plumbing.nats_link import close, connect
from tests.support.nats_server import NatsServer, nats_server

pytestmark = pytest.mark.integration

TIMEOUT_S = 90.0


@pytest.fixture(scope="module")
def server() -> Iterator[NatsServer]:
    with nats_server() as started:
        yield started


@pytest.fixture
async def link(server: NatsServer) -> AsyncIterator[Client]:
    seed = server.credentials("test", "admin")
    made = await connect(server.url, seed, "test", "admin", registry=CollectorRegistry())
    yield made
    await close(made)


def numbered(subject: str, count: int, prefix: str = "m") -> list[Outgoing]:
    return [
        Outgoing(f"{subject}.{n}", b"%d" % n, {"Nats-Msg-Id": f"{prefix}-{n}"})
        for n in range(count)
    ]


async def test_all_are_stored_in_order_and_a_repetition_is_one(link: Client) -> None:
    await link.jetstream().add_stream(StreamConfig(name="A", subjects=["a.>"]))
    publisher = BulkPublisher(link)
    for _ in range(2):
        assert await publisher.publish(numbered("a", 183), TIMEOUT_S) == [None] * 183
    state = (await link.jetstream().stream_info("A")).state
    assert state.messages == 183
    stored = [await link.jetstream().get_msg("A", seq=n) for n in (1, 92, 183)]
    assert [m.subject for m in stored] == ["a.0", "a.91", "a.182"]


async def test_what_is_refused_says_why_and_the_others_are_stored(link: Client) -> None:
    await link.jetstream().add_stream(StreamConfig(name="B", subjects=["b.>"], max_msg_size=64))
    messages = [*numbered("b", 2), Outgoing("b.large", b"x" * 65, {}), Outgoing("nobody", b"", {})]
    outcomes = await BulkPublisher(link).publish(messages, TIMEOUT_S)
    assert outcomes[:2] == [None, None]
    assert isinstance(outcomes[2], nats.js.errors.APIError)
    assert isinstance(outcomes[3], nats.js.errors.NoStreamResponseError)


async def test_an_answer_that_does_not_come_is_a_timeout(link: Client) -> None:
    silent = await link.subscribe("silent")
    [outcome] = await BulkPublisher(link).publish([Outgoing("silent", b"", {})], 0.05)
    assert isinstance(outcome, nats.errors.TimeoutError)
    await silent.unsubscribe()


async def test_without_a_connection_nothing_is_sent(server: NatsServer) -> None:
    seed = server.credentials("test", "admin")
    link = await connect(server.url, seed, "test", "admin", registry=CollectorRegistry())
    await close(link)
    outcomes = await BulkPublisher(link).publish(numbered("a", 2), TIMEOUT_S)
    assert all(isinstance(o, nats.errors.ConnectionReconnectingError) for o in outcomes)


async def test_calls_overlap(link: Client) -> None:
    await link.jetstream().add_stream(StreamConfig(name="C", subjects=["c.>"]))
    publisher = BulkPublisher(link)
    calls = [publisher.publish(numbered("c", 20, f"call-{n}"), TIMEOUT_S) for n in range(5)]
    assert await asyncio.gather(*calls) == [[None] * 20] * 5


async def test_answers_of_a_lost_connection_are_not_waited_for() -> None:
    with nats_server() as server:
        seed = server.credentials("test", "admin")
        link = await connect(server.url, seed, "test", "admin", registry=CollectorRegistry())
        sent = asyncio.Event()

        async def heard(_message: object) -> None:
            sent.set()

        await link.subscribe("silent", cb=heard)
        for_ever = 3_600.0
        publishing = asyncio.create_task(
            BulkPublisher(link).publish([Outgoing("silent", b"", {})], for_ever)
        )
        await asyncio.wait_for(sent.wait(), TIMEOUT_S)
        await asyncio.to_thread(server.restart)
        [outcome] = await asyncio.wait_for(publishing, TIMEOUT_S)
        assert isinstance(outcome, nats.errors.ConnectionReconnectingError)
        await close(link)
