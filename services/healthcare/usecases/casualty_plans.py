"""Casualty plans: casualties in, roads in; read to be solved, and what was solved put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.healthcare.model import ambulances
from services.healthcare.model import casualties as model
from services.healthcare.model.casualties import Person, Point, Taker
from services.healthcare.model.distribution import Incident, Plan, Weights
from services.healthcare.model.documents import Document, Kind, Wanted
from services.healthcare.model.triage import Tag, triage
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import announcing, hospitals, keeping
from services.healthcare.usecases.keeping import Making
from services.plumbing.refusal import FailedPrecondition, InvalidArgument, ResourceExhausted
from tianfu import subjects
from tianfu.healthcare.v1 import casualty_pb2 as pb
from tianfu.healthcare.v1 import decisions_pb2, events_pb2, region_pb2

OPEN: Final = hospitals.OPEN_PLAN
CLOSED: Final = "CLOSED"
CASUALTIES_MAX: Final = 10_000
"""Of one plan: an earthquake of a county. Beyond it, make a plan for each town."""

WAITING, DISPATCHED, ARRIVED = "WAITING", "DISPATCHED", "ARRIVED"


class PlanClosed(FailedPrecondition):
    """The plan is over."""

    reason = "CASUALTY_PLAN_CLOSED"


class PlaceUnknown(InvalidArgument):
    """The plan has no such place."""

    reason = "CASUALTY_PLACE_UNKNOWN"


class PlanFull(ResourceExhausted):
    """The plan has as many casualties as one may have."""

    reason = "CASUALTY_PLAN_FULL"


class NowhereToGo(FailedPrecondition):
    """The plan has no hospital for the casualty yet."""

    reason = "CASUALTY_HAS_NO_HOSPITAL"


class CasualtyGone(FailedPrecondition):
    """The casualty is on the way already."""

    reason = "CASUALTY_DISPATCHED"


def create_plan(tx: Transaction, asked: pb.CasualtyPlan, making: Making) -> pb.CasualtyPlan:
    """Begin a plan; the same asked again is answered as it then is."""
    before = keeping.known(tx, Kind.CASUALTY_PLAN, making, asked)
    if before is not None:
        return before
    names = [each.place for each in asked.places]
    if len(set(names)) < len(names):
        raise PlaceUnknown("a place is named twice", field="casualty_plan.places")
    kept = pb.CasualtyPlan(
        name=f"casualtyPlans/{making.document_id}",
        title=asked.title,
        places=asked.places,
        hospitals=asked.hospitals,
        state=pb.CASUALTY_PLAN_STATE_OPEN,
    )
    _merge(kept, asked.travel_times)
    kept.create_time.FromDatetime(making.now)
    keeping.made(tx, Kind.CASUALTY_PLAN, making, kept, label=OPEN, due_time=making.now)
    keeping.note(tx, making.actor, "casualtyPlans.create", kept.name, making.now)
    kept.dirty = True
    return kept


def _merge(plan: pb.CasualtyPlan, times: Sequence[pb.TravelTime]) -> None:
    known = {each.place for each in plan.places}
    found = {(each.place, each.hospital): each.minutes for each in plan.travel_times}
    for each in times:
        if each.place not in known:
            raise PlaceUnknown(f"the plan has no place {each.place!r}", field="travel_times")
        found[(each.place, each.hospital)] = each.minutes
    del plan.travel_times[:]
    for (place, hospital), minutes in sorted(found.items()):
        plan.travel_times.add(place=place, hospital=hospital, minutes=minutes)


def _open(tx: Transaction, own: str) -> tuple[Document, pb.CasualtyPlan]:
    document, plan = keeping.found(tx, Kind.CASUALTY_PLAN, own, pb.CasualtyPlan)
    if document.label != OPEN:
        raise PlanClosed("the plan is over; begin a new one", field="name")
    return document, plan


def report_travel_times(
    tx: Transaction, own: str, times: Sequence[pb.TravelTime], actor: str, *, now: datetime
) -> pb.CasualtyPlan:
    """Take what is known of the roads; raise PlanClosed or PlaceUnknown."""
    document, plan = _open(tx, own)
    _merge(plan, times)
    keeping.changed(tx, document, plan, now, due_time=now)
    keeping.note(tx, actor, "casualtyPlans.reportTravelTimes", plan.name, now)
    plan.dirty = True
    return plan


def close(tx: Transaction, own: str, actor: str, *, now: datetime) -> pb.CasualtyPlan:
    """End a plan; a second time changes nothing."""
    document, plan = keeping.found(tx, Kind.CASUALTY_PLAN, own, pb.CasualtyPlan)
    if document.label == OPEN:
        plan.state = pb.CASUALTY_PLAN_STATE_CLOSED
        keeping.changed(tx, document, plan, now, label=CLOSED, due_time=None)
        keeping.note(tx, actor, "casualtyPlans.close", plan.name, now)
    return plan


def shown(document: Document) -> pb.CasualtyPlan:
    """Return a plan, with whether something has changed since it was solved."""
    plan = pb.CasualtyPlan()
    plan.ParseFromString(document.body)
    plan.dirty = document.due_time is not None
    return plan


def create_casualty(
    tx: Transaction,
    desk: Desk,
    plan_id: str,
    asked: pb.Casualty,
    findings: Mapping[str, Any],
    making: Making,
) -> pb.Casualty:
    """Take a casualty, tag it, and have the plan solved again.

    Raises PlanClosed, PlaceUnknown, PlanFull, FindingUnknown.
    """
    own = f"{plan_id}/{making.document_id}"
    making = Making(making.actor, own, making.request_id, making.now)
    before = keeping.known(tx, Kind.CASUALTY, making, asked)
    if before is not None:
        return before
    document, plan = _open(tx, plan_id)
    if asked.place not in {each.place for each in plan.places}:
        raise PlaceUnknown("the plan has no such place", field="casualty.place")
    if tx.documents(Kind.CASUALTY, Wanted(parent=plan_id), CASUALTIES_MAX - 1, 1):
        raise PlanFull(f"a plan has at most {CASUALTIES_MAX} casualties; begin another")
    kept = pb.Casualty(
        name=f"casualtyPlans/{plan_id}/casualties/{own.partition('/')[2]}",
        place=asked.place,
        protocol=asked.protocol,
        findings=asked.findings,
        state=pb.CASUALTY_STATE_WAITING,
    )
    _tag(desk, kept, findings, making.now)
    kept.create_time.FromDatetime(making.now)
    kept.update_time.FromDatetime(making.now)
    keeping.made(tx, Kind.CASUALTY, making, kept, parent=plan_id, label=WAITING)
    keeping.changed(tx, document, plan, making.now, due_time=making.now)
    keeping.note(tx, making.actor, "casualties.create", kept.name, making.now)
    return kept


def _tag(desk: Desk, kept: pb.Casualty, findings: Mapping[str, Any], now: datetime) -> None:
    name = decisions_pb2.TriageProtocol.Name(kept.protocol).removeprefix("TRIAGE_PROTOCOL_")
    known = {name: value for name, value in findings.items() if value is not None}
    found = triage(desk.protocol(name, now), known)
    kept.tag = decisions_pb2.TriageTag.ValueType(0 if found.tag is None else found.tag)
    kept.ask = found.ask or ""
    del kept.path[:]
    kept.path.extend(found.path)
    kept.rule_version = found.rule_version


def assess(
    tx: Transaction,
    desk: Desk,
    plan_id: str,
    own: str,
    stated: Mapping[str, decisions_pb2.Value],
    plain: Any,
    actor: str,
    *,
    now: datetime,
) -> pb.Casualty:
    """Take what was found since, tag anew, and have the plan solved again.

    ``plain`` turns values of the contract into those of the model.
    """
    document, plan = _open(tx, plan_id)
    held, kept = keeping.found(tx, Kind.CASUALTY, f"{plan_id}/{own}", pb.Casualty)
    for name, value in stated.items():
        kept.findings[name].CopyFrom(value)
    _tag(desk, kept, plain(kept.findings), now)
    kept.update_time.FromDatetime(now)
    keeping.changed(tx, held, kept, now)
    keeping.changed(tx, document, plan, now, due_time=now)
    keeping.note(tx, actor, "casualties.assess", kept.name, now)
    return kept


def dispatch(
    tx: Transaction,
    plan_id: str,
    own: str,
    hospital: str,
    actor: str,
    *,
    arrived: bool,
    now: datetime,
) -> pb.Casualty:
    """Send a casualty off, or say that it arrived; raise NowhereToGo or CasualtyGone.

    Saying it again changes nothing; one who is on the way goes nowhere else by the plan.
    """
    document, plan = _open(tx, plan_id)
    held, kept = keeping.found(tx, Kind.CASUALTY, f"{plan_id}/{own}", pb.Casualty)
    goes = hospital or kept.hospital
    if not goes:
        raise NowhereToGo("the plan has no hospital for it yet; name one", field="hospital")
    wanted = ARRIVED if arrived else DISPATCHED
    if held.label == wanted and goes == kept.hospital:
        return kept
    if held.label == ARRIVED or (held.label == DISPATCHED and not arrived):
        raise CasualtyGone(f"the casualty is {held.label.lower()} already", field="name")
    kept.hospital = goes
    kept.state = pb.CasualtyState.Value(f"CASUALTY_STATE_{wanted}")
    kept.update_time.FromDatetime(now)
    keeping.changed(tx, held, kept, now, label=wanted)
    keeping.changed(tx, document, plan, now, due_time=now)
    keeping.note(tx, actor, "casualties.dispatch", kept.name, now, {"hospital": goes})
    return kept


@dataclass(frozen=True)
class Situation:
    """A plan as it was read to be solved."""

    plan_id: str
    version: int
    incident: Incident
    takers: tuple[Taker, ...]
    people: tuple[Person, ...]
    weights: Weights
    rule_versions: tuple[str, ...]


def due(tx: Transaction, *, now: datetime) -> list[str]:
    """Return the plans that have to be solved, who waits longest first."""
    return [each.document_id for each in tx.due_documents(Kind.CASUALTY_PLAN, now, 20)]


def situation(tx: Transaction, desk: Desk, own: str, *, now: datetime) -> Situation | None:
    """Read a plan to be solved; None when it is over, or no hospital has reported."""
    document = tx.document(Kind.CASUALTY_PLAN, own)
    if document is None or document.label != OPEN:
        return None
    plan = pb.CasualtyPlan.FromString(document.body)
    takers = tuple(_takers(tx, desk, set(plan.hospitals), now))
    people = tuple(_people(tx, own))
    places = {each.place: Point(each.latitude, each.longitude) for each in plan.places}
    stated = {(each.place, each.hospital): each.minutes for each in plan.travel_times}
    travel, weights = desk.travel(now), desk.weights(now)
    incident = model.incident(places, takers, people, stated, travel)
    versions = (weights.version, travel.version, desk.staleness(now).version)
    return Situation(own, document.version, incident, takers, people, weights, versions)


def _takers(tx: Transaction, desk: Desk, wanted: set[str], now: datetime) -> list[Taker]:
    rule, held = desk.staleness(now), announcing.held(tx, now)
    found = []
    for document, hospital in hospitals.all_hospitals(tx):
        if wanted and hospital.name not in wanted:
            continue
        kept = tx.document(Kind.BED_REPORT, document.document_id)
        if kept is None:
            continue
        report = region_pb2.BedReport.FromString(kept.body)
        capacity = hospitals.capacity(hospital.name, report)
        found.append(
            Taker(
                hospital.name,
                Point(hospital.latitude, hospital.longitude),
                capacity.emergency,
                ambulances.left(capacity.casualties, held.get(hospital.name, ())),
                capacity.report_time,
                rule.is_stale(capacity.report_time, now, incident=True),
            )
        )
    return found


def _people(tx: Transaction, plan_id: str) -> list[Person]:
    found = []
    wanted = Wanted(parent=plan_id)
    for document in tx.documents(Kind.CASUALTY, wanted, 0, CASUALTIES_MAX, by_id=True):
        kept = pb.Casualty.FromString(document.body)
        if not kept.tag:
            continue
        gone = document.label != WAITING
        found.append(
            Person(
                document.document_id,
                kept.place,
                Tag(kept.tag),
                document.create_time,
                kept.hospital if gone else "",
                document.update_time if document.label == ARRIVED else None,
            )
        )
    return found


def put_solution(tx: Transaction, read: Situation, solved: Plan, *, now: datetime) -> bool:
    """Keep a solution, with where each person goes and why; False when the plan is over.

    What changed since it was read leaves the plan due, so that it is solved again.
    """
    document = tx.document(Kind.CASUALTY_PLAN, read.plan_id)
    if document is None or document.label != OPEN:
        return False
    plan = pb.CasualtyPlan.FromString(document.body)
    plan.revision += 1
    plan.solve_time.FromDatetime(now)
    for name in ("rule_versions", "moves", "waits", "stale_hospitals"):
        plan.ClearField(name)
    plan.rule_versions.extend(read.rule_versions)
    plan.stale_hospitals.extend(each.hospital for each in read.takers if each.stale)
    for move in solved.moves:
        plan.moves.add(
            origin=move.origin,
            hospital=move.hospital,
            tag=decisions_pb2.TriageTag.ValueType(move.tag),
            count=move.count,
            minutes=move.minutes,
            nearest=move.nearest,
            passed_over=move.passed_over,
            over_capacity=move.over_capacity,
        )
    for origin, tag, count in solved.waiting:
        plan.waits.add(origin=origin, tag=decisions_pb2.TriageTag.ValueType(tag), count=count)
    placed = _place(tx, read, solved, plan.revision, now)
    unchanged = document.version == read.version
    keeping.changed(tx, document, plan, now, due_time=None if unchanged else document.due_time)
    event = events_pb2.CasualtyPlanSolved(
        casualty_plan=plan.name,
        revision=plan.revision,
        moved=placed,
        waiting=sum(each.count for each in plan.waits),
    )
    event.event_time.FromDatetime(now)
    name = f"healthcare-plan-{read.plan_id}-{plan.revision}"
    tx.emit(subjects.event("healthcare", "casualty-plan-solved"), event, name)
    return True


def _place(tx: Transaction, read: Situation, solved: Plan, revision: int, now: datetime) -> int:
    placed = 0
    for sent in model.assign(read.people, solved, read.takers):
        held, kept = keeping.found(tx, Kind.CASUALTY, sent.casualty, pb.Casualty)
        if held.label != WAITING:
            continue  # left in between
        placed += bool(sent.hospital)
        before = (kept.hospital, kept.minutes, kept.explanation)
        if before == (sent.hospital, sent.minutes, sent.explanation):
            continue
        kept.hospital, kept.minutes = sent.hospital, sent.minutes
        kept.explanation, kept.plan_revision = sent.explanation, revision
        keeping.changed(tx, held, kept, now)
    return placed
