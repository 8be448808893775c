"""A leaf server's credentials over years, by a clock that is told to go on."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from edge.clock import MICROSECONDS
from edge.counters import Counters
from edge.enrolment import enrolling, renewal
from edge.enrolment.identity import Facts, Identity
from edge.enrolment.renewal import Renewal
from edge.enrolment.unary_call import CallFailed, CallRefused
from edge.station import credentials
from edge.station.credentials import LeafCredentials
from tests.edge.doubles import NOON_US, FakeClock
from tianfu import nats_jwt, nats_keys
from tianfu.nats_keys import KeyKind, KeyPair
from tianfu.subjects import Permissions

DAY_S = 86_400
LIFE_S = 30 * DAY_S
ACCOUNT = nats_keys.generate(KeyKind.ACCOUNT, bytes(32))
NODE_KEY = nats_keys.generate(KeyKind.USER, bytes(range(32)))
FACTS = Facts("bs-1", "https://fleet.example", "", ("nats://hub",), NOON_US, NOON_US, NOON_US)


class Over(Exception):
    """The time of a test is up."""


def token(key: str, signed_s: float, life_s: float = LIFE_S) -> str:
    user = nats_jwt.User(
        name="station:bs-1",
        public_key=key,
        permissions=Permissions((), ()),
        account="",
        expires=int(signed_s + life_s),
    )
    return nats_jwt.user_token(user, ACCOUNT, issued=int(signed_s) - 60)


@dataclass
class World:
    """A platform, and a station's clock: ``ahead_s`` is how far it is wrong."""

    folder: Path
    clock: FakeClock
    keys: list[str] = field(default_factory=list)
    is_away: Callable[[float], bool] = lambda _: False
    refusals: list[str] = field(default_factory=list)
    ahead_s: float = 0.0
    identity: Identity | None = None
    unshown_s: float = 0.0

    @property
    def day(self) -> float:
        return (self.clock.wall / MICROSECONDS - self.ahead_s - NOON_US / MICROSECONDS) / DAY_S

    def credentials(self, given: Path | None = None) -> LeafCredentials:
        made = LeafCredentials(
            self.folder,
            given,
            lambda: self.identity,
            clock=self.clock,
            counters=Counters(),
            offset_us=lambda: 0,
            jitter=lambda: 0.5,
            random_bits=Random(3).getrandbits,
        )
        made.choose()
        return made

    async def renew_station(self, _: Identity, key: KeyPair) -> str:
        self.keys.append(key.public_key)
        if self.is_away(self.day):
            raise CallFailed("SERVER_UNREACHABLE", "no backhaul")
        if self.refusals:
            raise CallRefused(7, self.refusals.pop(), "no")
        return token(key.public_key, NOON_US / MICROSECONDS + self.day * DAY_S)

    def shown(self) -> nats_jwt.Claims:
        text = (self.folder / credentials.FILE).read_text()
        return nats_jwt.read(nats_jwt.split_credentials(text)[0])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path / "station", FakeClock())
    made.identity = Identity(tmp_path, FACTS, NODE_KEY)
    monkeypatch.setattr(enrolling, "renew_station", made.renew_station)
    return made


async def live(world: World, renewing: Any, days: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let days pass; note for how long there was nothing good to show."""

    async def sleep(seconds: float) -> None:
        world.clock.advance(seconds)
        file = world.folder / credentials.FILE
        now_s = world.clock.wall / MICROSECONDS - world.ahead_s
        if not file.exists() or (world.shown().expires or 0) <= now_s:
            world.unshown_s += seconds
        if world.day >= days:
            raise Over

    monkeypatch.setattr(renewal, "asyncio", SimpleNamespace(sleep=sleep))
    with pytest.raises(Over):
        await renewing.run()


async def test_for_years_they_are_renewed_ten_days_before_they_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live(world, world.credentials(), 1_000, monkeypatch)
    assert world.unshown_s == 0
    assert 45 <= len(world.keys) <= 51  # once in twenty days and a half
    assert len(set(world.keys)) == len(world.keys)  # a new key each time
    assert stat.S_IMODE((world.folder / credentials.FILE).stat().st_mode) == 0o600
    assert not (world.folder / credentials.NEXT_SEED).exists()


async def test_what_ended_while_the_station_was_cut_off_is_caught_up_on_by_one_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.is_away = lambda day: 15 <= day < 60
    await live(world, world.credentials(), 61, monkeypatch)
    # Cut off for 30 days after they ended; then asked within an hour, as it is asked all along.
    assert world.unshown_s <= 30 * DAY_S + renewal.RETRY_MOST_S
    assert len(set(world.keys)) == 2
    assert world.shown().subject == world.keys[-1]
    assert len(world.keys) < 40 * 24 * 2  # retried with back-off


async def test_ten_days_without_a_backhaul_are_bridged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.is_away = lambda day: 19 <= day < 29
    await live(world, world.credentials(), 35, monkeypatch)
    assert world.unshown_s == 0


async def test_a_key_that_is_taken_is_replaced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.refusals = ["STATION_KEY_TAKEN"]
    await live(world, world.credentials(), 1, monkeypatch)
    assert len(set(world.keys)) == 2
    assert world.shown().subject == world.keys[1]


async def test_who_is_turned_out_asks_once_an_hour(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.refusals = ["ENROLMENT_REVOKED"] * 1_000
    made = world.credentials()
    await live(world, made, 10, monkeypatch)
    assert made.status()["reason"] == "ENROLMENT_REVOKED"
    assert len(world.keys) < 10 * 24 * 2 + 12


@pytest.mark.parametrize("ahead_days", [400, -20_000])
async def test_a_wrong_clock_neither_floods_the_platform_nor_ends_for_good(
    world: World, monkeypatch: pytest.MonkeyPatch, ahead_days: int
) -> None:
    """A clock that is ahead thinks that all has ended; one without a battery, that nothing has."""
    world.ahead_s = ahead_days * DAY_S
    world.clock.wall += int(world.ahead_s * MICROSECONDS)
    await live(world, world.credentials(), 5, monkeypatch)
    assert 1 <= len(world.keys) < 5 * 24 * 2 + 12
    world.clock.wall -= int(world.ahead_s * MICROSECONDS)
    world.ahead_s = world.unshown_s = 0.0
    await live(world, world.credentials(), 100, monkeypatch)
    assert world.unshown_s == 0


async def test_a_node_with_a_clock_that_is_ahead_does_not_flood_the_platform_either(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    async def renew(current: Identity, *_: Any, **__: Any) -> Identity:
        nonlocal calls
        calls += 1
        return current

    monkeypatch.setattr(enrolling, "renew", renew)
    world.ahead_s = 400 * DAY_S
    world.clock.wall += int(world.ahead_s * MICROSECONDS)
    assert world.identity is not None
    link: Any = SimpleNamespace(reason="", is_connected=False, use=lambda _: None)
    node = Renewal(
        world.identity,
        tmp_path,
        link,
        url="",
        clock=world.clock,
        counters=Counters(),
        offset_us=lambda: 0,
        jitter=lambda: 0.5,
        random_bits=Random(3).getrandbits,
    )
    await live(world, node, 2, monkeypatch)
    assert calls < 2 * 24 * 2 + 12


async def test_without_an_identity_what_a_person_gave_is_shown_and_nothing_is_asked(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.identity = None
    given = tmp_path / "station.creds"
    key = nats_keys.generate(KeyKind.USER)
    given.write_text(nats_jwt.credentials(token(key.public_key, NOON_US / MICROSECONDS), key.seed))
    await live(world, world.credentials(given), 40, monkeypatch)
    assert world.keys == []
    assert world.shown().subject == key.public_key


@pytest.mark.parametrize(("later_s", "is_taken"), [(60, True), (-60, False)])
async def test_a_person_s_file_is_taken_if_it_was_signed_later(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later_s: int, *, is_taken: bool
) -> None:
    await live(world, world.credentials(), 1, monkeypatch)
    own = world.shown()
    given, key = tmp_path / "station.creds", nats_keys.generate(KeyKind.USER)
    signed = token(key.public_key, own.issued + 60 + later_s)
    given.write_text(nats_jwt.credentials(signed, key.seed))
    world.credentials(given)
    assert (world.shown().subject == key.public_key) is is_taken
    given.write_text("nothing of use")
    before = world.shown()
    world.credentials(given)
    assert world.shown() == before
