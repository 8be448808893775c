"""A clinical message in: patient, results, score and alerts, all of it in one transaction or none.

The message's name (MSH-3, MSH-4, MSH-10) is entered first: the second time nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from services.healthcare.model import critical_values, vitals
from services.healthcare.model.closed_loop import LoopState
from services.healthcare.model.critical_values import UnitNotKnown
from services.healthcare.model.records import (
    Alert,
    AlertKind,
    Observation,
    Patient,
    Status,
    changed_facts,
    derived,
)
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import alerting, recognising, reporting, scoring
from services.plumbing.audit_chain import Entry
from tianfu.healthcare.v1 import clinical_pb2 as pb

FHIR = "FHIR"
"""Sending application of what comes as FHIR."""

CLOCK_AHEAD_MAX = timedelta(minutes=5)
"""How far a sender may be ahead of us."""

PLACES = {
    pb.CLINICAL_EVENT_ADMITTED: True,
    pb.CLINICAL_EVENT_TRANSFERRED: True,
    pb.CLINICAL_EVENT_DISCHARGED: False,
}
"""Events that say where a patient is, and whether still there."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message came to."""

    repeated: bool = False
    observations: int = 0
    scores: int = 0
    alerts: int = 0
    uncompared: int = 0
    """Results whose unit the limits of critical values don't know."""


def record_message(
    tx: Transaction,
    desk: Desk,
    message: pb.ClinicalMessage,
    draw: Callable[[], str],
    *,
    now: datetime,
    actor: str = "",
) -> Taken:
    """Take a message; ``draw`` makes the id of a patient who is heard of for the first time.

    ``actor`` is who brought it, without one its node.
    """
    if not tx.first_time(name_of(message)):
        return Taken(repeated=True)
    patient = _patient(tx, message, draw, now)
    tx.audit(
        Entry(
            when=now,
            actor=actor or f"nodes/{message.node}",
            action=f"messages.{pb.ClinicalEvent.Name(message.event).lower()}",
            resource=f"patients/{patient.patient_id}",
            basis="medical record",
        )
    )
    stored, alerts, uncompared = [], 0, 0
    for group in message.groups:
        reporting.keep(tx, patient.patient_id, group, now)
        for result in group.results:
            observation = _observation(patient, message.node, group, result, now)
            if _is_outdated(tx, observation):
                continue
            before = tx.put_observation(observation)
            if before is not None and before.body == observation.body:
                continue
            stored.append(observation)
            if before is not None and _takes_back(observation, before):
                owner, own = observation.patient_id, observation.observation_id
                recognising.revoke_for(tx, owner, own, now)
            try:
                alerts += _judge(tx, desk, observation, result, before, now)
            except UnitNotKnown:
                # Stored and shown; whoever runs the rules sees the count and adds the factor.
                uncompared += 1
    scored, opened = _score(tx, desk, patient, stored, now)
    return Taken(False, len(stored), scored, alerts + opened, uncompared)


def name_of(message: pb.ClinicalMessage) -> str:
    """Return what a message is known by: (MSH-3, MSH-4, MSH-10) and what it says.

    A node refuses another message of a name that it knows. Of two nodes, two hospitals may call
    their senders alike and count from 1: what they say tells them apart, and the same message that
    comes by two nodes is one.
    """
    said = pb.ClinicalMessage()
    said.CopyFrom(message)
    for own in ("node", "receive_time_us"):
        said.ClearField(own)
    if message.sending_application == FHIR:
        said.ClearField("message_time")  # that of its coming; its control id is of the content
    return derived(
        "m",
        message.sending_application,
        message.sending_facility,
        message.control_id,
        sha256(said.SerializeToString(deterministic=True)).hexdigest(),
    )


def forget_messages(tx: Transaction, *, now: datetime) -> int:
    """Forget the names of messages that no node sends again any more; return how many."""
    return tx.forget_messages(now)


def _patient(
    tx: Transaction, message: pb.ClinicalMessage, draw: Callable[[], str], now: datetime
) -> Patient:
    facts, visit = message.patient, message.visit
    # A sender whose clock is years ahead would be the last to say anything of the patient.
    sent = min(message.message_time.ToDatetime(UTC), now + CLOCK_AHEAD_MAX)
    # Who states no assigner means itself: every hospital has a patient 1.
    assigner = facts.assigner or message.sending_facility
    known = tx.patient_of(assigner, facts.identifier)
    stated = {
        "family_name": facts.family_name,
        "given_name": facts.given_name,
        "birth_date": facts.birth_date,
        "sex": facts.sex,
    }
    place = {
        "facility": visit.facility,
        "ward": visit.ward,
        "room": visit.room,
        "bed": visit.bed,
        "visit": visit.number,
        "patient_class": visit.patient_class,
    }
    if known is None:
        made = Patient(
            patient_id=draw(),
            assigner=assigner,
            identifier=facts.identifier,
            **stated,
            **place,
            admitted=PLACES.get(message.event, bool(visit.ward)),
            message_time=sent,
            create_time=now,
            update_time=now,
        )
        return tx.put_patient(made)
    if sent < known.message_time:
        return known  # what came later was said later
    if message.event in PLACES:
        # All of the place at once: a room of the former ward must not stay.
        changes: dict[str, object] = {**place, "admitted": PLACES[message.event]}
        changes = {k: v for k, v in changes.items() if getattr(known, k) != v}
    else:
        changes = dict(changed_facts(place, known))
    changes |= changed_facts(stated, known)
    if not changes and sent == known.message_time:
        return known
    update = now if changes else known.update_time
    return tx.put_patient(replace(known, **changes, message_time=sent, update_time=update))  # type: ignore[arg-type]  # fields by name


def _observation(
    patient: Patient, node: str, group: pb.ResultGroup, result: pb.Result, now: datetime
) -> Observation:
    which = result.WhichOneof("value")
    seen = result.observe_time.ToDatetime(UTC)
    word = result.text if which == "text" else result.coded.code if which == "coded" else ""
    return Observation(
        observation_id=reporting.observation_id(patient.patient_id, group.order, result),
        patient_id=patient.patient_id,
        order=group.order,
        code=result.code.code,
        system=result.code.system,
        number=result.number if which == "number" else None,
        unit=result.unit,
        word=word[:40],
        status=Status(result.status),
        observe_time=seen,
        create_time=now,
        node=node,
        body=result.SerializeToString(deterministic=True),
    )


def _judge(
    tx: Transaction,
    desk: Desk,
    observation: Observation,
    result: pb.Result,
    before: Observation | None,
    now: datetime,
) -> int:
    """Open or withdraw the alert of a result; return how many were opened."""
    cause = f"patients/{observation.patient_id}/observations/{observation.observation_id}"
    rule, limits = desk.limits(now)
    found = None
    if observation.status is not Status.CANCELLED:
        loinc = observation.code if observation.system == vitals.LOINC else ""
        found = critical_values.judge(
            loinc, observation.number, observation.unit, result.flag, rule, limits
        )
    grade = "" if found is None else found.direction
    stands = False
    for alert in _alerts_of_cause(tx, observation, cause) if before is not None else ():
        if alert.grade == grade and _same_value(observation, before):
            stands = True
        else:
            alerting.withdraw(tx, alert, now)
    if found is None or stands:
        return 0
    opened = alerting.open_alert(
        tx,
        desk,
        patient_id=observation.patient_id,
        kind=AlertKind.CRITICAL_VALUE,
        cause=cause,
        grade=grade,
        rank=0,
        ladder="critical_value",
        rule_version=found.rule_version,
        now=now,
    )
    return int(opened is not None)


def _is_outdated(tx: Transaction, observation: Observation) -> bool:
    """Return whether a preliminary result comes after its final one, which stays."""
    if observation.status is not Status.PRELIMINARY:
        return False
    known = tx.observation(observation.observation_id)
    return known is not None and known.status in (Status.FINAL, Status.CORRECTED)


def _takes_back(new: Observation, before: Observation) -> bool:
    """Return whether what was decided on a result no longer rests on what it says now.

    One that was wrong may be repeated with its value, and a corrected one with the same.
    """
    again = new.status is not before.status and new.status in (Status.CORRECTED, Status.CANCELLED)
    return again or not _same_value(new, before)


def _alerts_of_cause(tx: Transaction, observation: Observation, cause: str) -> list[Alert]:
    """Return the alerts of a result that were not withdrawn, answered ones included."""
    found = tx.alerts_of(observation.patient_id, AlertKind.CRITICAL_VALUE, observation.observe_time)
    return [
        each for each in found if each.cause == cause and each.loop.state is not LoopState.WITHDRAWN
    ]


def _same_value(new: Observation, before: Observation | None) -> bool:
    """Return whether a result says what it said before, if only more finally."""
    return before is not None and (new.number, new.unit, new.word) == (
        before.number,
        before.unit,
        before.word,
    )


def _score(
    tx: Transaction, desk: Desk, patient: Patient, stored: list[Observation], now: datetime
) -> tuple[int, int]:
    """Score the patient at the latest of the new vital signs, and anew wherever they count."""
    times = [
        each.observe_time
        for each in stored
        if each.system == vitals.LOINC and each.code in vitals.CODES
    ]
    if not times:
        return 0, 0
    return scoring.score_again(tx, desk, patient, min(times), max(times), now)
