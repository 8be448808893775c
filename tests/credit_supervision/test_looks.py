"""Every call that shows one entity is a look at it, by whatever name it was asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.credit_supervision.model.clues import Source
from services.credit_supervision.model.due_process import Effect, Ruling
from services.credit_supervision.model.records import Kind, Lineage, Record, Severity
from services.credit_supervision.model.register import Row
from services.credit_supervision.rpc.servicer import CreditServicer
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import (
    clues,
    objections,
    records,
    register,
    repairs,
    signals,
)
from services.credit_supervision.usecases.clues import Report
from services.plumbing import audit
from services.plumbing.bell import Bell
from services.plumbing.rpc_interceptor import caller
from tests.support.credit import BOOK, result
from tests.support.credit_process import checked, entity_code
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import entity_pb2, purpose_pb2
from tianfu.credit_supervision.v1 import record_requests_pb2 as record_asks
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks

pytestmark = pytest.mark.integration

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
CODE = entity_code(1)
PERSONAL = checked("92510402MA000009")
"""A person's business, which there is not."""
ENTITY = f"entities/{CODE}"
B = entity_pb2.RISK_CLASS_B
WHY = purpose_pb2.Purpose(purpose="inspection-planning", legal_basis="market-regulation-law-32")
EVIDENCE = dict.fromkeys(("act-corrected", "duties-fulfilled", "public-promise"), "b" * 64)

LOOKS = {
    "GetEntity": pb.GetEntityRequest(name=ENTITY),
    "ListSuccessions": asks.ListSuccessionsRequest(parent=ENTITY),
    "ListGrades": asks.ListGradesRequest(parent=ENTITY),
    "GetSignal": asks.GetSignalRequest(name=f"{ENTITY}/signal"),
    "ListRecords": record_asks.ListRecordsRequest(parent=ENTITY),
    "GetRecord": record_asks.GetRecordRequest(name="records/p-1"),
    "ListRecordDecisions": record_asks.ListRecordDecisionsRequest(parent="records/p-1"),
    "ReplayRecordDecision": record_asks.ReplayRecordDecisionRequest(
        name="records/p-1/recordDecisions/1"
    ),
    "GetObjection": record_asks.GetObjectionRequest(name="objections/o-1"),
    "GetRepair": record_asks.GetRepairRequest(name="repairs/r-1"),
    "GetAdverseUse": record_asks.GetAdverseUseRequest(name="adverseUses/a-1"),
    "GetRuling": record_asks.GetRulingRequest(name="rulings/x-1"),
    "GetClue": pb.GetClueRequest(name="clues/c-1"),
    "GetRecognition": asks.GetRecognitionRequest(name="recognitions/n-1"),
    "ListRecognitions": asks.ListRecognitionsRequest(entity=ENTITY),
    "ListTakenForms": asks.ListTakenFormsRequest(parent=f"draws/d/inspections/{CODE}"),
}
LOOKS["LookupEntity"] = pb.LookupEntityRequest(former_code="110108000000016")
PAGES = {
    "ListClues": pb.ListCluesRequest(),
    "ListObjections": record_asks.ListObjectionsRequest(),
    "ListRecognitions": asks.ListRecognitionsRequest(),
    "ListInspections": pb.ListInspectionsRequest(parent="draws/d"),
}
"""Pages of many entities: a look at none of them."""


async def write(transactor: Transactor, use: Any, *arguments: Any) -> None:
    await transactor.deliver(use, BOOK, *arguments, now=NOW)


async def world(transactor: Transactor) -> None:
    row = Row(1, CODE, "x", "510402", "B", registration="110108000000016")
    await transactor.write(register.import_rows, [row], "importer", now=NOW)
    for name, day in (("p-1", date(2026, 5, 4)), ("p-2", date(2025, 12, 4))):
        kind, lineage = Kind.PENALTY, Lineage("market", name)
        record = Record(name, CODE, kind, day, "unlicensed", lineage, (Severity.GENERAL,))
        await write(transactor, records.enter, record, "clerk")
    by = ("a-1", "p-1", "bid-exclusion", "c" * 64, "officer")
    await write(transactor, objections.give_notice, *by)
    await write(transactor, objections.raise_objection, "o-1", "p-1", "wrong", (), "company")
    await write(transactor, repairs.apply, "r-1", "p-2", EVIDENCE, "company")
    ruling = Ruling("x-1", CODE, "court", "1", Effect.SUSPEND, ("p-2",), date(2026, 9, 1), NOW)
    await write(transactor, objections.enter_ruling, ruling, "clerk")
    told = Report("c-1", Source.COMPLAINT, CODE, "noise", "510402", ())
    await write(transactor, clues.report, told, "clerk")
    await write(transactor, signals.recognise, "n-1", result(), "market", "510903", "", "clerk")


async def test_each_call_that_shows_an_entity_counts_and_so_many_are_a_lead(
    transactor: Transactor,
) -> None:
    await world(transactor)
    servicer = CreditServicer(transactor, BOOK, lambda: NOW, Bell())

    async def ask(name: str, request: Any) -> int:
        request.purpose.CopyFrom(WHY)
        await getattr(servicer, name)(request, None)
        since, subject = NOW - timedelta(days=1), caller().subject
        return len(await transactor.read(lambda tx: tx.looks(CODE, subject, since)))

    counted = {name: await ask(name, request) for name, request in LOOKS.items()}
    assert counted == {name: number for number, name in enumerate(LOOKS, 1)}
    for name, request in PAGES.items():
        assert await ask(name, request) == len(LOOKS), name

    def leads(tx: Any) -> list[str]:
        return [each.matter for each in tx.clues_of(CODE, 10) if each.source is Source.ACCESS_LOG]

    assert await transactor.read(leads) == []
    for _ in range(20 - len(LOOKS)):
        await ask("GetRecord", LOOKS["GetRecord"])
    assert await transactor.read(leads) == ["unusual-access"]


@pytest.mark.parametrize("former", ["110108000000016", f"{CODE[8:16]}-{CODE[16]}", CODE[8:17]])
async def test_an_entity_is_found_by_what_it_was_called_before(
    transactor: Transactor, former: str
) -> None:
    row = Row(1, CODE, "x", "510402", "B", registration=" 110108000000016 ")
    other = Row(2, entity_code(2), "y", "510402", "B", registration="110108000000017")
    found = await transactor.write(register.import_rows, [row, other], "importer", now=NOW)
    why = register.Purpose("clerk", "inspection-planning", "law")

    async def lookup(text: str) -> Any:
        return await transactor.write(register.lookup, text, why, now=NOW)

    assert [(each.field, each.reason) for each in found.faults] == [
        ("registration_number", "REGISTRATION_INVALID")
    ]
    assert await lookup(former) == CODE
    assert await lookup("M000100Y-4") is None
    with pytest.raises(register.FormerCodeInvalid):
        await lookup("110108000000017")


LISTED = {
    entity_code(1): ("攀枝花钢铁厂", "510402", "A"),
    entity_code(2): ("攀枝花_百分%厂", "510403", "B"),
    entity_code(3): ("成都面粉厂", "510104", "B"),
    PERSONAL: ("攀枝花王小厂", "510402", "C"),
}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"place_code": "51"}, list(LISTED)),
        ({"place_code": "5104"}, [entity_code(1), entity_code(2), PERSONAL]),
        ({"place_code": "510403"}, [entity_code(2)]),
        ({"place_code": "50"}, []),
        ({"place_code": "51", "risk_class": B}, [entity_code(2), entity_code(3)]),
        ({"place_code": "51", "title_part": "攀枝"}, [entity_code(1), entity_code(2)]),
        ({"place_code": "51", "title_part": "王小"}, []),
        ({"place_code": "51", "title_part": "%厂"}, [entity_code(2)]),
        ({"place_code": "51", "title_part": "花_"}, [entity_code(2)]),
    ],
)  # fmt: skip
async def test_entities_are_listed_and_a_person_by_no_part_of_its_name(
    transactor: Transactor, asked: dict[str, Any], found: list[str]
) -> None:
    rows = [Row(n, code, *told) for n, (code, told) in enumerate(LISTED.items(), 1)]
    taken = await transactor.write(register.import_rows, rows, "importer", now=NOW)
    assert taken.faults == []
    servicer = CreditServicer(transactor, BOOK, lambda: NOW, Bell())
    names, token = [], ""
    while True:
        request = pb.ListEntitiesRequest(page_size=1, page_token=token, purpose=WHY, **asked)
        page = await servicer.ListEntities(request, None)
        names += [each.name.removeprefix("entities/") for each in page.entities]
        titles = {each.name: each.title for each in page.entities}
        assert titles.get(f"entities/{PERSONAL}", "*").startswith("*")
        token = page.next_page_token
        if not token:
            break

    assert sorted(names) == names == sorted(found)
    entries = await transactor.read(lambda tx: audit.of_resource(tx.connection, "entities", 10))
    (first, *_) = (each for each in entries if each.action == "entities.list")
    assert first.details["place"] == asked["place_code"]
    assert asked.get("title_part", "王小") not in str([e.details for e in entries])
