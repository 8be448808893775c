"""Stored readings block by block, for a watcher that comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from services.telemetry.ports import Rows
from services.telemetry.store.engine import AsyncEngine

PAGE_ROWS: Final = 200_000
"""Readings read at a time; a single block's are read whole, however many they are."""

# The blocks of a page: as many as make PAGE_ROWS readings of these series, and one at least.
_THROUGH: Final = """
    SELECT max(block) AS block FROM (
        SELECT block, rows, sum(rows) OVER (ORDER BY block) AS running FROM (
            SELECT block, count() AS rows FROM tianfu.readings
            WHERE series IN {series:Array(UInt64)}
                AND block > {after:UInt64} AND block <= {through:UInt64}
            GROUP BY block
        )
    ) WHERE running = rows OR running <= {bound:UInt64}
"""

_ROWS: Final = """
    SELECT block, series, time, value, quality FROM tianfu.readings
    WHERE series IN {series:Array(UInt64)}
        AND block > {after:UInt64} AND block <= {through:UInt64}
    ORDER BY block, series, time, value, quality
"""


class StoredBlocks:
    """The store's side of resuming a watch."""

    def __init__(self, engine: AsyncEngine, page_rows: int = PAGE_ROWS) -> None:
        """Take the engine."""
        self._engine = engine
        self._page_rows = page_rows

    async def after(
        self, series: Sequence[int], *, block: int, through: int
    ) -> AsyncIterator[Rows]:
        """Yield what these series have in the blocks after ``block`` up to ``through``."""
        ids = "[" + ",".join(map(str, series)) + "]"
        params: dict[str, int | str] = {"series": ids, "after": block, "through": through}
        while True:
            bounded = {**params, "bound": self._page_rows}
            found = (await self._engine.query(_THROUGH, bounded)).to_pylist()
            last = int(found[0]["block"] or 0) if found else 0
            if not last:
                return
            table = await self._engine.query(_ROWS, {**params, "through": last})
            for rows in _split(table):
                yield rows
            params["after"] = last


def _split(table: pa.Table) -> list[Rows]:
    if not table.num_rows:
        return []
    block = np.asarray(table["block"].to_numpy())
    series = np.asarray(table["series"].to_numpy())
    time_us = np.asarray(table["time"].cast(pa.timestamp("us")).to_numpy()).view(np.int64)
    value = np.asarray(table["value"].to_numpy())
    quality = np.asarray(table["quality"].to_numpy())
    starts = np.flatnonzero(np.diff(block, prepend=block[0] + 1))
    ends = [*starts[1:].tolist(), len(block)]
    return [
        Rows(int(block[a]), series[a:b], time_us[a:b], value[a:b], quality[a:b])
        for a, b in zip(starts.tolist(), ends, strict=True)
    ]
