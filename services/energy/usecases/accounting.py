"""Readings into energy: each batch once; what it restates and what depends on that, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from services.energy.model import slots
from services.energy.model.metering import CHECKS_RULE
from services.energy.model.records import MeterRow, UnitBlock
from services.energy.model.slots import Block, Change, Outcome, Quality, Register
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, noticing, quotas, settlement
from services.plumbing.rules import CHINA_STANDARD_TIME, Rule
from tianfu import subjects
from tianfu.energy.v1 import events_pb2
from tianfu.energy.v1 import unit_pb2 as pb

CONSUMER: Final = "readings"
DOUBTS: Final = {
    Quality.ROLLBACK: "REGISTER_ROLLBACK",
    Quality.IMPOSSIBLE: "POWER_IMPOSSIBLE",
    Quality.BEYOND_REGISTER: "BEYOND_REGISTER",
}
SeriesKey = tuple[str, str]
Points = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings of one batch that meters may be interested in; ``name`` is its identity."""

    name: str
    points: Mapping[SeriesKey, Points]


@dataclass(slots=True)
class Recorded:
    """What became of batches."""

    repeated: int = 0
    intervals: int = 0
    restated: int = 0
    doubted: int = 0


@dataclass(slots=True)
class _Touched:
    """Totals to be made anew: by unit, energy and block, whether one of its intervals changed."""

    totals: dict[tuple[str, str, int], bool] = field(default_factory=dict)
    restated: dict[str, set[int]] = field(default_factory=dict)

    def add(self, meter: MeterRow, block: Block, changes: Sequence[Change]) -> None:
        """Note that a block of a meter has changed."""
        own = [c for c in changes if c.is_restated and c.slot // slots.SLOTS == block.number]
        if own:
            self.restated.setdefault(meter.unit_id, set()).update(each.slot for each in own)
        if meter.is_entry:
            key = (meter.unit_id, meter.energy, block.number)
            self.totals[key] = self.totals.get(key, False) or bool(own)


def record_batches(
    tx: Transaction, desk: Desk, batches: Sequence[Batch], *, now: datetime
) -> Recorded:
    """Account for batches of readings, all in one transaction."""
    recorded = Recorded()
    fresh = [each for each in batches if tx.first_time(CONSUMER, each.name)]
    recorded.repeated = len(batches) - len(fresh)
    known = tx.meters_of({key for batch in fresh for key in batch.points}) if fresh else {}
    rule = desk.rule(CHECKS_RULE, now)
    touched = _Touched()
    # One order for all: two transactions that change the same meters wait, and do not deadlock.
    for key in sorted(known, key=lambda each: (known[each].unit_id, known[each].meter_id)):
        _record_meter(tx, desk, known[key], key, fresh, rule, touched, recorded, now)
    for (unit_id, energy, number), restated in sorted(touched.totals.items()):
        _total(tx, unit_id, energy, number, restated=restated, now=now)
    for unit_id, year in sorted(_years(desk, touched)):
        quotas.reassess(tx, desk, unit_id, year, now=now)
    for unit_id, changed in sorted(touched.restated.items()):
        settlement.resettle(tx, desk, unit_id, changed, now=now)
    return recorded


def _record_meter(
    tx: Transaction,
    desk: Desk,
    meter: MeterRow,
    key: SeriesKey,
    batches: Sequence[Batch],
    rule: Rule,
    touched: _Touched,
    recorded: Recorded,
    now: datetime,
) -> None:
    slot_us = desk.interval_s * 1_000_000
    own = [each for each in batches if key in each.points]
    times = np.concatenate([each.points[key][0] for each in own])
    values = np.concatenate([each.points[key][1] for each in own])
    numbers = slots.needed_blocks(times, slot_us)
    blocks = tx.blocks(meter, numbers)
    for number in numbers:
        blocks.setdefault(number, Block.empty(number))
    outcome = slots.take(blocks, times, values, _register(meter, rule), slot_us)
    changed = [each for each in blocks.values() if each.changed]
    tx.put_blocks(meter, changed)
    for block in changed:
        touched.add(meter, block, outcome.changes)
    _tell(tx, meter, outcome, own[-1].name, slot_us, rule, now)
    recorded.intervals += outcome.new_slots
    recorded.restated += sum(each.is_restated for each in outcome.changes)
    recorded.doubted += sum(each.quality_after.is_doubt for each in outcome.changes)


def _register(meter: MeterRow, rule: Rule) -> Register:
    return Register(
        meter.register_max,
        meter.capacity_kva,
        meter.multiplier,
        rule.number("power_factor_over"),
    )


def _tell(
    tx: Transaction,
    meter: MeterRow,
    outcome: Outcome,
    cause: str,
    slot_us: int,
    rule: Rule,
    now: datetime,
) -> None:
    """Keep both versions of what was restated, and tell of it and of what is doubted."""
    restated = [each for each in outcome.changes if each.is_restated]
    if restated:
        first = tx.add_restatements(meter, restated, cause, now)
        event = events_pb2.MeterRestated()
        for offset, change in enumerate(restated):
            event.restatements.append(
                restatement_to(first + offset, meter.name, change, cause, slot_us, now)
            )
        event.event_time.FromDatetime(now)
        tx.emit(subjects.event("energy", "meter-restated"), event, f"energy-restated-{first}")
    for change in outcome.changes:
        kind = DOUBTS.get(change.quality_after)
        if kind is None:
            continue
        begin = consumption.moment_of(slots.slot_begin_us(change.slot, slot_us))
        end = consumption.moment_of(slots.slot_begin_us(change.slot + 1, slot_us))
        noticing.notice(
            tx,
            unit_id=meter.unit_id,
            meter=meter.name,
            kind=kind,
            explanation=f"{meter.meter_id}: the register from {begin:%Y-%m-%d %H:%M:%S} UTC on "
            f"for {slot_us // 1_000_000} s says {kind}; the interval has no energy",
            start=begin,
            end=end,
            rule_version=rule.version,
            now=now,
        )


def restatement_to(
    number: int, meter: str, change: Change, cause: str, slot_us: int, now: datetime
) -> pb.Restatement:
    """Return a restatement as the contract has it."""
    message = pb.Restatement(
        number=number,
        meter=meter,
        version=change.version,
        amount_before=change.kwh_before,
        quality_before=pb.IntervalQuality.ValueType(int(change.quality_before)),
        amount_after=change.kwh_after,
        quality_after=pb.IntervalQuality.ValueType(int(change.quality_after)),
        cause=cause,
    )
    begin = consumption.moment_of(slots.slot_begin_us(change.slot, slot_us))
    message.start_time.FromDatetime(begin)
    message.restate_time.FromDatetime(now)
    return message


def _total(
    tx: Transaction, unit_id: str, energy: str, number: int, *, restated: bool, now: datetime
) -> None:
    """Make a unit's total of a block anew; keep the one before when it was restated."""
    entries = [
        each.meter_id for each in tx.meters(unit_id) if each.is_entry and each.energy == energy
    ]
    rows = tx.energies(unit_id, entries, number)
    kwh = np.stack([np.frombuffer(each[1], "<f8") for each in rows])
    quality = np.stack([np.frombuffer(each[2], "u1") for each in rows])
    bad = (quality == Quality.UNKNOWN) | (quality >= Quality.ROLLBACK)
    missing = (len(entries) - len(rows)) * slots.SLOTS
    before = tx.unit_block(unit_id, energy, number)
    version = 1 if before is None else before.version + (1 if restated else 0)
    after = UnitBlock(
        unit_id,
        energy,
        number,
        float(kwh.sum()),
        int(bad.sum()) + missing,
        int((quality == Quality.ESTIMATED).sum()),
        version,
    )
    tx.put_unit_block(after)
    if before is not None and restated:
        tx.add_total_restatement(before, after, now)


def _years(desk: Desk, touched: _Touched) -> set[tuple[str, int]]:
    found = set()
    for unit_id, _, number in touched.totals:
        begin_us = slots.slot_begin_us(number * slots.SLOTS, desk.interval_s * 1_000_000)
        begin = consumption.moment_of(begin_us).astimezone(CHINA_STANDARD_TIME)
        found.add((unit_id, begin.year))
    return found
