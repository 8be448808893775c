"""Remote consultations: each step by the model, kept with who did it, told to both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.healthcare.model import consultation as model
from services.healthcare.model.consultation import (
    SYSTEM,
    Action,
    Actor,
    Consent,
    ConsentMissing,
    Consultation,
    Detail,
    DetailRequired,
    State,
    Urgency,
)
from services.healthcare.model.documents import Document, Kind, Wanted
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import consenting, keeping
from services.healthcare.usecases.keeping import Making
from services.healthcare.usecases.looking import Look, PatientNotFound, listed
from tianfu import subjects
from tianfu.healthcare.v1 import consultation_pb2 as pb
from tianfu.healthcare.v1 import events_pb2

DUE_AT_ONCE: Final = 100
STEPS_MAX: Final = 200
"""Kept with a consultation; older ones are in the audit log."""

URGENCIES: Final = {
    Urgency.EMERGENCY: pb.CONSULTATION_URGENCY_EMERGENCY,
    Urgency.ROUTINE: pb.CONSULTATION_URGENCY_ROUTINE,
}
URGENCY_OF: Final = {number: each for each, number in URGENCIES.items()}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a caller gives with a step, beside who it is."""

    detail: Detail
    opinion: str = ""
    consent_record: str = ""


def create(tx: Transaction, asked: pb.Consultation, making: Making) -> pb.Consultation:
    """Begin a draft; the same asked again is answered as it then is. Raises PatientNotFound."""
    patient_id = asked.patient.partition("/")[2]
    if tx.patient(patient_id) is None:
        raise PatientNotFound("there is no such patient", field="consultation.patient")
    before = keeping.known(tx, Kind.CONSULTATION, making, asked)
    if before is not None:
        return before
    kept = pb.Consultation(
        name=f"consultations/{making.document_id}",
        patient=asked.patient,
        urgency=asked.urgency,
        inviting_hospital=asked.inviting_hospital,
        question=asked.question,
        state=pb.CONSULTATION_STATE_DRAFT,
        consent=pb.CONSULTATION_CONSENT_NONE,
        creator=making.actor,
    )
    kept.create_time.FromDatetime(making.now)
    kept.update_time.FromDatetime(making.now)
    keeping.made(
        tx,
        Kind.CONSULTATION,
        making,
        kept,
        parent=patient_id,
        label=State.DRAFT.name,
        place=asked.inviting_hospital,
    )
    keeping.note(
        tx, making.actor, "consultations.create", kept.name, making.now, {"patient": asked.patient}
    )
    return kept


def advance(
    tx: Transaction,
    desk: Desk,
    own: str,
    action: Action,
    actor: Actor,
    stated: Stated,
    *,
    now: datetime,
) -> pb.Consultation:
    """Do a step; raise the model's refusal that says what stands in the way."""
    document, kept = keeping.found(tx, Kind.CONSULTATION, own, pb.Consultation)
    patient_id = kept.patient.partition("/")[2]
    before = _decoded(kept)
    if action is Action.RECORD_CONSENT and not consenting.named(
        tx, stated.consent_record, patient_id, now
    ):
        raise ConsentMissing(
            "name the patient's consent to a consultation, one that holds", field="consent_record"
        )
    recorded = action is Action.INVITE and before.consent is Consent.RECORDED
    if recorded and not consenting.named(tx, kept.consent_record, patient_id, now):
        # Recorded then, taken back since: nobody new is asked.
        raise ConsentMissing("the patient's consent no longer holds", field="name")
    if action is Action.SIGN_OPINION and not (stated.opinion or kept.opinion).strip():
        raise DetailRequired("there is no opinion to sign", field="opinion")
    after = model.act(before, action, actor, stated.detail, desk.times(now), now)
    if action is Action.RECORD_CONSENT:
        kept.consent_record = stated.consent_record
    if action in (Action.DRAFT_OPINION, Action.SIGN_OPINION) and stated.opinion:
        kept.opinion = stated.opinion
    if action is Action.SIGN_OPINION:
        kept.signed_by = actor.doctor
        kept.sign_time.FromDatetime(now)
    return _put(tx, document, kept, after, action, actor, now)


def time_out_due(tx: Transaction, desk: Desk, *, now: datetime) -> int:
    """Move on what nobody answered in time; return how many consultations were looked at."""
    found = tx.due_documents(Kind.CONSULTATION, now, DUE_AT_ONCE)
    for document in found:
        kept = pb.Consultation.FromString(document.body)
        after = model.timed_out(_decoded(kept), desk.times(now), now)
        if after is not None:
            _put(tx, document, kept, after, Action.TIME_OUT, SYSTEM, now)
    return len(found)


def _decoded(kept: pb.Consultation) -> Consultation:
    return Consultation(
        consultation_id=kept.name.partition("/")[2],
        urgency=URGENCY_OF[kept.urgency],
        inviting_hospital=kept.inviting_hospital,
        state=State(kept.state),
        change_time=kept.update_time.ToDatetime(UTC),
        consent=Consent(kept.consent),
        consent_reason=kept.consent_reason,
        doctor=kept.doctor,
        hospital=kept.hospital,
        asked=tuple(kept.asked),
        answer_by=kept.answer_by_time.ToDatetime(UTC) if kept.HasField("answer_by_time") else None,
        scheduled_time=(
            kept.scheduled_time.ToDatetime(UTC) if kept.HasField("scheduled_time") else None
        ),
        reason=kept.reason,
        rule_version=kept.rule_version,
    )


def _put(
    tx: Transaction,
    document: Document,
    kept: pb.Consultation,
    after: Consultation,
    action: Action,
    actor: Actor,
    now: datetime,
) -> pb.Consultation:
    kept.state = pb.ConsultationState.ValueType(after.state)
    kept.consent = pb.ConsultationConsent.ValueType(after.consent)
    kept.consent_reason, kept.reason = after.consent_reason, after.reason
    kept.doctor, kept.hospital = after.doctor, after.hospital
    del kept.asked[:]
    kept.asked.extend(after.asked)
    kept.rule_version = after.rule_version
    kept.ClearField("answer_by_time")
    if after.answer_by is not None:
        kept.answer_by_time.FromDatetime(after.answer_by)
    if after.scheduled_time is not None:
        kept.scheduled_time.FromDatetime(after.scheduled_time)
    kept.update_time.FromDatetime(now)
    step = kept.steps.add(
        action=pb.ConsultationAction.ValueType(action),
        actor=actor.doctor,
        hospital=actor.hospital,
        state=kept.state,
    )
    step.step_time.FromDatetime(now)
    if len(kept.steps) > STEPS_MAX:
        del kept.steps[: len(kept.steps) - STEPS_MAX]
    written = keeping.changed(
        tx,
        document,
        kept,
        now,
        label=after.state.name,
        cause=after.hospital,
        due_time=after.answer_by,
    )
    keeping.note(
        tx,
        actor.doctor or "healthcare",
        f"consultations.{action.name.lower()}",
        kept.name,
        now,
        {"hospital": actor.hospital, "state": after.state.name},
    )
    event = events_pb2.ConsultationAdvanced(
        consultation=kept.name,
        state=kept.state,
        action=step.action,
        inviting_hospital=kept.inviting_hospital,
        hospital=kept.hospital,
    )
    event.event_time.FromDatetime(now)
    name = f"healthcare-consultation-{document.document_id}-{written.version + 1}"
    tx.emit(subjects.event("healthcare", "consultation-advanced"), event, name)
    return kept


def get(tx: Transaction, look: Look, own: str) -> pb.Consultation:
    """Return a consultation; raise ResourceNotFound."""
    found = keeping.found(tx, Kind.CONSULTATION, own, pb.Consultation)[1]
    tx.audit(look.entry("consultations.get", found.name))
    return found


def page(
    tx: Transaction, look: Look, wanted: Wanted, offset: int, limit: int
) -> tuple[Sequence[pb.Consultation], bool]:
    """Return a page of consultations, the latest first, and whether there are more."""
    resource = f"patients/{wanted.parent}" if wanted.parent else "consultations"
    tx.audit(look.entry("consultations.list", resource))
    found, more = keeping.page(tx, Kind.CONSULTATION, wanted, offset, limit, pb.Consultation)
    listed(tx, look, "consultations.listed", (each.patient for each in found))
    return found, more
