"""Vital signs of 2,000 patients, edge to service: ``python -m bench.vitals``.

100 wards of 20 beds; each monitor speaks every 1 to 5 s (drawn once a bed), its seven signs in an
urgent batch of their own, encoded and published as a node's agent does. Values wander, so that
points change and scores and alerts are made. The service runs as a process on real nats-server and
PostgreSQL (synchronous commit). Measured from the moment of the reading by the node's clock until
the service has committed state, score and alert (its own histogram, interpolated within a bucket).

Beside it, at the same time on the same stream: a durable of its own that only acknowledges. It says
what of the time is the machine's and the stream's.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import random
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from bench.stream_loops import Publisher, address, connect, in_process, pull, say
from tests.support import region
from tests.support.healthcare_process import HealthcareProcess, healthcare_process
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tianfu import batch_decoder, batch_encoder, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.healthcare.v1 import exchange_pb2
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.scores.monitor import SIGNS

WARDS: Final = 100
BEDS: Final = 20
SECONDS: Final = 30.0
WARM_S: Final = 8.0
EVERY_S: Final = (1.0, 5.0)
TARGET_MS: Final = 1_000.0
CALLERS: Final = 8
TAKEN_AT_ONCE: Final = 500
BEHIND_S: Final = 120.0
"""How long what waits may take after the last reading."""

SEED: Final = 20_261_129
NAME: Final = "bench-vitals"
HISTOGRAM: Final = "tianfu_healthcare_vital_delay_seconds"
# Where a sign wanders about, and how far in one step.
WANDER: Final = {
    "respiration_rate": (18.0, 0.4),
    "oxygen_saturation": (96.0, 0.3),
    "oxygen_flow": (0.0, 0.0),
    "systolic_pressure": (122.0, 1.0),
    "pulse": (84.0, 0.8),
    "consciousness": (0.0, 0.0),
    "temperature": (37.2, 0.02),
}


@dataclass
class Bed:
    """One monitor, and what it says next."""

    ward: int
    prefix: str
    every_s: float
    values: dict[str, float]

    def step(self, chance: random.Random) -> None:
        """Wander, and be drawn back a little."""
        for name, (middle, width) in WANDER.items():
            pulled = self.values[name] + (middle - self.values[name]) * 0.02
            self.values[name] = pulled + chance.gauss(0.0, width) if width else middle


def ward(number: int) -> str:
    """Return a ward's node."""
    return f"ward-{number}"


def encoded(bed: Bed, sequence: int, time_us: int) -> bytes:
    """Return the batch of one moment of a bed."""
    builder = BatchBuilder(priority=reading_batch_pb2.PRIORITY_URGENT)
    for name, value in bed.values.items():
        builder.add(SeriesKey(f"{bed.prefix}{name}", SIGNS[name].unit), time_us, value, 0)
    own = Identity(ward(bed.ward), 1, sequence)
    return batch_encoder.encode(builder.message(), own, produced_total=0, drops=[])


async def generate(pipe: Any, where: str, seconds: float, wards: int) -> int:
    """Publish for a time; return how many batches."""
    client = await connect(where)
    publisher = Publisher(client)
    await publisher.open()
    chance = random.Random(SEED)
    beds = [
        Bed(
            number // BEDS,
            f"bed-{number % BEDS}.",
            chance.uniform(*EVERY_S),
            {name: middle for name, (middle, _) in WANDER.items()},
        )
        for number in range(wards * BEDS)
    ]
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    began = time.monotonic()
    due = [(began + chance.uniform(0, bed.every_s), n) for n, bed in enumerate(beds)]
    heapq.heapify(due)
    sequences, sent = [0] * wards, 0
    while due[0][0] < began + seconds:
        at, number = due[0]
        wait_s = at - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        bed = beds[number]
        heapq.heapreplace(due, (at + bed.every_s, number))
        bed.step(chance)
        sequences[bed.ward] += 1
        data = encoded(bed, sequences[bed.ward], time.time_ns() // 1000)
        subject = subjects.reading(subjects.node_id(ward(bed.ward)))
        await publisher.publish(subject, data, f"{bed.ward}.1.{sequences[bed.ward]}")
        sent += 1
    await publisher.drained(sent)
    await client.close()
    return sent


async def only_acknowledge(pipe: Any, where: str, seconds: float) -> list[float]:
    """Take the same stream with a durable that does nothing; return the delays in ms."""
    client = await connect(where)
    config = ConsumerConfig(
        durable_name=NAME,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        max_ack_pending=5_000,
    )
    await client.jetstream().add_consumer(subjects.READINGS, config)
    own = await pull(client, subjects.READINGS, NAME)
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for message in await own.take(TAKEN_AT_ONCE, 0.2):
            batch = batch_decoder.decode(message.data)
            found.append(time.time() * 1e3 - float(batch.time_us.max()) / 1e3)
            await message.ack()
    await own.stop()
    await client.close()
    return found


def prepare(service: HealthcareProcess, wards: int) -> None:
    """Make the patients, and hang a monitor on each."""

    def one_ward(number: int) -> None:
        entries = [
            {
                "resource": {
                    "resourceType": "Patient",
                    "id": f"w{number}b{bed}",
                    "birthDate": "1960-01-01",
                    "identifier": [{"system": "urn:bench", "value": f"{number}.{bed}"}],
                }
            }
            for bed in range(BEDS)
        ]
        request = exchange_pb2.ImportFhirRequest(source="bench")
        request.resource.update({"resourceType": "Bundle", "type": "collection", "entry": entries})
        patients = service.call("ImportFhir", request).patients
        for bed, patient in enumerate(patients):
            monitor = exchange_pb2.Monitor(
                name=f"monitors/m-{number}-{bed}",
                node=ward(number),
                series_prefix=f"bed-{bed}.",
                patient=patient,
            )
            service.call(
                "UpdateMonitor",
                exchange_pb2.UpdateMonitorRequest(monitor=monitor, allow_missing=True),
            )

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(one_ward, range(wards)))


def buckets(text: str, name: str = HISTOGRAM) -> dict[float, float]:
    """Return a histogram's cumulative counts by upper bound."""
    found = re.findall(rf'^{name}_bucket{{le="([^"]+)"}} (\S+)$', text, re.MULTILINE)
    return {float(bound): float(count) for bound, count in found}


def counted(text: str, name: str) -> float:
    """Return a counter's value."""
    return float(re.findall(rf"^{name}_total (\S+)$", text, re.MULTILINE)[0])


def quantile_ms(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """Return a quantile of what came between, interpolated within its bucket."""
    counts = [(bound, after[bound] - before.get(bound, 0.0)) for bound in sorted(after)]
    wanted, low, below = counts[-1][1] * share, 0.0, 0.0
    for bound, count in counts:
        if count >= wanted:
            if bound == float("inf"):
                return float("inf")
            return (low + (bound - low) * (wanted - below) / max(count - below, 1e-9)) * 1e3
        low, below = bound, count
    return float("inf")


async def measure(
    service: HealthcareProcess, where: str, wards: int
) -> tuple[list[float], list[float], Any]:
    """Run load and both consumers; return (service, baseline) p50 and p99 in ms, and counts."""
    whole = WARM_S + SECONDS
    load = in_process(generate, where, whole, wards)
    idle = in_process(only_acknowledge, where, whole + 2)
    children = (load, idle)
    for child in children:
        await child.told()
    for child in children:
        child.send("go")
    await asyncio.sleep(WARM_S)
    before = buckets(await asyncio.to_thread(service.metrics))
    sent = await load.told()
    delays = await idle.told()

    def taken() -> float:
        return counted(service.metrics(), "tianfu_healthcare_monitor_readings")

    end = time.monotonic() + BEHIND_S
    while (count := await asyncio.to_thread(taken)) < sent * len(WANDER):
        if time.monotonic() > end:
            raise TimeoutError(f"{count:.0f} readings taken of {sent * len(WANDER)}")
        await asyncio.sleep(0.2)
    text = await asyncio.to_thread(service.metrics)
    after = buckets(text)
    ours = [quantile_ms(before, after, share) for share in (0.5, 0.99)]
    steady = delays[int(len(delays) * WARM_S / whole) :]
    plain = [float(each) for each in np.percentile(steady, (50, 99))]
    counts = {
        "sent": sent,
        "readings": taken(),
        "scores": counted(text, "tianfu_healthcare_monitor_scores"),
        "idle": len(delays),
    }
    return ours, plain, counts


def figure(name: str, value: float, unit: str, baseline: float, target: float) -> dict[str, Any]:
    """Return one figure; met when the value is below the target."""
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "baseline": round(baseline, 1),
        "ratio": round(value / max(baseline, 1e-9), 2),
        "target": f"< {target:g} {unit}",
        "met": value < target,
    }


def bench(wards: int = WARDS) -> list[dict[str, Any]]:
    """Measure; return the figures."""
    with postgres_server() as postgres, nats_server() as nats:
        region.make_events(nats)
        database = postgres.url(postgres.create_database())
        with healthcare_process(nats, database) as service:
            began = time.monotonic()
            prepare(service, wards)
            say(f"{wards * BEDS} patients with monitors in {time.monotonic() - began:.0f} s")
            ours, plain, counts = asyncio.run(measure(service, address(nats), wards))
    lost = counts["sent"] * len(WANDER) - counts["readings"]
    say(
        f"{counts['sent']} batches in {WARM_S + SECONDS:.0f} s, {counts['readings']:.0f} readings "
        f"taken, {lost:.0f} missing, {counts['scores']:.0f} scores; "
        f"service p50/p99 {ours[0]:.0f}/{ours[1]:.0f} ms, "
        f"only acknowledged {plain[0]:.0f}/{plain[1]:.0f} ms"
    )
    if lost:
        raise RuntimeError(f"{lost:.0f} readings are missing")
    return [
        figure("vitals.edge_to_service_p50", ours[0], "ms", plain[0], TARGET_MS),
        figure("vitals.edge_to_service_p99", ours[1], "ms", plain[1], TARGET_MS),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wards", type=int, default=WARDS, help=f"of {BEDS} beds each")
    print(json.dumps(bench(parser.parse_args(arguments).wards)))


if __name__ == "__main__":
    main()
