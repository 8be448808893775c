"""The spool's file: its lock, its layout, its epoch, and what happens when it is damaged."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from edge import clock as clocks
from edge.clock import Clock

NAME: Final = "spool.db"
LOCK_NAME: Final = "spool.lock"

LAYOUT: Final = 1
"""Version of the tables below, kept in SQLite's user_version."""

DAMAGED_KEPT: Final = 2
"""Damaged files kept for a person to look at; more would fill the disk that is failing."""

EPOCH_RANDOM_BITS: Final = 20
"""Low bits of an epoch: two spools made in one millisecond differ, a wrong clock or not."""

UNSET_RANDOM_BITS: Final = 40
"""Random bits when the clock was never set, so that every boot of it differs."""

_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL,   -- last given out
    produced INTEGER NOT NULL,   -- readings up to it
    watermark INTEGER NOT NULL,  -- nothing above it was ever attempted
    age_us INTEGER NOT NULL,     -- the spool's own age, which no wall clock's jump changes
    wall_us INTEGER NOT NULL     -- when that was written
);
CREATE TABLE batch (
    sequence INTEGER PRIMARY KEY,
    span INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    readings INTEGER NOT NULL,   -- 0 of a tombstone
    bytes INTEGER NOT NULL,
    drops TEXT NOT NULL,         -- JSON: [priority, reason, readings] each
    produced_total INTEGER NOT NULL,
    stored_age_us INTEGER NOT NULL,
    traceparent TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    payload BLOB NOT NULL        -- last, so that the rest is read without it
);
CREATE INDEX victims ON batch (priority, sequence, bytes) WHERE readings > 0;
CREATE TABLE dropped (
    priority INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    PRIMARY KEY (priority, reason)
) WITHOUT ROWID;
"""

log = logging.getLogger(__name__)


class SpoolRefused(RuntimeError):
    """The spool can't be used; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence that says what to do."""
        super().__init__(message)
        self.reason = reason


class SpoolDamaged(RuntimeError):
    """The file is no sound database any more."""

    reason = "SPOOL_DAMAGED"


@dataclass(frozen=True)
class Opened:
    """An open spool file."""

    connection: sqlite3.Connection
    epoch: int


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether an error means that the file's content is broken, not the disk."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT


def lock(data_dir: Path) -> TextIO:
    """Take the folder for this process until the returned file is closed."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        held = (data_dir / LOCK_NAME).open("a+")
    except OSError as error:
        message = f"{data_dir}: {error.strerror}; set node.data_dir to a folder one can write in"
        raise SpoolRefused("SPOOL_UNWRITABLE", message) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.seek(0)
        owner = held.read(32).strip() or "unknown"
        held.close()
        message = f"{data_dir} is in use by another agent (process {owner}); stop it first"
        raise SpoolRefused("SPOOL_IN_USE", message) from error
    with contextlib.suppress(OSError):  # on a full disk the lock holds, only its owner is unnamed
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
    return held


def is_locked(data_dir: Path) -> bool:
    """Tell whether an agent runs on the folder."""
    try:
        with (data_dir / LOCK_NAME).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def new_epoch(wall_us: int, random_bits: Callable[[int], int]) -> int:
    """Return the epoch of a new spool: later ones are greater, and no two are the same."""
    if not clocks.is_set(wall_us):
        return random_bits(UNSET_RANDOM_BITS) + 1
    elapsed_ms = (wall_us - clocks.EPOCH_ORIGIN_US) // 1000
    return (elapsed_ms << EPOCH_RANDOM_BITS) + random_bits(EPOCH_RANDOM_BITS) + 1


def open_file(file: Path, node: str, clock: Clock, random_bits: Callable[[int], int]) -> Opened:
    """Open the spool of ``node``, making it when there is none; raise SpoolDamaged or Refused."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        configure(connection)
        epoch = _checked_epoch(connection, file, node, clock, random_bits)
    except sqlite3.Error as error:
        connection.close()
        if is_damage(error):
            raise SpoolDamaged(str(error)) from error
        message = f"{file}: {error}; free or repair the disk"
        raise SpoolRefused("SPOOL_UNWRITABLE", message) from error
    except (KeyError, ValueError, TypeError) as error:
        connection.close()
        raise SpoolDamaged(f"the account is not readable: {error!r}") from error
    except SpoolRefused:
        connection.close()
        raise
    return Opened(connection, epoch)


def _checked_epoch(
    connection: sqlite3.Connection,
    file: Path,
    node: str,
    clock: Clock,
    random_bits: Callable[[int], int],
) -> int:
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if layout == 0:
        _make(connection, node, new_epoch(clock.wall_us(), random_bits), clock)
    elif layout != LAYOUT:
        message = f"{file} has layout {layout}, this agent knows {LAYOUT}; update the agent"
        raise SpoolRefused("SPOOL_LAYOUT_UNKNOWN", message)
    meta = dict(connection.execute("SELECT key, value FROM meta WHERE key <> 'plan'"))
    if meta["node"] != node:
        message = (
            f"{file} holds readings of node {meta['node']!r}, not {node!r};"
            " correct node.id or give this node its own node.data_dir"
        )
        raise SpoolRefused("SPOOL_OF_ANOTHER_NODE", message)
    return int(meta["epoch"])


def move_aside(file: Path, wall_us: int) -> Path:
    """Rename a damaged file, so that a new one can begin, and return its new name."""
    aside = file.with_name(f"{file.stem}.damaged-{wall_us}.db")
    for suffix in ("", "-wal", "-shm", "-journal"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    damaged = file.parent.glob(f"{file.stem}.damaged-*.db")
    old = sorted(damaged, key=lambda found: found.stat().st_mtime)
    for surplus in old[:-DAMAGED_KEPT]:
        for part in file.parent.glob(f"{surplus.name}*"):
            with contextlib.suppress(OSError):
                part.unlink()
    return aside


def configure(connection: sqlite3.Connection) -> None:
    """Set a new connection up: durable at each commit, bounded in memory, alone on its file."""
    # Exclusive: the index of the log lives in memory, so a full disk can't refuse it.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    # Space of an outage goes back to the disk. Takes effect only on a new file.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    # Durable at commit, whatever happens to the power: this is the promise to the drivers.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 256")  # 1 MB: the spool's reserve covers it
    connection.execute("PRAGMA cache_size = -2000")  # 2 MB: the agent is small
    connection.execute("PRAGMA busy_timeout = 2000")


def _make(connection: sqlite3.Connection, node: str, epoch: int, clock: Clock) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('node', ?), ('epoch', ?)", (node, str(epoch)))
        connection.execute("INSERT INTO state VALUES (1, 0, 0, 0, 0, ?)", (clock.wall_us(),))
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
