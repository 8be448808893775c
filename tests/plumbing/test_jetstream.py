"""The continuous pull on a real nats-server that is killed, and whose consumer is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import nats.errors
import nats.js.errors
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StorageType, StreamConfig
from prometheus_client import CollectorRegistry

from services.plumbing import jetstream as js_port
from services.plumbing.jetstream import Message, PullConsumer, backoff
from services.plumbing.nats_link import NatsUnreachable, close, connect
from services.plumbing.streams import StreamConflict, ensure_consumer, ensure_stream, jetstream
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import nats_realm, subjects

pytestmark = pytest.mark.integration

SUBJECT = subjects.reading(subjects.node_id("node-a"))
STREAM = StreamConfig(
    name=subjects.READINGS, subjects=[subjects.READINGS_ALL], storage=StorageType.FILE
)
MEBIBYTE = 1024 * 1024


class Bench:
    """A connection as telemetry, one as administrator, and the consumers that a test makes."""

    def __init__(self, server: NatsServer, link: Client, admin: Client) -> None:
        self.server = server
        self.link = link
        self.admin = admin
        self.consumers: list[PullConsumer] = []
        self.ack_wait = 30.0

    @property
    def js(self) -> JetStreamContext:
        return jetstream(self.link)

    async def ensure(self) -> None:
        await ensure_consumer(
            self.js,
            subjects.READINGS,
            subjects.TELEMETRY_INGEST,
            ConsumerConfig(ack_wait=self.ack_wait, max_ack_pending=10_000),
        )

    async def consumer(
        self, ensure: Callable[[], Awaitable[None]] | None = None, **bounds: int
    ) -> PullConsumer:
        consumer = PullConsumer(
            self.link,
            subjects.READINGS,
            subjects.TELEMETRY_INGEST,
            ensure=ensure or self.ensure,
            registry=CollectorRegistry(),
            **bounds,
        )
        await consumer.start()
        self.consumers.append(consumer)
        return consumer

    async def publish(self, count: int, size: int = 10) -> None:
        for n in range(count):
            await self.js.publish(SUBJECT, b"%d" % n + b" " * size)

    async def publish_anyhow(self, text: str) -> None:
        """Publish until it is confirmed, as every sender must."""

        async def confirmed() -> bool:
            try:
                await self.link.jetstream(timeout=1).publish(
                    SUBJECT, text.encode(), headers={"Nats-Msg-Id": text}
                )
            except (nats.errors.Error, nats.js.errors.Error):
                return False
            return True

        await until(confirmed)

    async def ack_pending(self) -> int:
        info = await jetstream(self.admin).consumer_info(
            subjects.READINGS, subjects.TELEMETRY_INGEST
        )
        return int(info.num_ack_pending or 0)


@pytest.fixture
async def bench(nats: NatsServer) -> AsyncIterator[Bench]:
    link = await connect(
        nats.url,
        nats.credentials("service", "telemetry"),
        "service",
        "telemetry",
        registry=CollectorRegistry(),
    )
    admin = await connect(
        nats.url, nats.credentials("test", "admin"), "test", "admin", registry=CollectorRegistry()
    )
    await ensure_stream(jetstream(link), STREAM)
    bench = Bench(nats, link, admin)
    yield bench
    for consumer in bench.consumers:
        await consumer.stop()
    await close(link)
    await close(admin)


async def take(consumer: PullConsumer, count: int) -> list[Message]:
    taken: list[Message] = []
    async with asyncio.timeout(60):
        while len(taken) < count:
            taken += await consumer.take(count - len(taken), 1.0)
    return taken


async def test_takes_in_order_and_acknowledges(bench: Bench) -> None:
    await bench.publish(500)
    consumer = await bench.consumer()
    taken = await take(consumer, 500)
    assert [int(m.data) for m in taken] == list(range(500))
    assert [m.stream_sequence for m in taken] == list(range(1, 501))
    for message in taken[:-1]:
        await message.ack()
    assert await taken[-1].ack_sync()
    assert await bench.ack_pending() == 0


async def test_a_message_tells_where_it_comes_from(bench: Bench) -> None:
    await bench.js.publish(SUBJECT, b"x", headers={"Nats-Msg-Id": "one", "traceparent": "00"})
    (message,) = await take(await bench.consumer(), 1)
    assert message.subject == SUBJECT
    assert message.stream == subjects.READINGS
    assert message.consumer == subjects.TELEMETRY_INGEST
    assert message.delivered == 1
    assert message.pending == 0
    assert message.headers == {"Nats-Msg-Id": "one", "traceparent": "00"}
    assert abs(message.published - datetime.now(UTC)) < timedelta(minutes=1)


def test_reads_acknowledgement_subjects_with_domain_and_account() -> None:
    reply = "$JS.ACK.hub.ACCHASH.READINGS.telemetry-ingest.3.42.40.1700000000000000000.7.tail"
    message = Message(Client(), "s", reply, b"", None)
    assert (message.stream, message.consumer) == ("READINGS", "telemetry-ingest")
    assert (message.delivered, message.stream_sequence, message.pending) == (3, 42, 7)
    assert message.published == datetime.fromtimestamp(1_700_000_000, UTC)


async def test_take_returns_as_soon_as_there_is_one(bench: Bench) -> None:
    consumer = await bench.consumer()
    assert await consumer.take(10, 0.05) == []
    taking = asyncio.create_task(consumer.take(10, 30.0))
    await bench.publish(1)
    async with asyncio.timeout(60):
        assert len(await taking) == 1


async def test_asks_for_no_more_messages_than_there_is_room_for(bench: Bench) -> None:
    await bench.publish(300)
    consumer = await bench.consumer(max_messages=64)

    async def full() -> bool:
        return await bench.ack_pending() == 64

    await until(full)
    assert len(consumer._ready) <= 64
    taken = await take(consumer, 300)
    assert [int(m.data) for m in taken] == list(range(300))


async def test_asks_for_no_more_bytes_than_there_is_room_for(bench: Bench) -> None:
    await bench.publish(40, size=MEBIBYTE // 2)
    consumer = await bench.consumer(max_bytes=8 * MEBIBYTE)

    await until(lambda: len(consumer._ready) >= 8)
    assert sum(len(m.data) for m in consumer._ready) <= 8 * MEBIBYTE
    taken = await take(consumer, 40)
    assert [int(m.data) for m in taken] == list(range(40))


async def test_a_message_given_back_comes_again_and_is_counted(bench: Bench) -> None:
    await bench.publish(1)
    consumer = await bench.consumer()
    (first,) = await take(consumer, 1)
    await first.nak(0.05)
    (second,) = await take(consumer, 1)
    assert (first.delivered, second.delivered) == (1, 2)
    await second.term("no use")
    assert await consumer.take(1, 0.3) == []


async def test_in_progress_keeps_a_message_from_coming_again(bench: Bench) -> None:
    bench.ack_wait = 1.0
    await bench.publish(1)
    consumer = await bench.consumer()
    (message,) = await take(consumer, 1)
    for _ in range(4):
        assert await consumer.take(1, 0.5) == []
        await message.in_progress()
    (again,) = await take(consumer, 1)
    assert again.delivered == 2
    await again.ack()


def test_delays_grow_to_a_bound() -> None:
    delays = [backoff(n) for n in range(1, 30)]
    assert delays == sorted(delays)
    assert delays[0] == 1.0
    assert delays[-1] == 60.0


async def test_a_stop_gives_back_what_nobody_has_taken(bench: Bench) -> None:
    await bench.publish(50)
    consumer = await bench.consumer()
    taken = await take(consumer, 10)
    for message in taken:
        await message.ack()
    await consumer.stop()
    assert await consumer.take(10, 5.0) == []
    second = await bench.consumer()
    again = await take(second, 40)
    assert sorted(int(m.data) for m in again) == list(range(10, 50))


async def test_goes_on_after_the_server_was_killed(bench: Bench) -> None:
    await bench.publish(20)
    consumer = await bench.consumer()
    for message in await take(consumer, 20):
        await message.ack()
    for n in range(3):
        bench.server.restart()
        await bench.publish_anyhow(f"{n}00")
        seen: set[int] = set()
        async with asyncio.timeout(60):
            while n * 100 not in seen:
                for message in await consumer.take(100, 1.0):
                    seen.add(int(message.data))
                    await message.ack()


async def test_a_consumer_that_was_deleted_is_made_anew(bench: Bench) -> None:
    await bench.publish(5)
    consumer = await bench.consumer()
    for message in await take(consumer, 5):
        await message.ack_sync()
    await jetstream(bench.admin).delete_consumer(subjects.READINGS, subjects.TELEMETRY_INGEST)
    await bench.js.publish(SUBJECT, b"5")
    async with asyncio.timeout(60):
        seen: set[int] = set()
        while 5 not in seen:
            seen |= {int(m.data) for m in await consumer.take(10, 1.0)}


async def test_a_request_without_heartbeats_is_made_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(js_port, "SILENCE_MAX_S", 0.3)
    consumer = await bench.consumer()
    # The server forgets the requests, as when its process was paused: nobody tells the client.
    for slot in consumer._slots:
        assert slot.sub is not None
        await bench.link._send_unsubscribe(slot.sub._id)
        await bench.link._send_subscribe(slot.sub)
    await bench.publish(3)
    assert len(await take(consumer, 3)) == 3


async def test_one_taker_gets_each_message_once_while_the_pull_is_renewed(bench: Bench) -> None:
    await bench.publish(2_000)
    consumer = await bench.consumer(max_messages=50)
    taken: list[int] = []
    while len(taken) < 2_000:
        for message in await consumer.take(7, 5.0):
            taken.append(int(message.data))
            await message.ack()
    assert sorted(taken) == list(range(2_000))


async def test_streams_and_consumers_may_be_ensured_again_and_changed(bench: Bench) -> None:
    await ensure_stream(bench.js, STREAM)
    await ensure_stream(bench.js, STREAM.evolve(max_bytes=MEBIBYTE))
    info = await jetstream(bench.admin).stream_info(subjects.READINGS)
    assert info.config.max_bytes == MEBIBYTE
    await bench.ensure()
    bench.ack_wait = 60.0
    await bench.ensure()


async def test_what_a_server_refuses_to_change_is_a_refusal(bench: Bench) -> None:
    with pytest.raises(StreamConflict) as caught:
        await ensure_stream(bench.js, STREAM.evolve(storage=StorageType.MEMORY))
    assert caught.value.reason == "STREAM_CONFLICT"


async def test_no_server_is_a_refusal_in_time(nats: NatsServer) -> None:
    nats.kill()
    with pytest.raises(NatsUnreachable) as caught:
        await connect(
            nats.url,
            nats.credentials("service", "telemetry"),
            "service",
            "telemetry",
            registry=CollectorRegistry(),
            deadline_s=0.5,
        )
    assert caught.value.reason == "NATS_UNREACHABLE"


async def test_an_unknown_key_is_refused(nats: NatsServer) -> None:
    another = nats_realm.generate(issued=1)
    stranger = nats.add_user("service", "x", subjects.Permissions((), ()), realm=another)
    with pytest.raises(NatsUnreachable, match="does not let in"):
        await connect(
            nats.url,
            stranger.credentials,
            "service",
            "telemetry",
            registry=CollectorRegistry(),
            deadline_s=2,
        )
