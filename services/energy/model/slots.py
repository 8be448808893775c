"""Energy of each interval of a meter by its register: measured, filled in or doubted.

A *slot* is an interval of account (a quarter of an hour unless set otherwise), counted from the
begin of 1970 in China Standard Time, so that 96 quarter hours are a day there. A *block* holds the
96 slots of a meter: of each the first and the last reading, its energy, its quality, and how often
it was restated. Energy of a slot is what the register grew by between its ends, taken in a straight
line between the readings around each end; so the energies of neighbouring slots add up to what the
register grew by, to the last digit.

Which slots depend on a new reading is exact: those between the reading before it and the one after.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from services.energy.model.register_checks import ROLLOVER_SHARE

SLOTS: Final = 96
"""Slots of a block: a day of quarter hours."""

CST_US: Final = 8 * 3_600_000_000
NOTHING: Final = -(2**62)
"""Time of a slot's reading when there is none."""

GAP_SLOTS: Final = SLOTS
"""A gap longer than a block is not filled in: what passed then is known, not when."""

FILLED_FROM: Final = 2
"""Readings further apart than so many slots have a gap between them; readings that are late by
less than one slot each do not."""

SAME: Final = 1e-9
"""Energies that differ by no more are the same: sums in another order."""

_HEAD: Final = np.dtype(
    [("first_us", "<i8"), ("first", "<f8"), ("last_us", "<i8"), ("last", "<f8")]
)
_HOUR_US: Final = 3_600_000_000


class Quality(enum.IntEnum):
    """How far the energy of a slot is known; the numbers are the contract's and the store's."""

    UNKNOWN = 0
    MEASURED = 1
    ESTIMATED = 2
    ROLLBACK = 3
    IMPOSSIBLE = 4
    BEYOND_REGISTER = 5

    @property
    def is_doubt(self) -> bool:
        """Return whether there were readings, and they can't be believed."""
        return self >= Quality.ROLLBACK


@dataclass(frozen=True, slots=True)
class Register:
    """What a meter can show. ``maximum`` 0 and ``capacity_kva`` 0 mean that it is not known."""

    maximum: float
    capacity_kva: float
    multiplier: float
    power_factor_over: float


@dataclass(slots=True)
class Block:
    """96 slots of a meter. ``number`` counts blocks; ``changed`` says whether to store it."""

    number: int
    marks: npt.NDArray[np.void]
    kwh: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    restated: npt.NDArray[np.uint16]
    changed: bool = False

    @classmethod
    def empty(cls, number: int) -> Block:
        """Return a block without a reading."""
        marks = np.zeros(SLOTS, _HEAD)
        marks["first_us"] = marks["last_us"] = NOTHING
        return cls(
            number, marks, np.zeros(SLOTS), np.zeros(SLOTS, np.uint8), np.zeros(SLOTS, np.uint16)
        )

    @classmethod
    def of(cls, number: int, marks: bytes, kwh: bytes, quality: bytes, restated: bytes) -> Block:
        """Return a block as it was stored."""
        return cls(
            number,
            np.frombuffer(marks, _HEAD).copy(),
            np.frombuffer(kwh, "<f8").copy(),
            np.frombuffer(quality, "u1").copy(),
            np.frombuffer(restated, "<u2").copy(),
        )

    @property
    def first_slot(self) -> int:
        """Return the number of its first slot."""
        return self.number * SLOTS


@dataclass(frozen=True, slots=True)
class Change:
    """A slot that was known and is known otherwise since, or that is newly doubted."""

    slot: int
    version: int
    kwh_before: float
    quality_before: Quality
    kwh_after: float
    quality_after: Quality

    @property
    def is_restated(self) -> bool:
        """Return whether something was known before."""
        return self.quality_before is not Quality.UNKNOWN


@dataclass(slots=True)
class Outcome:
    """What readings made of a meter's blocks: what changed, with how many slots were new."""

    changes: list[Change] = field(default_factory=list)
    new_slots: int = 0


def slot_of(time_us: npt.NDArray[np.int64], slot_us: int) -> npt.NDArray[np.int64]:
    """Return the numbers of the slots that times fall into."""
    return (time_us + CST_US) // slot_us


def slot_begin_us(slot: int, slot_us: int) -> int:
    """Return when a slot begins, in Unix microseconds."""
    return slot * slot_us - CST_US


def needed_blocks(time_us: npt.NDArray[np.int64], slot_us: int) -> list[int]:
    """Return the numbers of the blocks that readings may change or depend on."""
    touched = np.unique(slot_of(time_us, slot_us) // SLOTS)
    return sorted({int(each) + step for each in touched for step in (-1, 0, 1)})


def take(
    blocks: Mapping[int, Block],
    time_us: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    register: Register,
    slot_us: int,
) -> Outcome:
    """Put readings into blocks and restate exactly the slots that depend on them.

    ``blocks`` are all of ``needed_blocks``; they are changed in place. A reading at the time of one
    that is there is taken for its repetition.
    """
    outcome = Outcome()
    order = np.argsort(time_us, kind="stable")
    time_us, value = time_us[order], value[order]
    if not _place(blocks, time_us, value, slot_us):
        return outcome
    for low, high in _runs(sorted(blocks)):
        run = [blocks[number] for number in range(low, high + 1)]
        begin_us = slot_begin_us(low * SLOTS, slot_us)
        end_us = slot_begin_us((high + 1) * SLOTS, slot_us)
        inside = time_us[(time_us >= begin_us) & (time_us < end_us)]
        if inside.size:
            _restate(run, int(inside[0]), int(inside[-1]), register, slot_us, outcome)
    return outcome


def _place(
    blocks: Mapping[int, Block],
    time_us: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    slot_us: int,
) -> bool:
    """Widen the slots' first and last readings; say whether anything has changed."""
    slots = slot_of(time_us, slot_us)
    begins = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
    ends = np.r_[begins[1:], slots.size] - 1
    changed = False
    for begin, end in zip(begins, ends, strict=True):
        block = blocks[int(slots[begin]) // SLOTS]
        mark = block.marks[int(slots[begin]) % SLOTS]
        if mark["first_us"] == NOTHING or time_us[begin] < mark["first_us"]:
            mark["first_us"], mark["first"] = time_us[begin], value[begin]
            block.changed = changed = True
        if time_us[end] > mark["last_us"]:
            mark["last_us"], mark["last"] = time_us[end], value[end]
            block.changed = changed = True
    return changed


def _runs(numbers: list[int]) -> Iterable[tuple[int, int]]:
    """Yield first and last of each run of neighbouring numbers."""
    begin = numbers[0]
    for before, after in zip(numbers, [*numbers[1:], None], strict=True):
        if after is None or after != before + 1:
            yield begin, before
            begin = after if after is not None else begin


def _restate(
    run: list[Block],
    first_us: int,
    last_us: int,
    register: Register,
    slot_us: int,
    outcome: Outcome,
) -> None:
    times, values = _readings(run)
    before = int(np.searchsorted(times, first_us, "left")) - 1
    after = int(np.searchsorted(times, last_us, "right"))
    low_us = times[max(before, 0)]
    high_us = times[min(after, times.size - 1)]
    first = run[0].first_slot
    low = max(int(slot_of(low_us, slot_us)) - first, 0)
    high = min(int(slot_of(high_us, slot_us)) - first, len(run) * SLOTS - 1)
    span = np.arange(low, high + 1)
    kwh, quality = _energy(times, values, first + span, register, slot_us)
    for offset, amount, known in zip(span, kwh, quality, strict=True):
        block, position = run[int(offset) // SLOTS], int(offset) % SLOTS
        _state(block, position, float(amount), Quality(int(known)), outcome)


def _state(block: Block, position: int, kwh: float, quality: Quality, outcome: Outcome) -> None:
    old_quality, old = Quality(int(block.quality[position])), float(block.kwh[position])
    if quality is old_quality and abs(kwh - old) <= SAME * max(1.0, abs(old)):
        return
    if old_quality is Quality.UNKNOWN:
        outcome.new_slots += 1
    else:
        block.restated[position] += 1
    block.kwh[position], block.quality[position] = kwh, quality
    block.changed = True
    if old_quality is not Quality.UNKNOWN or quality.is_doubt:
        version = int(block.restated[position]) + 1
        slot = block.first_slot + position
        outcome.changes.append(Change(slot, version, old, old_quality, kwh, quality))


def _readings(run: list[Block]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    marks = np.concatenate([block.marks for block in run])
    marks = marks[marks["first_us"] != NOTHING]
    times = np.stack([marks["first_us"], marks["last_us"]], axis=1).reshape(-1)
    values = np.stack([marks["first"], marks["last"]], axis=1).reshape(-1)
    kept = np.r_[True, times[1:] > times[:-1]]
    return times[kept], values[kept]


def _energy(
    times: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    slots: npt.NDArray[np.int64],
    register: Register,
    slot_us: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    """Return energy and quality of neighbouring slots by the readings around them."""
    begin = slots * slot_us - CST_US
    end = begin + slot_us
    quality = np.zeros(slots.size, np.uint8)
    if times.size < 2:  # noqa: PLR2004 - one reading says nothing of what passed
        return np.zeros(slots.size), quality
    grown, doubt = _segments(times, values, register)
    total = np.r_[0.0, np.cumsum(grown)]
    # Relative to the first: Unix microseconds as floats would lose the last ones.
    origin = times[0]
    at = (times - origin).astype(np.float64)
    kwh = np.interp((end - origin).astype(np.float64), at, total) - np.interp(
        (begin - origin).astype(np.float64), at, total
    )
    known = (begin >= times[0]) & (end <= times[-1])
    # Segments that a slot meets: those that end after its begin and begin before its end.
    first = np.searchsorted(times, begin, "right") - 1
    last = np.searchsorted(times, end, "left")
    long = np.diff(times) > FILLED_FROM * slot_us
    too_long = np.diff(times) > GAP_SLOTS * slot_us
    for position in np.flatnonzero(known):
        met = slice(max(int(first[position]), 0), max(int(last[position]), 1))
        worst = int(doubt[met].max(initial=0))
        if worst:
            quality[position] = worst
        elif too_long[met].any():
            quality[position] = Quality.UNKNOWN
        else:
            quality[position] = Quality.ESTIMATED if long[met].any() else Quality.MEASURED
    kwh[(quality == Quality.UNKNOWN) | (quality >= Quality.ROLLBACK)] = 0.0
    return kwh * register.multiplier, quality


def _segments(
    times: npt.NDArray[np.int64], values: npt.NDArray[np.float64], register: Register
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    """Return what the register grew by between neighbouring readings, and why to doubt it."""
    grown = np.diff(values)
    hours = np.diff(times) / _HOUR_US
    doubt = np.zeros(grown.size, np.uint8)
    most = np.full(grown.size, np.inf)
    if register.capacity_kva > 0:
        most = register.capacity_kva * register.power_factor_over * hours / register.multiplier
    back = grown < 0
    if register.maximum > 0:
        beyond = (values < 0) | (values >= register.maximum)
        doubt[beyond[1:] | beyond[:-1]] = Quality.BEYOND_REGISTER
        rolled = grown + register.maximum
        may = np.minimum(most, ROLLOVER_SHARE * register.maximum)
        over = back & (rolled <= may)
        grown = np.where(over, rolled, grown)
        back = back & ~over
    doubt[(doubt == 0) & back] = Quality.ROLLBACK
    doubt[(doubt == 0) & (grown > most)] = Quality.IMPOSSIBLE
    return np.where(doubt > 0, 0.0, grown), doubt
