"""Answering questions about a series: what is in the SQL is ours, what is asked is a parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from services.plumbing.clock import Clock
from services.telemetry import resample, retention
from services.telemetry.registry import Entry
from services.telemetry.series_query import (
    ROLLUP_WORTH_US,
    ROWS_READ_MAX,
    TIME_MAX_US,
    WINDOW_US,
    Aggregate,
    Answer,
    Points,
    QueryTooLong,
    ResultTooLarge,
    SeriesQuery,
    Source,
    source_of,
)
from services.telemetry.store.engine import AsyncEngine, StoreUnavailable

TOO_MANY_ROWS: Final = "Code: 158."
TIMEOUT_EXCEEDED: Final = "Code: 159."
"""ClickHouse's numbers of the limits that a query ran into."""

_LIMIT: Final = f" SETTINGS max_rows_to_read = {ROWS_READ_MAX}"

# A day of 1 s readings is read in one thread in 10 ms; handing it to several costs 3 ms more, and
# more than that on a busy machine. Blocks as large as that day spare the rounds between them.
_SHORT: Final = ", max_threads = 1, max_block_size = 131072"

# Both ends of the primary key and of the partition key, so that nothing else is looked at.
_RANGE: Final = (
    "series IN {series:Array(UInt64)} "
    "AND time >= fromUnixTimestamp64Micro({start:Int64}, 'UTC') "
    "AND time < fromUnixTimestamp64Micro({end:Int64}, 'UTC')"
)
_READINGS: Final = f"tianfu.readings WHERE retention_class IN {{classes:Array(UInt8)}} AND {_RANGE}"

_RAW: Final = f"SELECT time, value, quality FROM {_READINGS}"  # noqa: S608 - made of constants

_EXTREMES: Final = (
    "SELECT argMin(time, value) AS least_time, min(value) AS least, "  # noqa: S608 - as above
    "argMax(time, value) AS greatest_time, max(value) AS greatest, "
    "max(quality) AS worst, count() AS readings "
    f"FROM {_READINGS} "
    "GROUP BY intDiv(toUnixTimestamp64Micro(time) - {start:Int64}, {span:Int64})"
)

_OF_READINGS: Final[Mapping[Aggregate, str]] = {
    Aggregate.MEAN: "avg(value)",
    Aggregate.MIN: "min(value)",
    Aggregate.MAX: "max(value)",
    Aggregate.SUM: "sum(value)",
    Aggregate.COUNT: "toFloat64(count())",
    Aggregate.FIRST: "argMin(value, time)",
    Aggregate.LAST: "argMax(value, time)",
}

_OF_WINDOWS: Final[Mapping[Aggregate, str]] = {
    Aggregate.MEAN: "sum(w.sum) / sum(w.readings)",
    Aggregate.MIN: "min(w.min)",
    Aggregate.MAX: "max(w.max)",
    Aggregate.SUM: "sum(w.sum)",
    Aggregate.COUNT: "toFloat64(sum(w.readings))",
    Aggregate.FIRST: "argMin(w.first, w.at)",
    Aggregate.LAST: "argMax(w.last, w.at)",
}

_START_OF_WINDOW: Final[Mapping[Source, str]] = {
    Source.MINUTES: "toStartOfMinute(time)",
    Source.QUARTER_HOURS: "toStartOfFifteenMinutes(time)",
}


class SeriesReads:
    """Queries over the stored readings and their rollups."""

    def __init__(self, engine: AsyncEngine, days: retention.KeptDays, clock: Clock) -> None:
        """Take the engine, how long readings are kept, and the time of day."""
        self._engine = engine
        self._days = days
        self._clock = clock

    async def query(self, entries: Sequence[Entry], query: SeriesQuery) -> Answer:
        """Answer from the readings of a series' newest unit.

        ``entries`` is what the register finds under the series' name, the newest first. The same
        unit may be there under several retention classes; readings in an older unit are left out,
        since numbers of two units do not belong in one column.
        """
        unit = entries[0].key.unit
        same = [e for e in entries if e.key.unit == unit]
        kept = retention.kept_from_by_class(self._days, self._clock())
        kept_from_us = max(kept.get(e.key.retention_class, kept[0]) for e in same)
        source = source_of(query, kept_from_us=kept_from_us)
        end_us = min(query.end_us, TIME_MAX_US)
        params: dict[str, int | str] = {
            "series": _array(e.id for e in same),
            "classes": _array(sorted({e.key.retention_class for e in same})),
            "start": min(max(query.start_us, 0), end_us),
            "end": end_us,
        }
        if query.aggregate is None:
            points = await self._thinned(params, query.max_points)
        elif source is Source.READINGS:
            points = await self._steps(params, query, query.aggregate)
        else:
            params["kept"] = kept_from_us
            points = await self._windows(params, query, query.aggregate, source)
        if query.aggregate is not None:
            points = resample.fill(
                points,
                step_us=query.step_us,
                first=query.first_step,
                last=query.last_step,
                gaps=query.gap_handling,
            )
        return Answer(points, unit, source)

    async def _thinned(self, params: dict[str, int | str], max_points: int) -> Points:
        """Return the readings, or each span's extremes when there are too many."""
        # One span gives two points, so that is the least a plot of more readings can have.
        spans = max(1, max_points // 2)
        length = int(params["end"]) - int(params["start"])
        params_spans = {**params, "span": max(1, -(-length // spans))}
        table = await self._query(_EXTREMES, "least_time", params_spans)
        if not table.num_rows:
            return _nothing()
        readings = _column(table, "readings", np.uint64)
        if int(readings.sum()) <= max_points:
            return _points(await self._query(_RAW, "time", params))
        return resample.extremes(
            _time(table, "least_time"),
            _column(table, "least", np.float64),
            _time(table, "greatest_time"),
            _column(table, "greatest", np.float64),
            _column(table, "worst", np.uint8),
            readings,
        )

    async def _steps(
        self, params: dict[str, int | str], query: SeriesQuery, aggregate: Aggregate
    ) -> Points:
        table = await self._query(
            "SELECT intDiv(toUnixTimestamp64Micro(time), {step:Int64}) AS step, "  # noqa: S608 - ours
            f"{_OF_READINGS[aggregate]} AS value, max(quality) AS quality, count() AS readings "
            f"FROM {_READINGS} GROUP BY step",
            "step",
            {**params, "step": query.step_us},
        )
        return _stepped(table, query.step_us)

    async def _windows(
        self,
        params: dict[str, int | str],
        query: SeriesQuery,
        aggregate: Aggregate,
        source: Source,
    ) -> Points:
        """Return steps made of a rollup's windows, exact up to the last reading.

        Windows with a reading that the rollup has not taken in yet, and the range's ends when
        they cut a window, are made from the readings. Windows of which readings may have been
        dropped are always the rollup's.
        """
        window = WINDOW_US[source]
        start, end = int(params["start"]), int(params["end"])
        inner_start, inner_end = -(-start // window) * window, end // window * window
        table = await self._query(
            _windows_sql(source, aggregate),
            "step",
            {
                **params,
                "step": query.step_us,
                "rollup": source.value,
                "inner_start": inner_start,
                "inner_end": max(inner_start, inner_end),
            },
        )
        return _stepped(table, query.step_us)

    async def _query(self, sql: str, order: str, params: Mapping[str, int | str]) -> pa.Table:
        short = int(params["end"]) - int(params["start"]) <= ROLLUP_WORTH_US
        limits = _LIMIT + _SHORT if short else _LIMIT
        limited = f"SELECT * FROM ({sql}{limits}) ORDER BY {order}"  # noqa: S608 - ours
        with _limits():
            return await self._engine.query(limited, params)


def _windows_sql(source: Source, aggregate: Aggregate) -> str:
    """Return the query over a rollup's windows and the readings that are not in them yet."""
    at = _START_OF_WINDOW[source]
    inner = (
        "time >= fromUnixTimestamp64Micro({inner_start:Int64}, 'UTC') "
        "AND time < fromUnixTimestamp64Micro({inner_end:Int64}, 'UTC')"
    )
    open_windows = (
        f"SELECT DISTINCT series, {at} FROM {_READINGS} "  # noqa: S608 - ours
        "AND time >= fromUnixTimestamp64Micro({kept:Int64}, 'UTC') "
        "AND block > (SELECT max(block) FROM tianfu.rollup_progress WHERE name = {rollup:String})"
    )
    return (
        "SELECT intDiv(toUnixTimestamp64Micro(w.at), {step:Int64}) AS step, "  # noqa: S608 - ours
        f"{_OF_WINDOWS[aggregate]} AS value, max(w.quality) AS quality, "
        "sum(w.readings) AS readings FROM ("
        "SELECT toDateTime64(time, 6, 'UTC') AS at, readings, sum, min, max, first, last, quality "
        f"FROM tianfu.{source.value} FINAL WHERE {_RANGE} AND {inner} "
        f"AND (series, time) NOT IN ({open_windows}) "
        "UNION ALL "
        "SELECT time AS at, toUInt64(1) AS readings, value AS sum, value AS min, value AS max, "
        f"value AS first, value AS last, quality FROM {_READINGS} "
        f"AND (NOT ({inner}) OR (series, {at}) IN ({open_windows}))"
        ") AS w GROUP BY step"
    )


@contextmanager
def _limits() -> Iterator[None]:
    """Tell the store's limits from the store's failures."""
    try:
        yield
    except StoreUnavailable as error:
        cause = str(error.__cause__)
        if TOO_MANY_ROWS in cause:
            raise ResultTooLarge(
                f"the query would read more than {ROWS_READ_MAX} rows: ask for a shorter range, "
                "or for steps of whole minutes, which are kept ready",
                metadata={"rows_max": str(ROWS_READ_MAX)},
            ) from error
        if TIMEOUT_EXCEEDED in cause:
            raise QueryTooLong(
                "the query took too long: ask for a shorter range, or for steps of whole minutes, "
                "which are kept ready"
            ) from error
        raise


def _array(numbers: Any) -> str:
    """Return integers as the text of an Array parameter."""
    return "[" + ",".join(map(str, numbers)) + "]"


def _column(table: pa.Table, name: str, dtype: Any) -> npt.NDArray[Any]:
    return np.asarray(table[name].to_numpy()).astype(dtype, copy=False)


def _time(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    return np.asarray(table[name].cast(pa.timestamp("us")).to_numpy()).view(np.int64)


def _points(table: pa.Table) -> Points:
    if not table.num_rows:
        return _nothing()
    return Points(
        _time(table, "time"),
        _column(table, "value", np.float64),
        _column(table, "quality", np.uint8),
        np.ones(table.num_rows, np.uint32),
    )


def _stepped(table: pa.Table, step_us: int) -> Points:
    if not table.num_rows:
        return _nothing()
    return Points(
        _column(table, "step", np.int64) * step_us,
        _column(table, "value", np.float64),
        _column(table, "quality", np.uint8),
        _column(table, "readings", np.uint32),
    )


def _nothing() -> Points:
    return Points(np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint8), np.empty(0, np.uint32))
