from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry import watch
from services.telemetry.ports import Rows
from services.telemetry.watch import Piece, Position, Watchers, WatchersTooMany, WatchTooSlow

Row = tuple[int, int, float, int]
"""Series, time, value and quality."""


def rows_of(block: int, rows: Sequence[Row]) -> Rows:
    return Rows(
        block,
        np.array([r[0] for r in rows], np.uint64),
        np.array([r[1] for r in rows], np.int64),
        np.array([r[2] for r in rows], np.float64),
        np.array([r[3] for r in rows], np.uint8),
    )


def listed(rows: Rows) -> list[Row]:
    return list(
        zip(
            rows.series.tolist(),
            rows.time_us.tolist(),
            rows.value.tolist(),
            rows.quality.tolist(),
            strict=True,
        )
    )


@dataclass
class Store:
    """Blocks as the store gives them; gives way between any two, and may grow meanwhile."""

    blocks: list[list[Row]] = field(default_factory=list)
    watchers: Watchers = field(init=False)
    meanwhile: list[list[Row]] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.watchers = Watchers(self)

    def put(self, rows: list[Row]) -> None:
        self.blocks.append(rows)
        block = rows_of(len(self.blocks), rows)
        self.watchers.publish(block.block, block.series, block.time_us, block.value, block.quality)

    async def after(
        self, series: Sequence[int], *, block: int, through: int
    ) -> AsyncIterator[Rows]:
        self.asked += 1
        for number in range(block + 1, through + 1):
            mine = sorted(r for r in self.blocks[number - 1] if r[0] in series)
            await asyncio.sleep(0)
            if self.meanwhile:
                self.put(self.meanwhile.pop(0))
            if mine:
                yield rows_of(number, mine)


async def take(pieces: AsyncGenerator[Piece], count: int) -> tuple[list[Row], list[Position]]:
    """Take pieces until they hold ``count`` rows; return them and their positions."""
    got: list[Row] = []
    positions = []
    async with asyncio.timeout(60):
        while len(got) < count:
            piece = await anext(pieces)
            got += listed(piece.rows)
            positions.append(piece.position)
    return got, positions


async def joined(watchers: Watchers, count: int = 1) -> None:
    """Wait until so many watch."""
    async with asyncio.timeout(60):
        while len(watchers) != count:  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0)


async def test_what_is_stored_is_passed_on_to_those_who_watch_it() -> None:
    store = Store()
    store.put([(1, 10, 1.0, 0)])
    pieces = store.watchers.watch([1, 2], None)
    async with aclosing(pieces):
        first = asyncio.create_task(take(pieces, 3))
        await joined(store.watchers)
        store.put([(3, 1, 0.0, 0)])
        store.put([(2, 30, 2.0, 1), (3, 1, 0.0, 0), (1, 20, 1.0, 0)])
        store.put([(1, 5, 0.5, 0)])
        got, positions = await first
        assert got == [(1, 20, 1.0, 0), (2, 30, 2.0, 1), (1, 5, 0.5, 0)]
        assert positions == [Position(4, 0), Position(5, 0)]
    assert len(store.watchers) == 0
    assert store.asked == 0


blocks_of_rows = st.lists(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.integers(0, 3),
            st.sampled_from([0.0, 1.0, 2.5]),
            st.integers(0, 1),
        ),
        min_size=1,
        max_size=12,
    ),
    max_size=8,
)


@given(
    before=blocks_of_rows,
    meanwhile=blocks_of_rows,
    live=blocks_of_rows,
    piece_rows=st.integers(1, 5),
    cut=st.integers(0, 60),
)
def test_a_watch_cut_off_anywhere_resumes_without_gap_or_repetition(
    before: list[list[Row]],
    meanwhile: list[list[Row]],
    live: list[list[Row]],
    piece_rows: int,
    cut: int,
) -> None:
    async def main() -> None:
        store = Store()
        for rows in before:
            store.put(rows)
        store.meanwhile = list(meanwhile) if before else []
        everything = [*before, *store.meanwhile, *live]
        wanted = [r for rows in everything for r in sorted(rows) if r[0] in (1, 2)]
        feeding = asyncio.create_task(feed(store, live))
        got, position = await some(store, Position(1, 0), min(cut, len(wanted)))
        await feeding
        rest, _ = await some(store, position, len(wanted) - len(got))
        assert got + rest == wanted

    async def feed(store: Store, live: list[list[Row]]) -> None:
        for _ in range(len(before)):  # as many come while the first reads the store
            await asyncio.sleep(0)
        while store.meanwhile:
            store.put(store.meanwhile.pop(0))
        for rows in live:
            store.put(rows)
            await asyncio.sleep(0)

    async def some(store: Store, after: Position, count: int) -> tuple[list[Row], Position]:
        async with aclosing(store.watchers.watch([1, 2], after)) as pieces:
            got, positions = await take(pieces, count)
            return got, positions[-1] if positions else after

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "PIECE_ROWS", piece_rows)
        asyncio.run(main())


async def test_a_slow_watcher_is_ended_and_can_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "QUEUE_ROWS_MAX", 5)
    store = Store()
    store.put([(1, 0, 0.0, 0)])
    slow, quick = (store.watchers.watch([1], None) for _ in range(2))
    seen = asyncio.create_task(take(slow, 1))
    others = asyncio.create_task(take(quick, 9))
    await joined(store.watchers, 2)
    store.put([(1, 1, 0.0, 0)])
    _, positions = await seen
    for n in range(2, 10):
        store.put([(1, n, 0.0, 0)])
        await asyncio.sleep(0)
    with pytest.raises(WatchTooSlow) as ended:
        await take(slow, 1)
    assert (ended.value.reason, ended.value.kind.name) == ("WATCH_TOO_SLOW", "RESOURCE_EXHAUSTED")
    assert len((await others)[0]) == 9
    await quick.aclose()
    async with aclosing(store.watchers.watch([1], positions[-1])) as again:
        got, _ = await take(again, 8)
    assert [r[1] for r in got] == list(range(2, 10))
    assert len(store.watchers) == 0


async def test_watchers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "WATCHERS_MAX", 1)
    store = Store()
    first = store.watchers.watch([1], None)
    waiting = asyncio.create_task(take(first, 1))
    await joined(store.watchers)
    with pytest.raises(WatchersTooMany):
        await anext(store.watchers.watch([1], None))
    store.put([(1, 0, 0.0, 0)])
    await waiting
    await first.aclose()


def test_nobody_watching_costs_nothing() -> None:
    watchers = Watchers(Store())
    empty = np.empty(0)
    watchers.publish(7, None, empty, empty, empty)  # type: ignore[arg-type]
    assert watchers.last_block == 7


def test_the_order_within_a_block_is_that_of_the_store() -> None:
    rows = [(s, t, v, q) for s, t, v, q in itertools.product((2, 1), (5, 3), (0.5, -1.0), (1, 0))]
    assert listed(watch.ordered(rows_of(1, rows))) == sorted(rows)
