"""What has ended stays ended, entries in lists end, and no one person moves a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.credit_supervision.model import record_log
from services.credit_supervision.model import records as model
from services.credit_supervision.model.due_process import AdverseState, ObjectionState
from services.credit_supervision.model.record_log import Decided
from services.credit_supervision.model.records import (
    Kind,
    Lineage,
    Record,
    Severity,
    Standing,
    Use,
)
from services.credit_supervision.model.register import Entity, RiskClass
from services.credit_supervision.model.repair import State
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import objections, records, repairs
from services.credit_supervision.usecases.refused import RecordExists, StepRefused
from tests.credit_supervision import test_record_usecases
from tests.support.credit import BOOK
from tests.support.credit_process import entity_code

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
EVIDENCE = dict.fromkeys(("act-corrected", "duties-fulfilled", "public-promise"), "b" * 64)
PENALTY = Record(
    "p-1", entity_code(1), Kind.PENALTY, date(2026, 1, 4), "unlicensed-trade",
    Lineage("market", "川市监罚2026-17号"), (Severity.GENERAL,),
)  # fmt: skip
LISTED = replace(
    PENALTY, record_id="l-1", kind=Kind.LIST_ENTRY, severities=(), day=date(2024, 1, 1)
)


@pytest.mark.parametrize(
    ("day", "stated", "end"),
    [
        pytest.param(date(2024, 1, 1), None, date(2027, 1, 1), id="three-years"),
        pytest.param(date(2024, 1, 1), date(2025, 3, 1), date(2025, 3, 2), id="stated-before"),
        pytest.param(date(2024, 1, 1), date(2030, 1, 1), date(2027, 1, 1), id="stated-after"),
        pytest.param(date(2018, 1, 1), None, date(2021, 1, 1), id="before-all-rules"),
    ],
)
def test_an_entry_in_a_list_ends(day: date, stated: date | None, end: date) -> None:
    listed = replace(LISTED, day=day, valid_to=stated)
    before = model.decide(BOOK, listed, Standing(), end - timedelta(days=1))
    over = model.decide(BOOK, listed, Standing(), end)

    assert (before.use, before.end) == (Use.PUBLISHED, end)
    assert (over.use, over.reason) == (Use.ENDED, "PERIOD_OVER")
    assert record_log.look_on(BOOK, listed, before, end - timedelta(days=1)) == end


def test_a_decision_of_before_lists_ended_comes_out_as_it_was() -> None:
    then = model.decide(BOOK, LISTED, Standing(), date(2026, 6, 1), lists_end=False)
    decided = Decided("l-1", 1, date(2026, 6, 1), Standing(), then, model.digest(LISTED), NOW)

    assert (then.use, then.end, then.versions) == (Use.PUBLISHED, None, ())
    assert record_log.replay(BOOK, decided, LISTED) == then
    now = model.decide(BOOK, LISTED, Standing(), date(2026, 6, 1))
    assert record_log.replay(BOOK, replace(decided, decision=now), LISTED) == now != then


@pytest.mark.parametrize("number", ["2026-17", " 2026 - 17", "\uff12026-17"])
def test_a_number_is_the_same_however_it_is_written(number: str) -> None:
    key = model.lineage_key(Lineage("market", "2026-17"))

    assert model.lineage_key(Lineage("market", number)) == key
    assert model.lineage_key(Lineage("fire", number)) != key


# -- on a real PostgreSQL --------------------------------------------------------------------------


class World(test_record_usecases.World):
    """Use cases at a time, and what became of adverse uses."""

    async def adverse(self, name: str) -> AdverseState:
        found: AdverseState = await self.transactor.read(lambda tx: tx.adverse_use(name).state)
        return found


@pytest.fixture
async def world(transactor: Transactor) -> World:
    made = Entity(entity_code(1), "x", "510402", RiskClass.B)
    await transactor.write(lambda tx: tx.put_entities([made], NOW))
    return World(transactor)


@pytest.mark.integration
@pytest.mark.parametrize("record", [PENALTY, LISTED], ids=["penalty", "list-entry"])
async def test_what_was_repaired_does_not_come_back_and_holds_against_nobody(
    world: World, record: Record
) -> None:
    await world.do(records.enter, record, "clerk")
    for name in ("a-1", "a-2"):
        await world.do(objections.give_notice, name, record.record_id, "no-bids", "c" * 64, "x")
    world.now += timedelta(days=20)
    by = ("a-1", AdverseState.APPROVED, "grave", "chief")
    await world.transactor.write(objections.decide_adverse_use, BOOK, *by, now=world.now)
    await world.do(repairs.apply, "r-1", record.record_id, EVIDENCE, "company")
    await world.do(repairs.decide, "r-1", State.GRANTED, "", "chief")

    assert await world.adverse("a-1") is AdverseState.LIFTED
    assert await world.adverse("a-2") is AdverseState.LIFTED
    steps = await world.transactor.read(
        lambda tx: tx.connection.execute(
            sa.text("SELECT message_id FROM outbox WHERE message_id LIKE 'adverse%' ORDER BY 1")
        ).scalars()
    )
    assert list(steps) == [
        "adverse-use-a-1-approved", "adverse-use-a-1-lifted", "adverse-use-a-1-noticed",
        "adverse-use-a-2-lifted", "adverse-use-a-2-noticed",
    ]  # fmt: skip
    for number in (record.lineage.source_id, f" {record.lineage.source_id}"):
        again = replace(record, record_id="p-9", lineage=Lineage("market", number))
        with pytest.raises(RecordExists, match=record.record_id):
            await world.do(records.enter, again, "clerk")
    elsewhere = Lineage("fire", record.lineage.source_id)
    await world.do(records.enter, replace(record, record_id="p-9", lineage=elsewhere), "clerk")


@pytest.mark.integration
async def test_a_correction_takes_no_number_of_another_record(world: World) -> None:
    await world.do(records.enter, PENALTY, "clerk")
    other = replace(PENALTY, record_id="p-2", lineage=Lineage("market", "2026-18"))
    await world.do(records.enter, other, "clerk")

    with pytest.raises(RecordExists):
        await world.do(records.correct, replace(other, lineage=PENALTY.lineage), "typo", "chief")


@pytest.mark.integration
async def test_one_person_moves_no_day_and_no_editor_decides(world: World) -> None:
    await world.do(records.enter, PENALTY, "clerk")
    later = replace(PENALTY, day=date(2026, 5, 4))
    with pytest.raises(StepRefused) as alone:
        await world.do(records.correct, later, "typo", "clerk")
    assert alone.value.metadata["why"] == "OTHER_PERSON_REQUIRED"
    # What moves no period one person may put right.
    await world.do(records.correct, replace(PENALTY, matter="fire-safety"), "typo", "clerk")
    await world.do(records.correct, later, "typo", "chief")
    with pytest.raises(StepRefused):
        await world.do(records.correct, PENALTY, "back again", "chief")
    await world.do(objections.raise_objection, "o-1", "p-1", "wrong day", (), "company")

    for editor in ("clerk", "chief", "company"):
        by = ("o-1", ObjectionState.REJECTED, "right", None, editor)
        with pytest.raises(StepRefused):
            await world.do(objections.decide_objection, *by)
    upheld = ("o-1", ObjectionState.UPHELD, "it was in January", PENALTY, "judge")
    await world.do(objections.decide_objection, *upheld)
    stored = await world.transactor.read(lambda tx: tx.record("p-1"))
    assert stored.record.day == PENALTY.day
    assert stored.editors == ("clerk", "clerk", "chief", "judge")
