"""Surge plans of 200 hospitals after an event: ``python -m bench.surge``.

The service runs as a process on real nats-server and PostgreSQL (synchronous commit), with 200
hospitals in 40 counties. Each round publishes one event that reaches all of them, by turns an
earthquake and a red rainstorm. Measured from the event's own time, by the plans' and the service's
words, until the plans are committed, and until the last hospital's order is on the stream of
events, where its lifts and generators hear of it.

Beside it, in the same run: an event of as many orders published straight to the stream, which
nobody decides, stores or audits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from bench.stream_loops import Publisher, address, connect, say
from bench.vitals import buckets, figure, quantile_ms
from tests.support import region
from tests.support.healthcare_process import HealthcareProcess, healthcare_process
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2 as warning_events
from tianfu.healthcare.v1 import events_pb2, region_pb2

HOSPITALS: Final = 200
COUNTIES: Final = 40
ROUNDS: Final = 60
TARGET_MS: Final = 300.0
DEADLINE_S: Final = 30.0
PAUSE_S: Final = 0.2
HISTOGRAM: Final = "tianfu_healthcare_surge_delay_seconds"
ISSUED: Final = subjects.event("disaster-warning", "warning-issued")
ORDERED: Final = subjects.event("healthcare", "surge-ordered")


def counties() -> list[str]:
    """Return codes of counties of Sichuan, as far as the service is concerned."""
    return [f"51{number:04d}" for number in range(100, 100 + COUNTIES)]


def prepare(service: HealthcareProcess) -> None:
    """Register the hospitals."""
    places = counties()
    for number in range(HOSPITALS):
        own = region.hospital(f"h-{number}", places[number % COUNTIES])
        request = region_pb2.UpdateHospitalRequest(hospital=own, allow_missing=True)
        service.call("UpdateHospital", request, "PLATFORM_ENGINEER")


def issued(number: int) -> tuple[warning_events.WarningIssued, str]:
    """Return an event of now, and its id."""
    name = f"{uuid.uuid4().hex}"
    quake = f"quake-{number}" if number % 2 == 0 else ""
    facts = region.warning(name, counties(), earthquake=quake)
    event = warning_events.WarningIssued(facts=facts)
    event.event_time.FromDatetime(datetime.now(UTC))
    return event, name


async def rounds(client: Any) -> list[float]:
    """Publish events one after the other; return ms until the last order of each."""
    found: list[float] = []
    orders: asyncio.Queue[tuple[str, float]] = asyncio.Queue()

    async def heard(message: Any) -> None:
        order = events_pb2.SurgeOrdered.FromString(message.data)
        await orders.put((order.warning, time.time()))

    await client.subscribe(ORDERED, cb=heard)
    for number in range(ROUNDS):
        event, name = issued(number)
        begun = event.event_time.ToNanoseconds() / 1e9
        await client.jetstream().publish(
            ISSUED, event.SerializeToString(), headers={"Nats-Msg-Id": name}
        )
        last = begun
        for _ in range(HOSPITALS):
            warning, last = await asyncio.wait_for(orders.get(), DEADLINE_S)
            if warning != name:
                raise RuntimeError("an order of another event: somebody was told twice")
        found.append((last - begun) * 1e3)
        await asyncio.sleep(PAUSE_S)
    if not orders.empty():
        raise RuntimeError(f"{orders.qsize()} orders too many")
    return found


async def straight(client: Any) -> list[float]:
    """Publish as many orders as fast as the stream takes them; return ms of each round."""
    publisher = Publisher(client)
    await publisher.open()
    order = events_pb2.SurgeOrdered(surge_plan="surgePlans/x", hospital="hospitals/h", warning="w")
    data, found, total = order.SerializeToString(), [], 0
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(HOSPITALS):
            total += 1
            await publisher.publish(ORDERED, data, f"bench-{total}")
        await publisher.drained(total)
        found.append((time.perf_counter() - begun) * 1e3)
    return found


async def measure(where: str) -> tuple[list[float], list[float]]:
    """Return what the rounds and the baseline took."""
    client = await connect(where)
    ours = await rounds(client)
    await client.close()
    client = await connect(where)
    plain = await straight(client)
    await client.close()
    return ours, plain


def bench() -> list[dict[str, Any]]:
    """Measure; return the figures."""
    with postgres_server() as postgres, nats_server() as nats:
        region.make_events(nats)
        database = postgres.url(postgres.create_database())
        with healthcare_process(nats, database) as service:
            prepare(service)
            ours, plain = asyncio.run(measure(address(nats)))
            after = buckets(service.metrics(), HISTOGRAM)
    stored = [quantile_ms({}, after, share) for share in (0.5, 0.99)]
    told = [float(each) for each in np.percentile(ours, (50, 99))]
    base = [float(each) for each in np.percentile(plain, (50, 99))]
    say(
        f"{ROUNDS} events, {HOSPITALS} hospitals each, once each; stored p50/p99 "
        f"{stored[0]:.0f}/{stored[1]:.0f} ms, last told p50/p99 {told[0]:.0f}/{told[1]:.0f} ms, "
        f"straight to the stream {base[0]:.0f}/{base[1]:.0f} ms"
    )
    return [
        figure("surge.plans_stored_p99", stored[1], "ms", base[1], TARGET_MS),
        figure("surge.last_hospital_told_p99", told[1], "ms", base[1], TARGET_MS),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    print(json.dumps(bench()))


if __name__ == "__main__":
    main()
