"""From a node's batch to the readings of gauges that are in it: checked, corrected, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Final, Protocol

import numpy as np

from services.disaster_warning.model.gauge_list import FACTORS, Key, Slot
from services.disaster_warning.model.gauge_readings import GaugeReadings
from services.plumbing.refusal import InvalidArgument
from tianfu import batch_decoder, subjects
from tianfu.batch_decoder import DecodedBatch, InvalidBatch
from tianfu.batch_limits import UNMEASURED_US
from tianfu.reading.v1 import reading_batch_pb2 as pb

US: Final = 1e6
MEASURED: Final = (pb.QUALITY_GOOD_UNSPECIFIED, pb.QUALITY_UNCERTAIN)
"""Qualities that count. What is stale, filled in, out of its range or bad is no measurement: a
colour neither rises nor falls by it."""

CORRECTION_US_MAX: Final = 86_400 * 1_000_000
"""A clock that is wrong by more than a day was not measured against ours."""


class BatchRefused(InvalidArgument):
    """A batch that is not sound. ``reason`` is that of the batch decoder."""

    reason = "BATCH_INVALID"


class NodeMismatch(InvalidArgument):
    """A batch names another node than the subject that it came on."""

    reason = "NODE_MISMATCH"


class Arrival(Protocol):
    """What is read of a message."""

    @property
    def subject(self) -> str:
        """Where it was published."""
        ...

    @property
    def data(self) -> bytes:
        """What it carries."""
        ...


def readings_of(
    message: Arrival, slots: Mapping[Key, Slot], outcomes: Counter[str]
) -> GaugeReadings:
    """Return the readings of watched series; raise BatchRefused or NodeMismatch.

    What is passed over is counted in ``outcomes``: "unwatched" series, a "unit" that the quantity
    does not have, a "quality" that is no measurement.
    """
    try:
        batch = batch_decoder.decode(message.data)
    except InvalidBatch as error:
        raise _refusal(error.reason)(str(error)) from None
    node = batch.header.node
    try:
        named = subjects.reading_node(message.subject)
    except subjects.InvalidName:
        raise NodeMismatch("the subject names no node") from None
    if named != node:
        raise NodeMismatch(f"the batch names another node than its subject, which is {named}")
    keys = tuple(Key(node, each.series) for each in batch.series)
    factor = np.array([_factor(slots, key, batch.series[n]) for n, key in enumerate(keys)])
    return _taken(batch, keys, factor, outcomes)


_UNWATCHED: Final = 0.0
_WRONG_UNIT: Final = -1.0


def _factor(slots: Mapping[Key, Slot], key: Key, series: pb.Series) -> float:
    """Return what a series' values are multiplied with; see _UNWATCHED and _WRONG_UNIT."""
    slot = slots.get(key)
    if slot is None:
        return _UNWATCHED
    return FACTORS[slot.quantity].get(series.unit, _WRONG_UNIT)


def _taken(
    batch: DecodedBatch,
    keys: tuple[Key, ...],
    factor: np.ndarray[tuple[int], np.dtype[np.float64]],
    outcomes: Counter[str],
) -> GaugeReadings:
    index = batch.series_index.astype(np.int32)
    by = factor[index] if len(keys) else np.empty(0)
    measured = np.isin(batch.quality, MEASURED)
    ours = (by > 0) & measured
    outcomes["unwatched"] += int((by == _UNWATCHED).sum())
    outcomes["unit"] += int((by == _WRONG_UNIT).sum())
    outcomes["quality"] += int(((by > 0) & ~measured).sum())
    offset = batch.header.clock_offset_us
    known = offset != UNMEASURED_US and abs(offset) <= CORRECTION_US_MAX
    time_s = (batch.time_us[ours] + (offset if known else 0)) / US
    return once(GaugeReadings(keys, index[ours], time_s, batch.value[ours] * by[ours]))


def once(readings: GaugeReadings) -> GaugeReadings:
    """Return one reading of each series and time: the highest, which is the one that counts.

    So a node that says the same again and again fills neither the journal nor the minute.
    """
    if len(readings) < 2:  # noqa: PLR2004 - nothing to compare
        return readings
    order = np.lexsort((-readings.value, readings.time_s, readings.index))
    index, time_s = readings.index[order], readings.time_s[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (index[1:] != index[:-1]) | (time_s[1:] != time_s[:-1])
    kept = np.sort(order[first])
    return GaugeReadings(
        readings.keys, readings.index[kept], readings.time_s[kept], readings.value[kept]
    )


@cache
def _refusal(reason: str) -> type[BatchRefused]:
    """Return the refusal of a reason code; there are as many as the decoder has reasons."""
    return type("BatchRefused", (BatchRefused,), {"reason": reason})
