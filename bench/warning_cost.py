"""What a version of a warning costs: ``python -m bench.warning_cost``.

``bench.earthquake`` measures how long people wait, which takes a machine of one's own. Here it is
CPU time that is measured, of each process that takes part, which others' work on the machine
changes by a part and not manifold: the service (within this process, its timers included),
PostgreSQL, nats-server. Exercises for all counties are issued by the route of earthquakes, each
with some updates, a second apart, and heard by nobody but nats-server. Printed are medians of first
versions and of updates: milliseconds of CPU, kilobytes of PostgreSQL's log (WAL), and milliseconds
until the transaction was committed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import asyncpg
import psutil
import uvloop

from bench.earthquake import admin
from bench.stream_loops import figure, say
from services.disaster_warning import build
from services.disaster_warning.bus import seismic_watches
from services.disaster_warning.bus.authority import DeskAuthority
from services.disaster_warning.geography.targeting import targeting
from services.disaster_warning.model.warning import AutomaticIssue, Channel, PickKey
from services.disaster_warning.settings import DisasterWarningSettings
from services.disaster_warning.usecases.rehearsal import made_up
from services.fleet.build import ensure_streams
from services.plumbing.clock import system_clock
from services.plumbing.settings import load
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.warning_process import WarningProcess

EARTHQUAKES = 6
UPDATES = 5
APART_S = 1.0
"""Between versions, as of an earthquake."""
SETTLE_S = 0.4
"""After a version, for what is done when its counties have been told."""


@dataclass(frozen=True)
class Cost:
    """CPU, milliseconds by process; bytes of WAL; milliseconds until counties were told."""

    service: float
    postgres: float
    nats: float
    wal: int
    committed_ms: float


class Meter:
    """CPU clocks of the processes that take part."""

    def __init__(self, postgres: PostgresServer, server: NatsServer) -> None:
        assert postgres.process is not None
        assert server.process is not None
        self._postgres = psutil.Process(postgres.process.pid)
        self._nats = server.process.pid

    def read(self) -> tuple[float, float, float]:
        """Return milliseconds of the service, PostgreSQL and nats-server so far."""
        backends = [each.pid for each in self._postgres.children()]
        return (time.process_time() * 1e3, sum(map(spent_ms, backends)), spent_ms(self._nats))


def spent_ms(pid: int) -> float:
    """Return what a process has had of processors, by the scheduler's account; 0 when it ended."""
    total = 0
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
    except OSError:
        return total / 1e6
    return total / 1e6


def issues(n: int) -> Iterator[AutomaticIssue]:
    """Return the versions of an exercise for all counties."""
    counties = [(each.code, each.name_zh) for each in targeting().counties]
    name = f"cost-{n}"
    for number in range(1, UPDATES + 2):
        yield replace(
            made_up(counties, datetime.now(UTC)),
            earthquake_id=name,
            number=number,
            picks=(PickKey(name, 1),),
            channel=Channel.DRILL,
        )


async def wal(connection: Any) -> int:
    """Return how many bytes PostgreSQL has written to its log."""
    return int(await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))


async def require_told(connection: Any) -> None:
    """Raise RuntimeError when a county's bulletin is not confirmed by now."""
    due = "SELECT count(*) FROM disaster_warning.bulletins WHERE revision > published_revision"
    if left := await connection.fetchval(due):
        raise RuntimeError(f"{left} counties not told after {SETTLE_S} s: use a quieter machine")


async def measure(
    authority: DeskAuthority, meter: Meter, connection: Any
) -> tuple[list[Cost], list[Cost]]:
    """Return costs of first versions and of updates."""
    first: list[Cost] = []
    later: list[Cost] = []
    for n in range(EARTHQUAKES):
        for issue in issues(n):
            before, log = meter.read(), await wal(connection)
            began = time.monotonic()
            await authority.issue(issue)
            committed_ms = (time.monotonic() - began) * 1e3
            await asyncio.sleep(SETTLE_S)
            await require_told(connection)
            spent = [b - a for a, b in zip(before, meter.read(), strict=True)]
            cost = Cost(spent[0], spent[1], spent[2], await wal(connection) - log, committed_ms)
            (first if issue.number == 1 else later).append(cost)
            await asyncio.sleep(APART_S - SETTLE_S)
    return first, later


async def prepare(server: NatsServer) -> None:
    """Make the streams that a platform has: else the outbox would try for its events all along."""
    client = await admin(server)
    await ensure_streams(client, 1)
    await client.close()


async def serve(environment: Mapping[str, str], meter: Meter, url: str) -> list[list[Cost]]:
    """Run the service here, and measure."""
    made: list[Any] = []
    real = seismic_watches.make_watches

    async def noted(*args: Any) -> Any:
        made.append(args[1])
        return await real(*args)

    stop = asyncio.Event()
    with mock.patch.dict(os.environ, environment), mock.patch.object(build, "make_watches", noted):
        settings = load(DisasterWarningSettings)
        serving = asyncio.create_task(build.run(settings, stop))
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            while not made and not serving.done():
                await asyncio.sleep(0.05)
            await asyncio.sleep(5.0)  # it rehearses, and is ready
            authority = DeskAuthority(made[0], build.make_desk(settings), system_clock)
            return list(await measure(authority, meter, connection))
        finally:
            await connection.close()
            stop.set()
            await serving


def shown(name: str, costs: Sequence[Cost]) -> dict[str, float]:
    """Say and return medians."""
    found = {
        part: round(statistics.median(getattr(each, part) for each in costs), 1)
        for part in ("service", "postgres", "nats", "committed_ms")
    }
    found["wal_kb"] = round(statistics.median(each.wal for each in costs) / 1024, 1)
    say(f"{name}: {found}")
    return found


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with (
        nats_server() as server,
        postgres_server() as postgres,
        tempfile.TemporaryDirectory(prefix="tianfu-cost-") as folder,
    ):
        url = postgres.url(postgres.create_database())
        process = WarningProcess(Path(folder), server, url)
        process.migrate()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(prepare(server))
            first, later = runner.run(serve(process.environment, Meter(postgres, server), url))
    one, more = shown("first versions", first), shown("updates", later)
    figures = [
        figure(f"{kind}_{part}_cpu", found[part], "ms", 0.0, "stated", met=True)
        for kind, found in (("first", one), ("update", more))
        for part in ("service", "postgres", "nats")
    ]
    print(json.dumps(figures))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
