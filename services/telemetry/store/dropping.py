"""Carrying out the retention plan: partitions are listed, the plan decides, statements follow.

A day of readings goes in three steps, so that the account still closes after it: it is moved aside
as a whole, what it holds is counted by series, and then it is dropped. A start takes up what a
crash left aside; counting it again makes the same rows.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from services.telemetry import retention
from services.telemetry.retention import KeptDays, ReadingsDay, RollupMonth
from services.telemetry.store.engine import Engine
from services.telemetry.store.rollups import MINUTES, QUARTER_HOURS

# Where a partition was moved away or dropped, an empty part may stay for a while.
_PARTITIONS: Final = """
    SELECT DISTINCT table, partition FROM system.parts
    WHERE active AND rows > 0 AND database = 'tianfu'
        AND table IN ('readings', 'minutes', 'quarter_hours', 'retired_readings')
"""

_COUNT: Final = """
    INSERT INTO tianfu.dropped_readings
    SELECT series, {class:UInt8}, {day:UInt32}, (
        SELECT max(block) FROM tianfu.retired_readings
        WHERE retention_class = {class:UInt8} AND toYYYYMMDD(time) = {day:UInt32}
    ), count()
    FROM tianfu.retired_readings
    WHERE retention_class = {class:UInt8} AND toYYYYMMDD(time) = {day:UInt32}
    GROUP BY series
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
        days, months, aside = self._partitions()
        for one in aside:
            self._count_and_drop(one)
        drops = retention.plan(days, months, now=now, days=self._days)
        dropped = retention.Drops()
        for one in drops.readings:
            if self._rolled_up(one):
                self._engine.execute(
                    f"ALTER TABLE tianfu.readings MOVE PARTITION {_key(one)} "
                    "TO TABLE tianfu.retired_readings"
                )
                self._count_and_drop(one)
                dropped.readings.append(one)
        for month in drops.rollups:
            table = {MINUTES: MINUTES, QUARTER_HOURS: QUARTER_HOURS}[month.table]
            key = f"{month.month:%Y%m}"
            self._engine.execute(f"ALTER TABLE tianfu.{table} DROP PARTITION {key}")
            dropped.rollups.append(month)
        return dropped

    def _count_and_drop(self, one: ReadingsDay) -> None:
        self._engine.execute(_COUNT, _params(one))
        self._engine.execute(f"ALTER TABLE tianfu.retired_readings DROP PARTITION {_key(one)}")

    def _partitions(self) -> tuple[list[ReadingsDay], list[RollupMonth], list[ReadingsDay]]:
        """Return the days of readings, the months of rollups, and the days set aside."""
        days, months, aside = [], [], []
        for row in self._engine.query(_PARTITIONS).to_pylist():
            numbers = [int(n) for n in row["partition"].strip("()").split(",")]
            if row["table"] == "readings":
                days.append(ReadingsDay(numbers[0], _date(numbers[1])))
            elif row["table"] == "retired_readings":
                aside.append(ReadingsDay(numbers[0], _date(numbers[1])))
            else:
                months.append(RollupMonth(row["table"], _date(numbers[0] * 100 + 1)))
        return days, months, aside

    def _rolled_up(self, one: ReadingsDay) -> bool:
        return not self._engine.query(_NOT_ROLLED_UP, _params(one)).to_pylist()[0]["n"]


def _key(one: ReadingsDay) -> str:
    """Return a partition's name, of numbers that were read as numbers: it can't be a parameter."""
    return f"({one.retention_class}, {one.day:%Y%m%d})"


def _params(one: ReadingsDay) -> dict[str, int | str]:
    return {"class": one.retention_class, "day": int(f"{one.day:%Y%m%d}")}


def _date(number: int) -> date:
    return datetime.strptime(str(number), "%Y%m%d").replace(tzinfo=UTC).date()
