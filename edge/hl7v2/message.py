"""HL7 v2 messages read into ClinicalMessage: ORU^R01 and ADT^A01, A02, A03, A08.

All of a message is taken or none of it. PID becomes the patient, PV1 the visit, OBR a report and
OBX a result. A number needs its UCUM unit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timezone
from typing import Final

from edge.hl7v2.fields import Code, Refused, Segment
from tianfu import ucum
from tianfu.healthcare.v1 import clinical_pb2 as pb

EVENTS: Final = {
    ("ORU", "R01"): pb.CLINICAL_EVENT_RESULTS,
    ("ADT", "A01"): pb.CLINICAL_EVENT_ADMITTED,
    ("ADT", "A02"): pb.CLINICAL_EVENT_TRANSFERRED,
    ("ADT", "A03"): pb.CLINICAL_EVENT_DISCHARGED,
    ("ADT", "A08"): pb.CLINICAL_EVENT_UPDATED,
}
TYPES: Final = frozenset(kind for kind, _ in EVENTS)

VERSIONS: Final = frozenset({"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8"})

STATUSES: Final = {
    "P": pb.RESULT_STATUS_PRELIMINARY,
    "I": pb.RESULT_STATUS_PRELIMINARY,
    "R": pb.RESULT_STATUS_PRELIMINARY,
    "S": pb.RESULT_STATUS_PRELIMINARY,
    "A": pb.RESULT_STATUS_PRELIMINARY,
    "F": pb.RESULT_STATUS_FINAL,
    "U": pb.RESULT_STATUS_FINAL,
    "C": pb.RESULT_STATUS_CORRECTED,
    "X": pb.RESULT_STATUS_CANCELLED,
    "D": pb.RESULT_STATUS_CANCELLED,
    "W": pb.RESULT_STATUS_CANCELLED,
}
"""HL7 tables 0085 (OBX-11) and 0123 (OBR-25)."""

FLAGS: Final = frozenset(
    {"", "L", "H", "LL", "HH", "<", ">", "N", "A", "AA", "U", "D", "B", "W", "S", "R", "I", "MS",
     "VS"}
)  # fmt: skip
"""HL7 table 0078. A flag that is none of them is refused: it might mean that somebody must run."""

PANIC: Final = frozenset({"HH", "LL", "AA"})
"""Of them those beyond panic limits."""

SYSTEMS: Final = {
    "LN": "http://loinc.org",
    "SCT": "http://snomed.info/sct",
    "UCUM": "http://unitsofmeasure.org",
}

UNITS: Final = {
    "mmHg": "mm[Hg]",
    "bpm": "/min",
    "Celsius": "Cel",
    "°C": "Cel",
    "℃": "Cel",
    "10^9/L": "10*9/L",
    "10^12/L": "10*12/L",
    "cmH2O": "cm[H2O]",
    "pH": "[pH]",
    "次/分": "/min",
}
"""What devices write for units, and UCUM for it: same unit, other spelling."""

TEXT_MAX: Final = 4_000
"""Characters of a text result: a page."""

ID_MAX: Final = 80
"""Characters of an identifier (HL7 v2.5.1 gives CX.1 fifteen, senders take more)."""

SEXES: Final = frozenset({"", "F", "M", "O", "U", "A", "N"})
"""HL7 table 0001."""

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Header:
    """What an answer needs of MSH, as far as it could be read."""

    separators: str = "|^~\\&"
    application: str = ""
    facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    control_id: str = ""
    event: str = ""
    processing: str = "P"
    version: str = "2.5.1"


def header_of(segments: list[Segment]) -> Header:
    """Return what can be read of MSH."""
    msh = segments[0]
    return Header(
        separators=msh.separators(),
        application=msh.get(3),
        facility=msh.get(4),
        receiving_application=msh.get(5),
        receiving_facility=msh.get(6),
        control_id=msh.get(10),
        event=msh.get(9, 2),
        processing=msh.get(11) or "P",
        version=msh.get(12) or "2.5.1",
    )


def read(
    segments: list[Segment], node: str, zone: timezone, receive_time_us: int
) -> pb.ClinicalMessage:
    """Return a message as it is passed on; raise Refused.

    ``zone`` is the sender's time zone, for times that state none.
    """
    msh = segments[0]
    event = _event(msh)
    found = pb.ClinicalMessage(
        node=node,
        sending_application=_id(msh, 3),
        sending_facility=_id(msh, 4),
        control_id=_id(msh, 10),
        event=event,
        receive_time_us=receive_time_us,
    )
    sent = msh.time(7, zone)
    if sent is None:
        raise Refused(msh.where(7), Code.REQUIRED_MISSING, "is required and empty")
    found.message_time.FromDatetime(sent)
    found.patient.CopyFrom(_patient(_one(segments, "PID"), zone))
    visits = [each for each in segments if each.name == "PV1"]
    if visits:
        found.visit.CopyFrom(_visit(visits[0]))
    elif event not in (pb.CLINICAL_EVENT_RESULTS, pb.CLINICAL_EVENT_UPDATED):
        raise Refused("PV1", Code.SEGMENT_SEQUENCE, "is required and missing")
    if event == pb.CLINICAL_EVENT_RESULTS:
        found.groups.extend(_groups(segments, zone))
    return found


def _event(msh: Segment) -> pb.ClinicalEvent:
    kind, trigger = msh.need(9, 1), msh.get(9, 2)
    if kind not in TYPES:
        raise Refused(
            msh.where(9), Code.UNSUPPORTED_TYPE, "only ORU and ADT are taken", rejects=True
        )
    if (kind, trigger) not in EVENTS:
        known = ", ".join("^".join(each) for each in EVENTS)
        raise Refused(msh.where(9), Code.UNSUPPORTED_EVENT, f"only {known} are taken", rejects=True)
    if msh.need(11) not in ("P", "T"):
        raise Refused(msh.where(11), Code.UNSUPPORTED_PROCESSING, "need P or T", rejects=True)
    if msh.need(12) not in VERSIONS:
        raise Refused(
            msh.where(12), Code.UNSUPPORTED_VERSION, "versions 2.3 to 2.8 are taken", rejects=True
        )
    return EVENTS[kind, trigger]


def _one(segments: list[Segment], name: str) -> Segment:
    found = [each for each in segments if each.name == name]
    if not found:
        raise Refused(name, Code.SEGMENT_SEQUENCE, "is required and missing")
    if len(found) > 1:
        raise Refused(f"{name}^2", Code.SEGMENT_SEQUENCE, "a message speaks of one patient")
    return found[0]


def _id(segment: Segment, field: int, component: int = 1) -> str:
    text = segment.need(field, component)
    if len(text) > ID_MAX:
        raise Refused(segment.where(field), Code.DATA_TYPE, f"more than {ID_MAX} characters")
    return text


def _short(segment: Segment, field: int, component: int = 1) -> str:
    text = segment.get(field, component)
    if len(text) > ID_MAX:
        raise Refused(segment.where(field), Code.DATA_TYPE, f"more than {ID_MAX} characters")
    return text


def _patient(pid: Segment, zone: timezone) -> pb.PatientFacts:
    sex = pid.get(8)
    if sex not in SEXES:
        raise Refused(pid.where(8), Code.TABLE_VALUE, "is not of table 0001")
    born = pid.get(7)
    birth_date = ""
    if born:
        pid.time(7, zone)
        birth_date = f"{born[:4]}-{born[4:6]}-{born[6:8]}"
    return pb.PatientFacts(
        identifier=_id(pid, 3, 1),
        assigner=_short(pid, 3, 4),
        family_name=_short(pid, 5, 1),
        given_name=_short(pid, 5, 2),
        birth_date=birth_date,
        sex=sex,
    )


def _visit(pv1: Segment) -> pb.VisitFacts:
    return pb.VisitFacts(
        number=_short(pv1, 19),
        patient_class=_short(pv1, 2),
        ward=_short(pv1, 3, 1),
        room=_short(pv1, 3, 2),
        bed=_short(pv1, 3, 3),
        facility=_short(pv1, 3, 4),
    )


def _groups(segments: list[Segment], zone: timezone) -> list[pb.ResultGroup]:
    groups: list[pb.ResultGroup] = []
    for segment in segments:
        if segment.name == "OBR":
            groups.append(_group(segment, zone))
        elif segment.name == "OBX":
            if not groups:
                raise Refused(
                    f"OBX^{segment.number}", Code.SEGMENT_SEQUENCE, "comes before any OBR"
                )
            groups[-1].results.append(_result(segment, groups[-1], zone))
    if not groups:
        raise Refused("OBR", Code.SEGMENT_SEQUENCE, "is required and missing")
    return groups


def _group(obr: Segment, zone: timezone) -> pb.ResultGroup:
    order = _short(obr, 3) or _short(obr, 2)
    if not order:
        raise Refused(obr.where(3), Code.REQUIRED_MISSING, "need OBR-3, or OBR-2")
    group = pb.ResultGroup(
        order=order, code=_code(obr, 4), status=_status(obr, 25, pb.RESULT_STATUS_FINAL)
    )
    taken = obr.time(7, zone)
    if taken is not None:
        group.collect_time.FromDatetime(taken)
    return group


def _result(obx: Segment, group: pb.ResultGroup, zone: timezone) -> pb.Result:
    number = obx.get(1)
    if number and not (number.isascii() and number.isdigit() and len(number) < 6):  # noqa: PLR2004 - SI has up to four digits
        raise Refused(obx.where(1), Code.DATA_TYPE, "need a number")
    flags = obx.every(8)
    if not FLAGS.issuperset(flags):
        raise Refused(obx.where(8), Code.TABLE_VALUE, "is not of table 0078")
    # The field repeats, and H may stand before HH: the one that somebody must run for counts.
    flag = next((each for each in flags if each in PANIC), flags[0] if flags else "")
    result = pb.Result(
        set_id=int(number) if number else len(group.results) + 1,
        code=_code(obx, 3),
        reference_range=_short(obx, 7),
        flag=flag,
        status=_status(obx, 11, None),
        sub_id=_short(obx, 4),
    )
    seen = obx.time(14, zone)
    if seen is not None:
        result.observe_time.FromDatetime(seen)
    elif group.HasField("collect_time"):
        result.observe_time.CopyFrom(group.collect_time)
    else:
        raise Refused(obx.where(14), Code.REQUIRED_MISSING, "need OBX-14, or OBR-7")
    _set_value(obx, result)
    return result


def _set_value(obx: Segment, result: pb.Result) -> None:
    text = obx.get(5)
    if not text:
        # A result that will not come has none; any other must not pass for one that is good.
        if result.status in (pb.RESULT_STATUS_CANCELLED, pb.RESULT_STATUS_PRELIMINARY):
            return
        raise Refused(obx.where(5), Code.REQUIRED_MISSING, "is required and empty")
    match obx.need(2):
        case "NM":
            value = float(text) if _NUMBER.fullmatch(text) else math.nan
            if not math.isfinite(value):
                raise Refused(obx.where(5), Code.DATA_TYPE, "need a number (NM)")
            result.number = value
            result.unit = _unit(obx)
        case "ST" | "TX" | "FT":
            if len(text) > TEXT_MAX:
                raise Refused(obx.where(5), Code.DATA_TYPE, f"more than {TEXT_MAX} characters")
            result.text = text
        case "CE" | "CWE":
            result.coded.CopyFrom(_code(obx, 5))
        case _:
            raise Refused(obx.where(2), Code.TABLE_VALUE, "need NM, ST, TX, FT, CE or CWE")


def _unit(obx: Segment) -> str:
    text = obx.get(6)
    if not text:
        raise Refused(obx.where(6), Code.REQUIRED_MISSING, "a number needs its UCUM unit")
    try:
        return ucum.check(UNITS.get(text, text))
    except ucum.NotAUnit:
        raise Refused(obx.where(6), Code.TABLE_VALUE, "is no UCUM unit") from None


def _code(segment: Segment, field: int) -> pb.Code:
    name = segment.get(field, 3)
    system = SYSTEMS.get(name, f"urn:hl7-v2:{name}" if name else "")
    if len(name) > ID_MAX:
        raise Refused(segment.where(field), Code.DATA_TYPE, f"more than {ID_MAX} characters")
    return pb.Code(
        system=system, code=_id(segment, field), display=segment.get(field, 2)[:TEXT_MAX]
    )


def _status(segment: Segment, field: int, default: pb.ResultStatus | None) -> pb.ResultStatus:
    text = segment.get(field)
    if not text and default is not None:
        return default
    if text not in STATUSES:
        raise Refused(segment.where(field), Code.TABLE_VALUE, "need F, C, P, X or their like")
    return STATUSES[text]
