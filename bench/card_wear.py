"""What the agent writes to its card for a reading: ``python -m bench.card_wear``.

The spool stores batches and deletes them when they are acknowledged, as on a node that is online,
or keeps them, as on one that is cut off; the process's bytes written (/proc/self/io) are counted to
the end, checkpoints included. Beside it, in the same run: a row a reading in SQLite with the same
settings (WAL, synchronous=FULL), which is what a plain store-and-forward does.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any, Final

from edge.clock import SystemClock
from edge.spool import Spool
from edge.spool_account import NewBatch
from tianfu import subjects
from tianfu.batch_encoder import BatchBuilder, SeriesKey

NODE: Final = subjects.node_id("bench-node")
BUDGET_BYTES: Final = {50: 600.0, 1_000: 100.0}
"""For a reading, by readings a batch. At 50 a second in batches of a second that is 2.6 GB a day: a
card of 32 GB whose cells bear 1,000 writes, with ten bytes written inside it for each of ours, is
worn out in three years. Batches of ten seconds (`close_after_ms`) write a fifth of it."""

SIZES: Final = (50, 1_000)
BATCHES: Final = {50: 2_000, 1_000: 300}
PLAIN: Final = 3_000
SERIES: Final = 25
DAY_S: Final = 86_400


def written() -> int:
    """Return the bytes that this process has written so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("wchar:")))


def batch(size: int, number: int) -> NewBatch:
    """Return a batch as the batcher closes it."""
    random, builder = Random(number), BatchBuilder()
    keys = [SeriesKey(f"meter-{n}.power", "kW") for n in range(SERIES)]
    for position in range(size):
        time_us = 1_780_000_000_000_000 + number * 1_000_000 + position * 1_000
        builder.add(keys[position % SERIES], time_us, round(random.uniform(0, 400), 2), 0)
    return NewBatch(builder.message(), "00-" + "a" * 32 + "-" + "b" * 16 + "-00")


def of_spool(folder: Path, size: int, *, is_online: bool) -> float:
    """Return bytes written for a reading."""
    random, batches = Random(1), BATCHES[size]
    spool = Spool(
        folder,
        NODE,
        clock=SystemClock(),
        random_bits=random.getrandbits,
        bytes_max=1 << 30,
        age_max_s=DAY_S,
    )
    ready = [batch(size, number) for number in range(batches)]
    began = written()
    for one in ready:
        (sequence,) = spool.store([one])
        if sequence is None:
            raise RuntimeError("the disk is full")
        if is_online:
            spool.claim(spool.epoch, sequence - 1, 16)
            spool.settle(spool.epoch, [sequence])
    spool.tidy()
    spool.close()
    return (written() - began) / (size * batches)


def of_rows(folder: Path) -> float:
    """Return bytes written for a reading that is a row, inserted and deleted by commits."""
    began = written()
    database = sqlite3.connect(folder / "plain.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, series TEXT, time INTEGER, value REAL)"
    )
    for number in range(PLAIN):
        row = (number, f"meter-{number % SERIES}.power", number, number / 10)
        database.execute("INSERT INTO t VALUES (?, ?, ?, ?)", row)
        database.execute("DELETE FROM t WHERE id = ?", (number,))
    database.close()
    return (written() - began) / PLAIN


def main() -> None:
    """Measure and print."""
    figures: list[dict[str, Any]] = []
    folder = Path(tempfile.mkdtemp(prefix="bench-card-"))
    try:
        rows = of_rows(folder)
        for size in SIZES:
            for is_online in (True, False):
                name = f"{'online' if is_online else 'offline'}_{size}_a_batch"
                budget = BUDGET_BYTES[size]
                value = of_spool(folder / name, size, is_online=is_online)

                daily_mb = value * 50 * DAY_S / 1e6
                print(f"{name}: {value:.0f} bytes a reading; 50/s: {daily_mb:,.0f} MB a day")
                figures.append(
                    {
                        "name": f"card_bytes_per_reading_{name}",
                        "value": round(value, 1),
                        "unit": "bytes",
                        "baseline": round(rows, 1),
                        "ratio": round(value / rows, 4),
                        "target": f"<= {budget:g}",
                        "met": value <= budget,
                    }
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.flush()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
