"""A warning to ten thousand nodes, and every receipt back: ``python -m bench.dissemination``.

The service runs as a process on real nats-server and PostgreSQL (synchronous commit). Two
processes of hollow agents hold 10,000 nodes, spread over the 183 counties of Sichuan: each verifies
the signature, decides and receipts as an agent does. Warnings for the whole province are published
one after the other. Measured, for each node and warning, from the moment before PublishWarning is
called: until the node has the bulletin in hand, and until the database has committed the receipt
that says the siren has sounded (PostgreSQL's own commit times). Counted: receipts missing, and
whatever was done, told or taken twice.

Beside it, in the same run: core NATS alone. The same number of subscribers in as many processes,
the same bytes on the counties' subjects, answered at once with the bytes of a report; nobody
verifies, decides or stores.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np

from bench.stream_loops import FLUSH_S, address, connect, figure, in_process, say
from services.disaster_warning.geography.counties import sichuan
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.warning_process import WarningProcess, warning_process
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2, warning_pb2
from tianfu.subjects import Channel

NODES = 10_000
PROCESSES = 2
WARNINGS = 5
DEADLINE_S = 120.0
POLL_S = 0.1
SHARES = (50.0, 99.0, 99.9)

_STORED = """
    SELECT node, sink, state, pg_xact_commit_timestamp(xmin) AS stored
    FROM disaster_warning.receipts WHERE warning_id = $1
"""
_COUNT = """
    SELECT count(*) FROM disaster_warning.receipts
    WHERE warning_id = $1 AND sink = $2 AND state = $3
"""


@dataclass
class Result:
    """What became of all warnings; milliseconds since each was published."""

    heard_ms: list[float] = field(default_factory=list)
    stored_ms: list[float] = field(default_factory=list)
    call_ms: list[float] = field(default_factory=list)
    missing: int = 0
    twice: int = 0
    reports: int = 0


@contextlib.asynccontextmanager
async def hollow(
    server: NatsServer, service: WarningProcess, counties: list[str], folder: Path
) -> AsyncIterator[list[Path]]:
    """Run hollow agents until all they expect has been acknowledged; give the files they write."""
    each, processes, files = NODES // PROCESSES, [], []
    for number in range(PROCESSES):
        files.append(folder / f"heard-{number}")
        processes.append(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.hollow_agents", "--url", server.url),
                *("--seed", str(server.credentials("test", "admin"))),
                *("--live-key", service.signing_keys[Channel.LIVE]),
                *("--counties", ",".join(counties), "--nodes", str(each)),
                *("--first", str(number * each), "--expect", str(WARNINGS)),
                *("--heard", str(files[-1]), "--until-input-ends"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        )
    for process in processes:
        assert process.stdout is not None
        assert json.loads(await process.stdout.readline()) == {"ready": each}
    yield files
    for process in processes:
        said, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        say(said.decode().splitlines()[-1])


def publish(service: WarningProcess, name: str) -> tuple[float, float]:
    """Publish a warning that is signed off; return when it was asked for and when it was out."""
    asked = time.time()
    service.publish(name)
    return asked, time.time()


async def all_stored(database: asyncpg.Connection, name: str) -> None:
    """Wait until every node's siren is receipted, or give up."""
    values = (name, notice_pb2.SINK_SIREN, notice_pb2.RECEIPT_STATE_DELIVERED)
    end = time.monotonic() + DEADLINE_S
    while await database.fetchval(_COUNT, *values) < NODES and time.monotonic() < end:
        await asyncio.sleep(POLL_S)


async def measure_service(
    server: NatsServer, service: WarningProcess, database: asyncpg.Connection, counties: list[str]
) -> Result:
    """Publish warnings one after the other and follow each to the last receipt."""
    result = Result()
    asked: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with hollow(server, service, counties, Path(folder)) as files:
            for number in range(WARNINGS):
                name = f"bench-{number}"
                area = warning_pb2.Area(place_codes=["51"])
                await asyncio.to_thread(service.draft, name, area=area)
                await asyncio.to_thread(service.sign_off, name)
                asked[name], out = await asyncio.to_thread(publish, service, name)
                result.call_ms.append((out - asked[name]) * 1e3)
                await all_stored(database, name)
                say(f"warning {number + 1}: all in {time.time() - asked[name]:.2f} s")
        lines = [line for file in files for line in file.read_text().splitlines()]
    heard = [tuple(line.split()) for line in lines]
    result.heard_ms = [int(at) / 1e3 - asked[name] * 1e3 for _, name, _, at in heard]
    told = {(node, name) for node, name, _, _ in heard}
    result.missing += NODES * WARNINGS - len(told)
    result.twice += len(heard) - len(told)
    for name, asked_s in asked.items():
        await _count(database, name, asked_s, result)
    result.reports = int(await asyncio.to_thread(_reports, service, "taken"))
    result.twice += int(await asyncio.to_thread(_reports, service, "repeated"))
    return result


async def _count(database: asyncpg.Connection, name: str, asked: float, result: Result) -> None:
    rows = await database.fetch(_STORED, name)
    delivered = notice_pb2.RECEIPT_STATE_DELIVERED
    for sink in (notice_pb2.SINK_NODE, notice_pb2.SINK_SIREN):
        done = [row for row in rows if row["sink"] == sink and row["state"] == delivered]
        result.missing += NODES - len({row["node"] for row in done})
        if sink == notice_pb2.SINK_SIREN:
            result.stored_ms += [(row["stored"].timestamp() - asked) * 1e3 for row in done]


def _reports(service: WarningProcess, outcome: str) -> float:
    return service.metric("tianfu_warning_reports_total", outcome=outcome)


# -- core NATS alone ------------------------------------------------------------------------------


async def listen(pipe: Any, url: str, first: int, nodes: int, counties: list[str]) -> list[float]:
    """Subscribe as so many nodes, answer each message at once; return when each came."""
    clients = [await connect(url) for _ in range(4)]
    came: list[float] = []
    answer = bytes(60)

    def on(client: Any, node: str) -> Any:
        async def heard(_message: Any) -> None:
            came.append(time.time())
            # Two reports, as a node sends: of the decision and of the siren.
            await client.publish(f"bench.receipt.{node}", answer)
            await client.publish(f"bench.receipt.{node}", answer)

        return heard

    for number in range(first, first + nodes):
        client = clients[number % len(clients)]
        county = counties[number % len(counties)]
        subject = f"bench.warning.{subjects.county_tokens(county)}"
        await client.subscribe(subject, cb=on(client, f"hollow-{number}"))
    for client in clients:
        await client.flush(FLUSH_S)
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    for client in clients:
        await client.close()
    return came


async def measure_core(
    server: NatsServer, counties: list[str], size: int
) -> tuple[list[float], list[float]]:
    """Return milliseconds to each node and back, over core NATS with handlers that do nothing."""
    each, url = NODES // PROCESSES, address(server)
    running = [
        in_process(listen, url, number * each, each, counties) for number in range(PROCESSES)
    ]
    for child in running:
        assert await child.told() == "ready"
    client, payload = await connect(url), bytes(size)
    answers: list[float] = []

    async def answered(_message: Any) -> None:
        answers.append(time.time())

    await client.subscribe("bench.receipt.*", cb=answered, pending_msgs_limit=-1)
    await client.flush(FLUSH_S)
    asked = []
    back_ms: list[float] = []
    for _ in range(WARNINGS):
        answers.clear()
        asked.append(time.time())
        for county in counties:
            await client.publish(f"bench.warning.{subjects.county_tokens(county)}", payload)
        await client.flush(FLUSH_S)
        while len(answers) < 2 * NODES:
            await asyncio.sleep(0.005)
        back_ms += [(at - asked[-1]) * 1e3 for at in answers]
    came: list[float] = []
    for child in running:
        child.send("end")
        came += await child.told()
        child.end()
    await client.close()
    begun = np.array(asked)
    latest = np.searchsorted(begun, np.array(came), side="right") - 1
    return list((np.array(came) - begun[latest]) * 1e3), back_ms


# -- together -------------------------------------------------------------------------------------


async def bulletin_bytes(server: NatsServer, county: str) -> int:
    """Return the size of what a county is told at the end, with all the warnings."""
    client = await connect(address(server))
    answer = await client.request(subjects.bulletin_get(Channel.LIVE, county), timeout=10)
    await client.close()
    return len(answer.data)


def percentiles(name: str, taken: list[float], base: list[float]) -> list[dict[str, Any]]:
    """Return the figures of one distance."""
    ours, theirs = np.percentile(taken, SHARES), np.percentile(base, SHARES)
    say(f"{name}: " + ", ".join(f"p{s:g} {v:.0f} ms" for s, v in zip(SHARES, ours, strict=True)))
    return [
        figure(f"{name}_{label}", float(value), "ms", float(beside), "stated", met=True)
        for label, value, beside in zip(("p50", "p99", "p999"), ours, theirs, strict=True)
    ]


def with_commit_times(postgres: PostgresServer) -> None:
    """Have PostgreSQL remember when each transaction was committed."""
    postgres.admin("ALTER SYSTEM SET track_commit_timestamp = on")
    postgres.stop()
    postgres.start()


async def main() -> None:
    """Measure and print."""
    counties = list(sichuan().codes)
    with nats_server() as server, postgres_server() as postgres:
        with_commit_times(postgres)
        url = postgres.url(postgres.create_database())
        with warning_process(server, url) as service:
            database = await asyncpg.connect(url.replace("+asyncpg", ""))
            result = await measure_service(server, service, database, counties)
            await database.close()
            size = await bulletin_bytes(server, counties[0])
        heard_base, back_base = await measure_core(server, counties, size)
    say(
        f"{NODES:,} nodes, {len(counties)} counties, {WARNINGS} warnings, {result.reports:,} "
        f"reports; PublishWarning took {np.median(result.call_ms):.0f} ms, a bulletin {size:,} B"
    )
    figures = [
        *percentiles("published_to_heard", result.heard_ms, heard_base),
        *percentiles("published_to_stored", result.stored_ms, back_base),
        figure(
            "receipts_stored",
            len(result.stored_ms),
            "receipts",
            NODES * WARNINGS,
            f"{NODES * WARNINGS}",
            met=len(result.stored_ms) == NODES * WARNINGS,
        ),
        figure("receipts_missing", result.missing, "receipts", 0, "0", met=not result.missing),
        figure("told_or_taken_twice", result.twice, "receipts", 0, "0", met=not result.twice),
    ]
    print(json.dumps(figures))
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
