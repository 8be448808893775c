"""Draws: declared, revealed, published at once with all their visits, or void."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.credit_supervision.model import emergencies as emergency_model
from services.credit_supervision.model.calendar import WorkingDays
from services.credit_supervision.model.draws import (
    ENTITIES_MAX,
    REVEAL_TERM,
    Candidate,
    Draw,
    Finding,
    Inspection,
    State,
    Weighting,
)
from services.credit_supervision.model.emergencies import Emergency
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases import emergencies
from services.credit_supervision.usecases.declarations import Asked, Written
from services.credit_supervision.usecases.refused import InspectionsSuspended, SamePerson
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from services.plumbing.rules import RuleBook, day_of
from tianfu import inspection_beacon, inspection_proof, subjects
from tianfu.credit_supervision.v1 import events_pb2
from tianfu.inspection_beacon import BeaconRefused
from tianfu.inspection_draw import Visit

AREA: Final = "credit-supervision"
TERMS: Final = "inspection-terms"
PROVINCE: Final = "CN-51"


RETRY_AFTER: Final = timedelta(seconds=5)

CLOCKS: Final = timedelta(minutes=10)
"""What the clock of who found something may be off: a finding of later is no finding yet."""


class DrawNotFound(NotFound):
    """There is no such draw."""

    reason = "DRAW_UNKNOWN"


class DrawExists(AlreadyExists):
    """There is a draw of this id, declared otherwise."""

    reason = "DRAW_EXISTS"


class DrawTooLarge(InvalidArgument):
    """More entities than one draw may have."""

    reason = "DRAW_TOO_LARGE"


class DrawOpen(FailedPrecondition):
    """A draw of some of the same entities and departments is neither published nor void."""

    reason = "DRAW_OPEN"


class DrawLate(Unavailable):
    """Writing the declaration down took until its round was too near."""

    reason = "DRAW_LATE"


class VoidReasonMissing(InvalidArgument):
    """A draw by a beacon becomes void for a reason that is said."""

    reason = "VOID_REASON_MISSING"


class DrawStateWrong(FailedPrecondition):
    """The draw stands elsewhere."""

    reason = "DRAW_STATE_WRONG"


class NonceRefused(InvalidArgument):
    """Not the bytes that the department had committed to."""

    reason = "NONCE_REFUSED"


class InspectionNotFound(NotFound):
    """The entity was not drawn, or the draw is not published."""

    reason = "INSPECTION_UNKNOWN"


class FindingExists(AlreadyExists):
    """The department has reported something else on this visit."""

    reason = "FINDING_EXISTS"


class FindingUntimely(InvalidArgument):
    """A visit is found out about after the draw, and before it is reported."""

    reason = "FINDING_UNTIMELY"


class InspectorNotSent(PermissionDenied):
    """The badge is none of those that the draw sends."""

    reason = "INSPECTOR_NOT_SENT"


def roster(tx: Transaction, asked: Asked) -> Draw | Sequence[Candidate]:
    """Return the draw when it is declared already, or who may be drawn.

    Raises DrawTooLarge, and what keeps it from being declared.
    """
    earlier = _earlier(tx, asked)
    if earlier is not None:
        return earlier
    _alone(tx, asked)
    if tx.count_in(asked.place, ENTITIES_MAX + 1) > ENTITIES_MAX:
        raise DrawTooLarge(
            f"{asked.place} has more than {ENTITIES_MAX} entities: draw its parts one by one",
            field="draw.place_code",
        )
    strata = tx.strata(asked.place)
    if asked.weighting is Weighting.EVEN:
        return [Candidate(code, stratum) for code, stratum in strata]
    visited = tx.visited(asked.place)
    return [Candidate(code, stratum, visited.get(code)) for code, stratum in strata]


def declare(tx: Transaction, asked: Asked, written: Written, actor: str, *, now: datetime) -> Draw:
    """Keep all that a draw depends on, and publish the hash; again, it changes nothing."""
    tx.hold_draws()
    earlier = _earlier(tx, asked)
    if earlier is not None:
        return earlier
    _alone(tx, asked)
    draw = written.draw
    if (
        draw.round is not None
        and inspection_beacon.time_of(draw.round) < now + inspection_proof.LEAD
    ):
        raise DrawLate("it took until its round could be known; try again", retry_after=RETRY_AFTER)
    tx.add_draw(draw, written.lines)
    _note(tx, draw, actor, "draws.declare", now, commitment=draw.commitment)
    event = events_pb2.DrawDeclared(
        draw=draw.draw_id, commitment=draw.commitment, quicknet_round=draw.round or 0
    )
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event(AREA, "draw-declared"), event, f"draw-{draw.draw_id}-declared")
    return draw


def _earlier(tx: Transaction, asked: Asked) -> Draw | None:
    earlier = tx.draw(asked.draw_id)
    if earlier is not None and earlier.asked != asked.sha256:
        raise DrawExists(
            f"draw {asked.draw_id!r} is declared otherwise; choose another id", field="draw_id"
        )
    return earlier


def _alone(tx: Transaction, asked: Asked) -> None:
    """Raise DrawOpen while a draw of the same is open: of two, one could be chosen afterwards."""
    departments = [team.department for team in asked.teams]
    for each in tx.open_draws():
        if each.shares(asked.place, departments):
            raise DrawOpen(
                f"draw {each.draw_id!r} is open for {each.place}: publish it, or make it void",
                metadata={"draw": each.draw_id},
            )


def reveal(
    tx: Transaction, draw_id: str, department: str, nonce: bytes, actor: str, *, now: datetime
) -> Draw:
    """Note the bytes that a department had committed to; again, it changes nothing.

    A person reveals for one department: who knew all bytes beforehand would know the outcome.
    """
    draw = get_draw(tx, draw_id)
    committed = draw.commitments.get(department)
    if committed is None:
        raise NonceRefused(f"{department!r} has not committed to anything", field="department")
    try:
        inspection_beacon.check_nonce(draw_id, department, nonce, committed)
    except BeaconRefused as error:
        raise NonceRefused(str(error), field="nonce") from None
    if department in draw.nonces:
        return draw
    _in_state(draw, State.DECLARED)
    if actor in draw.revealed_by.values():
        raise SamePerson("has revealed for another department: another person of this one has to")
    revealed = replace(
        draw,
        nonces={**draw.nonces, department: nonce.hex()},
        revealed_by={**draw.revealed_by, department: actor},
    )
    tx.put_draw(revealed)
    _note(tx, draw, actor, "draws.reveal", now, department=department)
    return revealed


def material(tx: Transaction, draw_id: str) -> tuple[Draw, Sequence[str]]:
    """Return a draw and what it is drawn from: read before the drawing itself, which takes long."""
    draw = get_draw(tx, draw_id)
    if draw.state is State.VOID:
        _in_state(draw, State.DECLARED)
    if draw.state is State.DECLARED and draw.missing:
        raise DrawStateWrong(f"have not revealed: {', '.join(draw.missing)}")
    return draw, () if draw.state is State.PUBLISHED else tx.declaration(draw_id)


def publish(
    tx: Transaction,
    draw_id: str,
    bundle: bytes,
    visits: Sequence[Visit],
    actor: str,
    *,
    now: datetime,
) -> Draw:
    """Store the proof, all visits and the event in one: there is no half of a draw.

    Whoever comes second finds it published; since a draw is a function of its declaration and its
    beacon, theirs was the same.
    """
    draw = get_draw(tx, draw_id)
    if draw.state is State.PUBLISHED:
        return draw
    _in_state(draw, State.DECLARED)
    published = replace(draw, state=State.PUBLISHED, visits=len(visits), published=now)
    tx.put_draw(published, bundle)
    tx.add_inspections([Inspection(draw_id, v.code, v.stratum, dict(v.inspectors)) for v in visits])
    sha256 = hashlib.sha256(bundle).hexdigest()
    _note(tx, draw, actor, "draws.publish", now, bundle=sha256)
    event = events_pb2.DrawPublished(draw=draw_id, bundle_sha256=sha256, visit_count=len(visits))
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event(AREA, "draw-published"), event, f"draw-{draw_id}-published")
    return published


def void(tx: Transaction, draw_id: str, reason: str, actor: str, *, now: datetime) -> Draw:
    """End a draw without a proof, for a reason that stays; again, it changes nothing.

    Departments that did not reveal are the reason, and are named. With a beacon nobody can keep
    the outcome back, so a reason is asked for; once the round is made, who ends it may know the
    outcome, and is not who declared it.
    """
    draw = get_draw(tx, draw_id)
    if draw.state is State.VOID:
        return draw
    _in_state(draw, State.DECLARED)
    told = reason.strip()
    if draw.round is None:
        _unrevealed(draw, now)
        told = told or "departments did not reveal"
    elif not told:
        raise VoidReasonMissing("say why: it is kept with the draw", field="reason")
    elif now >= inspection_beacon.time_of(draw.round) and actor == draw.declared_by:
        raise SamePerson("its round is made: another person than who declared it has to")
    voided = replace(draw, state=State.VOID, named=draw.missing, void_reason=told, voided=now)
    tx.put_draw(voided)
    _note(tx, draw, actor, "draws.void", now, departments=",".join(draw.missing), reason=told)
    event = events_pb2.DrawVoided(draw=draw_id, departments=draw.missing)
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event(AREA, "draw-voided"), event, f"draw-{draw_id}-voided")
    return voided


def _unrevealed(draw: Draw, now: datetime) -> None:
    """Raise DrawStateWrong unless departments have let their time to reveal go by."""
    if not draw.missing:
        raise DrawStateWrong("all departments have revealed: publish it")
    if now < draw.declared + REVEAL_TERM:
        raise DrawStateWrong(
            f"departments may reveal until {draw.declared + REVEAL_TERM:%Y-%m-%d %H:%M} UTC"
        )


def get_draw(tx: Transaction, draw_id: str) -> Draw:
    """Return a draw; raise DrawNotFound."""
    draw = tx.draw(draw_id)
    if draw is None:
        raise DrawNotFound(f"no draw {draw_id!r} is declared")
    return draw


def proof(tx: Transaction, draw_id: str, actor: str, *, now: datetime) -> bytes:
    """Return a draw's bundle, and write down who took it; DrawStateWrong while it has none."""
    draw = get_draw(tx, draw_id)
    _in_state(draw, State.PUBLISHED)
    _note(tx, draw, actor, "draws.proof", now)
    return tx.bundle(draw_id) or b""


def report(
    tx: Transaction,
    book: RuleBook,
    draw_id: str,
    code: str,
    finding: Finding,
    actor: str,
    *,
    now: datetime,
) -> Inspection:
    """Note what a department found; the same again, as a handheld sends it, changes nothing.

    What counts is when it was found: a handheld that was offline may send after a disaster was
    declared what it took before.
    """
    inspection = tx.inspection(draw_id, code)
    if inspection is None:
        raise InspectionNotFound(f"draw {draw_id!r} sends nobody to {code}")
    if finding.badge not in inspection.inspectors.get(finding.department, ()):
        raise InspectorNotSent(
            f"the draw sends no {finding.badge!r} of {finding.department!r} there"
        )
    for earlier in inspection.findings:
        if earlier.department == finding.department:
            if earlier != finding:
                raise FindingExists(f"{finding.department} has reported on this visit")
            return inspection
    _timely(tx, draw_id, finding, now)
    _resting(tx, book, code, finding)
    tx.add_finding(draw_id, code, finding)
    tx.note_change(f"inspection/{draw_id}", code)
    resource = f"draws/{draw_id}/inspections/{code}"
    told = {"badge": finding.badge, "outcome": finding.outcome.name, "form": finding.form_sha256}
    tx.audit(Entry(now, actor, "inspections.report", resource, details=told))
    return replace(inspection, findings=(*inspection.findings, finding))


def _timely(tx: Transaction, draw_id: str, finding: Finding, now: datetime) -> None:
    """Raise FindingUntimely for what was found before anybody was sent, or is still to be found."""
    draw = tx.draw(draw_id)
    published = None if draw is None else draw.published
    if published is not None and finding.found < published - CLOCKS:
        raise FindingUntimely("it was found before the draw sent anybody", field="find_time")
    if finding.found > now + CLOCKS:
        raise FindingUntimely("it is still to be found", field="find_time")


def due_day(
    book: RuleBook,
    published: datetime,
    place: str,
    declared: Sequence[Emergency],
    *,
    now: datetime,
) -> str:
    """Return the last day to report on a visit: later by the days that it has rested for."""
    rule = book.in_force(TERMS, PROVINCE, published)
    days = int(rule.number("report_working_days"))
    due = WorkingDays.read(book).after(day_of(published), days)
    rested = emergency_model.days_rested(declared, place, published, now)
    return (due + timedelta(days=rested)).isoformat()


def _resting(tx: Transaction, book: RuleBook, code: str, finding: Finding) -> None:
    """Raise InspectionsSuspended for a visit in a declared disaster that is not about it."""
    entity = tx.entity(code)
    if entity is None:
        return
    emergency = emergencies.covering(tx, entity[0].place, finding.found)
    if emergency is None:
        return
    urgent = set(book.of_version(emergency.version).texts("matters"))
    if not urgent & set(finding.matters):
        raise InspectionsSuspended(
            "a disaster is declared there: inspections rest until it is over",
            metadata={"emergency": emergency.emergency_id},
        )


def _in_state(draw: Draw, state: State) -> None:
    if draw.state is not state:
        raise DrawStateWrong(
            f"draw {draw.draw_id!r} is {draw.state.name}", metadata={"state": draw.state.name}
        )


def _note(
    tx: Transaction, draw: Draw, actor: str, action: str, now: datetime, **details: str
) -> None:
    told: Mapping[str, str] = details
    tx.audit(Entry(now, actor, action, f"draws/{draw.draw_id}", details=told))
