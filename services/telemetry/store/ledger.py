"""Writing blocks so that they are there once or not at all, and reading the accounts back.

A block is written readings first, ledger rows second; see ``schema`` for why that is enough.
``recover`` removes what a crash between the two left, before anything else is written. Block
numbers only rise, and one that was removed is never used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from services.telemetry.model import DropKey, EpochAccount, Gap, SeriesKey
from services.telemetry.registry import Entry, Registry
from services.telemetry.store import native
from services.telemetry.store.engine import Engine
from services.telemetry.usecases import Block, Ledger, LedgerEntry, Prepared

TIME: Final = "DateTime64(6, 'UTC')"
DROP_TYPES: Final = (("UInt8", "u1"), ("UInt8", "u1"), ("UInt64", "<u8"))
GAP_TYPES: Final = (("UInt64", "<u8"), ("UInt64", "<u8"))

REMOVE_SECONDS: Final = 600
"""Longest the removal of a crash's rows may take at the start."""


def write_readings(engine: Engine, block: Block) -> None:
    """Store a block's readings, which are not there until ``write_ledger``.

    Raise StoreUnavailable when they may not be there as a whole.
    """
    if block.new_series:
        write_series(engine, block.new_series)
    if block.rows:
        engine.insert("tianfu.readings", readings_block(block))


def write_ledger(engine: Engine, block: Block, stored_at_us: int) -> None:
    """Commit a block, after its readings and after every block of a lower number.

    Raise StoreUnavailable when it may not be there.
    """
    if block.entries:
        engine.insert("tianfu.batches", batches_block(block, stored_at_us))


def readings_block(block: Block) -> native.Parts:
    """Return a block's readings as they are inserted."""
    rows, columns = block.rows, block.columns
    return native.block(
        rows,
        [
            native.numbers("series", "UInt64", columns.series),
            native.numbers("time", TIME, columns.time_us),
            native.numbers("value", "Float64", columns.value),
            native.numbers("quality", "UInt8", columns.quality),
            native.numbers("retention_class", "UInt8", columns.retention_class),
            native.numbers("block", "UInt64", np.full(rows, block.number, np.uint64)),
        ],
    )


def batches_block(block: Block, stored_at_us: int) -> native.Parts:
    """Return a block's ledger rows as they are inserted."""
    entries = block.entries
    rows = len(entries)
    return native.block(
        rows,
        [
            native.integers("block", "UInt64", "<u8", [block.number] * rows),
            native.strings("node", (e.node for e in entries)),
            native.integers("epoch", "UInt64", "<u8", (e.epoch for e in entries)),
            native.integers("first_sequence", "UInt64", "<u8", (e.first for e in entries)),
            native.integers("last_sequence", "UInt64", "<u8", (e.last for e in entries)),
            native.integers("readings", "UInt32", "<u4", (e.readings for e in entries)),
            native.tuples("drops", DROP_TYPES, [_drop_rows(e.drops) for e in entries]),
            native.integers("produced", "UInt64", "<u8", (e.produced for e in entries)),
            native.integers("digest", "UInt64", "<u8", (e.digest for e in entries)),
            native.integers("first_time", TIME, "<i8", (e.first_us for e in entries)),
            native.integers("last_time", TIME, "<i8", (e.last_us for e in entries)),
            native.integers("stored_at", TIME, "<i8", [stored_at_us] * rows),
        ],
    )


def write_series(engine: Engine, entries: Sequence[Entry]) -> None:
    """Store new series; storing one again changes nothing."""
    columns = [
        native.integers("id", "UInt64", "<u8", (e.id for e in entries)),
        native.strings("node", (e.key.node for e in entries)),
        native.strings("series", (e.key.series for e in entries)),
        native.strings("unit", (e.key.unit for e in entries)),
        native.integers("retention_class", "UInt8", "u1", (e.key.retention_class for e in entries)),
        native.integers("created_at", TIME, "<i8", (e.created_at_us for e in entries)),
    ]
    engine.insert("tianfu.series", native.block(len(entries), columns))


def recover(engine: Engine) -> int:
    """Remove the rows of blocks that have no ledger rows; return the next block's number."""
    committed = _one(engine, "SELECT max(block) AS n FROM tianfu.batches")
    params = {"committed": committed}
    highest = _one(
        engine,
        "SELECT max(block) AS n FROM tianfu.readings WHERE block > {committed:UInt64}",
        params,
    )
    if highest > committed:
        engine.execute(
            "ALTER TABLE tianfu.readings DELETE WHERE block > {committed:UInt64} "
            f"SETTINGS mutations_sync = 2, max_execution_time = {REMOVE_SECONDS}",
            params,
        )
    marked = _one(engine, "SELECT max(block) AS n FROM tianfu.marks")
    return max(committed, highest, marked) + 1


def load(engine: Engine, registry: Registry) -> Ledger:
    """Return the accounts as the store has them, and fill the register of series."""
    for row in engine.query("SELECT * FROM tianfu.series FINAL ORDER BY created_at").to_pylist():
        key = SeriesKey(row["node"], row["series"], row["unit"], row["retention_class"])
        registry.add(Entry(key, row["id"], _us(row["created_at"])))
    ledger = Ledger()
    marked = 0
    for row in engine.query("SELECT * FROM tianfu.marks FINAL ORDER BY block").to_pylist():
        marked = max(marked, row["block"])
        node = ledger.node(row["node"])
        node.epochs[row["epoch"]] = EpochAccount(
            last=row["last"],
            gaps=[Gap(g["1"], g["2"]) for g in row["gaps"]],
            produced=row["produced"],
            stored=row["stored"],
            drops={DropKey(d["1"], d["2"]): d["3"] for d in row["drops"]},
        )
        node.stored_at_us = max(node.stored_at_us, _us(row["stored_at"]))
    for row in engine.query("SELECT * FROM tianfu.counters FINAL").to_pylist():
        node = ledger.node(row["node"])
        node.repeated_batches = row["repeated_batches"]
        node.conflicting_batches = row["conflicting_batches"]
        node.refused_batches = row["refused_batches"]
        node.refused_readings = row["refused_readings"]
    # Times as numbers: one outside a datetime's range must not keep the service from starting.
    since = (
        "SELECT * REPLACE (toUnixTimestamp64Micro(first_time) AS first_time, "
        "toUnixTimestamp64Micro(last_time) AS last_time) "
        "FROM tianfu.batches WHERE block > {marked:UInt64} ORDER BY block"
    )
    for row in engine.query(since, {"marked": marked}).to_pylist():
        ledger.apply(_entry(row), _us(row["stored_at"]))
    return ledger


def write_marks(engine: Engine, ledger: Ledger, block: int) -> None:
    """Store the accounts that changed since the last marks, as they are after ``block``.

    Nothing may be admitted and not yet written when this is called. One insert makes the marks
    visible together, so that a start never sees half of them.
    """
    touched = sorted(ledger.touched)
    if touched:
        engine.insert("tianfu.marks", _marks_block(ledger, touched, block))
    nodes = sorted(ledger.touched_nodes)
    if nodes:
        accounts = [ledger.node(n) for n in nodes]
        columns = [
            native.strings("node", nodes),
            native.integers("block", "UInt64", "<u8", [block] * len(nodes)),
            *(
                native.integers(name, "UInt64", "<u8", (getattr(a, name) for a in accounts))
                for name in (
                    "repeated_batches",
                    "conflicting_batches",
                    "refused_batches",
                    "refused_readings",
                )
            ),
        ]
        engine.insert("tianfu.counters", native.block(len(nodes), columns))
    ledger.touched.clear()
    ledger.touched_nodes.clear()


def digests(engine: Engine, prepared: Iterable[Prepared]) -> dict[tuple[str, int, int], int]:
    """Return the digests of stored batches with these (node, epoch, last sequence).

    Node ids are of the subject's alphabet and the rest are integers, so the tuples stand in the
    SQL as they are: a parameter can't be a list of tuples in both engines.
    """
    keys = {(p.batch.header.node, p.batch.header.epoch, p.batch.header.sequence) for p in prepared}
    tuples = ", ".join(f"('{n}', {e}, {s})" for n, e, s in sorted(keys))
    rows = engine.query(
        "SELECT node, epoch, last_sequence, digest FROM tianfu.batches "  # noqa: S608 - see above
        f"WHERE (node, epoch, last_sequence) IN ({tuples})"
    ).to_pylist()
    return {(r["node"], r["epoch"], r["last_sequence"]): r["digest"] for r in rows}


def _marks_block(ledger: Ledger, touched: Sequence[tuple[str, int]], block: int) -> native.Parts:
    accounts = [ledger.node(n).epochs[e] for n, e in touched]
    stored_at = [ledger.node(n).stored_at_us for n, _ in touched]
    columns = [
        native.strings("node", (n for n, _ in touched)),
        native.integers("epoch", "UInt64", "<u8", (e for _, e in touched)),
        native.integers("block", "UInt64", "<u8", [block] * len(touched)),
        native.integers("last", "UInt64", "<u8", (a.last for a in accounts)),
        native.tuples("gaps", GAP_TYPES, [a.gaps for a in accounts]),
        native.integers("produced", "UInt64", "<u8", (a.produced for a in accounts)),
        native.integers("stored", "UInt64", "<u8", (a.stored for a in accounts)),
        native.tuples("drops", DROP_TYPES, [_drop_rows(a.drops) for a in accounts]),
        native.integers("stored_at", TIME, "<i8", stored_at),
    ]
    return native.block(len(touched), columns)


def _entry(row: dict[str, Any]) -> LedgerEntry:
    return LedgerEntry(
        node=row["node"],
        epoch=row["epoch"],
        first=row["first_sequence"],
        last=row["last_sequence"],
        readings=row["readings"],
        drops={DropKey(d["1"], d["2"]): d["3"] for d in row["drops"]},
        produced=row["produced"],
        digest=row["digest"],
        first_us=row["first_time"],
        last_us=row["last_time"],
    )


def _drop_rows(drops: dict[DropKey, int]) -> list[tuple[int, int, int]]:
    return [(key.priority, key.reason, number) for key, number in sorted(drops.items())]


def _one(engine: Engine, sql: str, params: dict[str, int] | None = None) -> int:
    rows = engine.query(sql, params).to_pylist()
    return int(rows[0]["n"]) if rows else 0


def _us(when: Any) -> int:
    """Return an Arrow timestamp as Unix microseconds, exactly."""
    seconds = int(when.replace(microsecond=0).timestamp())
    return seconds * 1_000_000 + int(when.microsecond)
