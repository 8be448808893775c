"""Decode reading batches into numpy columns without copying, refusing whatever is malformed.

No bytes whatever make ``decode`` raise anything but InvalidBatch, or allocate more than a small
multiple of ``PAYLOAD_BYTES_MAX``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import zstandard
from google.protobuf.message import DecodeError

from tianfu import batch_limits as limits
from tianfu.reading.v1 import reading_batch_pb2 as pb
from tianfu.subjects import NODE_ID_PATTERN

QUALITY_MAX: Final = max(pb.Quality.values())
SMALL_TABLE_BYTES: Final = 1_024
SMALL_TABLES: Final = 4_096
"""Small series tables (some 40 series) remembered as parsed and sound. A parsed table takes up to
thirty times its bytes, so that a node that sends ever other ones can take 130 MB, and no more."""
LARGE_TABLE_BYTES: Final = 8_192
LARGE_TABLES: Final = 256
"""As above, of large ones: 60 MB at worst. A still larger table is parsed each time."""

_SERIES_ID: Final = re.compile(limits.SERIES_ID_PATTERN)
_UNIT: Final = re.compile(limits.UNIT_PATTERN)
_RETENTION_CLASSES: Final = frozenset(pb.RetentionClass.values())


class InvalidBatch(ValueError):
    """Bytes that are no acceptable batch. ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence that says what is wrong."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """A batch whose columns have equal length, whose indices and values are sound.

    ``table`` is the serialised series table, by which a reader may remember what it made of it.
    ``time_us`` is Unix microseconds (int64) by the node's clock, ``time_offset_us`` (int32) those
    after the header's base time; ``series_index`` (uint16) points into ``series``; ``value`` is
    float64 and finite; ``quality`` is uint8. The columns are read-only views into the message.
    """

    header: pb.ReadingBatch
    table: bytes
    series: tuple[pb.Series, ...]
    series_index: npt.NDArray[np.uint16]
    time_offset_us: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]

    @property
    def time_us(self) -> npt.NDArray[np.int64]:
        """Times of the readings; made anew at each call."""
        time_us = self.time_offset_us.astype(np.int64)
        time_us += self.header.base_time_us
        return time_us

    @property
    def first_sequence(self) -> int:
        """First of the sequence numbers this batch stands for."""
        return self.header.sequence - max(self.header.span, 1) + 1


def decode(payload: bytes) -> DecodedBatch:
    """Return the batch in ``payload``; raise InvalidBatch with the reason when there is none."""
    batch = framed(payload)
    check_columns(batch)
    return batch


def checked(header: pb.ReadingBatch) -> DecodedBatch:
    """Return a parsed message as a sound batch; raise InvalidBatch when it is not one."""
    batch = _framed(header)
    check_columns(batch)
    return batch


def framed(payload: bytes) -> DecodedBatch:
    """Return the batch in ``payload``, its columns not yet looked into.

    Raise InvalidBatch as ``decode`` does for all but what ``check_columns`` finds. Whoever decodes
    many asks ``are_sound`` of all together, at a third of the cost.
    """
    if len(payload) > limits.PAYLOAD_BYTES_MAX:
        raise _too_large(len(payload), "bytes", limits.PAYLOAD_BYTES_MAX)
    try:
        header = pb.ReadingBatch.FromString(payload)
    except DecodeError as error:
        raise InvalidBatch("BATCH_MALFORMED", "the bytes are no ReadingBatch") from error
    return _framed(header)


def _framed(header: pb.ReadingBatch) -> DecodedBatch:
    _check_header(header)
    table = header.series_table
    return DecodedBatch(header, table, parse_table(table), *_columns(header))


def check_columns(batch: DecodedBatch) -> None:
    """Raise InvalidBatch unless each index names a series, and values and qualities are sound."""
    if not batch.header.count:
        return
    top = int(batch.series_index.max())
    if top >= len(batch.series):
        raise InvalidBatch("SERIES_UNKNOWN", f"index {top} of {len(batch.series)} series")
    if not np.isfinite(batch.value).all():
        raise InvalidBatch("VALUE_NOT_FINITE", "a value is NaN or infinite")
    worst = int(batch.quality.max())
    if worst > QUALITY_MAX:
        raise InvalidBatch("QUALITY_UNKNOWN", f"quality {worst}; the highest is {QUALITY_MAX}")


def are_sound(batches: Sequence[DecodedBatch]) -> bool:
    """Return whether ``check_columns`` finds nothing in any of these, each of which has readings.

    False also for finite values whose sum is not: then each has to be looked at by itself.
    """
    if not batches:
        return True
    counts = np.array([batch.header.count for batch in batches])
    starts = np.cumsum(counts) - counts
    tops = np.maximum.reduceat(np.concatenate([b.series_index for b in batches]), starts)
    if (tops >= np.array([len(batch.series) for batch in batches])).any():
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.concatenate([batch.value for batch in batches]).sum()
    worst = np.concatenate([batch.quality for batch in batches]).max()
    return bool(np.isfinite(total) and worst <= QUALITY_MAX)


def _check_header(header: pb.ReadingBatch) -> None:
    if header.format != limits.FORMAT:
        raise InvalidBatch("FORMAT_UNKNOWN", f"format {header.format}; known is {limits.FORMAT}")
    if not NODE_ID_PATTERN.fullmatch(header.node):
        raise InvalidBatch("NODE_INVALID", "the node is no node id")
    if not 1 <= header.sequence <= limits.SEQUENCE_MAX:
        raise InvalidBatch("SEQUENCE_INVALID", f"sequence {header.sequence}: need 1 to 2^53")
    _check_extent(header)
    if abs(header.base_time_us) > 2**62:
        raise InvalidBatch("TIME_ABSURD", f"base time {header.base_time_us} us")
    if len(header.drops) > limits.DROPS_MAX:
        text = f"{len(header.drops)} drops; at most {limits.DROPS_MAX} are allowed"
        raise InvalidBatch("DROPS_TOO_MANY", text)
    if header.produced_total > limits.COUNT_MAX:
        raise InvalidBatch(
            "COUNT_ABSURD", f"produced_total {header.produced_total}: need 0 to 2^53"
        )
    if sum(drop.readings for drop in header.drops) > limits.COUNT_MAX:
        raise InvalidBatch("COUNT_ABSURD", "the drops add up to more than 2^53 readings")


def _too_large(number: int, unit: str, limit: int) -> InvalidBatch:
    return InvalidBatch("BATCH_TOO_LARGE", f"{number} {unit}; at most {limit} are allowed")


def _check_extent(header: pb.ReadingBatch) -> None:
    span = max(header.span, 1)
    if span > 1 and header.count:
        raise InvalidBatch("SPAN_INVALID", "a batch with readings stands for one sequence number")
    if span > min(header.sequence, limits.SPAN_MAX):
        raise InvalidBatch("SPAN_INVALID", f"span {span} at sequence {header.sequence}")
    if header.count > limits.READINGS_MAX:
        raise _too_large(header.count, "readings", limits.READINGS_MAX)


def parse_table(table: bytes) -> tuple[pb.Series, ...]:
    """Return the series of a serialised SeriesTable; raise InvalidBatch when it is unsound."""
    if len(table) <= SMALL_TABLE_BYTES:
        return _remembered_small(table)
    return (_remembered_large if len(table) <= LARGE_TABLE_BYTES else _parsed)(table)


def _parsed(table: bytes) -> tuple[pb.Series, ...]:
    try:
        entries = pb.SeriesTable.FromString(table).series
    except DecodeError as error:
        raise InvalidBatch("SERIES_INVALID", "the series table is no SeriesTable") from error
    if len(entries) > limits.SERIES_MAX:
        raise _too_large(len(entries), "series", limits.SERIES_MAX)
    series = tuple(entries)  # only now: each entry becomes an object
    for entry in series:
        if not (_SERIES_ID.fullmatch(entry.series) and _UNIT.fullmatch(entry.unit)):
            raise InvalidBatch("SERIES_INVALID", "a series id or unit is malformed")
        if entry.retention_class not in _RETENTION_CLASSES:
            raise InvalidBatch("SERIES_INVALID", f"retention class {entry.retention_class}")
    return series


_remembered_small = lru_cache(maxsize=SMALL_TABLES)(_parsed)
_remembered_large = lru_cache(maxsize=LARGE_TABLES)(_parsed)


def _columns(
    header: pb.ReadingBatch,
) -> tuple[
    npt.NDArray[np.uint16], npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.uint8]
]:
    count = header.count
    if header.compression == pb.COMPRESSION_NONE:
        parts = (header.series_index, header.time_offset_us, header.value, header.quality)
    elif header.compression == pb.COMPRESSION_ZSTD:
        parts = _unpacked(header)
    else:
        raise InvalidBatch("COMPRESSION_UNKNOWN", f"compression {header.compression}")
    if tuple(map(len, parts)) != (2 * count, 4 * count, 8 * count, count):
        raise InvalidBatch("COLUMNS_UNEQUAL", f"columns do not hold {count} readings each")
    return (
        np.frombuffer(parts[0], "<u2"),
        np.frombuffer(parts[1], "<i4"),
        np.frombuffer(parts[2], "<f8"),
        np.frombuffer(parts[3], "u1"),
    )


def _unpacked(header: pb.ReadingBatch) -> tuple[bytes, bytes, bytes, bytes]:
    count = header.count
    size = count * limits.BYTES_PER_READING
    try:
        # The frame's own word is checked first: decompress() would allocate what it claims.
        if zstandard.frame_content_size(header.packed) != size:
            raise InvalidBatch("COLUMNS_UNEQUAL", f"the frame does not hold {size} bytes")
        columns = zstandard.ZstdDecompressor(max_window_size=2**23).decompress(header.packed)
    except zstandard.ZstdError as error:
        raise InvalidBatch("FRAME_DAMAGED", "the columns are no zstd frame") from error
    if len(columns) != size:
        raise InvalidBatch("COLUMNS_UNEQUAL", f"the frame does not hold {size} bytes")
    ends = (2 * count, 6 * count, 14 * count)
    return (
        columns[: ends[0]],
        columns[ends[0] : ends[1]],
        columns[ends[1] : ends[2]],
        columns[ends[2] :],
    )
