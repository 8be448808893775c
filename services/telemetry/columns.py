"""Batches' readings joined into one block's columns, in the order in which the store keeps them.

The store sorts what it is given by series and time, at 90 ns a reading. A batch names its series
by position in a short table, so the order of a whole block can be had from 16-bit ranks, which a
radix sort orders in a tenth of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from services.telemetry.registry import Resolved
from tianfu.batch_decoder import DecodedBatch

RANKS_MAX: Final = 1 << 16
"""Series of a block that 16-bit ranks can tell apart; more take wider ones, at a higher cost."""


class Part(Protocol):
    """A batch and its table of series."""

    @property
    def batch(self) -> DecodedBatch:
        """The batch."""
        ...

    @property
    def table(self) -> Resolved:
        """The series that its indices point to."""
        ...


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings of some batches. ``time_us`` is Unix microseconds; all are equally long."""

    series: npt.NDArray[np.uint64]
    time_us: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    retention_class: npt.NDArray[np.uint8]

    @property
    def rows(self) -> int:
        """How many readings there are."""
        return len(self.series)


def join(parts: Sequence[Part]) -> Columns:
    """Join batches' readings, ordered by series and time.

    Readings of one series and moment stay in the order in which they came.
    """
    parts = [part for part in parts if part.batch.header.count]
    if not parts:
        return _empty()
    tables, starts = _tables(parts)
    ids, rank_of = np.unique(np.concatenate([t.ids for t in tables]), return_inverse=True)
    # A series' class is part of what its id is made of, so that one id has one class.
    classes = np.empty(len(ids), np.uint8)
    classes[rank_of] = np.concatenate([t.retention_classes for t in tables])
    rank_of = rank_of.astype(np.uint16 if len(ids) <= RANKS_MAX else np.uint32)
    rank = np.concatenate(
        [rank_of[starts[id(p.table)] :].take(p.batch.series_index) for p in parts]
    )
    order = np.argsort(rank, kind="stable")
    counts = np.bincount(rank, minlength=len(ids))
    # Each gathered before the next is joined: what was just written is still near.
    time_us = _times(parts).take(order)
    value = np.concatenate([p.batch.value for p in parts]).take(order)
    quality = np.concatenate([p.batch.quality for p in parts]).take(order)
    if not _rising(time_us, counts):
        order = np.lexsort((time_us, np.repeat(np.arange(len(ids)), counts)))
        time_us, value, quality = time_us[order], value[order], quality[order]
    return Columns(np.repeat(ids, counts), time_us, value, quality, np.repeat(classes, counts))


def _tables(parts: Sequence[Part]) -> tuple[list[Resolved], dict[int, int]]:
    """Return each table once, and where its series begin when all are joined, by identity."""
    tables: list[Resolved] = []
    starts: dict[int, int] = {}
    length = 0
    for part in parts:
        table = part.table
        if id(table) not in starts:
            starts[id(table)] = length
            tables.append(table)
            length += len(table.ids)
    return tables, starts


def _times(parts: Sequence[Part]) -> npt.NDArray[np.int64]:
    counts = [p.batch.header.count for p in parts]
    time_us = np.concatenate([p.batch.time_offset_us for p in parts]).astype(np.int64)
    time_us += np.repeat(np.array([p.batch.header.base_time_us for p in parts], np.int64), counts)
    return time_us


def _rising(time_us: npt.NDArray[np.int64], counts: npt.NDArray[np.intp]) -> bool:
    """Say whether times never fall within a series; ``counts`` are the series' readings."""
    falls = time_us[1:] < time_us[:-1]
    begins = np.cumsum(counts)[:-1]
    falls[begins[(begins > 0) & (begins < len(time_us))] - 1] = False
    return not falls.any()


def _empty() -> Columns:
    none = np.empty(0, np.uint8)
    return Columns(
        np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.float64), none, none
    )
