"""Leads of monitors and hospitals, deadlines in a disaster, and forms, on a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.credit_supervision.model import monitoring as model
from services.credit_supervision.model.clues import Source
from services.credit_supervision.model.draws import Draw, Inspection
from services.credit_supervision.model.draws import State as DrawState
from services.credit_supervision.model.emergencies import State
from services.credit_supervision.model.handhelds import Handheld
from services.credit_supervision.model.monitoring import Hour, Point
from services.credit_supervision.model.records import Kind, Lineage, Record, Severity
from services.credit_supervision.model.register import Entity, RiskClass
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import (
    draws,
    emergencies,
    handhelds,
    monitoring,
    objections,
    records,
    repairs,
)
from services.credit_supervision.usecases.handhelds import FormRefused, HandheldRefused
from services.credit_supervision.usecases.refused import InspectionsSuspended
from tests.support.credit import BOOK
from tests.support.credit_process import entity_code
from tianfu import inspection_form, nats_keys
from tianfu.credit_supervision.v1 import draw_pb2
from tianfu.credit_supervision.v1 import handheld_pb2 as pb
from tianfu.nats_keys import KeyKind

pytestmark = pytest.mark.integration

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
HOUR = int(NOW.timestamp()) // model.HOUR_S
HERE = "510402"
CODE = entity_code(1)
PAIR = nats_keys.generate(KeyKind.USER, b"\7" * 32)
EVIDENCE = dict.fromkeys(("act-corrected", "duties-fulfilled", "public-promise"), "b" * 64)
STACK = Point("stack-1", CODE, "discharge", HERE, "c" * 64, NOW, "gw-1", "so2", hour_mean_max=100.0)


class World:
    """Use cases at a time."""

    def __init__(self, transactor: Transactor) -> None:
        self.transactor = transactor
        self.now = NOW

    async def write(self, use: Any, *arguments: Any) -> Any:
        return await self.transactor.deliver(use, *arguments, now=self.now)

    async def record(self, batch: str, *hours: Hour) -> bool:
        found: bool = await self.transactor.write(monitoring.record, batch, hours)
        return found

    async def clues(self) -> list[Any]:
        return list(await self.transactor.read(lambda tx: tx.clues(None, "", "", 100)))


@pytest.fixture
async def world(transactor: Transactor) -> World:
    made = Entity(CODE, "合成企业1", HERE, RiskClass.C)
    await transactor.write(lambda tx: tx.put_entities([made], NOW))
    return World(transactor)


# -- monitors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "mean", "is_lead"),
    [
        pytest.param(60, 101.0, True, id="above"),
        pytest.param(60, 100.0, False, id="as-permitted"),
        pytest.param(2, 500.0, False, id="too-few-readings"),
    ],
)
async def test_an_hour_above_a_permit_is_one_lead(
    world: World, count: int, mean: float, is_lead: bool
) -> None:
    await world.write(monitoring.enter, STACK, "chief")
    hour = Hour("stack-1", HOUR - 2, count, count * mean)
    assert await world.record("gw-1/1/1", hour)
    assert not await world.record("gw-1/1/1", hour)  # the same batch again

    assert await world.write(monitoring.judge, BOOK) == int(is_lead)
    assert await world.write(monitoring.judge, BOOK) == 0
    assert [each.source for each in await world.clues()] == [Source.SENSOR] * is_lead


async def test_what_comes_late_is_judged_with_what_there_was_and_the_same_is_one_clue(
    world: World,
) -> None:
    await world.write(monitoring.enter, STACK, "chief")
    await world.record("gw-1/1/1", Hour("stack-1", HOUR, 60, 6_600.0))
    assert await world.write(monitoring.judge, BOOK) == 0  # the hour goes on
    world.now += timedelta(hours=1, minutes=10)
    assert await world.write(monitoring.judge, BOOK) == 1
    # A gateway was away: the rest of the hour, and the next, come now; one clue of three reports.
    await world.record("gw-1/1/2", Hour("stack-1", HOUR, 60, 6_600.0))
    await world.record("gw-1/1/3", Hour("stack-1", HOUR - 1, 60, 7_000.0))
    await world.write(monitoring.judge, BOOK)
    [clue] = await world.clues()
    assert (clue.reports, clue.matter) == (2, "discharge")

    await world.write(monitoring.retire, "stack-1", "chief")
    await world.record("gw-1/1/4", Hour("stack-1", HOUR - 2, 60, 7_000.0))
    assert await world.write(monitoring.judge, BOOK) == 0


async def test_a_mark_without_an_assessment_is_a_lead_about_the_hospital(world: World) -> None:
    point = replace(STACK, node="", series="", hour_mean_max=0.0, hospital="hospitals/pzh-1")
    await world.write(monitoring.enter, point, "chief")
    told = ("hospitals/pzh-1", "recognitions/r-1")
    assert await world.write(monitoring.hospital_lead, BOOK, *told) == 1
    await world.write(monitoring.hospital_lead, BOOK, *told)
    assert await world.write(monitoring.hospital_lead, BOOK, "hospitals/other", "r-2") == 0
    [clue] = await world.clues()
    assert (clue.reports, clue.code) == (1, CODE)


# -- disasters -------------------------------------------------------------------------------------


def penalty(record_id: str) -> Record:
    lineage = Lineage("market", record_id, "a" * 64)
    day, severities = date(2026, 2, 1), (Severity.GENERAL,)
    return Record(record_id, CODE, Kind.PENALTY, day, "noise", lineage, severities=severities)


async def dues(world: World) -> tuple[date, date, date]:
    def read(tx: Any) -> tuple[date, date, date]:
        return (
            tx.objection("o-1").decide_by,
            tx.repair("r-1").decide_by,
            tx.adverse_use("a-1").decide_from,
        )

    found: tuple[date, date, date] = await world.transactor.read(read)
    return found


@pytest.mark.parametrize(
    ("state", "kept"),
    [pytest.param(State.ENDED, 3, id="ended"), pytest.param(State.CANCELLED, 0, id="cancelled")],
)
async def test_deadlines_of_processes_are_put_off_and_what_it_did_not_last_for_comes_back(
    world: World, state: State, kept: int
) -> None:
    for record_id in ("p-1", "p-2", "p-3", "p-4"):
        await world.write(records.enter, BOOK, penalty(record_id), "clerk")
    await world.write(objections.raise_objection, BOOK, "o-1", "p-1", "wrong", (), "company")
    await world.write(repairs.apply, BOOK, "r-1", "p-2", EVIDENCE, "company")
    await world.write(objections.give_notice, BOOK, "a-1", "p-3", "no-bids", "d" * 64, "officer")
    before = await dues(world)
    await world.write(emergencies.declare, BOOK, "quake", (HERE,), "order 1", "chief")
    during = await dues(world)
    await world.write(objections.raise_objection, BOOK, "o-2", "p-4", "wrong", (), "company")
    new = await world.transactor.read(lambda tx: tx.objection("o-2").decide_by)
    world.now += timedelta(days=2, hours=1)
    await world.write(emergencies.end, "quake", state, "chief")
    after = await dues(world)

    assert during == tuple(each + timedelta(days=15) for each in before)
    assert new == during[0]
    assert after == tuple(each + timedelta(days=kept) for each in before)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        pytest.param(None, "2026-07-03", id="goes-on"),
        pytest.param(State.ENDED, "2026-07-03", id="ended"),
        pytest.param(State.CANCELLED, "2026-06-30", id="cancelled"),
    ],
)
async def test_a_visits_last_day_is_put_off_by_the_days_it_rested(
    world: World, state: State | None, due: str
) -> None:
    await world.write(emergencies.declare, BOOK, "quake", (HERE,), "order 1", "chief")
    world.now += timedelta(days=2, hours=1)
    if state is not None:
        await world.write(emergencies.end, "quake", state, "chief")
    declared = await world.transactor.read(lambda tx: tx.emergencies(None))
    assert draws.due_day(BOOK, NOW, HERE, declared, now=world.now) == due
    assert draws.due_day(BOOK, NOW, "510903", declared, now=world.now) == "2026-06-30"


# -- forms -----------------------------------------------------------------------------------------


async def handheld(world: World) -> pb.HandheldSheet:
    """Make a draw with one visit, a handheld for it, and return its sheet."""
    draw = Draw(
        "d", "0" * 64, "5104", "1" * 64, "inspection-ratios/CN-51/2020-11-27", NOW, 1, None,
        state=DrawState.PUBLISHED, visits=1, published=NOW,
    )  # fmt: skip
    visit = Inspection("d", CODE, "C", {"market": ("m-1", "m-2"), "fire": ("f-1",)})

    def use(tx: Any) -> None:
        tx.add_draw(draw, [])
        tx.add_inspections([visit])

    await world.transactor.write(use)
    made = Handheld("gw-1", "market", "m-1", PAIR.public_key, NOW)
    await world.write(handhelds.enter, made, "chief")
    found: pb.HandheldSheet = await world.transactor.read(
        handhelds.sheet_of, BOOK, made, now=world.now
    )
    return found


def form(sheet: pb.HandheldSheet, **fields: Any) -> pb.FilledForm:
    filled = pb.FilledForm(
        node=sheet.node,
        inspection=sheet.visits[0].inspection,
        department=sheet.department,
        badge=sheet.badge,
        rule_version=sheet.form.rule_version,
        outcome=draw_pb2.OUTCOME_NO_PROBLEM,
        find_time_us=int(NOW.timestamp() * 1e6),
    )
    for each in sheet.form.items:
        filled.items.add(item=each.item, answer=pb.FORM_ANSWER_PASS)
    filled.MergeFrom(pb.FilledForm(**fields))
    return filled


async def test_a_form_is_a_finding_once_and_the_visit_leaves_the_sheet(world: World) -> None:
    sheet = await handheld(world)
    [visit] = sheet.visits
    assert list(visit.inspectors) == ["fire/f-1", "market/m-1", "market/m-2"]
    signed = inspection_form.signed(form(sheet), PAIR)
    first = await world.write(handhelds.take_form, BOOK, "gw-1", signed)
    second = await world.write(handhelds.take_form, BOOK, "gw-1", signed)
    assert second == first
    [finding] = first.findings
    assert finding.form_sha256 == inspection_form.digest(signed)
    assert len(finding.matters) == 4
    again = await world.transactor.read(lambda tx: tx.forms_of("d", CODE))
    assert [each.form for each in again] == [signed.form]
    known = await world.transactor.read(lambda tx: tx.handheld("gw-1"))
    left = await world.transactor.read(handhelds.sheet_of, BOOK, known, now=NOW)
    assert list(left.visits) == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"node": "gw-2"}, "FORM_OF_ANOTHER", id="node"),
        pytest.param({"badge": "m-2"}, "FORM_OF_ANOTHER", id="badge"),
        pytest.param({"rule_version": "clue-terms/CN-51/2020-11-27"}, "FORM_OTHER", id="no-form"),
        pytest.param({"rule_version": "x"}, "FORM_OTHER", id="no-rule"),
        pytest.param({"outcome": draw_pb2.OUTCOME_CASE_OPENED}, "FORM_OUTCOME_WRONG", id="outcome"),
        pytest.param({"find_time_us": 1 << 62}, "FORM_TIME", id="time"),
    ],
)
async def test_a_form_that_does_not_fit_is_refused(
    world: World, fields: dict[str, Any], why: str
) -> None:
    sheet = await handheld(world)
    signed = inspection_form.signed(form(sheet, **fields), PAIR)
    with pytest.raises(FormRefused) as refused:
        await world.write(handhelds.take_form, BOOK, "gw-1", signed)
    assert refused.value.metadata["why"] == why


async def test_a_lost_handheld_and_a_resting_place_are_refused(world: World) -> None:
    sheet = await handheld(world)
    signed = inspection_form.signed(form(sheet), PAIR)
    await world.write(emergencies.declare, BOOK, "quake", (HERE,), "order 1", "chief")
    with pytest.raises(InspectionsSuspended):
        await world.write(handhelds.take_form, BOOK, "gw-1", signed)
    await world.write(emergencies.end, "quake", State.CANCELLED, "chief")
    await world.write(handhelds.retire, "gw-1", "chief")
    for node in ("gw-1", "gw-9"):
        with pytest.raises(HandheldRefused):
            await world.write(handhelds.take_form, BOOK, node, signed)
