"""Run the spool on a thread of its own, so that a slow disk never stops the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from edge.spool import Spool
from edge.spool_account import Account, NewBatch, Waiting

T = TypeVar("T")


class SpoolWorker:
    """The spool as the rest of the agent sees it: one call at a time, in order."""

    def __init__(self, spool: Spool) -> None:
        """Take an open spool; nobody else may call it from now on."""
        self._spool = spool
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")

    @property
    def epoch(self) -> int:
        """Return the epoch of the open file."""
        return self._spool.epoch

    @property
    def disk_failures(self) -> int:
        """Return how often the disk took no more."""
        return self._spool.disk_failures

    @property
    def damaged_count(self) -> int:
        """Return how often a damaged file was moved aside."""
        return self._spool.damaged_count

    def account(self) -> Account:
        """Return the account as it is after the last commit; reads memory only."""
        return self._spool.account()

    async def store(self, batches: Sequence[NewBatch]) -> list[int | None]:
        """Store batches durably in one commit; return the sequence of each, None of a lost one."""
        return await self._call(lambda: self._spool.store(batches))

    async def turn(
        self, epoch: int, acknowledged: Iterable[int], after: int, limit: int
    ) -> list[Waiting]:
        """Delete what was acknowledged and return what is to be sent next, in one visit."""

        def act() -> list[Waiting]:
            self._spool.settle(epoch, acknowledged)
            return self._spool.claim(epoch, after, limit) if limit > 0 else []

        return await self._call(act)

    async def refuse(self, epoch: int, sequence: int) -> None:
        """Put a tombstone in the place of a batch that the stream will never take."""
        await self._call(lambda: self._spool.refuse(epoch, sequence))

    async def tidy(self) -> None:
        """Drop what grew too old, report losses, give space back."""
        await self._call(self._spool.tidy)

    async def keep_plan(self, plan: bytes) -> None:
        """Keep the plan in force."""
        await self._call(lambda: self._spool.keep_plan(plan))

    async def plan(self) -> bytes | None:
        """Return the plan that was last kept."""
        return await self._call(self._spool.plan)

    async def close(self) -> None:
        """Close the spool after all that was asked of it."""
        await self._call(self._spool.close)
        self._thread.shutdown()

    async def _call(self, act: Callable[[], T]) -> T:
        # Shielded: a cancelled caller must not make a commit's outcome unknown to the account.
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, act))
