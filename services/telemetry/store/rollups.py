"""Minutes and quarter-hours, kept up with the readings.

Each run takes the committed blocks after the last one it is through with, finds the windows that
their readings fall in, and makes those windows anew from all that is stored of them. So a late
reading mends its window, and a run that was cut off anywhere is mended by the next one: the
progress row is written last, and making a window twice gives the same window.

A window's ``version`` is the block it was made through, so that of two rows the later one stays.
A window of which readings may have been dropped already is never made anew: what is there was
made from more than is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.telemetry import retention
from services.telemetry.store.engine import Engine

ROWS_PER_RUN: Final = 20_000_000
"""Readings taken in by one run: some seconds of work, after which others get their turn."""

RUN_SECONDS: Final = 120
"""Longest one statement of a run may take."""

MINUTES: Final = "minutes"
QUARTER_HOURS: Final = "quarter_hours"

_COLUMNS: Final = "series, time, readings, sum, min, max, first, last, quality, version"

_LIMIT: Final = f" SETTINGS max_execution_time = {RUN_SECONDS}"

# The last block of a run: as many as make ROWS_PER_RUN readings, and one at least.
_THROUGH: Final = """
    SELECT max(block) AS block FROM (
        SELECT block, rows, sum(rows) OVER (ORDER BY block) AS running FROM (
            SELECT block, sum(readings) AS rows FROM tianfu.batches
            WHERE block > {after:UInt64} GROUP BY block
        )
    ) WHERE running = rows OR running <= {bound:UInt64}
"""

_NEW: Final = """
    SELECT DISTINCT series, toStartOfMinute(time) FROM tianfu.readings
    WHERE block > {after:UInt64} AND block <= {through:UInt64}
"""

_KEPT: Final = """
    time >= fromUnixTimestamp64Micro(
        multiIf(retention_class = 1, {short:Int64}, retention_class = 2, {long:Int64},
                {standard:Int64}), 'UTC')
"""

_MAKE_MINUTES: Final = f"""
    INSERT INTO tianfu.minutes ({_COLUMNS})
    SELECT series, toStartOfMinute(time) AS at, count(), sum(value), min(value), max(value),
        argMin(value, time), argMax(value, time), max(quality), {{through:UInt64}}
    FROM tianfu.readings
    WHERE (series, toStartOfMinute(time)) IN ({_NEW}) AND block <= {{through:UInt64}}
        AND ({_KEPT} OR (series, toStartOfMinute(time)) NOT IN (
            SELECT series, time FROM tianfu.minutes WHERE (series, time) IN ({_NEW})))
    GROUP BY series, at
"""  # noqa: S608 - made of constants

_MAKE_QUARTER_HOURS: Final = f"""
    INSERT INTO tianfu.quarter_hours ({_COLUMNS})
    SELECT series, toStartOfFifteenMinutes(m.time) AS at, sum(m.readings), sum(m.sum), min(m.min),
        max(m.max), argMin(m.first, m.time), argMax(m.last, m.time), max(m.quality),
        {{through:UInt64}}
    FROM tianfu.minutes AS m FINAL
    WHERE (series, toStartOfFifteenMinutes(m.time)) IN (
        SELECT DISTINCT series, toStartOfFifteenMinutes(time) FROM tianfu.minutes
        WHERE version > {{after:UInt64}})
    GROUP BY series, at
"""  # noqa: S608 - as above

_PROGRESS: Final = """
    SELECT name, max(block) AS block FROM tianfu.rollup_progress GROUP BY name
"""

_ADVANCE: Final = """
    INSERT INTO tianfu.rollup_progress SELECT {name:String}, {through:UInt64}
"""


@dataclass(frozen=True)
class Progress:
    """The block that each rollup is through with."""

    minutes: int
    quarter_hours: int


class Rollups:
    """The job; its calls block, so they run in a thread of their own."""

    def __init__(
        self, engine: Engine, days: retention.KeptDays, rows_per_run: int = ROWS_PER_RUN
    ) -> None:
        """Take the engine and how long readings are kept."""
        self._engine = engine
        self._days = days
        self._rows = rows_per_run

    def run(self, now: datetime) -> bool:
        """Take in what is new, up to the bound; return whether there is more."""
        done = self.progress()
        through = self._through(done.minutes)
        if through > done.minutes:
            kept = retention.kept_from_by_class(self._days, now)
            self._make(
                MINUTES,
                _MAKE_MINUTES,
                {
                    "after": done.minutes,
                    "through": through,
                    "standard": kept[retention.STANDARD],
                    "short": kept[retention.SHORT],
                    "long": kept[retention.LONG],
                },
            )
        through = max(through, done.minutes)
        if through > done.quarter_hours:
            after = done.quarter_hours
            self._make(QUARTER_HOURS, _MAKE_QUARTER_HOURS, {"after": after, "through": through})
        return self._through(through) > through

    def progress(self) -> Progress:
        """Return how far the rollups are."""
        rows = self._engine.query(_PROGRESS).to_pylist()
        blocks = {row["name"]: int(row["block"]) for row in rows}
        return Progress(blocks.get(MINUTES, 0), blocks.get(QUARTER_HOURS, 0))

    def _through(self, after: int) -> int:
        rows = self._engine.query(_THROUGH, {"after": after, "bound": self._rows}).to_pylist()
        return int(rows[0]["block"] or 0) if rows else 0

    def _make(self, name: str, sql: str, params: dict[str, int]) -> None:
        self._engine.execute(sql + _LIMIT, params)
        self._engine.execute(_ADVANCE, {"name": name, "through": params["through"]})
