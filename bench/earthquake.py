"""From a pick to the counties' messages, with a thousand stations: ``python -m bench.earthquake``.

The service runs as a process on real nats-server and PostgreSQL (synchronous commit). Earthquakes
of magnitude 7 shake a network of 1,024 stations, one after the other, and every station streams its
features each second as it would. For each version of each warning it is measured how long it took
from the moment the stream had stored the oldest of the deciding features (a solution's
``trigger_time``) until a subscriber had the bulletin of the last of its counties. Of the slowest
ones it is said where the time went.

Beside it, in the same run and over the same path: the same features at the same pace into the
stream, taken by the same consumer by a handler that decides, signs and stores nothing: once a
second it writes one byte to the keys of as many counties, which the same subscriber hears.

`--side 16 --quakes 1` is a short try of the same, whose figures say nothing.

The stations are a process of their own, so that what they send holds up nobody who measures; and
the subscriber notes when a message came and looks into it afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import nats
import numpy as np
from nats.js.api import StreamConfig

from bench.stream_loops import figure, say
from services.disaster_warning.bus.seismic_source import source
from services.fleet.build import ensure_streams
from services.plumbing.bulk_publisher import BulkPublisher, Outgoing
from services.plumbing.clock import system_clock
from services.plumbing.streams import ensure_bucket, jetstream
from tests.disaster_warning.earthquake.simulator import Quake, Way, network, shake
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import postgres_server
from tests.support.station_features import message_of
from tests.support.warning_process import WarningProcess, warning_process
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as service_pb
from tianfu.disaster_warning.v1 import notice_pb2
from tianfu.seismic.v1 import station_features_pb2 as pb
from tianfu.subjects import Channel

SIDE = 32
"""Stations a side of the square: 1,024, 13 km apart."""
QUAKES = 4
APART_S = 60.0
SECONDS = 22
WITHIN_KM = 320.0
LEAD_S = 12.0
BASELINE_QUAKES = 1
BASELINE_EVERY_S = 1.0
TAKE_MESSAGES = 500
TARGET_MS = 100.0
SLOWEST = 5
"""Versions of which it is said where their time went: of some thirty, they are the p99."""
START_S = 12.0
"""For the stations' process to start and to reckon what each will send."""
EPICENTRES = ((31.0, 103.4), (30.3, 102.9), (31.9, 104.2), (30.9, 102.2))
COUNTIES = [f"51{n:04d}" for n in range(183)]


class Size(NamedTuple):
    """How large a run is."""

    side: int
    quakes: int


def load(begin_s: float, channel: Channel, size: Size) -> list[tuple[float, str, bytes]]:
    """Return (when, subject, payload) of everything the stations send, in order."""
    rng, quakes = np.random.default_rng(11), size.quakes
    net = network(rng, side=size.side)
    sent: list[tuple[float, str, bytes]] = []
    for n, (name, lat, lon) in enumerate(zip(net.names, net.latitude, net.longitude, strict=True)):
        there = pb.StationFeatures(station=name, latitude=lat, longitude=lon).SerializeToString()
        subject = subjects.seismic(channel, subjects.node_id(name))
        end_s = begin_s + LEAD_S + quakes * APART_S
        sent += [(at, subject, there) for at in np.arange(begin_s + n / 200, end_s, 10.0)]
    for n in range(quakes):
        lat, lon = EPICENTRES[n % len(EPICENTRES)]
        quake = Quake(7.0, lat, lon, 12.0, begin_s + LEAD_S + n * APART_S)
        said = shake(
            quake, net, rng, way=Way(), seconds=SECONDS, within_km=WITHIN_KM, pick_id=n + 1
        )
        sent += [
            (
                one.received_time,
                subjects.seismic(channel, subjects.node_id(one.station)),
                message_of(one).SerializeToString(),
            )
            for one in said
        ]
    return sorted(sent)


async def play(client: Any, sent: Sequence[tuple[float, str, bytes]]) -> None:
    """Publish each message when it is due."""
    for at, subject, payload in sent:
        wait_s = at - time.time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        await client.publish(subject, payload)
    await client.flush()


def stations(url: str, credentials: str, begin_s: float, channel: Channel, size: Size) -> None:
    """Be the stations: a process that sends what they send, and ends."""

    async def run() -> None:
        client = await nats.connect(url, user_credentials=credentials, pending_size=64 << 20)
        await play(client, load(begin_s, channel, size))
        await client.close()

    asyncio.run(run())


@contextlib.contextmanager
def shaking(server: NatsServer, channel: Channel, size: Size) -> Iterator[float]:
    """Have the stations send; yield until when (Unix seconds)."""
    begin_s = time.time() + START_S
    credentials = str(server.credentials("test", "admin"))
    process = multiprocessing.get_context("spawn").Process(
        target=stations, args=(server.url, credentials, begin_s, channel, size)
    )
    process.start()
    try:
        yield begin_s + LEAD_S + size.quakes * APART_S
    finally:
        process.terminate()
        process.join()


@dataclass
class Heard:
    """When each version of each warning was heard, and in how many counties."""

    first_s: dict[tuple[str, int], float] = field(default_factory=dict)
    last_s: dict[tuple[str, int], float] = field(default_factory=dict)
    # When the service began to write it, and when it signed the last bulletin, by its own clock.
    sent_s: dict[tuple[str, int], float] = field(default_factory=dict)
    signed_s: dict[tuple[str, int], float] = field(default_factory=dict)
    counties: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    came: list[tuple[float, bytes]] = field(default_factory=list)

    async def receive(self, message: Any) -> None:
        """Note a bulletin; it is looked into when all have come."""
        self.came.append((time.time(), message.data))

    def look(self) -> None:
        """Say of each version when the last of its counties first had it."""
        seen: set[tuple[str, int, str]] = set()
        for at, data in self.came:
            signed = notice_pb2.SignedBulletin.FromString(data)
            bulletin = notice_pb2.CountyBulletin.FromString(signed.bulletin)
            for notice in bulletin.notices:
                key = (notice.warning, notice.version)
                # Later bulletins say it again, with what is new beside it.
                if (*key, bulletin.place_code) not in seen:
                    seen.add((*key, bulletin.place_code))
                    self.first_s.setdefault(key, at)
                    self.last_s[key] = at
                    self.sent_s[key] = notice.send_time_us / 1e6
                    signed_s = bulletin.make_time_us / 1e6
                    self.signed_s[key] = max(signed_s, self.signed_s.get(key, 0.0))
                    self.counties[key] += 1


class Stages(NamedTuple):
    """Where a version's time went, in milliseconds."""

    version: int
    total: float
    # From the storage of the deciding features until they were taken.
    waited: float
    decided: float
    # From there until the last bulletin was signed, beside PostgreSQL's writing.
    signed: float
    # And until the first one was heard: the rest of the transaction, and reading what is due.
    committed: float
    # From the first one that was heard to the last.
    told: float

    @classmethod
    def of(cls, heard: Heard, key: tuple[str, int], trigger_s: float, decided_ms: float) -> Stages:
        """Return the stages of a version that was heard."""
        sent_s, first_s = heard.sent_s[key], heard.first_s[key]
        # One that was not signed ahead is signed between the first and the last that are heard.
        signed_s = min(heard.signed_s[key], first_s)
        return cls(
            key[1],
            (heard.last_s[key] - trigger_s) * 1e3,
            (sent_s - trigger_s) * 1e3 - decided_ms,
            decided_ms,
            (signed_s - sent_s) * 1e3,
            (first_s - signed_s) * 1e3,
            (heard.last_s[key] - first_s) * 1e3,
        )


def explain(versions: Sequence[Stages]) -> None:
    """Say where the slowest versions' time went, and the median one's."""
    ranked = sorted(versions, key=lambda each: -each.total)
    middle = [
        float(np.median(column)) for column in zip(*(each[1:] for each in ranked), strict=True)
    ]
    rows = [(f"version {each.version}", each[1:]) for each in ranked[:SLOWEST]]
    for name, stages in [*rows, ("medians", middle)]:
        parts = zip(Stages._fields[1:], stages, strict=True)
        say(f"{name}: " + ", ".join(f"{part} {ms:.1f}" for part, ms in parts))


async def measure_service(
    server: NatsServer, service: WarningProcess, size: Size
) -> tuple[list[Stages], Heard]:
    """Return the stages of each version, and what was heard."""
    client = await admin(server)
    heard = Heard()
    await client.subscribe("tianfu.v1.warning.live.>", cb=heard.receive)
    say(f"{size.side**2:,} stations, {size.quakes} earthquakes")
    with shaking(server, Channel.LIVE, size) as until_s:
        await asyncio.sleep(until_s - time.time() + 3.0)
    await client.close()
    heard.look()
    listed = service.call("ListEarthquakes", service_pb.ListEarthquakesRequest(page_size=1000))
    taken = []
    for each in listed.earthquakes:
        request = service_pb.GetEarthquakeRequest(name=each.name)
        found = service.call("GetEarthquake", request)
        warning = found.warning.removeprefix("warnings/")
        for solution in found.history:
            key = (warning, solution.warning_version)
            if key in heard.last_s:
                trigger_s = solution.trigger_time.ToMicroseconds() / 1e6
                taken.append(Stages.of(heard, key, trigger_s, solution.processing_ms))
    told = len(listed.earthquakes)
    say(f"{told} earthquakes, {len(taken)} versions, {len(heard.came):,} bulletins")
    return taken, heard


async def measure_baseline(server: NatsServer, size: Size) -> list[float]:
    """Return milliseconds of the same path with a handler that decides and stores nothing."""
    client, sender = await admin(server), await admin(server)
    await _prepare(client)
    heard = asyncio.Event()
    left = 0

    async def receive(_message: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            heard.set()

    await client.subscribe("tianfu.v1.warning.drill.>", cb=receive)
    consumer = await source(sender, Channel.DRILL, system_clock, _registry())
    await consumer.start()
    publisher = BulkPublisher(sender)
    keys = [subjects.bulletin_key(Channel.DRILL, county) for county in COUNTIES]
    taken, due_s = [], 0.0
    with shaking(server, Channel.DRILL, Size(size.side, BASELINE_QUAKES)) as until_s:
        while (now := time.time()) < until_s:
            messages = await consumer.take(TAKE_MESSAGES, 1.0)
            if not messages:
                continue
            if now >= due_s:
                due_s = now + BASELINE_EVERY_S
                heard.clear()
                left = len(COUNTIES)
                await publisher.publish([Outgoing(key, b"x", {}) for key in keys], 5.0)
                await asyncio.wait_for(heard.wait(), 30.0)
                taken.append((time.time() - messages[0].published.timestamp()) * 1e3)
            await messages[-1].ack()
    await consumer.stop()
    await sender.close()
    await client.close()
    return taken


async def _prepare(client: Any) -> None:
    """Make an empty stream of the drill's features, and its bucket of bulletins."""
    js = jetstream(client)
    stream = subjects.seismic_stream(Channel.DRILL)
    with contextlib.suppress(Exception):
        await client.jetstream().delete_stream(stream)
    await client.jsm().add_stream(
        StreamConfig(name=stream, subjects=[subjects.seismic_all(Channel.DRILL)])
    )
    await ensure_bucket(
        js,
        subjects.DRILL_BULLETINS,
        max_bytes=1 << 28,
        max_value_bytes=1 << 19,
        republish=subjects.bulletin_republish(Channel.DRILL),
        keys=subjects.bulletin_keys(Channel.DRILL),
    )


def _registry() -> Any:
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - the baseline's alone

    return CollectorRegistry()


async def admin(server: NatsServer) -> Any:
    """Return a client that may do everything."""
    return await nats.connect(
        server.url, user_credentials=str(server.credentials("test", "admin")), pending_size=64 << 20
    )


async def main(size: Size) -> None:
    """Measure and print."""
    with nats_server() as server, postgres_server() as postgres:
        # What fleet makes, as on a platform: else the service would try for its events all along.
        client = await admin(server)
        await ensure_streams(client, 1)
        await client.close()
        with warning_process(server, postgres.url(postgres.create_database())) as service:
            versions, heard = await measure_service(server, service, size)
        baseline = await measure_baseline(server, size)
    taken = [each.total for each in versions]
    p50, p99 = np.percentile(taken, [50, 99])
    base99 = float(np.percentile(baseline, 99))
    base50 = float(np.percentile(baseline, 50))
    say(f"ms p50 {p50:.1f} p99 {p99:.1f} max {max(taken):.1f}")
    say(f"no-op ms p50 {base50:.1f} p99 {base99:.1f}, {len(baseline)} rounds")
    explain(versions)
    say(f"counties told per version: {sorted(heard.counties.values())}")
    met = bool(p99 <= TARGET_MS) and len(taken) >= size.quakes
    figures = [
        figure("pick_to_counties_p99", float(p99), "ms", base99, "<= 100", met=met),
        figure("pick_to_counties_p50", float(p50), "ms", base50, "stated", met=True),
    ]
    print(json.dumps(figures))
    sys.stdout.flush()


def asked() -> Size:
    """Return how large the run is to be, by the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=SIDE, help="stations a side of the square")
    parser.add_argument("--quakes", type=int, default=QUAKES, help="earthquakes, a minute each")
    given = parser.parse_args()
    return Size(given.side, given.quakes)


if __name__ == "__main__":
    asyncio.run(main(asked()))
