"""From a hospital's message to a clinician's answer, through real programs."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc
import pytest
from prometheus_client import CollectorRegistry

from services.plumbing import audit
from services.plumbing.audit_chain import Head
from services.plumbing.postgres import Database
from tests.edge.hl7v2.messages import POTASSIUM, oru
from tests.support import region
from tests.support.healthcare_process import HealthcareProcess, healthcare_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import details
from tests.support.ward import Hl7Sender, WardNode
from tianfu import subjects
from tianfu.healthcare.v1 import decisions_pb2, exchange_pb2, patient_pb2
from tianfu.healthcare.v1 import healthcare_service_pb2 as pb
from tianfu.healthcare.v1 import healthcare_service_pb2_grpc as healthcare_grpc

pytestmark = pytest.mark.integration

TREATMENT = patient_pb2.PURPOSE_TREATMENT

SICK = (
    "OBX|1|NM|9279-1^Respiration^LN||22|/min|||||F|||20261120155500",
    "OBX|2|NM|59408-5^SpO2^LN||94|%|||||F|||20261120155500",
    "OBX|3|NM|3151-8^O2 flow^LN||2|L/min|||||F|||20261120155500",
    "OBX|4|NM|8480-6^Systolic^LN||105|mm[Hg]|||||F|||20261120155500",
    "OBX|5|NM|8867-4^Pulse^LN||112|/min|||||F|||20261120155500",
    "OBX|6|ST|67775-7^ACVPU^LN||A||||||F|||20261120155500",
    "OBX|7|NM|8310-5^Temperature^LN||38.5|Cel|||||F|||20261120155500",
)


@dataclass
class Hospital:
    """The service and a ward's node, with one sender; each test has a patient of its own."""

    service: HealthcareProcess
    nats: NatsServer
    ward: WardNode
    sender: Hl7Sender
    _sent: Iterator[int] = field(default_factory=itertools.count)

    def send(self, patient: str, *observations: str, again: int = 0) -> None:
        """Send an ORU of a patient until it is taken; then the same so many times more."""
        message = oru(*observations, control_id=f"M{next(self._sent)}", pid=pid(patient))
        for _ in range(1 + again):
            self.sender.send(message)

    def patient(self, identifier: str) -> patient_pb2.Patient:
        """Return a patient, once there is one."""

        def found() -> list[patient_pb2.Patient]:
            everybody = self.service.patients()
            return [each for each in everybody if each.facts.identifier == identifier]

        self.service.wait(lambda: bool(found()), f"patient {identifier}")
        patient: patient_pb2.Patient = one(found())
        return patient

    def alerts(self, identifier: str, text: str = "") -> list[patient_pb2.Alert]:
        """Return a patient's alerts."""
        terms = [f"patient={self.patient(identifier).name}", *([text] if text else [])]
        return self.service.alerts(" AND ".join(terms))

    def alert(self, identifier: str, text: str = "") -> patient_pb2.Alert:
        """Return a patient's one alert, once there is one."""
        self.service.wait(lambda: bool(self.alerts(identifier, text)), "an alert")
        alert: patient_pb2.Alert = one(self.alerts(identifier, text))
        return alert


def pid(identifier: str) -> str:
    return f"PID|1||{identifier}^^^HIS^MR||张^伟||19900101|M"


@pytest.fixture(scope="module")
def hospital(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hospital]:
    name = postgres.create_database()
    with nats_server() as nats, healthcare_process(nats, postgres.url(name)) as made:
        region.make_events(nats)
        nats.add_user("node", "ward-7", subjects.node_permissions(subjects.node_id("ward-7")))
        node = WardNode(tmp_path_factory.mktemp("ward"), nats)
        node.start()
        sender = Hl7Sender(node.port)
        yield Hospital(made, nats, node, sender)
        sender.close()
        node.end()
    postgres.drop_database(name)


def one(found: list[Any]) -> Any:
    [only] = found
    return only


def test_a_critical_value_reaches_a_clinician_who_answers(hospital: Hospital) -> None:
    service = hospital.service
    hospital.send("critical", POTASSIUM, again=2)

    alert = hospital.alert("critical")
    patient = hospital.patient("critical")
    observation = one(service.observations(patient.name))
    assert (alert.kind, alert.grade, alert.told_role, alert.cause) == (
        patient_pb2.ALERT_KIND_CRITICAL_VALUE, "high", "ward-nurse", observation.name,
    )  # fmt: skip
    assert (patient.facts.family_name, patient.visit.ward) == ("张", "WARD7")
    assert (observation.result.number, observation.result.unit, observation.node) == (
        6.8, "mmol/L", "ward-7",
    )  # fmt: skip

    asked = pb.AcknowledgeAlertRequest(name=alert.name, note="calcium given")
    answered = service.call("AcknowledgeAlert", asked, who="dr-wang")
    again = service.call("AcknowledgeAlert", asked, who="dr-wang")
    with pytest.raises(grpc.RpcError) as refused:
        service.call("AcknowledgeAlert", asked, who="dr-chen")

    assert (answered.state, answered.clinician, answered.note) == (
        patient_pb2.ALERT_STATE_ACKNOWLEDGED, "dr-wang", "calcium given",
    )  # fmt: skip
    assert again == answered
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_vital_signs_become_a_score_that_calls_the_emergency_team(hospital: Hospital) -> None:
    hospital.send("sick", *SICK[:3])
    hospital.send("sick", *SICK)
    patient = hospital.patient("sick")
    hospital.service.wait(
        lambda: any(each.figures.complete for each in hospital.service.scores(patient.name)),
        "a score",
    )

    score = hospital.service.scores(patient.name)[0]
    assert (score.figures.total, score.figures.band, score.figures.rule_version) == (
        9, "high", "news2/CN/2017-12-19",
    )  # fmt: skip
    assert {item.item: item.points for item in score.figures.items}["pulse"] == 2
    alert = hospital.alert("sick", "state=OPEN")
    assert (alert.grade, alert.told_role) == ("high", "emergency-team")


def ago(seconds: int) -> str:
    return f"{datetime.now(UTC) - timedelta(seconds=seconds):%Y%m%d%H%M%S}+0000"


def breathless(when: str) -> list[str]:
    """Return SICK with 90 % on air: three points on scale 1, none on scale 2."""
    changed = [line.replace("20261120155500", when) for line in SICK]
    return [line.replace("||94|", "||90|").replace("||2|L/min", "||0|L/min") for line in changed]


def test_scale_2_holds_from_a_clinicians_order_on(hospital: Hospital) -> None:
    service = hospital.service
    hospital.send("copd", *breathless(ago(60)))
    patient = hospital.patient("copd").name
    service.wait(lambda: bool(service.scores(patient)), "a score")
    asked = pb.CreateOxygenScaleOrderRequest(
        parent=patient,
        oxygen_scale_order_id="copd-1",
        oxygen_scale_order=patient_pb2.OxygenScaleOrder(
            scale=patient_pb2.OXYGEN_SCALE_TWO, reason="COPD, target 88-92 %"
        ),
    )

    with pytest.raises(grpc.RpcError) as officer:
        service.call("CreateOxygenScaleOrder", asked, "DUTY_OFFICER")
    asked.request_id = str(uuid.uuid4())
    ordered = service.call("CreateOxygenScaleOrder", asked)
    asked.oxygen_scale_order_id = "copd-2"  # another id, and the same request
    again = service.call("CreateOxygenScaleOrder", asked)
    with pytest.raises(grpc.RpcError) as other:
        service.call("CreateOxygenScaleOrder", asked, who="dr-wang")
    hospital.send("copd", *breathless(ago(120)))  # of before the order, and late
    service.wait(lambda: len(service.scores(patient)) == 3, "three scores")

    found = [
        (
            {each.item: each.value for each in score.figures.contexts},
            {each.item: each.points for each in score.figures.items}["oxygen_saturation"],
            score.figures.total,
            score.trend,
        )
        for score in service.scores(patient)
    ]
    unspecified, steady = patient_pb2.TREND_UNSPECIFIED, patient_pb2.TREND_STEADY
    first = ({"scale": "1"}, 3)
    assert found == [
        ({"scale": "2"}, 0, found[1][2] - 3, unspecified),
        (*first, found[1][2], steady),  # to the one before it, which came later
        (*first, found[1][2], unspecified),
    ]
    listed = pb.ListOxygenScaleOrdersRequest(parent=patient, purpose=TREATMENT)
    orders = service.call("ListOxygenScaleOrders", listed).oxygen_scale_orders
    assert one(list(orders)) == ordered == again
    assert ordered.clinician == "dr-li"
    assert officer.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert other.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_a_corrected_result_withdraws_its_alert(hospital: Hospital) -> None:
    corrected = POTASSIUM.replace("6.8", "4.8").replace("|HH|", "|N|").replace("|F|", "|C|")
    hospital.send("corrected", POTASSIUM)
    hospital.send("corrected", corrected)

    hospital.alert("corrected", "state=WITHDRAWN")

    patient = hospital.patient("corrected")
    assert one(hospital.service.observations(patient.name)).result.number == 4.8
    assert hospital.alerts("corrected", "state=OPEN") == []


def test_who_is_no_clinician_sees_no_names_and_who_has_no_purpose_nothing(
    hospital: Hospital,
) -> None:
    service = hospital.service
    hospital.send("51010419900101001", SICK[0])
    patient = hospital.patient("51010419900101001")

    asked = pb.GetPatientRequest(name=patient.name, purpose=TREATMENT)
    masked = service.call("GetPatient", asked, "DUTY_OFFICER")
    quality = service.call(
        "GetPatient", pb.GetPatientRequest(name=patient.name, purpose=patient_pb2.PURPOSE_QUALITY)
    )
    with pytest.raises(grpc.RpcError) as nameless:
        service.call("GetPatient", pb.GetPatientRequest(name=patient.name))
    with pytest.raises(grpc.RpcError) as outsider:
        service.call("GetPatient", asked, "VIEWER")

    assert (masked.facts.family_name, masked.facts.given_name, masked.masked) == ("*", "*", True)
    assert masked.facts.identifier == "5************1001"
    assert quality.masked
    assert nameless.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert outsider.value.code() is grpc.StatusCode.PERMISSION_DENIED


def imported(resource: dict[str, Any]) -> exchange_pb2.ImportFhirRequest:
    request = exchange_pb2.ImportFhirRequest(source="his")
    request.resource.update(resource)
    return request


def wrong_resources(marker: str) -> list[dict[str, Any]]:
    """Return what is wrong with a value, a code, a date, a reference or a name of an element."""
    patient = {"resourceType": "Patient", "identifier": [{"value": f"{marker}1"}]}
    result = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": marker},
        "subject": {"reference": f"Patient/{marker}"},
        "effectiveDateTime": "2026-11-20T08:00:00Z",
        "valueString": marker,
    }
    return [
        {**patient, "gender": marker},
        {**patient, "birthDate": marker},
        {**patient, "name": marker},
        {**patient, marker: marker},
        {**patient, "name": [{marker: marker}]},
        result,
        {**result, "status": marker},
        {**result, "valueQuantity": {"value": 1, "code": marker}},
        {"resourceType": marker},
    ]


def why(service: HealthcareProcess, method: str, request: Any) -> str:
    """Return all that a refused call says."""
    with pytest.raises(grpc.RpcError) as error:
        service.call(method, request)
    return f"{details(error.value)} {error.value.trailing_metadata()}"


def events_of(server: NatsServer) -> list[bytes]:
    """Return what is in the stream of events, as bytes."""
    return [
        data
        for name in ("alert-opened", "alert-acknowledged")
        for data in region.events_of(server, name)
    ]


def test_no_personal_value_gets_into_logs_metrics_errors_or_events(hospital: Hospital) -> None:
    marker = "MARKERXYZ"
    marked = f"PID|1||{marker}ID^^^HIS||{marker}A^{marker}B||19900101|M"
    hospital.sender.send(oru(pid=marked, control_id="marked"))
    wrong = oru(POTASSIUM.replace("6.8", marker), pid=marked, control_id="wrong")
    refusal = hospital.sender.ask(wrong)
    alert = hospital.alert(f"{marker}ID")
    service = hospital.service
    service.call("AcknowledgeAlert", pb.AcknowledgeAlertRequest(name=alert.name, note=marker))
    refused = [
        *(why(service, "ImportFhir", imported(each)) for each in wrong_resources(marker)),
        why(service, "ListPatients", pb.ListPatientsRequest(filter=marker, purpose=TREATMENT)),
        why(
            service,
            "GetPatient",
            pb.GetPatientRequest(name=f"patients/{marker}", purpose=TREATMENT),
        ),
        why(
            service,
            "ListAlerts",
            pb.ListAlertsRequest(filter=f"patient={marker}~", page_token=marker, purpose=TREATMENT),
        ),
    ]
    relayed = "tianfu_outbox_published_total"
    service.wait(lambda: relayed in service.metrics(), "events")
    # Spans are written a little later; the refused calls' are among the last.
    service.wait(
        lambda: service.traces.exists() and "ListAlerts" in service.traces.read_text(), "traces"
    )

    said = {
        "the service's log": service.log.read_text(),
        "the node's log": hospital.ward.log.read_text(),
        "metrics": service.metrics(),
        "traces": service.traces.read_text(),
        "the answer": str(refusal),
        "status": (hospital.ward.folder / "edge" / "status.json").read_text(),
        "audit": str(service.audited()),
        "events": str(events_of(hospital.nats)),
        **{f"refusal {number}": text for number, text in enumerate(refused)},
    }

    assert [name for name, text in said.items() if marker in text] == []
    assert all(said.values())
    assert refusal is not None
    assert b"OBX^1^5" in refusal


def test_kills_of_the_service_and_the_node_lose_nothing_and_double_nothing(
    hospital: Hospital,
) -> None:
    service, count = hospital.service, 40
    for number in range(count):
        when = f"202611201555{number:02d}"
        hospital.send("killed", POTASSIUM.replace("20261120155500", when))
        if number in (10, 25):
            hospital.ward.end()
            hospital.ward.start()
        if number == 24:
            service.kill()
            service.start()
    patient = hospital.patient("killed")
    service.wait(lambda: len(service.observations(patient.name)) == count, "all results")

    alerts = hospital.alerts("killed")
    assert sorted(each.cause for each in alerts) == sorted(
        each.name for each in service.observations(patient.name)
    )
    assert {each.state for each in alerts} == {patient_pb2.ALERT_STATE_OPEN}


def test_a_watch_shows_what_is_open_and_what_changes(hospital: Hospital) -> None:
    service = hospital.service
    hospital.send("watched", POTASSIUM)
    hospital.alert("watched")
    stub = healthcare_grpc.HealthcareServiceStub(service.channel)
    asked = pb.WatchAlertsRequest(
        purpose=TREATMENT, filter=f"patient={hospital.patient('watched').name}"
    )
    watch = stub.WatchAlerts(asked, timeout=30, metadata=service.metadata("CLINICIAN"))

    first, caught_up = next(watch), next(watch)
    service.call("AcknowledgeAlert", pb.AcknowledgeAlertRequest(name=first.alert.name))
    changed = next(watch)
    watch.cancel()

    assert not caught_up.HasField("alert")
    assert changed.alert.state == patient_pb2.ALERT_STATE_ACKNOWLEDGED
    assert changed.resume_token


def test_decisions_can_be_asked_for(hospital: Hospital) -> None:
    service, value = hospital.service, decisions_pb2.Value
    score = service.call(
        "EvaluateScore",
        decisions_pb2.EvaluateScoreRequest(
            score="qsofa",
            values={"respiration_rate": value(number=22), "consciousness": value(code="C")},
        ),
    ).figures
    tag = service.call(
        "EvaluateTriage",
        decisions_pb2.EvaluateTriageRequest(
            protocol=decisions_pb2.TRIAGE_PROTOCOL_START, findings={"walks": value(yes=False)}
        ),
    )
    plan = service.call(
        "EvaluateDistribution",
        decisions_pb2.EvaluateDistributionRequest(
            origins=[decisions_pb2.CasualtyOrigin(origin="town", red=3, minutes=[10, 30])],
            hospitals=[
                decisions_pb2.HospitalCapacity(hospital="near", red=2),
                decisions_pb2.HospitalCapacity(hospital="far", red=9),
            ],
        ),
    )
    with pytest.raises(grpc.RpcError) as refused:
        service.call("EvaluateScore", decisions_pb2.EvaluateScoreRequest(score="news9"))

    assert (score.total, score.high, list(score.missing)) == (2, 3, ["systolic_pressure"])
    assert (tag.tag, tag.ask) == (decisions_pb2.TRIAGE_TAG_UNSPECIFIED, "breathing")
    assert [(move.hospital, move.count) for move in plan.moves] == [("near", 2), ("far", 1)]
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_an_alert_that_nobody_answers_goes_to_the_next_and_the_audit_log_holds(
    hospital: Hospital,
) -> None:
    service = hospital.service
    await asyncio.to_thread(hospital.send, "waiting", POTASSIUM)
    alert = await asyncio.to_thread(hospital.alert, "waiting")
    url = service.environment["TIANFU_DATABASE_URL"]
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        # As if its minutes had passed.
        await connection.execute(
            "UPDATE healthcare.alerts SET answer_by = now() - interval '1 s' WHERE alert_id = $1",
            alert.name.removeprefix("alerts/"),
        )
    finally:
        await connection.close()

    def told() -> patient_pb2.Alert:
        return hospital.alert("waiting")

    await asyncio.to_thread(service.wait, lambda: told().step == 1, "the next to be told")
    assert (await asyncio.to_thread(told)).told_role == "physician-on-duty"

    database = await Database.connect(url, "healthcare", registry=CollectorRegistry())
    try:
        assert isinstance(await database.transact(audit.verify), Head)
        name = alert.name
        kept = await database.transact(audit.of_resource, name, 100)
        assert {"alerts.opened", "alerts.escalated"} <= {entry.action for entry in kept}
        looked = await database.transact(audit.of_resource, alert.patient, 100)
        assert {(entry.actor, entry.purpose) for entry in looked} >= {
            ("dr-li", "purpose_treatment")
        }
    finally:
        await database.close()
