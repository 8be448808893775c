"""Supervision over gRPC and NATS: disasters by event, watches, signals, statistics, history."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from services.plumbing.streams import jetstream
from tests.support.credit_process import (
    CreditProcess,
    credit_process,
    entity_code,
    rows,
    state_purpose,
)
from tests.support.fleet_process import as_user, fleet_process
from tests.support.nats_server import NatsServer
from tests.support.waiting import until_blocking
from tianfu import subjects
from tianfu.credit_supervision.v1 import (
    clue_pb2,
    draw_pb2,
    emergency_pb2,
    entity_pb2,
    purpose_pb2,
    recognition_pb2,
    signal_pb2,
)
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2_grpc as credit_grpc
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks
from tianfu.disaster_warning.v1 import events_pb2 as warning_events
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.energy.v1 import events_pb2 as energy_events

pytestmark = pytest.mark.integration

PURPOSE = purpose_pb2.Purpose(purpose="inspection-planning", legal_basis="market-regulation-law-32")
CODE = entity_code(0)
HERE = "510402"
WATCH_S = 60.0


@pytest.fixture
def credit(nats: NatsServer, database_url: str) -> Iterator[CreditProcess]:
    with credit_process(nats, database_url) as process:
        process.import_rows(rows(12))
        yield process


def refused(call: Any) -> str:
    """Return the reason of a refusal."""
    with pytest.raises(grpc.RpcError) as error:
        call()
    trailing = dict(error.value.trailing_metadata() or ())
    return str(trailing["grpc-status-details-bin"])


# -- disasters -------------------------------------------------------------------------------------


def warning(kind: str, channel: int = warning_pb2.WARNING_CHANNEL_LIVE) -> tuple[str, bytes]:
    """Return subject and bytes of an event of a red warning in one county."""
    facts = warning_events.WarningFacts(
        warning="eew-1",
        version=1,
        channel=warning_pb2.WarningChannel.ValueType(channel),
        colour=warning_pb2.COLOUR_RED,
        counties=[warning_pb2.CountyTarget(place_code=HERE, colour=warning_pb2.COLOUR_RED)],
    )
    facts.expire_time.FromDatetime(datetime.now(UTC) + timedelta(hours=1))
    types = {
        "issued": warning_events.WarningIssued,
        "cancelled": warning_events.WarningCancelled,
        "expired": warning_events.WarningExpired,
    }
    event = types[kind](facts=facts)
    return subjects.event("disaster-warning", f"warning-{kind}"), event.SerializeToString()


def publish(
    nats: NatsServer, *messages: tuple[str, bytes, str], who: str = "disaster-warning"
) -> None:
    async def send() -> None:
        async with as_user(nats, "service", who) as link:
            for subject, data, name in messages:
                await jetstream(link).publish(subject, data, headers={"Nats-Msg-Id": name})

    asyncio.run(send())


def emergencies(credit: CreditProcess, state: int) -> list[emergency_pb2.Emergency]:
    request = asks.ListEmergenciesRequest(state=emergency_pb2.EmergencyState.ValueType(state))
    return list(credit.call("ListEmergencies", request).emergencies)


def a_clue(credit: CreditProcess, clue_id: str) -> clue_pb2.Clue:
    stated = clue_pb2.Clue(
        source=clue_pb2.CLUE_SOURCE_COMPLAINT,
        entity=f"entities/{CODE}",
        matter=f"matter-{clue_id}",
        place_code=HERE,
    )
    made: clue_pb2.Clue = credit.call(
        "CreateClue", pb.CreateClueRequest(clue_id=clue_id, clue=stated)
    )
    return made


def test_a_red_warning_lets_inspections_rest_and_its_end_wakes_them(
    credit: CreditProcess, nats: NatsServer, database_url: str
) -> None:
    before = a_clue(credit, "c-1").due_day
    credit.declare("d-1")
    credit.reveal("d-1")
    credit.publish("d-1")
    with fleet_process(nats, database_url):  # owns the stream of events
        drill = warning("issued", warning_pb2.WARNING_CHANNEL_DRILL)
        issued = warning("issued")
        publish(nats, (*drill, "w-0"), (*issued, "w-1"))
        until_blocking(lambda: bool(emergencies(credit, 1)), WATCH_S)
        (active,) = emergencies(credit, 1)
        assert (list(active.place_codes), active.warning, active.clue_count) == (
            [HERE], "warnings/eew-1", 1,
        )  # fmt: skip
        get = pb.GetClueRequest(name="clues/c-1")
        assert credit.call("GetClue", get).due_day > before
        places = {row.code: row.place_code for row in rows(12)}
        for visit in credit.inspections("d-1"):
            code = visit.name.rpartition("/")[2]
            assert bool(visit.suspended_by) == (places[code] == HERE)

        credit.kill()
        credit.start()
        # The same again under another id, as a relay that was killed may send it, then the end.
        publish(nats, (*issued, "w-1b"), (*warning("cancelled"), "w-2"))
        until_blocking(lambda: bool(emergencies(credit, 3)), WATCH_S)
        assert emergencies(credit, 1) == []
        assert credit.call("GetClue", get).due_day == before
        assert not any(visit.suspended_by for visit in credit.inspections("d-1"))
        lead = energy_events.ClueRaised(
            report="shut/meter-1/2026-06-01",
            credit_code=CODE,
            matter="operating-while-shut",
            place_code=HERE,
            evidence_sha256="d" * 64,
        )
        raised = subjects.event("energy", "clue-raised")
        publish(nats, (raised, lead.SerializeToString(), "e-1"), who="energy")
        publish(nats, (raised, lead.SerializeToString(), "e-2"), who="energy")
        publish(nats, (raised, b"nonsense", "e-3"), who="energy")

        def leads() -> list[clue_pb2.Clue]:
            found = credit.call("ListClues", pb.ListCluesRequest()).clues
            return [each for each in found if each.matter == lead.matter]

        until_blocking(lambda: bool(leads()), WATCH_S)
        (found,) = leads()
        assert (found.source, found.report_count) == (clue_pb2.CLUE_SOURCE_SENSOR, 1)
        declared = asks.CreateEmergencyRequest(
            emergency_id="flood",
            emergency=emergency_pb2.Emergency(place_codes=[HERE], ground="order 1"),
        )
        made = credit.call("CreateEmergency", declared, "DUTY_OFFICER")
        assert credit.call("CreateEmergency", declared, "DUTY_OFFICER") == made
        end = asks.EndEmergencyRequest(
            name="emergencies/flood", state=emergency_pb2.EMERGENCY_STATE_ENDED
        )
        assert credit.call("EndEmergency", end).state == emergency_pb2.EMERGENCY_STATE_ENDED


# -- watches ---------------------------------------------------------------------------------------


def watch(credit: CreditProcess, method: str, request: Any) -> Any:
    state_purpose(request)
    token = credit.issuer.token("SUPERVISOR", sub="watcher")
    stub = credit_grpc.CreditSupervisionServiceStub(credit.channel)
    return getattr(stub, method)(
        request, timeout=WATCH_S, metadata=(("authorization", f"Bearer {token}"),)
    )


def test_a_watch_begins_with_what_is_open_and_goes_on_where_it_ended(
    credit: CreditProcess,
) -> None:
    a_clue(credit, "c-1")
    stream = watch(credit, "WatchClues", asks.WatchCluesRequest(place_code="5104"))
    assert next(stream).clue.name == "clues/c-1"
    assert not next(stream).HasField("clue")
    a_clue(credit, "c-2")
    second = next(stream)
    assert second.clue.name == "clues/c-2"
    stream.cancel()

    credit.kill()
    credit.start()
    a_clue(credit, "c-3")
    again = watch(
        credit,
        "WatchClues",
        asks.WatchCluesRequest(place_code="5104", resume_token=second.resume_token),
    )
    assert next(again).clue.name == "clues/c-3"
    again.cancel()
    elsewhere = asks.WatchCluesRequest(place_code="5101", resume_token=second.resume_token)
    assert "PAGE_TOKEN_INVALID" in refused(lambda: next(watch(credit, "WatchClues", elsewhere)))

    credit.declare("d-1")
    credit.reveal("d-1")
    drawn = credit.publish("d-1")
    visits = watch(credit, "WatchInspections", asks.WatchInspectionsRequest(parent="draws/d-1"))
    seen = [next(visits) for _ in range(drawn.visit_count + 1)]
    assert [each.HasField("inspection") for each in seen] == [True] * drawn.visit_count + [False]
    visits.cancel()


# -- signals, statistics, history ------------------------------------------------------------------


def test_signals_grades_statistics_and_history(credit: CreditProcess) -> None:
    imported = asks.ImportGradesRequest(
        scheme="national",
        source_sha256="a" * 64,
        rows=[
            signal_pb2.GradeRow(line=1, code=CODE, letter="A", grade_day="2026-01-05"),
            signal_pb2.GradeRow(line=2, code=entity_code(1), letter="E", grade_day="2026-01-05"),
            signal_pb2.GradeRow(line=3, code=entity_code(2), letter="B", grade_day="2026-02-30"),
        ],
    )
    answer = credit.call("ImportGrades", imported, "SERVICE")
    assert answer.accepted_count == 1
    assert [(f.line, f.reason) for f in answer.faults] == [
        (2, "GRADE_INVALID"), (3, "DAY_INVALID"),
    ]  # fmt: skip
    grades = asks.ListGradesRequest(parent=f"entities/{CODE}", purpose=PURPOSE)
    assert [each.letter for each in credit.call("ListGrades", grades).grades] == [
        signal_pb2.GRADE_LETTER_A
    ]
    found = credit.call(
        "GetSignal", asks.GetSignalRequest(name=f"entities/{CODE}/signal", purpose=PURPOSE)
    )
    items = {each.item: each for each in found.items}
    assert items["national_grade"].lineage == [f"entities/{CODE}/grades/national"]
    assert found.planning_class == "A"
    unknown = asks.GetSignalRequest(name=f"entities/{entity_code(99)}/signal", purpose=PURPOSE)
    assert "ENTITY_UNKNOWN" in refused(lambda: credit.call("GetSignal", unknown))
    check_scorecards(credit)
    cells = credit.call("CountRecords", asks.CountRecordsRequest(), "VIEWER").cells
    assert list(cells) == []
    check_history(credit)


def check_scorecards(credit: CreditProcess) -> None:
    listed = credit.call("ListScorecards", asks.ListScorecardsRequest(), "VIEWER").scorecards
    assert [each.name for each in listed] == [
        "scorecards/german-credit-example", "scorecards/local-risk",
    ]  # fmt: skip
    get = asks.GetScorecardRequest(name="scorecards/german-credit-example")
    card = credit.call("GetScorecard", get)
    assert card == listed[0]
    names = " ".join(each.item for each in card.items)
    assert not any(word in names for word in ("age_", "sex", "foreign", "marital"))
    scored = asks.EvaluateSignalsRequest(
        scorecard=card.name,
        rows=[signal_pb2.SignalRow(row_id="r-1", values={"duration_in_month": 60.0})],
    )
    (signal,) = credit.call("EvaluateSignals", scored).signals
    points = sum(each.points for each in signal.items)
    assert signal.score == pytest.approx(card.base_points + points)
    duration = next(each for each in signal.reasons if each.item == "duration_in_month")
    assert (duration.better_from, duration.gain > 0) == (44.0, True)
    scored.rows[0].values["duration_in_month"] = float("nan")
    assert "SIGNAL_VALUE_INVALID" in refused(lambda: credit.call("EvaluateSignals", scored))
    ask = asks.EvaluateStabilityRequest(scorecard=card.name)
    levels = credit.call("EvaluateStability", ask, "AUDITOR").items
    assert {each.level for each in levels} == {signal_pb2.STABILITY_LEVEL_TOO_FEW}


def check_history(credit: CreditProcess) -> None:
    merged = asks.CreateSuccessionRequest(
        succession_id="m-1",
        succession=entity_pb2.Succession(
            predecessor=f"entities/{entity_code(3)}",
            successor=f"entities/{entity_code(4)}",
            kind=entity_pb2.SUCCESSION_KIND_MERGER,
            succession_day="2026-01-05",
            source_sha256="b" * 64,
        ),
    )
    made = credit.call("CreateSuccession", merged)
    listing = asks.ListSuccessionsRequest(parent=f"entities/{entity_code(4)}")
    assert list(credit.call("ListSuccessions", listing).successions) == [made]
    gone = pb.GetEntityRequest(name=f"entities/{entity_code(3)}", purpose=PURPOSE)
    assert credit.call("GetEntity", gone).successor == f"entities/{entity_code(4)}"
    recognition = recognition_pb2.Recognition(
        entity=f"entities/{CODE}",
        matter="discharge",
        department="ecology",
        place_code=HERE,
        scope=recognition_pb2.RECOGNITION_SCOPE_PROVINCE,
        form_sha256="c" * 64,
        is_final=True,
        receiving_department="market",
        receiving_place_code="510903",
    )
    recognition.find_time.FromDatetime(datetime.now(UTC) - timedelta(days=1))
    request = asks.CreateRecognitionRequest(recognition_id="x-1", recognition=recognition)
    decided = credit.call("CreateRecognition", request, "INSPECTOR")
    assert decided.outcome == recognition_pb2.RECOGNITION_OUTCOME_RECOGNISED
    again = asks.GetRecognitionRequest(name="recognitions/x-1")
    assert credit.call("GetRecognition", again) == decided
    for number, place in ((2, "500103"), (3, "510903"), (4, "510903")):
        recognition.receiving_place_code = place
        recognition.entity = f"entities/{entity_code(number % 2)}"
        later = asks.CreateRecognitionRequest(recognition_id=f"x-{number}", recognition=recognition)
        credit.call("CreateRecognition", later, "INSPECTOR")
    assert listed(credit) == ["x-4", "x-3", "x-2", "x-1"]
    assert listed(credit, page_size=1) == ["x-4", "x-3", "x-2", "x-1"], "page by page"
    assert listed(credit, receiving_place_code="51") == ["x-4", "x-3", "x-1"]
    assert listed(credit, entity=f"entities/{entity_code(1)}") == ["x-3"]
    not_recognised = recognition_pb2.RECOGNITION_OUTCOME_NOT_RECOGNISED
    assert listed(credit, outcome=not_recognised) == ["x-2"], "it reaches the province alone"
    with pytest.raises(grpc.RpcError) as damaged:
        listed(credit, page_token="another question's")
    assert damaged.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def listed(credit: CreditProcess, **asked: Any) -> list[str]:
    """Return the ids of decisions about recognition, of all pages."""
    request, found = asks.ListRecognitionsRequest(**asked), []
    while True:
        answer = credit.call("ListRecognitions", request, "AUDITOR")
        found += [each.name.rpartition("/")[2] for each in answer.recognitions]
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token


def test_clues_are_listed_by_place_and_visits_by_whether_all_have_reported(
    credit: CreditProcess,
) -> None:
    for number, place in enumerate(("510402", "510403", "500103", "510402")):
        stated = clue_pb2.Clue(
            source=clue_pb2.CLUE_SOURCE_COMPLAINT,
            entity=f"entities/{CODE}",
            matter=f"matter-{number}",
            place_code=place,
        )
        credit.call("CreateClue", pb.CreateClueRequest(clue_id=f"p-{number}", clue=stated))

    def clues(place: str, **more: Any) -> list[str]:
        request = pb.ListCluesRequest(place_code=place, **more)
        answer = credit.call("ListClues", request)
        names = [each.name.rpartition("/")[2] for each in answer.clues]
        if answer.next_page_token:
            names += clues(place, **{**more, "page_token": answer.next_page_token})
        return names

    assert clues("") == ["p-0", "p-1", "p-2", "p-3"]
    assert clues("51", page_size=2) == ["p-0", "p-1", "p-3"]
    assert clues("510402") == ["p-0", "p-3"]
    first = pb.ListCluesRequest(place_code="51", page_size=1)
    token = credit.call("ListClues", first).next_page_token
    with pytest.raises(grpc.RpcError) as elsewhere:
        clues("50", page_token=token)
    assert elsewhere.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    credit.declare("d-2")
    credit.reveal("d-2")
    credit.publish("d-2")
    visits = credit.inspections("d-2")
    assert {each.state for each in visits} == {draw_pb2.INSPECTION_STATE_OPEN}
    departments = sorted({each.partition("/")[0] for each in visits[0].inspectors})
    assert len(departments) == 2
    for department, state in zip(departments, ("OPEN", "REPORTED"), strict=True):
        badge = next(b for b in visits[0].inspectors if b.startswith(f"{department}/"))
        finding = draw_pb2.Finding(
            department=department,
            badge=badge.partition("/")[2],
            outcome=draw_pb2.OUTCOME_NO_PROBLEM,
            matters=["labelling"],
            form_sha256="d" * 64,
        )
        finding.find_time.FromDatetime(datetime.now(UTC))
        reported = pb.ReportFindingRequest(name=visits[0].name, finding=finding)
        after = credit.call("ReportFinding", reported, "INSPECTOR")
        assert draw_pb2.InspectionState.Name(after.state) == f"INSPECTION_STATE_{state}"
    for wanted, expected in (
        (draw_pb2.INSPECTION_STATE_REPORTED, visits[:1]),
        (draw_pb2.INSPECTION_STATE_OPEN, visits[1:]),
    ):
        request = pb.ListInspectionsRequest(parent="draws/d-2", state=wanted, page_size=1000)
        found = credit.call("ListInspections", request).inspections
        assert [each.name for each in found] == [each.name for each in expected]
