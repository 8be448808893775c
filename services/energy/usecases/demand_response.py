"""Demand response: programs, events with their orders, reports, and settlement by the meters."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from services.energy.model import demand_response as model
from services.energy.model import slots, standard_coal
from services.energy.model.demand_response import BaselineRule
from services.energy.model.orders import RELEASED_BY, Equipment
from services.energy.model.records import EQUIPMENT, AssetRow, Document, MeterRow, derived
from services.energy.model.report_retention import RETENTION_RULE, is_known
from services.energy.model.slots import Quality
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, keeping, ordering, warnings
from services.energy.usecases.ordering import Draft
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import FailedPrecondition
from services.plumbing.rules import CHINA_STANDARD_TIME, Rule
from tianfu.energy.v1 import demand_response_pb2 as pb
from tianfu.energy.v1 import dispatch_pb2, setpoint_pb2

PROGRAM: Final = "demand-response-program"
EVENT: Final = "demand-response-event"
REPORT: Final = "demand-response-report"
SETTLEMENT: Final = "settlement"
LOOK_BACK_DAYS: Final = 60
"""How far back similar days are looked for."""

EVENTS_AT_ONCE: Final = 200
"""Settled events read at once."""

SATURDAY: Final = 5
AFTERWARDS: Final = timedelta(hours=1)
"""How long equipment may take to be let go again after an emergency."""


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


@dataclass(frozen=True, slots=True)
class Span:
    """When an event is, and when its notice was given."""

    start: datetime
    end: datetime
    notice: datetime


def span_of(event: pb.DemandResponseEvent) -> Span:
    """Return when an event is."""
    start = event.start_time.ToDatetime(UTC)
    # Of an event that was called when it had begun, its begin is the notice.
    notice = min(start, event.create_time.ToDatetime(UTC))
    end = max((end for _, _, end in spans(event)), default=start)
    return Span(start, end, notice)


def spans(
    event: pb.DemandResponseEvent, shift: timedelta = timedelta(0)
) -> Iterator[tuple[pb.EventInterval, datetime, datetime]]:
    """Yield an event's intervals with begin and end, all later by ``shift``."""
    begin = event.start_time.ToDatetime(UTC) + shift
    for interval in event.intervals:
        if interval.HasField("start_time"):
            begin = interval.start_time.ToDatetime(UTC) + shift
        end = begin + timedelta(seconds=interval.duration_s)
        yield interval, begin, end
        begin = end


def create_program(
    tx: Transaction, program: pb.DemandResponseProgram, digest: str, actor: str, *, now: datetime
) -> pb.DemandResponseProgram:
    """Store a program."""
    found = keeping.known(tx, PROGRAM, program.name, digest)
    if found is not None:
        return keeping.parsed(pb.DemandResponseProgram, found)
    for unit in program.units:
        keeping.body(tx, "unit", unit)
    keeping.keep(tx, PROGRAM, "", program, digest, actor, now)
    return program


def create_event(
    tx: Transaction,
    desk: Desk,
    event: pb.DemandResponseEvent,
    digest: str,
    actor: str,
    *,
    now: datetime,
) -> pb.DemandResponseEvent:
    """Call an event, and give the orders that it makes."""
    found = keeping.known(tx, EVENT, event.name, digest)
    if found is not None:
        return keeping.parsed(pb.DemandResponseEvent, found)
    if not event.HasField("start_time"):
        event.start_time.FromDatetime(now)
    event.create_time.FromDatetime(now)
    drafts = _all_drafts(tx, desk, event, now)
    ids = ordering.give(
        tx, desk, event.name, drafts, exercise=event.exercise, cause_time=now, now=now
    )
    event.orders.extend(ids)
    keeping.keep(tx, EVENT, "", event, digest, actor, now)
    return event


def change_event(
    tx: Transaction, desk: Desk, event: pb.DemandResponseEvent, actor: str, *, now: datetime
) -> pb.DemandResponseEvent:
    """Put a changed event in the place of what it was; without intervals it is called off.

    Equipment that has orders of the event gets new ones of a later generation, which take the
    place of those. Where there are none any more, one order lets it go.
    """
    stored = keeping.body(tx, EVENT, event.name)
    last = keeping.parsed(pb.DemandResponseEvent, stored)
    event.create_time.CopyFrom(last.create_time)
    event.revision = last.revision + 1
    if not event.intervals:
        # What it was stays readable; that it does not hold any more is said by its time.
        event.CopyFrom(last)
        event.revision = last.revision + 1
        event.cancel_time.FromDatetime(now)
    del event.orders[:]
    is_off = event.HasField("cancel_time")
    drafts = [] if is_off else _all_drafts(tx, desk, event, now)
    again = {each.asset.asset_id for each in drafts}
    drafts += _let_go(tx, desk, last, event.revision, again, now)
    ids = ordering.give(
        tx, desk, event.name, drafts, exercise=event.exercise, cause_time=now, now=now
    )
    event.orders.extend([*last.orders, *ids])
    tx.replace_document(EVENT, event.name, event.SerializeToString(deterministic=True))
    verb = "cancel" if is_off else "change"
    tx.audit(Entry(now, actor, f"{EVENT}.{verb}", event.name))
    return event


def _all_drafts(
    tx: Transaction, desk: Desk, event: pb.DemandResponseEvent, now: datetime
) -> list[Draft]:
    """Return the orders of an event to all the equipment that it is for, in order of time."""
    program = keeping.parsed(pb.DemandResponseProgram, keeping.body(tx, PROGRAM, event.program))
    rule = desk.rule(model.DR_RULE, now)
    called = {each.removeprefix("units/") for each in event.units or program.units}
    assets = tx.assets_of(called, event.place_codes)
    drafts = [draft for asset in assets for draft in _drafts(event, asset, rule, now)]
    return sorted(drafts, key=lambda each: (each.start, each.asset.asset_id))


def _let_go(
    tx: Transaction,
    desk: Desk,
    last: pb.DemandResponseEvent,
    revision: int,
    again: Collection[str],
    now: datetime,
) -> list[Draft]:
    """Return orders that end those of an event's last revision, but for equipment named again."""
    rule = desk.rule(model.DR_RULE, now)
    found: dict[str, Draft] = {}
    for order_id in last.orders:
        stored = tx.order(order_id)
        asset = None if stored is None else tx.asset(stored.asset_id)
        if stored is None or asset is None or asset.asset_id in again:
            continue
        if stored.generation != last.revision + 1 or stored.expire_time <= now:
            continue
        back = RELEASED_BY.get(EQUIPMENT[asset.equipment].action)
        power = setpoint_pb2.SETPOINT_ACTION_SET_POWER
        was_power = dispatch_pb2.Order.FromString(stored.body).action == power
        if not was_power and back is None:
            continue
        # What was made safe is let go; what ran at a power runs at none.
        action = power if was_power or back is None else warnings.ACTIONS[back]
        span = (now, now + AFTERWARDS)
        found[asset.asset_id] = _order(last, asset, action, 0, span, rule, 0.0, revision)
    return [found[each] for each in sorted(found)]


def _drafts(
    event: pb.DemandResponseEvent, asset: AssetRow, rule: Rule, now: datetime
) -> list[Draft]:
    """Return an event's orders to a piece of equipment, in order of time."""
    spread = timedelta(seconds=event.randomize_start_s)
    seed = hashlib.sha256(f"{event.name}|{asset.asset_id}".encode()).digest()
    start = event.start_time.ToDatetime(UTC)
    shift = model.start_of(start.isoformat(), now, spread, int.from_bytes(seed[:8], "big")) - start
    found: list[Draft] = []
    for interval, begin, end in spans(event, shift):
        if interval.payload_type == pb.PAYLOAD_TYPE_ALERT_GRID_EMERGENCY:
            # An emergency waits for nobody: no spreading, and nothing of the past is left out.
            found += _emergency(event, asset, interval.interval, rule, now, max(end, now))
        elif (
            interval.payload_type == pb.PAYLOAD_TYPE_DISPATCH_SETPOINT
            and EQUIPMENT[asset.equipment] is Equipment.BATTERY
            and interval.values
            and end > now
        ):
            power = setpoint_pb2.SETPOINT_ACTION_SET_POWER
            within = (begin, end)
            found.append(
                _order(event, asset, power, interval.interval, within, rule, interval.values[0])
            )
    return found


def _emergency(
    event: pb.DemandResponseEvent,
    asset: AssetRow,
    number: int,
    rule: Rule,
    now: datetime,
    end: datetime,
) -> list[Draft]:
    """Return what makes equipment safe, and what lets it go; gas is none of the grid's affairs."""
    action = EQUIPMENT[asset.equipment].action
    back = RELEASED_BY.get(action)
    if back is None:
        return []
    acts = warnings.ACTIONS
    return [
        _order(event, asset, acts[action], number, (now, end), rule),
        _order(event, asset, acts[back], number, (end, end + AFTERWARDS), rule),
    ]


def _order(
    event: pb.DemandResponseEvent,
    asset: AssetRow,
    action: setpoint_pb2.SetpointAction,
    number: int,
    span: tuple[datetime, datetime],
    rule: Rule,
    value_kw: float = 0.0,
    revision: int | None = None,
) -> Draft:
    generation = 1 + (event.revision if revision is None else revision)
    parts = ["dr", event.name, asset.asset_id, str(number), str(int(action))]
    if generation > 1:
        parts.append(str(generation))
    return Draft(
        derived(*parts),
        asset,
        action,
        f"dr:{event.name}",
        generation,
        span[0],
        span[1],
        f"interval {number} of {event.name}",
        rule.version,
        value_kw,
    )


def create_report(
    tx: Transaction, report: pb.DemandResponseReport, digest: str, actor: str, *, now: datetime
) -> pb.DemandResponseReport:
    """Take a report of a participant."""
    found = keeping.known(tx, REPORT, report.name, digest)
    if found is not None:
        return keeping.parsed(pb.DemandResponseReport, found)
    parent = report.name.rpartition("/reports/")[0]
    keeping.body(tx, EVENT, parent)
    keeping.keep(tx, REPORT, parent, report, digest, actor, now)
    return report


# -- settlement -----------------------------------------------------------------------------------


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
