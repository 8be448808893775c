"""What the console's tests need on a platform that the local one has none of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf import json_format

from tests.support.console_world import WAIT_MS, World
from tests.support.credit_process import rows
from tests.support.waiting import until_blocking
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as credit

ENERGY = "tianfu.energy.v1.EnergyService"
HEALTHCARE = "tianfu.healthcare.v1.HealthcareService"
CREDIT = "tianfu.credit_supervision.v1.CreditSupervisionService"
WAIT_S = WAIT_MS / 1000


def as_json(message: Any) -> Any:
    return json_format.MessageToDict(message)


def ready_cases(world: World) -> None:
    """Make penalties with two repairs and an objection, of somebody else than who decides."""
    entities = as_json(credit.ImportEntitiesRequest(rows=rows(60)))
    world.call("supervisor", f"{CREDIT}/ImportEntities", entities, subject="applicant")
    conditions = ("act-corrected", "duties-fulfilled", "public-promise")
    evidence = [{"condition": each, "sha256": "b" * 64} for each in conditions]
    for case, entity in (("browser", 0), ("poor", 1), ("wrong", 2)):
        record = {
            "entity": f"entities/{rows(60)[entity].code}",
            "kind": "RECORD_KIND_PENALTY",
            "decisionDay": (datetime.now(UTC) - timedelta(days=200)).date().isoformat(),
            "matter": "unlicensed-trade",
            "department": "market",
            "sourceNumber": f"no-{case}",
            "severities": ["SEVERITY_GENERAL"],
        }
        name = f"records/rec-{case}"
        repair = {"record": name, "evidence": evidence}
        objection = {"record": name, "ground": "wrong-entity", "evidenceSha256": ["c" * 64]}
        raised = (
            ("CreateObjection", {"objectionId": f"obj-{case}", "objection": objection})
            if case == "wrong"
            else ("CreateRepair", {"repairId": f"rep-{case}", "repair": repair})
        )
        made = ("CreateRecord", {"recordId": f"rec-{case}", "record": record})
        for method, request in (made, raised):
            world.call("supervisor", f"{CREDIT}/{method}", request, subject="applicant")


def ready_units(world: World, count: int, year: int) -> None:
    """Make so many units; the one that is the last by name alone has a budget."""
    for number in range(count):
        unit = {"displayName": f"考核单位{number:03}", "placeCode": "510104"}
        made = {"unitId": f"many-{number:03}", "unit": unit}
        world.call("energy-manager", f"{ENERGY}/CreateUnit", made)
    last = f"many-{count - 1:03}"
    done = world.tianfu("quotas", "set", last, "--year", str(year), "--tce", "1234.5")
    assert done.returncode == 0, done.stderr


def ready_hospital(world: World) -> str:
    """Make what the local platform has none of: a recognition, a consent, a consultation.

    Return the patient's name.
    """
    own = "hospitals/jinjiang-hospital"
    who = {"subject": "liu-fang", "hospitals": ["jinjiang-hospital"]}
    asked = {"pageSize": 1, "purpose": "PURPOSE_TREATMENT"}
    listed: list[dict[str, Any]] = []

    def is_there() -> bool:
        found = world.call("clinician", f"{HEALTHCARE}/ListPatients", asked, **who)
        listed[:] = found.get("patients", [])
        return bool(listed)

    until_blocking(is_there, WAIT_S)
    patient = str(listed[0]["name"])
    recognition = {
        "patient": patient,
        "kind": "REPORT_KIND_LABORATORY",
        "item": "potassium",
        "producer": "hospitals/wuhou-hospital",
        "receiver": own,
        "collectTime": (datetime.now(UTC) - timedelta(hours=6)).isoformat(),
        "final": True,
        "markScope": "MARK_SCOPE_PROVINCE",
        "markPlace": "CN-51-0000",
        "value": 4.1,
        "unit": "mmol/L",
    }
    consent = {"scope": "CONSENT_SCOPE_CONSULTATION", "decision": "CONSENT_DECISION_PERMIT"}
    consultation = {
        "patient": patient,
        "urgency": "CONSULTATION_URGENCY_ROUTINE",
        "invitingHospital": own,
        "question": "左肺阴影待会诊",
    }
    for method, request in (
        ("CreateRecognition", {"recognition": recognition, "recognitionId": "rec-browser"}),
        ("CreateConsent", {"parent": patient, "consent": consent, "consentId": "consent-browser"}),
        ("CreateConsultation", {"consultation": consultation, "consultationId": "con-browser"}),
    ):
        world.call("clinician", f"{HEALTHCARE}/{method}", request, **who)
    return patient


def ready_energy(world: World) -> None:
    """Make what the local platform has no energy of: a budget, a plan, an event, a station."""
    now = datetime.now(UTC)
    for command in (
        ("quotas", "set", "plant-1", "--year", str(now.year), "--tce", "0.001"),
        ("dispatch", "plan", "tonight", "examples/energy/site.json"),
        ("dispatch", "emergency", "storm-1", "--place", "5101", "--minutes", "30", "--exercise"),
    ):
        done = world.tianfu(*command)
        assert done.returncode == 0, done.stderr
    station = {
        "operatorName": "示范运营商",
        "placeCode": "510104",
        "radioKind": "RADIO_KIND_MACRO",
        "radioCount": 3,
        "criticalKw": 1.5,
        "backupHours": 4,
    }
    made = {"stationId": "jinjiang-cell", "station": station}
    world.call("energy-manager", f"{ENERGY}/CreateStation", made)
    plan = {
        "startTime": (now - timedelta(hours=1)).isoformat(),
        "stepS": 900,
        "scenes": [{"load": 0.01, "spare": 1}] * 24,
    }
    sleep = {"parent": "stations/jinjiang-cell", "sleepPlanId": "tonight", "sleepPlan": plan}
    world.call("energy-manager", f"{ENERGY}/CreateSleepPlan", sleep)
