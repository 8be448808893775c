"""What the region's hospitals share, through the real service: recognition, beds, surge, plans."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support import region
from tests.support.postgres import PostgresServer
from tests.support.region_world import Region, region_world
from tianfu.disaster_warning.v1 import events_pb2 as warning_events
from tianfu.healthcare.v1 import (
    casualty_pb2,
    decisions_pb2,
    events_pb2,
    patient_pb2,
    recognition_pb2,
    region_pb2,
)

pytestmark = pytest.mark.integration

TREATMENT, QUALITY = patient_pb2.PURPOSE_TREATMENT, patient_pb2.PURPOSE_QUALITY
Value = decisions_pb2.Value


@pytest.fixture(scope="module")
def place(postgres: PostgresServer) -> Iterator[Region]:
    with region_world(postgres) as made:
        yield made


def created(
    place: Region, own: str, wanted: recognition_pb2.Recognition, who: str = "dr-li"
) -> recognition_pb2.Recognition:
    request = recognition_pb2.CreateRecognitionRequest(recognition=wanted, recognition_id=own)
    made: recognition_pb2.Recognition = place.call("CreateRecognition", request, who=who)
    return made


def test_a_result_is_recognised_once_and_a_correction_takes_it_back(place: Region) -> None:
    place.register(region.hospital("lab"))
    place.register(region.hospital("ward", "510105"))
    patient = place.patient()
    place.potassium(patient, 4.1)
    [observation] = place.service.observations(patient)
    wanted = region.recognition(patient, "lab", "ward", observation=observation.name)

    first = created(place, "rec-first", wanted)
    again = created(place, "rec-first", wanted)
    stranger = created(place, "rec-stranger", region.recognition(patient, "nobody", "ward"))
    other = region.recognition(patient, "lab", "ward", item="sodium")
    conflict = recognition_pb2.CreateRecognitionRequest(
        recognition=other, recognition_id="rec-first"
    )

    assert first == again
    assert (first.outcome, first.certificate, first.doctor) == (
        recognition_pb2.RECOGNITION_OUTCOME_RECOGNISED, "eqa-lab-potassium", "dr-li",
    )  # fmt: skip
    assert first.rule_versions[0] == "recognition-items/CN-51/2021-12-01"
    assert first.age_hours == pytest.approx(1, abs=0.05)
    # An unknown producer is an answer with its step, never an error that an order waits for.
    assert stranger.step == recognition_pb2.RECOGNITION_STEP_PRODUCER
    assert place.refused("CreateRecognition", conflict) == "ALREADY_EXISTS"

    place.potassium(patient, 5.4, "corrected")

    asked = recognition_pb2.GetRecognitionRequest(name=first.name, purpose=TREATMENT)
    revoked = place.call("GetRecognition", asked)
    assert revoked.revoked

    def told() -> list[str]:
        events = region.events_of(place.nats, "recognition-revoked")
        found = [events_pb2.RecognitionRevoked.FromString(each) for each in events]
        return [each.receiver for each in found if each.recognition == first.name]

    place.service.wait(lambda: told() == ["hospitals/ward"], "an event")


def test_a_result_taken_back_with_its_value_takes_the_recognition_back(place: Region) -> None:
    place.register(region.hospital("wrong-lab"))
    place.register(region.hospital("wrong-ward", "510105"))
    patient, other = place.patient(), place.patient()
    place.potassium(patient, 4.1)
    [observation] = place.service.observations(patient)
    wanted = region.recognition(patient, "wrong-lab", "wrong-ward", observation=observation.name)
    first = created(place, "rec-wrong", wanted)
    place.potassium(patient, 4.1, "entered-in-error")

    asked = recognition_pb2.GetRecognitionRequest(name=first.name, purpose=TREATMENT)
    assert place.call("GetRecognition", asked).revoked
    # Whatever the caller says of it, it is final no more; and it is nobody else's.
    later = created(place, "rec-later", wanted)
    assert later.outcome != recognition_pb2.RECOGNITION_OUTCOME_RECOGNISED
    foreign = recognition_pb2.CreateRecognitionRequest(
        recognition=region.recognition(
            other, "wrong-lab", "wrong-ward", observation=observation.name
        ),
        recognition_id="rec-foreign",
    )
    assert place.refused("CreateRecognition", foreign) == "INVALID_ARGUMENT"


def test_a_repeat_needs_its_reason_and_counts_against_its_doctor(place: Region) -> None:
    place.register(region.hospital("kpi-lab", items=("chest-ct",)))
    place.register(region.hospital("kpi-ward", "510105"))
    patient = place.patient()

    def asked(own: str, **changes: Any) -> recognition_pb2.CreateRecognitionRequest:
        wanted = region.recognition(patient, "kpi-lab", "kpi-ward", item="chest-ct", **changes)
        wanted.ClearField("value")
        wanted.kind = recognition_pb2.REPORT_KIND_IMAGING
        return recognition_pb2.CreateRecognitionRequest(recognition=wanted, recognition_id=own)

    reason = recognition_pb2.REPEAT_REASON_EMERGENCY
    silent = asked("kpi-silent", repeat_reason=reason)
    place.call("CreateRecognition", asked("kpi-one"))
    place.call(
        "CreateRecognition",
        asked("kpi-two", repeat_reason=reason, repeat_text="bleeding", patient_told=True),
        who="dr-wang",
    )
    figures = place.call(
        "EvaluateRecognitionFigures",
        recognition_pb2.EvaluateRecognitionFiguresRequest(receiver="hospitals/kpi-ward"),
    )

    assert place.refused("CreateRecognition", silent) == "INVALID_ARGUMENT"
    assert (figures.recognised, figures.recognisable, figures.rate) == (1, 2, 0.5)
    assert (figures.saved_fen, figures.avoided_usv) == (26000, 6000)
    assert [(each.doctor, each.count) for each in figures.repeats] == [("dr-wang", 1)]


def test_beds_have_an_age_and_an_older_report_is_refused(place: Region) -> None:
    place.register(region.hospital("beds"))
    old = region.bed_report(red=1)
    old.report_time.FromDatetime(datetime.now(UTC) - timedelta(minutes=16))

    stale = place.report("beds", old)
    fresh = place.report("beds", region.bed_report(red=3))
    request = region_pb2.ReportBedsRequest(parent="hospitals/beds", bed_report=old)
    missing = region_pb2.ReportBedsRequest(parent="hospitals/none", bed_report=old)

    assert (stale.stale, fresh.stale, fresh.casualties.red) == (True, False, 3)
    assert fresh.rule_version == "bed-reports/CN/2020-01-01"
    assert place.refused("ReportBeds", request) == "ABORTED"
    assert place.refused("ReportBeds", missing) == "NOT_FOUND"


def test_nobody_reports_or_decides_in_another_hospitals_name(place: Region) -> None:
    place.register(region.hospital("own"))
    patient = place.patient()
    beds = region_pb2.ReportBedsRequest(parent="hospitals/own", bed_report=region.bed_report(red=1))
    result = recognition_pb2.CreateRecognitionRequest(
        recognition=region.recognition(patient, "own", "own"), recognition_id="not-mine"
    )
    for other in ("elsewhere", ""):
        assert place.refused("ReportBeds", beds, of=other) == "PERMISSION_DENIED"
        assert place.refused("CreateRecognition", result, of=other) == "PERMISSION_DENIED"
    assert place.refused("ReportBeds", beds, "DUTY_OFFICER", of="") == "PERMISSION_DENIED"
    assert place.call("ReportBeds", beds, of="own").bed_report.casualties.red == 1
    assert place.call("CreateRecognition", result, of="own").doctor == "dr-li"


def test_a_hospital_is_changed_by_who_read_it_last(place: Region) -> None:
    first = place.register(region.hospital("etag"))
    place.register(region.hospital("etag", "510106"))
    first.title = "another"
    request = region_pb2.UpdateHospitalRequest(hospital=first)
    masked = region_pb2.UpdateHospitalRequest(hospital=first)
    masked.hospital.etag = ""
    masked.update_mask.paths.append("title")

    assert place.refused("UpdateHospital", request, "PLATFORM_ENGINEER") == "ABORTED"
    after = place.call("UpdateHospital", masked, "PLATFORM_ENGINEER")
    assert (after.title, after.place_code) == ("another", "510106")


def surge_plans(place: Region, own: str) -> list[region_pb2.SurgePlan]:
    request = region_pb2.ListSurgePlansRequest(filter=f"hospital=hospitals/{own}")
    return list(place.call("ListSurgePlans", request).surge_plans)


def test_an_earthquake_makes_one_surge_plan_for_each_hospital(place: Region) -> None:
    place.register(region.hospital("quake-a", "511321"))
    place.register(region.hospital("quake-b", "511322"))
    place.register(region.hospital("quake-far", "513221"))
    both = ["511321", "511322"]
    facts = region.warning("w-quake", both, earthquake="eq-1", code="11C02")
    facts.shaking.counties.add(place_code="511321", intensity=7.1).s_arrival_time.seconds = 99
    facts.shaking.counties.add(place_code="511322", intensity=2.9)
    region.publish(place.nats, warning_events.WarningIssued(facts=facts))
    place.service.wait(lambda: bool(surge_plans(place, "quake-a")), "a surge plan")
    # By a new version one county more will feel it; the first hospital is not told twice.
    later = region.warning("w-quake", both, earthquake="eq-1", code="11C02")
    later.version = 2
    later.shaking.counties.add(place_code="511321", intensity=7.3)
    later.shaking.counties.add(place_code="511322", intensity=3.0)
    region.publish(place.nats, warning_events.WarningUpdated(facts=later), kind="warning-updated")
    place.service.wait(lambda: bool(surge_plans(place, "quake-b")), "the second plan")

    [plan] = surge_plans(place, "quake-a")
    assert [each.kind for each in plan.actions] == [
        region_pb2.SURGE_ACTION_KIND_LIFTS_TO_FLOOR,
        region_pb2.SURGE_ACTION_KIND_NOTIFY_THEATRES,
        region_pb2.SURGE_ACTION_KIND_START_GENERATORS,
        region_pb2.SURGE_ACTION_KIND_REPORT_BEDS,
    ]
    assert (plan.earthquake, plan.drill, plan.rule_version) == (
        "eq-1", False, "surge/CN/2020-01-01",
    )  # fmt: skip
    assert (plan.intensity, plan.s_arrival_time.seconds, plan.warning) == (7.1, 99, "w-quake")
    assert [each.intensity for each in surge_plans(place, "quake-b")] == [3.0]
    assert surge_plans(place, "quake-far") == []
    request = region_pb2.AcknowledgeSurgePlanRequest(name=plan.name)
    assert place.refused("AcknowledgeSurgePlan", request, of="quake-b") == "PERMISSION_DENIED"
    taken = place.call("AcknowledgeSurgePlan", request, of="quake-a")
    place.report("quake-a", region.bed_report(red=2))
    [plan] = surge_plans(place, "quake-a")
    assert (taken.clinician, plan.HasField("bed_report_time")) == ("dr-li", True)

    region.publish(
        place.nats, warning_events.WarningCancelled(facts=later), kind="warning-cancelled"
    )
    stood_down = region_pb2.SURGE_STATE_STOOD_DOWN
    place.service.wait(
        lambda: surge_plans(place, "quake-b")[0].state == stood_down, "the plan stood down"
    )
    place.service.wait(lambda: len(region.events_of(place.nats, "surge-stood-down")) == 2, "events")
    ordered = [
        events_pb2.SurgeOrdered.FromString(each)
        for each in region.events_of(place.nats, "surge-ordered")
    ]
    told = [(each.hospital, each.intensity) for each in ordered if each.earthquake == "eq-1"]
    assert sorted(told) == [("hospitals/quake-a", 7.1), ("hospitals/quake-b", 3.0)]


def test_only_red_rain_and_only_what_is_not_over_makes_a_plan(place: Region) -> None:
    orange = region.warning("w-orange", ["510821"], colour=3)  # type: ignore[arg-type]  # by number
    over = region.warning("w-over", ["510821"], lasts=timedelta(seconds=-1))
    red = region.warning("w-red", ["510821"])
    drill = region.warning("w-red", ["510821"], drill=True)
    place.register(region.hospital("rain", "510821"))
    region.publish(
        place.nats,
        *(warning_events.WarningIssued(facts=each) for each in (orange, over, red, drill)),
    )
    place.service.wait(lambda: len(surge_plans(place, "rain")) == 2, "two plans")

    found = {(each.warning, each.drill) for each in surge_plans(place, "rain")}
    assert found == {("w-red", False), ("w-red", True)}


def plan_of(place: Region, own: str) -> casualty_pb2.CasualtyPlan:
    request = casualty_pb2.GetCasualtyPlanRequest(name=f"casualtyPlans/{own}")
    found: casualty_pb2.CasualtyPlan = place.call("GetCasualtyPlan", request)
    return found


def people(place: Region, own: str) -> dict[str, casualty_pb2.Casualty]:
    request = casualty_pb2.ListCasualtiesRequest(parent=f"casualtyPlans/{own}")
    found = place.call("ListCasualties", request).casualties
    return {each.name.rpartition("/")[2]: each for each in found}


def settled(place: Region, own: str) -> casualty_pb2.CasualtyPlan:
    def solved() -> bool:
        plan = plan_of(place, own)
        return bool(plan.revision) and not plan.dirty

    place.service.wait(solved, "the plan solved")
    return plan_of(place, own)


RED = {
    "walks": Value(yes=False),
    "breathing": Value(yes=True),
    "respiration_rate": Value(number=36),
}


def bring(
    place: Region, plan: str, own: str, findings: dict[str, Value], *, protocol: int = 1
) -> casualty_pb2.Casualty:
    request = casualty_pb2.CreateCasualtyRequest(
        parent=f"casualtyPlans/{plan}",
        casualty_id=own,
        casualty=casualty_pb2.Casualty(
            place="school", protocol=decisions_pb2.TriageProtocol.ValueType(protocol)
        ),
    )
    for name, value in findings.items():
        request.casualty.findings[name].CopyFrom(value)
    made: casualty_pb2.Casualty = place.call("CreateCasualty", request)
    return made


def test_a_plan_is_solved_again_with_each_change_and_explains_itself(place: Region) -> None:
    near, far = "hospitals/cas-near", "hospitals/cas-far"
    place.register(region.hospital("cas-near", "511401", at=(30.05, 103.80)))
    place.register(region.hospital("cas-far", "511402", at=(30.25, 103.90)))
    place.report("cas-near", region.bed_report(red=1, green=50))
    place.report("cas-far", region.bed_report(red=5, green=50))
    plan = casualty_pb2.CasualtyPlan(
        title="bus on the expressway",
        places=[casualty_pb2.CasualtyPlace(place="school", latitude=30.06, longitude=103.81)],
        hospitals=[near, far],
    )
    request = casualty_pb2.CreateCasualtyPlanRequest(
        casualty_plan=plan, casualty_plan_id="bus-one", request_id=str(uuid.uuid4())
    )
    place.call("CreateCasualtyPlan", request)
    assert place.call("CreateCasualtyPlan", request).name == "casualtyPlans/bus-one"
    first = bring(place, "bus-one", "tag-001", RED)
    assert first.tag == decisions_pb2.TRIAGE_TAG_RED
    bring(place, "bus-one", "tag-002", RED)
    unknown = bring(place, "bus-one", "tag-003", {"walks": Value(yes=False)})
    assert unknown.ask == "breathing"
    settled(place, "bus-one")
    place.service.wait(lambda: people(place, "bus-one")["tag-002"].hospital == far, "a place")

    found = people(place, "bus-one")
    assert (found["tag-001"].hospital, found["tag-003"].hospital) == (near, "")
    assert "the nearest" in found["tag-001"].explanation
    assert f"nearest is {near}: its 1 places go to 1 others" in found["tag-002"].explanation

    # The road to the near one is cut: everybody goes to the far one.
    cut = casualty_pb2.ReportTravelTimesRequest(
        name="casualtyPlans/bus-one",
        travel_times=[casualty_pb2.TravelTime(place="school", hospital=near, minutes=-1)],
    )
    place.call("ReportTravelTimes", cut)
    place.service.wait(lambda: people(place, "bus-one")["tag-001"].hospital == far, "moved")

    # One is on the way and is not moved any more, whatever opens again.
    leave = casualty_pb2.DispatchCasualtyRequest(name=found["tag-001"].name)
    place.call("DispatchCasualty", leave)
    cut.travel_times[0].minutes = 3
    place.call("ReportTravelTimes", cut)
    place.service.wait(lambda: people(place, "bus-one")["tag-002"].hospital == near, "moved back")
    assert people(place, "bus-one")["tag-001"].hospital == far

    # A report of beds does it too.
    place.report("cas-near", region.bed_report(red=0))
    place.service.wait(lambda: people(place, "bus-one")["tag-002"].hospital == far, "no bed")
    closing = casualty_pb2.CloseCasualtyPlanRequest(name="casualtyPlans/bus-one")
    place.call("CloseCasualtyPlan", closing, "DUTY_OFFICER")
    assert place.refused("ReportTravelTimes", cut) == "FAILED_PRECONDITION"


def test_jumpstart_tags_a_child(place: Region) -> None:
    request = casualty_pb2.CreateCasualtyPlanRequest(
        casualty_plan=casualty_pb2.CasualtyPlan(
            title="kindergarten", places=[casualty_pb2.CasualtyPlace(place="school")]
        ),
        casualty_plan_id="children",
    )
    place.call("CreateCasualtyPlan", request)
    child = bring(
        place, "children", "tag-010", {**RED, "respiration_rate": Value(number=50)}, protocol=2
    )
    calm = bring(place, "children", "tag-011", RED, protocol=2)

    assert child.tag == decisions_pb2.TRIAGE_TAG_RED
    assert calm.ask


def test_kills_between_warnings_and_plans_make_each_plan_once(place: Region) -> None:
    place.register(region.hospital("killed", "510722"))
    events = [
        warning_events.WarningIssued(
            facts=region.warning(f"w-kill-{n}", ["510722"], earthquake=f"eq-kill-{n}")
        )
        for n in range(20)
    ]
    region.publish(place.nats, *events[:10])
    place.service.kill()
    region.publish(place.nats, *events[10:])
    place.service.start()
    place.service.wait(lambda: len(surge_plans(place, "killed")) >= 10, "half of the plans")
    place.service.kill()
    place.nats.kill()
    place.nats.start()
    place.service.start()
    place.service.wait(lambda: len(surge_plans(place, "killed")) == len(events), "every plan")

    def told() -> list[str]:
        found = region.events_of(place.nats, "surge-ordered")
        ordered = [events_pb2.SurgeOrdered.FromString(each) for each in found]
        return [each.earthquake for each in ordered if each.hospital == "hospitals/killed"]

    place.service.wait(lambda: len(told()) >= len(events), "every event")
    assert sorted(told()) == sorted(f"eq-kill-{n}" for n in range(20))
    quakes = [each.earthquake for each in surge_plans(place, "killed")]
    assert len(set(quakes)) == len(quakes) == len(events)


def test_a_kill_while_a_plan_is_solved_loses_no_casualty(place: Region) -> None:
    place.register(region.hospital("solve", "511403", at=(30.05, 103.80)))
    place.report("solve", region.bed_report(red=20))
    request = casualty_pb2.CreateCasualtyPlanRequest(
        casualty_plan=casualty_pb2.CasualtyPlan(
            title="mill",
            places=[casualty_pb2.CasualtyPlace(place="school", latitude=30.06, longitude=103.81)],
            hospitals=["hospitals/solve"],
        ),
        casualty_plan_id="killed-plan",
    )
    place.call("CreateCasualtyPlan", request)
    for number in range(8):
        bring(place, "killed-plan", f"tag-{number:03d}", RED)
    place.service.kill()
    place.service.start()
    # The answer may have been lost with the service: it is asked again, and is one casualty.
    bring(place, "killed-plan", "tag-007", RED)

    def everybody() -> bool:
        found = people(place, "killed-plan")
        return len(found) == 8 and all(each.hospital for each in found.values())

    place.service.wait(everybody, "everybody has a place")
    assert settled(place, "killed-plan").moves[0].count == 8
