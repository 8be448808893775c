"""The watch over stations: one warning an earthquake, whatever dies, repeats itself or refuses."""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from services.disaster_warning.bus.features import FeaturesInvalid, NodeMismatch, Present, parse
from services.disaster_warning.bus.seismic import SeismicMeters, SeismicWatch
from services.disaster_warning.bus.solutions import Place, Validity
from services.disaster_warning.model.earthquake.features import StationFeatures
from services.disaster_warning.model.warning import AutomaticIssue, Channel, Issued, PickKey
from services.plumbing.refusal import Refusal, Unavailable
from tests.disaster_warning.earthquake.simulator import CENTRE, SETTING, T0, Quake, network, shake
from tests.support.station_features import message_of
from tianfu import subjects
from tianfu.disaster_warning.v1 import earthquake_pb2
from tianfu.seismic.v1 import station_features_pb2 as pb

PLACES = {code: Place(f"county {code}", 1_000) for code in SETTING.counties.codes}
VALIDITY = Validity(timedelta(seconds=90), timedelta(seconds=120))
STEP_S = 0.25
SIDE = 7
"""Of the square of stations: enough for a location."""


@dataclass
class Streamed:
    """A message of the stream."""

    subject: str
    data: bytes
    at_s: float
    stream_sequence: int
    pending: int = 0
    acked: bool = False

    @property
    def published(self) -> datetime:
        return datetime.fromtimestamp(self.at_s, UTC)

    async def ack(self) -> None:
        self.acked = True


@dataclass
class World:
    """A stream, and the hours that pass while it is taken from."""

    messages: list[Streamed]
    now_s: float
    end_s: float
    taken: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, max_messages: int, _max_wait: float) -> Sequence[Any]:
        self.now_s += STEP_S
        if self.now_s > self.end_s:
            self.stop.set()
        last = bisect_right(self.messages, self.now_s, key=lambda m: m.at_s)
        there = self.messages[self.taken : min(last, self.taken + max_messages)]
        for n, message in enumerate(there, self.taken + 1):
            message.pending = last - n
        self.taken += len(there)
        return there

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)


class Interrupted(BaseException):
    """The process is gone."""


@dataclass
class Books:
    """Does what the use cases do with the database, which survives; dies or refuses on demand."""

    numbers: dict[str, int] = field(default_factory=dict)
    picks: dict[PickKey, str] = field(default_factory=dict)
    versions: dict[str, list[int]] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    issues: list[AutomaticIssue] = field(default_factory=list)
    die_at: int = 0
    die_after: bool = False
    refusals: int = 0
    calls: int = 0

    def _mortal(self, *, done: bool) -> None:
        if done == self.die_after and self.calls == self.die_at:
            raise Interrupted

    async def issue(self, issue: AutomaticIssue) -> Issued:
        self.calls += 1
        self._mortal(done=False)
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("the database is away")
        known = next((self.picks[p] for p in issue.picks if p in self.picks), issue.earthquake_id)
        changed = issue.number > self.numbers.get(known, 0) and known not in self.ended
        if changed:
            self.issues.append(issue)
            self.numbers[known] = issue.number
            for pick in issue.picks:
                self.picks.setdefault(pick, known)
            if issue.counties:
                self.versions.setdefault(known, []).append(issue.number)
        self._mortal(done=True)
        return Issued("w", 1, known, changed, self.numbers[known])

    async def cancel(self, earthquake_id: str, _channel: Channel, reason: str) -> None:
        self.calls += 1
        self._mortal(done=False)
        self.ended.setdefault(earthquake_id, reason)
        self._mortal(done=True)

    async def finish(self, earthquake_id: str) -> None:
        self.ended.setdefault(earthquake_id, "final")


def watch(world: World, books: Books, buried: list[Refusal] | None = None) -> SeismicWatch:
    async def bury(_message: Any, error: Exception) -> None:
        assert isinstance(error, Refusal)
        assert buried is not None, error
        buried.append(error)

    return SeismicWatch(
        channel=Channel.LIVE,
        source=world,
        setting=SETTING,
        validity=VALIDITY,
        places=PLACES,
        rule_versions=(SETTING.rule_version,),
        authority=books,
        bury=bury,
        clock=world.clock,
        monotonic=lambda: world.now_s,
        meters=SeismicMeters(CollectorRegistry()),
    )


def streamed(sent: Sequence[StationFeatures], channel: Channel = Channel.LIVE) -> list[Streamed]:
    return [
        Streamed(
            subjects.seismic(channel, subjects.node_id(said.station)),
            message_of(said).SerializeToString(),
            said.received_time,
            number,
        )
        for number, said in enumerate(sent, 1)
    ]


def quiet(net: Any, at_s: float) -> list[Streamed]:
    """All stations say that they are there."""
    columns = zip(net.names, net.latitude, net.longitude, strict=True)
    return [
        Streamed(
            subjects.seismic(Channel.LIVE, subjects.node_id(name)),
            pb.StationFeatures(station=name, latitude=lat, longitude=lon).SerializeToString(),
            at_s,
            0,
        )
        for name, lat, lon in columns
    ]


def earthquake(magnitude: float = 6.3, seed: int = 5) -> World:
    rng = np.random.default_rng(seed)
    net = network(rng, side=SIDE)
    quake = Quake(magnitude, *CENTRE, 12.0, T0)
    sent = shake(quake, net, rng)
    messages = sorted([*quiet(net, T0 - 20.0), *streamed(sent)], key=lambda m: m.at_s)
    return World(messages, T0 - 25.0, T0 + 70.0)


async def live(world: World, books: Books) -> bool:
    """Run a watch until the world ends; return whether it was killed."""
    try:
        await watch(world, books).run(world.stop)
    except Interrupted:
        return True
    return False


async def test_an_earthquake_is_told_once_updated_in_order_and_finished() -> None:
    world, books = earthquake(), Books()
    assert not await live(world, books)
    assert len(books.versions) == 1
    [(earthquake_id, numbers)] = books.versions.items()
    assert numbers == sorted(set(numbers))
    assert books.ended == {earthquake_id: "final"}
    first = next(issue for issue in books.issues if issue.counties)
    solution = earthquake_pb2.Solution.FromString(first.solution)
    assert solution.solve_time.ToDatetime(UTC).timestamp() - T0 < 6.5
    assert first.expire_time >= first.source.origin_time + VALIDITY.at_least
    farthest = max(county.s_arrival_time for county in first.counties)
    assert first.expire_time >= farthest + VALIDITY.after_s_arrival
    intensities = [county.intensity for county in first.counties]
    assert intensities == sorted(intensities, reverse=True)
    # One acknowledgement stands for all that were taken before it.
    assert world.messages[-1].acked


@pytest.mark.parametrize("die_after", [False, True], ids=["before-it", "after-it"])
async def test_killed_at_every_decision_there_is_one_warning(die_after: bool) -> None:
    for at in range(1, 100):
        world, books = earthquake(), Books(die_at=at, die_after=die_after)
        if not await live(world, books):
            assert at > 3, "there were decisions to be killed at"
            return
        again = replace(world, taken=0, stop=asyncio.Event())
        assert not await live(again, books)
        assert len(books.versions) == 1, f"killed at decision {at}"
        [(earthquake_id, numbers)] = books.versions.items()
        assert numbers == sorted(set(numbers)), f"killed at decision {at}"
        assert books.ended == {earthquake_id: "final"}
    raise AssertionError("never survived")


async def test_after_a_restart_it_goes_on_with_the_earthquake_that_there_is() -> None:
    world, books = earthquake(), Books(die_at=2)
    assert await live(world, books)
    before = len(books.issues)
    assert not await live(replace(world, taken=0, stop=asyncio.Event()), books)
    assert len(books.issues) > before, "later solutions are told"


async def test_a_database_that_refuses_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.disaster_warning.bus.seismic.RETRY_S", 0.0)
    world, books = earthquake(), Books(refusals=3)
    assert not await live(world, books)
    assert len(books.versions) == 1


async def test_what_one_station_says_alone_warns_nobody() -> None:
    world = earthquake()
    station = world.messages[-1].subject
    world.messages = [m for m in world.messages if m.stream_sequence == 0 or m.subject == station]
    books = Books()
    assert not await live(world, books)
    assert books.issues == []


async def test_what_can_not_be_is_buried_and_the_rest_goes_on() -> None:
    world, books, buried = earthquake(), Books(), list[Refusal]()
    one = world.messages[-1]
    wrong = [
        replace(one, data=b"\xff\xff"),
        replace(one, subject="tianfu.v1.seismic.live.other"),
        replace(one, subject="tianfu.v1.seismic.drill.bs-00-00"),
    ]
    for message in wrong:
        message.at_s = T0 - 10.0
    world.messages = sorted([*world.messages, *wrong], key=lambda m: m.at_s)
    await watch(world, books, buried).run(world.stop)
    assert sorted(r.reason for r in buried) == [
        "FEATURES_INVALID",
        "FEATURES_INVALID",
        "NODE_MISMATCH",
    ]
    assert len(books.versions) == 1


async def test_stations_that_fall_silent_are_no_longer_of_the_network() -> None:
    world = earthquake()
    world.messages = [m for m in world.messages if m.stream_sequence == 0]
    world.end_s = world.now_s + 30.0
    seismic = watch(world, Books())
    await seismic.run(world.stop)
    assert len(seismic._seen) == SIDE * SIDE
    world.end_s, world.stop = world.now_s + 200.0, asyncio.Event()
    await seismic.run(world.stop)
    assert seismic._seen == {}


def parsed(message: pb.StationFeatures, subject: str = "tianfu.v1.seismic.live.gw-1") -> Any:
    arrival = Streamed(subject, message.SerializeToString(), T0, 9)
    return parse(arrival, Channel.LIVE, received_s=T0, sequence=9)


def test_a_station_that_is_there() -> None:
    found = parsed(pb.StationFeatures(station="gw-1", latitude=31.0, longitude=103.0))
    assert isinstance(found, Present)
    assert (found.station.latitude, found.station.longitude) == (31.0, 103.0)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"station": "gw-2"}, NodeMismatch, id="another-node"),
        pytest.param({"latitude": 91.0}, FeaturesInvalid, id="nowhere"),
        pytest.param({"latitude": math.nan}, FeaturesInvalid, id="nan-place"),
        pytest.param({"pick_id": 1, "pd_cm": math.nan}, FeaturesInvalid, id="nan-measured"),
        pytest.param({"pick_id": 1, "intensity": 13.0}, FeaturesInvalid, id="off-the-scale"),
        pytest.param({"pick_id": 1, "elapsed_s": -1.0}, FeaturesInvalid, id="before-the-pick"),
        pytest.param({"pick_id": 2**64 - 1}, FeaturesInvalid, id="pick-too-large"),
    ],
)
def test_features_that_no_station_sends(changes: dict[str, Any], error: type[Refusal]) -> None:
    message = pb.StationFeatures(station="gw-1", latitude=31.0, longitude=103.0)
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(error):
        parsed(message)
