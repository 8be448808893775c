"""Fuzz the doors of hospitals by atheris: ``python tools/fuzz_doors.py hl7|fhir [-runs=N]``.

A door may refuse whatever it likes, by its own refusal, with the place at fault. Anything else it
raises, or a hang, ends the run with a status other than 0 and leaves the input in a file. Without
``-runs`` it goes on until stopped; with it, it ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC
from typing import Final

import atheris

with atheris.instrument_imports(include=["edge.hl7v2", "services.healthcare.model"]):
    from edge.hl7v2 import fields, message
    from services.healthcare.model import fhir_r4

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


DOORS: Final[dict[str, Callable[[bytes], None]]] = {"hl7": hl7, "fhir": fhir}


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
