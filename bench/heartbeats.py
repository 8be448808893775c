"""Presence of 50,000 nodes, 1,667 heartbeats a second: ``python -m bench.heartbeats``.

The fleet service runs as a process on a real nats-server and a real PostgreSQL; another process
publishes each node's heartbeat every 30 s, evenly. Printed: the share of a core that the service
takes, and what it writes to the database; beside it, in the same run and at the same rate, a
consumer that does the obvious and updates the node's row with each heartbeat.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import nats
import psutil
from nats.aio.client import Client
from sqlalchemy.engine import make_url

from tests.support.fleet_process import FleetProcess, fleet_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.schema import service_url
from tianfu import subjects
from tianfu.fleet.v1 import heartbeat_pb2

NODES = 50_000
INTERVAL_S = 30.0
RATE = NODES / INTERVAL_S
WARM_S = 5.0
MEASURED_S = 40.0
CPU_TARGET = 0.5
WRITES_TARGET = 1.0
TICK_S = 0.02
CONNECTIONS = 8
VERSION = "1.0.0"

SEED = """
INSERT INTO fleet.nodes (node_id, display_name, node_class, place_code, labels, presence,
    presence_change_time, identity, agent_version, clock_offset_us, create_time, update_time,
    revision)
SELECT 'bench-' || n, '', 2, '510104', '{}', 2, now(), 1, $2, 1500, now(), now(), 1
FROM generate_series(0, $1 - 1) AS n
"""


@dataclass
class Load:
    """What a consumer cost over the measured time."""

    heard: float
    cpu: float
    database_cpu: float
    writes: float


def plain(url: str) -> str:
    """Return a URL as asyncpg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def connect(server_url: str, credentials_file: str) -> Client:
    """Connect as an administrator, who may speak for every node."""
    return await nats.connect(
        server_url,
        user_credentials=credentials_file,
        inbox_prefix=subjects.inbox_prefix("test", "admin"),
    )


def beats() -> list[tuple[str, bytes]]:
    """Return each node's heartbeat as an agent's is: some 120 bytes."""
    made: list[tuple[str, bytes]] = []
    for n in range(NODES):
        node = subjects.NodeId(f"bench-{n}")
        message = heartbeat_pb2.Heartbeat(
            node=node,
            instance=n + 1,
            clock_offset_us=1_500,
            agent_version=VERSION,
            epoch=n,
            produced_total=1_000_000,
            spooled_readings=1_000,
            spooled_bytes=15_000,
            sequence=1_000,
            plan_generation=1,
            interval_ms=int(INTERVAL_S * 1000),
        )
        made.append((subjects.heartbeat(node), message.SerializeToString()))
    return made


def publish(server_url: str, credentials_file: str, stop: Any, sent: Any) -> None:
    """Publish evenly until told to stop (a process of its own)."""

    async def run() -> None:
        load = beats()
        link = await connect(server_url, credentials_file)
        began, number = time.perf_counter(), 0
        while not stop.is_set():
            due = int((time.perf_counter() - began) * RATE)
            while number < due:
                await link.publish(*load[number % NODES])
                number += 1
            sent.value = number
            await asyncio.sleep(TICK_S)
        await link.close()

    asyncio.run(run())


@contextlib.contextmanager
def publishing(server: NatsServer) -> Iterator[Any]:
    """Publish heartbeats as long as the block runs; yields the count of those sent."""
    context = multiprocessing.get_context("spawn")
    stop, sent = context.Event(), context.Value("q", 0)
    seed = str(server.credentials("test", "admin"))
    process = context.Process(target=publish, args=(server.url, seed, stop, sent), daemon=True)
    process.start()
    try:
        while sent.value == 0:
            time.sleep(TICK_S)
        yield sent
    finally:
        stop.set()
        process.join()


def naive(server_url: str, credentials_file: str, url: str, heard: Any) -> None:
    """Update the node's row with each heartbeat (a process of its own)."""

    async def run() -> None:
        pool = await asyncpg.create_pool(plain(url), min_size=CONNECTIONS, max_size=CONNECTIONS)
        waiting: asyncio.Queue[bytes] = asyncio.Queue(100_000)
        link = await connect(server_url, credentials_file)

        async def work() -> None:
            async with pool.acquire() as connection:
                update = await connection.prepare(
                    "UPDATE fleet.nodes SET presence = 2, update_time = now(),"
                    " agent_version = $2, clock_offset_us = $3 WHERE node_id = $1"
                )
                while True:
                    beat = heartbeat_pb2.Heartbeat.FromString(await waiting.get())
                    await update.fetch(beat.node, beat.agent_version, beat.clock_offset_us)
                    heard.value += 1

        async def take(message: Any) -> None:
            with contextlib.suppress(asyncio.QueueFull):
                waiting.put_nowait(message.data)

        await link.subscribe(subjects.HEARTBEATS_ALL, cb=take)
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    asyncio.run(run())


def cpu_s(pid: int) -> float:
    """Return the processor time of a process and its children, living or reaped, in seconds."""
    process = psutil.Process(pid)
    own = process.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    return float(total)


def written(admin_url: str) -> int:
    """Return how many rows of nodes were ever updated or inserted, and inserted elsewhere."""

    async def ask() -> int:
        connection = await asyncpg.connect(plain(admin_url))
        try:
            await connection.execute("SELECT pg_stat_force_next_flush()")
            return int(
                await connection.fetchval(
                    "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)"
                    " FROM pg_stat_user_tables WHERE schemaname = 'fleet'"
                )
            )
        finally:
            await connection.close()

    return asyncio.run(ask())


def measure(seconds: float, pid: int, postgres: PostgresServer, admin_url: str, heard: Any) -> Load:
    """Let a consumer warm up, then return what it costs."""
    assert postgres.process is not None
    time.sleep(WARM_S)
    database = postgres.process.pid
    before = heard(), cpu_s(pid), cpu_s(database), written(admin_url)
    began = time.perf_counter()
    time.sleep(seconds)
    elapsed = time.perf_counter() - began
    after = heard(), cpu_s(pid), cpu_s(database), written(admin_url)
    rates = [(b - a) / elapsed for a, b in zip(before, after, strict=True)]
    return Load(heard=rates[0], cpu=rates[1], database_cpu=rates[2], writes=rates[3])


def of_service(
    seconds: float, fleet: FleetProcess, postgres: PostgresServer, admin_url: str
) -> Load:
    """Measure the fleet service."""
    assert fleet.process is not None
    taken = "tianfu_fleet_heartbeats_total"
    with publishing(fleet.nats):
        return measure(seconds, fleet.process.pid, postgres, admin_url, lambda: fleet.metric(taken))


def of_naive(seconds: float, server: NatsServer, postgres: PostgresServer, admin_url: str) -> Load:
    """Measure the consumer that updates a row with each heartbeat."""
    context = multiprocessing.get_context("spawn")
    heard = context.Value("q", 0)
    seed = str(server.credentials("test", "admin"))
    arguments = (server.url, seed, service_url(admin_url, "fleet"), heard)
    process = context.Process(target=naive, args=arguments, daemon=True)
    process.start()
    try:
        with publishing(server):
            while heard.value == 0:
                time.sleep(TICK_S)
            assert process.pid is not None
            return measure(seconds, process.pid, postgres, admin_url, lambda: heard.value)
    finally:
        process.kill()
        process.join()


def seed(admin_url: str) -> None:
    """Register all nodes, as they are when they have been heard from for a while."""

    async def run() -> None:
        connection = await asyncpg.connect(plain(admin_url))
        try:
            await connection.execute("TRUNCATE fleet.nodes")
            await connection.execute(SEED, NODES, VERSION)
            await connection.execute("ANALYZE fleet.nodes")
        finally:
            await connection.close()

    asyncio.run(run())


def figure(
    name: str, value: float, unit: str, baseline: float, target: float | None, *, low: bool = True
) -> dict[str, Any]:
    """Return one figure; ``low`` says that less is better."""
    ratio = value / baseline if baseline else None
    met = None if target is None else (value <= target if low else value >= target)
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "baseline": round(baseline, 4),
        "ratio": None if ratio is None else round(ratio, 4),
        "target": target,
        "met": met,
    }


def report(ours: Load, naive_: Load) -> list[dict[str, Any]]:
    """Print both loads and return the figures."""
    for name, load in (("fleet service", ours), ("update a heartbeat", naive_)):
        print(
            f"{name:20} {load.heard:8,.0f} heartbeats/s  {load.cpu:6.1%} of a core  "
            f"PostgreSQL {load.database_cpu:6.1%} of a core  {load.writes:8,.1f} rows written/s",
            flush=True,
        )
    return [
        figure("heartbeats.taken", ours.heard, "1/s", naive_.heard, RATE * 0.99, low=False),
        figure("heartbeats.cpu", ours.cpu, "cores", naive_.cpu, CPU_TARGET),
        figure(
            "heartbeats.cpu_with_database",
            ours.cpu + ours.database_cpu,
            "cores",
            naive_.cpu + naive_.database_cpu,
            CPU_TARGET,
        ),
        figure("heartbeats.rows_written", ours.writes, "1/s", naive_.writes, WRITES_TARGET),
    ]


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=MEASURED_S, help="how long to measure")
    given = parser.parse_args()
    with postgres_server() as postgres, nats_server() as server:
        admin_url = postgres.url(postgres.create_database())
        with fleet_process(server, admin_url) as fleet:
            fleet.kill()
            seed(admin_url)
            fleet.start()
            ours = of_service(given.seconds, fleet, postgres, admin_url)
            print(f"log: {len(Path(fleet.log).read_text().splitlines())} lines", flush=True)
        naive_ = of_naive(given.seconds, server, postgres, admin_url)
    figures = report(ours, naive_)
    print(json.dumps(figures))
    return 0 if all(one["met"] is not False for one in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
