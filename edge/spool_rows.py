"""Rows of the spool's file: writing, dropping, and the tombstones that dropping leaves.

Every function runs inside a transaction of the spool and keeps the given state in step.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from typing import Final

from edge.spool_account import Drops, State, Tombstone, add, messages, packed, unpacked
from tianfu import batch_encoder, batch_limits
from tianfu.batch_encoder import Identity
from tianfu.reading.v1 import reading_batch_pb2 as pb

ROW_BYTES: Final = 128
"""What a row costs beside its payload: columns, index and page overhead, generously."""

TOMBSTONE_BYTES: Final = ROW_BYTES + 64
"""What a tombstone with one kind of drop costs."""

_TOMBSTONES: Final = "SELECT sequence, span, drops, produced_total FROM batch WHERE readings = 0"


class Rows:
    """The rows of one open file."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        node: str,
        epoch: int,
        *,
        bytes_max: int,
        age_us: Callable[[], int],
    ) -> None:
        """Take the file, what its batches are named by, and its bound."""
        self._connection = connection
        self._node = node
        self._epoch = epoch
        self._bytes_max = bytes_max
        self._age_us = age_us

    def write(
        self, state: State, sequence: int, span: int, priority: int, readings: int, drops: Drops,
        produced_total: int, payload: bytes, traceparent: str,
    ) -> None:  # fmt: skip
        """Write a batch or a tombstone and count it."""
        size = len(payload) + ROW_BYTES
        self._connection.execute(
            "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                sequence, span, priority, readings, size, packed(drops), produced_total,
                self._age_us(), traceparent, zlib.crc32(payload), payload,
            ),
        )  # fmt: skip
        state.used_bytes += size
        state.waiting_readings += readings
        state.waiting_batches += 1

    def make_room(self, state: State, size: int, priority: int) -> bool:
        """Drop the lowest priority first, the oldest first, never above ``priority``."""
        lacking = state.used_bytes + size - self._bytes_max
        if lacking <= 0:
            return True
        found = self._connection.execute(
            "SELECT sequence, bytes FROM batch"
            " WHERE readings > 0 AND priority <= ? AND sequence > ? ORDER BY priority, sequence",
            (priority, state.attempted),
        )
        victims: list[int] = []
        for sequence, row_bytes in found:
            # A neighbour of the last victim shares its tombstone.
            is_neighbour = bool(victims) and victims[-1] == sequence - 1
            lacking -= row_bytes if is_neighbour else max(0, row_bytes - TOMBSTONE_BYTES)
            victims.append(sequence)
            if lacking <= 0:
                found.close()
                self.drop(state, victims, pb.DROP_REASON_SPOOL_FULL)
                return True
        return False

    def drop(self, state: State, sequences: Sequence[int], reason: int) -> None:
        """Replace stored batches by tombstones."""
        for sequence in sequences:
            row = self._connection.execute(
                "SELECT span, priority, readings, drops, produced_total FROM batch"
                " WHERE sequence = ?",
                (sequence,),
            ).fetchone()
            if row is None:
                continue
            span, priority, readings, text, produced_total = row
            drops = unpacked(text)
            if readings:
                lost = {(priority, reason): readings}
                add(drops, lost)
                add(state.dropped, lost)
            self.delete(state, [sequence])
            self.bury(state, Tombstone(sequence, span, drops, produced_total))

    def bury(self, state: State, tombstone: Tombstone) -> None:
        """Write a tombstone, as one with its neighbours unless one of them was attempted."""
        if tombstone.sequence > state.attempted:
            tombstone = self._joined(state, tombstone)
        payload = batch_encoder.encode_tombstone(
            Identity(self._node, self._epoch, tombstone.sequence, tombstone.span),
            produced_total=tombstone.produced_total,
            drops=messages(tombstone.drops),
        )
        self.write(
            state, tombstone.sequence, tombstone.span, 0, 0, tombstone.drops,
            tombstone.produced_total, payload, "",
        )  # fmt: skip

    def _joined(self, state: State, tombstone: Tombstone) -> Tombstone:
        before = self._connection.execute(
            f"{_TOMBSTONES} AND sequence = ? AND sequence > ?",
            (tombstone.sequence - tombstone.span, state.attempted),
        ).fetchone()
        if before is not None:
            first = Tombstone(before[0], before[1], unpacked(before[2]), before[3])
            tombstone = self._merged(state, first, tombstone) or tombstone
        after = self._connection.execute(
            f"{_TOMBSTONES} AND sequence > ? ORDER BY sequence LIMIT 1", (tombstone.sequence,)
        ).fetchone()
        if after is not None and after[0] - after[1] == tombstone.sequence:
            last = Tombstone(after[0], after[1], unpacked(after[2]), after[3])
            tombstone = self._merged(state, tombstone, last) or tombstone
        return tombstone

    def _merged(self, state: State, first: Tombstone, last: Tombstone) -> Tombstone | None:
        span = first.span + last.span
        if span > batch_limits.SPAN_MAX:
            return None
        drops = dict(first.drops)
        add(drops, last.drops)
        self.delete(state, [first.sequence, last.sequence])
        return Tombstone(last.sequence, span, drops, last.produced_total)

    def delete(self, state: State, sequences: Sequence[int]) -> None:
        """Delete rows and take them from the counts."""
        for sequence in sequences:
            row = self._connection.execute(
                "DELETE FROM batch WHERE sequence = ? RETURNING readings, bytes", (sequence,)
            ).fetchone()
            if row is not None:
                state.waiting_readings -= row[0]
                state.used_bytes -= row[1]
                state.waiting_batches -= 1
