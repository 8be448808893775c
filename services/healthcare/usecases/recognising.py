"""Mutual recognition: decided once, kept with its grounds, taken back by a corrected report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from services.healthcare.model import recognition
from services.healthcare.model.documents import Document, Kind, Wanted
from services.healthcare.model.recognition import (
    Decision,
    Item,
    Mark,
    Outcome,
    Reason,
    Repeat,
    Result,
    Scope,
    Step,
)
from services.healthcare.model.recognition import Kind as ReportKind
from services.healthcare.model.records import Status
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import hospitals, keeping
from services.healthcare.usecases.keeping import Making
from services.healthcare.usecases.looking import Look, listed
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import jurisdiction_of
from tianfu import subjects
from tianfu.healthcare.v1 import events_pb2
from tianfu.healthcare.v1 import recognition_pb2 as pb

REASONS: Final = dict(enumerate(Reason, 1))
"""Numbered as in the contract's RepeatReason."""

REVOKED: Final = "REVOKED"


class ObservationOfAnother(InvalidArgument):
    """The result that is named is another patient's."""

    reason = "OBSERVATION_OF_ANOTHER"


AT_ONCE: Final = 1_000
DECISIONS_MAX: Final = 200_000
"""Of one count: a year of a province's busiest hospital."""


def create(tx: Transaction, desk: Desk, asked: pb.Recognition, making: Making) -> pb.Recognition:
    """Decide and keep; the same asked again is answered as before.

    Nothing here blocks an order: a hospital or item that is not known leads to an answer. Raises
    ReasonRequired or NoticeRequired for a repeat stated without text or without telling the
    patient, and ResourceExists.
    """
    before = keeping.known(tx, Kind.RECOGNITION, making, asked)
    if before is not None:
        return before
    is_final = asked.final and _stands(tx, asked)
    producer = hospitals.hospital(tx, hospitals.hospital_id(asked.producer))
    receiver = hospitals.hospital(tx, hospitals.hospital_id(asked.receiver))
    # Not registered: only marks of the whole province or wider can be said to reach it.
    place = desk.jurisdiction if receiver is None else jurisdiction_of(receiver.place_code)
    rules = desk.recognition(place, making.now)
    repeat = None
    if asked.repeat_reason:
        repeat = Repeat(REASONS[asked.repeat_reason], asked.repeat_text, asked.patient_told)
        recognition.check_repeat(repeat)
    decision = recognition.decide(
        _result(asked, is_final=is_final),
        None if producer is None else hospitals.institution(producer),
        [] if producer is None else hospitals.certificates(producer),
        place,
        rules,
        making.now,
        repeat,
    )
    kept = _filled(asked, making, decision, rules.items.get(asked.item))
    keeping.made(
        tx,
        Kind.RECOGNITION,
        making,
        kept,
        parent=asked.patient.partition("/")[2],
        label=decision.outcome.name,
        place=asked.receiver,
        cause=asked.observation,
    )
    keeping.note(
        tx,
        making.actor,
        "recognitions.create",
        kept.name,
        making.now,
        {"patient": asked.patient, "outcome": decision.outcome.name, "step": decision.step.name},
    )
    _tell(tx, events_pb2.RecognitionDecided, "recognition-decided", kept, making.now)
    return kept


def _stands(tx: Transaction, asked: pb.Recognition) -> bool:
    """Return whether the result that is named is final by what is known of it here.

    Raises ObservationOfAnother; one that is not known here is what the caller says it is.
    """
    if not asked.observation:
        return True
    if not asked.observation.startswith(f"{asked.patient}/"):
        raise ObservationOfAnother(
            "the observation is another patient's", field="recognition.observation"
        )
    known = tx.observation(asked.observation.rpartition("/")[2])
    return known is None or known.status in (Status.FINAL, Status.CORRECTED)


def _result(asked: pb.Recognition, *, is_final: bool) -> Result:
    return Result(
        kind=ReportKind(asked.kind),
        item=asked.item,
        producer_id=hospitals.hospital_id(asked.producer),
        collected_at=asked.collect_time.ToDatetime(UTC),
        is_final=is_final,
        mark=Mark(Scope(asked.mark_scope), asked.mark_place),
        value=asked.value if asked.HasField("value") else None,
        unit=asked.unit,
    )


def _filled(
    asked: pb.Recognition, making: Making, decision: Decision, item: Item | None
) -> pb.Recognition:
    kept = pb.Recognition()
    kept.CopyFrom(asked)
    kept.name = f"recognitions/{making.document_id}"
    kept.doctor = making.actor
    kept.outcome = pb.RecognitionOutcome.ValueType(decision.outcome)
    kept.step = pb.RecognitionStep.ValueType(decision.step)
    kept.why = decision.why if decision.step is not Step.EXCEPTION else ""
    kept.certificate = decision.certificate_id
    del kept.rule_versions[:]
    kept.rule_versions.extend(decision.rule_versions)
    kept.age_hours = decision.age.total_seconds() / 3600
    kept.ClearField("converted_value")
    if decision.value is not None:
        kept.converted_value = decision.value
    kept.converted_unit = decision.unit
    kept.revoked = False
    saved = decision.outcome is Outcome.RECOGNISED and item is not None
    kept.saved_fen = item.price_fen if saved and item is not None else 0
    kept.avoided_usv = item.radiation_usv if saved and item is not None else 0
    kept.ClearField("revoke_time")
    kept.create_time.FromDatetime(making.now)
    return kept


def revoke_for(tx: Transaction, patient_id: str, observation_id: str, now: datetime) -> int:
    """Take back what was recognised on a result that has changed; return how many that were."""
    name = f"patients/{patient_id}/observations/{observation_id}"
    count = 0
    wanted = Wanted(cause=name, label=Outcome.RECOGNISED.name)
    for document in tx.documents(Kind.RECOGNITION, wanted, 0, AT_ONCE):
        held = tx.document(Kind.RECOGNITION, document.document_id)
        if held is None or held.label != Outcome.RECOGNISED.name:
            continue  # somebody else took it back in between
        _revoke(tx, held, now)
        count += 1
    return count


def _revoke(tx: Transaction, document: Document, now: datetime) -> None:
    kept = pb.Recognition.FromString(document.body)
    kept.revoked = True
    kept.revoke_time.FromDatetime(now)
    keeping.changed(tx, document, kept, now, label=REVOKED)
    keeping.note(tx, "healthcare", "recognitions.revoke", kept.name, now)
    _tell(tx, events_pb2.RecognitionRevoked, "recognition-revoked", kept, now)


def _tell(
    tx: Transaction,
    sort: type[events_pb2.RecognitionDecided | events_pb2.RecognitionRevoked],
    name: str,
    kept: pb.Recognition,
    now: datetime,
) -> None:
    event = sort(
        recognition=kept.name,
        producer=kept.producer,
        receiver=kept.receiver,
        item=kept.item,
        outcome=kept.outcome,
        step=kept.step,
    )
    event.event_time.FromDatetime(now)
    tx.emit(
        subjects.event("healthcare", name),
        event,
        f"healthcare-{name}-{kept.name.partition('/')[2]}",
    )


def get(tx: Transaction, look: Look, own: str) -> pb.Recognition:
    """Return a recognition; raise ResourceNotFound."""
    found = keeping.found(tx, Kind.RECOGNITION, own, pb.Recognition)[1]
    tx.audit(look.entry("recognitions.get", found.name))
    listed(tx, look, "recognitions.get", [found.patient])
    return found


def page(
    tx: Transaction, look: Look, wanted: Wanted, offset: int, limit: int
) -> tuple[Sequence[pb.Recognition], bool]:
    """Return a page of recognitions, the latest first, and whether there are more."""
    found, more = keeping.page(tx, Kind.RECOGNITION, wanted, offset, limit, pb.Recognition)
    tx.audit(
        look.entry(
            "recognitions.list", f"patients/{wanted.parent}" if wanted.parent else "recognitions"
        )
    )
    listed(tx, look, "recognitions.listed", (each.patient for each in found))
    return found, more


def figures(tx: Transaction, wanted: Wanted) -> pb.EvaluateRecognitionFiguresResponse:
    """Add up decisions of a span of time; what was taken back is counted apart."""
    answer = pb.EvaluateRecognitionFiguresResponse()
    repeats: dict[tuple[int, str], int] = {}
    for offset in range(0, DECISIONS_MAX, AT_ONCE):
        found, more = keeping.page(tx, Kind.RECOGNITION, wanted, offset, AT_ONCE, pb.Recognition)
        for each in found:
            if each.revoked:
                answer.revoked += 1
            elif each.outcome == pb.RECOGNITION_OUTCOME_RECOGNISED:
                answer.recognised += 1
                answer.recognisable += 1
                answer.saved_fen += each.saved_fen
                answer.avoided_usv += each.avoided_usv
            elif each.outcome == pb.RECOGNITION_OUTCOME_REPEAT_ALLOWED:
                answer.recognisable += 1
                key = (each.repeat_reason, each.doctor)
                repeats[key] = repeats.get(key, 0) + 1
        if not more:
            break
    if answer.recognisable:
        answer.rate = answer.recognised / answer.recognisable
    for (reason, doctor), count in sorted(repeats.items()):
        answer.repeats.add(reason=pb.RepeatReason.ValueType(reason), doctor=doctor, count=count)
    return answer
