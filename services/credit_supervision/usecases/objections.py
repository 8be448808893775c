"""Objections, courts' rulings, and adverse uses: persons decide, others than who acted before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from services.credit_supervision.model import due_process as model
from services.credit_supervision.model.calendar import WorkingDays
from services.credit_supervision.model.due_process import (
    AdverseState,
    AdverseUse,
    Effect,
    Objection,
    ObjectionState,
    ProcessRefused,
    Ruling,
)
from services.credit_supervision.model.emergencies import Process
from services.credit_supervision.model.record_log import Stored
from services.credit_supervision.model.records import COUNTRY, Kind, Record, Tombstone
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases import emergencies, records
from services.credit_supervision.usecases.refused import (
    ProcessExists,
    ProcessNotFound,
    StepRefused,
)
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import RuleBook
from tianfu import subjects
from tianfu.credit_supervision.v1 import events_pb2, record_pb2

RECORDS_OF_RULING: Final = 1_000
"""Penalties of one entity that a ruling lifts at once."""

T = TypeVar("T")


def raise_objection(
    tx: Transaction,
    book: RuleBook,
    objection_id: str,
    record_id: str,
    ground: str,
    evidence: tuple[str, ...],
    actor: str,
    *,
    now: datetime,
) -> Objection:
    """Freeze the use of a record; the same again changes nothing."""
    known = tx.objection(objection_id)
    if known is not None:
        asked = (record_id, ground, tuple(sorted(set(evidence))))
        _same((known.record_id, known.ground, known.evidence) == asked, "objection", objection_id)
        return known
    use = records.use_of(tx, book, record_id, now)
    rule = book.in_force(model.OBJECTION_TERMS, COUNTRY, now)
    calendar = WorkingDays.read(book)
    made = allowed(
        lambda: model.raise_objection(
            rule, calendar, objection_id, record_id, use, ground, evidence, actor, now
        )
    )
    by = (Process.OBJECTION, objection_id, record_id, made.decide_by)
    made = replace(made, decide_by=emergencies.put_off_process(tx, book, *by, now))
    tx.put_objection(made)
    _count(tx, book, record_id, 1, actor, now)
    _tell(tx, made, actor, "objections.raise", now)
    return made


def decide_objection(
    tx: Transaction,
    book: RuleBook,
    objection_id: str,
    state: ObjectionState,
    reason: str,
    correction: Record | None,
    actor: str,
    *,
    now: datetime,
) -> Objection:
    """Decide an objection; one that is upheld corrects the record, or revokes it."""
    objection = objection_of(tx, objection_id)
    found = records.seen(tx, objection.record_id)
    editors = () if isinstance(found, Tombstone) else found.editors
    decided = allowed(lambda: model.decide_objection(objection, state, reason, actor, editors, now))
    tx.put_objection(decided)
    _count(tx, book, objection.record_id, -1, actor, now)
    if state is ObjectionState.UPHELD and not isinstance(found, Tombstone):
        if correction is None:
            records.revoke(tx, book, objection.record_id, reason, actor, now=now)
        else:
            records.correct(tx, book, correction, reason, actor, now=now)
    _tell(tx, decided, actor, "objections.decide", now)
    return decided


def withdraw_objection(
    tx: Transaction, book: RuleBook, objection_id: str, actor: str, *, now: datetime
) -> Objection:
    """Take an objection back; again, it changes nothing."""
    objection = objection_of(tx, objection_id)
    if objection.state is ObjectionState.WITHDRAWN and objection.raised_by == actor:
        return objection
    withdrawn = allowed(lambda: model.withdraw_objection(objection, actor, now))
    tx.put_objection(withdrawn)
    _count(tx, book, objection.record_id, -1, actor, now)
    _tell(tx, withdrawn, actor, "objections.withdraw", now)
    return withdrawn


def enter_ruling(
    tx: Transaction, book: RuleBook, ruling: Ruling, actor: str, *, now: datetime
) -> Ruling:
    """Do to records what a court ruled; the same again changes nothing."""
    known = tx.ruling(ruling.ruling_id)
    if known is not None:
        _same(replace(ruling, entered=known.entered) == known, "ruling", ruling.ruling_id)
        return known
    tx.put_ruling(ruling)
    for stored in _ruled(tx, ruling):
        standing = stored.standing
        if ruling.effect is Effect.SET_ASIDE:
            standing = replace(standing, revoked=now)
        else:
            days = [each for each in (standing.suspended_until, ruling.until) if each is not None]
            standing = replace(standing, suspended_until=max(days))
        changed = replace(stored, standing=standing)
        records.settle(tx, book, changed, actor, "records.ruling", now=now, reason=ruling.ruling_id)
    told = {"effect": ruling.effect.name, "case": ruling.case_number}
    resource = f"rulings/{ruling.ruling_id}"
    tx.audit(Entry(now, actor, "rulings.enter", resource, details=told))
    return ruling


def give_notice(
    tx: Transaction,
    book: RuleBook,
    adverse_use_id: str,
    record_id: str,
    measure: str,
    notice_sha256: str,
    actor: str,
    *,
    now: datetime,
) -> AdverseUse:
    """Note that an entity was given notice of an adverse use; the same again changes nothing."""
    known = tx.adverse_use(adverse_use_id)
    if known is not None:
        asked = (record_id, measure, notice_sha256)
        is_same = (known.record_id, known.measure, known.notice_sha256) == asked
        _same(is_same, "adverse use", adverse_use_id)
        return known
    use = records.use_of(tx, book, record_id, now)
    rule = book.in_force(model.DUE_PROCESS, COUNTRY, now)
    calendar = WorkingDays.read(book)
    made = allowed(
        lambda: model.give_notice(
            rule, calendar, adverse_use_id, record_id, use, measure, notice_sha256, actor, now
        )
    )
    by = (Process.ADVERSE_USE, adverse_use_id, record_id, made.decide_from)
    made = replace(made, decide_from=emergencies.put_off_process(tx, book, *by, now))
    tx.put_adverse_use(made)
    told = {"record": record_id, "measure": measure, "notice": notice_sha256}
    tx.audit(
        Entry(now, actor, "adverse-uses.notice", f"adverseUses/{adverse_use_id}", details=told)
    )
    records.tell_adverse_use(tx, made, now)
    return made


def decide_adverse_use(
    tx: Transaction,
    book: RuleBook,
    adverse_use_id: str,
    state: AdverseState,
    reason: str,
    actor: str,
    *,
    now: datetime,
) -> AdverseUse:
    """Decide about an adverse use, as another person than who gave notice."""
    adverse = adverse_use_of(tx, adverse_use_id)
    use = records.use_of(tx, book, adverse.record_id, now)
    decided = allowed(lambda: model.decide_adverse_use(adverse, state, use, reason, actor, now))
    tx.put_adverse_use(decided)
    resource = f"adverseUses/{adverse_use_id}"
    tx.audit(Entry(now, actor, "adverse-uses.decide", resource, outcome=state.name))
    records.tell_adverse_use(tx, decided, now)
    return decided


def objection_of(tx: Transaction, objection_id: str) -> Objection:
    """Return an objection; raise ProcessNotFound."""
    return there(tx.objection(objection_id), "objection", objection_id)


def adverse_use_of(tx: Transaction, adverse_use_id: str) -> AdverseUse:
    """Return an intended adverse use; raise ProcessNotFound."""
    return there(tx.adverse_use(adverse_use_id), "adverse use", adverse_use_id)


def ruling_of(tx: Transaction, ruling_id: str) -> Ruling:
    """Return a ruling; raise ProcessNotFound."""
    return there(tx.ruling(ruling_id), "ruling", ruling_id)


def there(found: T | None, what: str, of: str) -> T:
    """Return what was found; raise ProcessNotFound for nothing."""
    if found is None:
        raise ProcessNotFound(f"no {what} {of!r} is there")
    return found


def allowed(step: Callable[[], T]) -> T:
    """Take a step of the model; raise StepRefused with its code where it is not open."""
    try:
        return step()
    except ProcessRefused as refused:
        raise StepRefused(str(refused), metadata={"why": refused.reason}) from None


def _same(is_same: bool, what: str, of: str) -> None:
    if not is_same:
        raise ProcessExists(f"{what} {of!r} says something else; choose another id")


def _count(
    tx: Transaction, book: RuleBook, record_id: str, by: int, actor: str, now: datetime
) -> None:
    """Note that a record has an objection more, or less."""
    stored = tx.record(record_id)
    if stored is None:
        return  # it has ended since; there is nothing left to freeze
    standing = replace(
        stored.standing, objections_open=max(0, stored.standing.objections_open + by)
    )
    changed = replace(stored, standing=standing)
    records.settle(tx, book, changed, actor, "records.objection", now=now)


def _ruled(tx: Transaction, ruling: Ruling) -> list[Stored]:
    if not ruling.records:
        found = tx.records_of(ruling.code, "", RECORDS_OF_RULING)
        return [each for each in found if each.record.kind is Kind.PENALTY]
    named = [records.living(tx, each) for each in sorted(set(ruling.records))]
    for each in named:
        if each.record.code != ruling.code:
            raise StepRefused(
                f"record {each.record.record_id!r} is about another entity",
                metadata={"why": "RULING_INVALID"},
            )
    return named


def _tell(tx: Transaction, objection: Objection, actor: str, action: str, now: datetime) -> None:
    resource, state = f"objections/{objection.objection_id}", objection.state
    tx.audit(Entry(now, actor, action, resource, outcome=state.name))
    event = events_pb2.ObjectionChanged(
        objection=objection.objection_id,
        record=objection.record_id,
        state=record_pb2.ObjectionState.ValueType(state),
    )
    event.event_time.FromDatetime(now)
    name = f"objection-{objection.objection_id}-{state.name.lower()}"
    tx.emit(subjects.event(records.AREA, "objection-changed"), event, name)
