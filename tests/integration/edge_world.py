"""A real nats-server with the streams and buckets that an agent meets, and agents to meet them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import nats as nats_py
from nats.js.api import DiscardPolicy, StreamConfig

from edge.agent import Agent
from edge.clock import SystemClock
from edge.counters import Counters
from edge.link import Access, Link
from edge.settings import Settings, parse
from edge.spool import Spool
from edge.spool_account import Waiting
from edge.spool_worker import SpoolWorker
from edge.tracing import Tracer
from edge.uplink import Uplink
from tests.edge.doubles import Store
from tests.support.nats_server import NatsServer
from tianfu import subjects, tasks
from tianfu.reading.v1 import reading_batch_pb2 as pb
from tianfu.subjects import NodeId

NODE = subjects.node_id("node-a")
ROOT = Path(__file__).resolve().parents[2]

AGENT_TOML = """
[node]
id = "node-a"
data_dir = "data"
[batch]
close_after_ms = 20
readings_max = 50
[heartbeat]
interval_s = 1
[trace]
file = "spans.jsonl"
sample_ratio = 1
[[driver]]
kind = "simulated"
interval_s = 0.01
"""


def config(folder: Path, *, series: int = 10, more: str = "") -> Path:
    """Write settings of an agent with so many fast simulated series."""
    rows = [f'[[driver.series]]\nid = "s{n}"\nunit = "V"\nnoise = 1\n' for n in range(series)]
    file = folder / "edge.toml"
    file.write_text(AGENT_TOML + "".join(rows) + more)
    return file


@dataclass
class Platform:
    """What stands behind the link, by the admin's eyes."""

    server: NatsServer
    _client: Any = None

    async def client(self) -> Any:
        """Return a connected client of the admin."""
        if self._client is None or not self._client.is_connected:
            await self.close()
            self._client = await nats_py.connect(
                self.server.url,
                user_credentials=str(self.server.credentials("test", "admin")),
                allow_reconnect=False,
                error_cb=_quiet,
            )
        return self._client

    async def close(self) -> None:
        """Close the admin's connection."""
        if self._client is not None:
            with contextlib.suppress(Exception):
                await self._client.close()
            self._client = None

    async def streams(self, **limits: Any) -> None:
        """Make the stream of readings and the buckets of plans."""
        await self.readings_stream(**limits)
        js = (await self.client()).jetstream()
        await js.create_key_value(bucket=subjects.PLANS, direct=True)
        stream = await js.stream_info(subjects.bucket_stream(subjects.PLANS))
        source, destination = subjects.PLAN_REPUBLISH
        republish = nats_py.js.api.RePublish(src=source, dest=destination)
        await js.update_stream(stream.config.evolve(republish=republish))
        await js.create_key_value(bucket=subjects.PLAN_REPORTS)

    async def readings_stream(self, **limits: Any) -> None:
        """Make or change the stream of readings."""
        js = (await self.client()).jetstream()
        settings = StreamConfig(
            name=subjects.READINGS,
            subjects=[subjects.READINGS_ALL],
            discard=DiscardPolicy.NEW,
            duplicate_window=120,
            **limits,
        )
        try:
            await js.update_stream(settings)
        except nats_py.js.errors.NotFoundError:
            await js.add_stream(settings)

    async def messages(self) -> list[Any]:
        """Return all that the stream holds, in its order."""
        js = (await self.client()).jetstream()
        state = (await js.stream_info(subjects.READINGS)).state
        return [
            await js.get_msg(subjects.READINGS, seq=number)
            for number in range(state.first_seq, state.last_seq + 1)
        ]

    async def count(self) -> int:
        """Return how many messages the stream holds."""
        js = (await self.client()).jetstream()
        state = (await js.stream_info(subjects.READINGS)).state
        return int(state.messages)

    async def store(self) -> Store:
        """Return what a consumer of the stream would have stored."""
        store = Store()
        for message in await self.messages():
            batch = pb.ReadingBatch.FromString(message.data)
            store.take(Waiting(batch.epoch, batch.sequence, batch.count, "", message.data))
        return store

    async def sequences(self) -> list[int]:
        """Return the sequence numbers in the order of the stream."""
        return [pb.ReadingBatch.FromString(m.data).sequence for m in await self.messages()]


async def _quiet(error: Exception) -> None:
    del error


@dataclass
class Sender:
    """Spool, link and uplink without drivers: a test puts batches in."""

    spool: Spool
    worker: SpoolWorker
    link: Link
    uplink: Uplink
    counters: Counters = field(default_factory=Counters)

    async def store(self, *batches: Any) -> None:
        """Store batches and let them be sent."""
        await self.worker.store(batches)
        self.uplink.notify()

    @property
    def waiting(self) -> int:
        """Batches the spool still holds."""
        return self.worker.account().waiting_batches


@contextlib.asynccontextmanager
async def sending(
    server: NatsServer,
    folder: Path,
    *,
    credentials_file: Path | None = None,
    bytes_max: int = 1 << 26,
    node: NodeId = NODE,
    urls: tuple[str, ...] = (),
) -> AsyncIterator[Sender]:
    """Run a sender of a node: at the server, or at the first of some that answers."""
    clock, random, counters = SystemClock(), Random(5), Counters()
    spool = Spool(
        folder,
        node,
        clock=clock,
        random_bits=random.getrandbits,
        bytes_max=bytes_max,
        age_max_s=3600,
    )
    worker = SpoolWorker(spool)
    seed = credentials_file or server.credentials("node", node)
    link = Link(
        node,
        Access(urls or (server.url,), seed),
        clock=clock,
        counters=counters,
        jitter=random.random,
        return_every_s=0.2,
    )
    tracer = Tracer(folder / "spans.jsonl", 1.0, random.getrandbits)
    uplink = Uplink(
        node, worker, clock=clock, counters=counters, tracer=tracer, jitter=random.random
    )
    task = asyncio.create_task(link.run([uplink.run]))
    try:
        yield Sender(spool, worker, link, uplink, counters)
    finally:
        await tasks.end([task])
        await worker.close()
        tracer.close()


def agent_of(settings: Settings, seed: int = 1, version: str = "9.9") -> Agent:
    """Return an agent over its spool; run it to let go of both."""
    clock, random = SystemClock(), Random(seed)
    spool = Spool(
        settings.data_dir,
        settings.node,
        clock=clock,
        random_bits=random.getrandbits,
        bytes_max=settings.spool.bytes_max,
        age_max_s=settings.spool.age_max_s,
    )
    return Agent(settings, spool, clock=clock, random=random, version=version)


@contextlib.asynccontextmanager
async def running(agent: Agent) -> AsyncIterator[asyncio.Task[None]]:
    """Run an agent in this process, and stop it as SIGTERM would."""
    stop = asyncio.Event()
    task = asyncio.create_task(agent.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await task


def settings_of(file: Path, server: NatsServer) -> Settings:
    """Return the settings in a file for a server."""
    return parse(file.read_text(), environment(server), file=str(file), folder=file.parent)


def environment(server: NatsServer) -> dict[str, str]:
    """Return the variables that point an agent at a server."""
    return {
        "TIANFU_EDGE_NATS_URL": server.url,
        "TIANFU_EDGE_NATS_CREDENTIALS_FILE": str(server.credentials("node", NODE)),
    }


class AgentProcess:
    """The agent as users run it: a process."""

    def __init__(self, file: Path, server: NatsServer) -> None:
        self._command = [sys.executable, "-m", "edge", "run", "--config", str(file)]
        self._environment = os.environ | environment(server)
        self._log = file.parent / "agent.log"
        self.process: subprocess.Popen[bytes] | None = None

    def use(self, credentials: Path) -> None:
        """Have it connect with other credentials."""
        self._environment = {
            **self._environment,
            "TIANFU_EDGE_NATS_CREDENTIALS_FILE": str(credentials),
        }

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """Kill it as a power cut would (-9)."""
        self.end(signal.SIGKILL)

    def end(self, number: int) -> int:
        """Send it a signal and return its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def log(self) -> str:
        """What it has said."""
        return self._log.read_text()
