"""What patients have agreed to; nothing is deleted, a consent taken back keeps its time."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.ports import Transaction
from services.healthcare.usecases import keeping
from services.healthcare.usecases.keeping import Making
from services.healthcare.usecases.looking import Look, PatientNotFound
from tianfu.healthcare.v1 import consultation_pb2 as pb


class ScopeLabel(enum.Enum):
    """What consents are looked up by; numbered as in the contract."""

    CONSULTATION = pb.CONSENT_SCOPE_CONSULTATION
    QUALITY = pb.CONSENT_SCOPE_QUALITY
    SHARING = pb.CONSENT_SCOPE_SHARING


LABELS = {each.value: each.name for each in ScopeLabel}


def create(tx: Transaction, patient_id: str, asked: pb.Consent, making: Making) -> pb.Consent:
    """Record what a patient agrees to or refuses; the same again changes nothing."""
    if tx.patient(patient_id) is None:
        raise PatientNotFound("there is no such patient", field="parent")
    own = Making(making.actor, f"{patient_id}/{making.document_id}", making.request_id, making.now)
    before = keeping.known(tx, Kind.CONSENT, own, asked)
    if before is not None:
        return before
    kept = pb.Consent()
    kept.CopyFrom(asked)
    kept.name = f"patients/{patient_id}/consents/{making.document_id}"
    kept.recorder = making.actor
    kept.create_time.FromDatetime(making.now)
    kept.ClearField("revoke_time")
    keeping.made(tx, Kind.CONSENT, own, kept, parent=patient_id, label=LABELS[asked.scope])
    keeping.note(tx, making.actor, "consents.create", kept.name, making.now)
    return kept


def revoke(tx: Transaction, name: str, actor: str, *, now: datetime) -> pb.Consent:
    """Take a consent back; a second time changes nothing. Raises ResourceNotFound."""
    _, patient_id, _, own = name.split("/")
    document, kept = keeping.found(tx, Kind.CONSENT, f"{patient_id}/{own}", pb.Consent)
    if not kept.HasField("revoke_time"):
        kept.revoke_time.FromDatetime(now)
        keeping.changed(tx, document, kept, now)
        keeping.note(tx, actor, "consents.revoke", kept.name, now)
    return kept


def page(
    tx: Transaction, look: Look, wanted: Wanted, offset: int, limit: int
) -> tuple[Sequence[pb.Consent], bool]:
    """Return a page of a patient's consents, the latest first, and whether there are more."""
    tx.audit(look.entry("consents.list", f"patients/{wanted.parent}"))
    return keeping.page(tx, Kind.CONSENT, wanted, offset, limit, pb.Consent)


def holds(consent: pb.Consent, now: datetime) -> bool:
    """Return whether a consent permits now."""
    expired = consent.HasField("expire_time") and consent.expire_time.ToDatetime(UTC) <= now
    return (
        consent.decision == pb.CONSENT_DECISION_PERMIT
        and not expired
        and not consent.HasField("revoke_time")
    )


def named(tx: Transaction, name: str, patient_id: str, now: datetime) -> bool:
    """Return whether a name is that of a consent to a consultation of this patient, and holds."""
    prefix = f"patients/{patient_id}/consents/"
    if not name.startswith(prefix):
        return False
    document = tx.document(Kind.CONSENT, f"{patient_id}/{name.removeprefix(prefix)}")
    if document is None or document.label != LABELS[pb.CONSENT_SCOPE_CONSULTATION]:
        return False
    return holds(pb.Consent.FromString(document.body), now)


def may_read(tx: Transaction, look: Look, patient_id: str) -> bool:
    """Return whether a patient's data may be read for the quality of care; kept when not.

    It may unless the patient's latest word on it is a refusal or a consent taken back.
    """
    wanted = Wanted(parent=patient_id, label=LABELS[pb.CONSENT_SCOPE_QUALITY])
    found = tx.documents(Kind.CONSENT, wanted, 0, 1)
    if not found or holds(pb.Consent.FromString(found[0].body), look.when):
        return True
    tx.audit(look.entry("patients.refused", f"patients/{patient_id}", "consent withheld"))
    return False


def readable(tx: Transaction, look: Look, patient_id: str) -> bool:
    """Return whether a patient's data may be read for a look's purpose."""
    return not look.needs_consent or may_read(tx, look, patient_id)


def all_readable(tx: Transaction, look: Look, patient_ids: Iterable[str]) -> frozenset[str]:
    """Return those of some patients whose data may be read for a look's purpose."""
    return frozenset(each for each in set(patient_ids) if readable(tx, look, each))
