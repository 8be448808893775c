"""What hospitals send wrongly, late, twice or of one another, against the real tables."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from edge.hl7v2 import fields, message
from services.healthcare import build
from services.healthcare.model.closed_loop import LoopState
from services.healthcare.model.fhir_r4 import FhirInvalid
from services.healthcare.model.records import AlertKind
from services.healthcare.ports import AlertFilter, ObservationFilter, PatientFilter, ScoreFilter
from services.healthcare.store import tables
from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases import fhir_reading, intake
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.postgres import Database
from tests.edge.hl7v2.messages import adt, oru
from tests.support.schema import make_schema
from tianfu import subjects

pytestmark = pytest.mark.integration

NOW: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LOINC: Final = "http://loinc.org"


def obx(code: str, value: str, unit: str, at: str, status: str = "F", flag: str = "") -> str:
    return f"OBX|1|NM|{code}^x^LN||{value}|{unit}||{flag}|||{status}|||20261120{at}00+0000"


def rate(value: str, at: str, status: str = "F") -> str:
    return obx("9279-1", value, "/min", at, status)


@dataclass
class Ward:
    """The use cases over a database of their own; messages are read as a node reads them."""

    transactor: Transactor
    desk: RuleDesk
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def take(self, data: bytes, node: str = "ward-7", now: datetime = NOW) -> intake.Taken:
        found = message.read(fields.parse(data), subjects.node_id(node), UTC, 0)
        taken: intake.Taken = await self.transactor.write(
            intake.record_message, self.desk, found, self._draw, now=now
        )
        return taken

    async def send(self, *lines: str, of: str = "P1", **more: Any) -> intake.Taken:
        """Take an ORU under a name of its own."""
        pid = f"PID|1||{of}^^^HIS^MR||Z^W||19600101|M"
        return await self.take(oru(*lines, control_id=f"M{next(self.numbers)}", pid=pid), **more)

    async def fhir(self, *resources: dict[str, Any]) -> fhir_reading.Imported:
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": each} for each in resources],
        }
        made: fhir_reading.Imported = await self.transactor.write(
            fhir_reading.record, self.desk, bundle, "his", "dr-li", self._draw, now=NOW
        )
        return made

    def _draw(self) -> str:
        return f"p{next(self.numbers)}"

    async def read(self, name: str, *arguments: Any) -> Any:
        return await self.transactor.read(lambda tx: getattr(tx, name)(*arguments))

    async def patient(self, of: str = "P1", assigner: str = "HIS") -> Any:
        return await self.read("patient_of", assigner, of)

    async def totals(self, of: str = "P1") -> list[int]:
        """Return the totals of a patient's scores, in the order of time."""
        patient = await self.patient(of)
        found = await self.read("scores", ScoreFilter(patient.patient_id), 0, 100)
        return [each.total for each in reversed(found)]

    async def alerts(self, kind: AlertKind) -> list[LoopState]:
        found = await self.read("alerts", AlertFilter(kind=kind), 0, 100)
        return [each.loop.state for each in found]


@pytest.fixture
async def ward(database_url: str) -> AsyncIterator[Ward]:
    schema = await make_schema(database_url, build.NAME, build.MIGRATIONS)
    database: Database = await schema.connect()
    yield Ward(Transactor(database), build.rule_desk("CN-51"))
    await database.close()


async def test_a_flag_that_stands_second_is_critical_all_the_same(ward: Ward) -> None:
    taken = await ward.send(obx("2160-0", "900", "umol/L", "0800", flag="H~HH"))
    assert taken.alerts == 1
    interpreted = {
        "resourceType": "Observation",
        "identifier": [{"value": "o-1"}],
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "2160-0"}]},
        "subject": {"identifier": {"system": "HIS", "value": "P2"}},
        "effectiveDateTime": "2026-11-20T08:00:00+08:00",
        "valueQuantity": {"value": 9, "system": "http://unitsofmeasure.org", "code": "mg/dL"},
        "interpretation": [{"coding": [{"code": "H"}, {"code": "HH"}]}],
    }
    assert (await ward.fhir(interpreted)).taken.alerts == 1


async def test_a_corrected_value_corrects_every_score_it_was_part_of(ward: Ward) -> None:
    await ward.send(rate("30", "0800"))
    await ward.send(obx("59408-5", "93", "%", "0810"))
    assert await ward.totals() == [3, 5]
    assert LoopState.OPEN in await ward.alerts(AlertKind.SCORE)

    await ward.send(rate("16", "0800", "C"))

    assert await ward.totals() == [0, 2]
    assert LoopState.OPEN not in await ward.alerts(AlertKind.SCORE)


async def test_what_comes_late_is_part_of_the_scores_made_since(ward: Ward) -> None:
    await ward.send(obx("59408-5", "93", "%", "0810"))
    assert await ward.totals() == [2]
    await ward.send(rate("30", "0800"))
    assert await ward.totals() == [3, 5]


async def test_a_score_of_a_value_that_was_wrong_is_withdrawn_with_its_alert(ward: Ward) -> None:
    await ward.send(rate("30", "0800"))
    assert await ward.alerts(AlertKind.SCORE) == [LoopState.OPEN]
    await ward.send(rate("30", "0800", "W"))
    assert await ward.totals() == []
    assert await ward.alerts(AlertKind.SCORE) == [LoopState.WITHDRAWN]


async def test_a_preliminary_result_does_not_undo_its_final_one(ward: Ward) -> None:
    await ward.send(obx("2823-3", "6.8", "mmol/L", "0800", "F", "HH"))
    late = await ward.send(obx("2823-3", "4.1", "mmol/L", "0800", "P"))
    patient = await ward.patient()
    [result] = await ward.read("observations", ObservationFilter(patient.patient_id), 0, 10)
    assert (late.observations, result.number) == (0, 6.8)
    assert await ward.alerts(AlertKind.CRITICAL_VALUE) == [LoopState.OPEN]


async def test_two_hospitals_that_count_alike_lose_nothing_to_each_other(ward: Ward) -> None:
    ours = oru(control_id="1", pid="PID|1||A^^^ONE||Z^W||19600101|M")
    theirs = oru(control_id="1", pid="PID|1||B^^^TWO||Z^W||19600101|M")
    first = await ward.take(ours, "hospital-one")
    other = await ward.take(theirs, "hospital-two")
    again = await ward.take(ours, "hospital-one-b")
    assert (first.repeated, other.repeated, again.repeated) == (False, False, True)


async def test_a_patient_number_without_its_assigner_is_the_sending_hospitals(ward: Ward) -> None:
    pid = "PID|1||1^^^||Z^W||19600101|M"
    here = oru(control_id="h", pid=pid)
    there = here.replace(b"|LIS|WARD7|", b"|LIS|OTHER|")
    await ward.take(here)
    await ward.take(there)
    found = await ward.read("patients", PatientFilter(), "", 10)
    assert sorted(each.assigner for each in found) == ["OTHER", "WARD7"]


async def test_a_sender_years_ahead_does_not_have_the_last_word(ward: Ward) -> None:
    ahead = adt("A01", "F1").replace(b"20261120160000+0800", b"20361120160000+0800")
    await ward.take(ahead)
    moved = adt("A02", "F2", pv1="PV1|1|I|WARD9^1^1^HX||||||||||||||||V001")
    moved = moved.replace(b"20261120160000+0800", b"20261120171000+0800")
    await ward.take(moved, now=NOW + timedelta(minutes=10))
    [patient] = await ward.read("patients", PatientFilter(), "", 10)
    assert patient.ward == "WARD9"


def encounter(status: str, start: str, own: str, sort: str = "IMP") -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": own,
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": sort},
        "subject": {"identifier": {"system": "HIS", "value": "P1"}},
        "period": {"start": start},
    }


async def test_a_planned_stay_discharges_nobody_and_zones_are_compared_as_times(
    ward: Ward,
) -> None:
    await ward.fhir(
        # Ten in the morning here is before three in the morning UTC, though its text is greater.
        encounter("finished", "2026-11-20T10:00:00+08:00", "first"),
        encounter("in-progress", "2026-11-20T03:00:00Z", "second"),
        encounter("planned", "2026-12-20T08:00:00+08:00", "third"),
    )
    patient = await ward.patient()
    assert (patient.admitted, patient.visit) == (True, "second")


async def test_a_result_taken_back_without_a_value_is_taken_back(ward: Ward) -> None:
    observation = {
        "resourceType": "Observation",
        "identifier": [{"value": "o-9"}],
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "2823-3"}]},
        "subject": {"identifier": {"system": "HIS", "value": "P1"}},
        "effectiveDateTime": "2026-11-20T08:00:00+08:00",
        "valueQuantity": {
            "value": 6.9, "system": "http://unitsofmeasure.org", "code": "mmol/L"
        },
    }  # fmt: skip
    await ward.fhir(observation)
    assert await ward.alerts(AlertKind.CRITICAL_VALUE) == [LoopState.OPEN]
    wrong = {name: value for name, value in observation.items() if name != "valueQuantity"}
    await ward.fhir({**wrong, "status": "entered-in-error"})
    assert await ward.alerts(AlertKind.CRITICAL_VALUE) == [LoopState.WITHDRAWN]


async def test_the_first_day_of_the_calendar_is_refused_and_not_a_fault(ward: Ward) -> None:
    with pytest.raises(FhirInvalid):
        await ward.fhir(
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {"text": "x"},
                "subject": {"identifier": {"value": "P1"}},
                "effectiveDateTime": "0001-01-01T00:00:00+08:00",
                "valueString": "x",
            }
        )
    count = sa.select(sa.func.count()).select_from(tables.patients)
    assert await ward.transactor.read(lambda tx: tx.connection.execute(count).scalar_one()) == 0
