"""Credit repair: applied for, decided, and done only when every receiver has let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from services.credit_supervision.model import records as record_model
from services.credit_supervision.model import repair
from services.credit_supervision.model.deliveries import Action, Delivery, Receiver
from services.credit_supervision.model.emergencies import Process
from services.credit_supervision.model.records import COUNTRY, TIMED, Tombstone
from services.credit_supervision.model.repair import Repair, RepairRefused, State
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases import emergencies, records
from services.credit_supervision.usecases.objections import there
from services.credit_supervision.usecases.refused import (
    DeliveryNotFound,
    NotYourDeliveries,
    ProcessExists,
    ReceiverExists,
    ReceiverNotFound,
    StepRefused,
)
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import RuleBook, day_of
from tianfu import subjects
from tianfu.credit_supervision.v1 import events_pb2, record_pb2


def apply(
    tx: Transaction,
    book: RuleBook,
    repair_id: str,
    record_id: str,
    evidence: Mapping[str, str],
    actor: str,
    *,
    now: datetime,
) -> Repair:
    """Take an application; the same again changes nothing."""
    known = tx.repair(repair_id)
    if known is not None:
        if (known.record_id, known.evidence) != (record_id, dict(evidence)):
            raise ProcessExists(f"repair {repair_id!r} says something else; choose another id")
        return known
    stored = records.living(tx, record_id)
    record, today = stored.record, day_of(now)
    if record.kind not in TIMED:
        raise StepRefused(
            "only penalties and entries in lists are repaired",
            metadata={"why": "REPAIR_NOT_APPLICABLE"},
        )
    period = record_model.period_of(book, record, today)
    made = _allowed(
        lambda: repair.apply(book, record, stored.decision, period, repair_id, evidence, actor, now)
    )
    by = (Process.REPAIR, repair_id, record_id, made.decide_by)
    made = replace(made, decide_by=emergencies.put_off_process(tx, book, *by, now))
    tx.put_repair(made)
    _tell(tx, made, actor, "repairs.apply", now)
    return made


def decide(
    tx: Transaction,
    book: RuleBook,
    repair_id: str,
    state: State,
    reason: str,
    actor: str,
    *,
    now: datetime,
) -> Repair:
    """Grant or reject; with a grant the record ends now, and everybody is told to let go."""
    asked = repair_of(tx, repair_id)
    if state is State.REJECTED:
        decided = _allowed(lambda: repair.reject(asked, actor, reason, now))
        tx.put_repair(decided)
        _tell(tx, decided, actor, "repairs.reject", now)
        return decided
    found = records.seen(tx, asked.record_id)
    period = None
    if not isinstance(found, Tombstone):
        period = record_model.period_of(book, found.record, day_of(now))
    having = tx.holders(asked.record_id)
    granted = _allowed(lambda: repair.grant(book, asked, actor, having, period, now))
    tx.put_repair(granted)
    if not isinstance(found, Tombstone):
        repaired = replace(found, standing=replace(found.standing, repaired=now))
        records.settle(tx, book, repaired, actor, "records.repair", now=now, reason=repair_id)
    _tell(tx, granted, actor, "repairs.grant", now)
    return granted


def withdraw(tx: Transaction, repair_id: str, actor: str, *, now: datetime) -> Repair:
    """Take an application back; again, it changes nothing."""
    asked = repair_of(tx, repair_id)
    if asked.state is State.WITHDRAWN:
        return asked
    withdrawn = _allowed(lambda: repair.withdraw(asked, actor, now))
    tx.put_repair(withdrawn)
    _tell(tx, withdrawn, actor, "repairs.withdraw", now)
    return withdrawn


def enter_receiver(
    tx: Transaction, book: RuleBook, receiver: Receiver, actor: str, *, now: datetime
) -> Receiver:
    """Add a receiver and hand it what there is for it; the same again changes nothing."""
    known = tx.receiver(receiver.receiver_id)
    if known is not None:
        if replace(receiver, key=known.key, entered=known.entered) != known:
            raise ReceiverExists(
                f"receiver {receiver.receiver_id!r} is entered otherwise; choose another id",
                field="receiver_id",
            )
        return known
    terms = book.in_force(repair.TERMS, COUNTRY, now)
    tx.add_receiver(receiver, repair.withdrawal_due(terms, now))
    resource = f"receivers/{receiver.receiver_id}"
    tx.audit(Entry(now, actor, "receivers.enter", resource, receiver.purpose, receiver.basis))
    return receiver


def receiver_of(tx: Transaction, receiver_id: str) -> Receiver:
    """Return a receiver; raise ReceiverNotFound."""
    found = tx.receiver(receiver_id)
    if found is None:
        raise ReceiverNotFound(f"no receiver {receiver_id!r} is entered")
    return found


def acknowledge(
    tx: Transaction, receiver_id: str, number: int, actor: str, *, now: datetime
) -> Delivery:
    """Note that a receiver has done what it was sent; again, it changes nothing."""
    if actor != receiver_id:
        raise NotYourDeliveries("only the receiver itself says that it is done", field="name")
    delivery = tx.delivery(receiver_id, number)
    if delivery is None:
        raise DeliveryNotFound(f"receiver {receiver_id!r} was sent no delivery {number}")
    if delivery.acknowledged is not None:
        return delivery
    tx.acknowledge(delivery, now)
    resource = f"receivers/{receiver_id}/deliveries/{number}"
    tx.audit(Entry(now, actor, "deliveries.acknowledge", resource))
    if delivery.action is Action.WITHDRAW:
        for each in tx.repairs_of(delivery.record_id):
            if each.state is State.GRANTED and receiver_id in each.receivers:
                done = repair.acknowledge(each, receiver_id, now)
                tx.put_repair(done)
                if done.state is State.COMPLETE:
                    _tell(tx, done, actor, "repairs.complete", now)
    return replace(delivery, acknowledged=now)


def repair_of(tx: Transaction, repair_id: str) -> Repair:
    """Return an application; raise ProcessNotFound."""
    return there(tx.repair(repair_id), "repair", repair_id)


def _allowed(step: Callable[[], Repair]) -> Repair:
    try:
        return step()
    except RepairRefused as refused:
        told = {"why": refused.reason}
        if refused.missing:
            told["missing"] = ",".join(refused.missing)
        raise StepRefused(str(refused), metadata=told) from None


def _tell(tx: Transaction, made: Repair, actor: str, action: str, now: datetime) -> None:
    resource = f"repairs/{made.repair_id}"
    tx.audit(Entry(now, actor, action, resource, outcome=made.state.name))
    event = events_pb2.RepairChanged(
        repair=made.repair_id,
        record=made.record_id,
        state=record_pb2.RepairState.ValueType(made.state),
    )
    event.event_time.FromDatetime(now)
    name = f"repair-{made.repair_id}-{made.state.name.lower()}"
    tx.emit(subjects.event(records.AREA, "repair-changed"), event, name)
