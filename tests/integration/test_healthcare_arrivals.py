"""An ambulance is announced, holds its place against a casualty plan, and is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from tests.support import region
from tests.support.postgres import PostgresServer
from tests.support.region_world import Region, region_world
from tests.support.rpc import details
from tianfu.healthcare.v1 import (
    arrival_pb2,
    casualty_pb2,
    decisions_pb2,
    events_pb2,
    exchange_pb2,
    healthcare_service_pb2_grpc,
    patient_pb2,
)

pytestmark = pytest.mark.integration

TREATMENT = patient_pb2.PURPOSE_TREATMENT


@pytest.fixture(scope="module")
def place(postgres: PostgresServer) -> Iterator[Region]:
    with region_world(postgres) as made:
        yield made


def announced(
    hospital: str, own: str, patient: str = "", minutes: float = 8
) -> arrival_pb2.CreateArrivalRequest:
    made = arrival_pb2.Arrival(node="amb-1", patient=patient, tag=decisions_pb2.TRIAGE_TAG_RED)
    made.eta_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
    return arrival_pb2.CreateArrivalRequest(
        parent=f"hospitals/{hospital}", arrival=made, arrival_id=own
    )


def step(name: str, state: int, minutes: float | None = None) -> arrival_pb2.AdvanceArrivalRequest:
    request = arrival_pb2.AdvanceArrivalRequest(
        name=name, state=arrival_pb2.ArrivalState.ValueType(state)
    )
    if minutes is not None:
        request.eta_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
    return request


def reason(place: Region, method: str, request: Any, **who: Any) -> str:
    with pytest.raises(grpc.RpcError) as error:
        place.call(method, request, **who)
    info = details(error.value).info
    return "" if info is None else info.reason


def told(place: Region, hospital: str) -> list[events_pb2.ArrivalAdvanced]:
    found = [
        events_pb2.ArrivalAdvanced.FromString(each)
        for each in region.events_of(place.nats, "arrival-advanced")
    ]
    return [each for each in found if each.hospital == f"hospitals/{hospital}"]


def test_an_arrival_from_its_notice_to_the_door(place: Region) -> None:
    place.register(region.hospital("door"))
    patient = place.patient()
    place.potassium(patient, 4.4)
    stub = healthcare_service_pb2_grpc.HealthcareServiceStub(place.service.channel)
    watch = stub.WatchResources(
        exchange_pb2.WatchResourcesRequest(
            kind=exchange_pb2.WATCH_KIND_ARRIVAL, parent="hospitals/door", purpose=TREATMENT
        ),
        timeout=60,
        metadata=place.service.metadata("CLINICIAN"),
    )
    next(watch)
    request = announced("door", "run-0001", patient)
    first = place.call("CreateArrival", request)
    later = place.call("AdvanceArrival", step(first.name, 1, minutes=12))
    # The same notice again, whose answer was never heard: its time has moved since.
    again = place.call("CreateArrival", request)
    taken = place.call(
        "AcknowledgeArrival", arrival_pb2.AcknowledgeArrivalRequest(name=first.name), of="door"
    )
    there = place.call("AdvanceArrival", step(first.name, 2))
    seen = next(watch).arrival
    watch.cancel()

    assert first.state == arrival_pb2.ARRIVAL_STATE_ANNOUNCED
    assert later.eta_time.seconds > first.eta_time.seconds
    assert again.eta_time == later.eta_time
    assert first.rule_version == "arrival-holds/CN/2020-01-01"
    assert (taken.clinician, there.state) == ("dr-li", arrival_pb2.ARRIVAL_STATE_ARRIVED)
    assert (seen.name, seen.node) == (first.name, "amb-1")
    assert reason(place, "AdvanceArrival", step(first.name, 3)) == "ARRIVAL_OVER"
    # Two events for what changed, none for what was said twice, and nobody's name in them.
    place.service.wait(lambda: len(told(place, "door")) == 3, "the events")
    assert [each.state for each in told(place, "door")] == [1, 1, 2]
    assert {each.place_code for each in told(place, "door")} == {"510104"}
    own = arrival_pb2.ListArrivalsRequest(
        parent="hospitals/door", purpose=TREATMENT, filter="state=ARRIVED AND node=amb-1"
    )
    assert [each.name for each in place.call("ListArrivals", own).arrivals] == [first.name]
    assert ("arrivals.listed", patient) in place.service.audited()


def test_what_is_wrong_with_a_notice_is_said(place: Region) -> None:
    place.register(region.hospital("strict"))
    nobody = announced("strict", "run-0002", "patients/nobody")
    nowhere = announced("none", "run-0003")
    assert reason(place, "CreateArrival", nobody) == "PATIENT_UNKNOWN"
    assert reason(place, "CreateArrival", nowhere) == "RESOURCE_UNKNOWN"
    late = announced("strict", "run-0004", minutes=25 * 60)
    assert reason(place, "CreateArrival", late) == "ETA_IMPLAUSIBLE"
    made = place.call("CreateArrival", announced("strict", "run-0005"))
    other = announced("strict", "run-0005")
    other.arrival.node = "amb-2"
    assert reason(place, "CreateArrival", other) == "RESOURCE_EXISTS"
    request = arrival_pb2.AcknowledgeArrivalRequest(name=made.name)
    assert reason(place, "AcknowledgeArrival", request, of="door") == "HOSPITAL_NOT_AFFILIATED"


def test_a_place_that_is_held_is_given_to_nobody_else(place: Region) -> None:
    place.register(region.hospital("held", "510902", at=(30.50, 105.57)))
    place.report("held", region.bed_report(red=1))
    arrival = place.call("CreateArrival", announced("held", "run-0006"))
    plan = casualty_pb2.CasualtyPlan(
        title="crash",
        places=[casualty_pb2.CasualtyPlace(place="road", latitude=30.51, longitude=105.58)],
        hospitals=["hospitals/held"],
    )
    request = casualty_pb2.CreateCasualtyPlanRequest(casualty_plan=plan, casualty_plan_id="crash")
    name = place.call("CreateCasualtyPlan", request).name
    casualty = casualty_pb2.Casualty(
        place="road",
        protocol=decisions_pb2.TRIAGE_PROTOCOL_START,
        findings={
            "walks": decisions_pb2.Value(yes=False),
            "breathing": decisions_pb2.Value(yes=True),
            "respiration_rate": decisions_pb2.Value(number=40),
        },
    )
    place.call(
        "CreateCasualty",
        casualty_pb2.CreateCasualtyRequest(parent=name, casualty=casualty, casualty_id="one-red"),
    )
    asked = casualty_pb2.GetCasualtyPlanRequest(name=name)

    def over() -> list[int]:
        found = place.call("GetCasualtyPlan", asked)
        return [] if found.dirty else [each.over_capacity for each in found.moves]

    place.service.wait(lambda: over() == [1], "the casualty over what the hospital can take")
    place.call("AdvanceArrival", step(arrival.name, 3))
    place.service.wait(lambda: over() == [0], "the place given free")
