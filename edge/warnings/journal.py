"""The node's memory of warnings: one SQLite file beside the spool, as durable as the spool.

A decision, the actions that follow and the receipts of it are one transaction. So a crash finds
either nothing of it, and the bulletin is decided on again, or all of it, and what is not done is
done. Reports of receipts are numbered here, before any network call, within an epoch.

Synchronous, for one thread at a time; ``JournalWorker`` runs it off the event loop.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from edge import spool_file
from edge.clock import MICROSECONDS, Clock
from edge.spool_account import Waiting
from edge.spool_file import SpoolDamaged, SpoolRefused
from edge.warnings import bulletin
from edge.warnings.notices import Act, Action, Colour, Known, Memory, Receipt, SinkKind
from edge.warnings.ports import Entry, Task
from tianfu.subjects import Channel

T = TypeVar("T")

NAME: Final = "warnings.db"

LAYOUT: Final = 1
"""Version of the tables below, kept in SQLite's user_version."""

REPORTS_MAX: Final = 20_000
"""Reports that wait, some 4 MB. A node that is cut off hears no warnings, and so writes none; what
comes near this is a fault, and the oldest are let go and counted."""

UNSTORED_MAX: Final = 1_000
"""Receipts held in memory while the disk takes no more."""

FORGET_US: Final = 30 * 86_400 * MICROSECONDS
"""How long a warning that is over is remembered; no bulletin carries it as long."""

_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL,   -- of the last report
    dropped INTEGER NOT NULL     -- reports let go unsent
);
CREATE TABLE revision (
    channel TEXT PRIMARY KEY, nkey TEXT NOT NULL, revision INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE known (
    channel TEXT NOT NULL,
    warning TEXT NOT NULL,
    version INTEGER NOT NULL,
    expire_us INTEGER NOT NULL,
    is_told INTEGER NOT NULL,
    loudest INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    PRIMARY KEY (channel, warning)
) WITHOUT ROWID;
CREATE TABLE action (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    warning TEXT NOT NULL,
    version INTEGER NOT NULL,
    act TEXT NOT NULL,
    sink TEXT NOT NULL,
    decided_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL,
    is_started INTEGER NOT NULL DEFAULT 0,
    is_done INTEGER NOT NULL DEFAULT 0,
    notice BLOB NOT NULL
);
CREATE INDEX of_warning ON action (channel, warning, sink);
CREATE TABLE report (
    sequence INTEGER PRIMARY KEY,
    receipts INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    payload BLOB NOT NULL
)
"""

Report = Callable[[int, int, Sequence[Receipt]], bytes]
"""Writes a report of receipts under an epoch and a sequence number."""

log = logging.getLogger(__name__)


class JournalFile:
    """The journal of one node in one folder, whose lock the spool holds."""

    def __init__(
        self,
        data_dir: Path,
        node: str,
        *,
        clock: Clock,
        random_bits: Callable[[int], int],
        report: Report,
    ) -> None:
        """Open or make the journal; raise SpoolRefused when it can't be used."""
        self._file = data_dir / NAME
        self._node = node
        self._clock = clock
        self._random_bits = random_bits
        self._report = report
        self._unstored: list[Receipt] = []
        self._taken = 0  # of the unstored, by the transaction under way
        self._next_volatile = -1
        self.disk_failures = 0
        self.damaged_count = 0
        data_dir.mkdir(parents=True, exist_ok=True)
        try:
            self._open()
        except SpoolDamaged as damage:
            self._begin_anew(damage)

    # -- what callers do ---------------------------------------------------------------------

    def memory(self, channel: Channel, nkey: str) -> Memory:
        """Return what is remembered of a channel."""
        row = self._connection.execute(
            "SELECT revision FROM revision WHERE channel = ? AND nkey = ?", (channel.value, nkey)
        ).fetchone()
        rows = self._connection.execute(
            "SELECT warning, version, expire_us, is_told, loudest, acknowledged FROM known"
            " WHERE channel = ?",
            (channel.value,),
        )
        found = {
            row[0]: Known(
                channel, row[0], row[1], row[2], bool(row[3]), Colour(row[4]), acknowledged=row[5]
            )
            for row in rows
        }
        return Memory(row[0] if row else 0, MappingProxyType(found))

    def tasks(self) -> list[Task]:
        """Return all actions that are kept, in the order they were decided on."""
        rows = self._connection.execute(
            "SELECT number, is_started, is_done, channel, act, sink, warning, version, decided_us,"
            " until_us, notice FROM action ORDER BY number"
        )
        return [Task(row[0], _action(row[3:]), bool(row[1]), bool(row[2])) for row in rows]

    def record(self, entry: Entry) -> list[Task]:
        """Keep a decision; on a full disk in memory alone, and its receipts until they fit."""
        decision = entry.decision
        try:
            numbers = self._retried(lambda: self._transact(lambda: self._insert(entry)))
        except sqlite3.OperationalError as error:
            self._disk_failed("record", error, decision.receipts)
            numbers = [self._volatile() for _ in decision.actions]
        pairs = zip(numbers, decision.actions, strict=True)
        return [Task(number, action) for number, action in pairs]

    def start(self, task: Task) -> None:
        """Note that a task is about to be begun."""
        statement = "UPDATE action SET is_started = 1 WHERE number = ?"
        self._keep("start", lambda: self._connection.execute(statement, (task.number,)), ())

    def finish(self, task: Task, receipts: Sequence[Receipt]) -> None:
        """Note that a task is done with; what it made superfluous is forgotten."""

        def act() -> None:
            action = task.action
            spared = "warn" if action.act is Act.REVISE and action.sink is SinkKind.SIREN else ""
            self._connection.execute(
                "DELETE FROM action WHERE channel = ? AND warning = ? AND sink = ? AND number < ?"
                " AND is_done AND act <> ?",
                (action.channel.value, action.warning, action.sink.value, task.number, spared),
            )
            statement = "UPDATE action SET is_done = 1 WHERE number = ?"
            self._connection.execute(statement, (task.number,))
            self._add_report(receipts)

        self._keep("finish", act, receipts)

    def tidy(self, now_us: int) -> None:
        """Forget actions that are over and warnings that long have been."""

        def act() -> None:
            execute = self._connection.execute
            execute("DELETE FROM action WHERE is_done AND until_us <= ?", (now_us,))
            execute("DELETE FROM known WHERE expire_us < ?", (now_us - FORGET_US,))
            self._add_report(())

        self._keep("tidy", act, ())

    def claim(self, after: int, limit: int) -> list[Waiting]:
        """Return up to ``limit`` reports above ``after``, in order."""
        rows = self._connection.execute(
            "SELECT sequence, receipts, checksum, payload FROM report WHERE sequence > ?"
            " ORDER BY sequence LIMIT ?",
            (after, limit),
        ).fetchall()
        found = []
        for sequence, receipts, checksum, payload in rows:
            if zlib.crc32(payload) != checksum:
                log.error("a report is damaged", extra={"reason": "JOURNAL_DAMAGED"})
                self.drop(sequence)
                continue
            found.append(Waiting(self.epoch, sequence, receipts, "", payload))
        return found

    def settle(self, epoch: int, sequences: Iterable[int]) -> None:
        """Delete reports that the stream has. One that can't be deleted now is sent again."""
        rows = [(sequence,) for sequence in sequences]
        if epoch == self.epoch and rows:
            statement = "DELETE FROM report WHERE sequence = ?"
            self._keep("settle", lambda: self._connection.executemany(statement, rows), ())

    def drop(self, sequence: int) -> None:
        """Let go of a report that can't be sent, and count it."""

        def act() -> None:
            self._connection.execute("DELETE FROM report WHERE sequence = ?", (sequence,))
            self._connection.execute("UPDATE state SET dropped = dropped + 1")

        self._keep("drop", act, ())

    def close(self) -> None:
        """Write what can be written and close the file."""
        if self._unstored:
            self._keep("close", lambda: self._add_report(()), ())
        self._connection.close()

    # -- rows --------------------------------------------------------------------------------

    def _insert(self, entry: Entry) -> list[int]:
        execute, decision = self._connection.execute, entry.decision
        channel = entry.channel.value
        execute(
            "INSERT OR REPLACE INTO revision VALUES (?, ?, ?)",
            (channel, entry.nkey, decision.revision),
        )
        for known in decision.known:
            execute(
                "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    channel, known.warning, known.version, known.expire_us, known.is_told,
                    known.loudest, known.acknowledged,
                ),
            )  # fmt: skip
        numbers = [self._insert_action(action) for action in decision.actions]
        self._add_report(decision.receipts)
        return numbers

    def _insert_action(self, action: Action) -> int:
        payload = b"" if action.notice is None else action.notice.payload
        row = self._connection.execute(
            "INSERT INTO action (channel, act, sink, warning, version, decided_us, until_us,"
            " notice) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
            (
                action.channel.value, action.act.value, action.sink.value, action.warning,
                action.version, action.decided_us, action.until_us, payload,
            ),
        ).fetchone()  # fmt: skip
        return int(row[0])

    def _add_report(self, receipts: Sequence[Receipt]) -> None:
        """Write receipts, and those that could not be written before, as the next report."""
        new = [*self._unstored, *receipts]
        if not new:
            return
        self._taken = len(self._unstored)
        execute = self._connection.execute
        (sequence,) = execute("UPDATE state SET sequence = sequence + 1 RETURNING sequence")
        payload = self._report(self.epoch, sequence[0], new)
        execute(
            "INSERT INTO report VALUES (?, ?, ?, ?)",
            (sequence[0], len(new), zlib.crc32(payload), payload),
        )
        oldest = "SELECT sequence FROM report ORDER BY sequence DESC LIMIT -1 OFFSET ?"
        surplus = execute(
            f"DELETE FROM report WHERE sequence IN ({oldest})",  # noqa: S608 - a constant
            (REPORTS_MAX,),
        ).rowcount
        if surplus:
            execute("UPDATE state SET dropped = dropped + ?", (surplus,))

    # -- the file ----------------------------------------------------------------------------

    def _open(self) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        try:
            spool_file.configure(connection)
            self._check(connection)
            row = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
            self.epoch = int(row[0])
            self.waiting, self.dropped = self._counted(connection)
        except sqlite3.Error as error:
            connection.close()
            if spool_file.is_damage(error):
                raise SpoolDamaged(str(error)) from error
            message = f"{self._file}: {error}; free or repair the disk"
            raise SpoolRefused("JOURNAL_UNWRITABLE", message) from error
        except (TypeError, ValueError) as error:
            connection.close()
            raise SpoolDamaged(f"the journal is not readable: {error!r}") from error
        except SpoolRefused:
            connection.close()
            raise
        self._connection = connection

    def _check(self, connection: sqlite3.Connection) -> None:
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout == 0:
            self._make(connection)
        elif layout != LAYOUT:
            message = f"{self._file} has layout {layout}, this agent knows {LAYOUT}; update it"
            raise SpoolRefused("JOURNAL_LAYOUT_UNKNOWN", message)
        row = connection.execute("SELECT value FROM meta WHERE key = 'node'").fetchone()
        if row[0] != self._node:
            message = f"{self._file} is of node {row[0]!r}, not {self._node!r}; correct node.id"
            raise SpoolRefused("JOURNAL_OF_ANOTHER_NODE", message)

    def _make(self, connection: sqlite3.Connection) -> None:
        epoch = spool_file.new_epoch(self._clock.wall_us(), self._random_bits)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute("INSERT INTO state VALUES (1, 0, 0)")
            connection.execute(
                "INSERT INTO meta VALUES ('node', ?), ('epoch', ?)", (self._node, str(epoch))
            )
            connection.execute(f"PRAGMA user_version = {LAYOUT}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _counted(self, connection: sqlite3.Connection) -> tuple[int, int]:
        waiting = connection.execute("SELECT count(*) FROM report").fetchone()[0]
        return waiting, connection.execute("SELECT dropped FROM state").fetchone()[0]

    def _transact(self, act: Callable[[], T]) -> T:
        self._taken = 0
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = act()
            self._connection.execute("COMMIT")
            del self._unstored[: self._taken]
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self.waiting, self.dropped = self._counted(self._connection)
        return result

    def _retried(self, act: Callable[[], T]) -> T:
        """Run ``act``; when it finds the file damaged, begin a new one and run it again, once."""
        try:
            return act()
        except sqlite3.DatabaseError as error:
            if not spool_file.is_damage(error):
                raise
            self._connection.close()
            self._begin_anew(SpoolDamaged(str(error)))
            return act()

    def _keep(self, what: str, act: Callable[[], object], receipts: Sequence[Receipt]) -> None:
        """Do some bookkeeping; what of ``receipts`` can't be written now is written later."""
        try:
            self._retried(lambda: self._transact(act))
        except sqlite3.OperationalError as error:
            self._disk_failed(what, error, receipts)

    def _begin_anew(self, damage: SpoolDamaged) -> None:
        self.damaged_count += 1
        aside = spool_file.move_aside(self._file, self._clock.wall_us())
        self._open()
        # What was acted on is forgotten with it: a warning that still holds sounds once more,
        # which is better than not at all.
        log.critical(
            "the journal of warnings was damaged; it was moved aside and a new epoch begins",
            extra={"reason": damage.reason, "moved_to": str(aside), "epoch": self.epoch},
        )

    def _disk_failed(
        self, what: str, error: sqlite3.OperationalError, receipts: Sequence[Receipt]
    ) -> None:
        self.disk_failures += 1
        room = UNSTORED_MAX - len(self._unstored)
        self._unstored += receipts[:room]
        self.dropped += len(receipts[room:])
        if self.disk_failures == 1:  # a log on the same disk would make it worse
            log.error(
                "the disk takes no more",
                extra={"reason": "DISK_FULL", "during": what, "detail": str(error)},
            )

    def _volatile(self) -> int:
        self._next_volatile -= 1
        return self._next_volatile


def _action(row: tuple[str, str, str, str, int, int, int, bytes]) -> Action:
    channel = Channel(row[0])
    return Action(
        Act(row[1]),
        SinkKind(row[2]),
        channel,
        *row[3:7],
        notice=bulletin.notice_from(row[7], channel) if row[7] else None,
    )
