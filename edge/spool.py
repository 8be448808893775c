"""The spool: batches stored durably before any network call, bounded, and every one accounted for.

Identity is made here: (node, epoch, sequence), in the transaction that stores the batch. What is
dropped leaves a tombstone under its sequence, so that for each epoch, at any time::

    produced = acknowledged + waiting + dropped

Nothing at or below the highest sequence that was attempted is ever dropped to make room or for its
age: an attempted batch may be in the stream already, and would be counted twice.

Synchronous, for one thread at a time; ``SpoolWorker`` runs it off the event loop.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from edge import clock as clocks
from edge import spool_file
from edge.clock import Clock
from edge.spool_account import Account, Drops, NewBatch, State, Tombstone, Waiting, add, messages
from edge.spool_file import SpoolDamaged
from edge.spool_reserve import Reserve
from edge.spool_rows import ROW_BYTES, Rows
from tianfu import batch_encoder
from tianfu.batch_encoder import Identity
from tianfu.reading.v1 import reading_batch_pb2 as pb

T = TypeVar("T")

ATTEMPT_AHEAD: Final = 64
"""How far the stored watermark runs ahead, so that one commit in 64 is for it."""

CLAIM_BYTES_MAX: Final = 4 << 20
"""Payloads held in memory by one claim."""

EXPIRE_BATCHES_MAX: Final = 1_000
"""Batches that one call expires, so that it never holds up a store for long."""

VACUUM_PAGES: Final = 256
"""Pages given back to the disk at one tidying: 1 MB."""

log = logging.getLogger(__name__)


class Spool:
    """The spool of one node in one folder, which it holds until it is closed."""

    def __init__(
        self,
        data_dir: Path,
        node: str,
        *,
        clock: Clock,
        random_bits: Callable[[int], int],
        bytes_max: int,
        age_max_s: float,
        zstd_level: int | None = None,
    ) -> None:
        """Open or make the spool; raise SpoolRefused when it can't be used."""
        self._file = data_dir / spool_file.NAME
        self._node = node
        self._clock = clock
        self._random_bits = random_bits
        self._bytes_max = bytes_max
        self._age_max_us = int(age_max_s * clocks.MICROSECONDS)
        self._zstd_level = zstd_level
        self._lock = spool_file.lock(data_dir)
        self._unsettled: set[int] = set()
        self._state = State()
        self.damaged_count = 0
        self.disk_failures = 0
        self._is_disk_full = False
        self._reserve = Reserve(data_dir)
        try:
            self._open()
        except SpoolDamaged as damage:
            self._begin_anew(damage)
        except BaseException:
            self._lock.close()
            raise

    # -- what callers do ---------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Return the epoch of the file that is open."""
        return self._epoch

    def account(self) -> Account:
        """Return what became of the readings so far, those not yet reported included."""
        state = self._state
        drops = dict(state.dropped)
        add(drops, state.unreported)
        return Account(
            epoch=self._epoch,
            sequence=state.sequence,
            produced=state.produced + sum(state.unreported.values()),
            waiting_readings=state.waiting_readings,
            waiting_batches=state.waiting_batches,
            used_bytes=state.used_bytes,
            drops=drops,
        )

    def store(self, batches: Sequence[NewBatch]) -> list[int | None]:
        """Store batches durably in one commit; return the sequence of each, None of a lost one.

        A lost one (the disk took no more) is counted: in a tombstone out of the reserve, or, when
        not even that can be written, in memory until the next that is stored reports it.
        """
        act: Callable[[State], list[int | None]] = lambda s: self._insert_all(s, batches)  # noqa: E731 - used twice below
        try:
            return self._done(act)
        except sqlite3.OperationalError as error:
            self._disk_failed("store", error)
        with contextlib.suppress(sqlite3.OperationalError):
            with self._reserve.released():
                self._checkpoint()
            return self._done(act)
        if len(batches) > 1:
            return [sequence for batch in batches for sequence in self.store([batch])]
        for batch in batches:
            key = (batch.message.priority, pb.DROP_REASON_DISK_FULL)
            add(self._state.unreported, {key: batch.message.count})
        # Out of the reserve and at once: a power cut must not take the count along.
        self.report_losses()
        return [None] * len(batches)

    def report_losses(self) -> bool:
        """Store the count of what the disk did not take, if any; tell whether none is left."""
        if not self._state.unreported:
            return True
        return self._keep("report", self._insert_losses)

    def claim(self, epoch: int, after: int, limit: int) -> list[Waiting]:
        """Return up to ``limit`` waiting batches above ``after``, in order, as being attempted.

        In another epoch than ``epoch`` the sequence began anew, and so does the claim.
        """
        return self._retried(lambda: self._claim(after if epoch == self._epoch else 0, limit))

    def settle(self, epoch: int, sequences: Iterable[int]) -> None:
        """Delete what the stream acknowledged. What can't be deleted now is deleted later."""
        if epoch != self._epoch:
            return
        self._unsettled.update(sequences)
        settled = sorted(self._unsettled)
        if not settled:
            return
        if self._keep("settle", lambda s: self._rows.delete(s, settled)):
            self._unsettled.clear()

    def refuse(self, epoch: int, sequence: int) -> None:
        """Put a tombstone in the place of a batch that the stream will never take."""
        if epoch == self._epoch:
            reason = pb.DROP_REASON_REFUSED
            self._keep("refuse", lambda s: self._rows.drop(s, [sequence], reason))

    def tidy(self) -> None:
        """Drop what grew too old, report losses, give free space back to the disk."""
        self.report_losses()
        old = self._retried(self._expired)
        if old:
            self._keep("expire", lambda s: self._rows.drop(s, old, pb.DROP_REASON_EXPIRED))
            log.warning("expired", extra={"reason": "EXPIRED", "batches": len(old)})
        self._keep("vacuum", lambda _: self._vacuum())

    def plan(self) -> bytes | None:
        """Return the plan that was last kept, as it came."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'plan'").fetchone()
        return None if row is None else bytes(row[0])

    def keep_plan(self, plan: bytes) -> None:
        """Keep the plan in force, so that a start without a link finds it."""
        statement = "INSERT OR REPLACE INTO meta VALUES ('plan', ?)"
        self._keep("plan", lambda _: self._connection.execute(statement, (plan,)))

    def close(self) -> None:
        """Close the file and let the folder go."""
        self.report_losses()
        try:
            self._connection.close()
        finally:
            self._lock.close()

    # -- storing -----------------------------------------------------------------------------

    def _insert_all(self, state: State, batches: Sequence[NewBatch]) -> list[int | None]:
        return [self._insert(state, batch) for batch in batches]

    def _insert(self, state: State, batch: NewBatch) -> int:
        readings, priority = batch.message.count, batch.message.priority
        drops = state.unreported
        state.unreported = {}
        add(state.dropped, drops)
        has_room = self._rows.make_room(state, batch.message.ByteSize() + 2 * ROW_BYTES, priority)
        state.sequence += 1
        state.produced += readings + sum(drops.values())
        if not has_room:
            lost: Drops = {(priority, pb.DROP_REASON_SPOOL_FULL): readings}
            add(drops, lost)
            add(state.dropped, lost)
            self._rows.bury(state, Tombstone(state.sequence, 1, drops, state.produced))
            return state.sequence
        message = pb.ReadingBatch()
        message.CopyFrom(batch.message)  # a rollback must leave the caller's as it was
        payload = batch_encoder.encode(
            message,
            Identity(self._node, self._epoch, state.sequence),
            produced_total=state.produced,
            drops=messages(drops),
            zstd_level=self._zstd_level,
        )
        self._rows.write(
            state, state.sequence, 1, priority, readings, drops, state.produced, payload,
            batch.traceparent,
        )  # fmt: skip
        return state.sequence

    def _insert_losses(self, state: State) -> None:
        drops = state.unreported
        state.unreported = {}
        add(state.dropped, drops)
        state.sequence += 1
        state.produced += sum(drops.values())
        self._rows.bury(state, Tombstone(state.sequence, 1, drops, state.produced))

    def _expired(self) -> list[int]:
        oldest_us = self._age_us() - self._age_max_us
        rows = self._connection.execute(
            "SELECT sequence FROM batch WHERE sequence > ? AND readings > 0"
            " AND stored_age_us < ? ORDER BY sequence LIMIT ?",
            (self._state.attempted, oldest_us, EXPIRE_BATCHES_MAX),
        )
        return [row[0] for row in rows]

    # -- sending -----------------------------------------------------------------------------

    def _claim(self, after: int, limit: int) -> list[Waiting]:
        found: list[Waiting] = []
        damaged: list[int] = []
        size = 0
        rows = self._connection.execute(
            "SELECT sequence, readings, traceparent, checksum, payload FROM batch"
            " WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit),
        )
        for sequence, readings, traceparent, checksum, payload in rows:
            if zlib.crc32(payload) != checksum:
                damaged.append(sequence)
                break
            found.append(Waiting(self._epoch, sequence, readings, traceparent, payload))
            size += len(payload)
            if size >= CLAIM_BYTES_MAX:
                break
        rows.close()
        if damaged:
            log.error("a stored batch is damaged", extra={"reason": "SPOOL_DAMAGED"})
            reason = pb.DROP_REASON_SPOOL_DAMAGED
            self._transact(lambda s: self._rows.drop(s, damaged, reason))
            return self._claim(after, limit)
        return self._attempted(found)

    def _attempted(self, found: list[Waiting]) -> list[Waiting]:
        if not found:
            return found
        if found[-1].sequence > self._state.watermark:
            highest = found[-1].sequence
            if not self._keep("watermark", lambda s: _raise_watermark(s, highest)):
                # What a crash would not know to be attempted must not be attempted.
                found = [row for row in found if row.sequence <= self._state.watermark]
        if found:
            self._state.attempted = max(self._state.attempted, found[-1].sequence)
        return found

    # -- the file ----------------------------------------------------------------------------

    def _open(self) -> None:
        opened = spool_file.open_file(self._file, self._node, self._clock, self._random_bits)
        self._connection, self._epoch = opened.connection, opened.epoch
        self._rows = Rows(
            opened.connection,
            self._node,
            opened.epoch,
            bytes_max=self._bytes_max,
            age_us=self._age_us,
        )
        try:
            self._load()
        except sqlite3.Error as error:
            self._connection.close()
            if spool_file.is_damage(error):
                raise SpoolDamaged(str(error)) from error
            raise
        except (TypeError, ValueError) as error:
            self._connection.close()
            raise SpoolDamaged(f"the account is not readable: {error!r}") from error

    def _load(self) -> None:
        row: tuple[int, int, int, int, int] = self._connection.execute(
            "SELECT sequence, produced, watermark, age_us, wall_us FROM state"
        ).fetchone()
        sequence, produced, watermark, age_us, wall_us = row
        self._age_base_us = age_us + self._away_us(wall_us)
        self._opened_at = self._clock.monotonic()
        waiting = self._connection.execute(
            "SELECT count(*), coalesce(sum(readings), 0), coalesce(sum(bytes), 0) FROM batch"
        ).fetchone()
        dropped = self._connection.execute("SELECT priority, reason, readings FROM dropped")
        self._state = State(
            sequence=sequence,
            produced=produced,
            watermark=watermark,
            # Which of those up to the watermark were attempted died with the last process.
            attempted=min(watermark, sequence),
            used_bytes=waiting[2],
            waiting_readings=waiting[1],
            waiting_batches=waiting[0],
            dropped={(priority, reason): readings for priority, reason, readings in dropped},
            unreported=self._state.unreported,
        )

    def _away_us(self, wall_us: int) -> int:
        """Return how long no agent ran; 0 when a clock that was never set can't tell."""
        now_us: int = self._clock.wall_us()
        if not (clocks.is_set(wall_us) and clocks.is_set(now_us)):
            return 0
        away_us: int = now_us - wall_us
        return max(0, away_us)

    def _age_us(self) -> int:
        running_s = self._clock.monotonic() - self._opened_at
        return self._age_base_us + int(running_s * clocks.MICROSECONDS)

    def _transact(self, act: Callable[[State], T]) -> T:
        """Run ``act`` on a copy of the state in one transaction; keep both or neither."""
        state = self._state.copy()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = act(state)
            self._connection.execute(
                "UPDATE state SET sequence = ?, produced = ?, watermark = ?, age_us = ?,"
                " wall_us = ?",
                (state.sequence, state.produced, state.watermark, self._age_us(),
                 self._clock.wall_us()),
            )  # fmt: skip
            if state.dropped != self._state.dropped:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO dropped VALUES (?, ?, ?)",
                    [(*key, readings) for key, readings in state.dropped.items()],
                )
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._state = state
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

    def _begin_anew(self, damage: SpoolDamaged) -> None:
        lost = self._state.waiting_readings
        self.damaged_count += 1
        aside = spool_file.move_aside(self._file, self._clock.wall_us())
        self._unsettled.clear()
        self._open()
        log.critical(
            "the spool was damaged; it was moved aside and a new epoch begins",
            extra={
                "reason": damage.reason,
                "moved_to": str(aside),
                "epoch": self._epoch,
                "readings_lost_known": lost,
            },
        )

    def _done(self, act: Callable[[State], T]) -> T:
        result = self._retried(lambda: self._transact(act))
        if self._is_disk_full:
            self._is_disk_full = False
            log.warning("the disk takes batches again", extra={"reason": "DISK_RECOVERED"})
        return result

    def _keep(self, what: str, act: Callable[[State], object]) -> bool:
        """Do some bookkeeping, on a full disk out of the reserve; tell whether it could be done."""
        try:
            self._retried(lambda: self._transact(act))
        except sqlite3.OperationalError as error:
            self._disk_failed(what, error)
        else:
            return True
        with self._reserve.released():
            self._checkpoint()
            try:
                self._retried(lambda: self._transact(act))
            except sqlite3.OperationalError:
                return False
            self._checkpoint()
        return True

    def _vacuum(self) -> None:
        self._connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()

    def _checkpoint(self) -> None:
        """Write the log back and give its space free."""
        with contextlib.suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _disk_failed(self, what: str, error: sqlite3.OperationalError) -> None:
        self.disk_failures += 1
        if not self._is_disk_full:  # once, for a log on the same disk would make it worse
            self._is_disk_full = True
            log.error(
                "the disk takes no more",
                extra={"reason": "DISK_FULL", "during": what, "detail": str(error)},
            )


def _raise_watermark(state: State, sequence: int) -> None:
    state.watermark = sequence + ATTEMPT_AHEAD
