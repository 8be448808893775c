"""kill -9 of service, nats-server and PostgreSQL under surge, recognition, beds, casualties
and consultations: each effect once, whatever died, and the audit log sound."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
import nats.errors
import pytest

from tests.support import region
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.region_world import Region, region_world
from tests.support.waiting import until_blocking
from tianfu.disaster_warning.v1 import events_pb2 as warning_events
from tianfu.healthcare.v1 import (
    casualty_pb2,
    consultation_pb2,
    decisions_pb2,
    events_pb2,
    exchange_pb2,
    patient_pb2,
    recognition_pb2,
    region_pb2,
)

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

SEED: Final = 20_261_129
COUNTIES: Final = ("510104", "510105", "510106")
VICTIMS: Final = ("service", "nats", "postgres")
LONGEST_S: Final = 90.0
TREATMENT: Final = patient_pb2.PURPOSE_TREATMENT
DONE: Final = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED)
"""What a repeat of something whose answer was lost is told."""


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    """A server that may be killed: nobody else uses it."""
    with postgres_server() as made:
        yield made


@pytest.fixture(scope="module")
def place(own_postgres: PostgresServer) -> Iterator[Region]:
    with region_world(own_postgres) as made:
        for number, county in enumerate(COUNTIES):
            made.register(region.hospital(f"h-{number}", county))
        yield made


def until_done(work: Callable[[], object]) -> None:
    """Do something until it is answered: the answer may die with who gives it."""

    def done() -> bool:
        try:
            work()
        except grpc.RpcError as error:
            return error.code() in DONE
        except (ValueError, OSError, nats.errors.Error):
            return False  # the channel was closed with the service, or the server is away
        return True

    until_blocking(done, LONGEST_S)


def paths(place: Region, patient: str, number: int) -> list[Callable[[], object]]:
    """Return one act of each path, under names of this round."""
    facts = region.warning(f"w-{number}", COUNTIES, earthquake=f"q-{number}")
    report = region.bed_report(red=number + 1)
    wanted = region.recognition(patient, "h-0", "h-1")
    casualty = casualty_pb2.CreateCasualtyRequest(
        parent="casualtyPlans/killed",
        casualty_id=f"tag-{number:03d}",
        casualty=casualty_pb2.Casualty(
            place="school", protocol=decisions_pb2.TRIAGE_PROTOCOL_START
        ),
    )
    for name, value in (("walks", False), ("breathing", True)):
        casualty.casualty.findings[name].CopyFrom(decisions_pb2.Value(yes=value))
    casualty.casualty.findings["respiration_rate"].CopyFrom(decisions_pb2.Value(number=36.0))
    draft = consultation_pb2.CreateConsultationRequest(
        consultation_id=f"con-{number:03d}",
        consultation=consultation_pb2.Consultation(
            patient=patient,
            urgency=consultation_pb2.CONSULTATION_URGENCY_ROUTINE,
            inviting_hospital="hospitals/county",
            question="a shadow",
        ),
    )
    submit = consultation_pb2.AdvanceConsultationRequest(
        name=f"consultations/con-{number:03d}",
        action=consultation_pb2.CONSULTATION_ACTION_SUBMIT,
        acting_hospital="hospitals/county",
    )

    def consult() -> None:
        until_done(lambda: place.call("CreateConsultation", draft))
        until_done(lambda: place.call("AdvanceConsultation", submit))

    return [
        lambda: region.publish(place.nats, warning_events.WarningIssued(facts=facts)),
        lambda: place.report("h-2", report),
        lambda: place.call(
            "CreateRecognition",
            recognition_pb2.CreateRecognitionRequest(
                recognition=wanted, recognition_id=f"rec-{number:03d}"
            ),
        ),
        lambda: place.call("CreateCasualty", casualty),
        consult,
    ]


def struck(place: Region, postgres: PostgresServer, victim: str, works: list[Any]) -> None:
    """Do all works at once, kill somebody in their midst, and have them done all the same."""
    kills: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "service": (place.service.kill, place.service.start),
        "nats": (place.nats.kill, place.nats.start),
        "postgres": (postgres.kill, postgres.start),
    }
    kill, start = kills[victim]
    begun = threading.Event()

    def run(work: Callable[[], object]) -> None:
        begun.set()
        until_done(work)

    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(run, each) for each in works]
        begun.wait(LONGEST_S)
        # Some are answered by then, some are in the middle, some have not begun.
        threading.Event().wait(CHANCE.uniform(0.0, 0.15))
        kill()
        start()
        for each in running:
            each.result()


CHANCE: Final = random.Random(SEED)


def everybody_once(found: list[str], names: list[str]) -> None:
    assert Counter(found) == dict.fromkeys(names, 1)


def test_each_effect_is_there_once_whoever_died(
    place: Region, own_postgres: PostgresServer
) -> None:
    patient = place.patient()
    plan = casualty_pb2.CreateCasualtyPlanRequest(
        casualty_plan=casualty_pb2.CasualtyPlan(
            title="mill",
            places=[casualty_pb2.CasualtyPlace(place="school", latitude=30.66, longitude=104.08)],
            hospitals=["hospitals/h-2"],
        ),
        casualty_plan_id="killed",
    )
    place.report("h-2", region.bed_report(red=9))
    place.call("CreateCasualtyPlan", plan)
    order = [*VICTIMS, *VICTIMS]
    CHANCE.shuffle(order)
    for number, victim in enumerate(order):
        struck(place, own_postgres, victim, paths(place, patient, number))
    rounds = range(len(order))

    def settled() -> bool:
        try:
            return len(orders(place)) >= len(COUNTIES) * len(order) and len(steps(place)) >= len(
                order
            )
        except (grpc.RpcError, OSError, nats.errors.Error):
            return False

    until_blocking(settled, LONGEST_S)
    every = [f"q-{n} hospitals/h-{h}" for n in rounds for h in range(len(COUNTIES))]
    everybody_once(orders(place), every)
    plans = place.call("ListSurgePlans", region_pb2.ListSurgePlansRequest(page_size=1000))
    everybody_once([f"{each.earthquake} {each.hospital}" for each in plans.surge_plans], every)
    listed = recognition_pb2.ListRecognitionsRequest(purpose=TREATMENT, page_size=1000)
    recognised = place.call("ListRecognitions", listed).recognitions
    everybody_once(
        [each.name for each in recognised], [f"recognitions/rec-{n:03d}" for n in rounds]
    )
    asked = casualty_pb2.ListCasualtiesRequest(parent="casualtyPlans/killed", page_size=1000)
    tags = [each.name.rpartition("/")[2] for each in place.call("ListCasualties", asked).casualties]
    everybody_once(tags, [f"tag-{n:03d}" for n in rounds])
    everybody_once(steps(place), [f"consultations/con-{n:03d}" for n in rounds])
    beds = place.call(
        "GetBedReport", region_pb2.GetBedReportRequest(name="hospitals/h-2/bedReport")
    )
    assert beds.casualties.red in {n + 1 for n in rounds}
    checked = place.call("VerifyAudit", exchange_pb2.VerifyAuditRequest(), "AUDITOR")
    assert checked.sound


def orders(place: Region) -> list[str]:
    """Return which hospital was told of which earthquake, as often as it was."""
    found = [
        events_pb2.SurgeOrdered.FromString(each)
        for each in region.events_of(place.nats, "surge-ordered")
    ]
    return [f"{each.earthquake} {each.hospital}" for each in found]


def steps(place: Region) -> list[str]:
    """Return which consultation was submitted, as often as it was told."""
    found = [
        events_pb2.ConsultationAdvanced.FromString(each)
        for each in region.events_of(place.nats, "consultation-advanced")
    ]
    submitted = consultation_pb2.CONSULTATION_ACTION_SUBMIT
    return [each.consultation for each in found if each.action == submitted]
