"""Readings put straight into a store, block by block, as ingestion would leave them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from services.telemetry.columns import Columns
from services.telemetry.model import SeriesKey, series_id
from services.telemetry.registry import Entry, Registry
from services.telemetry.store import ledger as books
from services.telemetry.store.engine import EmbeddedEngine, Engine
from services.telemetry.usecases import Block, LedgerEntry

TABLES = (
    "retired_readings",
    "dropped_readings",
    "readings",
    "batches",
    "marks",
    "counters",
    "series",
    "minutes",
    "quarter_hours",
    "rollup_progress",
)


class Reading(NamedTuple):
    """A reading as a test states it."""

    series: Entry
    time_us: int
    value: float
    quality: int = 0


def entry(
    node: str = "gw-1",
    series: str = "power",
    unit: str = "kW",
    retention_class: int = 0,
    created_at_us: int = 1_600_000_000_000_000,
) -> Entry:
    """Return a registered series."""
    key = SeriesKey(node, series, unit, retention_class)
    return Entry(key, series_id(key), created_at_us)


class Borrowed:
    """An engine that others go on using."""

    def __init__(self, engine: Engine) -> None:
        self.execute, self.query = engine.execute, engine.query
        self.read, self.insert = engine.read, engine.insert

    def close(self) -> None:
        """Stay open."""


def empty(engine: Engine) -> None:
    """Take everything out of a store."""
    for table in TABLES:
        engine.execute(f"TRUNCATE TABLE tianfu.{table}")


def columns(number: int, readings: list[Reading], entries: list[LedgerEntry]) -> Block:
    """Return readings as a block with these ledger entries."""
    joined = Columns(
        series=np.array([r.series.id for r in readings], np.uint64),
        time_us=np.array([r.time_us for r in readings], np.int64),
        value=np.array([r.value for r in readings], np.float64),
        quality=np.array([r.quality for r in readings], np.uint8),
        retention_class=np.array([r.series.key.retention_class for r in readings], np.uint8),
    )
    return Block(number=number, entries=entries, columns=joined, new_series=[])


@dataclass
class Writer:
    """Writes blocks into a store, and remembers what it wrote."""

    engine: Engine
    register: Registry = field(default_factory=Registry)
    block: int = 0
    sequences: dict[str, int] = field(default_factory=dict)
    written: list[tuple[int, Reading]] = field(default_factory=list)

    def write(self, readings: list[Reading], *, committed: bool = True) -> Block:
        """Write one block: a batch of each node that has readings in it."""
        self.block += 1
        nodes: dict[str, list[Reading]] = {}
        for reading in readings:
            self.register.add(reading.series)
            nodes.setdefault(reading.series.key.node, []).append(reading)
        entries = [self._entry(node, mine) for node, mine in nodes.items()]
        block = columns(self.block, readings, entries if committed else [])
        books.write_readings(self.engine, block)
        books.write_ledger(self.engine, block, 0)
        self.written += [(self.block, r) for r in readings]
        return block

    def _entry(self, node: str, readings: list[Reading]) -> LedgerEntry:
        sequence = self.sequences[node] = self.sequences.get(node, 0) + 1
        times = [r.time_us for r in readings]
        return LedgerEntry(
            node=node,
            epoch=1,
            first=sequence,
            last=sequence,
            readings=len(readings),
            drops={},
            produced=0,
            digest=sequence,
            first_us=min(times),
            last_us=max(times),
        )


class Killed(Exception):
    """The process is gone."""


class Mortal(Borrowed):
    """An engine that dies at its n-th change, before it or after it."""

    def __init__(self, engine: EmbeddedEngine, at: int, *, after: bool) -> None:
        super().__init__(engine)
        self.left, self.after, self.really = at, after, engine
        self.execute = self.dying

    def dying(self, sql: str, params: Any = None) -> None:
        """Run a statement, unless this is the end."""
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        self.really.execute(sql, params)
        if self.left == 0:
            raise Killed
