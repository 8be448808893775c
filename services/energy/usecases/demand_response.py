"""Demand response: programs, events with their orders, reports, and settlement by the meters."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.energy.model import demand_response as model
from services.energy.model.orders import RELEASED_BY, Equipment
from services.energy.model.records import EQUIPMENT, AssetRow, derived
from services.energy.ports import Desk, Transaction
from services.energy.usecases import keeping, ordering, warnings
from services.energy.usecases.ordering import Draft
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import FailedPrecondition
from services.plumbing.rules import Rule
from tianfu.energy.v1 import demand_response_pb2 as pb
from tianfu.energy.v1 import dispatch_pb2, setpoint_pb2

PROGRAM: Final = "demand-response-program"
EVENT: Final = "demand-response-event"
REPORT: Final = "demand-response-report"
AFTERWARDS: Final = timedelta(hours=1)
"""How long equipment may take to be let go again after an emergency."""


class EventElsewhere(FailedPrecondition):
    """An event that was called by OpenADR is called off by OpenADR: its VENs have to hear of it."""

    reason = "EVENT_OF_OPENADR"


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


def cancel_event(
    tx: Transaction, desk: Desk, name: str, actor: str, *, now: datetime
) -> pb.DemandResponseEvent:
    """Call an event off, once; raise EventElsewhere for one that OpenADR clients know."""
    event = keeping.parsed(pb.DemandResponseEvent, keeping.body(tx, EVENT, name))
    if event.HasField("cancel_time"):
        return event
    if tx.openadr_object(name.removeprefix("demandResponseEvents/")) is not None:
        raise EventElsewhere("its VENs know it by OpenADR: delete the event there", field="name")
    off = pb.DemandResponseEvent(name=name)
    return change_event(tx, desk, off, actor, now=now)


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
