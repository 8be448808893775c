"""A primary of PostgreSQL and its standby: who is which, and what makes two primaries impossible.

**Record.** ``pair.json`` says who is the primary and whether the other has all that was
acknowledged (``in_sync``). Only then may the other take over. It is written under a lock, and
``in_sync`` is taken back *before* the primary is allowed to acknowledge alone, and before a standby
touches its data.

**Life.** A member holds the lock of its file (``NAME.alive``) from before it looks at the record
until the last of its processes is gone: they inherit it, and the kernel frees it. A lock that can
be taken is a member of which nothing writes any more, however its first process ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

MEMBERS: Final = ("postgres", "postgres-2")
"""Names of the two, of their programs and of what they call themselves to each other."""

ADMINISTRATOR: Final = "postgres"
HOST: Final = "127.0.0.1"
PRIVATE: Final = 0o600


def other_of(name: str) -> str:
    """Return the other member."""
    return MEMBERS[1] if name == MEMBERS[0] else MEMBERS[0]


@dataclass(frozen=True)
class Record:
    """Who is what. ``generation`` counts primaries, ``starts`` the starts of standbys."""

    primary: str = MEMBERS[0]
    generation: int = 1
    in_sync: bool = False
    starts: int = 0

    def handed_over(self) -> Record:
        """Return what is so when the standby takes over."""
        return replace(
            self, primary=other_of(self.primary), generation=self.generation + 1, in_sync=False
        )


@dataclass(frozen=True)
class Settings:
    """Where the pair is: its folder, PostgreSQL's programs, and a port a member."""

    folder: Path
    binaries: Path
    ports: Mapping[str, int]
    # Settings of both, which a standby must have as its primary has them.
    options: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Return what ``write`` wrote."""
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            Path(stored["folder"]), Path(stored["binaries"]), stored["ports"], stored["options"]
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "folder": str(self.folder),
            "binaries": str(self.binaries),
            "ports": dict(self.ports),
            "options": dict(self.options),
        }

    def data(self, name: str) -> Path:
        """Return a member's data folder; the first has the one that a single server has."""
        return self.folder / ("data" if name == MEMBERS[0] else "data-2")

    @property
    def passwords(self) -> Path:
        """File of the administrator's password, as libpq reads it."""
        return self.folder / "pgpass"

    def password(self) -> str:
        """Return the administrator's password."""
        return self.passwords.read_text(encoding="ascii").strip().rpartition(":")[2]


class Pair:
    """The record and the locks, in the pair's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> Record:
        """Return the record; that of a new pair when there is none."""
        try:
            stored = json.loads((self._folder / "pair.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Record()
        return Record(**stored)

    def write(self, record: Record) -> Record:
        """Write the record to the disk, whole or not at all; the lock must be held."""
        path = self._folder / "pair.json"
        beside = path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(asdict(record), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        return record

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the record's lock; it is never held for longer than a file takes to write."""
        descriptor = self._open("pair.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def live(self, name: str) -> int:
        """Wait until nothing of a member's former life runs, and begin its next.

        Return the file that is to be inherited by whatever belongs to it.
        """
        descriptor = self._open(f"{name}.alive")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.set_inheritable(descriptor, True)
        return descriptor

    def is_alive(self, name: str) -> bool:
        """Say whether anything of a member runs."""
        descriptor = self._open(f"{name}.alive")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def hand_over_from_the_dead(self, seen: Record) -> Record:
        """Make the standby the primary if the primary is dead and it may; return what is so."""
        with self.locked():
            record = self.read()
            standby = other_of(record.primary)
            may = record == seen and record.in_sync and self.is_alive(standby)
            if may and not self.is_alive(record.primary):
                return self.write(record.handed_over())
            return record

    def _open(self, name: str) -> int:
        return os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
