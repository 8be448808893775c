"""What is kept, as FHIR R4: resources that the door itself would take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from services.healthcare.model.fhir_r4 import UCUM
from tianfu.healthcare.v1 import clinical_pb2, consultation_pb2, exchange_pb2, patient_pb2

Json = dict[str, Any]

SEXES: Final = {"M": "male", "F": "female", "O": "other"}
CLASSES: Final = {"I": "IMP", "O": "AMB", "E": "EMER"}
ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
FLAG: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
STATUSES: Final = {
    clinical_pb2.RESULT_STATUS_PRELIMINARY: "preliminary",
    clinical_pb2.RESULT_STATUS_FINAL: "final",
    clinical_pb2.RESULT_STATUS_CORRECTED: "corrected",
    clinical_pb2.RESULT_STATUS_CANCELLED: "cancelled",
}

_P: Final = consultation_pb2
REQUEST_STATUS: Final = {
    _P.CONSULTATION_STATE_DRAFT: "draft",
    _P.CONSULTATION_STATE_CLOSED: "completed",
    _P.CONSULTATION_STATE_CANCELLED: "revoked",
}
TASK_STATUS: Final = {
    _P.CONSULTATION_STATE_DRAFT: "draft",
    _P.CONSULTATION_STATE_SUBMITTED: "requested",
    _P.CONSULTATION_STATE_MATERIALS_CHECK: "requested",
    _P.CONSULTATION_STATE_RETURNED_FOR_MORE: "on-hold",
    _P.CONSULTATION_STATE_CONSENT_RECORDED: "ready",
    _P.CONSULTATION_STATE_INVITED: "received",
    _P.CONSULTATION_STATE_ACCEPTED: "accepted",
    _P.CONSULTATION_STATE_DECLINED: "rejected",
    _P.CONSULTATION_STATE_TIMED_OUT: "failed",
    _P.CONSULTATION_STATE_SCHEDULED: "accepted",
    _P.CONSULTATION_STATE_CANCELLED: "cancelled",
}
"""From IN_SESSION to RETURNED it is in progress, from ADOPTED on completed."""


def bundle(entries: Sequence[Json]) -> Json:
    """Return a Bundle of resources, each under its id."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"urn:tianfu:{each['resourceType']}/{each['id']}", "resource": each}
            for each in entries
        ],
    }


def patient_bundle(
    patient: patient_pb2.Patient,
    observations: Sequence[patient_pb2.Observation],
    reports: Sequence[exchange_pb2.Report],
) -> Json:
    """Return a patient, where it is, and its results; masked when the patient is."""
    own = patient.name.partition("/")[2]
    subject = {"reference": f"Patient/{own}"}
    entries = [_patient(patient, own)]
    if patient.visit.ward or patient.visit.facility:
        entries += _stay(patient, own, subject)
    entries += [_observation(each, subject) for each in observations]
    entries += [_report(each, subject) for each in reports]
    return bundle([_without_empty(each) for each in entries])


def _patient(patient: patient_pb2.Patient, own: str) -> Json:
    facts = patient.facts
    return {
        "resourceType": "Patient",
        "id": own,
        "identifier": [{"system": _uri(facts.assigner), "value": facts.identifier}],
        "name": [
            {"family": facts.family_name, "given": [facts.given_name] * bool(facts.given_name)}
        ],
        "gender": SEXES.get(facts.sex, "unknown"),
        "birthDate": facts.birth_date,
    }


def _uri(text: str) -> str:
    return text if ":" in text else f"urn:tianfu:assigner:{text}"


def _stay(patient: patient_pb2.Patient, own: str, subject: Json) -> list[Json]:
    visit = patient.visit
    code = CLASSES.get(visit.patient_class, "AMB")
    place = {
        "resourceType": "Location",
        "id": f"{own}-place",
        "status": "active",
        "name": " ".join(
            each for each in (visit.facility, visit.ward, visit.room, visit.bed) if each
        ),
    }
    return [
        place,
        {
            "resourceType": "Encounter",
            "id": f"{own}-stay",
            "status": "in-progress" if patient.admitted else "finished",
            "class": {"system": ACT, "code": code},
            "subject": subject,
            "location": [{"location": {"reference": f"Location/{place['id']}"}}],
        },
    ]


def _observation(each: patient_pb2.Observation, subject: Json) -> Json:
    result = each.result
    made: Json = {
        "resourceType": "Observation",
        "id": each.name.rpartition("/")[2],
        "status": STATUSES.get(result.status, "unknown"),
        "code": _concept(result.code),
        "subject": subject,
        "effectiveDateTime": _time(result.observe_time),
    }
    match result.WhichOneof("value"):
        case "number":
            made["valueQuantity"] = {
                "value": result.number,
                "unit": result.unit,
                "system": UCUM,
                "code": result.unit,
            }
        case "text":
            made["valueString"] = result.text
        case "coded":
            made["valueCodeableConcept"] = _concept(result.coded)
        case _:
            made["dataAbsentReason"] = {"text": "unknown"}
    if result.flag:
        made["interpretation"] = [{"coding": [{"system": FLAG, "code": result.flag}]}]
    return made


def _report(each: exchange_pb2.Report, subject: Json) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": each.name.rpartition("/")[2],
        "identifier": [{"value": each.order}] if each.order else [],
        "status": STATUSES.get(each.status, "unknown"),
        "code": _concept(each.code),
        "subject": subject,
        "effectiveDateTime": _time(each.collect_time) if each.HasField("collect_time") else "",
        "result": [
            {"reference": f"Observation/{name.rpartition('/')[2]}"} for name in each.observations
        ],
    }


def _concept(code: clinical_pb2.Code) -> Json:
    coding = {"system": code.system, "code": code.code, "display": code.display}
    found = {"coding": [{k: v for k, v in coding.items() if v}]} if code.code else {}
    return found | ({"text": code.display} if code.display else {})


def consultation_bundle(each: consultation_pb2.Consultation) -> Json:
    """Return a consultation as the ServiceRequest of the inviting hospital and its Task."""
    own = each.name.partition("/")[2]
    urgent = each.urgency == consultation_pb2.CONSULTATION_URGENCY_EMERGENCY
    subject = {"reference": f"Patient/{each.patient.partition('/')[2]}"}
    request = {
        "resourceType": "ServiceRequest",
        "id": own,
        "status": REQUEST_STATUS.get(each.state, "active"),
        "intent": "order",
        "priority": "stat" if urgent else "routine",
        "code": {"text": "Remote consultation"},
        "subject": subject,
        "authoredOn": _time(each.create_time),
        "requester": {"display": each.inviting_hospital},
        "performer": [{"display": each.hospital}] if each.hospital else [],
        "reasonCode": [{"text": each.question}],
    }
    task: Json = {
        "resourceType": "Task",
        "id": f"{own}-task",
        "status": _task_status(each.state),
        "businessStatus": {"text": consultation_pb2.ConsultationState.Name(each.state)},
        "intent": "order",
        "priority": "stat" if urgent else "routine",
        "focus": {"reference": f"ServiceRequest/{own}"},
        "for": subject,
        "authoredOn": _time(each.create_time),
        "lastModified": _time(each.update_time),
        "owner": {"display": f"{each.doctor}, {each.hospital}"} if each.doctor else {},
        "statusReason": {"text": each.reason} if each.reason else {},
    }
    if each.HasField("answer_by_time"):
        task["restriction"] = {"period": {"end": _time(each.answer_by_time)}}
    if each.signed_by:
        task["output"] = [{"type": {"text": "opinion"}, "valueString": each.opinion}]
    return bundle([_without_empty(request), _without_empty(task)])


def _task_status(state: consultation_pb2.ConsultationState) -> str:
    if state >= consultation_pb2.CONSULTATION_STATE_CANCELLED:
        return "cancelled"
    if state >= consultation_pb2.CONSULTATION_STATE_ADOPTED:
        return "completed"
    return TASK_STATUS.get(state, "in-progress")


def _time(stamp: Any) -> str:
    return str(stamp.ToDatetime(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def _without_empty(value: Any) -> Any:
    """Return a value without empty elements: FHIR has none."""
    if isinstance(value, dict):
        kept = {name: _without_empty(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in ("", [], {}, None)}
    if isinstance(value, list):
        kept_list = [_without_empty(each) for each in value]
        return [each for each in kept_list if each not in ("", [], {}, None)]
    return value
