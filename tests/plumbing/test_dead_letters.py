"""Dead letters on a real server: kept before the message ends, listed, replayed, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, StorageType, StreamConfig
from prometheus_client import CollectorRegistry

from services.plumbing.dead_letters import (
    DeadLetterCut,
    DeadLetterElsewhere,
    DeadLetterNotFound,
    DeadLetters,
    DeadLettersUnavailable,
    ensure_dead_letters,
)
from services.plumbing.dead_letters_rpc import DeadLetterServicer
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.nats_link import close, connect
from services.plumbing.refusal import InvalidArgument, Unavailable
from services.plumbing.streams import ensure_consumer, ensure_stream, jetstream
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import subjects
from tianfu.nats_config import MAX_PAYLOAD_BYTES
from tianfu.operations.v1 import dead_letter_service_pb2 as pb

pytestmark = pytest.mark.integration

SUBJECT = subjects.reading(subjects.node_id("node-a"))


class Malformed(InvalidArgument):
    reason = "BATCH_MALFORMED"


class Away(Unavailable):
    reason = "STORE_AWAY"


class Bench:
    """Telemetry's connection, its consumer and its dead letters."""

    def __init__(self, link: Client) -> None:
        self.link = link
        self.registry = CollectorRegistry()
        self.letters = DeadLetters(link, registry=self.registry)
        self.consumer = PullConsumer(
            link,
            subjects.READINGS,
            subjects.TELEMETRY_INGEST,
            ensure=self.ensure,
            registry=self.registry,
        )

    async def ensure(self) -> None:
        config = ConsumerConfig(ack_wait=2.0)
        await ensure_consumer(
            jetstream(self.link), subjects.READINGS, subjects.TELEMETRY_INGEST, config
        )

    async def publish(self, data: bytes, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await jetstream(self.link).publish(SUBJECT, data, headers=named or None)

    async def one(self) -> Message:
        async with asyncio.timeout(30):
            while True:
                for message in await self.consumer.take(1, 1.0):
                    return message

    def buried(self, reason: str) -> float:
        labels = {
            "stream": subjects.READINGS,
            "consumer": subjects.TELEMETRY_INGEST,
            "reason": reason,
        }
        return self.registry.get_sample_value("tianfu_dead_letters_total", labels) or 0.0


@pytest.fixture
async def bench(nats: NatsServer) -> AsyncIterator[Bench]:
    link = await connect(
        nats.url,
        nats.credentials("service", "telemetry"),
        "service",
        "telemetry",
        registry=CollectorRegistry(),
    )
    stream = StreamConfig(
        name=subjects.READINGS, subjects=[subjects.READINGS_ALL], storage=StorageType.FILE
    )
    await ensure_stream(jetstream(link), stream)
    await ensure_dead_letters(link)
    bench = Bench(link)
    await bench.consumer.start()
    yield bench
    await bench.consumer.stop()
    await close(link)


async def test_a_refused_message_is_kept_with_all_that_is_known_of_it(bench: Bench) -> None:
    await bench.publish(b"\x00bytes", Nats_Msg_Id="node-a-1-7", traceparent="00-aa-bb-01")
    await bench.letters.settle(await bench.one(), Malformed("no\nvalid\r\nbatch"))
    (letter,) = await bench.letters.list(0, 10)
    assert letter.reason == "BATCH_MALFORMED"
    assert letter.message == "no valid batch"
    assert (letter.stream, letter.consumer) == (subjects.READINGS, subjects.TELEMETRY_INGEST)
    assert (letter.subject, letter.stream_sequence) == (SUBJECT, 1)
    assert letter.payload == b"\x00bytes"
    assert letter.message_id == "node-a-1-7"
    assert letter.headers["traceparent"] == "00-aa-bb-01"
    assert bench.buried("BATCH_MALFORMED") == 1
    assert await bench.consumer.take(1, 0.3) == []


async def test_the_same_message_refused_twice_is_one_letter(bench: Bench) -> None:
    await bench.publish(b"x")
    message = await bench.one()
    # As when the process is killed between the letter and the end of the message.
    await bench.letters.bury(message, Malformed("bad"))
    await bench.letters.bury(message, Malformed("bad"))
    assert len(await bench.letters.list(0, 10)) == 1


async def test_what_concerns_the_surroundings_comes_again(bench: Bench) -> None:
    await bench.publish(b"x")
    await bench.letters.settle(await bench.one(), Away("store is away"))
    again = await bench.one()
    assert again.delivered == 2
    assert await bench.letters.list(0, 10) == []


async def test_a_message_that_always_fails_is_given_up(bench: Bench) -> None:
    letters = DeadLetters(bench.link, registry=bench.registry, deliveries_max=2)
    await bench.publish(b"x")
    await letters.settle(await bench.one(), KeyError("a bug"))
    assert await letters.list(0, 10) == []
    await letters.settle(await bench.one(), KeyError("a bug"))
    (letter,) = await letters.list(0, 10)
    assert letter.reason == "MAX_DELIVERIES"
    assert "a bug" not in letter.message
    assert "KeyError" in letter.message


async def test_a_letter_that_cannot_be_kept_leaves_the_message(
    bench: Bench, nats: NatsServer
) -> None:
    await bench.publish(b"x")
    message = await bench.one()
    nats.kill()
    burying = asyncio.create_task(bench.letters.bury(message, Malformed("bad")))
    await burying
    nats.start()
    again = await bench.one()
    # Not how often: a killed server may have forgotten that it delivered the message at all.
    assert (again.data, again.stream_sequence) == (b"x", message.stream_sequence)
    await bench.letters.bury(again, Malformed("bad"))
    assert len(await bench.letters.list(0, 10)) == 1


async def test_replays_within_the_duplicate_window_of_the_original(bench: Bench) -> None:
    await bench.publish(b"x", Nats_Msg_Id="node-a-1-7", traceparent="00-aa-bb-01")
    await bench.letters.bury(await bench.one(), Malformed("bad"))
    (letter,) = await bench.letters.list(0, 10)
    assert await bench.letters.replay(letter.sequence) == SUBJECT
    replayed = await bench.one()
    assert replayed.data == b"x"
    assert replayed.delivered == 1
    assert replayed.headers["traceparent"] == "00-aa-bb-01"
    assert await bench.letters.list(0, 10) == []
    with pytest.raises(DeadLetterNotFound):
        await bench.letters.replay(letter.sequence)


async def test_a_replay_cut_short_is_one_message(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.publish(b"x")
    await bench.letters.bury(await bench.one(), Malformed("bad"))
    (letter,) = await bench.letters.list(0, 10)

    async def crash(*_: object) -> None:
        raise OSError("killed between publish and delete")

    with monkeypatch.context() as patch:
        patch.setattr(bench.letters._js, "delete_msg", crash)
        with pytest.raises(DeadLettersUnavailable):
            await bench.letters.replay(letter.sequence)
    await bench.letters.replay(letter.sequence)
    await (await bench.one()).ack()
    assert await bench.consumer.take(1, 0.3) == []


async def test_the_greatest_message_is_kept_in_part_and_not_replayed(bench: Bench) -> None:
    size = MAX_PAYLOAD_BYTES - 64
    await bench.publish(b"x" * size)
    await bench.letters.bury(await bench.one(), Malformed("bad"))
    (letter,) = await bench.letters.list(0, 10)
    assert letter.bytes_cut > 0
    assert len(letter.payload) + letter.bytes_cut == size
    with pytest.raises(DeadLetterCut):
        await bench.letters.replay(letter.sequence)
    assert bench.link.is_connected


async def test_a_letter_of_another_service_is_not_replayed_here(bench: Bench) -> None:
    await bench.publish(b"x")
    await bench.letters.bury(await bench.one(), Malformed("bad"))
    (letter,) = await bench.letters.list(0, 10)
    other = DeadLetters(
        bench.link,
        registry=bench.registry,
        replays_to=frozenset({subjects.bucket_stream(subjects.PLAN_REPORTS)}),
    )
    with pytest.raises(DeadLetterElsewhere) as caught:
        await other.replay(letter.sequence)
    assert caught.value.metadata == {"stream": subjects.READINGS}


async def test_letters_are_listed_by_pages_over_the_service(bench: Bench) -> None:
    for n in range(5):
        await bench.publish(b"%d" % n)
        await bench.letters.bury(await bench.one(), Malformed(f"bad {n}"))
    servicer = DeadLetterServicer(bench.letters)
    context = SimpleNamespace()
    token, pages, name = "", [], ""
    for _ in range(3):
        request = pb.ListDeadLettersRequest(page_size=2, page_token=token)
        answer = await servicer.ListDeadLetters(request, context)
        pages.append([letter.message for letter in answer.dead_letters])
        name = answer.dead_letters[0].name
        token = answer.next_page_token
    assert pages == [["bad 0", "bad 1"], ["bad 2", "bad 3"], ["bad 4"]]
    assert token == ""
    replay = await servicer.ReplayDeadLetter(pb.ReplayDeadLetterRequest(name=name), context)
    assert replay.subject == SUBJECT


async def test_no_server_is_a_refusal(bench: Bench, nats: NatsServer) -> None:
    nats.kill()
    await until(lambda: not bench.link.is_connected)
    with pytest.raises(DeadLettersUnavailable):
        await bench.letters.list(0, 1)
