"""Drivers that break, hang or take no for no answer: the others and the agent go on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NoReturn

import pytest
from typing_extensions import override

from edge import pollers as many
from edge.batcher import Measured
from edge.clock import SystemClock
from edge.counters import Counters
from edge.driver_settings import DriverSettings, SeriesSettings, SimulatedSource
from edge.drivers.driver import Driver
from edge.poller import Poller
from edge.pollers import Pollers
from edge.reading import Priority, RawValue, Scaling
from edge.sampling import Sampling
from edge.ticket import Ticket
from tests.support.waiting import until


class Good:
    """A driver that does as it is asked."""

    async def connect(self) -> None:
        """Nothing to do."""

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        return [RawValue(name, 1.0) for name in series]

    async def close(self) -> None:
        """Nothing to do."""


def broken() -> NoReturn:
    raise ZeroDivisionError("a bug")


class BreaksAtConnecting(Good):
    @override
    async def connect(self) -> None:
        broken()


class BreaksAtReading(Good):
    @override
    async def read(self, series: Sequence[str]) -> list[RawValue]:
        broken()


class BreaksAtClosing(BreaksAtReading):
    @override
    async def close(self) -> None:
        broken()


class HangsAtConnecting(Good):
    @override
    async def connect(self) -> None:
        await asyncio.Event().wait()


class HangsAtReading(Good):
    @override
    async def read(self, series: Sequence[str]) -> list[RawValue]:
        await asyncio.Event().wait()
        return []


class HangsAtClosing(BreaksAtReading):
    @override
    async def close(self) -> None:
        await asyncio.Event().wait()


class SaysNonsense(Good):
    @override
    async def read(self, series: Sequence[str]) -> list[RawValue]:
        return None  # type: ignore[return-value]


class SaysTexts(Good):
    @override
    async def read(self, series: Sequence[str]) -> list[RawValue]:
        return [RawValue(name, "high") for name in series]  # type: ignore[arg-type]


class SaysFractionsOfTime(Good):
    @override
    async def read(self, series: Sequence[str]) -> list[RawValue]:
        return [RawValue(name, 1.0, time_us=0.5) for name in series]  # type: ignore[arg-type]


class IsNeverCancelled(Good):
    """Swallows every cancellation until the test lets it go."""

    def __init__(self) -> None:
        self.release = asyncio.Event()

    @override
    async def read(self, series: Sequence[str]) -> list[RawValue]:
        while not self.release.is_set():
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                continue
        return []


class World:
    def __init__(self, bad: Driver) -> None:
        self.counters = Counters()
        self.sent: set[str] = set()
        self.count = 0
        drivers = {"bad": bad, "good": Good()}
        settings = [
            DriverSettings(
                name,
                SimulatedSource(),
                0.05,
                is_stale_sent=False,
                series=(SeriesSettings(name, "1", 0, Priority.ROUTINE, Sampling(0.01), Scaling()),),
            )
            for name in drivers
        ]

        self.pollers = Pollers(
            settings,
            lambda one: Poller(
                one, drivers[one.name], self._sink, clock=SystemClock(),
                counters=self.counters, jitter=lambda: 0.0,
            ),
        )  # fmt: skip

    async def _sink(self, measured: list[Measured], _ticket: Ticket | None = None) -> None:
        self.sent |= {one.key.series for one in measured}
        self.count += len(measured)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (BreaksAtConnecting, "DRIVER_BROKEN"),
        (BreaksAtReading, "DRIVER_BROKEN"),
        (BreaksAtClosing, "DRIVER_BROKEN"),
        (SaysNonsense, "DRIVER_BROKEN"),
        (SaysTexts, "DRIVER_BROKEN"),
        (SaysFractionsOfTime, "DRIVER_BROKEN"),
        (HangsAtConnecting, "DRIVER_TIMEOUT"),
        (HangsAtReading, "DRIVER_TIMEOUT"),
        (HangsAtClosing, "DRIVER_BROKEN"),
        (IsNeverCancelled, None),
    ],
)
async def test_a_bad_driver_is_counted_and_the_others_go_on(
    bad: type[Driver], reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.poller.CLOSE_S", 0.05)
    monkeypatch.setattr(many, "END_S", 0.2)
    driver = bad()
    world = World(driver)
    running = asyncio.create_task(world.pollers.run())
    await until(lambda: world.count > 20)
    if reason is not None:
        await until(lambda: world.counters.of(reason) >= 2)
    assert not running.done()
    assert world.sent == {"good"}
    running.cancel()
    await asyncio.wait([running])
    await asyncio.wait_for(world.pollers.stop(), 30)
    if isinstance(driver, IsNeverCancelled):
        driver.release.set()
        await until(lambda: all("poll" not in t.get_name() for t in asyncio.all_tasks()))
