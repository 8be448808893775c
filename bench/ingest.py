"""Ingestion, end to end, on two cores with the load generator: ``python -m bench.ingest``.

Pre-built batches of 1,000 readings are published to a file-backed stream, consumed, decoded,
checked, stored in ClickHouse (in process, flushed to disk) and acknowledged. In the same run, on
the same server and with the same publisher and consumer:

- the loop with nothing but publish, fetch and acknowledge;
- one message per reading into PostgreSQL by COPY;
- latency from publishing to being queryable at a tenth of the target's load;
- what ``sync_interval: always`` costs the stream.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from bench.stream_loops import (
    FLUSH_S,
    Publisher,
    address,
    connect,
    consume_bare,
    consume_fetch,
    cpu,
    figure,
    in_process,
    make_stream,
    pull,
    rss,
    say,
    together,
)
from services.plumbing.clock import system_clock, system_monotonic
from services.telemetry.bus import Ingest
from services.telemetry.meters import IngestMeters
from services.telemetry.store import schema
from services.telemetry.store.engine import AsyncEngine, EmbeddedEngine
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tianfu import subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey, encode
from tianfu.reading.v1 import reading_batch_pb2 as pb

READINGS = 60_000_000
PER_BATCH = 1_000
NODES = 200
SERIES = 50
LATENCY_RATE = 100_000
LATENCY_S = 20
NAIVE_READINGS = 60_000
TARGET_RATE = 1_000_000
TARGET_P99_MS = 500


def template(node: int) -> pb.ReadingBatch:
    """Return a node's batch without identity: 50 series, 20 samples each over one second."""
    builder = BatchBuilder()
    keys = [SeriesKey(f"meter-{i}.active-power", "kW") for i in range(SERIES)]
    for sample in range(PER_BATCH // SERIES):
        for i, key in enumerate(keys):
            value = round(220 + ((node * 7919 + sample * 104_729 + i * 1_299_709) % 1000) / 100, 2)
            builder.add(key, sample * 50_000, value, 0)
    return builder.message()


def prebuilt(batches: int, start_us: int) -> Sequence[tuple[str, bytes]]:
    """Return (subject, payload) of batches that go round the nodes, a second of data a round."""
    templates = [template(n) for n in range(NODES)]
    out = []
    for i in range(batches):
        node, sequence = i % NODES, i // NODES + 1
        message = templates[node]
        message.base_time_us = start_us + sequence * 1_000_000
        identity = Identity(f"bench-{node:03d}", 1, sequence)
        payload = encode(message, identity, produced_total=sequence * PER_BATCH)
        out.append((subjects.reading(subjects.NodeId(identity.node)), payload))
    return out


async def publish_all(pipe: Any, url: str, batches: int, start_us: int) -> dict[str, float]:
    """Pre-build, say so, publish at the word, and return how long it took."""
    load = prebuilt(batches, start_us)
    client = await connect(url)
    publisher = Publisher(client)
    await publisher.open()
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    begun = time.perf_counter()
    for i, (subject, payload) in enumerate(load):
        await publisher.publish(subject, payload, f"{start_us}-{i}")
    await publisher.drained(batches)
    taken = time.perf_counter() - begun
    await client.close()
    return {"seconds": taken, "cpu": cpu()}


async def publish_paced(pipe: Any, url: str, batches: int, per_second: float) -> dict[str, float]:
    """Publish batches whose last reading is of the moment, evenly."""
    templates = [template(n) for n in range(NODES)]
    last_us = (PER_BATCH // SERIES - 1) * 50_000
    client = await connect(url)
    publisher = Publisher(client)
    await publisher.open()
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    begun = time.perf_counter()
    for i in range(batches):
        await asyncio.sleep(max(0.0, begun + i / per_second - time.perf_counter()))
        node, sequence = i % NODES, i // NODES + 1
        message = templates[node]
        message.base_time_us = int(time.time() * 1e6) - last_us
        identity = Identity(f"bench-{node:03d}", 2, sequence)
        payload = encode(message, identity, produced_total=sequence * PER_BATCH)
        subject = subjects.reading(subjects.NodeId(identity.node))
        await publisher.publish(subject, payload, f"paced-{i}")
    await publisher.drained(batches)
    await client.close()
    return {"seconds": time.perf_counter() - begun}


async def consume_and_store(pipe: Any, url: str, batches: int, folder: str) -> dict[str, float]:
    """Ingest as the telemetry service does; return times, latencies and what is queryable."""
    client = await connect(url)
    consumer = await pull(client, subjects.READINGS, subjects.TELEMETRY_INGEST)
    engine = AsyncEngine(EmbeddedEngine(Path(folder) / "chdb"))
    for statement in schema.tables(replicated=False, synced=True):
        await engine.execute(statement)

    async def bury(_message: Any, reason: str, text: str) -> None:
        raise RuntimeError(f"{reason}: {text}")

    meters = IngestMeters(system_monotonic, CollectorRegistry())
    ingest = Ingest(consumer, engine, bury, system_clock, system_monotonic, meters)
    await ingest.open()
    gc.collect()
    gc.freeze()
    pipe.send("ready")
    task = asyncio.create_task(ingest.run())
    while meters.batches == 0:
        await asyncio.sleep(0.002)
    begun = time.perf_counter()
    while meters.batches < batches and not task.done():
        await asyncio.sleep(0.01)
    ended = time.perf_counter()
    ingest.stop()
    await task
    rows = (await engine.query("SELECT count() AS n FROM tianfu.readings")).to_pylist()[0]["n"]
    p50, p99 = (d.total_seconds() * 1e3 for d in meters.latency())
    await consumer.stop()
    await client.close()
    await engine.close()
    return {
        "seconds": ended - begun,
        "ended": ended,
        "rows": rows,
        "p50": p50,
        "p99": p99,
        "cpu": cpu(),
        "rss": rss(),
    }


async def publish_singles(pipe: Any, url: str, readings: int) -> dict[str, float]:
    """Publish one reading a message, as JSON: what a plain design would do."""
    client = await connect(url)
    publisher = Publisher(client)
    await publisher.open()
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    for i in range(readings):
        body = json.dumps({"series": f"meter-{i % SERIES}", "time": i, "value": i / 10}).encode()
        await publisher.publish(f"tianfu.v1.reading.bench-{i % NODES:03d}", body, f"single-{i}")
    await publisher.drained(readings)
    await client.close()
    return {}


async def consume_singles(pipe: Any, url: str, readings: int, dsn: str) -> dict[str, float]:
    """Consume single readings into PostgreSQL by COPY, acknowledged when committed."""
    import asyncpg  # noqa: PLC0415 - only this process needs it

    database = await asyncpg.connect(dsn)
    await database.execute(
        "CREATE TABLE readings (node text, series text, time bigint, value double precision)"
    )
    client = await connect(url)
    consumer = await pull(client, subjects.READINGS, subjects.TELEMETRY_INGEST)
    pipe.send("ready")
    seen, begun = 0, 0.0
    while seen < readings:
        messages = await consumer.take(5_000, 1.0)
        begun = begun or time.perf_counter()
        rows = [json.loads(m.data) for m in messages]
        records = [
            (m.subject, r["series"], r["time"], r["value"])
            for m, r in zip(messages, rows, strict=True)
        ]
        await database.copy_records_to_table("readings", records=records)
        for message in messages:
            await message.ack()
        seen += len(messages)
    await client.flush(FLUSH_S)
    ended = time.perf_counter()
    await consumer.stop()
    await client.close()
    await database.close()
    return {"seconds": ended - begun, "ended": ended}


async def sync_cost() -> tuple[float, float]:
    """Return batches a second a stream takes with sync_interval default, and always."""
    rates = []
    for sync_interval in (None, "always"):
        with nats_server(sync_interval=sync_interval) as server:
            await make_stream(address(server))
            giver = in_process(publish_all, address(server), 2_000, 0)
            await giver.told()
            giver.send("go")
            result = await giver.told()
            giver.end()
            rates.append(2_000 / result["seconds"])
    return rates[0], rates[1]


async def bare_loops(url: str, batches: int, start_us: int) -> tuple[float, float]:
    """Return the rates of the loop that stores nothing: with our consumer, with nats-py's fetch."""
    rates = []
    for name, consumer in (("our consumer", consume_bare), ("nats-py's fetch", consume_fetch)):
        run = await together(url, (publish_all, batches, start_us), (consumer, batches))
        rates.append(batches * PER_BATCH / run.seconds)
        say(f"publish, fetch, ack alone with {name}: {rates[-1]:,.0f} readings/s  {run}")
    return rates[0], rates[1]


async def plain_design(url: str) -> float:
    """Return readings a second with one message a reading, into PostgreSQL by COPY."""
    with postgres_server() as postgres:
        dsn = postgres.url(postgres.create_database()).replace("+asyncpg", "")
        run = await together(
            url, (publish_singles, NAIVE_READINGS), (consume_singles, NAIVE_READINGS, dsn)
        )
    rate = NAIVE_READINGS / run.seconds
    say(f"one message a reading into PostgreSQL: {rate:,.0f} readings/s")
    return rate


async def measure(readings: int, folder: Path) -> list[dict[str, Any]]:
    """Run everything and return the figures."""
    batches = readings // PER_BATCH
    start_us = int((time.time() - 3600) * 1e6)
    with nats_server() as server:
        url = address(server)
        bare_rate, fetch_rate = await bare_loops(url, batches, start_us)
        store = (consume_and_store, batches, str(folder / "full"))
        full = await together(url, (publish_all, batches, start_us), store)
        rate = readings / full.seconds
        say(f"stored: {rate:,.0f} readings/s  {full}")
        paced_batches = LATENCY_RATE * LATENCY_S // PER_BATCH
        paced = await together(
            url,
            (publish_paced, paced_batches, LATENCY_RATE / PER_BATCH),
            (consume_and_store, paced_batches, str(folder / "paced")),
        )
        say(f"latency at {LATENCY_RATE:,} readings/s: {paced}")
        naive_rate = await plain_design(url)
    default, always = await sync_cost()
    say(f"stream takes {default:,.0f} batches/s; with sync_interval always {always:,.0f}")
    exact = full.consumed["rows"] == readings
    p99, p50 = paced.consumed["p99"], paced.consumed["p50"]

    def of_loop(name: str, loop: float) -> dict[str, Any]:
        met = exact and rate >= loop / 3
        return figure(name, rate, "readings/s", loop, "ratio >= 1/3", met=met)

    fast = exact and rate >= TARGET_RATE
    return [
        figure("ingest", rate, "readings/s", naive_rate, ">= 1000000", met=fast),
        of_loop("ingest_of_bare_loop", bare_rate),
        of_loop("ingest_of_nats_py_fetch_loop", fetch_rate),
        figure("publish_to_queryable_p99", p99, "ms", p50, "< 500", met=p99 < TARGET_P99_MS),
        figure("stored_rows", full.consumed["rows"], "rows", readings, "ratio = 1", met=exact),
        figure("sync_interval_always", always, "batches/s", default, "stated", met=True),
    ]


def main() -> None:
    """Measure and print; ``--readings`` takes fewer for a quick look."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readings", type=int, default=READINGS)
    arguments = parser.parse_args()
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    folder = Path(tempfile.mkdtemp(prefix="bench-ingest-"))
    try:
        figures = asyncio.run(measure(arguments.readings, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
