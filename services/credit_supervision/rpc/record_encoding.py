"""Between the contract's messages about records and the model's values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from services.credit_supervision.model import deliveries, record_log, records, repair
from services.credit_supervision.model.deliveries import Action, Delivery, Receiver, SubjectForm
from services.credit_supervision.model.due_process import (
    AdverseUse,
    Effect,
    Objection,
    Ruling,
)
from services.credit_supervision.model.record_log import Decided, Stored
from services.credit_supervision.model.records import (
    Decision,
    InvalidRecord,
    Kind,
    Lineage,
    Record,
    Severity,
    Tombstone,
    Use,
)
from services.credit_supervision.model.repair import Repair
from services.credit_supervision.usecases.refused import RecordRefused
from services.plumbing.rules import RuleBook, day_of
from tianfu.credit_supervision.v1 import record_pb2 as pb

DAY_FIRST: Final = date(1949, 10, 1)
"""The earliest day of anything: the republic's first."""

DAY_LAST: Final = date(2999, 12, 31)
"""And the latest: periods and terms are counted from days, and have to stay on the calendar."""


def time_to(at: datetime | None) -> Timestamp | None:
    """Return a time as the contract has it, None for none."""
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at.astimezone(UTC))
    return stamp


def day_text(day: date | None) -> str:
    """Return a day as YYYY-MM-DD, empty for none."""
    return "" if day is None else day.isoformat()


def day_from(text: str, field: str) -> date | None:
    """Return a day, None for an empty text; raise RecordRefused for one not on the calendar."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RecordRefused(f"{field}: {text!r} is not on the calendar", field=field) from None
    if not DAY_FIRST <= day <= DAY_LAST:
        raise RecordRefused(f"{field}: need {DAY_FIRST} to {DAY_LAST}", field=field)
    return day


def record_from(message: pb.Record, record_id: str) -> Record:
    """Return what a department decided; raise RecordRefused where it does not fit together."""
    day = day_from(message.decision_day, "decision_day")
    needed = {
        "entity": message.entity,
        "kind": message.kind,
        "decision_day": day,
        "matter": message.matter,
        "department": message.department,
        "source_number": message.source_number,
    }
    for field, value in needed.items():
        if not value:
            raise RecordRefused(f"{field}: is required", field=f"record.{field}")
    try:
        return Record(
            record_id=record_id,
            code=message.entity.rpartition("/")[2],
            kind=Kind(message.kind),
            day=day or date.min,
            matter=message.matter,
            lineage=Lineage(message.department, message.source_number, message.source_sha256),
            severities=tuple(Severity(each) for each in message.severities),
            fields=tuple(sorted(set(message.fields))),
            valid_to=day_from(message.valid_to_day, "valid_to_day"),
        )
    except InvalidRecord as error:
        raise RecordRefused(str(error), field=f"record.{error.field}") from None


def record_to(
    found: Stored | Tombstone, book: RuleBook, now: datetime, receiver: Receiver | None = None
) -> pb.Record:
    """Return a record as the contract has it today; of an ended one there is its hash alone.

    A receiver that knows entities by tokens gets its own in the code's stead.
    """
    if isinstance(found, Stored):
        found = record_log.on_day(book, found, day_of(now))
        if found.decision.use is Use.ENDED:
            found = records.tombstone(found.record, found.decision, day_of(now))
    if isinstance(found, Tombstone):
        return pb.Record(
            name=f"records/{found.record_id}",
            use=pb.RECORD_USE_ENDED,
            use_reason=found.reason,
            end_day=found.ended.isoformat(),
            content_sha256=found.sha256,
        )
    record = found.record
    message = pb.Record(
        name=f"records/{record.record_id}",
        kind=pb.RecordKind.ValueType(record.kind),
        decision_day=record.day.isoformat(),
        matter=record.matter,
        department=record.lineage.department,
        severities=[pb.Severity.ValueType(each) for each in record.severities],
        fields=record.fields,
        valid_to_day=day_text(record.valid_to),
        revision=found.revision,
        use=pb.RecordUse.ValueType(found.decision.use),
        use_reason=found.decision.reason,
        end_day=day_text(found.decision.end),
        rule_versions=found.decision.versions,
        create_time=time_to(found.created),
        update_time=time_to(found.updated),
    )
    if record.kind in records.TIMED:
        period = records.period_of(book, record, day_of(now))
        message.repair_from_day = period.repair_from.isoformat()
    if receiver is None or receiver.form is SubjectForm.CODE:
        message.entity = f"entities/{record.code}"
        message.source_number = record.lineage.source_id
        message.source_sha256 = record.lineage.sha256
        message.content_sha256 = records.digest(record)
    else:
        # Neither the department's number nor a hash over the code: both would lead back to it.
        message.name = deliveries.record_name(receiver, record.record_id)
        message.subject_token = deliveries.subject_token(receiver.key, record.code)
    return message


def decided_to(decided: Decided, decision: Decision | None = None) -> pb.RecordDecision:
    """Return a decision as it was made, or with what came out when it was made again."""
    shown = decision or decided.decision
    return pb.RecordDecision(
        name=f"records/{decided.record_id}/decisions/{decided.number}",
        day=decided.day.isoformat(),
        use=pb.RecordUse.ValueType(shown.use),
        use_reason=shown.reason,
        end_day=day_text(shown.end),
        rule_versions=shown.versions,
        content_sha256=decided.sha256,
        decide_time=time_to(decided.decided),
    )


def objection_to(objection: Objection) -> pb.Objection:
    """Return an objection as the contract has it."""
    return pb.Objection(
        name=f"objections/{objection.objection_id}",
        record=f"records/{objection.record_id}",
        ground=objection.ground,
        evidence_sha256=objection.evidence,
        state=pb.ObjectionState.ValueType(objection.state),
        due_day=objection.decide_by.isoformat(),
        decider=objection.decider,
        reason=objection.reason,
        create_time=time_to(objection.raised),
        decide_time=time_to(objection.decided),
        rule_version=objection.version,
    )


def evidence_from(stated: Iterable[pb.RepairEvidence]) -> dict[str, str]:
    """Return the SHA-256 of what shows each condition."""
    return {each.condition: each.sha256 for each in stated}


def repair_to(made: Repair, now: datetime) -> pb.Repair:
    """Return an application with its receipts, and with who is late."""
    return pb.Repair(
        name=f"repairs/{made.repair_id}",
        record=f"records/{made.record_id}",
        evidence=[
            pb.RepairEvidence(condition=name, sha256=sha256)
            for name, sha256 in sorted(made.evidence.items())
        ],
        state=pb.RepairState.ValueType(made.state),
        due_day=made.decide_by.isoformat(),
        decider=made.decider,
        reason=made.reason,
        withdraw_by_time=time_to(made.withdraw_by),
        receipts=[
            pb.Receipt(
                receiver=f"receivers/{name}", acknowledge_time=time_to(made.receipts.get(name))
            )
            for name in made.receivers
        ],
        late_receivers=repair.late(made, now),
        create_time=time_to(made.applied),
        decide_time=time_to(made.decided),
        rule_version=made.version,
    )


def ruling_from(message: pb.Ruling, ruling_id: str, now: datetime) -> Ruling:
    """Return a court's ruling; raise ProcessRefused where it does not say what it must."""
    return Ruling(
        ruling_id=ruling_id,
        code=message.entity.rpartition("/")[2],
        court=message.court,
        case_number=message.case_number,
        effect=Effect(message.effect),
        records=tuple(sorted({each.rpartition("/")[2] for each in message.records})),
        until=day_from(message.until_day, "until_day"),
        entered=now,
    )


def ruling_to(ruling: Ruling) -> pb.Ruling:
    """Return a ruling as the contract has it."""
    return pb.Ruling(
        name=f"rulings/{ruling.ruling_id}",
        entity=f"entities/{ruling.code}",
        court=ruling.court,
        case_number=ruling.case_number,
        effect=pb.RulingEffect.ValueType(ruling.effect),
        records=[f"records/{each}" for each in ruling.records],
        until_day=day_text(ruling.until),
        create_time=time_to(ruling.entered),
    )


def adverse_to(adverse: AdverseUse) -> pb.AdverseUse:
    """Return an intended adverse use as the contract has it."""
    return pb.AdverseUse(
        name=f"adverseUses/{adverse.adverse_use_id}",
        record=f"records/{adverse.record_id}",
        measure=adverse.measure,
        notice_sha256=adverse.notice_sha256,
        state=pb.AdverseUseState.ValueType(adverse.state),
        decide_from_day=adverse.decide_from.isoformat(),
        officer=adverse.officer,
        decider=adverse.decider,
        reason=adverse.reason,
        create_time=time_to(adverse.noticed),
        decide_time=time_to(adverse.decided),
        rule_version=adverse.version,
    )


def receiver_from(message: pb.Receiver, receiver_id: str, key: bytes, now: datetime) -> Receiver:
    """Return a receiver with a key of its own."""
    return Receiver(
        receiver_id=receiver_id,
        kinds=tuple(sorted({Kind(each) for each in message.kinds})),
        place=message.place_code,
        is_public=message.is_public,
        form=SubjectForm(message.subject_form),
        purpose=message.purpose,
        basis=message.legal_basis,
        key=key,
        entered=now,
    )


def receiver_to(receiver: Receiver) -> pb.Receiver:
    """Return a receiver as the contract has it; its key stays here."""
    return pb.Receiver(
        name=f"receivers/{receiver.receiver_id}",
        kinds=[pb.RecordKind.ValueType(each) for each in receiver.kinds],
        place_code=receiver.place,
        is_public=receiver.is_public,
        subject_form=pb.SubjectForm.ValueType(receiver.form),
        purpose=receiver.purpose,
        legal_basis=receiver.basis,
        create_time=time_to(receiver.entered),
    )


def delivery_to(
    delivery: Delivery, stored: Stored | None, receiver: Receiver, book: RuleBook, now: datetime
) -> pb.Delivery:
    """Return what a receiver is to do, with the record when it is to keep it and still may.

    What was to be kept and has since been frozen, ended or made non-public comes without: a later
    delivery says so.
    """
    shown: dict[str, Any] = {}
    if delivery.action is Action.PUT and stored is not None:
        uses = {Use.PUBLISHED} if receiver.is_public else {Use.PUBLISHED, Use.SHARED}
        if record_log.on_day(book, stored, day_of(now)).decision.use in uses:
            shown["record"] = record_to(stored, book, now, receiver)
    return pb.Delivery(
        name=f"receivers/{delivery.receiver_id}/deliveries/{delivery.number}",
        action=pb.DeliveryAction.ValueType(delivery.action),
        record_name=deliveries.record_name(receiver, delivery.record_id),
        revision=delivery.revision,
        create_time=time_to(delivery.sent),
        due_time=time_to(delivery.due),
        acknowledge_time=time_to(delivery.acknowledged),
        **shown,
    )
