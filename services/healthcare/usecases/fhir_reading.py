"""FHIR R4 resources as clinical messages: from there on they go the way of HL7 v2.

A message for each patient: facts of Patient, place of Encounter and Location, a group of results
for each DiagnosticReport, and one for each Observation that no report names. Its name is a digest
of the content, so the same content is taken once, however often it is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from services.healthcare.model import critical_values, fhir_r4
from services.healthcare.model.fhir_r4 import FhirInvalid
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import intake
from services.healthcare.usecases.intake import Taken
from services.plumbing.refusal import InvalidArgument
from tianfu.healthcare.v1 import clinical_pb2 as pb

Json = Mapping[str, Any]

SENDER: Final = intake.FHIR
TEXT_MAX: Final = 4_000
"""Characters of a result in words."""

STATUSES: Final[Mapping[str, pb.ResultStatus]] = {
    "registered": pb.RESULT_STATUS_PRELIMINARY,
    "partial": pb.RESULT_STATUS_PRELIMINARY,
    "preliminary": pb.RESULT_STATUS_PRELIMINARY,
    "unknown": pb.RESULT_STATUS_PRELIMINARY,
    "final": pb.RESULT_STATUS_FINAL,
    "appended": pb.RESULT_STATUS_FINAL,
    "amended": pb.RESULT_STATUS_CORRECTED,
    "corrected": pb.RESULT_STATUS_CORRECTED,
    "cancelled": pb.RESULT_STATUS_CANCELLED,
    "entered-in-error": pb.RESULT_STATUS_CANCELLED,
}
SEXES: Final = {"male": "M", "female": "F", "other": "O", "unknown": "U"}
CLASSES: Final = {"IMP": "I", "AMB": "O", "EMER": "E", "ACUTE": "I", "OBSENC": "I", "VR": "O"}
FLAGS: Final = frozenset({"HH", "LL", "AA", "H", "L", "A", "N"})
OVER: Final = frozenset({"finished"})
HERE: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})


class ReferenceUnknown(InvalidArgument):
    """A resource speaks of a patient that is neither in the Bundle nor known."""

    reason = "FHIR_REFERENCE_UNKNOWN"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path}: names no patient of this Bundle and none that is known here; send the "
            "Patient with it, or name it by its identifier",
            field=path,
        )


@dataclass
class _Person:
    """What a Bundle says of one patient."""

    facts: pb.PatientFacts
    encounters: list[Json] = field(default_factory=list)
    reports: list[Json] = field(default_factory=list)
    observations: list[Json] = field(default_factory=list)
    """Each with the key that a report names it by."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to."""

    patients: tuple[str, ...]
    taken: Taken
    reports: int
    passed_over: int


def record(
    tx: Transaction,
    desk: Desk,
    resource: Any,
    source: str,
    actor: str,
    draw: Callable[[], str],
    *,
    now: datetime,
) -> Imported:
    """Check a resource and take it, all of it or nothing; raise FhirInvalid, ReferenceUnknown."""
    found = fhir_r4.check(resource)
    if not found and resource["resourceType"] != "Bundle":
        # In a Bundle it is passed over, and counted; by itself nothing would have come of it.
        raise FhirInvalid("resource.resourceType", f"need {', '.join(sorted(fhir_r4.TYPES))}")
    bundle = _Bundle(tx, resource, source)
    for path, each in found:
        bundle.add(path, each)
    total, patients = Taken(repeated=True), []
    reports = sum(each["resourceType"] == "DiagnosticReport" for _, each in found)
    for person in bundle.people.values():
        message = bundle.message(person, now)
        taken = intake.record_message(tx, desk, message, draw, now=now, actor=actor)
        total = _sum(total, taken)
        known = tx.patient_of(person.facts.assigner, person.facts.identifier)
        if known is not None:
            patients.append(f"patients/{known.patient_id}")
    return Imported(tuple(patients), total, reports, _count(resource) - len(found))


def _sum(one: Taken, two: Taken) -> Taken:
    return replace(
        one,
        repeated=one.repeated and two.repeated,
        observations=one.observations + two.observations,
        scores=one.scores + two.scores,
        alerts=one.alerts + two.alerts,
        uncompared=one.uncompared + two.uncompared,
    )


def _count(resource: Json) -> int:
    if resource["resourceType"] != "Bundle":
        return 1
    return sum("resource" in entry for entry in resource.get("entry", ()))


class _Bundle:
    """The resources of one import, by whom they speak of."""

    def __init__(self, tx: Transaction, resource: Json, source: str) -> None:
        self._tx = tx
        self._source = source
        self.people: dict[tuple[str, str], _Person] = {}
        self._keys: dict[str, Json] = {}
        self._urls: dict[int, str] = {}
        for entry in resource.get("entry", ()) if resource["resourceType"] == "Bundle" else ():
            inner = entry.get("resource")
            if inner is None:
                continue
            if "fullUrl" in entry:
                self._keys[entry["fullUrl"]] = inner
                self._urls[id(inner)] = entry["fullUrl"]
            if "id" in inner:
                self._keys[f"{inner['resourceType']}/{inner['id']}"] = inner

    def add(self, path: str, resource: Json) -> None:
        """Put a resource with its patient."""
        sort = resource["resourceType"]
        if sort == "Patient":
            self._person(self._facts(resource, path))
            return
        if sort in ("Location", "ServiceRequest") and "subject" not in resource:
            return  # said where an encounter or a report refers to it
        person = self._subject(resource, path)
        if sort == "Encounter":
            person.encounters.append(resource)
        elif sort == "DiagnosticReport":
            person.reports.append(resource)
        elif sort == "Observation":
            person.observations.append(resource)

    def _person(self, facts: pb.PatientFacts) -> _Person:
        key = (facts.assigner, facts.identifier)
        return self.people.setdefault(key, _Person(facts))

    def _subject(self, resource: Json, path: str) -> _Person:
        subject = resource.get("subject", {})
        reference = subject.get("reference", "")
        target = self._keys.get(reference)
        if target is not None and target.get("resourceType") == "Patient":
            return self._person(self._facts(target, path))
        identifier = subject.get("identifier", {})
        if "value" in identifier:
            assigner = identifier.get("system", self._source)
            return self._person(pb.PatientFacts(identifier=identifier["value"], assigner=assigner))
        known = self._tx.patient(reference.removeprefix("Patient/"))
        if known is None:
            raise ReferenceUnknown(f"{path}.subject")
        return self._person(pb.PatientFacts(identifier=known.identifier, assigner=known.assigner))

    def _facts(self, patient: Json, path: str) -> pb.PatientFacts:
        named = [each for each in patient.get("identifier", ()) if "value" in each]
        if named:
            identifier, assigner = named[0]["value"], named[0].get("system", self._source)
        elif "id" in patient:
            identifier, assigner = patient["id"], self._source
        else:
            raise FhirInvalid(f"{path}.identifier", "need an identifier with its value, or an id")
        names = patient.get("name", [{}])
        official = next((each for each in names if each.get("use") == "official"), names[0])
        return pb.PatientFacts(
            identifier=identifier,
            assigner=assigner,
            family_name=official.get("family", official.get("text", "")),
            given_name=" ".join(each for each in official.get("given", ()) if each),
            birth_date=_day(patient.get("birthDate", "")),
            sex=SEXES.get(patient.get("gender", ""), ""),
        )

    def message(self, person: _Person, now: datetime) -> pb.ClinicalMessage:
        """Return all that is said of a patient as one message."""
        message = pb.ClinicalMessage(
            node=self._source,
            sending_application=SENDER,
            sending_facility=self._source,
            event=pb.CLINICAL_EVENT_RESULTS,
            patient=person.facts,
            groups=self._groups(person),
        )
        message.message_time.FromDatetime(now)
        # What is planned, or was entered in error, says nothing of where somebody is.
        real = [each for each in person.encounters if each["status"] in HERE | OVER]
        if real:
            latest = max(real, key=_began)
            message.visit.CopyFrom(self._visit(latest))
            over = latest["status"] not in HERE
            message.event = (
                pb.CLINICAL_EVENT_UPDATED
                if latest["class"].get("code") not in CLASSES
                or CLASSES[latest["class"]["code"]] != "I"
                else pb.CLINICAL_EVENT_DISCHARGED
                if over
                else pb.CLINICAL_EVENT_ADMITTED
            )
        message.control_id = _digest(message)
        return message

    def _visit(self, encounter: Json) -> pb.VisitFacts:
        visit = pb.VisitFacts(
            number=next(
                (each["value"] for each in encounter.get("identifier", ()) if "value" in each),
                encounter.get("id", ""),
            ),
            patient_class=CLASSES.get(encounter["class"].get("code", ""), ""),
        )
        for each in encounter.get("location", ()):
            location = self._keys.get(each.get("location", {}).get("reference", ""), {})
            if location.get("resourceType") == "Location":
                kinds = [c.get("code") for c in location.get("physicalType", {}).get("coding", ())]
                name = location.get("name", "")
                part = {"bd": "bed", "ro": "room", "si": "facility"}.get(
                    next(iter(kinds), ""), "ward"
                )
                setattr(visit, part, name)
        return visit

    def _groups(self, person: _Person) -> Iterable[pb.ResultGroup]:
        left = {id(each): each for each in person.observations}
        groups = []
        for report in person.reports:
            parts = []
            for reference in report.get("result", ()):
                found = self._keys.get(reference.get("reference", ""))
                if found is not None and left.pop(id(found), None) is not None:
                    parts.append(found)
            groups.append(self._group(report, parts))
        groups += [self._group(each, [each]) for each in left.values()]
        return groups

    def _group(self, head: Json, observations: Sequence[Json]) -> pb.ResultGroup:
        group = pb.ResultGroup(
            order=self._order(head), code=_code(head["code"]), status=STATUSES[head["status"]]
        )
        at = _time(head)
        if at is not None:
            group.collect_time.FromDatetime(at)
        for observation in observations:
            for part in [observation, *observation.get("component", ())]:
                result = _result(observation, part, len(group.results) + 1, at)
                if result is not None:
                    group.results.append(result)
        return group

    def _order(self, head: Json) -> str:
        for reference in head.get("basedOn", ()):
            request = self._keys.get(reference.get("reference", ""), {})
            for each in request.get("identifier", ()):
                if "value" in each:
                    return str(each["value"])
            if "reference" in reference:
                return str(reference["reference"])
        named = [each["value"] for each in head.get("identifier", ()) if "value" in each]
        if named or "id" in head or head["resourceType"] == "Observation":
            return str(named[0]) if named else str(head.get("id", ""))
        return self._urls.get(id(head), "")


def _result(
    observation: Json, part: Json, number: int, otherwise: datetime | None
) -> pb.Result | None:
    """Return a result, None for one that has no value and takes none back."""
    result = pb.Result(
        set_id=number, code=_code(part["code"]), status=STATUSES[observation["status"]]
    )
    quantity = part.get("valueQuantity")
    if quantity is not None:
        result.number, result.unit = float(quantity["value"]), quantity["code"]
    elif "valueInteger" in part:
        result.number, result.unit = float(part["valueInteger"]), "1"
    elif "valueString" in part:
        result.text = part["valueString"][:TEXT_MAX]
    elif "valueCodeableConcept" in part:
        result.coded.CopyFrom(_code(part["valueCodeableConcept"]))
    elif "valueBoolean" in part:
        result.text = str(part["valueBoolean"]).lower()
    elif result.status != pb.RESULT_STATUS_CANCELLED:
        return None  # one that is taken back may have no value, and counts all the same
    flags = [
        coding.get("code", "")
        for concept in part.get("interpretation", ())
        for coding in concept.get("coding", ())
    ]
    known = [each for each in flags if each in FLAGS]
    result.flag = next((each for each in known if each in critical_values.FLAGS), "") or next(
        iter(known), ""
    )
    ranges = [each["text"] for each in part.get("referenceRange", ()) if "text" in each]
    result.reference_range = ranges[0][:TEXT_MAX] if ranges else ""
    at = _time(observation) or otherwise
    if at is None:
        raise FhirInvalid("resource.effectiveDateTime", "a result needs its time")
    result.observe_time.FromDatetime(at)
    return result


def _code(concept: Json) -> pb.Code:
    codings = concept.get("coding", ())
    best = next((each for each in codings if each.get("system") == "http://loinc.org"), None)
    best = best or (codings[0] if codings else {})
    code = best.get("code", "") or concept.get("text", "")[:80]
    system = best.get("system", "") or "urn:hl7-v2:L"
    return pb.Code(system=system, code=code, display=best.get("display", concept.get("text", "")))


def _began(encounter: Json) -> datetime:
    """Return when an encounter began, whatever zone it is stated in; long ago when not said."""
    start = encounter.get("period", {}).get("start", "")
    try:
        begun = datetime.fromisoformat(start)
        return (begun if begun.tzinfo else begun.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # a year, or a month of one
        return datetime.min.replace(tzinfo=UTC)


def _time(resource: Json) -> datetime | None:
    """Return when something was observed, None when not said; raise FhirInvalid for a day."""
    for name in ("effectiveDateTime", "effectiveInstant", "issued"):
        if name in resource:
            return _moment(resource[name], name)
    period = resource.get("effectivePeriod", {})
    return _moment(period["start"], "effectivePeriod.start") if "start" in period else None


def _moment(text: str, name: str) -> datetime:
    if "T" not in text:
        raise FhirInvalid(f"resource.{name}", "need a time of day with its zone")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day, in another zone
        raise FhirInvalid(f"resource.{name}", "is not on the calendar") from None


def _day(text: str) -> str:
    """Return a day of birth, empty when it is not known to the day or not on the calendar."""
    try:
        return (
            datetime.fromisoformat(text).date().isoformat()
            if len(text) == len("YYYY-MM-DD")
            else ""
        )
    except ValueError:
        raise FhirInvalid("resource.birthDate", "is not on the calendar") from None


def _digest(message: pb.ClinicalMessage) -> str:
    copy = pb.ClinicalMessage()
    copy.CopyFrom(message)
    copy.ClearField("message_time")
    return hashlib.sha256(copy.SerializeToString(deterministic=True)).hexdigest()[:40]
