"""A runner and its sink: deadlines, attempts, what a newer action makes pointless, restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from edge.counters import Counters
from edge.warnings import sink_runner
from edge.warnings.memory_journal import MemoryJournal
from edge.warnings.notices import Act, Action, Colour, Decision, Kind, Notice, SinkKind
from edge.warnings.ports import Entry, SinkFailed, Task
from edge.warnings.receipts import Reporter
from edge.warnings.sink_runner import ATTEMPTS_MAX, GOES_ON_US, SinkRunner
from tests.edge.doubles import NOON_US, FakeClock
from tests.edge.warnings.signing import COUNTY, HOUR_US, SECOND_US
from tests.support.waiting import until
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.subjects import Channel

NODE = subjects.node_id("gw-1")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_runner, "RETRY_FIRST_S", 0.001)
    monkeypatch.setattr(sink_runner, "RETRY_MOST_S", 0.002)


@dataclass
class FakeSink:
    """Does as it is told: ``troubles`` are met one after the other, then all is well."""

    kind: SinkKind = SinkKind.BOARD
    is_repeatable: bool = True
    stands: bool = True
    deadline_s: float = 5.0
    troubles: list[Callable[[], None] | asyncio.Event] = field(default_factory=list)
    done: list[Action] = field(default_factory=list)
    attempts: int = 0
    is_open: bool = False
    is_closed: bool = False

    def open(self) -> None:
        self.is_open = True

    async def perform(self, action: Action) -> None:
        self.attempts += 1
        if self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, asyncio.Event):
                await trouble.wait()
            else:
                trouble()
        self.done.append(action)

    async def close(self) -> None:
        self.is_closed = True


def fails() -> None:
    raise SinkFailed("BOARD_REFUSED", "lamp test")


def breaks() -> None:
    raise ZeroDivisionError


@dataclass
class Site:
    """A runner with its sink, its journal and its time."""

    sink: FakeSink
    clock: FakeClock = field(default_factory=FakeClock)
    counters: Counters = field(default_factory=Counters)
    reported: int = 0

    def __post_init__(self) -> None:
        self.journal = MemoryJournal(1, Reporter(NODE, COUNTY, lambda: None).report)
        self.runner = SinkRunner(
            self.sink,
            self.journal,
            now_us=self.clock.wall_us,
            reported=self._reported,
            counters=self.counters,
            jitter=lambda: 0.0,
        )

    def _reported(self) -> None:
        self.reported += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.runner.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def task(self, act: Act = Act.WARN, version: int = 1, warning: str = "w1") -> Task:
        new = self.action(act, version, warning)
        decision = Decision(version, actions=(new,))
        (task,) = await self.journal.record(Entry(Channel.LIVE, "key", decision))
        return task

    def action(self, act: Act, version: int, warning: str) -> Action:
        notice = Notice(Channel.LIVE, warning, version, Kind.ALERT, Colour.RED, NOON_US + HOUR_US)
        now_us = self.clock.wall_us()
        return Action(
            act,
            self.sink.kind,
            Channel.LIVE,
            warning,
            version,
            now_us,
            NOON_US + HOUR_US,
            None if act is Act.WITHDRAW else notice,
        )

    async def outcomes(self) -> list[tuple[int, str, str]]:
        rows = await self.journal.turn(1, [], 0, 100)
        reports = [pb.ReceiptReport.FromString(row.payload) for row in rows]
        return [
            (r.version, pb.ReceiptState.Name(r.state).removeprefix("RECEIPT_STATE_"), r.reason)
            for report in reports
            for r in report.receipts
        ]

    async def idle(self) -> None:
        await until(lambda: self.runner.is_idle)


async def test_what_is_done_is_receipted() -> None:
    site = Site(FakeSink())
    async with site.running():
        site.runner.put(await site.task())
        await site.idle()
        assert await site.outcomes() == [(1, "DELIVERED", "")]
        assert site.reported == 1
        assert await site.journal.tasks() == []
    assert site.sink.is_open
    assert site.sink.is_closed
    assert site.counters.of("WARNING_ACTED") == 1


async def test_a_withdrawal_is_done_and_not_receipted() -> None:
    site = Site(FakeSink())
    async with site.running():
        site.runner.put(await site.task(Act.WITHDRAW))
        await site.idle()
        assert await site.outcomes() == []
    assert [action.act for action in site.sink.done] == [Act.WITHDRAW]


@pytest.mark.parametrize("trouble", [fails, breaks])
async def test_a_failure_is_tried_again(trouble: Callable[[], None]) -> None:
    site = Site(FakeSink(troubles=[trouble, trouble]))
    async with site.running():
        site.runner.put(await site.task())
        await site.idle()
        assert await site.outcomes() == [(1, "DELIVERED", "")]
    assert site.sink.attempts == 3


@pytest.mark.parametrize(("trouble", "reason"), [(fails, "BOARD_REFUSED"), (breaks, "SINK_BROKEN")])
async def test_attempts_end(trouble: Callable[[], None], reason: str) -> None:
    site = Site(FakeSink(troubles=[trouble] * 99))
    async with site.running():
        site.runner.put(await site.task())
        await site.idle()
        assert await site.outcomes() == [(1, "FAILED", reason)]
    assert site.sink.attempts == ATTEMPTS_MAX
    assert site.runner.state.failed == 1
    assert site.counters.of("SINK_FAILED") == 1


async def test_a_stuck_sink_is_let_go_at_its_deadline() -> None:
    site = Site(FakeSink(deadline_s=0.02, troubles=[asyncio.Event()]))
    async with site.running():
        site.runner.put(await site.task())
        await site.idle()
        assert await site.outcomes() == [(1, "DELIVERED", "")]
    assert site.sink.attempts == 2


async def test_what_can_not_be_done_twice_is_not_tried_again_after_a_deadline() -> None:
    sink = FakeSink(
        SinkKind.VOICE, is_repeatable=False, deadline_s=0.02, troubles=[asyncio.Event()]
    )
    site = Site(sink)
    async with site.running():
        site.runner.put(await site.task())
        await site.idle()
        assert await site.outcomes() == [(1, "FAILED", "SINK_TIMEOUT")]
    assert sink.attempts == 1


async def test_nothing_is_done_after_its_expiry() -> None:
    site = Site(FakeSink())
    task = await site.task()
    site.clock.advance(3600)
    async with site.running():
        site.runner.put(task)
        await site.idle()
        assert await site.outcomes() == [(1, "FAILED", "NOTICE_EXPIRED")]
    assert site.sink.attempts == 0


async def test_attempts_end_at_expiry() -> None:
    site = Site(FakeSink())

    def fails_late() -> None:
        site.clock.advance(3600)
        fails()

    site.sink.troubles = [fails, fails_late, fails]
    async with site.running():
        site.runner.put(await site.task())
        await site.idle()
        assert await site.outcomes() == [(1, "FAILED", "NOTICE_EXPIRED")]
    assert site.sink.attempts == 2


@pytest.mark.parametrize(
    ("kind", "older", "newer", "is_done"),
    [
        (SinkKind.BOARD, Act.WARN, Act.REVISE, False),
        (SinkKind.BOARD, Act.REVISE, Act.REVISE, False),
        (SinkKind.SIREN, Act.WARN, Act.REVISE, True),
        (SinkKind.SIREN, Act.WARN, Act.CLEAR, False),
        (SinkKind.SIREN, Act.WARN, Act.WITHDRAW, False),
        (SinkKind.SIREN, Act.WARN, Act.WARN, False),
        (SinkKind.VOICE, Act.WARN, Act.CLEAR, False),
    ],
)
async def test_a_newer_action_makes_an_older_pointless(
    kind: SinkKind, older: Act, newer: Act, *, is_done: bool
) -> None:
    site = Site(FakeSink(kind))
    site.runner.put(await site.task(older))
    site.runner.put(await site.task(newer, 2))
    async with site.running():
        await site.idle()
        outcomes = await site.outcomes()
    assert [action.version for action in site.sink.done] == ([1, 2] if is_done else [2])
    assert outcomes[0] == ((1, "DELIVERED", "") if is_done else (1, "FAILED", "SUPERSEDED"))


async def test_another_warnings_action_makes_nothing_pointless() -> None:
    site = Site(FakeSink())
    site.runner.put(await site.task())
    site.runner.put(await site.task(Act.CLEAR, 2, "w2"))
    async with site.running():
        await site.idle()
    assert [action.warning for action in site.sink.done] == ["w1", "w2"]


async def test_a_newer_action_ends_the_attempts_of_an_older_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sink_runner, "RETRY_FIRST_S", 60)
    monkeypatch.setattr(sink_runner, "RETRY_MOST_S", 60)
    site = Site(FakeSink(troubles=[fails]))
    async with site.running():
        site.runner.put(await site.task())
        await until(lambda: site.sink.attempts == 1)
        site.runner.put(await site.task(Act.CLEAR, 2))
        await site.idle()
    assert [action.version for action in site.sink.done] == [2]


# -- after a restart -------------------------------------------------------------------------------


async def test_what_was_not_done_is_done() -> None:
    site = Site(FakeSink())
    site.runner.restore(await site.task())
    async with site.running():
        await site.idle()
        assert await site.outcomes() == [(1, "DELIVERED", "")]


@pytest.mark.parametrize(
    ("stands", "attempts"), [(True, 1), (False, 0)], ids=["stands", "is-spoken"]
)
async def test_what_was_done_is_taken_up_where_it_lasts_and_never_receipted_again(
    attempts: int, *, stands: bool
) -> None:
    site = Site(FakeSink(stands=stands))
    site.runner.restore(replace(await site.task(), is_done=True))
    async with site.running():
        await site.idle()
        assert await site.outcomes() == []
    assert site.sink.attempts == attempts


async def test_what_was_done_and_is_over_is_left_alone() -> None:
    site = Site(FakeSink())
    task = replace(await site.task(), is_done=True)
    site.clock.advance(3600)
    site.runner.restore(task)
    assert site.runner.is_idle


async def test_what_was_begun_and_can_not_be_repeated_is_not() -> None:
    site = Site(FakeSink(SinkKind.VOICE, is_repeatable=False, stands=False))
    site.runner.restore(replace(await site.task(), is_started=True))
    async with site.running():
        await site.idle()
        assert await site.outcomes() == [(1, "FAILED", "INTERRUPTED")]
    assert site.sink.attempts == 0


@pytest.mark.parametrize(
    ("away_us", "begins_anew"), [(GOES_ON_US, False), (GOES_ON_US + SECOND_US, True)]
)
async def test_a_short_absence_goes_on_and_a_long_one_begins_anew(
    away_us: int, *, begins_anew: bool
) -> None:
    site = Site(FakeSink(SinkKind.SIREN))
    task = await site.task()
    site.clock.wall += away_us
    site.runner.restore(task)
    async with site.running():
        await site.idle()
    (done,) = site.sink.done
    assert done.decided_us == (site.clock.wall if begins_anew else task.action.decided_us)


async def test_a_queue_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_runner, "WAITING_MAX", 2)
    site = Site(FakeSink())
    for number in range(4):
        site.runner.put(await site.task(warning=f"w{number}"))
    assert site.counters.of("SINK_QUEUE_FULL") == 2
    assert site.runner.state.waiting == 2
