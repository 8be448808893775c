"""A journal that lasts as long as its process: for thousands of nodes in one, as a bench needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from edge.spool_account import Waiting
from edge.warnings.journal import Report
from edge.warnings.notices import Memory, Receipt
from edge.warnings.ports import Entry, Task
from tianfu.subjects import Channel


class MemoryJournal:
    """Keeps in memory what ``JournalFile`` keeps on a disk."""

    def __init__(self, epoch: int, report: Report) -> None:
        """Take the epoch, which nobody of the node may have used before."""
        self.epoch = epoch
        self._report = report
        self._memories: dict[Channel, tuple[str, Memory]] = {}
        self._tasks: dict[int, Task] = {}
        self._reports: dict[int, Waiting] = {}
        self._sequence = 0
        self._number = 0

    @property
    def waiting(self) -> int:
        """Return how many reports wait to be acknowledged."""
        return len(self._reports)

    @property
    def written(self) -> int:
        """Return how many reports were written, acknowledged or not."""
        return self._sequence

    async def memory(self, channel: Channel, nkey: str) -> Memory:
        """Return what is remembered of a channel."""
        signer, found = self._memories.get(channel, ("", Memory()))
        return found if signer == nkey else replace(found, revision=0)

    async def tasks(self) -> list[Task]:
        """Return the actions that are kept, in their order."""
        return list(self._tasks.values())

    async def record(self, entry: Entry) -> list[Task]:
        """Keep a decision; return its actions as tasks."""
        before = await self.memory(entry.channel, entry.nkey)
        self._memories[entry.channel] = (entry.nkey, before.after(entry.decision))
        self._add(entry.decision.receipts)
        tasks = []
        for action in entry.decision.actions:
            self._number += 1
            tasks.append(Task(self._number, action))
            self._tasks[self._number] = tasks[-1]
        return tasks

    async def start(self, task: Task) -> None:
        """Note that a task is about to be begun."""
        self._tasks[task.number] = replace(task, is_started=True)

    async def finish(self, task: Task, receipts: Sequence[Receipt]) -> None:
        """Note that a task is done with."""
        # Nothing stands after a restart of what only memory knows.
        self._tasks.pop(task.number, None)
        self._add(receipts)

    async def tidy(self, now_us: int) -> None:
        """Nothing to forget."""

    async def turn(
        self, epoch: int, acknowledged: Iterable[int], after: int, limit: int
    ) -> list[Waiting]:
        """Delete acknowledged reports; return those after ``after``, in order."""
        if epoch == self.epoch:
            for sequence in acknowledged:
                self._reports.pop(sequence, None)
        return [row for sequence, row in self._reports.items() if sequence > after][:limit]

    async def refuse(self, epoch: int, sequence: int) -> None:
        """Let go of a report that the stream will never take."""
        if epoch == self.epoch:
            self._reports.pop(sequence, None)

    async def close(self) -> None:
        """Nothing to close."""

    def _add(self, receipts: Sequence[Receipt]) -> None:
        if receipts:
            self._sequence += 1
            payload = self._report(self.epoch, self._sequence, receipts)
            row = Waiting(self.epoch, self._sequence, len(receipts), "", payload)
            self._reports[self._sequence] = row
