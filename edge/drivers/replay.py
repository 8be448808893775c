"""Play a recording: a CSV file with the columns time (seconds or ISO 8601), series and value.

Every row comes once, at its distance from the first row divided by the speed. A row that can't be
read is counted and passed over; a file without a single good row fails.
"""

from __future__ import annotations

import asyncio
import csv
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.clock import MICROSECONDS, Clock
from edge.driver_settings import ReplaySource
from edge.drivers.driver import DriverFailed
from edge.reading import RawValue

ROWS_MAX: Final = 1_000_000
"""Rows held in memory, 100 bytes each; a longer recording is cut into files."""

READ_MAX: Final = 10_000
"""Values of one read, so that a fast replay stays in step with the spool."""


@dataclass(frozen=True, slots=True)
class _Row:
    at_s: float
    series: str
    value: float


class ReplayDriver:
    """The player of one file."""

    def __init__(self, source: ReplaySource, clock: Clock) -> None:
        """Take the file and how it is played."""
        self._source = source
        self._clock = clock
        self._rows: list[_Row] = []
        self._period_s = 0.0
        self._position = 0
        self._rounds = 0
        self._began = 0.0
        self._began_us = 0
        self.bad_rows = 0

    async def connect(self) -> None:
        """Read the file, once."""
        if self._rows:
            return
        rows, self.bad_rows = await asyncio.to_thread(_load, self._source.file)
        self._rows = rows
        last = rows[-1].at_s
        # One more step behind the last row, so that a loop keeps the recording's rhythm.
        step = last / (len({row.at_s for row in rows}) - 1) if last > 0 else 1.0
        self._period_s = last + step
        self._began = self._clock.monotonic()
        self._began_us = self._clock.wall_us()

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return the rows whose time has come since the last call."""
        wanted = frozenset(series)
        played_s = (self._clock.monotonic() - self._began) * self._source.speed
        found: list[RawValue] = []
        for _ in range(READ_MAX):
            row = self._next()
            if row is None:
                break
            at_s = row.at_s + self._rounds * self._period_s
            if at_s > played_s:
                break
            self._position += 1
            if row.series in wanted:
                time_us = self._began_us + int(at_s / self._source.speed * MICROSECONDS)
                found.append(RawValue(row.series, row.value, time_us=time_us))
        return found

    async def close(self) -> None:
        """Nothing is held open."""

    def _next(self) -> _Row | None:
        if self._position == len(self._rows):
            if not self._source.loop:
                return None
            self._position = 0
            self._rounds += 1
        return self._rows[self._position]


def _load(file: Path) -> tuple[list[_Row], int]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            columns = set(reader.fieldnames or ())
            if not columns >= {"time", "series", "value"}:
                message = f"{file}: need the columns time, series and value in its first line"
                raise DriverFailed("REPLAY_COLUMNS", message)
            parsed = [_row(fields) for fields in itertools.islice(reader, ROWS_MAX)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DriverFailed("REPLAY_UNREADABLE", f"{file}: {error}") from error
    rows = sorted((row for row in parsed if row is not None), key=lambda row: row.at_s)
    if not rows:
        raise DriverFailed("REPLAY_EMPTY", f"{file}: not one row with a time and a value")
    first = rows[0].at_s
    return [_Row(r.at_s - first, r.series, r.value) for r in rows], len(parsed) - len(rows)


def _row(fields: dict[str, str]) -> _Row | None:
    try:
        at_s, value = _seconds(fields["time"]), float(fields["value"])
    except (TypeError, ValueError):
        return None
    # A value that is not finite goes on: refusing and counting it is the reading's part.
    return _Row(at_s, fields["series"], value) if math.isfinite(at_s) else None


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return datetime.fromisoformat(text).timestamp()
