"""Messages on their way to the platform: on disk before their senders hear AA.

They go when the stream has them, and are known by name for a month: what is sent again is taken
once.

Nothing is ever dropped to make room: a full store refuses the next message, and the sender, which
has it still, sends it again.
"""

from __future__ import annotations

import asyncio
import enum
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

from edge.clock import Clock
from edge.spool_account import Waiting

VERSION: Final = 1

NAMES_KEPT_US: Final = 35 * 86_400_000_000
"""How long a message that has gone is known by name: a sender may be away for a month."""

FORGET_AT_ONCE: Final = 1_000

EPOCH_BITS: Final = 62
"""Of the number that tells this file from one made after it was lost."""

T = TypeVar("T")


class Kept(enum.Enum):
    """What became of a message that was to be stored."""

    NEW = enum.auto()
    KNOWN = enum.auto()
    OTHER = enum.auto()
    """Another message has this name: nothing was stored."""
    FULL = enum.auto()
    """No room, or the disk does not take it: nothing was stored."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message to be stored. ``name`` tells it from others, ``source`` are the bytes as came.

    Of HL7 v2 the name is (MSH-3, MSH-4, MSH-10), of a form (inspection, department, "form").
    """

    name: tuple[str, str, str]
    source: bytes
    payload: bytes


class StoreRefused(RuntimeError):
    """The file can't be used; the message says why."""


class MessageStore:
    """The messages of one kind in one file. All calls but the first run in a thread of its own."""

    def __init__(
        self,
        folder: Path,
        kind: str,
        *,
        bytes_max: int,
        clock: Clock,
        random_bits: Callable[[int], int],
    ) -> None:
        """Open or make the file of a kind, such as "clinical"; raise StoreRefused."""
        self._kind = kind
        self._file = f"{kind}.db"
        self._bytes_max = bytes_max
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(
                folder / self._file, isolation_level=None, check_same_thread=False
            )
            self._open(random_bits)
        except sqlite3.DatabaseError as error:
            raise StoreRefused(f"{folder / self._file}: {error}") from error
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{kind} store")
        self.refused = 0

    def _open(self, random_bits: Callable[[int], int]) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        # FULL: an acknowledged result survives a power cut, which NORMAL does not promise in WAL.
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        [version] = self._db.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise StoreRefused(f"{self._file} is of version {version}; this agent knows {VERSION}")
        if version == 0:
            self._make(random_bits(EPOCH_BITS) + 1)
        [self._epoch] = self._db.execute("SELECT epoch FROM file").fetchone()
        found = self._db.execute(
            "SELECT count(*), coalesce(sum(length(payload)), 0) FROM message"
            " WHERE payload IS NOT NULL"
        )
        self.waiting, self.waiting_bytes = found.fetchone()

    def _make(self, epoch: int) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "CREATE TABLE message (sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
            " name BLOB NOT NULL UNIQUE, digest BLOB NOT NULL, receive_us INTEGER NOT NULL,"
            " payload BLOB) STRICT"
        )
        self._db.execute("CREATE INDEX waiting ON message (sequence) WHERE payload IS NOT NULL")
        self._db.execute("CREATE TABLE file (epoch INTEGER NOT NULL) STRICT")
        self._db.execute("INSERT INTO file VALUES (?)", (epoch,))
        self._db.execute(f"PRAGMA user_version={VERSION}")
        self._db.execute("COMMIT")

    @property
    def epoch(self) -> int:
        """Return the epoch, drawn when the file was made: sequences count in it."""
        return int(self._epoch)

    async def keep(self, messages: Sequence[Incoming]) -> list[Kept]:
        """Store messages durably by one commit; say what became of each."""
        return await self._call(lambda: self._keep(messages))

    async def turn(
        self, epoch: int, acknowledged: Iterable[int], after: int, limit: int
    ) -> list[Waiting]:
        """Let go of what the stream has; return what comes after ``after``, in order."""
        done = tuple(acknowledged) if epoch == self.epoch else ()
        return await self._call(lambda: self._turn(done, after, limit))

    async def refuse(self, epoch: int, sequence: int) -> None:
        """Let go of a message that the stream will never take: it is counted."""
        if epoch == self.epoch:
            self.refused += 1
            await self._call(lambda: self._turn((sequence,), 0, 0))

    async def close(self) -> None:
        """Close the file."""
        await self._call(self._db.close)
        self._thread.shutdown()

    def message_id(self, row: Waiting) -> str:
        """Return the id under which a message is sent, at each attempt."""
        return f"{self._kind}-{row.epoch:x}-{row.sequence}"

    async def _call(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    def _keep(self, messages: Sequence[Incoming]) -> list[Kept]:
        now = self._clock.wall_us()
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                kept, count, size = self._insert_all(messages, now)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError:
            # A full or failing disk: whoever sent them has them still.
            return [Kept.FULL] * len(messages)
        self.waiting += count
        self.waiting_bytes += size
        return kept

    def _insert_all(self, messages: Sequence[Incoming], now: int) -> tuple[list[Kept], int, int]:
        kept, count, size = [], 0, 0
        for message in messages:
            name, digest = digest_of(message.name), sha256(message.source).digest()
            found = self._db.execute("SELECT digest FROM message WHERE name = ?", (name,))
            known = found.fetchone()
            if known is not None:
                kept.append(Kept.KNOWN if known[0] == digest else Kept.OTHER)
            elif self.waiting_bytes + size + len(message.payload) > self._bytes_max:
                kept.append(Kept.FULL)
            else:
                self._db.execute(
                    "INSERT INTO message (name, digest, receive_us, payload) VALUES (?, ?, ?, ?)",
                    (name, digest, now, message.payload),
                )
                kept.append(Kept.NEW)
                count, size = count + 1, size + len(message.payload)
        return kept, count, size

    def _turn(self, done: Sequence[int], after: int, limit: int) -> list[Waiting]:
        if done:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                freed = [size for sequence in done for size in self._freed(sequence)]
                self._db.execute(
                    "DELETE FROM message WHERE sequence IN (SELECT sequence FROM message"
                    " WHERE payload IS NULL AND receive_us < ? LIMIT ?)",
                    (self._clock.wall_us() - NAMES_KEPT_US, FORGET_AT_ONCE),
                )
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self.waiting -= len(freed)
            self.waiting_bytes -= sum(freed)
        rows = self._db.execute(
            "SELECT sequence, payload FROM message WHERE payload IS NOT NULL"
            " AND sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit),
        )
        return [
            Waiting(self.epoch, sequence, 0, "", payload) for sequence, payload in rows.fetchall()
        ]

    def _freed(self, sequence: int) -> list[int]:
        """Let go of a message's payload; return its size, nothing when it had gone."""
        sizes = self._db.execute(
            "SELECT length(payload) FROM message WHERE sequence = ? AND payload IS NOT NULL",
            (sequence,),
        ).fetchall()
        self._db.execute("UPDATE message SET payload = NULL WHERE sequence = ?", (sequence,))
        return [size for (size,) in sizes]


def digest_of(name: tuple[str, str, str]) -> bytes:
    """Return the digest that stands for a message's name, in the file and on the way."""
    lengths = b"".join(len(part.encode()).to_bytes(4, "big") for part in name)
    return sha256(lengths + "".join(name).encode()).digest()
