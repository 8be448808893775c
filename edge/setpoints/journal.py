"""What a node remembers of setpoints: the last sheet, what was settled, what is yet to be told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from edge.setpoints.decide import Setpoint

FILE: Final = "setpoints.db"
VERSION: Final = 1
KEPT_US: Final = 35 * 86_400_000_000
"""How long a settled order is known: far longer than any stands."""

T = TypeVar("T")


class Report(NamedTuple):
    """A word on an order that the platform has not confirmed yet."""

    number: int
    payload: bytes


class SetpointJournal:
    """One file, used by one thread of its own."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file."""
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        # FULL: what was done and said must be known after a power cut.
        self._db.execute("PRAGMA synchronous=FULL")
        [version] = self._db.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise RuntimeError(f"{FILE} is of version {version}; this agent knows {VERSION}")
        if version == 0:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "CREATE TABLE settled (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL"
                " UNIQUE, asset TEXT NOT NULL, scope TEXT NOT NULL, generation INTEGER NOT NULL,"
                " done INTEGER NOT NULL, time_us INTEGER NOT NULL, report BLOB) STRICT"
            )
            self._db.execute("CREATE TABLE sheet (payload BLOB NOT NULL) STRICT")
            self._db.execute(f"PRAGMA user_version={VERSION}")
            self._db.execute("COMMIT")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="setpoints")

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Close the file."""
        await self._call(self._db.close)
        self._thread.shutdown()

    async def restore(self) -> tuple[bytes | None, set[str], dict[tuple[str, str], int]]:
        """Return the last sheet, the settled orders and the highest generations carried out."""

        def work() -> tuple[bytes | None, set[str], dict[tuple[str, str], int]]:
            row = self._db.execute("SELECT payload FROM sheet").fetchone()
            names = {name for (name,) in self._db.execute("SELECT name FROM settled")}
            found = self._db.execute(
                "SELECT asset, scope, max(generation) FROM settled WHERE done GROUP BY asset, scope"
            )
            return (None if row is None else row[0]), names, {(a, s): g for a, s, g in found}

        return await self._call(work)

    async def keep_sheet(self, payload: bytes) -> None:
        """Remember a sheet, before any of it is carried out."""

        def work() -> None:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM sheet")
            self._db.execute("INSERT INTO sheet VALUES (?)", (payload,))
            self._db.execute("COMMIT")

        await self._call(work)

    async def settle(self, setpoint: Setpoint, report: bytes, now_us: int, *, done: bool) -> None:
        """Note what became of an order, and the word on it; forget those of long ago."""

        def work() -> None:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT OR IGNORE INTO settled (name, asset, scope, generation, done, time_us,"
                " report) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    setpoint.order,
                    setpoint.asset,
                    setpoint.scope,
                    setpoint.generation,
                    int(done),
                    now_us,
                    report,
                ),
            )
            self._db.execute(
                "DELETE FROM settled WHERE time_us < ? AND report IS NULL", (now_us - KEPT_US,)
            )
            self._db.execute("COMMIT")

        await self._call(work)

    async def reports(self, limit: int) -> list[Report]:
        """Return the oldest words that are not confirmed."""

        def work() -> list[Report]:
            found = self._db.execute(
                "SELECT number, report FROM settled WHERE report IS NOT NULL ORDER BY number"
                " LIMIT ?",
                (limit,),
            )
            return [Report(*row) for row in found]

        return await self._call(work)

    async def told(self, number: int) -> None:
        """Let a word go that the platform has."""
        await self._call(
            lambda: self._db.execute("UPDATE settled SET report = NULL WHERE number = ?", (number,))
        )
