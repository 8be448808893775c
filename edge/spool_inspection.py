"""What a spool holds, for a person at the device: from the agent while it runs, else from the card.

Nothing is changed: a damaged file stays where it is, for the agent to move aside.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from edge import clock as clocks
from edge import spool_file, status
from edge.clock import MICROSECONDS, Clock
from edge.settings import Settings
from tianfu.reading.v1 import reading_batch_pb2 as pb

BUSY_S: Final = 2.0
"""How long to wait for a file that somebody else has open."""


@dataclass(frozen=True)
class Dropped:
    """Readings that the spool gave up."""

    priority: str
    reason: str
    readings: int


@dataclass(frozen=True)
class Inspected:
    """A spool's account; ``damage`` says what is wrong with the file, empty when it is sound."""

    is_running: bool
    epoch: str = ""
    sequence: int = 0
    produced: int = 0
    waiting_readings: int = 0
    waiting_batches: int = 0
    used_bytes: int = 0
    bytes_max: int = 0
    # Age of the oldest batch; None when nothing waits, or only the running agent knows.
    oldest_s: float | None = None
    dropped: tuple[Dropped, ...] = ()
    damage: str = ""
    set_aside: tuple[str, ...] = field(default=())

    @property
    def dropped_readings(self) -> int:
        """Return the readings dropped for any reason."""
        return sum(one.readings for one in self.dropped)

    @property
    def acknowledged(self) -> int:
        """Return the readings that the platform has."""
        return self.produced - self.dropped_readings - self.waiting_readings

    def record(self) -> dict[str, Any]:
        """Return all of it, as JSON has it."""
        return {**asdict(self), "acknowledged": self.acknowledged}


def inspect(settings: Settings, clock: Clock) -> Inspected | None:
    """Return what the spool of a node holds, None when there never was one.

    Raises SpoolRefused when the folder can't be read by this user.
    """
    said = status.read(settings.data_dir)
    if said is not None and said["running"]:
        return _of_status(said, _set_aside(settings.data_dir))
    file = settings.data_dir / spool_file.NAME
    try:
        if not file.exists():
            return None
        lock = spool_file.lock(settings.data_dir)
    except PermissionError as error:
        message = f"{file}: {error.strerror}; run this as root or as the agent's user"
        raise spool_file.SpoolRefused("SPOOL_UNREADABLE", message) from error
    with lock:
        return _of_file(file, settings, clock)


def _of_status(said: dict[str, Any], set_aside: tuple[str, ...]) -> Inspected:
    spool = said["spool"]
    names = [
        *("epoch", "sequence", "produced", "waiting_readings", "waiting_batches"),
        *("used_bytes", "bytes_max"),
    ]
    drops = tuple(
        _dropped(one["priority"], one["reason"], one["readings"]) for one in spool["drops"]
    )
    taken = {name: spool[name] for name in names}
    return Inspected(is_running=True, dropped=drops, set_aside=set_aside, **taken)


def _of_file(file: Path, settings: Settings, clock: Clock) -> Inspected:
    bound, set_aside = settings.spool.bytes_max, _set_aside(settings.data_dir)
    uri = f"{file.resolve().as_uri()}?mode=rw"  # SQLite writes its log back when it has to
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_S)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                return Inspected(False, bytes_max=bound, damage=found, set_aside=set_aside)
            return _read(connection, bound, set_aside, clock)
    except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
        return Inspected(False, bytes_max=bound, damage=str(error), set_aside=set_aside)


def _read(
    connection: sqlite3.Connection, bound: int, set_aside: tuple[str, ...], clock: Clock
) -> Inspected:
    epoch = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]
    state = connection.execute("SELECT sequence, produced, age_us, wall_us FROM state").fetchone()
    sequence, produced, age_us, wall_us = state
    waiting = connection.execute(
        "SELECT count(*), coalesce(sum(readings), 0), coalesce(sum(bytes), 0), min(stored_age_us)"
        " FROM batch"
    ).fetchone()
    rows = connection.execute("SELECT priority, reason, readings FROM dropped ORDER BY 1, 2")
    now_us = clock.wall_us()
    oldest_s = None
    if waiting[3] is not None and clocks.is_set(wall_us) and clocks.is_set(now_us):
        oldest_s = (age_us - waiting[3] + max(0, now_us - wall_us)) / MICROSECONDS
    return Inspected(
        is_running=False,
        epoch=f"{int(epoch):x}",
        sequence=sequence,
        produced=produced,
        waiting_readings=waiting[1],
        waiting_batches=waiting[0],
        used_bytes=waiting[2],
        bytes_max=bound,
        oldest_s=oldest_s,
        dropped=tuple(_dropped(*row) for row in rows),
        set_aside=set_aside,
    )


def _set_aside(data_dir: Path) -> tuple[str, ...]:
    pattern = f"{Path(spool_file.NAME).stem}.damaged-*.db"
    return tuple(sorted(str(file) for file in data_dir.glob(pattern)))


def _dropped(priority: int, reason: int, readings: int) -> Dropped:
    words = pb.Priority.Name(cast("pb.Priority", priority)).removeprefix("PRIORITY_")
    why = pb.DropReason.Name(cast("pb.DropReason", reason)).removeprefix("DROP_REASON_")
    return Dropped(words.lower(), why, readings)


def rendered(spool: Inspected) -> str:
    """Return it as a page for a person."""
    where = (
        "as the running agent says" if spool.is_running else "as it lies on the card; no agent runs"
    )
    if spool.damage:
        lines = [f"spool         DAMAGED ({where}): {spool.damage}"]
        lines.append("              the agent moves it aside at its start and begins a new one")
    else:
        age = "" if spool.oldest_s is None else f", the oldest {spool.oldest_s / 60:.0f} min old"
        lines = [
            f"spool         epoch {spool.epoch}, sequence {spool.sequence}, {where}",
            f"produced      {spool.produced} readings",
            f"acknowledged  {spool.acknowledged}",
            f"waiting       {spool.waiting_readings} in {spool.waiting_batches} batches{age}",
            f"dropped       {spool.dropped_readings}",
        ]
        lines += [f"              {o.readings} {o.priority}: {o.reason}" for o in spool.dropped]
        lines.append(
            f"used          {spool.used_bytes / 1e6:.1f} of {spool.bytes_max / 1e6:.1f} MB"
        )
    lines += [f"set aside     {name} (damaged)" for name in spool.set_aside]
    return "\n".join(lines)
