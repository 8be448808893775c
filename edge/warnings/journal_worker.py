"""Run the journal on a thread of its own, so that a slow disk never stops the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from edge.spool_account import Waiting
from edge.warnings.journal import JournalFile
from edge.warnings.notices import Memory, Receipt
from edge.warnings.ports import Entry, Task
from tianfu.subjects import Channel

T = TypeVar("T")


class JournalWorker:
    """The journal as the receiver sees it: one call at a time, in order."""

    def __init__(self, journal: JournalFile) -> None:
        """Take an open journal; nobody else may call it from now on."""
        self._journal = journal
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    @property
    def epoch(self) -> int:
        """Return the epoch of the open file."""
        return self._journal.epoch

    @property
    def waiting(self) -> int:
        """Return how many reports wait to be acknowledged."""
        return self._journal.waiting

    @property
    def dropped(self) -> int:
        """Return how many reports were let go unsent."""
        return self._journal.dropped

    @property
    def disk_failures(self) -> int:
        """Return how often the disk took no more."""
        return self._journal.disk_failures

    async def memory(self, channel: Channel, nkey: str) -> Memory:
        """Return what is remembered of a channel."""
        return await self._call(lambda: self._journal.memory(channel, nkey))

    async def tasks(self) -> list[Task]:
        """Return the actions that are kept, in their order."""
        return await self._call(self._journal.tasks)

    async def record(self, entry: Entry) -> list[Task]:
        """Keep a decision; return its actions as tasks."""
        return await self._call(lambda: self._journal.record(entry))

    async def start(self, task: Task) -> None:
        """Note that a task is about to be begun."""
        await self._call(lambda: self._journal.start(task))

    async def finish(self, task: Task, receipts: Sequence[Receipt]) -> None:
        """Note that a task is done with."""
        await self._call(lambda: self._journal.finish(task, receipts))

    async def tidy(self, now_us: int) -> None:
        """Forget what is long over."""
        await self._call(lambda: self._journal.tidy(now_us))

    async def turn(
        self, epoch: int, acknowledged: Iterable[int], after: int, limit: int
    ) -> list[Waiting]:
        """Delete acknowledged reports; return those after ``after``, in order."""

        def act() -> list[Waiting]:
            self._journal.settle(epoch, acknowledged)
            # In another epoch the sequence began anew, and so does the claim.
            begin = after if epoch == self._journal.epoch else 0
            return self._journal.claim(begin, limit) if limit > 0 else []

        return await self._call(act)

    async def refuse(self, epoch: int, sequence: int) -> None:
        """Let go of a report that the stream will never take."""
        if epoch == self._journal.epoch:
            await self._call(lambda: self._journal.drop(sequence))

    async def close(self) -> None:
        """Close the journal after all that was asked of it."""
        await self._call(self._journal.close)
        self._thread.shutdown()

    async def _call(self, act: Callable[[], T]) -> T:
        # Shielded: a cancelled caller must not make a commit's outcome unknown.
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, act))
