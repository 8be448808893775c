"""Counting the stored rows anew, from nothing but the rows and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.telemetry.ports import AuditResult, Register
from services.telemetry.store.engine import AsyncEngine, Params

SERIES_PER_QUERY: Final = 1_000
"""Series of one query: 20 KB of ids, which a server takes in the URL it gets parameters in."""

# In the order of the primary key, so that memory does not grow with the rows.
_FOUND: Final = """
    SELECT sum(copies) AS found, sum(copies - 1) AS again FROM (
        SELECT count() AS copies FROM tianfu.readings
        WHERE block <= {through:UInt64} AND {whose}
        GROUP BY series, time
        SETTINGS optimize_aggregation_in_order = 1
    )
"""

_DROPPED: Final = """
    SELECT sum(readings) AS dropped FROM tianfu.dropped_readings FINAL WHERE {whose}
"""

_ACCOUNTED: Final = """
    SELECT sum(readings) AS accounted FROM tianfu.batches
    WHERE block <= {through:UInt64} AND {whose}
"""

_BATCHES_AGAIN: Final = """
    SELECT sum(copies - 1) AS again FROM (
        SELECT count() AS copies FROM tianfu.batches
        WHERE block <= {through:UInt64} AND {whose}
        GROUP BY node, epoch, last_sequence HAVING copies > 1
    )
"""

_ALL: Final = "1"
_OF_SERIES: Final = "series IN {series:Array(UInt64)}"
_OF_NODE: Final = "node = {node:String}"


class StoreAudits:
    """An independent count, up to the last block that is wholly stored."""

    def __init__(self, engine: AsyncEngine, register: Register) -> None:
        """Take the engine and which series are whose."""
        self._engine = engine
        self._register = register

    async def audit(self, node: str | None) -> AuditResult:
        """Count the rows of a node, or of all, and compare with the ledger.

        Readings whose days retention dropped are in the ledger and counted as such: accounted =
        found + dropped. While a day is being dropped, it may for a moment be in neither or in both.
        Two rows that share series and time count as one that is there again, even if their values
        differ.
        """
        through = await self._number("SELECT max(block) AS n FROM tianfu.batches", "n", {})
        params: dict[str, int | str] = {"through": through}
        if node is None:
            batches = _ALL
            found, again = await self._found(_ALL, params)
            dropped = await self._number(_DROPPED.replace("{whose}", _ALL), "dropped", {})
        else:
            batches = _OF_NODE
            params["node"] = node
            found, again, dropped = 0, 0, 0
            for ids in self._series_of(node):
                counts = await self._found(_OF_SERIES, {**params, "series": ids})
                found, again = found + counts[0], again + counts[1]
                gone = _DROPPED.replace("{whose}", _OF_SERIES)
                dropped += await self._number(gone, "dropped", {"series": ids})
        accounted = _ACCOUNTED.replace("{whose}", batches)
        batches_again = _BATCHES_AGAIN.replace("{whose}", batches)
        return AuditResult(
            accounted_readings=await self._number(accounted, "accounted", params),
            found_rows=found,
            dropped_rows=dropped,
            duplicate_rows=again,
            duplicate_batches=await self._number(batches_again, "again", params),
        )

    async def _found(self, whose: str, params: Params) -> tuple[int, int]:
        rows = (await self._engine.query(_FOUND.replace("{whose}", whose), params)).to_pylist()
        return (int(rows[0]["found"] or 0), int(rows[0]["again"] or 0)) if rows else (0, 0)

    def _series_of(self, node: str) -> Iterator[str]:
        """Yield the ids of a node's series, older units included, as array parameters."""
        names = [entry.key.series for entry in self._register.of_node(node)]
        ids = [entry.id for name in names for entry in self._register.find(node, name)]
        for start in range(0, len(ids), SERIES_PER_QUERY):
            yield "[" + ",".join(map(str, ids[start : start + SERIES_PER_QUERY])) + "]"

    async def _number(self, sql: str, column: str, params: Params) -> int:
        rows = (await self._engine.query(sql, params)).to_pylist()
        return int(rows[0][column] or 0) if rows else 0
