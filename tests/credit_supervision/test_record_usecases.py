"""Records on a real PostgreSQL, time a parameter: what ends, who is told, who may decide."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from services.credit_supervision.bus.timer import Timer
from services.credit_supervision.model import records as model
from services.credit_supervision.model.deliveries import Action, Receiver, SubjectForm
from services.credit_supervision.model.due_process import (
    AdverseState,
    Effect,
    ObjectionState,
    Ruling,
)
from services.credit_supervision.model.record_log import Stored
from services.credit_supervision.model.records import (
    Kind,
    Lineage,
    Record,
    Severity,
    Tombstone,
    Use,
)
from services.credit_supervision.model.register import Entity, RiskClass
from services.credit_supervision.model.repair import State
from services.credit_supervision.rpc.record_encoding import day_from, delivery_to, record_to
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import objections, records, repairs
from services.credit_supervision.usecases.refused import (
    NotYourDeliveries,
    ReaderByToken,
    RecordExists,
    RecordNeeded,
    RecordOver,
    RecordRefused,
    StepRefused,
)
from services.credit_supervision.usecases.register import Purpose
from tests.support.credit import BOOK
from tianfu.credit_supervision.v1 import record_pb2

pytestmark = pytest.mark.integration

CODE = "91510400204360956E"
NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
DAY = timedelta(days=1)
PENALTY = Record(
    "p-1",
    CODE,
    Kind.PENALTY,
    date(2026, 5, 4),
    "unlicensed-trade",
    Lineage("market", "2026-17", "a" * 64),
    severities=(Severity.GENERAL,),
)
EVIDENCE = dict.fromkeys(("act-corrected", "duties-fulfilled", "public-promise"), "b" * 64)


def other(record_id: str, **fields: Any) -> Record:
    """Return another record: of another number, as each decision of a department has its own."""
    lineage = replace(PENALTY.lineage, source_id=f"2026-{record_id}")
    return replace(PENALTY, record_id=record_id, lineage=lineage, **fields)


def receiver(name: str, **fields: Any) -> Receiver:
    values: dict[str, Any] = {
        "kinds": (),
        "place": "51",
        "is_public": False,
        "form": SubjectForm.CODE,
        "purpose": "procurement",
        "basis": "procurement-law-22",
        "key": hashlib.sha256(name.encode()).digest(),
        "entered": NOW,
    }
    return Receiver(name, **(values | fields))


class World:
    """Use cases at a time."""

    def __init__(self, transactor: Transactor) -> None:
        self.transactor = transactor
        self.now = NOW

    async def do(self, use: Any, *arguments: Any) -> Any:
        return await self.transactor.deliver(use, BOOK, *arguments, now=self.now)

    async def enter(self, made: Sequence[Record]) -> None:
        for record in made:
            await self.do(records.enter, record, "clerk")

    async def actions(self, name: str) -> list[tuple[Action, int]]:
        found = await self.transactor.read(lambda tx: tx.deliveries(name, 0, 100, all_of_them=True))
        return [(each.action, each.revision) for each in found]

    async def acknowledge(self, name: str, number: int) -> Any:
        return await self.transactor.write(repairs.acknowledge, name, number, name, now=self.now)

    async def record(self, record_id: str = "p-1") -> Stored | Tombstone:
        found: Stored | Tombstone = await self.transactor.read(records.seen, record_id)
        return found

    async def use(self, record_id: str = "p-1") -> Use:
        found: Use = await self.transactor.read(records.use_of, BOOK, record_id, self.now)
        return found

    async def look(self) -> int:
        timer = Timer(self.transactor, BOOK, lambda: self.now, CollectorRegistry())
        return await timer.look()

    async def events(self) -> set[str]:
        def read(tx: Any) -> set[str]:
            found = tx.connection.execute(sa.text("SELECT message_id FROM outbox"))
            return {row.message_id for row in found}

        found: set[str] = await self.transactor.read(read)
        return found


@pytest.fixture
async def world(transactor: Transactor) -> World:
    entity = Entity(CODE, "攀枝花某公司", "510402", RiskClass.B)
    await transactor.write(lambda tx: tx.put_entities([entity], NOW))
    return World(transactor)


async def test_clerks_side_by_side_give_out_each_number_once(world: World) -> None:
    for name in ("tax", "bank"):
        await world.do(repairs.enter_receiver, receiver(name), "chief")
    made = [other(f"p-{n}") for n in range(32)]

    async with asyncio.TaskGroup() as group:
        for clerk in range(8):
            group.create_task(world.enter(made[clerk::8]))

    for name in ("tax", "bank"):
        sent = await world.transactor.read(
            lambda tx, name=name: tx.deliveries(name, 0, 100, all_of_them=True)
        )
        assert [each.number for each in sent] == list(range(1, 33))
        assert {each.record_id for each in sent} == {each.record_id for each in made}


async def test_who_has_not_taken_the_numbers_gives_none_out(world: World) -> None:
    await world.do(repairs.enter_receiver, receiver("tax"), "chief")

    with pytest.raises(RuntimeError, match="has not taken the numbers"):
        await world.transactor.write(records.enter, BOOK, PENALTY, "clerk", now=NOW)


async def test_who_knows_entities_by_tokens_reads_no_record(world: World) -> None:
    await world.do(repairs.enter_receiver, receiver("bank", form=SubjectForm.TOKEN), "chief")
    await world.do(repairs.enter_receiver, receiver("tax"), "chief")
    await world.do(records.enter, PENALTY, "clerk")

    def why(actor: str) -> Purpose:
        return Purpose(actor, "lending", "law-1")

    assert await world.transactor.write(records.look, "p-1", why("tax"), now=NOW)
    with pytest.raises(ReaderByToken):
        await world.transactor.write(records.look, "p-1", why("bank"), now=NOW)
    with pytest.raises(ReaderByToken):
        await world.transactor.write(records.of_entity, CODE, why("bank"), "", 10, now=NOW)


async def test_a_record_goes_to_whoever_is_to_have_it_and_ends_by_itself(world: World) -> None:
    await world.do(repairs.enter_receiver, receiver("tax"), "chief")
    await world.do(records.enter, PENALTY, "clerk")
    again = await world.do(records.enter, PENALTY, "clerk")
    await world.do(repairs.enter_receiver, receiver("late-comer"), "chief")
    await world.do(repairs.enter_receiver, receiver("elsewhere", place="50"), "chief")

    assert again.decision.use is Use.PUBLISHED
    assert again.look_on == date(2027, 5, 4)
    assert await world.actions("tax") == await world.actions("late-comer") == [(Action.PUT, 1)]
    assert await world.actions("elsewhere") == []
    with pytest.raises(RecordExists):
        await world.do(records.enter, replace(PENALTY, matter="other"), "clerk")

    world.now = datetime(2027, 5, 3, 15, 59, tzinfo=UTC)  # a minute before midnight in China
    assert await world.look() == 2  # deliveries that are late by now
    assert await world.use() is Use.PUBLISHED
    world.now += timedelta(minutes=1)
    assert await world.look() == 1
    stone = await world.record()
    assert stone == Tombstone("p-1", date(2027, 5, 4), "PERIOD_OVER", model.digest(PENALTY))
    assert await world.actions("tax") == [(Action.PUT, 1), (Action.WITHDRAW, 1)]
    assert await world.look() == 0
    with pytest.raises(RecordOver):
        await world.do(records.correct, replace(PENALTY, matter="x"), "why", "chief")
    left = await world.transactor.read(
        lambda tx: tx.connection.execute(sa.text("SELECT count(*) FROM records")).scalar_one()
    )
    assert left == 0
    assert await world.events() == {
        "record-p-1-1",
        "delivery-tax-1-late",
        "delivery-late-comer-1-late",
        "record-p-1-2",
    }


async def test_a_decision_is_made_again_years_later_for_whoever_brings_the_record(
    world: World,
) -> None:
    old = replace(PENALTY, day=date(2025, 12, 1))
    world.now = datetime(2025, 12, 2, tzinfo=UTC)
    await world.do(records.enter, old, "clerk")
    stored, again = await world.transactor.read(records.replay, BOOK, "p-1", 1, None)
    assert stored.decision == again
    assert again.end == date(2028, 12, 1)  # three years under Order 58

    world.now = datetime(2026, 4, 1, 1, tzinfo=UTC)
    assert await world.look() == 1  # the day on which Order 36 comes into force
    found = await world.record()
    assert isinstance(found, Stored)
    assert found.decision.end == date(2026, 12, 1)
    world.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await world.look()

    with pytest.raises(RecordNeeded):
        await world.transactor.read(records.replay, BOOK, "p-1", 1, None)
    for number, end in ((1, date(2028, 12, 1)), (2, date(2026, 12, 1)), (3, date(2026, 12, 1))):
        stored, again = await world.transactor.read(records.replay, BOOK, "p-1", number, old)
        assert (stored.decision, again.end) == (again, end)


async def test_a_repair_is_complete_when_every_receiver_has_let_go(world: World) -> None:
    for name in ("bank", "tax"):
        await world.do(repairs.enter_receiver, receiver(name), "chief")
    await world.do(records.enter, PENALTY, "clerk")
    with pytest.raises(StepRefused) as early:
        await world.do(repairs.apply, "r-1", "p-1", EVIDENCE, "company")
    assert early.value.metadata["why"] == "REPAIR_TOO_EARLY"

    world.now = datetime(2026, 8, 4, 2, tzinfo=UTC)
    with pytest.raises(StepRefused) as missing:
        await world.do(repairs.apply, "r-1", "p-1", {"act-corrected": "b" * 64}, "company")
    assert missing.value.metadata["missing"] == "duties-fulfilled,public-promise"
    await world.do(repairs.apply, "r-1", "p-1", EVIDENCE, "company")
    granted = await world.do(repairs.decide, "r-1", State.GRANTED, "", "chief")

    assert granted.receivers == ("bank", "tax")
    assert await world.use() is Use.ENDED
    assert (await world.actions("tax"))[-1] == (Action.WITHDRAW, 1)
    await world.acknowledge("tax", 2)
    with pytest.raises(NotYourDeliveries):
        await world.transactor.write(repairs.acknowledge, "bank", 2, "tax", now=world.now)
    assert (await world.transactor.read(repairs.repair_of, "r-1")).state is State.GRANTED
    await world.acknowledge("bank", 2)
    await world.acknowledge("bank", 2)
    done = await world.transactor.read(repairs.repair_of, "r-1")
    assert done.state is State.COMPLETE
    assert set(done.receipts) == {"bank", "tax"}
    world.now += 2 * DAY
    assert await world.look() == 0  # the later receipts covered the earlier deliveries


async def test_what_has_ended_is_neither_shown_nor_used_before_the_timer_has_looked(
    world: World,
) -> None:
    await world.do(records.enter, PENALTY, "clerk")
    await world.do(objections.give_notice, "a-1", "p-1", "bid-exclusion", "c" * 64, "officer")
    await world.do(repairs.enter_receiver, receiver("tax"), "chief")
    world.now = datetime(2027, 5, 4, 2, tzinfo=UTC)  # a year later, and nobody has looked

    stored = await world.record()
    assert isinstance(stored, Stored)
    assert stored.decision.use is Use.PUBLISHED
    assert await world.use() is Use.ENDED
    shown = record_to(stored, BOOK, world.now)
    assert (shown.use, shown.use_reason) == (record_pb2.RECORD_USE_ENDED, "PERIOD_OVER")
    assert shown.entity == shown.matter == ""
    sent = await world.transactor.read(lambda tx: tx.delivery("tax", 1))
    handed = delivery_to(sent, stored, receiver("tax"), BOOK, world.now)
    assert not handed.HasField("record")
    with pytest.raises(StepRefused):
        await world.do(objections.decide_adverse_use, "a-1", AdverseState.APPROVED, "so", "chief")


async def test_a_decision_of_a_day_to_come_is_refused(world: World) -> None:
    later = replace(PENALTY, day=date(2026, 6, 2))
    with pytest.raises(RecordRefused, match="still to come"):
        await world.do(records.enter, later, "clerk")
    await world.do(records.enter, PENALTY, "clerk")
    with pytest.raises(RecordRefused, match="still to come"):
        await world.do(records.correct, later, "typing error", "clerk")


@pytest.mark.parametrize("day", ["1949-09-30", "3000-01-01", "9999-12-31", "0001-01-01"])
def test_days_out_of_all_bounds_are_refused(day: str) -> None:
    with pytest.raises(RecordRefused):
        day_from(day, "until_day")


async def test_a_record_corrected_meanwhile_is_not_repaired_before_its_time(world: World) -> None:
    await world.do(records.enter, PENALTY, "clerk")
    world.now = datetime(2026, 8, 4, 2, tzinfo=UTC)
    await world.do(repairs.apply, "r-1", "p-1", EVIDENCE, "company")
    serious = replace(PENALTY, severities=(Severity.SERIOUS,))
    await world.do(records.correct, serious, "it was a ban", "chief")

    with pytest.raises(StepRefused) as early:
        await world.do(repairs.decide, "r-1", State.GRANTED, "", "chief")

    assert early.value.metadata["why"] == "REPAIR_TOO_EARLY"
    rejected = await world.do(repairs.decide, "r-1", State.REJECTED, "too early", "chief")
    assert rejected.state is State.REJECTED


async def test_who_has_not_said_that_it_let_go_is_waited_for(world: World) -> None:
    await world.do(repairs.enter_receiver, receiver("portal", is_public=True), "chief")
    await world.do(records.enter, PENALTY, "clerk")
    slight = replace(PENALTY, severities=(Severity.SLIGHT,))
    # No longer public: the portal is told to let go, and says nothing.
    await world.do(records.correct, slight, "a warning it was", "chief")
    assert (await world.actions("portal"))[-1] == (Action.WITHDRAW, 2)
    world.now = datetime(2026, 8, 4, 2, tzinfo=UTC)
    await world.do(repairs.apply, "r-1", "p-1", EVIDENCE, "company")

    granted = await world.do(repairs.decide, "r-1", State.GRANTED, "", "chief")

    assert (granted.state, granted.receivers) == (State.GRANTED, ("portal",))
    await world.acknowledge("portal", 2)
    done = await world.transactor.read(repairs.repair_of, "r-1")
    assert done.state is State.COMPLETE


async def test_an_objection_freezes_and_another_person_decides(world: World) -> None:
    await world.do(repairs.enter_receiver, receiver("tax"), "chief")
    await world.do(records.enter, PENALTY, "clerk")
    made = await world.do(objections.raise_objection, "o-1", "p-1", "wrong-entity", (), "company")
    again = await world.do(objections.raise_objection, "o-1", "p-1", "wrong-entity", (), "company")
    assert made == again
    assert made.decide_by == date(2026, 6, 10)
    assert await world.use() is Use.FROZEN
    assert (await world.actions("tax"))[-1] == (Action.HOLD, 1)

    corrected = replace(PENALTY, matter="late-report")
    for person in ("clerk", "company"):
        with pytest.raises(StepRefused) as refused:
            await world.do(
                objections.decide_objection, "o-1", ObjectionState.UPHELD, "y", corrected, person
            )
        assert refused.value.metadata["why"] == "OTHER_PERSON_REQUIRED"
    assert await world.use() is Use.FROZEN
    await world.do(
        objections.decide_objection, "o-1", ObjectionState.UPHELD, "mixed up", corrected, "chief"
    )
    found = await world.record()
    assert isinstance(found, Stored)
    assert (found.record.matter, found.revision) == ("late-report", 2)
    assert found.decision.use is Use.PUBLISHED
    assert (await world.actions("tax"))[-1] == (Action.PUT, 2)

    await world.do(objections.raise_objection, "o-2", "p-1", "not-ours", (), "company")
    await world.do(objections.withdraw_objection, "o-2", "company")
    await world.do(objections.raise_objection, "o-3", "p-1", "not-ours", (), "company")
    await world.do(
        objections.decide_objection, "o-3", ObjectionState.UPHELD, "not theirs", None, "judge"
    )
    assert await world.use() is Use.ENDED
    assert (await world.actions("tax"))[-1] == (Action.WITHDRAW, 2)


async def test_a_court_lifts_penalties_for_a_time_and_sets_them_aside(world: World) -> None:
    await world.do(records.enter, PENALTY, "clerk")
    await world.do(records.enter, other("p-2"), "clerk")
    honour = other("h-1", kind=Kind.HONOUR, severities=())
    await world.do(records.enter, honour, "clerk")
    ruling = Ruling(
        "c-1", CODE, "攀枝花中院", "(2026)川04破1号", Effect.SUSPEND, (), date(2026, 6, 30), NOW
    )
    await world.do(objections.enter_ruling, ruling, "chief")
    await world.do(objections.enter_ruling, ruling, "chief")

    assert [await world.use(each) for each in ("p-1", "p-2", "h-1")] == [
        Use.SUSPENDED,
        Use.SUSPENDED,
        Use.PUBLISHED,
    ]
    world.now = datetime(2026, 6, 30, 16, 1, tzinfo=UTC)
    assert await world.look() == 2
    assert await world.use() is Use.PUBLISHED
    aside = replace(ruling, ruling_id="c-2", effect=Effect.SET_ASIDE, records=("p-2",), until=None)
    await world.do(objections.enter_ruling, aside, "chief")
    assert [await world.use(each) for each in ("p-1", "p-2")] == [Use.PUBLISHED, Use.ENDED]


async def test_adverse_use_needs_notice_time_and_another_person(world: World) -> None:
    await world.do(records.enter, PENALTY, "clerk")
    notice = ("a-1", "p-1", "bid-exclusion", "c" * 64, "officer")
    made = await world.do(objections.give_notice, *notice)
    assert made == await world.do(objections.give_notice, *notice)
    assert made.decide_from == date(2026, 6, 9)

    async def decide(state: AdverseState, person: str) -> Any:
        return await world.do(objections.decide_adverse_use, "a-1", state, "so", person)

    async def refused(person: str) -> str:
        with pytest.raises(StepRefused) as error:
            await decide(AdverseState.APPROVED, person)
        return error.value.metadata["why"]

    assert await refused("chief") == "ANSWER_AWAITED"
    world.now = datetime(2026, 6, 9, tzinfo=UTC)
    assert await refused("officer") == "OTHER_PERSON_REQUIRED"
    await world.do(objections.raise_objection, "o-1", "p-1", "not-ours", (), "company")
    assert await refused("chief") == "RECORD_NOT_USABLE"
    await world.do(objections.withdraw_objection, "o-1", "company")
    assert (await decide(AdverseState.APPROVED, "chief")).state is AdverseState.APPROVED
    assert await refused("chief") == "ADVERSE_USE_DECIDED"
