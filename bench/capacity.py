"""What docs/capacity-plan.md reckons for a region, simulated: ``python -m bench.capacity``.

Measured in this run, with the real code: bytes of a batch as nodes encode it and as a stream keeps
it, bytes of a reading on ClickHouse's disk, processor time to decode a batch. Taken from others
(``bench.ingest``; options here): how many batches a second a hub takes and telemetry stores. With
these a region goes second by second through days on which telemetry is away, on which the hub is
away, and on which it carries another region's nodes, too; beside each figure is what the plan says.
No reading may be missing from the sum of spools, stream and store at any second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import nats
import numpy as np

from bench import query
from edge.settings import SPOOL_BYTES_DEFAULT
from services.telemetry.store.engine import EmbeddedEngine
from tests.support.nats_server import nats_server
from tianfu import batch_decoder, batch_encoder
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey

GATEWAYS: Final = 25_000
SERIES: Final = 50
INTERVAL_S: Final = 10
"""A reading of each series, and the end of a batch, as the plan has gateways of a province."""

DAY_S: Final = 86_400
TELEMETRY_BATCHES_S: Final = 10_000
"""`python -m bench.ingest`: batches stored a second, on two cores shared with their load."""

HUB_BATCHES_S: Final = 12_000
"""The same: messages that one JetStream takes a second."""

PLAN_READING_BYTES: Final = 15.0
PLAN_BATCH_BYTES: Final = 1650.0
PLAN_STORED_BYTES: Final = 10.0
PLAN_STREAM_GB: Final = 518.0
DISK_GB: Final = 700.0
"""What READINGS may take in profile `province`, of 1 TiB that each NATS server has."""

MESSAGES: Final = 5_000
STORED: Final = query.Size(days=1, fast=20, slow=600)
BASE_US: Final = 1_780_272_000_000_000


def payload(readings: int, sequence: int = 1) -> bytes:
    """Return a batch of a gateway: its series, one after the other, over the interval."""
    random = np.random.default_rng(sequence)
    values = np.round(220 + random.normal(0, 3, readings), 2)
    builder = BatchBuilder()
    for number in range(readings):
        key = SeriesKey(f"meter-{number % SERIES}-active-power", "kW")
        builder.add(key, BASE_US + number * 200_000, float(values[number]), 0)
    identity = Identity("gw-510104-00017", 7, sequence)
    return batch_encoder.encode(builder.message(), identity, produced_total=sequence * readings)


async def kept_bytes() -> float:
    """Return the bytes that a stream keeps of a batch: subject, headers, payload and record."""
    with nats_server() as server:
        credentials = str(server.credentials("test", "admin"))
        link = await nats.connect(server.url, user_credentials=credentials)
        stream = link.jetstream()
        await stream.add_stream(name="CAPACITY", subjects=["capacity.>"])
        for sequence in range(1, MESSAGES + 1):
            headers = {"Nats-Msg-Id": f"gw-510104-00017:7:{sequence}"}
            body = payload(SERIES, sequence)
            await stream.publish("capacity.gw-510104-00017", body, headers=headers)
        state = (await stream.stream_info("CAPACITY")).state
        await link.close()
    return state.bytes / state.messages


def stored_bytes() -> float:
    """Return ClickHouse's bytes of a reading, in the store's own table, once parts are merged."""
    with tempfile.TemporaryDirectory(prefix="tianfu-capacity-") as folder:
        engine = EmbeddedEngine(Path(folder, "chdb"))
        query.generate(engine, STORED)
        engine.execute("OPTIMIZE TABLE tianfu.readings FINAL")
        sql = (
            "SELECT sum(bytes_on_disk) AS bytes, sum(rows) AS rows FROM system.parts "
            "WHERE active AND database = 'tianfu' AND table = 'readings'"
        )
        found = engine.query(sql).to_pylist()[0]
        engine.close()
    return float(found["bytes"] / found["rows"])


def decoding_us() -> float:
    """Return processor time to decode and check a batch, in microseconds."""
    batches = [payload(SERIES, sequence) for sequence in range(1, MESSAGES + 1)]
    began = time.process_time()
    for body in batches:
        batch_decoder.check_columns(batch_decoder.decode(body))
    return (time.process_time() - began) / len(batches) * 1e6


@dataclass
class Region:
    """Batches where they are, second by second."""

    gateways: int
    hub_s: int
    telemetry_s: int
    spools: int = 0
    stream: int = 0
    store: int = 0
    made: int = 0
    spools_most: int = 0
    stream_most: int = 0
    # Batches that are made in each second of an interval: gateways begin when they like.
    phases: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Deal gateways out to the seconds of an interval."""
        begun = np.random.default_rng(11).integers(0, INTERVAL_S, self.gateways)
        self.phases = np.bincount(begun, minlength=INTERVAL_S).tolist()

    def second(self, now_s: int, *, hub: bool, telemetry: bool) -> None:
        """Go on by a second; raise where a batch is nowhere, or in two places."""
        born = self.phases[now_s % INTERVAL_S]
        self.made += born
        self.spools += born
        sent = min(self.spools, self.hub_s) if hub else 0
        self.spools -= sent
        self.stream += sent
        taken = min(self.stream, self.telemetry_s) if hub and telemetry else 0
        self.stream -= taken
        self.store += taken
        self.spools_most = max(self.spools_most, self.spools)
        self.stream_most = max(self.stream_most, self.stream)
        if self.made != self.spools + self.stream + self.store:
            raise RuntimeError(f"second {now_s}: {self.made} batches made, others accounted for")

    def away(self, *, hub: bool, telemetry: bool) -> int:
        """Go through a day without what is away, then until all has caught up; return seconds."""
        for now_s in range(DAY_S):
            self.second(now_s, hub=hub, telemetry=telemetry)
        for now_s in range(DAY_S, 3 * DAY_S):
            self.second(now_s, hub=True, telemetry=True)
            if self.spools + self.stream == 0:
                return now_s + 1 - DAY_S
        raise RuntimeError("two days later it has not caught up: the region is too small")


def figure(name: str, value: float, unit: str, plan: float, limit: float) -> dict[str, Any]:
    """Return one figure beside the plan's; met when it is within the limit."""
    return {
        "name": f"capacity.{name}",
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(plan, 3),
        "ratio": round(value / plan, 3),
        "target": f"< {limit:g} {unit}",
        "met": value < limit,
    }


def simulated(batch_bytes: float, hub_s: int, telemetry_s: int) -> list[dict[str, Any]]:
    """Return what a region does on three bad days, beside what closed formulas say of them."""
    load = GATEWAYS / INTERVAL_S
    without_telemetry = Region(GATEWAYS, hub_s, telemetry_s)
    caught_up = without_telemetry.away(hub=True, telemetry=False)
    without_hub = Region(GATEWAYS, hub_s, telemetry_s)
    reconnected = without_hub.away(hub=False, telemetry=True)
    doubled = Region(2 * GATEWAYS, hub_s, telemetry_s)
    for now_s in range(DAY_S):
        doubled.second(now_s, hub=True, telemetry=True)
    spool_mb = without_hub.spools_most * batch_bytes / GATEWAYS / 1e6
    slower = min(hub_s, telemetry_s)
    return [
        figure(
            "stream_of_a_day",
            without_telemetry.stream_most * batch_bytes / 1e9,
            "GB",
            PLAN_STREAM_GB,
            DISK_GB,
        ),
        figure(
            "telemetry_catches_up",
            caught_up / 3600,
            "h",
            load * DAY_S / (telemetry_s - load) / 3600,
            24.0,
        ),
        figure(
            "spool_of_a_day",
            spool_mb,
            "MB",
            DAY_S / INTERVAL_S * batch_bytes / 1e6,
            SPOOL_BYTES_DEFAULT / 1e6,
        ),
        figure(
            "hub_catches_up", reconnected / 3600, "h", load * DAY_S / (slower - load) / 3600, 24.0
        ),
        figure("waiting_with_another_region", doubled.stream_most / (2 * load), "s", 1.0, 2.0),
    ]


def bench(hub_s: int, telemetry_s: int) -> list[dict[str, Any]]:
    """Measure, simulate; return the figures."""
    reading = (len(payload(10 * SERIES)) - len(payload(SERIES))) / (9 * SERIES)
    kept = asyncio.run(kept_bytes())
    on_disk = stored_bytes()
    cores = decoding_us() * GATEWAYS / INTERVAL_S / 1e6
    print(f"a batch of {SERIES} readings: {len(payload(SERIES))} B sent, {kept:.0f} B in a stream")
    print(f"a reading: {reading:.1f} B more in a batch, {on_disk:.1f} B on ClickHouse's disk")
    print(f"decoding what {GATEWAYS} gateways send: {cores:.2f} cores")
    return [
        figure("reading_in_stream", reading, "B", PLAN_READING_BYTES, PLAN_READING_BYTES * 1.1),
        figure(
            "batch_in_stream",
            kept - SERIES * reading,
            "B",
            PLAN_BATCH_BYTES,
            PLAN_BATCH_BYTES * 1.1,
        ),
        figure("reading_stored", on_disk, "B", PLAN_STORED_BYTES, PLAN_STORED_BYTES * 1.1),
        figure("decoding", cores, "cores", 4.0, 1.0),
        *simulated(kept, hub_s, telemetry_s),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hub", type=int, default=HUB_BATCHES_S, help="batches/s of NATS")
    parser.add_argument(
        "--telemetry", type=int, default=TELEMETRY_BATCHES_S, help="batches/s that are stored"
    )
    given = parser.parse_args()
    print(json.dumps(bench(given.hub, given.telemetry)))


if __name__ == "__main__":
    main()
