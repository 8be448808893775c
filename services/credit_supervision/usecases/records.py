"""Records: taken in, decided about, corrected, ended; whoever has one is told, and says it is done.

``settle`` is the one way in which what may be done with a record changes: decision, tombstone,
deliveries, audit entry and event are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.credit_supervision.model import deliveries, due_process, record_log, records
from services.credit_supervision.model.deliveries import SubjectForm
from services.credit_supervision.model.due_process import AdverseUse
from services.credit_supervision.model.record_log import Decided, NotTheRecord, Stored
from services.credit_supervision.model.records import (
    COUNTRY,
    Decision,
    InvalidRecord,
    Record,
    Standing,
    Tombstone,
    Use,
)
from services.credit_supervision.model.repair import TERMS, withdrawal_due
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases.refused import (
    ReaderByToken,
    RecordDifferent,
    RecordExists,
    RecordNeeded,
    RecordNotFound,
    RecordOver,
    RecordRefused,
    StepRefused,
)
from services.credit_supervision.usecases.register import EntityNotFound, Purpose
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import RuleBook, day_of
from tianfu import subjects
from tianfu.credit_supervision.v1 import events_pb2, record_pb2

AREA: Final = "credit-supervision"
LOOKED_AT_ONCE: Final = 100
"""Records that a timer decides about in one transaction."""

CORRECTORS_MAX: Final = 100
"""Persons who corrected a record that are remembered; none has been corrected so often."""

SELF: Final = "credit-supervision"
"""Who acts when time does."""

Seen = Stored | Tombstone


def enter(tx: Transaction, book: RuleBook, record: Record, actor: str, *, now: datetime) -> Seen:
    """Take a record in and decide about it; the same again changes nothing."""
    _check_day(record, now)
    known = tx.decisions(record.record_id, 0, 1)
    if known:
        if known[0].sha256 != records.digest(record):
            raise RecordExists(
                f"record {record.record_id!r} says something else: correct it, or take another id",
                field="record_id",
            )
        return seen(tx, record.record_id)
    if tx.entity(record.code) is None:
        raise EntityNotFound(f"no entity {record.code} is in the register", field="record.entity")
    _claim_number(tx, record)
    undecided = Decision(Use.ENDED, "", None, ())
    stored = Stored(record, Standing(), undecided, 1, actor, now, now, None)
    settle(tx, book, stored, actor, "records.enter", now=now)
    return seen(tx, record.record_id)


def correct(
    tx: Transaction, book: RuleBook, record: Record, reason: str, actor: str, *, now: datetime
) -> Seen:
    """Put a record right: whoever has it is given it anew.

    What moves its period is put right by another person than who made it as it stands.
    """
    stored = living(tx, record.record_id)
    _check_day(record, now)
    try:
        record_log.check_correction(stored.record, record)
    except InvalidRecord as error:
        raise RecordRefused(str(error), field=error.field) from None
    if actor == stored.editors[-1] and record_log.moves_period(stored.record, record):
        raise StepRefused(
            "who made a record as it stands does not move its period: another person does",
            metadata={"why": "OTHER_PERSON_REQUIRED"},
        )
    _claim_number(tx, record)
    corrected = replace(
        stored,
        record=record,
        revision=stored.revision + 1,
        corrected_by=(*stored.corrected_by, actor)[-CORRECTORS_MAX:],
    )
    settle(tx, book, corrected, actor, "records.correct", now=now, reason=reason)
    return seen(tx, record.record_id)


def _claim_number(tx: Transaction, record: Record) -> None:
    """Note a department's number as this record's; raise RecordExists when it was another's.

    Also of one that has ended: what was repaired does not come back under another id.
    """
    owner = tx.claim_lineage(records.lineage_key(record.lineage), record.record_id)
    if owner != record.record_id:
        raise RecordExists(
            f"number {record.lineage.source_id!r} of department {record.lineage.department!r} is "
            f"of record {owner!r}, which is there or has ended",
            field="record.source_number",
        )


def _check_day(record: Record, now: datetime) -> None:
    if record.day > day_of(now):
        raise RecordRefused(
            f"decision_day: {record.day} is still to come in China", field="record.decision_day"
        )


def revoke(
    tx: Transaction, book: RuleBook, record_id: str, reason: str, actor: str, *, now: datetime
) -> Seen:
    """End a record for good; again, it changes nothing."""
    found = seen(tx, record_id)
    if isinstance(found, Tombstone):
        return found
    revoked = replace(found, standing=replace(found.standing, revoked=now))
    settle(tx, book, revoked, actor, "records.revoke", now=now, reason=reason)
    return seen(tx, record_id)


def look(tx: Transaction, record_id: str, why: Purpose, *, now: datetime) -> Seen | None:
    """Return a record or its tombstone, None for neither; the look is written down.

    Raise ReaderByToken for a receiver that knows entities by tokens.
    """
    check_reader(tx, why.actor)
    found = tx.record(record_id) or tx.tombstone(record_id)
    outcome = "read" if found else "not found"
    resource = f"records/{record_id}"
    tx.audit(Entry(now, why.actor, "records.read", resource, why.purpose, why.basis, outcome))
    return found


def of_entity(
    tx: Transaction, code: str, why: Purpose, after: str, limit: int, *, now: datetime
) -> tuple[Sequence[Stored], bool]:
    """Return a page of an entity's records, and whether there are more; it is written down.

    Raise ReaderByToken as ``look`` does.
    """
    check_reader(tx, why.actor)
    found = tx.records_of(code, after, limit + 1)
    tx.audit(Entry(now, why.actor, "records.list", f"entities/{code}", why.purpose, why.basis))
    return found[:limit], len(found) > limit


def check_reader(tx: Transaction, actor: str) -> None:
    """Raise ReaderByToken when who reads is a receiver that knows entities by tokens alone."""
    receiver = tx.receiver(actor)
    if receiver is not None and receiver.form is SubjectForm.TOKEN:
        raise ReaderByToken(
            "a receiver that knows entities by tokens reads its deliveries, and nothing else of "
            "records: their names and codes are those of everybody"
        )


def look_at_due(tx: Transaction, book: RuleBook, *, now: datetime) -> int:
    """Decide about records whose day has come; return how many there were."""
    due = tx.records_to_look_at(day_of(now), LOOKED_AT_ONCE)
    for stored in due:
        settle(tx, book, stored, SELF, "records.time", now=now)
    return len(due)


def tell_late(tx: Transaction, *, now: datetime) -> int:
    """Tell of deliveries that nobody has acknowledged in time, each once; return how many."""
    late = tx.late_deliveries(now, LOOKED_AT_ONCE)
    for each in late:
        resource = f"receivers/{each.receiver_id}/deliveries/{each.number}"
        tx.audit(Entry(now, SELF, "deliveries.late", resource, outcome="late"))
        event = events_pb2.DeliveryLate(
            receiver=each.receiver_id, delivery=each.number, record=each.record_id
        )
        event.due_time.FromDatetime(each.due)
        event.event_time.FromDatetime(now)
        name = f"delivery-{each.receiver_id}-{each.number}-late"
        tx.emit(subjects.event(AREA, "delivery-late"), event, name)
    return len(late)


def replay(
    tx: Transaction, book: RuleBook, record_id: str, number: int, brought: Record | None
) -> tuple[Decided, Decision]:
    """Return a decision as it was made and as it comes out under the rules of its day."""
    stored = next(iter(tx.decisions(record_id, number - 1, 1)), None)
    if stored is None or stored.number != number:
        raise RecordNotFound(f"no decision {number} about record {record_id!r} is there")
    record = brought
    if record is None:
        kept = tx.record(record_id)
        if kept is None or records.digest(kept.record) != stored.sha256:
            raise RecordNeeded(
                "only the hash of what was decided about is kept: bring the record",
                metadata={"sha256": stored.sha256},
            )
        record = kept.record
    try:
        return stored, record_log.replay(book, stored, record)
    except NotTheRecord as error:
        raise RecordDifferent(str(error), field="record") from None


def settle(
    tx: Transaction,
    book: RuleBook,
    stored: Stored,
    actor: str,
    action: str,
    *,
    now: datetime,
    reason: str = "",
) -> Decision:
    """Decide about a record as it is now, keep what came out, and tell whoever has it."""
    today = day_of(now)
    record, standing = stored.record, stored.standing
    decision = records.decide(book, record, standing, today)
    sha256 = records.digest(record)
    last = tx.last_decision(record.record_id)
    number = 1 if last is None else last.number + 1
    if last is None or (last.decision, last.sha256) != (decision, sha256):
        tx.add_decision(Decided(record.record_id, number, today, standing, decision, sha256, now))
        details = {"use": decision.use.name, "why": decision.reason, "sha256": sha256}
        resource = f"records/{record.record_id}"
        told = details | ({"reason": reason} if reason else {})
        tx.audit(Entry(now, actor, action, resource, outcome=decision.use.name, details=told))
        _emit(tx, stored, decision, number, now)
    if decision.use is Use.ENDED:
        stone = records.tombstone(record, decision, today)
        tx.bury(stone, stored.entered_by, stored.revision)
        _lift(tx, record.record_id, decision, actor, now)
    else:
        tx.put_record(
            replace(
                stored,
                decision=decision,
                updated=now,
                look_on=record_log.look_on(book, record, decision, today),
            )
        )
    _deliver(tx, book, stored, decision, now)
    return decision


def seen(tx: Transaction, record_id: str) -> Seen:
    """Return a record or its tombstone; raise RecordNotFound."""
    found = tx.record(record_id) or tx.tombstone(record_id)
    if found is None:
        raise RecordNotFound(f"no record {record_id!r} is there")
    return found


def living(tx: Transaction, record_id: str) -> Stored:
    """Return a record that has not ended; raise RecordNotFound or RecordOver."""
    found = seen(tx, record_id)
    if isinstance(found, Tombstone):
        raise RecordOver(f"record {record_id!r} has ended: {found.reason}")
    return found


def use_of(tx: Transaction, book: RuleBook, record_id: str, now: datetime) -> Use:
    """Return what may be done with a record now; raise RecordNotFound."""
    found = seen(tx, record_id)
    if isinstance(found, Tombstone):
        return Use.ENDED
    return record_log.on_day(book, found, day_of(now)).decision.use


def _deliver(
    tx: Transaction, book: RuleBook, stored: Stored, decision: Decision, now: datetime
) -> None:
    record = stored.record
    entity = tx.entity(record.code)
    place = entity[0].place if entity is not None else ""
    sent = tx.last_sent(record.record_id)
    due = withdrawal_due(book.in_force(TERMS, COUNTRY, now), now)
    for receiver in tx.receivers():
        last = sent.get(receiver.receiver_id)
        if last is None and not receiver.wants(record.kind, place):
            continue
        action = deliveries.next_action(
            last, decision.use, stored.revision, is_public=receiver.is_public
        )
        if action is not None:
            tx.send(receiver.receiver_id, record.record_id, stored.revision, action, now, due)


def _lift(tx: Transaction, record_id: str, decision: Decision, actor: str, now: datetime) -> None:
    """Lift what was to be done, or is done, against somebody because of a record that has ended."""
    for each in tx.adverse_uses_of(record_id):
        lifted = due_process.lift(each)
        if lifted != each:
            tx.put_adverse_use(lifted)
            resource = f"adverseUses/{each.adverse_use_id}"
            told = {"record": record_id, "why": decision.reason}
            outcome = lifted.state.name
            tx.audit(
                Entry(now, actor, "adverse-uses.lift", resource, outcome=outcome, details=told)
            )
            tell_adverse_use(tx, lifted, now)


def tell_adverse_use(tx: Transaction, adverse: AdverseUse, now: datetime) -> None:
    """Tell others where an adverse use stands."""
    event = events_pb2.AdverseUseChanged(
        adverse_use=adverse.adverse_use_id,
        record=adverse.record_id,
        state=record_pb2.AdverseUseState.ValueType(adverse.state),
    )
    event.event_time.FromDatetime(now)
    name = f"adverse-use-{adverse.adverse_use_id}-{adverse.state.name.lower()}"
    tx.emit(subjects.event(AREA, "adverse-use-changed"), event, name)


def _emit(tx: Transaction, stored: Stored, decision: Decision, number: int, now: datetime) -> None:
    record_id = stored.record.record_id
    event = events_pb2.RecordChanged(
        record=record_id,
        revision=stored.revision,
        use=record_pb2.RecordUse.ValueType(decision.use),
        use_reason=decision.reason,
    )
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event(AREA, "record-changed"), event, f"record-{record_id}-{number}")
