"""Tables of the telemetry store.

The ledger is the commit: readings of a block are inserted first, the block's ``batches`` rows
second, in one insert into one partition, which ClickHouse makes visible as a whole. Rows of
``readings`` whose block has no ledger rows are what a crash left; they are deleted at the start.

``marks`` holds each account as it was at a block, so that a start reads the accounts and the
ledger since then, not the ledger since ever.
"""

from __future__ import annotations

from typing import Final

DATABASE: Final = "tianfu"

READINGS: Final = """
    series UInt64,
    time DateTime64(6, 'UTC'),
    value Float64,
    quality UInt8,
    retention_class UInt8,
    block UInt64,
    INDEX block_range block TYPE minmax GRANULARITY 1
"""

BATCHES: Final = """
    block UInt64,
    node String,
    epoch UInt64,
    first_sequence UInt64,
    last_sequence UInt64,
    readings UInt32,
    drops Array(Tuple(UInt8, UInt8, UInt64)),
    produced UInt64,
    digest UInt64,
    first_time DateTime64(6, 'UTC'),
    last_time DateTime64(6, 'UTC'),
    stored_at DateTime64(6, 'UTC'),
    INDEX block_range block TYPE minmax GRANULARITY 1
"""

MARKS: Final = """
    node String,
    epoch UInt64,
    block UInt64,
    last UInt64,
    gaps Array(Tuple(UInt64, UInt64)),
    produced UInt64,
    stored UInt64,
    drops Array(Tuple(UInt8, UInt8, UInt64)),
    stored_at DateTime64(6, 'UTC')
"""

COUNTERS: Final = """
    node String,
    block UInt64,
    repeated_batches UInt64,
    conflicting_batches UInt64,
    refused_batches UInt64,
    refused_readings UInt64
"""

SERIES: Final = """
    id UInt64,
    node String,
    series String,
    unit String,
    retention_class UInt8,
    created_at DateTime64(6, 'UTC')
"""

DROPPED_READINGS: Final = """
    series UInt64,
    retention_class UInt8,
    day UInt32,
    through UInt64,
    readings UInt64
"""
"""Readings that retention dropped: of a class's day, up to a block, by series."""

ROLLUP: Final = """
    series UInt64,
    time DateTime('UTC'),
    readings UInt64,
    sum Float64,
    min Float64,
    max Float64,
    first Float64,
    last Float64,
    quality UInt8,
    version UInt64
"""

ROLLUP_PROGRESS: Final = """
    name String,
    block UInt64
"""

READINGS_MERGES: Final = (
    ", merge_selector_base = 20"
    ", vertical_merge_algorithm_min_columns_to_activate = 1"
    ", vertical_merge_algorithm_min_rows_to_activate = 1"
)
"""How parts of ``readings`` are merged: many at a time, and column by column.

Merges were a third of ingestion's work. A base of 20 instead of ClickHouse's 5 merges fewer parts
twice (half the rows merged over 60 million), and merging only the key row by row, the other
columns by its order, takes an eighth less for each. ``bench.query`` holds what reads pay."""


def tables(*, replicated: bool, synced: bool) -> list[str]:
    """Return the statements that make what is not there yet.

    ``replicated`` takes the Replicated engines of a cluster, with the server's default path and
    replica macros; ``synced`` has every insert flushed to disk before it counts as done.
    """
    prefix = "Replicated" if replicated else ""
    sync = ", fsync_after_insert = 1, fsync_part_directory = 1" if synced else ""

    def table(name: str, columns: str, engine: str, keys: str, more: str = "") -> str:
        return (
            f"CREATE TABLE IF NOT EXISTS {DATABASE}.{name} ({columns}) "
            f"ENGINE = {prefix}{engine} {keys} SETTINGS index_granularity = 8192{sync}{more}"
        )

    by_day = "PARTITION BY (retention_class, toYYYYMMDD(time)) ORDER BY (series, time)"
    by_month = "PARTITION BY toYYYYMM(stored_at) ORDER BY (node, epoch, last_sequence)"
    dropped_keys = "ORDER BY (series, retention_class, day, through)"
    rollup_keys = "PARTITION BY toYYYYMM(time) ORDER BY (series, time)"
    return [
        f"CREATE DATABASE IF NOT EXISTS {DATABASE}",
        table("readings", READINGS, "MergeTree", by_day, READINGS_MERGES),
        # Days on their way out: counted here, once nothing can come to them any more.
        table("retired_readings", READINGS, "MergeTree", by_day, READINGS_MERGES),
        table("dropped_readings", DROPPED_READINGS, "ReplacingMergeTree", dropped_keys),
        table("batches", BATCHES, "MergeTree", by_month),
        table("marks", MARKS, "ReplacingMergeTree(block)", "ORDER BY (node, epoch)"),
        table("counters", COUNTERS, "ReplacingMergeTree(block)", "ORDER BY node"),
        table("series", SERIES, "ReplacingMergeTree(created_at)", "ORDER BY (node, series, id)"),
        table("minutes", ROLLUP, "ReplacingMergeTree(version)", rollup_keys),
        table("quarter_hours", ROLLUP, "ReplacingMergeTree(version)", rollup_keys),
        table("rollup_progress", ROLLUP_PROGRESS, "ReplacingMergeTree(block)", "ORDER BY name"),
    ]
