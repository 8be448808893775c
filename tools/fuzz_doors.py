"""Fuzz doors by atheris: ``python tools/fuzz_doors.py DOOR [-runs=N]``.

Doors of hospitals are ``hl7`` and ``fhir``; of credit supervision ``register`` (rows of a register
and of grades), ``proof`` (a draw's bundle), ``beacon`` (a signature of drand), ``requests`` (what
gRPC and JSON bring), ``events`` (what NATS brings) ``forms`` (what handhelds bring), and
``credit`` is all of them in turn.

A door may refuse whatever it likes, by its own refusal, with the place at fault. Anything else it
raises, or a hang, ends the run with a status other than 0 and leaves the input in a file. Without
``-runs`` it goes on until stopped; with it, it ends.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import atheris
import protovalidate
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

FUZZED: Final = [
    "edge.hl7v2",
    "edge.inspections",
    "services.healthcare.model",
    "services.credit_supervision",
    "tianfu.inspection_beacon",
    "tianfu.inspection_draw",
    "tianfu.inspection_form",
    "tianfu.inspection_proof",
]

with atheris.instrument_imports(include=FUZZED):
    from edge.hl7v2 import fields, message
    from edge.inspections import paper
    from services.credit_supervision.bus import events, forms
    from services.credit_supervision.model import grades, register
    from services.credit_supervision.model.due_process import ProcessRefused
    from services.credit_supervision.rpc import encoding, record_encoding, supervision_encoding
    from services.healthcare.model import fhir_r4
    from services.plumbing.refusal import Refusal
    from tianfu import inspection_beacon, inspection_form, inspection_proof, subjects
    from tianfu.credit_supervision.v1 import credit_supervision_service_pb2, handheld_pb2

SEED: Final = (
    b"MSH|^~\\&|MON|W7|T|N|20261120155500+0000||ORU^R01^ORU_R01|1|P|2.5.1||||||UNICODE UTF-8\r"
    b"PID|1||P1^^^HIS^MR||Z^W||19900101|M\rOBR|1||1|85353-1^V^LN|||20261120155500+0000\r"
    b"OBX|1|NM|2823-3^K^LN||6.8|mmol/L|3.5-5.3|HH|||F\r"
)
OBSERVATION: Final = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
    "subject": {"reference": "Patient/1"},
    "effectiveDateTime": "2026-11-20T08:00:00Z",
    "valueQuantity": {"value": 6.8, "system": fhir_r4.UCUM, "code": "mmol/L"},
}
ROOT: Final = Path(__file__).resolve().parent.parent
PROOF: Final = (ROOT / "examples" / "credit" / "draw-proof-departments.json").read_bytes()
CODE: Final = "91510400204360956E"
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
FORM: Final = handheld_pb2.InspectionForm(
    rule_version="inspection-forms/CN-51/2020-11-27",
    department="market",
    items=[handheld_pb2.FormItem(item="licence", matter="registration")],
)
SHEET: Final = handheld_pb2.HandheldSheet(node="gw-1", department="market", badge="m-1", form=FORM)


def hl7(data: bytes) -> None:
    """Read bytes as a message of HL7 v2, by themselves and spliced into a good one."""
    provider = atheris.FuzzedDataProvider(data)
    where = provider.ConsumeIntInRange(0, len(SEED))
    length = provider.ConsumeIntInRange(0, 16)
    junk = provider.ConsumeBytes(200)
    for each in (data, SEED[:where] + junk + SEED[where + length :]):
        try:
            message.read(fields.parse(each), "node-a", UTC, 1)
        except fields.Refused as refused:
            if not refused.location:
                raise RuntimeError("a refusal without a place") from refused


def fhir(data: bytes) -> None:
    """Read bytes as JSON of FHIR, by themselves and as an element of a good resource."""
    provider = atheris.FuzzedDataProvider(data)
    name = provider.PickValueInList(sorted(OBSERVATION))
    text = provider.ConsumeUnicodeNoSurrogates(300)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    for resource in (value, {**OBSERVATION, name: value}, {**OBSERVATION, text: value}):
        try:
            fhir_r4.check(resource)
        except fhir_r4.FhirInvalid as refused:
            if not refused.field:
                raise RuntimeError("a refusal without an element") from refused


def register_rows(data: bytes) -> None:
    """Take rows of a register and of grades: each is taken or at fault, none is lost."""
    provider = atheris.FuzzedDataProvider(data)
    texts = [provider.ConsumeUnicode(40) for _ in range(6)]
    rows = [register.Row(1, *texts[:5]), register.Row(2, CODE, *texts[:4])]
    found = register.take(rows)
    if len(found.entities) + len({each.line for each in found.faults}) != len(rows):
        raise RuntimeError("a row was lost, or taken and refused")
    row = grades.GradeRow(1, provider.PickValueInList([CODE, texts[0]]), *texts[1:4])
    grades.check(row, "national", "a" * 64, date(2026, 6, 1))


def proof(data: bytes) -> None:
    """Verify bytes as a bundle, by themselves and spliced into a good one."""
    provider = atheris.FuzzedDataProvider(data)
    where = provider.ConsumeIntInRange(0, len(PROOF))
    length = provider.ConsumeIntInRange(0, 16)
    junk = provider.ConsumeBytes(200)
    for each in (data, PROOF[:where] + junk + PROOF[where + length :]):
        if each != PROOF:
            with contextlib.suppress(inspection_proof.ProofRefused):
                inspection_proof.verify(each)


def beacon(data: bytes) -> None:
    """Check bytes as a signature of drand's quicknet: none that was made up is good."""
    provider = atheris.FuzzedDataProvider(data)
    number = provider.ConsumeIntInRange(-1, 1 << 40)
    try:
        inspection_beacon.quicknet_randomness(number, provider.ConsumeBytes(60))
    except inspection_beacon.BeaconRefused:
        return
    raise RuntimeError("a made-up signature passed")


DECODED: Final[dict[str, Callable[[Any], Any]]] = {
    "CreateDraw": encoding.asked_from,
    "ReportFinding": lambda m: encoding.finding_from(m.finding),
    "CreateClue": encoding.report_from,
    "ImportEntities": lambda m: [encoding.row_from(row) for row in m.rows],
    "CreateRecord": lambda m: record_encoding.record_from(m.record, m.record_id),
    "CreateReceiver": lambda m: record_encoding.receiver_from(m.receiver, "r", bytes(32), NOW),
    "CreateRuling": lambda m: record_encoding.ruling_from(m.ruling, "r", NOW),
    "CreateSuccession": lambda m: supervision_encoding.succession_from(m.succession, "s"),
    "CreateRecognition": lambda m: supervision_encoding.result_from(m.recognition),
    "EvaluateSignals": lambda m: [supervision_encoding.values_from(row) for row in m.rows],
}
"""Requests that are more than ids: how the service reads each."""


def requests(data: bytes) -> None:
    """Read bytes as each request, in protobuf and in JSON; what its rules let through is read."""
    provider = atheris.FuzzedDataProvider(data)
    service = credit_supervision_service_pb2.DESCRIPTOR.services_by_name["CreditSupervisionService"]
    method = provider.PickValueInList(sorted(service.methods_by_name))
    rest = provider.ConsumeBytes(1_000)
    kind = service.methods_by_name[method].input_type._concrete_class  # noqa: SLF001 - its only way
    for parse in (_of_bytes, _of_json):
        try:
            found = parse(kind(), rest)
            protovalidate.validate(found)
        except (DecodeError, json_format.ParseError, protovalidate.ValidationError, ValueError):
            continue
        with contextlib.suppress(Refusal, ProcessRefused):
            DECODED.get(method, bool)(found)


def _of_bytes(made: Message, data: bytes) -> Message:
    made.ParseFromString(data)
    return made


def _of_json(made: Message, data: bytes) -> Message:
    return json_format.Parse(data.decode(errors="replace"), made, max_recursion_depth=50)


def nats_events(data: bytes) -> None:
    """Read bytes as an event of another service."""
    provider = atheris.FuzzedDataProvider(data)
    subject = provider.PickValueInList([*sorted(events.TYPES), "tianfu.v1.event.other.other"])
    with contextlib.suppress(events.EventMalformed):
        events.event_of(subject, provider.ConsumeBytes(500))


def handheld_forms(data: bytes) -> None:
    """Read bytes as a message of a handheld, as a filled form, and as what a person typed."""
    provider = atheris.FuzzedDataProvider(data)
    junk = provider.ConsumeBytes(300)
    with contextlib.suppress(forms.FormMalformed, inspection_form.FormInvalid):
        _, signed = forms.form_of(subjects.inspection_form(subjects.node_id("gw-1")), junk)
        inspection_form.opened(signed, "U" + "A" * 55)
    with contextlib.suppress(DecodeError, inspection_form.FormInvalid):
        inspection_form.check(FORM, handheld_pb2.FilledForm.FromString(junk))
    with contextlib.suppress(inspection_form.FormInvalid):
        paper.filled(SHEET, provider.ConsumeUnicodeNoSurrogates(300), 1)


def credit(data: bytes) -> None:
    """Try one door of credit supervision after the other; the curve, which is slow, seldom."""
    if not data:
        return
    doors = (register_rows, proof, requests, nats_events, handheld_forms)
    door = beacon if data[0] == 0 else doors[data[0] % len(doors)]
    door(data[1:])


DOORS: Final[dict[str, Callable[[bytes], None]]] = {
    "hl7": hl7,
    "fhir": fhir,
    "register": register_rows,
    "proof": proof,
    "beacon": beacon,
    "requests": requests,
    "events": nats_events,
    "forms": handheld_forms,
    "credit": credit,
}


def main() -> None:
    """Fuzz one door."""
    if len(sys.argv) < 2 or sys.argv[1] not in DOORS:  # noqa: PLR2004 - the door is the first
        raise SystemExit(f"usage: fuzz_doors.py {'|'.join(DOORS)} [-runs=N]")
    door = DOORS[sys.argv.pop(1)]
    # Without it, the first thousands of runs are of a few bytes each.
    atheris.Setup([*sys.argv, "-len_control=0", "-max_len=600"], door)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
