"""The edge agent, its memory when idle and what it sustains: ``python -m bench.agent``.

On a real nats-server with a file-backed stream, in the same run:

- resident memory of ``tianfu-edge run`` with a heartbeat and one simulated driver, connected and
  settled; beside it, a bare interpreter that has imported asyncio;
- readings per second through spool and uplink until every one is acknowledged and deleted, from
  closed batches of 1,000; beside it, the same batches published without a spool;
- the same from the drivers' values on: sampled, scaled, checked, batched; beside it, the
  values sent as one JSON message each, 256 under way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import nats
import psutil
from nats.js.api import StreamConfig

from edge.agent import Agent
from edge.clock import Clock, SystemClock
from edge.counters import Counters
from edge.driver_settings import DriverSettings
from edge.link import Access, Link
from edge.reading import RawValue
from edge.settings import Settings, parse
from edge.spool import Spool
from edge.spool_account import NewBatch
from edge.spool_worker import SpoolWorker
from edge.tracing import Tracer
from edge.uplink import WINDOW, Uplink
from tests.support.nats_server import NatsServer, nats_server
from tianfu import subjects, tasks
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey, encode

NODE = subjects.node_id("bench-node")
ROOT = Path(__file__).resolve().parent.parent
READINGS = 3_000_000
AGENT_READINGS = 1_000_000
NAIVE_READINGS = 20_000
PER_BATCH = 1_000
SERIES = 50
STORED_AT_ONCE = 16
RSS_TARGET_MB = 60.0
RATE_TARGET = 100_000.0
SETTLE_S = 15.0

CONFIG = f"""
[node]
id = "{NODE}"
[heartbeat]
interval_s = 1
[[driver]]
kind = "simulated"
[[driver.series]]
id = "t"
unit = "Cel"
"""


async def admin(server: NatsServer) -> Any:
    """Return a client that may do everything."""
    return await nats.connect(
        server.url, user_credentials=str(server.credentials("test", "admin")), pending_size=64 << 20
    )


async def make_stream(server: NatsServer) -> None:
    """Make the stream of readings, empty."""
    client = await admin(server)
    settings = StreamConfig(name=subjects.READINGS, subjects=[subjects.READINGS_ALL])
    await client.jetstream().add_stream(settings)
    await client.jetstream().purge_stream(subjects.READINGS)
    await client.close()


# -- memory ------------------------------------------------------------------------------------


def bare_rss_mb() -> float:
    """Return the memory of an interpreter that only waits."""
    code = "import asyncio\nasyncio.run(asyncio.sleep(60))"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        time.sleep(2)
        rss = psutil.Process(process.pid).memory_info().rss
        process.kill()
    return float(rss / 2**20)


def idle_rss_mb(server: NatsServer, folder: Path) -> float:
    """Return the memory of the agent when it has settled."""
    file = folder / "edge.toml"
    file.write_text(CONFIG)
    environment = os.environ | {
        "TIANFU_EDGE_NATS_URL": server.url,
        "TIANFU_EDGE_NATS_CREDENTIALS_FILE": str(server.credentials("node", NODE)),
        "TIANFU_EDGE_DATA_DIR": str(folder / "idle"),
    }
    command = [sys.executable, "-m", "edge", "run", "--config", str(file)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        seen = []
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:
            time.sleep(0.5)
            seen.append(psutil.Process(process.pid).memory_info().rss)
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)
    last = json.loads((folder / "idle" / "status.json").read_text())
    if status != 0 or not last["uplink"]["acknowledged"]:
        raise RuntimeError(f"the agent did not work: status {status}, {last['connection']}")
    return float(max(seen) / 2**20)


# -- rates -------------------------------------------------------------------------------------


def closed_batch(random: Random) -> NewBatch:
    """Return a closed batch as the batcher hands it on."""
    keys = [SeriesKey(f"meter-{n}.power", "kW") for n in range(SERIES)]
    builder = BatchBuilder()
    for position in range(PER_BATCH):
        builder.add(keys[position % SERIES], 1_780_000_000_000_000 + position, random.random(), 0)
    return NewBatch(builder.message(), "00-" + "a" * 32 + "-" + "b" * 16 + "-00")


async def without_spool(server: NatsServer, batches: int) -> float:
    """Return readings per second of publishing alone, as many under way as the uplink has."""
    client = await admin(server)
    js = client.jetstream(publish_async_max_pending=WINDOW)
    message = closed_batch(Random(1)).message
    payload = encode(message, Identity(NODE, 1, 1), produced_total=PER_BATCH)
    began = time.perf_counter()
    for number in range(batches):
        await js.publish_async(
            subjects.reading(NODE), payload, headers={"Nats-Msg-Id": f"plain-{number}"}
        )
    await js.publish_async_completed()
    elapsed = time.perf_counter() - began
    await client.close()
    return batches * PER_BATCH / elapsed


@asynccontextmanager
async def sender(server: NatsServer, folder: Path) -> AsyncIterator[tuple[SpoolWorker, Uplink]]:
    """Run spool, link and uplink as the agent does."""
    clock, random, counters = SystemClock(), Random(5), Counters()
    worker = SpoolWorker(open_spool(folder, clock, random))
    seed = server.credentials("node", NODE)
    link = Link(
        NODE, Access((server.url,), seed), clock=clock, counters=counters, jitter=random.random
    )
    tracer = Tracer(None, 0.01, random.getrandbits)
    uplink = Uplink(
        NODE, worker, clock=clock, counters=counters, tracer=tracer, jitter=random.random
    )
    task = asyncio.create_task(link.run([uplink.run]))
    while not link.is_connected:
        await asyncio.sleep(0.01)
    try:
        yield worker, uplink
    finally:
        await tasks.end([task])
        await worker.close()


def open_spool(folder: Path, clock: Clock, random: Random) -> Spool:
    """Return a spool that is large enough for the run."""
    return Spool(
        folder,
        NODE,
        clock=clock,
        random_bits=random.getrandbits,
        bytes_max=1 << 32,
        age_max_s=86_400,
    )


async def through_spool(server: NatsServer, folder: Path, batches: int) -> float:
    """Return readings per second from closed batch to acknowledged and deleted."""
    batch = closed_batch(Random(1))
    async with sender(server, folder) as (worker, uplink):
        began = time.perf_counter()
        for _ in range(batches // STORED_AT_ONCE):
            await worker.store([batch] * STORED_AT_ONCE)
            uplink.notify()
        while worker.account().waiting_batches:
            await asyncio.sleep(0.005)
        elapsed = time.perf_counter() - began
        account = worker.account()
    if account.dropped:
        raise RuntimeError(f"dropped {account.drops}")
    return account.produced / elapsed


class FloodDriver:
    """Says a hundred values of every series at each read."""

    def __init__(self, total: int) -> None:
        self.left = total

    async def connect(self) -> None:
        """Nothing to connect to."""

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return values until there are no more."""
        number = min(self.left, 100 * len(series))
        self.left -= number
        return [RawValue(series[n % len(series)], float(n)) for n in range(number)]

    async def close(self) -> None:
        """Nothing to close."""


async def whole_agent(server: NatsServer, folder: Path, readings: int) -> float:
    """Return readings per second from the driver's value to acknowledged and deleted."""
    rows = "".join(
        f'[[driver.series]]\nid = "s{n}"\nunit = "V"\nscale = 2\nhigh = 9e9\n'
        for n in range(SERIES)
    )
    text = CONFIG.partition("[[driver.series]]")[0] + "interval_s = 0.01\n" + rows
    environ = {
        "TIANFU_EDGE_NATS_URL": server.url,
        "TIANFU_EDGE_NATS_CREDENTIALS_FILE": str(server.credentials("node", NODE)),
        "TIANFU_EDGE_DATA_DIR": str(folder),
    }
    settings: Settings = parse(text, environ, file="bench", folder=folder)
    clock, random = SystemClock(), Random(7)
    driver = FloodDriver(readings)

    def flood(_settings: DriverSettings, _clock: Clock) -> FloodDriver:
        return driver

    spool = open_spool(folder, clock, random)
    agent = Agent(settings, spool, clock=clock, random=random, version="bench", make_driver=flood)
    stop = asyncio.Event()
    task = asyncio.create_task(agent.run(stop))
    while not agent.link.is_connected:
        await asyncio.sleep(0.01)
    already = agent.uplink.state.acknowledged_readings
    began = time.perf_counter()
    while agent.uplink.state.acknowledged_readings < readings:
        await asyncio.sleep(0.01)
    elapsed = time.perf_counter() - began
    stop.set()
    await task
    return (readings - already) / elapsed


async def naive(server: NatsServer, readings: int) -> float:
    """Return readings per second of one JSON message per reading, published and acknowledged."""
    client = await admin(server)
    js = client.jetstream(publish_async_max_pending=256)
    began = time.perf_counter()
    for number in range(readings):
        payload = json.dumps({"series": "s1", "unit": "V", "time": time.time(), "value": number})
        await js.publish_async(subjects.reading(NODE), payload.encode())
    await js.publish_async_completed()
    elapsed = time.perf_counter() - began
    await client.close()
    return readings / elapsed


# -- report ------------------------------------------------------------------------------------


def figure(
    name: str, value: float, unit: str, baseline: float, target: float | None, *, low: bool = False
) -> dict[str, Any]:
    """Return one figure; with ``low`` less is better."""
    met = None if target is None else (value < target if low else value >= target)
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "baseline": round(baseline, 1),
        "ratio": round(value / baseline, 3) if baseline and math.isfinite(baseline) else None,
        "target": target,
        "met": met,
    }


async def rates(server: NatsServer, folder: Path, scale: float) -> list[dict[str, Any]]:
    """Return the figures of the rates."""
    batches = max(STORED_AT_ONCE, int(READINGS * scale) // PER_BATCH)
    await make_stream(server)
    plain = await without_spool(server, batches)
    print(f"batches published without a spool: {plain:,.0f} readings/s", flush=True)
    await make_stream(server)
    spooled = await through_spool(server, folder / "spool", batches)
    print(f"batches through spool and uplink: {spooled:,.0f} readings/s", flush=True)
    await make_stream(server)
    single = await naive(server, max(1_000, int(NAIVE_READINGS * scale)))
    print(f"one message per reading: {single:,.0f} readings/s", flush=True)
    await make_stream(server)
    whole = await whole_agent(server, folder / "agent", max(20_000, int(AGENT_READINGS * scale)))
    print(f"the whole agent: {whole:,.0f} readings/s", flush=True)
    return [
        figure("agent.spool_uplink", spooled, "readings/s", plain, RATE_TARGET),
        figure("agent.whole", whole, "readings/s", single, RATE_TARGET),
    ]


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full run, for tests")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="tianfu-bench-agent-") as folder,
        nats_server(nodes=(NODE,)) as server,
    ):
        asyncio.run(make_stream(server))
        bare = bare_rss_mb()
        idle = idle_rss_mb(server, Path(folder))
        print(
            f"idle agent: {idle:.1f} MB; bare interpreter with asyncio: {bare:.1f} MB", flush=True
        )
        figures = [figure("agent.idle_rss", idle, "MB", bare, RSS_TARGET_MB, low=True)]
        figures += asyncio.run(rates(server, Path(folder), given.scale))
    print(json.dumps(figures))
    return 0 if all(one["met"] is not False for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
