"""A source that waits to hear that its readings are safe: told then, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from edge.batcher import Batcher, Measured
from edge.counters import Counters
from edge.driver_settings import DriverSettings, SeriesSettings, SimulatedSource
from edge.poller import Poller
from edge.pollers import Pollers
from edge.reading import Priority, Quality, RawValue, Reading, Scaling
from edge.sampling import Sampling
from edge.ticket import Ticket
from edge.tracing import Tracer
from tests.edge.doubles import KEY, FakeClock
from tests.support.waiting import until


def measured(priority: Priority = Priority.ROUTINE) -> Measured:
    return Measured(KEY, priority, Reading("t", 1, 1.0, Quality.GOOD))


def batcher() -> Batcher:
    return Batcher(100, 1.0, Tracer(None, 0.0, lambda _: 1))


def test_a_ticket_waits_for_every_batch_of_its_read() -> None:
    told: list[bool] = []
    ticket, many = Ticket(told.append), batcher()
    closed = many.add([measured(), measured(Priority.URGENT), measured()], 0.0, 0, ticket)
    ticket.close()
    assert [batch.priority for batch in closed] == [Priority.URGENT]
    closed[0].settle(is_kept=True)
    assert told == []
    (routine,) = many.close_all()
    routine.settle(is_kept=True)
    assert told == [True]


def test_one_lost_batch_is_a_lost_read() -> None:
    told: list[bool] = []
    ticket, many = Ticket(told.append), batcher()
    urgent = many.add([measured(Priority.URGENT), measured()], 0.0, 0, ticket)
    ticket.close()
    for batch, is_kept in ((urgent[0], False), (many.close_all()[0], True)):
        batch.settle(is_kept=is_kept)
    assert told == [False]


def test_a_read_that_leaves_nothing_to_keep_is_settled_at_once() -> None:
    told: list[bool] = []
    Ticket(told.append).close()
    assert told == [True]


def test_a_source_that_presses_has_its_batches_closed_at_once() -> None:
    many = batcher()
    many.add([measured()], 0.0, 0)
    closed = many.add(
        [measured(Priority.BULK)], 0.0, 0, Ticket(lambda _kept: None, is_pressing=True)
    )
    assert {batch.priority for batch in closed} == {Priority.ROUTINE, Priority.BULK}


# -- a poller --------------------------------------------------------------------------------------


class Mailbox:
    """A driver whose source keeps values until they are settled."""

    def __init__(self) -> None:
        self.kept = [1.0, 2.0, 3.0]
        self.reads = 0
        self.settled: list[tuple[int, bool]] = []
        self.closed = 0
        self.press: Callable[[], None] = lambda: None
        self.breaks_at_settling = False

    async def connect(self) -> None:
        """Nothing to do."""

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        self.reads += 1
        return [RawValue(series[0], self.kept[self.reads % 3])]

    async def close(self) -> None:
        self.closed += 1

    def handed_over(self) -> int:
        return self.reads

    async def settle(self, number: int, *, is_kept: bool) -> None:
        if self.breaks_at_settling:
            raise KeyError(number)
        self.settled.append((number, is_kept))

    def when_pressing(self, call: Callable[[], None]) -> None:
        self.press = call


class World:
    """A poller whose tickets wait for the test."""

    def __init__(self, interval_s: float = 3600.0) -> None:
        self.driver = Mailbox()
        self.counters = Counters()
        self.tickets: list[Ticket] = []
        series = SeriesSettings("t", "Cel", 0, Priority.ROUTINE, Sampling(interval_s), Scaling())
        settings = DriverSettings(
            "d", SimulatedSource(), 1.0, is_stale_sent=False, series=(series,)
        )
        self.pollers = Pollers([settings], self._make)

    def _make(self, settings: DriverSettings) -> Poller:
        return Poller(
            settings, self.driver, self._sink, clock=FakeClock(), counters=self.counters,
            jitter=lambda: 0.0,
        )  # fmt: skip

    async def _sink(self, _measured: list[Measured], ticket: Ticket | None = None) -> None:
        assert ticket is not None
        ticket.hold()
        ticket.close()
        self.tickets.append(ticket)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.pollers.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self.pollers.stop()


async def test_the_source_is_told_when_its_readings_are_safe_and_not_before() -> None:
    world = World()
    async with world.running():
        await until(lambda: bool(world.tickets))
        assert world.driver.settled == []
        world.tickets[0].settle(is_kept=True)
        await until(lambda: world.driver.settled == [(1, True)])
        world.driver.press()
        await until(lambda: len(world.tickets) == 2)
        assert world.tickets[1].is_pressing
        world.tickets[1].settle(is_kept=False)
        await until(lambda: world.driver.settled == [(1, True), (2, False)])


async def test_a_stop_waits_a_moment_for_the_word_and_reads_no_more() -> None:
    world = World()
    async with world.running():
        await until(lambda: bool(world.tickets))
        asyncio.get_running_loop().call_later(0.2, lambda: world.tickets[0].settle(is_kept=True))
    assert world.driver.settled == [(1, True)]
    assert (world.driver.reads, world.driver.closed) == (1, 1)


async def test_a_stop_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.pollers.SETTLE_S", 0.1)
    world = World()
    async with world.running():
        await until(lambda: bool(world.tickets))
    assert world.driver.settled == []
    assert world.driver.closed == 1


async def test_a_driver_that_breaks_while_settling_is_connected_anew() -> None:
    world = World()
    world.driver.breaks_at_settling = True
    async with world.running():
        await until(lambda: bool(world.tickets))
        world.tickets[0].settle(is_kept=True)
        await until(lambda: world.counters.of("DRIVER_BROKEN") == 1)
        assert world.driver.closed == 1
