"""Surge plans: what hospitals in a warning's area do, once for each hospital and event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from services.healthcare.model import surge
from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.model.records import derived
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import keeping
from services.healthcare.usecases.keeping import Making
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2 as warning_events
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.healthcare.v1 import events_pb2, region_pb2

ACTOR: Final = "healthcare"
ORDERED: Final = "ORDERED"
STOOD_DOWN: Final = "STOOD_DOWN"
AT_ONCE: Final = 2_000
"""Plans of one event: every hospital of the province."""


def hear(
    tx: Transaction,
    desk: Desk,
    name: str,
    facts: warning_events.WarningFacts,
    event_time: datetime,
    *,
    over: bool,
    now: datetime,
) -> int:
    """Take an event of a warning under its name, once; return how many plans it made or ended."""
    if not tx.first_time(derived("w", name)):
        return 0
    if over:
        return stand_down(tx, facts, now=now)
    return order(tx, desk, facts, event_time, now=now)


def order(
    tx: Transaction,
    desk: Desk,
    facts: warning_events.WarningFacts,
    event_time: datetime,
    *,
    now: datetime,
) -> int:
    """Order surge plans for a warning's new version; return how many are new.

    A hospital that has one for this event gets no second. A warning that is over orders nothing,
    however late it is heard of.
    """
    rule = desk.surge(now)
    trigger = rule.trigger(facts.event_code, earthquake=bool(facts.earthquake))
    if trigger is None or facts.expire_time.ToDatetime(UTC) <= now:
        return 0
    colours = {each.place_code: int(each.colour) for each in facts.counties}
    shaking = {
        each.place_code: each
        for each in facts.shaking.counties
        if surge.is_forecast(each.intensity)
    }
    intensities = {place: each.intensity for place, each in shaking.items()}
    found = tx.documents_at(Kind.HOSPITAL, surge.counties_of(trigger, colours, intensities))
    event = event_of(facts)
    own = {each.document_id: derived("s", each.document_id, event) for each in found}
    known = tx.known_documents(Kind.SURGE_PLAN, sorted(own.values()))
    made, template = [], _plan(facts, rule, trigger, event_time, now)
    for document in found:
        name = own[document.document_id]
        if name in known:
            continue
        # What all have alike is made once: 200 hospitals hear of it in the time of some.
        plan = region_pb2.SurgePlan()
        plan.CopyFrom(template)
        plan.name, plan.hospital = f"surgePlans/{name}", f"hospitals/{document.document_id}"
        if document.place in shaking:
            plan.intensity = shaking[document.place].intensity
            plan.s_arrival_time.CopyFrom(shaking[document.place].s_arrival_time)
        columns = {
            "parent": document.document_id,
            "label": ORDERED,
            "place": document.place,
            "cause": event,
        }
        made.append(keeping.new(Kind.SURGE_PLAN, Making(ACTOR, name, "", now), plan, **columns))
        keeping.note(tx, ACTOR, "surgePlans.order", plan.name, now)
        _tell(tx, events_pb2.SurgeOrdered, "surge-ordered", plan, document.place, now)
    # A province's hospitals at once: a statement each would take longer than they have.
    tx.put_documents(made)
    return len(made)


def stand_down(tx: Transaction, facts: warning_events.WarningFacts, *, now: datetime) -> int:
    """End the surge plans of a warning that was taken back or is over; return how many."""
    ended = []
    for document in tx.documents(Kind.SURGE_PLAN, Wanted(cause=event_of(facts)), 0, AT_ONCE):
        if document.label == STOOD_DOWN:
            continue
        plan = region_pb2.SurgePlan.FromString(document.body)
        plan.state = region_pb2.SURGE_STATE_STOOD_DOWN
        body = keeping.encoded(plan)
        ended.append(replace(document, body=body, update_time=now, label=STOOD_DOWN))
        keeping.note(tx, ACTOR, "surgePlans.standDown", plan.name, now)
        _tell(tx, events_pb2.SurgeStoodDown, "surge-stood-down", plan, document.place, now)
    tx.put_documents(ended)
    return len(ended)


def event_of(facts: warning_events.WarningFacts) -> str:
    """Return what a warning is about: its earthquake, else itself; an exercise is another."""
    drill = facts.channel == warning_pb2.WARNING_CHANNEL_DRILL
    return f"{'drill' if drill else 'live'}:{facts.earthquake or facts.warning}"


def _plan(
    facts: warning_events.WarningFacts,
    rule: surge.Surge,
    trigger: surge.Trigger,
    event_time: datetime,
    now: datetime,
) -> region_pb2.SurgePlan:
    """Return a plan of nobody yet."""
    plan = region_pb2.SurgePlan(
        warning=facts.warning,
        earthquake=facts.earthquake,
        event_code=facts.event_code,
        drill=facts.channel == warning_pb2.WARNING_CHANNEL_DRILL,
        state=region_pb2.SURGE_STATE_ORDERED,
        rule_version=rule.version,
        delay_ms=max(0, round((now - event_time).total_seconds() * 1000)),
        actions=[
            region_pb2.SurgeAction(
                kind=region_pb2.SurgeActionKind.ValueType(each), text=surge.TEXTS[each]
            )
            for each in trigger.actions
        ],
    )
    plan.create_time.FromDatetime(now)
    plan.report_by_time.FromDatetime(now + rule.report_within)
    return plan


def _tell(
    tx: Transaction, sort: Any, name: str, plan: region_pb2.SurgePlan, place: str, now: datetime
) -> None:
    event = sort(
        surge_plan=plan.name,
        hospital=plan.hospital,
        place_code=place,
        warning=plan.warning,
        earthquake=plan.earthquake,
        drill=plan.drill,
    )
    if isinstance(event, events_pb2.SurgeOrdered):
        event.actions.extend(each.kind for each in plan.actions)
        event.intensity = plan.intensity
        if plan.HasField("s_arrival_time"):
            event.s_arrival_time.CopyFrom(plan.s_arrival_time)
    event.event_time.FromDatetime(now)
    tx.emit(
        subjects.event("healthcare", name),
        event,
        f"healthcare-{name}-{plan.name.partition('/')[2]}",
        # Hospitals are told side by side: what one hears says nothing of the other's.
        group=f"{name}-{plan.warning}",
    )


def acknowledge(
    tx: Transaction, own: str, clinician: str, *, now: datetime
) -> region_pb2.SurgePlan:
    """Take a plan over in somebody's name; a second time, by whoever, changes nothing."""
    document, plan = keeping.found(tx, Kind.SURGE_PLAN, own, region_pb2.SurgePlan)
    if document.label != ORDERED:
        return plan
    plan.state = region_pb2.SURGE_STATE_ACKNOWLEDGED
    plan.clinician = clinician
    plan.acknowledge_time.FromDatetime(now)
    keeping.changed(tx, document, plan, now, label="ACKNOWLEDGED")
    keeping.note(tx, clinician, "surgePlans.acknowledge", plan.name, now)
    return plan


def beds_reported(tx: Transaction, hospital_id: str, *, now: datetime) -> None:
    """Note in a hospital's open plans that it has counted its beds."""
    for found in tx.documents(Kind.SURGE_PLAN, Wanted(parent=hospital_id), 0, 20):
        document, plan = keeping.found(tx, Kind.SURGE_PLAN, found.document_id, region_pb2.SurgePlan)
        if document.label != STOOD_DOWN and not plan.HasField("bed_report_time"):
            plan.bed_report_time.FromDatetime(now)
            keeping.changed(tx, document, plan, now)
