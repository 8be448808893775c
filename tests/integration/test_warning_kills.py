"""kill -9 of the service of warnings at random moments of earthquakes that go on meanwhile.

Each earthquake has one warning, whose versions go out in order and reach every county, and one
event says that it was issued. Nodes that are cut off are in ``test_edge_warnings``.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig

from tests.disaster_warning.earthquake.simulator import CENTRE, Quake, network, shake
from tests.support.fleet_process import as_user
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.station_features import message_of, play, wait_for_moment
from tests.support.waiting import until
from tests.support.warning_process import WarningProcess, warning_process
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import earthquake_pb2, events_pb2, notice_pb2
from tianfu.subjects import Channel

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

ROUNDS = 3
KILLS = 2
SEED = 20_260_512
SIDE = 7
WITHIN_KM = 90.0
LEAD_S = 3.0
SHAKING_S = 14.0
SETTLE_S = 120.0


@dataclass
class Listener:
    """Hears the counties' bulletins, and what was ever wrong with their order."""

    revisions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    versions: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    wrong: list[str] = field(default_factory=list)

    async def receive(self, message: Any) -> None:
        signed = notice_pb2.SignedBulletin.FromString(message.data)
        bulletin = notice_pb2.CountyBulletin.FromString(signed.bulletin)
        county = bulletin.place_code
        if bulletin.revision < self.revisions[county]:
            self.wrong.append(f"{county}: revision {bulletin.revision} after a later one")
        self.revisions[county] = bulletin.revision
        for notice in bulletin.notices:
            key = (county, notice.warning)
            if notice.version < self.versions[key]:
                self.wrong.append(f"{county}: version {notice.version} after a later one")
            self.versions[key] = notice.version


def features_of(round_number: int, origin: float) -> list[tuple[float, str, bytes]]:
    """Return (when, subject, payload) of what the stations send of an earthquake."""
    rng = np.random.default_rng(SEED + round_number)
    net = network(rng, side=SIDE)
    quake = Quake(6.5, *CENTRE, 12.0, origin)
    said = shake(quake, net, rng, seconds=12, within_km=WITHIN_KM, pick_id=round_number + 1)
    return sorted(
        (
            one.received_time,
            subjects.seismic(Channel.LIVE, subjects.node_id(one.station)),
            message_of(one).SerializeToString(),
        )
        for one in said
    )


async def kill_now_and_then(service: WarningProcess, random_: random.Random, end_s: float) -> None:
    moments = sorted(random_.uniform(end_s - SHAKING_S, end_s) for _ in range(KILLS))
    for moment in moments:
        await wait_for_moment(moment)
        await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)


def earthquakes(service: WarningProcess) -> list[Any]:
    listed = service.call("ListEarthquakes", pb.ListEarthquakesRequest(page_size=100))
    return [
        service.call("GetEarthquake", pb.GetEarthquakeRequest(name=each.name))
        for each in listed.earthquakes
    ]


async def issued(link: Client) -> dict[str, int]:
    """Return how often each warning's WarningIssued is in the stream."""
    js = link.jetstream()
    state = (await js.stream_info(subjects.EVENTS)).state
    counts: dict[str, int] = defaultdict(int)
    for number in range(state.first_seq, state.last_seq + 1):
        message = await js.get_msg(subjects.EVENTS, seq=number)
        if str(message.subject).endswith("warning-issued"):
            event = events_pb2.WarningIssued.FromString(message.data or b"")
            counts[event.facts.warning] += 1
    return counts


async def told(link: Client, county: str) -> dict[str, int]:
    """Return the versions that a county's key says now."""
    answer = await link.request(subjects.bulletin_get(Channel.LIVE, county), timeout=10)
    signed = notice_pb2.SignedBulletin.FromString(answer.data)
    bulletin = notice_pb2.CountyBulletin.FromString(signed.bulletin)
    return {notice.warning: notice.version for notice in bulletin.notices}


async def one_earthquake(
    service: WarningProcess, link: Client, random_: random.Random, number: int
) -> None:
    """Play an earthquake while the service is killed; return when its last solution stands."""
    origin = time.time() + LEAD_S
    end_s = origin + SHAKING_S
    await asyncio.gather(
        play(link, features_of(number, origin)), kill_now_and_then(service, random_, end_s)
    )

    async def all_final() -> bool:
        found = await asyncio.to_thread(earthquakes, service)
        final = earthquake_pb2.EARTHQUAKE_STATE_FINAL
        return len(found) > number and all(bool(each.state == final) for each in found)

    await until(all_final, SETTLE_S)
    newest = (await asyncio.to_thread(earthquakes, service))[0]
    warning = newest.warning.removeprefix("warnings/")
    last = max(solution.warning_version for solution in newest.history)
    for county in newest.history[-1].counties:
        # What was committed just before a kill is published by the next life.
        async def has_last(code: str = county.place_code) -> bool:
            return bool((await told(link, code)).get(warning) == last)

        await until(has_last, SETTLE_S)


async def test_one_warning_an_earthquake_whatever_is_killed(postgres: PostgresServer) -> None:
    print(f"seed {SEED}")
    random_, listener = random.Random(SEED), Listener()
    name = postgres.create_database()
    with nats_server() as server, warning_process(server, postgres.url(name)) as service:
        async with as_user(server, "test", "admin") as link:
            await link.jetstream().add_stream(
                StreamConfig(name=subjects.EVENTS, subjects=[subjects.EVENTS_ALL])
            )
            await link.subscribe("tianfu.v1.warning.live.>", cb=listener.receive)
            for number in range(ROUNDS):
                await one_earthquake(service, link, random_, number)
            found = await asyncio.to_thread(earthquakes, service)
            warnings = [each.warning.removeprefix("warnings/") for each in found]
            assert len(set(warnings)) == ROUNDS == len(found)
            for each in found:
                made = [s.warning_version for s in each.history if s.warning_version]
                assert made == list(range(1, len(made) + 1)), each.name

            async def all_issued() -> bool:
                return set(await issued(link)) == set(warnings)

            await until(all_issued, SETTLE_S)
            assert set((await issued(link)).values()) == {1}
    assert listener.wrong == []
    postgres.drop_database(name)
