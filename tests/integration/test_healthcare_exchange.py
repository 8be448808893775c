"""Consultations, consents, FHIR, watches and the audit log, through the real service."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from services.healthcare.model import fhir_r4
from tests.support import region
from tests.support.postgres import PostgresServer
from tests.support.region_world import Region, region_world
from tests.support.rpc import details
from tianfu.healthcare.v1 import (
    consultation_pb2,
    exchange_pb2,
    healthcare_service_pb2,
    patient_pb2,
)
from tianfu.scores import monitor, shipped

pytestmark = pytest.mark.integration

TREATMENT, QUALITY = patient_pb2.PURPOSE_TREATMENT, patient_pb2.PURPOSE_QUALITY


@pytest.fixture(scope="module")
def place(postgres: PostgresServer) -> Iterator[Region]:
    with region_world(postgres) as made:
        yield made


def step(
    action: str, own: str, acting: str = "hospitals/county", **more: Any
) -> consultation_pb2.AdvanceConsultationRequest:
    return consultation_pb2.AdvanceConsultationRequest(
        name=f"consultations/{own}",
        action=consultation_pb2.ConsultationAction.Value(f"CONSULTATION_ACTION_{action}"),
        acting_hospital=acting,
        **more,
    )


def test_a_consultation_goes_from_draft_to_close(place: Region) -> None:
    patient, own = place.patient(), "con-whole"
    request = consultation_pb2.CreateConsultationRequest(
        consultation_id=own,
        consultation=consultation_pb2.Consultation(
            patient=patient,
            urgency=consultation_pb2.CONSULTATION_URGENCY_ROUTINE,
            inviting_hospital="hospitals/county",
            question="a shadow in the left lung",
        ),
    )
    place.call("CreateConsultation", request)
    invite = step("INVITE", own, doctor="dr-huang", hospital="hospitals/huaxi")
    place.call("AdvanceConsultation", step("SUBMIT", own))
    place.call("AdvanceConsultation", step("CHECK_MATERIALS", own))
    assert place.refused("AdvanceConsultation", invite) == "FAILED_PRECONDITION"
    assert (
        place.refused("AdvanceConsultation", step("RECORD_CONSENT", own)) == "FAILED_PRECONDITION"
    )
    agreed = place.consent(patient, "agreed")
    place.call("AdvanceConsultation", step("RECORD_CONSENT", own, consent_record=agreed.name))
    place.call("AdvanceConsultation", invite)

    there = {"acting": "hospitals/huaxi"}
    assert place.refused("AdvanceConsultation", step("ACCEPT", own, **there)) == "PERMISSION_DENIED"
    place.call("AdvanceConsultation", step("ACCEPT", own, **there), who="dr-huang")
    when = step("SCHEDULE", own)
    when.scheduled_time.FromDatetime(datetime.now(UTC) + timedelta(hours=1))
    place.call("AdvanceConsultation", when)
    place.call("AdvanceConsultation", step("START", own))
    draft = step("DRAFT_OPINION", own, opinion="biopsy", **there)
    place.call("AdvanceConsultation", draft, who="dr-huang")
    assert (
        place.refused("AdvanceConsultation", step("SIGN_OPINION", own, **there))
        == "PERMISSION_DENIED"
    )
    for action in ("SIGN_OPINION", "RETURN_OPINION"):
        place.call("AdvanceConsultation", step(action, own, **there), who="dr-huang")
    place.call("AdvanceConsultation", step("ADOPT", own))
    closed = place.call("AdvanceConsultation", step("CLOSE", own))

    assert (closed.signed_by, closed.opinion) == ("dr-huang", "biopsy")
    assert [each.actor for each in closed.steps][-4:] == ["dr-huang", "dr-huang", "dr-li", "dr-li"]
    export = consultation_pb2.ExportConsultationRequest(name=closed.name, purpose=TREATMENT)
    bundle = json_format.MessageToDict(place.call("ExportConsultation", export).bundle)
    request_out, task = (entry["resource"] for entry in bundle["entry"])
    assert (request_out["status"], task["status"]) == ("completed", "completed")
    for each in (request_out, task):
        fhir_r4.check_definition(each)
    place.service.wait(
        lambda: len(region.events_of(place.nats, "consultation-advanced")) >= 12, "events"
    )


def test_a_clinician_acts_for_no_hospital_but_their_own(place: Region) -> None:
    """The hospital that is named must stand in the token: saying so is not enough."""
    patient, own = place.patient(), "con-own"
    request = consultation_pb2.CreateConsultationRequest(
        consultation_id=own,
        consultation=consultation_pb2.Consultation(
            patient=patient,
            urgency=consultation_pb2.CONSULTATION_URGENCY_ROUTINE,
            inviting_hospital="hospitals/county",
            question="a rash",
        ),
    )

    def reason(method: str, asked: Any, of: str) -> str:
        with pytest.raises(grpc.RpcError) as error:
            place.service.call(method, asked, of=of)
        assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
        info = details(error.value).info
        return "" if info is None else info.reason

    assert reason("CreateConsultation", request, "huaxi") == "HOSPITAL_NOT_AFFILIATED"
    place.service.call("CreateConsultation", request, of="county")
    assert reason("AdvanceConsultation", step("SUBMIT", own), "huaxi") == "HOSPITAL_NOT_AFFILIATED"
    assert reason("AdvanceConsultation", step("SUBMIT", own), "") == "HOSPITAL_NOT_AFFILIATED"
    other = step("SUBMIT", own, acting="hospitals/huaxi")
    assert reason("AdvanceConsultation", other, "huaxi") == "NOT_THE_INVITING_HOSPITAL"
    place.service.call("AdvanceConsultation", step("SUBMIT", own), of="county")


def test_a_consent_that_was_taken_back_invites_nobody(place: Region) -> None:
    patient, own = place.patient(), "con-back"
    request = consultation_pb2.CreateConsultationRequest(
        consultation_id=own,
        consultation=consultation_pb2.Consultation(
            patient=patient,
            urgency=consultation_pb2.CONSULTATION_URGENCY_EMERGENCY,
            inviting_hospital="hospitals/county",
            question="stroke",
        ),
    )
    place.call("CreateConsultation", request)
    agreed = place.consent(patient, "agreed")
    for each in (
        step("SUBMIT", own),
        step("CHECK_MATERIALS", own),
        step("RECORD_CONSENT", own, consent_record=agreed.name),
    ):
        place.call("AdvanceConsultation", each)
    place.call("RevokeConsent", consultation_pb2.RevokeConsentRequest(name=agreed.name))
    invite = step("INVITE", own, doctor="dr-huang", hospital="hospitals/huaxi")

    assert place.refused("AdvanceConsultation", invite) == "FAILED_PRECONDITION"


def test_reads_for_quality_stop_when_consent_is_taken_back(place: Region) -> None:
    patient = place.patient()
    asked = healthcare_service_pb2.GetPatientRequest(name=patient, purpose=QUALITY)
    place.call("GetPatient", asked)
    agreed = place.consent(patient, "quality", scope=2)
    place.call("GetPatient", asked)
    place.call("RevokeConsent", consultation_pb2.RevokeConsentRequest(name=agreed.name))

    assert place.refused("GetPatient", asked) == "PERMISSION_DENIED"
    treating = healthcare_service_pb2.GetPatientRequest(name=patient, purpose=TREATMENT)
    assert place.call("GetPatient", treating).name == patient


def test_a_bill_of_care_away_from_home(place: Region) -> None:
    request = exchange_pb2.EvaluateSettlementRequest(
        lines=[
            exchange_pb2.BillLine(
                item="surgery", price_fen=1_050_000, list_fen=1_050_000, first_pay_fen=50_000
            ),
            exchange_pb2.BillLine(item="single room", price_fen=150_000),
        ],
        registered=True,
        policy_version="chongqing-employees-2026",
        deductible_fen=100_000,
        ratio="0.85",
        cap_fen=50_000_000,
    )
    made = place.call("EvaluateSettlement", request)
    request.registered = False

    assert (made.fund_fen, made.patient_fen) == (765_000, 435_000)
    assert place.refused("EvaluateSettlement", request) == "FAILED_PRECONDITION"


def test_bundles_come_in_once_and_go_out_as_they_came(place: Region) -> None:
    bundle = place.bundle(seed=11)
    first, again = place.send(bundle), place.send(bundle)

    sorts_in = [each["resource"]["resourceType"] for each in bundle["entry"]]
    others = [each for each in sorts_in if each not in fhir_r4.TYPES]
    # One of the Observations is a pressure of two components.
    results = sorts_in.count("Observation") + 1
    assert (first.observations, first.passed_over, first.scores) == (results, len(others), 1)
    assert (again.observations, again.repeated_before) == (0, True)
    [patient] = first.patients
    export = exchange_pb2.ExportPatientRequest(name=patient, purpose=TREATMENT)
    out = json_format.MessageToDict(place.call("ExportPatient", export).bundle)
    taken = fhir_r4.check(out)
    sorts = [each["resourceType"] for _, each in taken]
    assert (sorts.count("Observation"), sorts.count("DiagnosticReport")) == (
        results, sorts_in.count("DiagnosticReport"),
    )  # fmt: skip
    sent = [
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Observation"
    ]
    numbers = sorted(e["valueQuantity"]["value"] for e in sent if "valueQuantity" in e)
    back = sorted(e["valueQuantity"]["value"] for _, e in taken if "valueQuantity" in e)
    assert set(numbers) <= set(back)
    masked = json_format.MessageToDict(place.call("ExportPatient", export, "DUTY_OFFICER").bundle)
    assert masked["entry"][0]["resource"]["name"][0]["family"].endswith("*")
    reports = exchange_pb2.ListReportsRequest(parent=patient, purpose=TREATMENT)
    found = place.call("ListReports", reports).reports
    assert len(found) == 5

    def filtered(text: str) -> list[str]:
        reports.filter = text
        return [each.name for each in place.call("ListReports", reports).reports]

    one = found[0]
    assert filtered("status=FINAL") == [each.name for each in found]
    assert filtered("status=CANCELLED") == []
    assert filtered(f"order={one.order} AND code={one.code.code}") == [one.name]
    # Another code that only begins alike is another code.
    assert filtered(f"code={one.code.code[:-1]}") == []
    reports.filter = "colour=red"
    assert place.refused("ListReports", reports) == "INVALID_ARGUMENT"
    reports.filter, reports.page_size = "status=FINAL", 3
    page = place.call("ListReports", reports)
    reports.page_token = page.next_page_token
    rest = place.call("ListReports", reports)
    assert [each.name for each in (*page.reports, *rest.reports)] == [each.name for each in found]
    reports.filter = ""
    assert place.refused("ListReports", reports) == "INVALID_ARGUMENT", "a token of another filter"


def test_what_is_wrong_in_a_bundle_is_named_and_nothing_of_it_is_kept(place: Region) -> None:
    bundle = place.bundle(seed=12)
    observation = next(
        each["resource"]
        for each in bundle["entry"]
        if each["resource"]["resourceType"] == "Observation"
    )
    observation["valueQuantity"]["code"] = "mmol per litre"
    before = len(place.service.patients())
    request = exchange_pb2.ImportFhirRequest(source="his")
    request.resource.update(bundle)

    with pytest.raises(grpc.RpcError) as refused:
        place.call("ImportFhir", request)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "valueQuantity.code" in str(refused.value.details())
    assert len(place.service.patients()) == before


def test_the_audit_log_is_verified_against_a_published_head(place: Region) -> None:
    place.patient()
    found = place.call("VerifyAudit", exchange_pb2.VerifyAuditRequest(), "AUDITOR")
    forged = exchange_pb2.VerifyAuditRequest(published_number=found.number, published_hash="0" * 64)

    assert found.sound
    assert found.number > 0
    assert not place.call("VerifyAudit", forged, "AUDITOR").sound


def test_a_monitors_readings_become_the_score_that_its_node_counts(place: Region) -> None:
    patient = place.patient()
    request = exchange_pb2.UpdateMonitorRequest(
        monitor=exchange_pb2.Monitor(
            name="monitors/amb-1-stretcher", node="amb-1", series_prefix="bed-1.", patient=patient
        ),
        allow_missing=True,
    )
    place.call("UpdateMonitor", request)
    sick = {
        "respiration_rate": 22.0,
        "oxygen_saturation": 94.0,
        "oxygen_flow": 2.0,
        "systolic_pressure": 105.0,
        "pulse": 112.0,
        "consciousness": 0.0,
        "temperature": 38.5,
    }

    def send(sequence: int) -> None:
        now_us = int(datetime.now(UTC).timestamp() * 1e6)
        region.publish_readings(place.nats, "amb-1", sequence, "bed-1.", sick, now_us)

    sequences = itertools.count(1)
    send(next(sequences))
    place.service.wait(partial(has_score, place, patient), "a score")
    figures = place.service.scores(patient)[0].figures
    scale = shipped.scale("news2", datetime.now(UTC).date())
    on_node = scale.score(monitor.inputs(scale, {name: (1, sick[name]) for name in sick}))

    assert (figures.total, figures.band, figures.rule_version) == (
        on_node.total, on_node.band, on_node.version,
    )  # fmt: skip
    assert figures.total == 9
    asked = healthcare_service_pb2.ListAlertsRequest(filter=f"patient={patient}", purpose=TREATMENT)
    [alert] = place.call("ListAlerts", asked).alerts
    assert (alert.grade, alert.told_role) == ("high", "emergency-team")
    # Unchanged points, a second later: nothing is scored anew.
    before = len(place.service.scores(patient))
    send(next(sequences))
    sick["pulse"] = 140.0
    send(next(sequences))
    place.service.wait(lambda: place.service.scores(patient)[0].figures.total == 10, "a change")
    assert len(place.service.scores(patient)) == before + 1


def test_what_comes_after_a_monitor_went_on_is_whose_it_was(place: Region) -> None:
    first, second, third = place.patient(), place.patient(), place.patient()
    well = {
        "respiration_rate": 16.0, "oxygen_saturation": 97.0, "oxygen_flow": 0.0,
        "systolic_pressure": 120.0, "pulse": 70.0, "consciousness": 0.0, "temperature": 37.0,
    }  # fmt: skip
    sequences = itertools.count(1)

    def hang(patient: str, bed: str = "bed-9") -> int:
        made = exchange_pb2.Monitor(
            name=f"monitors/{bed}", node="ward-9", series_prefix=f"{bed}.", patient=patient
        )
        request = exchange_pb2.UpdateMonitorRequest(monitor=made, allow_missing=True)
        found = place.call("UpdateMonitor", request)
        return int(found.update_time.ToMicroseconds())

    def send(pulse: float, time_us: int, bed: str = "bed-9") -> None:
        values = {**well, "pulse": pulse}
        number = next(sequences)
        region.publish_readings(place.nats, "ward-9", number, f"{bed}.", values, time_us)

    def totals(patient: str) -> list[int]:
        return [each.figures.total for each in place.service.scores(patient)]

    def until_scored(patient: str, bed: str = "bed-9") -> None:
        send(70.0, int(datetime.now(UTC).timestamp() * 1e6), bed)
        place.service.wait(lambda: bool(totals(patient)), "a score")

    hang(first)
    until_scored(first)
    moved_us = hang(second)
    # Held back on the node while the monitor was still on the first.
    send(135.0, moved_us - 1)
    place.service.wait(lambda: totals(first)[0] == 3, "the first patient's last score")
    until_scored(second)
    assert set(totals(second)) == {0}

    gone_us = hang("")
    hang(third, "bed-8")
    until_scored(third, "bed-8")
    send(140.0, gone_us + 1)
    send(135.0, gone_us - 1)
    place.service.wait(lambda: totals(second)[0] == 3, "the second patient's last score")
    assert totals(second).count(3) == 1, "what was read of nobody is nobody's"


def has_score(place: Region, patient: str) -> bool:
    """Return whether a patient was scored."""
    return bool(place.service.scores(patient))


def test_what_is_read_once_a_monitor_is_known_to_hang_counts(place: Region) -> None:
    """Also with batches just before: what was known then says nothing of whom it hangs on now."""
    well = {"respiration_rate": 16.0, "pulse": 70.0}
    for number in range(1, 11):
        patient = place.patient()
        hung = exchange_pb2.Monitor(
            name="monitors/bed-10", node="ward-10", series_prefix="bed-10.", patient=patient
        )
        request = exchange_pb2.UpdateMonitorRequest(monitor=hung, allow_missing=True)
        since_us = place.call("UpdateMonitor", request).update_time.ToMicroseconds()
        region.publish_readings(place.nats, "ward-10", number, "bed-10.", well, since_us)
        place.service.wait(partial(has_score, place, patient), "a score")

        [score] = place.service.scores(patient)
        assert score.observe_time.ToMicroseconds() == since_us


def test_no_personal_value_gets_out_by_any_door(place: Region) -> None:
    mark = "MARKERQ"
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:t", "value": f"{mark}1"}],
        "name": [{"family": f"{mark}2", "given": [f"{mark}3"]}],
        "birthDate": "1966-06-06",
    }
    [patient] = place.send(person).patients
    errors = []
    for broken in (
        {**person, "gender": f"{mark}4"},
        {**person, "birthDate": f"{mark}5"},
        {**person, f"{mark}6": 1},
        {"resourceType": "Observation", "subject": {"reference": f"{mark}7"}, "status": "final",
         "code": {"text": f"{mark}8"}, "effectiveDateTime": "2026-11-20T08:00:00Z"},
    ):  # fmt: skip
        request = exchange_pb2.ImportFhirRequest(source="his")
        request.resource.update(broken)
        with pytest.raises(grpc.RpcError) as refused:
            place.call("ImportFhir", request)
        errors.append(str(refused.value))
    asked = consultation_pb2.CreateConsultationRequest(
        consultation_id="con-marked",
        consultation=consultation_pb2.Consultation(
            patient=patient,
            urgency=consultation_pb2.CONSULTATION_URGENCY_ROUTINE,
            inviting_hospital="hospitals/county",
            question=f"{mark}9",
        ),
    )
    place.call("CreateConsultation", asked)
    place.call("AdvanceConsultation", step("SUBMIT", "con-marked", reason=f"{mark}10"))
    place.service.wait(
        lambda: b"con-marked" in b"".join(region.events_of(place.nats, "consultation-advanced")),
        "an event",
    )

    traces = place.service.traces

    # Spans are written some seconds later, together.
    def traced() -> bool:
        return traces.exists() and "AdvanceConsultation" in traces.read_text()

    place.service.wait(traced, "the spans written")
    said = [
        place.service.log.read_text(),
        place.service.metrics(),
        traces.read_text(),
        *errors,
        str(region.events_of(place.nats, "consultation-advanced")),
    ]
    assert [text for text in said if mark in text] == []
