"""Resources as the contract has them, and what comes in as the use cases have it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.healthcare.model.closed_loop import LoopState
from services.healthcare.model.oxygen import OxygenScaleOrder
from services.healthcare.model.records import (
    Alert,
    AlertKind,
    Observation,
    Patient,
    StoredScore,
    masked,
)
from services.healthcare.ports import (
    AlertFilter,
    ObservationFilter,
    PatientFilter,
    ScoreFilter,
)
from services.healthcare.usecases.looking import Look
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rpc_interceptor import caller
from tianfu.authz.v1 import authz_pb2
from tianfu.healthcare.v1 import clinical_pb2, decisions_pb2, patient_pb2
from tianfu.scores.scale import Value

FILTER_TERMS_MAX: Final = 8

UNMASKED: Final = frozenset({patient_pb2.PURPOSE_TREATMENT, patient_pb2.PURPOSE_EMERGENCY})
"""Purposes for which a clinician sees who a patient is."""

IDENTIFIER_TAIL: Final = 4
"""Characters of an identifier that stay readable, so that two people mean the same patient."""

_TERM: Final = re.compile(r"(?P<field>[a-z_]+)=(?P<value>[^=]{1,100})")
TRENDS: Final = ("RISING", "STEADY", "FALLING")
_BOOLEANS: Final = {"true": True, "false": False}


class FilterInvalid(InvalidArgument):
    """The filter can't be read."""

    reason = "FILTER_INVALID"


def look(purpose: patient_pb2.Purpose, now: datetime) -> Look:
    """Return who reads, what for, and when."""
    return Look(caller().subject, patient_pb2.Purpose.Name(purpose).lower(), now)


def sees_all(purpose: patient_pb2.Purpose) -> bool:
    """Return whether the caller sees who a patient is."""
    return authz_pb2.ROLE_CLINICIAN in caller().roles and purpose in UNMASKED


def terms(text: str, known: tuple[str, ...]) -> dict[str, str]:
    """Return a filter's terms ``field=value`` joined by `` AND ``; raise FilterInvalid."""
    found = {}
    parts = [part.strip() for part in text.split(" AND ")] if text.strip() else []
    if len(parts) > FILTER_TERMS_MAX:
        raise FilterInvalid(f"at most {FILTER_TERMS_MAX} terms may be given", field="filter")
    for place, part in enumerate(parts, 1):
        match = _TERM.fullmatch(part)
        if match is None or match["field"] not in known:
            raise FilterInvalid(
                f"term {place}: need field=value; fields are {', '.join(known)}", field="filter"
            )
        found[match["field"]] = match["value"].strip('"')
    return found


def patient_filter(text: str) -> PatientFilter:
    """Return which patients are meant; raise FilterInvalid."""
    found = terms(text, ("facility", "ward", "admitted"))
    admitted = found.get("admitted")
    if admitted is not None and admitted not in _BOOLEANS:
        raise FilterInvalid("admitted is true or false", field="filter")
    return PatientFilter(
        found.get("facility", ""),
        found.get("ward", ""),
        None if admitted is None else _BOOLEANS[admitted],
    )


def alert_filter(text: str) -> AlertFilter:
    """Return which alerts are meant; raise FilterInvalid."""
    found = terms(text, ("state", "kind", "patient"))
    try:
        state = LoopState[found["state"]] if "state" in found else None
        kind = AlertKind[found["kind"]] if "kind" in found else None
    except KeyError:
        known = ", ".join([*LoopState.__members__, *AlertKind.__members__])
        raise FilterInvalid(f"state and kind are among {known}", field="filter") from None
    return AlertFilter(state, kind, found.get("patient", "").removeprefix("patients/"))


def observation_filter(text: str, patient_id: str) -> ObservationFilter:
    """Return which results of a patient are meant; raise FilterInvalid."""
    return ObservationFilter(patient_id, **terms(text, ("code", "order")))


def score_filter(text: str, patient_id: str) -> ScoreFilter:
    """Return which scores of a patient are meant; raise FilterInvalid."""
    found = terms(text, ("band", "trend"))
    if found.get("trend", TRENDS[0]) not in TRENDS:
        raise FilterInvalid(f"trend is among {', '.join(TRENDS)}", field="filter")
    return ScoreFilter(patient_id, **found)


def encode_patient(patient: Patient, *, sees: bool) -> patient_pb2.Patient:
    """Return a patient; ``sees`` says whether the caller may know who it is."""

    def hidden(text: str, tail: int = 0) -> str:
        return text if sees else masked(text, 1, tail)

    message = patient_pb2.Patient(
        name=f"patients/{patient.patient_id}",
        facts=clinical_pb2.PatientFacts(
            identifier=hidden(patient.identifier, IDENTIFIER_TAIL),
            assigner=patient.assigner,
            family_name=hidden(patient.family_name),
            given_name=patient.given_name if sees else masked(patient.given_name, 0),
            birth_date=patient.birth_date if sees else patient.birth_date[:4],
            sex=patient.sex,
        ),
        visit=clinical_pb2.VisitFacts(
            number=hidden(patient.visit),
            patient_class=patient.patient_class,
            ward=patient.ward,
            room=patient.room,
            bed=patient.bed,
            facility=patient.facility,
        ),
        admitted=patient.admitted,
        masked=not sees,
    )
    message.create_time.FromDatetime(patient.create_time)
    message.update_time.FromDatetime(patient.update_time)
    return message


def encode_observation(observation: Observation) -> patient_pb2.Observation:
    """Return a result."""
    owner, own = observation.patient_id, observation.observation_id
    message = patient_pb2.Observation(
        name=f"patients/{owner}/observations/{own}",
        result=clinical_pb2.Result.FromString(observation.body),
        order=observation.order,
        node=observation.node,
    )
    message.create_time.FromDatetime(observation.create_time)
    return message


def encode_score(score: StoredScore) -> patient_pb2.Score:
    """Return a score."""
    message = patient_pb2.Score(
        name=f"patients/{score.patient_id}/scores/{score.score_id}",
        figures=patient_pb2.ScoreFigures.FromString(score.body),
        trend=patient_pb2.Trend.Value(f"TREND_{score.trend or 'UNSPECIFIED'}"),
    )
    message.observe_time.FromDatetime(score.observe_time)
    return message


def encode_oxygen_order(order: OxygenScaleOrder) -> patient_pb2.OxygenScaleOrder:
    """Return an order of an SpO2 scale."""
    message = patient_pb2.OxygenScaleOrder(
        name=f"patients/{order.patient_id}/oxygenScaleOrders/{order.order_id}",
        scale=patient_pb2.OxygenScale.ValueType(order.scale),
        reason=order.reason,
        clinician=order.clinician,
    )
    message.create_time.FromDatetime(order.create_time)
    return message


def encode_alert(alert: Alert) -> patient_pb2.Alert:
    """Return an alert."""
    loop = alert.loop
    message = patient_pb2.Alert(
        name=f"alerts/{alert.alert_id}",
        patient=f"patients/{alert.patient_id}",
        kind=patient_pb2.AlertKind.ValueType(alert.kind),
        cause=alert.cause,
        grade=alert.grade,
        rule_version=alert.rule_version,
        ladder_version=loop.rule_version,
        state=patient_pb2.AlertState.ValueType(loop.state),
        step=loop.step,
        told_role=loop.told_role,
        clinician=loop.clinician,
        note=loop.note,
    )
    message.told_time.FromDatetime(loop.told_time)
    message.create_time.FromDatetime(loop.open_time)
    if loop.answer_by is not None:
        message.answer_by_time.FromDatetime(loop.answer_by)
    if loop.close_time is not None:
        message.close_time.FromDatetime(loop.close_time)
    return message


def plain(values: Mapping[str, decisions_pb2.Value]) -> dict[str, Value]:
    """Return the values that go into a decision; None for one that is not known."""
    return {
        name: None if (which := value.WhichOneof("value")) is None else getattr(value, which)
        for name, value in values.items()
    }
