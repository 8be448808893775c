"""The ward that `tianfu up` runs: its messages are what a node takes, and they do call somebody."""

from __future__ import annotations

from datetime import UTC, date, timedelta, timezone
from typing import Final

from cli.local import ward
from edge.hl7v2 import fields, framing, message
from services.healthcare.model import vitals
from services.healthcare.model.vitals import Reading, Vital
from tests.healthcare.rulebook import BOOK, NOW
from tianfu.healthcare.v1 import clinical_pb2 as pb
from tianfu.scores import shipped

CHINA: Final = timezone(timedelta(hours=8))
READING: Final = Reading.parse(BOOK.in_force(vitals.RULE, "CN", NOW))


def read(data: bytes) -> pb.ClinicalMessage:
    return message.read(fields.parse(data), "node-a", CHINA, 1)


def test_every_message_is_one_that_a_node_takes() -> None:
    made = ward.Ward("run")
    found = [read(data) for data in made.admissions(NOW)]
    found += [read(made.next(NOW + timedelta(seconds=n), float(n))) for n in range(200)]

    assert len({each.control_id for each in found}) == len(found)
    assert len({each.patient.identifier for each in found}) == ward.PATIENTS
    flags = {r.flag for each in found for group in each.groups for r in group.results}
    assert "HH" in flags


def test_one_patient_gets_worse_until_somebody_has_to_come() -> None:
    made, scale = ward.Ward("run"), shipped.scale("news2", date(2026, 11, 20))
    list(made.admissions(NOW))
    bands: dict[str, list[str]] = {}
    for number in range(300):
        at = NOW + timedelta(seconds=number)
        found = read(made.next(at, float(number)))
        seen = [
            Vital(r.code.code, r.number, r.unit, r.text, r.observe_time.ToDatetime(UTC))
            for r in found.groups[0].results
        ]
        inputs = vitals.inputs(scale, seen, date(1950, 1, 1), at, READING)
        score = scale.score(inputs)
        if score.is_complete:
            bands.setdefault(found.patient.identifier, []).append(score.band)

    assert bands["P0001"][0] == "low"
    assert bands["P0001"][-1] == "high"
    assert {bands[each][-1] for each in bands if each != "P0001"} == {"low"}


def test_the_framing_is_that_of_the_node() -> None:
    data = b"MSH|x"

    assert framing.frame(data) == ward.START + data + ward.END
