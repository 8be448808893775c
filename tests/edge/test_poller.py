"""One driver's task: what it yields, what it counts, and that its failures stay its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from edge.counters import Counters
from edge.driver_settings import DriverSettings, SeriesSettings, SimulatedSource
from edge.drivers.driver import DriverFailed
from edge.poller import Poller
from edge.reading import Priority, Quality, RawValue, Scaling
from edge.rules import Rule
from edge.sampling import Sampling
from tests.edge.doubles import FakeClock


class ScriptedDriver:
    """Says what the test puts in; an exception in the place of values is raised."""

    def __init__(self) -> None:
        self.answers: list[list[RawValue] | Exception] = []
        self.connects: list[Exception | None] = []
        self.connected = 0
        self.closed = 0
        self.asked: list[list[str]] = []

    async def connect(self) -> None:
        self.connected += 1
        if self.connects and (error := self.connects.pop(0)) is not None:
            raise error

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        self.asked.append(list(series))
        answer = self.answers.pop(0) if self.answers else [RawValue(s, 1.0) for s in series]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed += 1


class World:
    def __init__(self, *, stale: bool = False, deadband: float = 0.0) -> None:
        self.clock = FakeClock()
        self.driver = ScriptedDriver()
        self.counters = Counters()
        series = tuple(
            SeriesSettings(
                name, "V", 0, Priority.ROUTINE, Sampling(interval, deadband), Scaling(high=300)
            )
            for name, interval in (("fast", 1.0), ("slow", 10.0))
        )
        settings = DriverSettings("d", SimulatedSource(), 1.0, stale, series)
        self.poller = Poller(
            settings, self.driver, self._sink, clock=self.clock, counters=self.counters,
            jitter=lambda: 0.0,
        )  # fmt: skip

    async def _sink(self, measured: object, _ticket: object = None) -> None:
        raise AssertionError(measured)

    async def poll(self, after_s: float = 1.0) -> list[tuple[str, float, Quality]]:
        found = await self.poller.poll()
        self.clock.advance(after_s)
        return [(m.reading.series, m.reading.value, m.reading.quality) for m in found]


async def test_only_what_is_due_is_read() -> None:
    world = World()
    for _ in range(11):
        await world.poll()
    assert world.driver.asked[0] == ["fast", "slow"]
    assert world.driver.asked[1:10] == [["fast"]] * 9
    assert world.driver.asked[10] == ["fast", "slow"]


async def test_the_wall_clock_jumping_back_changes_no_schedule() -> None:
    world = World()
    await world.poll()
    world.clock.wall -= 3_600_000_000
    assert await world.poll(0.5) == [("fast", 1.0, Quality.GOOD)]
    assert await world.poll() == []


async def test_what_cannot_be_a_reading_is_counted() -> None:
    world = World()
    world.driver.answers = [
        [RawValue("fast", math.nan), RawValue("nobody", 1.0), RawValue("slow", 301.0)]
    ]
    assert await world.poll() == [("slow", 301.0, Quality.OUT_OF_RANGE)]
    assert world.counters.counts == {
        "VALUE_NOT_FINITE": 1,
        "SERIES_UNKNOWN": 1,
        "VALUE_OUT_OF_RANGE": 1,
    }


async def test_the_deadband_holds_values_back() -> None:
    world = World(deadband=0.5)
    world.driver.answers = [[RawValue("fast", v)] for v in (1.0, 1.2, 1.6, 1.7)]
    assert [await world.poll() for _ in range(4)] == [
        [("fast", 1.0, Quality.GOOD)],
        [],
        [("fast", 1.6, Quality.GOOD)],
        [],
    ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(DriverFailed("MODBUS_NO_ANSWER", "gone"), "MODBUS_NO_ANSWER", id="failed"),
        pytest.param(TimeoutError(), "DRIVER_TIMEOUT", id="timeout"),
        pytest.param(ZeroDivisionError(), "DRIVER_BROKEN", id="bug"),
    ],
)
async def test_a_failure_yields_nothing_and_is_counted(error: Exception, reason: str) -> None:
    world = World()
    world.driver.answers = [error]
    assert await world.poll() == []
    assert world.counters.of(reason) == 1
    assert world.poller.state.reason == reason
    assert not world.poller.state.is_connected
    assert await world.poll() == [("fast", 1.0, Quality.GOOD)]
    assert (world.poller.state.reason, world.poller.state.failures_in_row) == ("", 0)


async def test_a_failure_repeats_the_last_value_as_stale_when_asked_to() -> None:
    world = World(stale=True)
    failure = DriverFailed("MODBUS_NO_ANSWER", "gone")
    world.driver.answers = [[RawValue("fast", 7.0)], failure, failure]
    await world.poll()
    assert await world.poll() == [("fast", 7.0, Quality.STALE)]


async def test_a_source_that_is_gone_is_asked_less_and_less_often() -> None:
    world = World()
    world.driver.connects = [DriverFailed("MODBUS_UNREACHABLE", "off")] * 100
    for _ in range(120):
        await world.poll()
    # At 0, 0.5, 1, 2, 4 ... seconds after each other, then every 30 s.
    assert 8 <= world.driver.connected <= 12
    assert world.counters.of("MODBUS_UNREACHABLE") == world.driver.connected


async def test_late_polls_are_counted_as_missed() -> None:
    world = World()
    await world.poll(after_s=5.5)
    await world.poll()
    assert world.poller.missed == 4


async def test_a_plan_changes_interval_and_priority() -> None:
    world = World()
    await world.poll(0.0)
    world.poller.apply([Rule("slow", interval_s=2.0, priority=Priority.URGENT)])
    for _ in range(5):
        world.clock.advance(1.0)
        await world.poll(0.0)
    assert [asked for asked in world.driver.asked if "slow" in asked] == [["fast", "slow"]] * 3
    found = await world.poller.poll()
    assert found == []
    world.clock.advance(2.0)
    assert {m.reading.series: m.priority for m in await world.poller.poll()} == {
        "fast": Priority.ROUTINE,
        "slow": Priority.URGENT,
    }
