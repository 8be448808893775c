"""Readings passed on as they are stored, to whoever watches.

A watcher has seen everything up to a ``Position``: so many rows of one block, and all of the
blocks before. Rows of a block are always in the same order, whether they come live or from the
store, so a position means the same before and after a restart. A watcher that comes with a
position is first given what the store has since, then joins the live ones: joining and looking at
which block was the last happen without giving way to anybody, so there is no seam to fall into.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.plumbing.refusal import ResourceExhausted
from services.telemetry.ports import Blocks, Rows

QUEUE_ROWS_MAX: Final = 100_000
"""Readings that wait for one watcher: 2.5 MB, minutes of a hundred lively series."""

WATCHERS_MAX: Final = 1_000
"""Watchers at a time: with full queues 2.5 GB, and 0.2 ms of each block's time for each."""

PIECE_ROWS: Final = 20_000
"""Readings of one answer: half a megabyte, an eighth of what a gRPC client takes by default."""


class WatchTooSlow(ResourceExhausted):
    """The watcher took its readings more slowly than they came; it can resume."""

    reason = "WATCH_TOO_SLOW"


class WatchersTooMany(ResourceExhausted):
    """There are as many watchers as there may be."""

    reason = "WATCHERS_TOO_MANY"


class Position(NamedTuple):
    """How far a watcher is: ``rows`` of ``block``, and all of every block before it."""

    block: int
    rows: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Readings of one answer, and how far the watcher is when it has them."""

    rows: Rows
    position: Position


@dataclass(eq=False)
class Watcher:
    """One who watches: its series, and what waits for it."""

    series: npt.NDArray[np.uint64]
    waiting: deque[Rows] = field(default_factory=deque)
    waiting_rows: int = 0
    too_slow: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, rows: Rows) -> None:
        """Queue rows; a watcher whose queue is full is ended, and its queue let go."""
        if self.too_slow:
            return
        if self.waiting_rows + len(rows) > QUEUE_ROWS_MAX and self.waiting:
            self.too_slow = True
            self.waiting.clear()
        else:
            self.waiting.append(rows)
            self.waiting_rows += len(rows)
        self.arrived.set()

    async def take(self) -> Rows:
        """Return the next rows, waiting for them; raise WatchTooSlow when the queue was full."""
        while not self.waiting and not self.too_slow:
            self.arrived.clear()
            await self.arrived.wait()
        if self.too_slow:
            raise WatchTooSlow(
                "readings came faster than they were taken: resume with the last resume_token, "
                "or watch fewer series"
            )
        rows = self.waiting.popleft()
        self.waiting_rows -= len(rows)
        return rows


class Watchers:
    """All who watch. ``publish`` is called, in the event loop, after each stored block."""

    def __init__(self, blocks: Blocks, *, last_block: int = 0) -> None:
        """Take the store's side of resuming, and the last block that is stored already."""
        self.last_block = last_block
        self._blocks = blocks
        self._watchers: set[Watcher] = set()
        self._ids: npt.NDArray[np.uint64] = np.empty(0, np.uint64)

    def __len__(self) -> int:
        """Return how many watch."""
        return len(self._watchers)

    def publish(
        self,
        block: int,
        series: npt.NDArray[np.uint64],
        time_us: npt.NDArray[np.int64],
        value: npt.NDArray[np.float64],
        quality: npt.NDArray[np.uint8],
    ) -> None:
        """Pass a stored block's readings on to those who watch their series."""
        self.last_block = block
        if not self._watchers:
            return
        watched = np.isin(series, self._ids).nonzero()[0]
        if not len(watched):
            return
        rows = ordered(
            Rows(block, series[watched], time_us[watched], value[watched], quality[watched])
        )
        for watcher in self._watchers:
            mine = chosen(rows, watcher.series)
            if len(mine):
                watcher.offer(mine)

    async def watch(self, series: Sequence[int], after: Position | None) -> AsyncGenerator[Piece]:
        """Yield the readings of ``series`` from a position on, or from now on, without end."""
        position = after or Position(self.last_block + 1, 0)
        while self.last_block >= position.block:
            through = self.last_block
            async for rows in self._blocks.after(series, block=position.block - 1, through=through):
                for piece in _pieces(rows, position):
                    yield piece
            position = Position(through + 1, 0)
        watcher = self._join(np.array(sorted(series), np.uint64))
        try:
            while True:
                for piece in _pieces(await watcher.take(), position):
                    yield piece
        finally:
            self._leave(watcher)

    def _join(self, series: npt.NDArray[np.uint64]) -> Watcher:
        if len(self._watchers) >= WATCHERS_MAX:
            raise WatchersTooMany(f"{WATCHERS_MAX} watch already: try again later")
        watcher = Watcher(series)
        self._watchers.add(watcher)
        self._gather()
        return watcher

    def _leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)
        self._gather()

    def _gather(self) -> None:
        parts = [w.series for w in self._watchers]
        self._ids = np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)


def ordered(rows: Rows) -> Rows:
    """Return rows in the one order in which a block's rows are passed on."""
    order = np.lexsort((rows.quality, rows.value, rows.time_us, rows.series))
    return _picked(rows, order)


def chosen(rows: Rows, series: npt.NDArray[np.uint64]) -> Rows:
    """Return the rows of some series, in the order in which they are."""
    return _picked(rows, np.isin(rows.series, series).nonzero()[0])


def _picked(rows: Rows, places: npt.NDArray[np.intp]) -> Rows:
    return Rows(
        rows.block,
        rows.series[places],
        rows.time_us[places],
        rows.value[places],
        rows.quality[places],
    )


def _pieces(rows: Rows, seen: Position) -> list[Piece]:
    """Cut a block's rows into answers, leaving out what was seen already."""
    start = seen.rows if rows.block == seen.block else 0
    pieces = []
    for begin in range(start, len(rows), PIECE_ROWS):
        end = min(begin + PIECE_ROWS, len(rows))
        done = end == len(rows)
        position = Position(rows.block + 1, 0) if done else Position(rows.block, end)
        pieces.append(Piece(rows.part(begin, end), position))
    return pieces
