"""A day of 1 s readings to 500 points, out of 200 million: ``python -m bench.query``.

Readings are generated straight into the store: meters that measure each second and many more that
measure each minute, over two weeks. Then QuerySeries is called through the real service (its own
process, with authentication, validation and tracing) for random meters and days. In the same run
PostgreSQL answers the same question from 1/20 of the rows: COPY'd, with a btree over (series,
time), by the quicker of two ways of asking it in SQL.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import asyncpg
import grpc
import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp

from services.plumbing.clock import system_clock
from services.telemetry.model import SeriesKey, series_id
from services.telemetry.registry import Entry, Registry
from services.telemetry.retention import KeptDays
from services.telemetry.rpc import Parts, TelemetryService
from services.telemetry.store import ledger as books
from services.telemetry.store import schema
from services.telemetry.store.audit import StoreAudits
from services.telemetry.store.blocks import StoredBlocks
from services.telemetry.store.engine import AsyncEngine, EmbeddedEngine
from services.telemetry.store.export import ParquetExports
from services.telemetry.store.queries import SeriesReads
from services.telemetry.watch import Watchers
from tests.support.postgres import ADMIN, PASSWORD, PostgresServer, postgres_server
from tests.support.rpc import running
from tianfu.telemetry.v1 import telemetry_service_pb2 as pb
from tianfu.telemetry.v1 import telemetry_service_pb2_grpc as pb_grpc

DAYS = 14
SECONDS_A_DAY = 86_400
FAST_METERS = 100  # each second
SLOW_METERS = 3_934  # each minute: together just over 200 million readings
SHARE = 20  # PostgreSQL gets 1/20 of the rows
QUERIES = 300
WARM_UP = 20
POINTS = 500
TARGET_P99_MS = 50.0
START_S = 1_780_272_000  # 2026-06-01
DAY_US = SECONDS_A_DAY * 1_000_000
STOP_S = 30.0
COPY_ROWS = 500_000

# A load curve with noise and, now and then, a spike; the same formula in both stores.
GENERATE = """
    INSERT INTO tianfu.readings
    SELECT ids[1 + intDiv(number, per_day)] AS series,
        fromUnixTimestamp64Micro(
            ({day:Int64} + toInt64(number % per_day) * {every:Int64}) * 1000000, 'UTC') AS time,
        round(220 + 30 * sin(number / 7000) + (cityHash64(number) % 1000) / 100
            + if(cityHash64(number) % 20011 = 0, 400, 0), 2) AS value,
        if(cityHash64(number) % 997 = 0, 1, 0) AS quality,
        0 AS retention_class,
        1 + intDiv({day:Int64} + number % per_day * {every:Int64} - {start:Int64}, 10) AS block
    FROM (
        SELECT number, {ids:Array(UInt64)} AS ids, {per_day:UInt64} AS per_day
        FROM numbers({count:UInt64})
    )
"""

# One row for each span; the two ways differ in how they find the time of an extreme.
SPANS = {
    "rows compared": """
        SELECT (time - $2) / $4 AS span, min(ROW(value, time)), max(ROW(value, time)),
            max(quality), count(*)
        FROM readings WHERE series = $1 AND time >= $2 AND time < $3 GROUP BY span ORDER BY span
    """,
    "sorted arrays": """
        SELECT (time - $2) / $4 AS span, min(value), (array_agg(time ORDER BY value))[1],
            max(value), (array_agg(time ORDER BY value DESC))[1], max(quality), count(*)
        FROM readings WHERE series = $1 AND time >= $2 AND time < $3 GROUP BY span ORDER BY span
    """,
}


@dataclass(frozen=True)
class Size:
    """How much is stored."""

    days: int
    fast: int
    slow: int

    @property
    def rows(self) -> int:
        """Readings in all."""
        return self.days * (self.fast * SECONDS_A_DAY + self.slow * SECONDS_A_DAY // 60)

    def keys(self) -> list[tuple[SeriesKey, int]]:
        """Return the series, in the order of their ids, with their seconds between readings."""
        fast = [(SeriesKey(f"gw-{n}", "active-power", "kW", 0), 1) for n in range(self.fast)]
        slow = [(SeriesKey(f"gw-{n}", "energy", "kW.h", 0), 60) for n in range(self.slow)]
        return sorted([*fast, *slow], key=lambda pair: series_id(pair[0]))


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)


# -- the store and the service, in a process of their own ------------------------------------------


def generate(engine: EmbeddedEngine, size: Size) -> None:
    """Fill the store: a day is a partition, so a day at a time."""
    for statement in schema.tables(replicated=False, synced=False):
        engine.execute(statement)
    keys = size.keys()
    books.write_series(engine, [Entry(key, series_id(key), 0) for key, _ in keys])
    for day in range(size.days):
        for every in (1, 60):
            ids = [str(series_id(key)) for key, seconds in keys if seconds == every]
            per_day = SECONDS_A_DAY // every
            params: dict[str, int | str] = {
                "ids": "[" + ",".join(ids) + "]",
                "per_day": per_day,
                "count": per_day * len(ids),
                "every": every,
                "day": START_S + day * SECONDS_A_DAY,
                "start": START_S,
            }
            if ids:
                engine.execute(GENERATE, params)


async def serve(folder: Path, size: Size) -> None:
    """Generate, then serve until the standard input ends; print what a client needs."""
    embedded = EmbeddedEngine(folder / "chdb")
    began = time.perf_counter()
    await asyncio.to_thread(generate, embedded, size)
    took = time.perf_counter() - began
    register = Registry()
    books.load(embedded, register)
    rows = embedded.query("SELECT count() AS n FROM tianfu.readings").to_pylist()[0]["n"]
    parts_sql = (
        "SELECT count() AS parts, sum(bytes_on_disk) AS bytes FROM system.parts "
        "WHERE active AND database = 'tianfu' AND table = 'readings'"
    )
    stored = embedded.query(parts_sql).to_pylist()[0]
    engine = AsyncEngine(embedded)
    absent = cast("Any", None)  # of no account to QuerySeries
    parts = Parts(
        register=register,
        accounts=absent,
        reads=SeriesReads(engine, KeptDays(), system_clock),
        watchers=Watchers(StoredBlocks(engine)),
        audits=StoreAudits(engine, register),
        exports=ParquetExports(engine, register),
        status=absent,
        publisher=absent,
    )
    service = pb.DESCRIPTOR.services_by_name["TelemetryService"]
    add = pb_grpc.add_TelemetryServiceServicer_to_server
    async with running(folder, [(add, TelemetryService(parts), service)]) as server:
        told = {"port": server.server.port, "token": server.issuer.token("VIEWER"), "rows": rows}
        print(json.dumps({**told, **stored, "generated_s": took}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
    await engine.close()


@contextlib.contextmanager
def service(folder: Path, size: Size) -> Iterator[dict[str, Any]]:
    """Run the service with a store full of readings; yield what it says of itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.query", "--serve", str(folder), *arguments(size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                yield json.loads(line)
                break
            say(line.rstrip())  # what the service logs
        else:
            raise RuntimeError("the service did not start; see above")
    finally:
        try:
            process.communicate("", STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def arguments(size: Size) -> list[str]:
    """Return a size as command-line arguments."""
    return ["--days", str(size.days), "--fast", str(size.fast), "--slow", str(size.slow)]


# -- PostgreSQL ------------------------------------------------------------------------------------

COPY_ROW = np.dtype(
    [
        *(("fields", ">i2"), ("series_size", ">i4"), ("series", ">i8")),
        *(("time_size", ">i4"), ("time", ">i8"), ("value_size", ">i4"), ("value", ">f8")),
        *(("quality_size", ">i4"), ("quality", ">i2")),
    ]
)
"""A row of PostgreSQL's binary COPY format."""


def copied(size: Size) -> Iterator[bytes]:
    """Yield the readings of PostgreSQL's share in its binary COPY format."""
    yield b"PGCOPY\n\xff\r\n\0" + bytes(8)
    number = np.arange(COPY_ROWS, dtype=np.int64)
    for day in range(size.days):
        for every, meters in ((1, size.fast), (60, size.slow)):
            per_day = SECONDS_A_DAY // every
            count = per_day * meters
            for start in range(0, count, COPY_ROWS):
                n = number[: min(COPY_ROWS, count - start)] + start
                rows = np.empty(len(n), COPY_ROW)
                rows["fields"] = 4
                rows["series_size"] = rows["time_size"] = rows["value_size"] = 8
                rows["quality_size"] = 2
                rows["series"] = n // per_day + (0 if every == 1 else size.fast)
                at = START_S + day * SECONDS_A_DAY + n % per_day * every
                rows["time"] = at * 1_000_000
                noise = (n * 2_654_435_761) % 2**32
                spike = np.where(noise % 20_011 == 0, 400, 0)
                rows["value"] = np.round(
                    220 + 30 * np.sin(n / 7000) + noise % 1000 / 100 + spike, 2
                )
                rows["quality"] = noise % 997 == 0
                yield rows.tobytes()
    yield b"\xff\xff"


async def fill(server: PostgresServer, size: Size) -> asyncpg.Connection:
    """Make the table, copy the rows, build the index."""
    connection = await asyncpg.connect(
        host="127.0.0.1", port=server.port, user=ADMIN, password=PASSWORD, database=ADMIN
    )

    async def source() -> AsyncIterator[bytes]:
        for piece in copied(size):
            yield piece

    await connection.execute(
        "CREATE UNLOGGED TABLE readings"
        " (series int8 NOT NULL, time int8 NOT NULL, value float8 NOT NULL, quality int2 NOT NULL)"
    )
    await connection.copy_to_table("readings", source=source(), format="binary")
    await connection.execute("SET maintenance_work_mem = '1GB'")
    await connection.execute("CREATE INDEX ON readings (series, time)")
    await connection.execute("VACUUM ANALYZE readings")
    return connection


# -- measuring -------------------------------------------------------------------------------------


async def measured(ask: Callable[[int, int], Awaitable[int]], size: Size, queries: int) -> Any:
    """Return milliseconds of random queries (meter, day), each of which gives its points."""
    rng = random.Random(7)
    taken = []
    for n in range(queries + WARM_UP):
        meter, day = rng.randrange(size.fast), rng.randrange(size.days)
        began = time.perf_counter()
        points = await ask(meter, (START_S + day * SECONDS_A_DAY) * 1_000_000)
        if n >= WARM_UP:
            taken.append((time.perf_counter() - began) * 1e3)
        if not POINTS * 0.9 <= points <= POINTS:
            raise RuntimeError(f"{points} points, not about {POINTS}")
    return np.percentile(taken, [50, 99])


async def ask_service(told: dict[str, Any], size: Size, queries: int) -> Any:
    """Measure QuerySeries through gRPC."""
    metadata = (("authorization", f"Bearer {told['token']}"),)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{told['port']}") as channel:
        stub = pb_grpc.TelemetryServiceStub(channel)

        async def ask(meter: int, start_us: int) -> int:
            start, end = Timestamp(), Timestamp()
            start.FromMicroseconds(start_us)
            end.FromMicroseconds(start_us + DAY_US)
            request = pb.QuerySeriesRequest(
                name=f"nodes/gw-{meter}/series/active-power",
                start_time=start,
                end_time=end,
                max_points=POINTS,
            )
            response = await stub.QuerySeries(request, timeout=30, metadata=metadata)
            if sum(response.readings) != SECONDS_A_DAY:
                raise RuntimeError(f"{sum(response.readings)} readings of a day")
            return len(response.time_us)

        return await measured(ask, size, queries)


async def ask_postgres(size: Size, queries: int) -> tuple[Any, int]:
    """Measure the quicker way of asking PostgreSQL; return also how many rows it has."""
    with postgres_server() as server:
        # The wheel's test server is set up for small tests: give it what it would have.
        await asyncio.to_thread(server.admin, "ALTER SYSTEM SET shared_buffers = '1GB'")
        await asyncio.to_thread(server.admin, "ALTER SYSTEM SET work_mem = '64MB'")
        server.stop()
        await asyncio.to_thread(server.start)
        connection = await fill(server, size)
        try:
            figures = {}
            for way, sql in SPANS.items():
                statement = await connection.prepare(sql)

                async def ask(meter: int, start_us: int, statement: Any = statement) -> int:
                    span = DAY_US // (POINTS // 2)
                    rows = await statement.fetch(meter, start_us, start_us + DAY_US, span)
                    return 2 * len(rows)

                figures[way] = await measured(ask, size, queries)
                say(f"PostgreSQL, {way}: p50, p99 {np.round(figures[way], 1)} ms")
            rows = await connection.fetchval("SELECT count(*) FROM readings")
        finally:
            await connection.close()
        return min(figures.values(), key=lambda figure: figure[1]), int(rows)


def figure(name: str, value: float, unit: str, baseline: float, target: float | None) -> Any:
    """Return one figure as the benches print it."""
    return {
        "name": name,
        "value": round(float(value), 2),
        "unit": unit,
        "baseline": round(float(baseline), 2),
        "ratio": round(float(value / baseline), 3),
        "target": None if target is None else f"< {target:g} {unit}",
        "met": None if target is None else bool(value < target),
    }


async def bench(size: Size, queries: int) -> list[Any]:
    """Measure both, one after the other, so that neither waits for the other."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-bench-query-"))
    try:
        say(f"generating {size.rows:,} readings")
        with service(folder, size) as told:
            say(
                f"{told['rows']:,} rows in {told['parts']} parts, {told['bytes'] / 2**30:.2f} GiB, "
                f"after {told['generated_s']:.0f} s"
            )
            ours = await ask_service(told, size, queries)
        say(f"QuerySeries by gRPC: p50, p99 {np.round(ours, 1)} ms")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    share = Size(size.days, max(1, size.fast // SHARE), max(1, size.slow // SHARE))
    say(f"PostgreSQL: copying {share.rows:,} readings")
    theirs, rows = await ask_postgres(share, queries)
    return [
        figure("query_series_p99", ours[1], "ms", theirs[1], TARGET_P99_MS),
        figure("query_series_p50", ours[0], "ms", theirs[0], None),
        figure("query_rows_stored", told["rows"], "rows", rows, None),
    ]


def main() -> None:
    """Measure and print; the sizes are for a quick look. Or serve, as a process of the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--fast", type=int, default=FAST_METERS, help="meters, each second")
    parser.add_argument("--slow", type=int, default=SLOW_METERS, help="meters, each minute")
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    size = Size(given.days, given.fast, given.slow)
    if given.serve:
        asyncio.run(serve(given.serve, size))
    else:
        print(json.dumps(asyncio.run(bench(size, given.queries))))


if __name__ == "__main__":
    main()
