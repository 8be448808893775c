"""Signals, statistics, emergencies, recognitions and history on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.credit_supervision.model import signals as signal_model
from services.credit_supervision.model.clues import Outcome as Found
from services.credit_supervision.model.clues import Source
from services.credit_supervision.model.clues import State as ClueState
from services.credit_supervision.model.draws import Draw, Finding, Inspection, Outcome
from services.credit_supervision.model.draws import State as DrawState
from services.credit_supervision.model.emergencies import State
from services.credit_supervision.model.grades import GradeRow
from services.credit_supervision.model.recognition import Outcome as Recognised
from services.credit_supervision.model.recognition import Step
from services.credit_supervision.model.records import Kind, Lineage, Record, Severity
from services.credit_supervision.model.register import Entity, RiskClass, Row, Sorted
from services.credit_supervision.model.successions import Succession, SuccessionKind
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import (
    clues,
    draws,
    emergencies,
    objections,
    records,
    register,
    signals,
)
from services.credit_supervision.usecases.clues import Report
from services.credit_supervision.usecases.emergencies import Told
from services.credit_supervision.usecases.refused import (
    EmergencyReserved,
    InspectionsSuspended,
    StepRefused,
    SuccessionInvalid,
)
from services.credit_supervision.usecases.register import Purpose
from tests.support.credit import BOOK, result
from tests.support.credit_process import entity_code

pytestmark = pytest.mark.integration

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
WHY = Purpose("officer", "inspection-planning", "market-regulation-law-32")
HERE, THERE = "510402", "510903"


class World:
    """Use cases at a time."""

    def __init__(self, transactor: Transactor) -> None:
        self.transactor = transactor
        self.now = NOW

    async def write(self, use: Any, *arguments: Any) -> Any:
        return await self.transactor.deliver(use, *arguments, now=self.now)

    async def read(self, use: Any) -> Any:
        return await self.transactor.read(use)

    async def put(self, *entities: Entity) -> None:
        await self.transactor.write(lambda tx: tx.put_entities(entities, self.now))

    async def clue(
        self, report_id: str, place: str = HERE, matter: str = "noise", number: int = 1
    ) -> Any:
        told = Report(report_id, Source.COMPLAINT, entity_code(number), matter, place, ())
        return await self.write(clues.report, BOOK, told, "clerk")

    async def due(self, clue_id: str) -> date:
        found: date = (await self.read(lambda tx: tx.clue(clue_id))).due
        return found


def entity(number: int, place: str = HERE, risk_class: RiskClass = RiskClass.B) -> Entity:
    return Entity(entity_code(number), f"合成企业{number}", place, risk_class)


@pytest.fixture
async def world(transactor: Transactor) -> World:
    return World(transactor)


# -- emergencies -----------------------------------------------------------------------------------


def told(*colours: tuple[str, str], hours: int = 6) -> Told:
    return Told("w-1", colours, NOW + timedelta(hours=hours))


async def test_a_red_warning_puts_deadlines_off_and_its_end_gives_the_days_back(
    world: World,
) -> None:
    for report, place in (("r-1", HERE), ("r-2", THERE), ("r-3", HERE)):
        await world.clue(report, place, f"matter-{report}")
    before = {each: await world.due(each) for each in ("r-1", "r-2", "r-3")}
    assert await world.write(emergencies.warned, BOOK, told((HERE, "ORANGE"))) is None
    made = await world.write(emergencies.warned, BOOK, told((HERE, "RED"), (THERE, "YELLOW")))
    again = await world.write(emergencies.warned, BOOK, told((HERE, "RED")))

    assert (made.places, made.clues) == ((HERE,), 2)
    assert again == made
    assert await world.due("r-1") == before["r-1"] + timedelta(days=15)
    assert await world.due("r-2") == before["r-2"]
    grown = await world.write(emergencies.warned, BOOK, told((HERE, "RED"), (THERE, "RED")))
    assert grown.places == (HERE, THERE)
    assert await world.due("r-2") == before["r-2"] + timedelta(days=15)

    world.now += timedelta(hours=3)
    moved = await world.write(
        clues.advance, BOOK, "r-3", ClueState.ACCEPTED, "", None, "clerk"
    )  # its new deadline is put off as well
    assert moved.due == date(2026, 6, 8) + timedelta(days=15)
    assert (await world.clue("r-4")).due == before["r-1"] + timedelta(days=15)
    world.now += timedelta(hours=30)
    over = await world.write(emergencies.warning_over, "w-1", State.ENDED)
    assert over.state is State.ENDED
    assert await world.write(emergencies.warning_over, "w-1", State.ENDED) == over
    # It lasted a day and nine hours: two days were begun, and thirteen are given back.
    assert await world.due("r-1") == before["r-1"] + timedelta(days=2)
    assert await world.due("r-3") == date(2026, 6, 10)
    assert await world.due("r-4") == before["r-1"] + timedelta(days=2)


async def test_a_warning_taken_back_leaves_nothing_and_one_that_is_over_declares_nothing(
    world: World,
) -> None:
    await world.clue("r-1")
    before = await world.due("r-1")
    await world.write(emergencies.warned, BOOK, told((HERE, "RED")))
    world.now += timedelta(seconds=30)
    await world.write(emergencies.warning_over, "w-1", State.CANCELLED)
    assert await world.due("r-1") == before
    late = Told("w-2", ((HERE, "RED"),), world.now)
    assert await world.write(emergencies.warned, BOOK, late) is None


async def test_inspections_rest_and_gouging_is_looked_at_the_same_day(world: World) -> None:
    await world.put(entity(1), entity(2, THERE))
    visits = [Inspection("d", entity_code(n), "B", {"market": ("m-1",)}, ()) for n in (1, 2)]
    await world.transactor.write(lambda tx: tx.add_inspections(visits))
    assert (await world.clue("r-0", HERE, "price-gouging")).due == date(2026, 6, 2)
    made = await world.write(
        emergencies.declare, BOOK, "quake", (HERE,), "provincial order 1", "chief"
    )

    def finding(at: datetime, *matters: str) -> Finding:
        return Finding("market", "m-1", Outcome.NO_PROBLEM, matters, "a" * 64, at)

    async def report(number: int, found: Finding) -> Any:
        return await world.write(draws.report, BOOK, "d", entity_code(number), found, "m-1")

    world.now += timedelta(hours=2)
    with pytest.raises(InspectionsSuspended):
        await report(1, finding(world.now, "licence"))
    await report(2, finding(world.now, "licence"))  # another county
    await report(1, finding(NOW - timedelta(hours=1), "licence"))  # found before, sent after
    urgent = await world.clue("r-1", HERE, "false-charity")
    assert urgent.due == date(2026, 6, 1)
    assert urgent.version.startswith("emergency-measures/")
    elsewhere = await world.clue("r-2", THERE, "false-charity", 2)
    assert elsewhere.version.startswith("clue-terms/")
    await world.write(emergencies.end, "quake", State.ENDED, "chief")
    assert made.version == urgent.version
    assert (await world.clue("r-3", HERE, "false-charity", 3)).version.startswith("clue-terms/")


@pytest.mark.parametrize(
    "found", [NOW - timedelta(hours=1), NOW + timedelta(days=2), datetime(1970, 1, 1, tzinfo=UTC)]
)
async def test_a_finding_is_of_after_the_draw_and_before_its_report(
    world: World, found: datetime
) -> None:
    drawn = Draw(
        "d", "f" * 64, "51", "a" * 64, "inspection-ratios/CN-51/2026-01-01", NOW, 1, None,
        state=DrawState.PUBLISHED, published=NOW,
    )  # fmt: skip
    sent = Inspection("d", entity_code(1), "B", {"market": ("m-1",)})

    def publish(tx: Any, *, now: datetime) -> None:
        del now
        tx.add_draw(drawn, [])
        tx.add_inspections([sent])

    await world.write(publish)
    world.now += timedelta(days=1)
    told = Finding("market", "m-1", Outcome.NO_PROBLEM, ("licence",), "a" * 64, found)

    with pytest.raises(draws.FindingUntimely):
        await world.write(draws.report, BOOK, "d", entity_code(1), told, "m-1")
    soon = replace(told, found=NOW + timedelta(hours=1))
    await world.write(draws.report, BOOK, "d", entity_code(1), soon, "m-1")


# -- signals ---------------------------------------------------------------------------------------


def penalty(record_id: str, severity: Severity = Severity.GENERAL, **fields: Any) -> Record:
    record = Record(
        record_id,
        entity_code(1),
        Kind.PENALTY,
        date(2026, 5, 4),
        "unlicensed-trade",
        Lineage("market", record_id),
        (severity,),
    )
    return replace(record, **fields)


async def test_a_signal_says_what_it_was_counted_from_and_what_would_mend_it(
    world: World,
) -> None:
    await world.put(entity(1))
    empty = await world.write(signals.of_entity, BOOK, entity_code(1), WHY)
    for record in (penalty("p-1"), penalty("p-2"), penalty("s-1", Severity.SERIOUS)):
        await world.write(records.enter, BOOK, record, "clerk")
    honour = penalty("h-1", kind=Kind.HONOUR, severities=())
    await world.write(records.enter, BOOK, honour, "clerk")
    await world.write(
        signals.import_grades,
        [GradeRow(1, entity_code(1), "B", "2026-01-01"), GradeRow(2, "x", "B", "2026-01-01")],
        "national",
        "a" * 64,
        "importer",
    )
    found = await world.write(signals.of_entity, BOOK, entity_code(1), WHY)

    assert empty.score == 600 + 10 + 5 + 5 + 0 + 5 + 5
    parts = {part.item: part for part in found.parts}
    assert parts["penalties_general"].counted.lineage == ("records/p-1", "records/p-2")
    assert parts["national_grade"].counted.value == 3
    assert found.score == 600 + sum(part.points for part in found.parts)
    worst = found.reasons[0]
    assert (worst.item, worst.loss, worst.better_from, worst.gain) == (
        "penalties_serious", 75.0, 1.0, 75.0,
    )  # fmt: skip
    await world.write(objections.raise_objection, BOOK, "o-1", "s-1", "not-ours", (), "company")
    frozen = await world.write(signals.of_entity, BOOK, entity_code(1), WHY)
    assert frozen.score == found.score + 75.0  # what is objected to counts for nothing
    assert await world.write(signals.of_entity, BOOK, entity_code(9), WHY) is None


async def test_a_signal_counts_founded_clues_and_none_of_who_looked(world: World) -> None:
    await world.put(entity(1))
    told = {"unfounded": Source.COMPLAINT, "founded": Source.SENSOR, "looks": Source.ACCESS_LOG}
    for name, source in told.items():
        await world.write(
            clues.report, BOOK, Report(name, source, entity_code(1), name, HERE, ()), "x"
        )
        for step in (ClueState.ACCEPTED, ClueState.INVESTIGATING):
            await world.write(clues.advance, BOOK, name, step, "", None, "inspector")
        outcome = Found.UNFOUNDED if name == "unfounded" else Found.FOUNDED
        by = (name, ClueState.RESULT, "seen on the spot", outcome, "inspector")
        await world.write(clues.advance, BOOK, *by)
    signal = await world.write(signals.of_entity, BOOK, entity_code(1), WHY)

    (part,) = (each for each in signal.parts if each.item == "clue_results")
    assert part.counted.lineage == ("clues/founded",)


@pytest.mark.parametrize("name", ["access-1", "monitor-1", "energy-1", "health-1"])
async def test_nobody_takes_the_id_of_a_lead_or_of_a_warnings_emergency(
    world: World, name: str
) -> None:
    taken = Report(name, Source.COMPLAINT, entity_code(1), "noise", HERE, ())
    with pytest.raises(clues.ReportReserved):
        await world.write(clues.take, BOOK, taken, "caller")
    with pytest.raises(clues.ReportReserved):
        await world.write(
            clues.take, BOOK, replace(taken, report_id="x", source=Source.ACCESS_LOG), "caller"
        )
    with pytest.raises(EmergencyReserved):
        await world.write(emergencies.declare, BOOK, "warning-w-1", (HERE,), "order", "chief")


async def test_drift_is_told_of_once_a_month(world: World) -> None:
    card, _ = signals.scorecard_of(BOOK, "german-credit-example", NOW)
    usual = [{"duration_in_month": float(n % 48 + 4)} for n in range(150)]
    await world.write(signals.of_rows, BOOK, "german-credit-example", usual, "bank")
    levels, version = await world.write(signals.stability, BOOK, "german-credit-example", "")
    assert version == card.version
    assert {each.level for each in levels} == {"TOO_FEW"}
    longer = [{"duration_in_month": 60.0}] * 300
    await world.write(signals.of_rows, BOOK, "german-credit-example", longer, "bank")
    assert await world.write(signals.tell_drift, BOOK) > 0
    assert await world.write(signals.tell_drift, BOOK) == 0
    levels, _ = await world.write(signals.stability, BOOK, "german-credit-example", "2026-06")
    duration = next(each for each in levels if each.item == "duration_in_month")
    assert (duration.level, duration.total) == ("ALARM", 450)
    assert duration.reference.shares == card.items[1].expected
    counts = await world.read(lambda tx: tx.bins_until(version, "2026-06"))
    assert sum(counts["2026-06"]["duration_in_month"].values()) == 450
    assert signal_model.VALUES_MIN == 200


async def test_an_experts_table_is_compared_with_its_first_month_of_enough(world: World) -> None:
    async def score(count: int, penalties: float) -> None:
        rows = [{"penalties_general": penalties}] * count
        await world.write(signals.of_rows, BOOK, "local-risk", rows, "planner")

    async def look() -> Any:
        found, _ = await world.write(signals.stability, BOOK, "local-risk", "")
        return next(each for each in found if each.item == "penalties_general")

    await score(199, 9.0)  # too few for a reference
    world.now = datetime(2026, 7, 1, 2, tzinfo=UTC)
    await score(150, 0.0)
    await score(50, 1.0)
    first = await look()
    assert (first.level, first.total, first.reference.shares) == ("TOO_FEW", 200, ())
    assert await world.write(signals.tell_drift, BOOK) == 0
    world.now = datetime(2026, 8, 1, 2, tzinfo=UTC)
    await score(300, 0.0)
    await score(100, 1.0)
    same = await look()
    assert (same.level, same.reference) == ("STABLE", ((0.75, 0.25, 0.0, 0.0, 0.0), "2026-07"))
    assert same.index == pytest.approx(0.0, abs=1e-3)
    await score(400, 4.0)
    other = await look()
    assert (other.level, other.reference) == ("ALARM", same.reference)
    assert await world.write(signals.tell_drift, BOOK) == 1


# -- statistics ------------------------------------------------------------------------------------


async def test_no_difference_of_two_tables_tells_of_fewer_than_five(world: World) -> None:
    """Somebody asks after every single entity that comes, and subtracts whatever can be."""
    tables = [dict(await world.transactor.write(signals.count_entities))]
    for number in range(40):
        place = ("510402", "510903", "512002")[number % 3]
        await world.put(entity(number, place, RiskClass(number % 5 % 4 + 1)))
        tables.append(dict(await world.transactor.write(signals.count_entities)))

    def seen(table: dict[tuple[str, str], int | None]) -> dict[Any, int | None]:
        """Return what can be read or added up: cells, rows, columns, the whole."""
        found: dict[Any, int | None] = dict(table)
        for axis in (0, 1):
            for name in {cell[axis] for cell in table}:
                line = [count for cell, count in table.items() if cell[axis] == name]
                found[axis, name] = sum(count or 0 for count in line)
        found["all"] = sum(count or 0 for count in table.values())
        return found

    views = [seen(table) for table in tables]
    assert any(count for count in tables[-1].values())
    for earlier, later in itertools.combinations(views, 2):
        for what in earlier.keys() & later.keys():
            one, other = earlier[what], later[what]
            if one is not None and other is not None:
                assert one == other or abs(one - other) >= 5, what
    assert all(count is None or count >= 5 for table in tables for count in table.values())


async def test_looking_often_at_one_entity_is_a_lead_that_names_nobody(world: World) -> None:
    await world.put(entity(1))
    rule = BOOK.in_force("access-watch", "CN-51", NOW)

    async def look(person: str) -> Any:
        why = Purpose(person, "inspection-planning", "law")
        await world.write(register.get_entity, entity_code(1), why)
        return await world.write(register.watch_access, rule, entity_code(1), why)

    found = [await look("curious") for _ in range(20)]
    assert found[:19] == [None] * 19
    assert await look("other") is None
    lead = found[19]
    assert (lead.source, lead.matter) == (Source.ACCESS_LOG, "unusual-access")
    assert "curious" not in str(lead)
    assert (await look("curious")).report_id == lead.report_id
    world.now += timedelta(hours=25)
    assert await look("curious") is None


# -- recognition and history -----------------------------------------------------------------------


async def test_a_recognition_is_decided_once_and_never_of_ones_own(world: World) -> None:
    asked = (result(), "market", "510903")
    made = await world.write(signals.recognise, BOOK, "x-1", *asked, "", "clerk")
    assert await world.write(signals.recognise, BOOK, "x-1", *asked, "", "clerk") == made
    assert await world.read(lambda tx: tx.recognition("x-1")) == made
    repeat = await world.write(
        signals.recognise, BOOK, "x-2", *asked, "smell reported since", "clerk"
    )
    assert (repeat.outcome, repeat.step) == (Recognised.REPEAT_ALLOWED, Step.EXCEPTION)
    with pytest.raises(StepRefused):
        await world.write(
            signals.recognise, BOOK, "x-3", result(), "ecology", "510402", "", "clerk"
        )


async def test_mergers_and_splits_are_a_history_without_circles(world: World) -> None:
    await world.put(*(entity(n) for n in range(4)))

    def step(name: str, one: int, other: int, kind: SuccessionKind, day: date) -> Succession:
        return Succession(name, entity_code(one), entity_code(other), kind, day, "a" * 64)

    first = step("s-1", 0, 1, SuccessionKind.SPLIT, date(2024, 1, 1))
    second = step("s-2", 1, 2, SuccessionKind.MERGER, date(2025, 1, 1))
    for made in (first, second, second):
        await world.write(signals.succeed, made, "clerk")
    back = step("s-3", 2, 1, SuccessionKind.MERGER, date(2025, 6, 1))
    with pytest.raises(SuccessionInvalid, match="circle"):
        await world.write(signals.succeed, back, "clerk")
    late = step("s-4", 1, 3, SuccessionKind.MERGER, date(2025, 6, 1))
    with pytest.raises(SuccessionInvalid, match="had ended"):
        await world.write(signals.succeed, late, "clerk")
    assert await world.read(lambda tx: tx.history(entity_code(2))) == [first, second]
    gone = await world.read(lambda tx: tx.entity(entity_code(1)))
    assert gone[0].successor == entity_code(2)
    listed = await world.read(lambda tx: [code for code, _ in tx.strata("5104")])
    assert entity_code(1) not in listed
    assert entity_code(0) in listed  # after a split it goes on
    rows = await world.read(
        lambda tx: tx.connection.execute(sa.text("SELECT count(*) FROM successions")).scalar_one()
    )
    assert rows == 2


def row(line: int, number: int, successor: int | None = None) -> Row:
    after = "" if successor is None else entity_code(successor)
    return Row(line, entity_code(number), f"合成企业{number}", HERE, "B", after)


async def imported(world: World, *rows: Row) -> list[tuple[int, str]]:
    write = world.transactor.write
    found: Sorted = await write(register.import_rows, rows, "importer", now=world.now)
    assert len(found.entities) + len(found.faults) == len(rows)
    return [(each.line, each.reason) for each in found.faults]


async def test_an_import_undoes_no_merger_and_closes_no_circle(world: World) -> None:
    await world.put(*(entity(number) for number in range(1, 7)))
    day = date(2026, 1, 1)
    for name, after, kind in (
        ("s-1", 2, SuccessionKind.MERGER), ("s-2", 4, SuccessionKind.DIVISION),
        ("s-3", 5, SuccessionKind.DIVISION),
    ):  # fmt: skip
        before = 1 if kind is SuccessionKind.MERGER else 3
        made = Succession(name, entity_code(before), entity_code(after), kind, day, "a" * 64)
        await world.write(signals.succeed, made, "clerk")

    undone = await imported(world, row(2, 1), row(3, 3, 6), row(4, 3), row(5, 6))
    kept = await imported(world, row(2, 1, 2), row(3, 3, 4), row(4, 3, 5))
    circles = await imported(
        world,
        row(2, 4, 3),  # over a document
        row(3, 5, 3),  # over a division's document, which the register shows another part of
        row(4, 6, 2),
        row(5, 7, 6),
        row(6, 2, 7),  # over rows before it
        row(7, 8, 9),
        row(8, 9, 8),
    )
    roster = await world.read(lambda tx: [code for code, _ in tx.strata("51")])

    assert undone == [(2, "SUCCESSION_UNDONE"), (3, "SUCCESSION_UNDONE"), (4, "CODE_TWICE")]
    assert kept == [(4, "CODE_TWICE")]
    assert circles == [(n, "SUCCESSOR_CIRCLE") for n in (2, 3, 6, 8)]
    assert sorted(roster) == sorted(entity_code(number) for number in (2, 4, 5))
    # What the register alone says can be corrected by it, and bars a merger backwards.
    assert await imported(world, row(2, 7), row(3, 6, 2)) == []
    back = Succession("s-4", entity_code(2), entity_code(6), SuccessionKind.MERGER, day, "a" * 64)
    with pytest.raises(SuccessionInvalid, match="circle"):
        await world.write(signals.succeed, back, "clerk")


async def test_two_imports_at_once_close_no_circle(world: World) -> None:
    await world.put(*(entity(number) for number in range(20)))
    pairs = [(number, number + 1) for number in range(0, 20, 2)]

    found = await asyncio.gather(
        *(imported(world, row(2, *pair)) for pair in pairs),
        *(imported(world, row(2, *reversed(pair))) for pair in pairs),
    )

    assert sorted(map(len, found)) == [0] * 10 + [1] * 10
