"""Handhelds: what an inspector is to visit goes to them, and the signed forms come back, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from services.credit_supervision.model import handhelds as model
from services.credit_supervision.model.draws import Finding, Inspection, Outcome
from services.credit_supervision.model.emergencies import Emergency
from services.credit_supervision.model.emergencies import State as EmergencyState
from services.credit_supervision.model.handhelds import Handheld, State, TakenForm
from services.credit_supervision.model.register import masked_title
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases import draws
from services.credit_supervision.usecases.refused import ProcessExists, ProcessNotFound
from services.credit_supervision.usecases.register import Purpose
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import FailedPrecondition, InvalidArgument
from services.plumbing.rules import Rule, RuleBook, RuleNotFound
from tianfu import inspection_form
from tianfu.credit_supervision.v1 import handheld_pb2 as pb
from tianfu.inspection_form import FormInvalid

PROVINCE: Final = "CN-51"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class HandheldRefused(FailedPrecondition):
    """What comes from this node is not taken: it is no inspector's handheld, or not any more."""

    reason = "HANDHELD_REFUSED"


class FormRefused(InvalidArgument):
    """The form is not what its inspector signed, or does not fit; metadata ``why`` has the code."""

    reason = "FORM_REFUSED"


def enter(tx: Transaction, made: Handheld, actor: str, *, now: datetime) -> Handheld:
    """Enter a handheld; the same again changes nothing."""
    known = tx.handheld(made.node)
    if known is not None:
        if (known.department, known.badge, known.public_key) != (
            made.department,
            made.badge,
            made.public_key,
        ):
            raise ProcessExists(f"handheld {made.node!r} is entered otherwise")
        return known
    tx.put_handheld(made)
    told = {"department": made.department, "badge": made.badge, "key": made.public_key}
    tx.audit(Entry(now, actor, "handhelds.enter", f"handhelds/{made.node}", details=told))
    return made


def retire(tx: Transaction, node: str, actor: str, *, now: datetime) -> Handheld:
    """Retire a handheld; again, it changes nothing."""
    known = tx.handheld(node)
    if known is None:
        raise ProcessNotFound(f"no handheld {node!r} is there")
    if known.state is State.RETIRED:
        return known
    over = replace(known, state=State.RETIRED, retired=now)
    tx.put_handheld(over)
    tx.audit(Entry(now, actor, "handhelds.retire", f"handhelds/{node}"))
    return over


def sheet_of(
    tx: Transaction, book: RuleBook, handheld: Handheld, *, now: datetime
) -> pb.HandheldSheet:
    """Return all that a handheld has to know now; a retired one has to know nothing."""
    sheet = pb.HandheldSheet(node=handheld.node)
    if handheld.state is State.RETIRED:
        return sheet
    sheet.department, sheet.badge = handheld.department, handheld.badge
    sheet.public_key = handheld.public_key
    rule = book.in_force(model.FORMS, PROVINCE, now)
    sheet.form.CopyFrom(form_of(rule, handheld.department))
    declared = tx.emergencies(None)
    published: dict[str, datetime | None] = {}
    visits = tx.visits_of(handheld.department, handheld.badge, model.VISITS_MAX + 1)
    sheet.has_more_visits = len(visits) > model.VISITS_MAX
    for visit in visits[: model.VISITS_MAX]:
        if visit.draw_id not in published:
            published[visit.draw_id] = draws.get_draw(tx, visit.draw_id).published
        message = _visit(tx, visit, declared, now)
        at = published[visit.draw_id]
        if at is not None:
            message.due_day = draws.due_day(book, at, message.place_code, declared, now=now)
        sheet.visits.append(message)
    return sheet


def fitted(sheet: pb.HandheldSheet, most: int) -> pb.HandheldSheet:
    """Return a sheet of at most so many bytes: the last visits wait, and that there are is said.

    As long as the form alone does not fill it, which no rule's does.
    """
    if sheet.ByteSize() <= most:
        return sheet
    made = pb.HandheldSheet()
    made.CopyFrom(sheet)
    made.has_more_visits = True
    while made.visits and made.ByteSize() > most:
        # What is over, in visits of the mean size: a few rounds, whatever their number.
        over = made.ByteSize() - most
        mean = max(1, made.ByteSize() // len(made.visits))
        del made.visits[-max(1, over // mean) :]
    return made


def form_of(rule: Rule, department: str) -> pb.InspectionForm:
    """Return a department's form."""
    form = pb.InspectionForm(rule_version=rule.version, department=department)
    for each in model.items_of(rule, department):
        form.items.add(item=each.item, matter=each.matter, question=each.question)
    return form


def take_form(
    tx: Transaction, book: RuleBook, node: str, message: pb.SignedForm, *, now: datetime
) -> Inspection:
    """Take a form that a handheld brought as the finding that it is; again, it changes nothing."""
    handheld = tx.handheld(node)
    if handheld is None or handheld.state is State.RETIRED:
        raise HandheldRefused(
            f"node {node!r} is no handheld in use; enter it, then replay the form"
        )
    try:
        filled = inspection_form.opened(message, handheld.public_key)
        finding = _finding(book, handheld, filled, inspection_form.digest(message), now)
    except FormInvalid as error:
        raise FormRefused(str(error), metadata={"why": error.reason}) from None
    _, draw_id, _, code = filled.inspection.split("/")
    before = tx.inspection(draw_id, code)
    after = draws.report(tx, book, draw_id, code, finding, f"handheld:{node}", now=now)
    if before != after:
        tx.add_form(
            TakenForm(
                draw_id,
                code,
                finding.department,
                node,
                message.form,
                message.signature,
                message.public_key,
                now,
            )
        )
    return after


def forms_of(
    tx: Transaction, draw_id: str, code: str, why: Purpose, *, now: datetime
) -> Sequence[TakenForm]:
    """Return the forms of a visit; that they were looked at is written down."""
    found = tx.forms_of(draw_id, code)
    resource = f"draws/{draw_id}/inspections/{code}"
    outcome = "read" if found else "not found"
    tx.audit(Entry(now, why.actor, "forms.read", resource, why.purpose, why.basis, outcome))
    return found


def _visit(
    tx: Transaction, visit: Inspection, declared: Sequence[Emergency], now: datetime
) -> pb.HandheldVisit:
    entity = tx.entity(visit.code)
    message = pb.HandheldVisit(
        inspection=f"draws/{visit.draw_id}/inspections/{visit.code}",
        inspectors=[
            f"{department}/{badge}"
            for department, badges in sorted(visit.inspectors.items())
            for badge in badges
        ],
    )
    if entity is not None:
        message.title, message.place_code = masked_title(entity[0]), entity[0].place
        for each in declared:
            if each.state is EmergencyState.ACTIVE and each.covers(entity[0].place, now):
                message.suspended_by = f"emergencies/{each.emergency_id}"
    return message


def _finding(
    book: RuleBook, handheld: Handheld, filled: pb.FilledForm, sha256: str, now: datetime
) -> Finding:
    stated = (filled.node, filled.department, filled.badge)
    if stated != (handheld.node, handheld.department, handheld.badge):
        raise FormInvalid("FORM_OF_ANOTHER", "it names another node, department or badge")
    try:
        rule = book.of_version(filled.rule_version)
    except RuleNotFound:
        raise FormInvalid("FORM_OTHER", "there is no such version of a form") from None
    if rule.rule_id != model.FORMS:
        raise FormInvalid("FORM_OTHER", f"{rule.rule_id} is no form")
    form = form_of(rule, handheld.department)
    inspection_form.check(form, filled)
    try:
        found = EPOCH + timedelta(microseconds=filled.find_time_us)
    except OverflowError:
        raise FormInvalid("FORM_TIME", "find_time_us is not on the calendar") from None
    if found > now + draws.CLOCKS or found < EPOCH:
        raise FormInvalid("FORM_TIME", "found in the future, or before there were handhelds")
    return Finding(
        department=filled.department,
        badge=filled.badge,
        outcome=Outcome(filled.outcome),
        matters=inspection_form.matters(form, filled),
        form_sha256=sha256,
        found=found,
    )
