"""Credit supervision over gRPC: a draw that a stranger verifies, clues, the register, the audit."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from services.plumbing.streams import jetstream
from tests.support.credit_process import (
    NONCES,
    CreditProcess,
    credit_process,
    draw_request,
    entity_code,
    rows,
)
from tests.support.fleet_process import as_user, fleet_process
from tests.support.nats_server import NatsServer
from tests.support.waiting import until, until_blocking
from tianfu import inspection_proof, subjects
from tianfu.credit_supervision.v1 import (
    clue_pb2,
    draw_pb2,
    entity_pb2,
    events_pb2,
    handheld_pb2,
    purpose_pb2,
)
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks

pytestmark = pytest.mark.integration

SEED = 20_260_401
PURPOSE = purpose_pb2.Purpose(purpose="inspection-planning", legal_basis="market-regulation-law-32")


@pytest.fixture
def credit(nats: NatsServer, database_url: str) -> Iterator[CreditProcess]:
    with credit_process(nats, database_url) as process:
        yield process


def refused(call: Any) -> str:
    """Return the reason of a refusal."""
    with pytest.raises(grpc.RpcError) as error:
        call()
    trailing = dict(error.value.trailing_metadata() or ())
    return str(trailing["grpc-status-details-bin"])


def test_a_draw_from_the_register_to_the_finding(credit: CreditProcess) -> None:
    credit.import_rows(rows(40))
    declared = credit.declare("sc-pzh-1")

    assert credit.declare("sc-pzh-1") == declared  # again, it changes nothing
    assert "DRAW_EXISTS" in refused(lambda: credit.declare("sc-pzh-1", place="51"))
    assert "DRAW_STATE_WRONG" in refused(lambda: credit.publish("sc-pzh-1"))
    credit.reveal("sc-pzh-1")
    published = credit.publish("sc-pzh-1")
    proof = credit.proof("sc-pzh-1")
    found = inspection_proof.verify(proof, declared.commitment)
    visits = credit.inspections("sc-pzh-1")

    # 8 of A, 20 of B, 8 of C, 4 of D: 1, 3, 10 and 25 %, each rounded up.
    assert published.visit_count == 1 + 1 + 1 + 1
    assert [v.name.rpartition("/")[2] for v in visits] == [v.code for v in found.visits]
    assert all(len(v.inspectors) == 4 for v in visits)
    assert credit.publish("sc-pzh-1") == published
    assert credit.proof("sc-pzh-1") == proof
    assert "DRAW_STATE_WRONG" in refused(
        lambda: credit.call("VoidDraw", pb.VoidDrawRequest(name="draws/sc-pzh-1"))
    )
    check_findings(credit, visits[0])


def check_findings(credit: CreditProcess, visit: draw_pb2.Inspection) -> None:
    department, _, badge = visit.inspectors[0].partition("/")
    finding = draw_pb2.Finding(
        department=department,
        badge=badge,
        outcome=draw_pb2.OUTCOME_NO_PROBLEM,
        matters=["licence"],
        form_sha256="a" * 64,
    )
    finding.find_time.FromSeconds(int(time.time()))
    request = pb.ReportFindingRequest(name=visit.name, finding=finding)
    first = credit.call("ReportFinding", request, "INSPECTOR")

    assert len(first.findings) == 1
    assert credit.call("ReportFinding", request, "INSPECTOR") == first  # a handheld sends again
    finding.outcome = draw_pb2.OUTCOME_CASE_OPENED
    changed = pb.ReportFindingRequest(name=visit.name, finding=finding)
    assert "FINDING_EXISTS" in refused(lambda: credit.call("ReportFinding", changed, "INSPECTOR"))
    finding.badge = "stranger"
    other = pb.ReportFindingRequest(name=visit.name, finding=finding)
    assert "INSPECTOR_NOT_SENT" in refused(lambda: credit.call("ReportFinding", other, "INSPECTOR"))


def test_nobody_acts_for_another_department_or_badge(credit: CreditProcess) -> None:
    credit.import_rows(rows(40))
    credit.declare("own")
    mine = pb.RevealNonceRequest(name="draws/own", department="fire", nonce=NONCES["fire"])
    other = pb.RevealNonceRequest(name="draws/own", department="market", nonce=NONCES["market"])

    assert "DEPARTMENT_NOT_AFFILIATED" in refused(
        lambda: credit.call("RevealNonce", mine, departments=["market"])
    )
    credit.call("RevealNonce", mine, who="chief")
    assert "SAME_PERSON" in refused(lambda: credit.call("RevealNonce", other, who="chief"))
    credit.call("RevealNonce", other)
    credit.publish("own")
    visit = credit.inspections("own")[0]
    department, _, badge = visit.inspectors[0].partition("/")
    finding = draw_pb2.Finding(
        department=department,
        badge=badge,
        outcome=draw_pb2.OUTCOME_NO_PROBLEM,
        matters=["labelling"],
        form_sha256="d" * 64,
    )
    finding.find_time.GetCurrentTime()
    request = pb.ReportFindingRequest(name=visit.name, finding=finding)
    for role, claims in (
        ("INSPECTOR", {"badges": [visit.inspectors[1]]}),
        ("INSPECTOR", {"badges": [], "departments": [department]}),
        ("SERVICE", {"badges": [], "departments": ["tax"]}),
    ):
        assert "BADGE_OTHER" in refused(
            lambda role=role, claims=claims: credit.call("ReportFinding", request, role, **claims)
        )
    credit.call("ReportFinding", request, "SERVICE", badges=[], departments=[department])
    handheld = handheld_pb2.Handheld(department="fire", badge="fire-1", public_key="U" + "A" * 55)
    entered = asks.CreateHandheldRequest(handheld=handheld, handheld_id="gw-1")
    assert "DEPARTMENT_NOT_AFFILIATED" in refused(
        lambda: credit.call("CreateHandheld", entered, departments=["market"])
    )
    proof = pb.GetDrawProofRequest(name="draws/own")
    assert "ROLE_MISSING" in refused(lambda: list(credit.call("GetDrawProof", proof, "VIEWER")))
    assert list(credit.call("GetDrawProof", proof, "AUDITOR"))


def test_a_beacon_is_declared_ahead_and_its_signature_checked(credit: CreditProcess) -> None:
    credit.import_rows(rows(10))
    request = draw_request("by-beacon")
    for department in request.draw.departments:
        department.nonce_commitment = ""
    declared = credit.call("CreateDraw", request)

    lead = declared.beacon_time.seconds - declared.declare_time.seconds
    assert 60 <= lead <= 66
    wrong = pb.PublishDrawRequest(name=declared.name, beacon_signature=bytes(48))
    assert "BEACON_REFUSED" in refused(lambda: credit.call("PublishDraw", wrong))
    assert credit.draw("by-beacon").state == draw_pb2.DRAW_STATE_DECLARED


def test_rows_are_taken_or_reported_and_none_is_lost(credit: CreditProcess) -> None:
    good = rows(3)
    bad = [
        entity_pb2.EntityRow(line=4, code="91510400MA0000000X", title="x", place_code="510402"),
        entity_pb2.EntityRow(
            line=5, code=entity_code(9), title=" ", place_code="510402", risk_class="A"
        ),
        entity_pb2.EntityRow(
            line=6, code=entity_code(9), title="x", place_code="5104", risk_class="A"
        ),
        entity_pb2.EntityRow(
            line=7, code=entity_code(9), title="x", place_code="510402", risk_class="E"
        ),
        entity_pb2.EntityRow(
            line=8, code=good[0].code, title="x", place_code="510402", risk_class="A"
        ),
    ]
    answer = credit.import_rows([*good, *bad])

    assert answer.accepted_count == 3
    assert [(f.line, f.field, f.reason) for f in answer.faults] == [
        (4, "code", "CODE_ORGANISATION_CHECK"),
        (5, "title", "TITLE_INVALID"),
        (6, "place_code", "PLACE_INVALID"),
        (7, "risk_class", "RISK_CLASS_INVALID"),
        (8, "code", "CODE_TWICE"),
    ]
    entity = credit.call(
        "GetEntity", pb.GetEntityRequest(name=f"entities/{good[0].code}", purpose=PURPOSE)
    )
    assert (entity.title, entity.place_code) == (good[0].title, good[0].place_code)
    assert "ENTITY_UNKNOWN" in refused(
        lambda: credit.call(
            "GetEntity", pb.GetEntityRequest(name=f"entities/{entity_code(9)}", purpose=PURPOSE)
        )
    )
    nobody = pb.GetEntityRequest(name=f"entities/{good[0].code}")
    assert "purpose" in refused(lambda: credit.call("GetEntity", nobody, states_purpose=False))
    cells = credit.call("CountEntities", pb.CountEntitiesRequest(), "VIEWER").cells
    assert all(cell.withheld for cell in cells)


def clue(report: str, **fields: Any) -> pb.CreateClueRequest:
    values: dict[str, Any] = {
        "source": clue_pb2.CLUE_SOURCE_SENSOR,
        "entity": f"entities/{entity_code(1)}",
        "matter": "energy-use",
        "place_code": "510402",
        "evidence_sha256": ["a" * 64],
    }
    return pb.CreateClueRequest(clue_id=report, clue=clue_pb2.Clue(**(values | fields)))


def test_clues_are_joined_led_and_recognised(credit: CreditProcess) -> None:
    first = credit.call("CreateClue", clue("r-1"), "SERVICE")
    again = credit.call("CreateClue", clue("r-1"), "SERVICE")
    joined = credit.call("CreateClue", clue("r-2", evidence_sha256=["b" * 64]), "SERVICE")
    other = credit.call("CreateClue", clue("r-3", matter="noise"), "SERVICE")

    assert again == first
    assert (joined.name, joined.report_count) == (first.name, 2)
    assert other.name != first.name
    advance(credit, "ACCEPTED")
    advance(credit, "INVESTIGATING")
    step = pb.AdvanceClueRequest(name="clues/r-1", state=clue_pb2.CLUE_STATE_RESULT)
    assert "CLUE_STEP_REFUSED" in refused(lambda: credit.call("AdvanceClue", step))
    assert "ROLE_MISSING" in refused(lambda: credit.call("AdvanceClue", step, "SERVICE"))
    advance(credit, "RESULT", "meters read on the spot")
    request = pb.RecognizeClueRequest(name="clues/r-1", department="ecology")
    recognised = credit.call("RecognizeClue", request)
    assert recognised.recognised_by == ["ecology"]
    assert recognised.outcome == clue_pb2.CLUE_OUTCOME_FOUNDED
    listed, token = [], ""
    while True:
        page = credit.call("ListClues", pb.ListCluesRequest(page_size=1, page_token=token))
        listed += [each.name for each in page.clues]
        token = page.next_page_token
        if not token:
            break
    assert sorted(listed) == ["clues/r-1", "clues/r-3"]
    for taken in (clue("access-1"), clue("r-8", source=clue_pb2.CLUE_SOURCE_ACCESS_LOG)):
        assert "CLUE_RESERVED" in refused(lambda of=taken: credit.call("CreateClue", of))
    wrong = clue("r-9", entity="entities/91510400MA0000000X")
    assert "CODE_INVALID" in refused(lambda: credit.call("CreateClue", wrong))


def advance(credit: CreditProcess, state: str, reason: str = "") -> None:
    request = pb.AdvanceClueRequest(
        name="clues/r-1", state=clue_pb2.ClueState.Value(f"CLUE_STATE_{state}"), reason=reason
    )
    if state == "RESULT":
        request.outcome = clue_pb2.CLUE_OUTCOME_FOUNDED
    assert credit.call("AdvanceClue", request).steps[-1].reason == reason


def test_who_looked_and_why_is_sealed_even_when_nothing_was_found(credit: CreditProcess) -> None:
    request = pb.GetEntityRequest(name=f"entities/{entity_code(1)}", purpose=PURPOSE)
    assert "ENTITY_UNKNOWN" in refused(lambda: credit.call("GetEntity", request, who="curious"))

    def sealed() -> bool:
        answer = credit.call("VerifyAudit", pb.VerifyAuditRequest(), "AUDITOR")
        assert answer.sound, answer.problem
        return bool(answer.number == 1)

    until_blocking(sealed, 20)
    forged = pb.VerifyAuditRequest(published_number=1, published_sha256="0" * 64)
    answer = credit.call("VerifyAudit", forged, "AUDITOR")
    assert (answer.sound, answer.number) == (False, 1)


def test_the_commitment_goes_out_before_the_proof_and_each_once(
    credit: CreditProcess, nats: NatsServer, database_url: str
) -> None:
    with fleet_process(nats, database_url):  # owns the stream of events
        credit.import_rows(rows(20))
        declared = credit.declare("told")
        credit.reveal("told")
        credit.publish("told")

        async def told() -> list[bytes]:
            async with as_user(nats, "service", "fleet") as link:
                js = jetstream(link)

                async def both() -> bool:
                    return (await js.stream_info(subjects.EVENTS)).state.messages >= 2

                await until(both)
                last = (await js.stream_info(subjects.EVENTS)).state.messages
                return [
                    (await js.get_msg(subjects.EVENTS, n)).data or b"" for n in range(1, last + 1)
                ]

        messages = asyncio.run(told())
    first = events_pb2.DrawDeclared.FromString(messages[0])
    second = events_pb2.DrawPublished.FromString(messages[1])
    assert (first.draw, first.commitment) == ("told", declared.commitment)
    assert (second.draw, second.visit_count) == ("told", 4)
    assert len(messages) == 2


@pytest.mark.chaos
def test_killed_at_any_moment_a_draw_is_whole_or_not_there_and_always_the_same(
    credit: CreditProcess,
) -> None:
    chance = random.Random(SEED)
    credit.import_rows(rows(3_000))
    commitments = {}
    for number in range(4):
        draw_id = f"killed-{number}"
        commitments[draw_id] = credit.declare(draw_id).commitment
        credit.reveal(draw_id)
        assert credit.process is not None
        process = credit.process
        killer = threading.Timer(
            chance.uniform(0.0, 0.25), lambda p=process: p.send_signal(signal.SIGKILL)
        )
        killer.start()
        with contextlib.suppress(grpc.RpcError):
            credit.publish(draw_id)
        killer.join()
        process.wait(60)
        credit.process = None
        credit.start()
        before = credit.draw(draw_id)
        half = credit.inspections(draw_id)
        if before.state == draw_pb2.DRAW_STATE_DECLARED:
            assert half == []
        else:
            assert len(half) == before.visit_count
        after = credit.publish(draw_id)
        found = inspection_proof.verify(credit.proof(draw_id), commitments[draw_id])
        assert after.visit_count == len(found.visits) == len(credit.inspections(draw_id))
    answer = credit.call("VerifyAudit", pb.VerifyAuditRequest(), "AUDITOR")
    assert answer.sound
