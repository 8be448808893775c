"""Records over gRPC: every RPC of them, each as who may call it; what a receiver may know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from tests.support.credit_process import CreditProcess, credit_process, entity_code, rows
from tests.support.nats_server import NatsServer
from tianfu.credit_supervision.v1 import purpose_pb2
from tianfu.credit_supervision.v1 import record_pb2 as pb
from tianfu.credit_supervision.v1 import record_requests_pb2 as asks

pytestmark = pytest.mark.integration

PURPOSE = purpose_pb2.Purpose(purpose="inspection-planning", legal_basis="market-regulation-law-32")
TODAY = datetime.now(UTC).date()
CODE = entity_code(0)


@pytest.fixture
def credit(nats: NatsServer, database_url: str) -> Iterator[CreditProcess]:
    with credit_process(nats, database_url) as process:
        process.import_rows(rows(3))
        yield process


def refused(call: Any) -> str:
    """Return the reason of a refusal."""
    with pytest.raises(grpc.RpcError) as error:
        call()
    trailing = dict(error.value.trailing_metadata() or ())
    return str(trailing["grpc-status-details-bin"])


def penalty(record_id: str, *, days_ago: int = 0, **fields: Any) -> asks.CreateRecordRequest:
    values: dict[str, Any] = {
        "entity": f"entities/{CODE}",
        "kind": pb.RECORD_KIND_PENALTY,
        "decision_day": (TODAY - timedelta(days=days_ago)).isoformat(),
        "matter": "unlicensed-trade",
        "department": "market",
        "source_number": f"no-{record_id}",
        "source_sha256": "a" * 64,
        "severities": [pb.SEVERITY_GENERAL],
    }
    return asks.CreateRecordRequest(record_id=record_id, record=pb.Record(**(values | fields)))


def receiver(name: str, form: pb.SubjectForm, *, is_public: bool) -> asks.CreateReceiverRequest:
    return asks.CreateReceiverRequest(
        receiver_id=name,
        receiver=pb.Receiver(
            place_code="51",
            is_public=is_public,
            subject_form=form,
            purpose="public-procurement",
            legal_basis="procurement-law-22",
        ),
    )


def deliveries(credit: CreditProcess, name: str, *, everything: bool = False) -> list[pb.Delivery]:
    request = asks.ListDeliveriesRequest(
        parent=f"receivers/{name}", include_acknowledged=everything
    )
    return list(credit.call("ListDeliveries", request, "SERVICE", who=name).deliveries)


def acknowledge(credit: CreditProcess, name: str) -> None:
    for each in deliveries(credit, name):
        request = asks.AcknowledgeDeliveryRequest(name=each.name)
        done = credit.call("AcknowledgeDelivery", request, "SERVICE", who=name)
        assert done.HasField("acknowledge_time")


def test_a_record_from_the_department_to_its_tombstone(credit: CreditProcess) -> None:
    for name, form, is_public in (
        ("tax", pb.SUBJECT_FORM_CODE, False),
        ("bank", pb.SUBJECT_FORM_TOKEN, False),
        ("insurer", pb.SUBJECT_FORM_TOKEN, False),
        ("credit-china", pb.SUBJECT_FORM_CODE, True),
    ):
        request = receiver(name, form, is_public=is_public)
        credit.call("CreateReceiver", request)
        assert credit.call("CreateReceiver", request).name == f"receivers/{name}"
    listed = credit.call("ListReceivers", asks.ListReceiversRequest()).receivers
    assert len(listed) == 4

    made = credit.call("CreateRecord", penalty("p-1", days_ago=200), "SERVICE", who="market")
    assert made.use == pb.RECORD_USE_PUBLISHED
    assert made.repair_from_day < TODAY.isoformat() < made.end_day
    slight = penalty("p-2", severities=[pb.SEVERITY_SLIGHT])
    assert credit.call("CreateRecord", slight).use == pb.RECORD_USE_SHARED

    token = check_what_receivers_know(credit)
    seen = credit.call("GetRecord", asks.GetRecordRequest(name="records/p-1", purpose=PURPOSE))
    assert seen == made
    corrected = pb.Record()
    corrected.CopyFrom(penalty("p-1", days_ago=200, matter="late-report").record)
    right = asks.CorrectRecordRequest(name="records/p-1", record=corrected, reason="mixed up")
    assert credit.call("CorrectRecord", right).revision == 2
    again = deliveries(credit, "bank")
    assert [(each.record.matter, each.record.subject_token) for each in again] == [
        ("late-report", token)
    ]
    look = asks.GetRecordRequest(name="records/p-1", purpose=PURPOSE)
    assert "READER_BY_TOKEN" in refused(
        lambda: credit.call("GetRecord", look, "SERVICE", who="bank")
    )
    check_repair(credit)


def check_what_receivers_know(credit: CreditProcess) -> str:
    """Check what each receiver is told of p-1 and p-2, and acknowledge; return the bank's token."""
    by_code, bank, insurer = (deliveries(credit, each) for each in ("tax", "bank", "insurer"))
    assert [each.record.entity for each in by_code] == [f"entities/{CODE}"] * 2
    assert all(not each.record.entity for each in (*bank, *insurer))
    assert all(CODE not in str(each) for each in bank)
    tokens = {each.record.subject_token for each in bank}
    assert len(tokens) == 1
    assert tokens.isdisjoint({each.record.subject_token for each in insurer})
    names = [{each.record_name for each in them} for them in (by_code, bank, insurer)]
    assert set.intersection(*names) == names[1] & names[2] == set()
    assert all(each.record.name == each.record_name for each in bank)
    assert [each.record_name for each in deliveries(credit, "credit-china")] == ["records/p-1"]
    own = asks.ListDeliveriesRequest(parent="receivers/tax")
    assert "RECEIVER_OTHER" in refused(
        lambda: credit.call("ListDeliveries", own, "SERVICE", who="bank")
    )
    assert credit.call("ListDeliveries", own).deliveries  # a supervisor sees all
    theirs = asks.AcknowledgeDeliveryRequest(name="receivers/tax/deliveries/1")
    assert "RECEIVER_OTHER" in refused(
        lambda: credit.call("AcknowledgeDelivery", theirs, "SERVICE", who="bank")
    )
    for name in ("tax", "bank", "insurer", "credit-china"):
        acknowledge(credit, name)
        assert deliveries(credit, name) == []
    return tokens.pop()


def check_repair(credit: CreditProcess) -> None:
    evidence = [
        pb.RepairEvidence(condition=each, sha256="b" * 64)
        for each in ("act-corrected", "duties-fulfilled", "public-promise")
    ]
    request = asks.CreateRepairRequest(
        repair_id="r-1", repair=pb.Repair(record="records/p-1", evidence=evidence)
    )
    applied = credit.call("CreateRepair", request, "SERVICE", who="credit-china")
    assert applied.state == pb.REPAIR_STATE_APPLIED
    assert len(credit.call("ListRepairs", asks.ListRepairsRequest()).repairs) == 1
    decide = asks.DecideRepairRequest(name="repairs/r-1", state=pb.REPAIR_STATE_GRANTED)
    assert "ROLE_MISSING" in refused(lambda: credit.call("DecideRepair", decide, "SERVICE"))
    granted = credit.call("DecideRepair", decide)
    assert granted.state == pb.REPAIR_STATE_GRANTED
    waiting = [each.receiver for each in granted.receipts if not each.HasField("acknowledge_time")]
    assert len(waiting) == 4
    for name in ("tax", "bank", "insurer", "credit-china"):
        last = deliveries(credit, name)[-1]
        assert (last.action, last.HasField("record")) == (pb.DELIVERY_ACTION_WITHDRAW, False)
        acknowledge(credit, name)
    done = credit.call("GetRepair", asks.GetRepairRequest(name="repairs/r-1"), "SERVICE")
    assert done.state == pb.REPAIR_STATE_COMPLETE
    assert all(each.HasField("acknowledge_time") for each in done.receipts)
    assert max(r.acknowledge_time.ToDatetime(UTC) for r in done.receipts) < (
        done.withdraw_by_time.ToDatetime(UTC)
    )
    ended = credit.call("GetRecord", asks.GetRecordRequest(name="records/p-1", purpose=PURPOSE))
    assert (ended.use, ended.use_reason, ended.entity, ended.matter) == (
        pb.RECORD_USE_ENDED,
        "REPAIRED",
        "",
        "",
    )
    assert ended.content_sha256
    check_replays(credit)


def check_replays(credit: CreditProcess) -> None:
    listing = asks.ListRecordDecisionsRequest(parent="records/p-1")
    found = credit.call("ListRecordDecisions", listing, "AUDITOR").record_decisions
    assert [each.use_reason for each in found] == ["IN_PERIOD", "IN_PERIOD", "REPAIRED"]
    bare = asks.ReplayRecordDecisionRequest(name=found[0].name)
    assert "RECORD_NEEDED" in refused(lambda: credit.call("ReplayRecordDecision", bare, "AUDITOR"))
    original = penalty("p-1", days_ago=200).record
    brought = asks.ReplayRecordDecisionRequest(name=found[0].name, record=original)
    answer = credit.call("ReplayRecordDecision", brought, "AUDITOR")
    assert answer.is_same
    assert answer.replayed == found[0]
    other = penalty("p-1", days_ago=201).record
    wrong = asks.ReplayRecordDecisionRequest(name=found[0].name, record=other)
    assert "RECORD_DIFFERENT" in refused(
        lambda: credit.call("ReplayRecordDecision", wrong, "AUDITOR")
    )


def test_due_process_over_grpc(credit: CreditProcess) -> None:
    credit.call("CreateRecord", penalty("p-1"), who="clerk")
    missing = penalty("p-9", entity=f"entities/{entity_code(9)}")
    assert "ENTITY_UNKNOWN" in refused(lambda: credit.call("CreateRecord", missing))
    no_day = penalty("p-9", decision_day="2026-02-30")
    assert "RECORD_INVALID" in refused(lambda: credit.call("CreateRecord", no_day))

    notice = asks.CreateAdverseUseRequest(
        adverse_use_id="a-1",
        adverse_use=pb.AdverseUse(
            record="records/p-1", measure="bid-exclusion", notice_sha256="c" * 64
        ),
    )
    credit.call("CreateAdverseUse", notice, who="officer")
    decide = asks.DecideAdverseUseRequest(
        name="adverseUses/a-1", state=pb.ADVERSE_USE_STATE_APPROVED, reason="as noticed"
    )
    assert "PROCESS_STEP_REFUSED" in refused(
        lambda: credit.call("DecideAdverseUse", decide, who="chief")
    )
    decide.state = pb.ADVERSE_USE_STATE_DROPPED
    dropped = credit.call("DecideAdverseUse", decide, who="chief")
    get = asks.GetAdverseUseRequest(name="adverseUses/a-1")
    assert credit.call("GetAdverseUse", get, "AUDITOR") == dropped
    listed = credit.call("ListAdverseUses", asks.ListAdverseUsesRequest(), "AUDITOR")
    assert list(listed.adverse_uses) == [dropped]

    objection = asks.CreateObjectionRequest(
        objection_id="o-1", objection=pb.Objection(record="records/p-1", ground="wrong-entity")
    )
    credit.call("CreateObjection", objection, "SERVICE", who="window")
    listing = asks.ListRecordsRequest(parent=f"entities/{CODE}", purpose=PURPOSE)
    assert [each.use for each in credit.call("ListRecords", listing).records] == [
        pb.RECORD_USE_FROZEN
    ]
    judge = asks.DecideObjectionRequest(
        name="objections/o-1", state=pb.OBJECTION_STATE_REJECTED, reason="it is theirs"
    )
    assert "PROCESS_STEP_REFUSED" in refused(
        lambda: credit.call("DecideObjection", judge, who="clerk")
    )
    credit.call("DecideObjection", judge, who="chief")
    back = asks.WithdrawObjectionRequest(name="objections/o-1")
    assert "PROCESS_STEP_REFUSED" in refused(
        lambda: credit.call("WithdrawObjection", back, "SERVICE", who="window")
    )
    shown = credit.call("GetObjection", asks.GetObjectionRequest(name="objections/o-1"))
    assert shown.decider == "chief"
    assert list(credit.call("ListObjections", asks.ListObjectionsRequest()).objections) == [shown]
    check_rulings(credit)


def check_rulings(credit: CreditProcess) -> None:
    ruling = pb.Ruling(
        entity=f"entities/{CODE}",
        court="攀枝花市中级人民法院",
        case_number="(2026)川04破1号",
        effect=pb.RULING_EFFECT_SUSPEND,
        until_day=(TODAY + timedelta(days=90)).isoformat(),
    )
    request = asks.CreateRulingRequest(ruling_id="c-1", ruling=ruling)
    made = credit.call("CreateRuling", request)
    assert credit.call("GetRuling", asks.GetRulingRequest(name="rulings/c-1")) == made
    get = asks.GetRecordRequest(name="records/p-1", purpose=PURPOSE)
    assert credit.call("GetRecord", get).use == pb.RECORD_USE_SUSPENDED
    ruling.until_day = ""
    endless = asks.CreateRulingRequest(ruling_id="c-2", ruling=ruling)
    assert "PROCESS_STEP_REFUSED" in refused(lambda: credit.call("CreateRuling", endless))
    revoke = asks.RevokeRecordRequest(name="records/p-1", reason="never happened")
    assert credit.call("RevokeRecord", revoke).use == pb.RECORD_USE_ENDED
    apply = asks.CreateRepairRequest(repair_id="r-9", repair=pb.Repair(record="records/p-1"))
    assert "RECORD_ENDED" in refused(lambda: credit.call("CreateRepair", apply))
