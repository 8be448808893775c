"""A range of readings as one Parquet file, made and given away piece by piece.

Memory is bounded by one page of rows, however long the range: series are taken in groups that
hold a page together, and a series that holds more is read page by page along its time.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from typing_extensions import override

from services.telemetry.ports import Register
from services.telemetry.registry import Entry
from services.telemetry.store.engine import AsyncEngine, Params

PAGE_ROWS: Final = 250_000
"""Rows read and written at a time, which is one row group: some 20 MB while it is in memory."""

PIECE_BYTES: Final = 1 << 20
"""Bytes of one piece, a quarter of what a gRPC client takes by default."""

SERIES_PER_QUERY: Final = 1_000
"""Series of one query: 20 KB of ids, which a server takes in the URL it gets parameters in."""

SCHEMA: Final = pa.schema(
    [
        pa.field("node", pa.dictionary(pa.int32(), pa.string())),
        pa.field("series", pa.dictionary(pa.int32(), pa.string())),
        pa.field("unit", pa.dictionary(pa.int32(), pa.string())),
        pa.field("time", pa.timestamp("us", "UTC")),
        pa.field("value", pa.float64()),
        pa.field("quality", pa.uint8()),
    ]
)

_WHERE: Final = (
    "WHERE series IN {series:Array(UInt64)} AND block <= {through:UInt64} "
    "AND time >= fromUnixTimestamp64Micro({start:Int64}, 'UTC') "
    "AND time < fromUnixTimestamp64Micro({end:Int64}, 'UTC')"
)
_COUNTS: Final = f"SELECT series, count() AS rows FROM tianfu.readings {_WHERE} GROUP BY series"  # noqa: S608 - made of constants
_ROWS: Final = (
    "SELECT series, time, value, quality "  # noqa: S608 - as above
    f"FROM tianfu.readings {_WHERE} ORDER BY series, time"
)
_PAGE: Final = f"{_ROWS} LIMIT {{limit:UInt64}}"


class _Sink(io.RawIOBase):
    """A file that is only ever appended to, and gives away what was written."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._position = 0

    @override
    def writable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._position

    @override
    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        self._position += len(data)
        return len(data)

    def drain(self) -> Iterator[bytes]:
        """Yield what was written since the last time, in pieces."""
        data = b"".join(self._parts)
        self._parts.clear()
        for start in range(0, len(data), PIECE_BYTES):
            yield data[start : start + PIECE_BYTES]


class ParquetExports:
    """Exports of what is stored when they begin."""

    def __init__(self, engine: AsyncEngine, register: Register, page_rows: int = PAGE_ROWS) -> None:
        """Take the engine and which series there are."""
        self._engine = engine
        self._register = register
        self._page_rows = page_rows

    async def parquet(self, node: str | None, start_us: int, end_us: int) -> AsyncGenerator[bytes]:
        """Yield the pieces of one Parquet file with the readings of a node, or of all."""
        sink = _Sink()
        writer = await asyncio.to_thread(pq.ParquetWriter, sink, SCHEMA, compression="zstd")
        last = (await self._engine.query("SELECT max(block) AS n FROM tianfu.batches")).to_pylist()
        bounds: Params = {
            "start": start_us,
            "end": end_us,
            "through": int(last[0]["n"] or 0) if last else 0,
        }
        for name in [node] if node is not None else self._register.nodes():
            async for table in self._of_node(name, bounds):
                await asyncio.to_thread(writer.write_table, table, row_group_size=len(table))
                for piece in sink.drain():
                    yield piece
        await asyncio.to_thread(writer.close)
        for piece in sink.drain():
            yield piece

    async def _of_node(self, node: str, bounds: Params) -> AsyncIterator[pa.Table]:
        names = [entry.key.series for entry in self._register.of_node(node)]
        entries = [entry for name in names for entry in self._register.find(node, name)]
        for start in range(0, len(entries), SERIES_PER_QUERY):
            some = entries[start : start + SERIES_PER_QUERY]
            found = await self._engine.query(_COUNTS, {**bounds, "series": _array(some)})
            counts = {row["series"]: row["rows"] for row in found.to_pylist()}
            for group in _groups(some, counts, self._page_rows):
                async for table in self._of_group(group, counts, bounds):
                    yield _labelled(table, group)

    async def _of_group(
        self, group: list[Entry], counts: dict[int, int], bounds: Params
    ) -> AsyncIterator[pa.Table]:
        if len(group) > 1 or counts[group[0].id] <= self._page_rows:
            yield await self._engine.query(_ROWS, {**bounds, "series": _array(group)})
            return
        async for table in self._pages(group[0], bounds):
            yield table

    async def _pages(self, entry: Entry, bounds: Params) -> AsyncIterator[pa.Table]:
        """Yield a long series' rows; rows of one moment are never cut apart."""
        limit, start = self._page_rows, int(bounds["start"])
        while True:
            params = {**bounds, "series": f"[{entry.id}]", "start": start, "limit": limit}
            table = await self._engine.query(_PAGE, params)
            if table.num_rows < limit:
                if table.num_rows:
                    yield table
                return
            times = table["time"].cast(pa.int64())
            last = times[-1].as_py()
            whole = table.filter(pc.less(times, last))
            if not whole.num_rows:  # a page of one single moment: take a longer one
                limit *= 2
                continue
            yield whole
            limit, start = self._page_rows, last


def _groups(entries: Sequence[Entry], counts: dict[int, int], most: int) -> Iterator[list[Entry]]:
    """Yield series that hold ``most`` rows together, or one that holds more by itself."""
    group: list[Entry] = []
    rows = 0
    for entry in entries:
        count = counts.get(entry.id, 0)
        if not count:
            continue
        if group and rows + count > most:
            yield group
            group, rows = [], 0
        group.append(entry)
        rows += count
    if group:
        yield group


def _labelled(table: pa.Table, group: Sequence[Entry]) -> pa.Table:
    """Return rows with the names of their series instead of its id."""
    ids = pa.array([e.id for e in group], pa.uint64())
    places = pc.index_in(table["series"].combine_chunks(), ids)

    def label(values: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(places, pa.array(values, pa.string()))

    return pa.table(
        [
            label([e.key.node for e in group]),
            label([e.key.series for e in group]),
            label([e.key.unit for e in group]),
            table["time"].cast(pa.timestamp("us", "UTC")),
            table["value"],
            table["quality"],
        ],
        schema=SCHEMA,
    )


def _array(entries: Sequence[Entry]) -> str:
    return "[" + ",".join(str(entry.id) for entry in entries) + "]"
