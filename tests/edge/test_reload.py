"""Settings read again: what changes at once, what waits, and that bad ones change nothing."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest

from edge import reload, settings, status
from edge.agent import Agent
from edge.clock import Clock, SystemClock
from edge.driver_settings import DriverSettings
from edge.reading import RawValue
from edge.reload import Reloader
from edge.service_manager import ServiceManager
from edge.settings import InvalidSettings, Settings
from edge.spool import Spool
from tests.support.waiting import until

HEAD = '[node]\nid = "gw-1"\ndata_dir = "data"\n'


def driver(name: str, interval_s: float = 0.01) -> str:
    return (
        f'[[driver]]\nkind = "simulated"\nname = "{name}"\ninterval_s = {interval_s}\n'
        f'[[driver.series]]\nid = "{name}-v"\nunit = "V"\n'
    )


class Line:
    """A serial line as drivers see it: one at a time, each opening and closing written down."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.open: set[str] = set()
        self._number = itertools.count(1)

    def make(self, one: DriverSettings, clock: Clock) -> OnLine:
        del clock
        return OnLine(self, f"{one.name}#{next(self._number)}")


class OnLine:
    def __init__(self, line: Line, name: str) -> None:
        self._line, self._name = line, name

    async def connect(self) -> None:
        self._line.open.add(self._name)
        self._line.events.append(f"open {self._name}")

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        return [RawValue(one, 1.0) for one in series]

    async def close(self) -> None:
        if self._name in self._line.open:
            self._line.open.remove(self._name)
            self._line.events.append(f"close {self._name}")


class World:
    """An agent that runs without a server, and its settings file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "edge.toml"
        self.line = Line()
        self.write(driver("a") + driver("b"))
        clock, random = SystemClock(), Random(1)
        loaded = self.load()
        spool = Spool(
            loaded.data_dir,
            loaded.node,
            clock=clock,
            random_bits=random.getrandbits,
            bytes_max=1 << 20,
            age_max_s=3600,
        )
        self.agent = Agent(
            loaded, spool, clock=clock, random=random, version="1", make_driver=self.line.make
        )
        self.reloader = Reloader(self.agent, self.load, ServiceManager(), clock)
        self.stop = asyncio.Event()

    def load(self) -> Settings:
        return settings.load(self.file, {"TIANFU_EDGE_NATS_URL": "nats://127.0.0.1:1"})

    def write(self, text: str) -> None:
        self.file.write_text(HEAD + text)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.agent.run(self.stop))
        await until(lambda: len(self.line.open) == 2)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.stop.set()
        await self._task
        assert self.line.open == set()

    def drivers(self) -> list[str]:
        return [one["name"] for one in self.agent.status()["drivers"]]

    def state(self) -> Any:
        return self.agent.status()["settings"]


async def test_a_driver_comes_one_goes_and_the_others_are_not_disturbed(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.write(driver("a") + driver("c"))
        assert await world.reloader.reload()
        assert world.drivers() == ["a", "c"]
        await until(lambda: world.line.open == {"a#1", "c#3"})
        assert world.line.events == ["open a#1", "open b#2", "close b#2", "open c#3"]


async def test_a_changed_driver_lets_go_of_its_device_first(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.write(driver("a", 0.02) + driver("b"))
        assert await world.reloader.reload()
        await until(lambda: "a#3" in world.line.open)
        assert world.line.events[2:] == ["close a#1", "open a#3"]


async def test_bad_settings_change_nothing_and_are_said(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.write(driver("c").replace('"V"', '"C°"'))
        assert not await world.reloader.reload()
        assert world.drivers() == ["a", "b"]
        assert world.state()["reason"] == "SETTINGS_REFUSED"
        assert "driver[0].series[0].unit" in world.state()["message"]
        assert world.agent.counters.of("SETTINGS_REFUSED") == 1
        page = status.rendered({**world.agent.status(), "running": True})
        assert "SETTINGS_REFUSED" in page
        world.write(driver("a"))
        assert await world.reloader.reload()
        assert (world.drivers(), world.state()["reason"]) == (["a"], "")


async def test_readings_of_a_driver_that_goes_are_not_lost(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        for names in (["b"], ["a", "c"], [], ["a"]):
            world.write("".join(map(driver, names)))
            assert await world.reloader.reload()
        sent = world.agent.status()["drivers"][0]
        await until(lambda: world.agent.status()["drivers"][0]["sent"] > sent["sent"])
    account = status.read(tmp_path / "data")
    assert account is not None
    spool = account["spool"]
    assert spool["produced"] == spool["waiting_readings"] > 0
    assert spool["open_readings"] == 0


async def test_reloads_in_a_hurry_end_with_the_last(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        asked = asyncio.Event()
        running = asyncio.create_task(world.reloader.run(asked))
        for number in range(5):
            world.write(driver(f"d{number}"))
            asked.set()
            await asyncio.sleep(0)
        await until(lambda: world.drivers() == ["d4"] and len(world.line.open) == 1)
        running.cancel()


def test_what_waits_for_a_start_is_named(tmp_path: Path) -> None:
    text = HEAD + driver("a")
    old = settings.parse(text, {}, file="f", folder=tmp_path)
    more = "[spool]\nbytes_max = 1000000\n[heartbeat]\ninterval_s = 30\n"
    new = settings.parse(text.replace("gw-1", "gw-2") + more, {}, file="f", folder=tmp_path)
    now, waiting = reload.split(old, new)
    assert waiting == ("node.id", "spool")
    assert now == replace(old, heartbeat_interval_s=30)
    assert reload.split(old, old) == (old, ())


def test_every_field_changes_at_once_or_waits() -> None:
    at_once = {"drivers", "heartbeat_interval_s", "log_level"}
    assert set(Settings.__dataclass_fields__) == at_once | set(reload.AT_START)


async def test_a_poller_that_ends_is_a_bug_that_stops_the_agent(tmp_path: Path) -> None:
    world = World(tmp_path)
    for poller in world.agent._pollers:

        async def broken() -> None:
            raise ValueError("a bug")

        poller.run = broken  # type: ignore[method-assign]  # as said above
    with pytest.raises(RuntimeError, match="poll"):
        await world.agent.run(world.stop)


async def test_a_missing_file_is_refused_whole(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.file.unlink()
        assert not await world.reloader.reload()
        with pytest.raises(InvalidSettings):
            world.load()
        assert world.drivers() == ["a", "b"]
