"""Settlement of demand response: what an event is worth to a unit, by its meters or its reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from services.energy.model import demand_response as model
from services.energy.model import slots, standard_coal
from services.energy.model.demand_response import BaselineRule
from services.energy.model.records import Document, MeterRow
from services.energy.model.report_retention import RETENTION_RULE, is_known
from services.energy.model.slots import Quality
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, keeping
from services.energy.usecases.demand_response import EVENT, PROGRAM, Span, span_of
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import FailedPrecondition
from services.plumbing.rules import CHINA_STANDARD_TIME
from tianfu.energy.v1 import demand_response_pb2 as pb

SETTLEMENT: Final = "settlement"
LOOK_BACK_DAYS: Final = 60
"""How far back similar days are looked for."""

EVENTS_AT_ONCE: Final = 200
"""Settled events read at once."""

SATURDAY: Final = 5


class EventNotOver(FailedPrecondition):
    """An event is settled when it is over, and its unit's intervals are known."""

    reason = "EVENT_NOT_OVER"


class NotAParticipant(FailedPrecondition):
    """The unit takes no part in the event's program."""

    reason = "NOT_A_PARTICIPANT"


class ReportsForgotten(FailedPrecondition):
    """An event of so long ago that the reports it would be settled by are kept no longer."""

    reason = "REPORTS_FORGOTTEN"


class EventCancelled(FailedPrecondition):
    """An event that was called off is not settled."""

    reason = "EVENT_CANCELLED"


def settle(
    tx: Transaction, desk: Desk, event_name: str, unit: str, *, now: datetime
) -> pb.Settlement:
    """Settle an event for a unit by its meters as they are known now.

    The same data give the same settlement; others give a new version, and the former is kept.
    """
    event = keeping.parsed(pb.DemandResponseEvent, keeping.body(tx, EVENT, event_name))
    program = keeping.parsed(pb.DemandResponseProgram, keeping.body(tx, PROGRAM, event.program))
    if unit not in (event.units or program.units):
        raise NotAParticipant(f"{unit} takes no part in {event.program}", field="unit")
    if event.HasField("cancel_time"):
        raise EventCancelled(f"{event_name} was called off", field="name")
    if span_of(event).end > now:
        raise EventNotOver(f"{event_name} is not over yet", field="name")
    name = f"{event_name}/{unit}"
    found = tx.document(SETTLEMENT, name)
    last = None if found is None else keeping.parsed(pb.Settlement, found.body)
    if not _is_still_known(tx, desk, event, unit, now):
        if last is None:
            raise ReportsForgotten(
                f"what {unit} reported of {event_name} is kept no longer, and it was never settled",
                field="name",
            )
        return last
    made = _settlement(tx, desk, event, unit)
    made.version = 1 if last is None else last.version
    if last is not None:
        made.settle_time.CopyFrom(last.settle_time)
        if last == made:
            return last
        made.version += 1
    made.settle_time.FromDatetime(now)
    _keep_version(tx, name, made, now, is_first=last is None)
    return made


def _is_still_known(
    tx: Transaction, desk: Desk, event: pb.DemandResponseEvent, unit: str, now: datetime
) -> bool:
    """Return whether what a settlement rests on is kept: meters' energy is, reports go."""
    rule = desk.rule(RETENTION_RULE, now)
    look_back = timedelta(days=LOOK_BACK_DAYS)
    return is_known(rule, span_of(event).start, look_back, now) or bool(_entry_meters(tx, unit))


def _keep_version(
    tx: Transaction, name: str, made: pb.Settlement, now: datetime, *, is_first: bool
) -> None:
    body = made.SerializeToString(deterministic=True)
    tx.add_document(SETTLEMENT, name, Document(f"{name}@{made.version:06d}", "", body), now)
    if is_first:
        tx.add_document(SETTLEMENT, "", Document(name, "", body), now)
    else:
        tx.replace_document(SETTLEMENT, name, body)


def resettle(
    tx: Transaction, desk: Desk, unit_id: str, changed: Collection[int], *, now: datetime
) -> None:
    """Settle anew what depends on intervals of a unit that were restated, and nothing else."""
    unit = f"units/{unit_id}"
    for event in _settled_events(tx, unit_id):
        span = span_of(event)
        first = _slot(desk, span.start - timedelta(days=LOOK_BACK_DAYS))
        last = _slot(desk, span.end)
        if event.HasField("cancel_time") or not any(first <= slot <= last for slot in changed):
            continue
        try:
            settle(tx, desk, event.name, unit, now=now)
        except FailedPrecondition as refusal:
            # What was read is accounted for all the same; the settlement stays as it was made.
            name, details = f"{event.name}/{unit}", {"reason": refusal.reason}
            tx.audit(Entry(now, "energy", f"{SETTLEMENT}.not-made-anew", name, details=details))


def _settled_events(tx: Transaction, unit_id: str) -> Iterator[pb.DemandResponseEvent]:
    after = ""
    while True:
        names = tx.settled_events(unit_id, after, EVENTS_AT_ONCE)
        for name in names:
            yield keeping.parsed(pb.DemandResponseEvent, keeping.body(tx, EVENT, name))
        if len(names) < EVENTS_AT_ONCE:
            return
        after = names[-1]


def _slot(desk: Desk, moment: datetime) -> int:
    return (consumption.microseconds(moment) + slots.CST_US) // (desk.interval_s * 1_000_000)


def _settlement(
    tx: Transaction, desk: Desk, event: pb.DemandResponseEvent, unit: str
) -> pb.Settlement:
    span = span_of(event)
    rule_row = desk.rule(model.DR_RULE, span.start)
    rule = BaselineRule.of(rule_row)
    low, high = _slot(desk, span.start), _slot(desk, span.end - timedelta(microseconds=1)) + 1
    actual, unknown = _load(tx, unit, low, high)
    made = pb.Settlement(
        event=event.name, unit=unit, rule_version=rule.version, unknown_intervals=unknown
    )
    if unknown:
        return made
    before = round(rule_row.number("adjustment_hours") * 3600 / desk.interval_s)
    notice = _slot(desk, span.notice)
    days, before_days = _similar_days(
        tx, desk, unit, span, (low, high), (notice - before, notice), rule.days_looked_at
    )
    today, missing = _load(tx, unit, notice - before, notice)
    expected = model.baseline(
        days,
        rule,
        before_kwh=() if missing or not before else tuple(today),
        before_days_kwh=before_days,
    )
    made.baseline_kwh.extend(expected.kwh)
    made.adjustment = expected.adjustment
    made.actual_kwh.extend(actual)
    if event.committed_kwh > 0:
        found = model.settle(expected, list(actual), event.committed_kwh, rule)
        made.shed_kwh.extend(found.shed_kwh)
        made.delivered_share = found.delivered_share
        made.paid_kwh = found.paid_kwh
        made.amount_cny = found.yuan
        made.delivered = found.is_delivered
    return made


def _load(tx: Transaction, unit: str, low: int, high: int) -> tuple[list[float], int]:
    """Return a unit's electricity by interval, and how many intervals are not known."""
    total = np.zeros(max(high - low, 0))
    unknown = np.zeros(total.size, bool)
    if not total.size:
        return [], 0
    unit_id = unit.removeprefix("units/")
    meters = _entry_meters(tx, unit)
    for meter in meters:
        kwh, quality = consumption.slot_energy(tx, meter, low, high)
        total += kwh
        unknown |= (quality == Quality.UNKNOWN) | (quality >= Quality.ROLLBACK)
    if not meters:
        # Without a meter of ours, what the participant reports is what there is.
        resources = tx.reporting_resources(unit_id)
        counted = np.zeros(total.size, np.int64)
        for slot, kwh_reported, count in tx.reported_usage(unit_id, low, high):
            total[slot - low] = kwh_reported
            counted[slot - low] = count
        if resources:
            unknown = counted < resources
    return [float(each) for each in total], int(unknown.sum())


def _entry_meters(tx: Transaction, unit: str) -> list[MeterRow]:
    return [
        each
        for each in tx.meters(unit.removeprefix("units/"))
        if each.is_entry and each.energy == standard_coal.ELECTRICITY
    ]


def _similar_days(
    tx: Transaction,
    desk: Desk,
    unit: str,
    span: Span,
    event_slots: tuple[int, int],
    before_slots: tuple[int, int],
    wanted: int,
) -> tuple[list[list[float]], list[list[float]]]:
    """Return the same intervals of earlier days of the same kind that are known, newest last."""
    per_day = 86_400 // desk.interval_s
    is_weekend = span.start.astimezone(CHINA_STANDARD_TIME).weekday() >= SATURDAY
    days: list[list[float]] = []
    befores: list[list[float]] = []
    for back in range(1, LOOK_BACK_DAYS + 1):
        day = (span.start - timedelta(days=back)).astimezone(CHINA_STANDARD_TIME)
        if (day.weekday() >= SATURDAY) != is_weekend:
            continue
        shift = back * per_day
        load, unknown = _load(tx, unit, event_slots[0] - shift, event_slots[1] - shift)
        before, missing = _load(tx, unit, before_slots[0] - shift, before_slots[1] - shift)
        if not unknown and not missing:
            days.insert(0, load)
            befores.insert(0, before)
        if len(days) == wanted:
            break
    return days, befores
