"""Loops over a stream for benches: a publisher with a window, consumers that only acknowledge.

Publisher and consumer run in processes of their own and are started together.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing as mp
import resource
import sys
import time
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

import nats
import uvloop
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from services.plumbing.jetstream import PullConsumer
from services.telemetry.bus import BLOCK_BATCHES, IN_FLIGHT_BATCHES
from tests.support.nats_server import NatsServer
from tianfu import subjects

WINDOW = 2_000
FETCH_MESSAGES = 500
"""nats-py's fetch asks for so many and waits until they are there: more made it slower."""


CONNECT_S = 30.0
"""For the first connection: a machine that has read nothing yet takes seconds over an import."""

FLUSH_S = 120.0
"""For the server's word that it has every acknowledgement: on a cold or busy disk it removes the
acknowledged messages at its own pace, and nats-py's 10 s were too few for 60,000 of them."""

CHILD_S = 1_200.0
"""Longest that a publisher or a consumer may take before it says something."""


class ChildFailed(RuntimeError):
    """A publisher or a consumer ended early; the message is its own traceback."""


class Child:
    """A coroutine function in a process of its own, and a pipe to it."""

    def __init__(self, process: BaseProcess, pipe: Any, name: str) -> None:
        self.process, self.pipe, self.name = process, pipe, name

    def send(self, word: Any) -> None:
        """Tell it something."""
        self.pipe.send(word)

    async def told(self, seconds: float = CHILD_S) -> Any:
        """Return what it says next; raise ChildFailed, with its error, when it ended instead."""
        return await asyncio.to_thread(self._receive, seconds)

    def _receive(self, seconds: float) -> Any:
        if not self.pipe.poll(seconds):
            self.end()
            raise ChildFailed(f"{self.name}: said nothing for {seconds:.0f} s")
        try:
            said = self.pipe.recv()
        except EOFError:
            self.process.join()
            raise ChildFailed(f"{self.name}: ended with {self.process.exitcode}") from None
        if isinstance(said, _Failure):
            self.process.join()
            raise ChildFailed(f"{self.name}:\n{said.text}")
        return said

    def end(self) -> None:
        """Kill it if it still runs, and take its status."""
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


@dataclass(frozen=True)
class _Failure:
    text: str


class Publisher:
    """Publishes with a window of unacknowledged messages, each under its own id."""

    def __init__(self, client: Any, window: int = WINDOW) -> None:
        self.client, self.slots = client, asyncio.Semaphore(window)
        self.acknowledged = 0
        self.inbox = client.new_inbox()

    async def open(self) -> None:
        """Listen for acknowledgements."""
        await self.client.subscribe(self.inbox, cb=self._acked)

    async def _acked(self, message: Any) -> None:
        if b'"error"' in message.data or message.headers:
            raise RuntimeError(message.data)
        self.acknowledged += 1
        self.slots.release()

    async def publish(self, subject: str, payload: bytes, msg_id: str) -> None:
        """Publish when there is room in the window."""
        await self.slots.acquire()
        await self.client.publish(
            subject, payload, reply=self.inbox, headers={"Nats-Msg-Id": msg_id}
        )

    async def drained(self, total: int) -> None:
        """Return when all are acknowledged."""
        while self.acknowledged < total:
            await asyncio.sleep(0.005)


async def connect(address: str) -> Any:
    """Connect as the test's administrator; an address is URL|CREDENTIALS."""
    url, _, seed = address.partition("|")
    return await nats.connect(
        url, user_credentials=seed, pending_size=64 << 20, connect_timeout=CONNECT_S
    )


def address(server: NatsServer) -> str:
    """Return a server's address for ``connect``."""
    return f"{server.url}|{server.credentials('test', 'admin')}"


def in_process(work: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> Child:
    """Run a coroutine function in a process of its own; it gets its end of a pipe first."""
    ours, theirs = mp.Pipe()
    process = mp.get_context("spawn").Process(target=_child, args=(work, theirs, *args))
    process.start()
    # Only the child's copy stays open, so that its end is noticed here.
    theirs.close()
    return Child(process, ours, work.__name__)


def _child(work: Callable[..., Coroutine[Any, Any, Any]], pipe: Any, *args: Any) -> None:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            said = runner.run(work(pipe, *args))
    except Exception:  # noqa: BLE001 - whatever it is, the parent tells it
        said = _Failure(traceback.format_exc())
    pipe.send(said)


async def _nothing() -> None:
    """Do nothing: the stream and its durable are there already."""


async def pull(client: Any, stream: str, durable: str) -> PullConsumer:
    """Return an open consumer as the service has it."""
    consumer = PullConsumer(
        client,
        subjects.StreamName(stream),
        subjects.DurableName(durable),
        ensure=_nothing,
        max_messages=IN_FLIGHT_BATCHES,
    )
    await consumer.start()
    return consumer


async def consume_bare(pipe: Any, url: str, batches: int) -> dict[str, float]:
    """Fetch and acknowledge, nothing else."""
    client = await connect(url)
    consumer = await pull(client, subjects.READINGS, subjects.TELEMETRY_INGEST)
    pipe.send("ready")
    seen, begun = 0, 0.0
    while seen < batches:
        for message in await consumer.take(BLOCK_BATCHES, 1.0):
            begun = begun or time.perf_counter()
            await message.ack()
            seen += 1
    await client.flush(FLUSH_S)
    ended = time.perf_counter()
    await consumer.stop()
    await client.close()
    return {"seconds": ended - begun, "ended": ended, "cpu": cpu()}


async def consume_fetch(pipe: Any, url: str, batches: int) -> dict[str, float]:
    """Fetch and acknowledge as nats-py's own users do, nothing else."""
    client = await connect(url)
    js = client.jetstream()
    durable = subjects.TELEMETRY_INGEST
    subscription = await js.pull_subscribe_bind(durable, subjects.READINGS)
    pipe.send("ready")
    seen, begun = 0, 0.0
    while seen < batches:
        with contextlib.suppress(TimeoutError):  # fetch raises its own kind, and the plain one
            for message in await subscription.fetch(FETCH_MESSAGES, timeout=1.0):
                begun = begun or time.perf_counter()
                await message.ack()
                seen += 1
    await client.flush(FLUSH_S)
    ended = time.perf_counter()
    await client.close()
    return {"seconds": ended - begun, "ended": ended, "cpu": cpu()}


def cpu() -> float:
    """Return the processor seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def rss() -> float:
    """Return the most memory that this process has had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass
class Run:
    """What a publisher and a consumer said of one run, and how long both took together."""

    published: dict[str, float]
    consumed: dict[str, float]
    seconds: float


async def together(url: str, publisher: Any, consumer: Any) -> Run:
    """Run a publisher and a consumer, each given as (coroutine function, arguments)."""
    await make_stream(url)
    taker = in_process(consumer[0], url, *consumer[1:])
    giver = in_process(publisher[0], url, *publisher[1:])
    try:
        for child in (taker, giver):
            assert await child.told() == "ready"
        begun = time.perf_counter()
        giver.send("go")
        published = await giver.told()
        consumed = await taker.told()
        # perf_counter is the machine's monotonic clock on Linux: the processes share it.
        seconds = consumed["ended"] - begun
    finally:
        for child in (giver, taker):
            child.end()
    return Run(published, consumed, seconds)


async def make_stream(url: str) -> None:
    """Make the stream of readings anew, as the service has it but without its bound."""
    client = await connect(url)
    manager = client.jsm()
    with contextlib.suppress(nats.js.errors.NotFoundError):
        await manager.delete_stream(subjects.READINGS)
    config = StreamConfig(
        name=subjects.READINGS,
        subjects=[subjects.READINGS_ALL],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=8 << 30,
        duplicate_window=120,
    )
    await manager.add_stream(config)
    await manager.add_consumer(
        subjects.READINGS,
        ConsumerConfig(
            durable_name=subjects.TELEMETRY_INGEST,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=60,
            max_ack_pending=5_000,
        ),
    )
    config.retention = RetentionPolicy.INTEREST
    await manager.update_stream(config)
    await client.close()


def figure(
    name: str, value: float, unit: str, baseline: float, target: str, *, met: bool
) -> dict[str, Any]:
    """Return one figure as the benches print it."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 3) if baseline else None,
        "target": target,
        "met": met,
    }


def say(text: str) -> None:
    """Print progress to standard error."""
    print(text, file=sys.stderr, flush=True)
