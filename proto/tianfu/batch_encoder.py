"""Encode reading batches with the standard library alone, so that the smallest node can.

``BatchBuilder`` collects readings in packed columns; ``encode`` gives them their identity.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tianfu import batch_limits as limits
from tianfu.reading.v1 import reading_batch_pb2 as pb

_SERIES_ID: Final = re.compile(limits.SERIES_ID_PATTERN)
_UNIT: Final = re.compile(limits.UNIT_PATTERN)


class BatchFull(ValueError):
    """The reading does not fit the open batch; close it and begin another."""

    reason = "BATCH_FULL"


@dataclass(frozen=True)
class SeriesKey:
    """A series as a batch's table names it. ``unit`` is UCUM."""

    series: str
    unit: str
    retention_class: pb.RetentionClass = pb.RETENTION_CLASS_STANDARD_UNSPECIFIED

    def __post_init__(self) -> None:
        """Raise ValueError for an id or a unit that a reader would refuse."""
        if not _SERIES_ID.fullmatch(self.series):
            raise ValueError(f"series {self.series!r}: need 1 to 127 of a-z 0-9 . _ -")
        if not _UNIT.fullmatch(self.unit):
            raise ValueError(f"series {self.series!r}: unit {self.unit!r} is not a UCUM code")


@dataclass(frozen=True)
class Identity:
    """What a batch is, for ever: made when the spool stores it."""

    node: str
    epoch: int
    sequence: int
    span: int = 1


@dataclass
class BatchBuilder:
    """The open batch: readings of one priority, in packed columns."""

    priority: pb.Priority = pb.PRIORITY_ROUTINE
    base_time_us: int | None = None
    _table: dict[SeriesKey, int] = field(default_factory=dict)
    _index: array[int] = field(default_factory=lambda: array("H"))
    _offset: array[int] = field(default_factory=lambda: array("i"))
    _value: array[float] = field(default_factory=lambda: array("d"))
    _quality: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self._quality)

    def add(self, key: SeriesKey, time_us: int, value: float, quality: int) -> None:
        """Add a reading at Unix ``time_us``; raise BatchFull when it does not fit."""
        if self.base_time_us is None:
            self.base_time_us = time_us
        offset = time_us - self.base_time_us
        position = self._table.get(key)
        if len(self) >= limits.READINGS_MAX or abs(offset) > limits.OFFSET_US_MAX:
            raise BatchFull(f"{len(self)} readings, offset {offset} us")
        if position is None:
            if len(self._table) >= limits.SERIES_MAX:
                raise BatchFull(f"{limits.SERIES_MAX} series")
            position = self._table[key] = len(self._table)
        self._index.append(position)
        self._offset.append(offset)
        self._value.append(value)
        self._quality.append(quality)

    def message(self, *, clock_offset_us: int = limits.UNMEASURED_US) -> pb.ReadingBatch:
        """Return the readings as a message without identity."""
        return pb.ReadingBatch(
            format=limits.FORMAT,
            base_time_us=self.base_time_us or 0,
            clock_offset_us=clock_offset_us,
            series_table=pb.SeriesTable(
                series=[
                    pb.Series(series=k.series, unit=k.unit, retention_class=k.retention_class)
                    for k in self._table
                ]
            ).SerializeToString(deterministic=True),
            count=len(self),
            compression=pb.COMPRESSION_NONE,
            series_index=_little_endian(self._index),
            time_offset_us=_little_endian(self._offset),
            value=_little_endian(self._value),
            quality=bytes(self._quality),
            priority=self.priority,
        )


def encode(
    message: pb.ReadingBatch,
    identity: Identity,
    *,
    produced_total: int,
    drops: Iterable[pb.Drop] = (),
    zstd_level: int | None = None,
) -> bytes:
    """Return ``message`` under its identity, as bytes that are the same at each resending.

    ``produced_total`` counts the epoch's readings up to and including this batch. With a
    ``zstd_level`` the columns become one zstd frame (needs the package ``zstandard``).
    """
    message.node = identity.node
    message.epoch = identity.epoch
    message.sequence = identity.sequence
    message.span = identity.span
    message.produced_total = produced_total
    message.drops.extend(drops)
    if zstd_level is not None:
        _compress(message, zstd_level)
    return bytes(message.SerializeToString(deterministic=True))


def encode_tombstone(identity: Identity, *, produced_total: int, drops: Iterable[pb.Drop]) -> bytes:
    """Return the message that stands for dropped sequence numbers."""
    message = pb.ReadingBatch(
        format=limits.FORMAT,
        clock_offset_us=limits.UNMEASURED_US,
        compression=pb.COMPRESSION_NONE,
    )
    return encode(message, identity, produced_total=produced_total, drops=drops)


def _little_endian(column: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _compress(message: pb.ReadingBatch, level: int) -> None:
    import zstandard  # noqa: PLC0415 - optional: only who compresses needs it

    columns = message.series_index + message.time_offset_us + message.value + message.quality
    message.packed = zstandard.ZstdCompressor(level=level).compress(columns)
    for name in ("series_index", "time_offset_us", "value", "quality"):
        message.ClearField(name)
    message.compression = pb.COMPRESSION_ZSTD
