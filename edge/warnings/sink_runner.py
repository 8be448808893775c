"""Give one sink its actions: in order, each within its deadline, tried again within bounds.

Each sink has a runner and a queue of its own, so that one that is stuck holds up no other. What a
newer action of the same warning makes pointless is not done any more, and its receipt says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from edge.backoff import Backoff
from edge.clock import MICROSECONDS
from edge.counters import Counters
from edge.warnings.notices import NOTICE_EXPIRED, Act, Receipt, SinkKind, Told
from edge.warnings.ports import Journal, Sink, SinkFailed, Task

ATTEMPTS_MAX: Final = 6
"""With the pauses below, some fifteen seconds beside the attempts themselves: what a relay takes
to come back after its power did. What still fails then needs a person."""

RETRY_FIRST_S: Final = 0.5
RETRY_MOST_S: Final = 8.0

WAITING_MAX: Final = 512
"""Actions one sink has before it; two for each notice a bulletin may carry."""

GOES_ON_US: Final = 30 * MICROSECONDS
"""After a restart so soon, a siren goes on in the time it had. One that was away longer begins
anew what was never confirmed: that it sounds again is better than that it never did."""

SUPERSEDED: Final = "SUPERSEDED"
"""A newer version of the warning came before the sink had done the older."""

log = logging.getLogger(__name__)


@dataclass
class SinkState:
    """What there is to say of a sink in a status report."""

    name: str
    done: int = 0
    failed: int = 0
    waiting: int = 0
    reason: str = ""
    message: str = ""


class SinkRunner:
    """The task around one sink."""

    def __init__(
        self,
        sink: Sink,
        journal: Journal,
        *,
        now_us: Callable[[], int],
        reported: Callable[[], None],
        counters: Counters,
        jitter: Callable[[], float],
    ) -> None:
        """Take the sink, where outcomes are kept, and the platform's time as it is known."""
        self.sink = sink
        self._journal = journal
        self._now_us = now_us
        self._reported = reported
        self._counters = counters
        self._jitter = jitter
        self._queue: deque[Task] = deque()
        self._current: Task | None = None
        self._is_superseded = asyncio.Event()
        self._changed = asyncio.Event()
        self.state = SinkState(sink.kind.value)

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is being done and nothing waits."""
        return self._current is None and not self._queue

    def put(self, task: Task) -> None:
        """Add an action; those it makes pointless are not done any more."""
        if self._current is not None and self._supersedes(task, self._current):
            self._is_superseded.set()
        if len(self._queue) >= WAITING_MAX:
            # It is in the journal all the same, and is done after the next start.
            self._counters.add("SINK_QUEUE_FULL")
            return
        self._queue.append(task)
        self.state.waiting = len(self._queue)
        self._changed.set()

    def restore(self, task: Task) -> None:
        """Take up an action that the journal kept through a restart."""
        action = task.action
        is_over = self._now_us() >= action.until_us
        if task.is_done:
            # What it did may have ended with the process, unless it never lasts.
            if self.sink.stands and not is_over:
                self.put(task)
            return
        if self._now_us() - action.decided_us > GOES_ON_US:
            task = replace(task, action=replace(action, decided_us=self._now_us()))
        self.put(task)

    async def run(self) -> None:
        """Do what is put, until cancelled; leave nothing sounding."""
        self.sink.open()
        try:
            while True:
                if not self._queue:
                    self._changed.clear()
                    await self._changed.wait()
                await self._do(self._queue.popleft())
        finally:
            await self.sink.close()

    # -- one action ----------------------------------------------------------------------------

    async def _do(self, task: Task) -> None:
        self._current = task
        self._is_superseded.clear()
        if any(self._supersedes(newer, task) for newer in self._queue):
            self._is_superseded.set()
        self.state.waiting = len(self._queue)
        try:
            reason, message = await self._outcome(task)
        finally:
            self._current = None
        if task.is_done:
            return  # taken up again after a restart: it was receipted then
        await self._journal.finish(task, self._receipts(task, reason))
        self._note(task, reason, message)
        self._reported()

    async def _outcome(self, task: Task) -> tuple[str, str]:
        """Try until it is done, pointless, too late or hopeless; return why it was not done."""
        if task.is_started and not self.sink.is_repeatable:
            return "INTERRUPTED", "the agent stopped in the midst of it"
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        outcome = ("", "")
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                await self._pause(backoff.next_s(self._jitter()))
            if self._is_superseded.is_set():
                return SUPERSEDED, "a newer version came first"
            left_us = task.action.until_us - self._now_us()
            if left_us <= 0:
                return NOTICE_EXPIRED, outcome[1] or "it was over before its turn came"
            if not attempt and not self.sink.is_repeatable and not task.is_done:
                await self._journal.start(task)
            outcome = await self._attempt(task, left_us / MICROSECONDS)
            if not outcome[0]:
                return outcome
            if outcome[0] == "SINK_TIMEOUT" and not self.sink.is_repeatable:
                return outcome  # it may have been done in part, and must not be done twice
        return outcome

    async def _attempt(self, task: Task, left_s: float) -> tuple[str, str]:
        deadline_s = min(self.sink.deadline_s, left_s)
        try:
            async with asyncio.timeout(deadline_s):
                await self.sink.perform(task.action)
        except SinkFailed as error:
            return error.reason, str(error)
        except TimeoutError:
            return "SINK_TIMEOUT", f"not done within {deadline_s:g} s"
        except Exception as error:  # a sink's bug must not silence the others
            log.exception("a sink broke", extra={"sink": self.state.name})
            return "SINK_BROKEN", repr(error)
        return "", ""

    async def _pause(self, delay_s: float) -> None:
        """Wait, unless something newer makes it pointless."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._is_superseded.wait()

    # -- pieces --------------------------------------------------------------------------------

    def _supersedes(self, newer: Task, older: Task) -> bool:
        new, old = newer.action, older.action
        if (new.channel, new.warning) != (old.channel, old.warning):
            return False
        if new.act is not Act.REVISE:
            return True
        # A revision says what the board said before, better; a siren it tells no reason to sound.
        return old.act is Act.REVISE or self.sink.kind in (SinkKind.BOARD, SinkKind.LOG)

    def _receipts(self, task: Task, reason: str) -> list[Receipt]:
        action = task.action
        if not action.is_receipted:
            return []
        return [
            Receipt(
                action.channel,
                action.warning,
                action.version,
                action.sink.code,
                Told.FAILED if reason else Told.DELIVERED,
                reason,
                event_time_us=self._now_us(),
            )
        ]

    def _note(self, task: Task, reason: str, message: str) -> None:
        state = self.state
        state.reason, state.message = reason, message
        if not reason:
            state.done += 1
            self._counters.add("WARNING_ACTED")
            return
        if reason == SUPERSEDED:
            self._counters.add("SINK_SUPERSEDED")
            return
        state.failed += 1
        self._counters.add("SINK_FAILED")
        log.error(
            "a sink failed",
            extra={
                "sink": state.name,
                "reason": reason,
                "detail": message,
                "warning": task.action.warning,
                "version": task.action.version,
                "act": task.action.act.value,
            },
        )
