"""Carrying out the retention plan: partitions are listed, the plan decides, statements follow."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from services.telemetry import retention
from services.telemetry.retention import KeptDays, ReadingsDay, RollupMonth
from services.telemetry.store.engine import Engine
from services.telemetry.store.rollups import MINUTES, QUARTER_HOURS

_PARTITIONS: Final = """
    SELECT DISTINCT table, partition FROM system.parts
    WHERE active AND database = 'tianfu' AND table IN ('readings', 'minutes', 'quarter_hours')
"""

# Readings that came so late that their day was due already: the rollups take them in first.
_NOT_ROLLED_UP: Final = """
    SELECT count() AS n FROM tianfu.readings
    WHERE retention_class = {class:UInt8} AND toYYYYMMDD(time) = {day:UInt32}
        AND block > (SELECT max(block) FROM tianfu.rollup_progress WHERE name = 'minutes')
"""


class Retention:
    """The job; its calls block, so they run in a thread of their own."""

    def __init__(self, engine: Engine, days: KeptDays) -> None:
        """Take the engine and how long readings are kept."""
        self._engine = engine
        self._days = days

    def run(self, now: datetime) -> retention.Drops:
        """Drop what is no longer kept; return what was dropped."""
        days, months = self._partitions()
        drops = retention.plan(days, months, now=now, days=self._days)
        dropped = retention.Drops()
        for one in drops.readings:
            if self._rolled_up(one):
                # Numbers that were read as numbers: a partition can't be a parameter.
                key = f"({one.retention_class}, {one.day:%Y%m%d})"
                self._engine.execute(f"ALTER TABLE tianfu.readings DROP PARTITION {key}")
                dropped.readings.append(one)
        for month in drops.rollups:
            table = {MINUTES: MINUTES, QUARTER_HOURS: QUARTER_HOURS}[month.table]
            key = f"{month.month:%Y%m}"
            self._engine.execute(f"ALTER TABLE tianfu.{table} DROP PARTITION {key}")
            dropped.rollups.append(month)
        return dropped

    def _partitions(self) -> tuple[list[ReadingsDay], list[RollupMonth]]:
        days, months = [], []
        for row in self._engine.query(_PARTITIONS).to_pylist():
            numbers = [int(n) for n in row["partition"].strip("()").split(",")]
            if row["table"] == "readings":
                days.append(ReadingsDay(numbers[0], _date(numbers[1])))
            else:
                months.append(RollupMonth(row["table"], _date(numbers[0] * 100 + 1)))
        return days, months

    def _rolled_up(self, one: ReadingsDay) -> bool:
        params = {"class": one.retention_class, "day": int(f"{one.day:%Y%m%d}")}
        return not self._engine.query(_NOT_ROLLED_UP, params).to_pylist()[0]["n"]


def _date(number: int) -> date:
    return datetime.strptime(str(number), "%Y%m%d").replace(tzinfo=UTC).date()
