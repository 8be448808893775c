"""Disasters that overlap: no day counts twice, and none that was taken back counts at all."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.model import emergencies as model
from services.credit_supervision.model.clues import Source
from services.credit_supervision.model.clues import State as ClueState
from services.credit_supervision.model.emergencies import Emergency, Rest, State
from services.credit_supervision.model.records import Kind, Lineage, Record, Severity
from services.credit_supervision.model.register import Entity, RiskClass
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import clues, emergencies, objections, records
from services.credit_supervision.usecases.clues import Report
from services.credit_supervision.usecases.emergencies import Told
from services.plumbing.rules import day_of
from tests.support.credit import BOOK
from tests.support.credit_process import entity_code

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
HERE, THERE = "510402", "510903"
BASE = date(2026, 6, 30)
HOURS = 24 * 60

periods = st.tuples(
    st.integers(0, 24 * 50),
    st.none() | st.integers(0, 24 * 40),
    st.sampled_from([0, 3, 15]),
    st.booleans(),
)


def rest(name: str, period: tuple[int, int | None, int, bool]) -> Rest:
    since, lasted, days, is_void = period
    began = NOW + timedelta(hours=since)
    if lasted is None:
        return Rest(name, BASE, began, days)
    state = State.CANCELLED if is_void else State.ENDED
    return Rest(name, BASE, began, days, state, began + timedelta(hours=lasted))


def by_the_hour(rests: list[Rest]) -> date:
    """Count hours of rest one by one, as nobody would who had a calendar."""
    off, due = 0, BASE
    for hour in range(HOURS * 2):
        at = NOW + timedelta(hours=hour)
        held = [e for e in rests if e.state is not State.CANCELLED and e.since <= at < e.until]
        # One that begins when the deadline has run out is none of its.
        fresh = all(e.since > at - timedelta(hours=1) for e in held)
        if held and fresh and day_of(at) > due:
            break
        off += bool(held)
        due = BASE + timedelta(days=-(-off // 24))
    return due


@given(st.lists(periods, max_size=5))
def test_a_deadline_is_later_by_the_union_of_its_disasters(
    found: list[tuple[int, int | None, int, bool]],
) -> None:
    rests = [rest(f"e-{number}", each) for number, each in enumerate(found)]
    due = model.put_off(BASE, rests)

    assert due == by_the_hour(rests)
    for order in itertools.islice(itertools.permutations(rests), 24):
        assert model.put_off(BASE, order) == due
    standing = [each for each in rests if each.state is not State.CANCELLED]
    assert model.put_off(BASE, standing) == due


@given(st.lists(periods, max_size=5), st.integers(0, HOURS))
def test_visits_rest_for_the_union_of_the_disasters(
    found: list[tuple[int, int | None, int, bool]], since: int
) -> None:
    held = [rest(f"e-{number}", each) for number, each in enumerate(found)]
    declared = [
        Emergency(e.emergency_id, (HERE,), "g", "", e.since, "v", e.state, e.ended) for e in held
    ]
    began, now = NOW + timedelta(hours=since), NOW + timedelta(hours=HOURS * 2)
    resting = sum(
        any(each.covers(HERE, began + timedelta(hours=hour)) for each in declared)
        for hour in range(HOURS * 2 - since)
    )

    assert model.days_rested(declared, HERE, began, now) == -(-resting // 24)
    assert model.days_rested(declared, THERE, began, now) == 0


# -- on a real PostgreSQL --------------------------------------------------------------------------


@dataclass
class World:
    """Use cases at a time: the same clue and objection in either county."""

    transactor: Transactor
    now: datetime = NOW

    async def write(self, use: Any, *arguments: Any) -> Any:
        return await self.transactor.deliver(use, *arguments, now=self.now)

    async def begin(self) -> None:
        places = {1: HERE, 2: THERE}
        made = [Entity(entity_code(n), "x", place, RiskClass.B) for n, place in places.items()]
        await self.transactor.write(lambda tx: tx.put_entities(made, self.now))
        for number in places:
            lineage, day = Lineage("market", f"p-{number}"), date(2026, 5, 4)
            record = Record(
                f"p-{number}", entity_code(number), Kind.PENALTY, day, "unlicensed", lineage,
                (Severity.GENERAL,),
            )  # fmt: skip
            await self.write(records.enter, BOOK, record, "clerk")

    async def ask(self, name: str) -> None:
        for number, place in ((1, HERE), (2, THERE)):
            told = Report(
                f"c-{name}-{number}", Source.COMPLAINT, entity_code(number), name, place, ()
            )
            await self.write(clues.report, BOOK, told, "clerk")
            by = (f"o-{name}-{number}", f"p-{number}", "wrong", (), "company")
            await self.write(objections.raise_objection, BOOK, *by)

    async def dues(self, name: str, number: int) -> tuple[date, date]:
        def use(tx: Any) -> tuple[date, date]:
            key = f"{name}-{number}"
            return tx.clue(f"c-{key}").due, tx.objection(f"o-{key}").decide_by

        found: tuple[date, date] = await self.transactor.read(use)
        return found


@pytest.mark.integration
@pytest.mark.parametrize("seed", range(6))
async def test_what_is_taken_back_leaves_what_the_others_alone_give(
    transactor: Transactor, seed: int
) -> None:
    """All disasters strike one county; the other is spared those that are taken back later."""
    chance, world = random.Random(seed), World(transactor)
    await world.begin()
    what: list[tuple[datetime, str, str, State]] = []
    for number in range(4):
        began = NOW + timedelta(hours=chance.randrange(24 * 8))
        over = began + timedelta(hours=chance.randrange(1, 24 * 20))
        state = chance.choice([State.ENDED, State.CANCELLED])
        what += [(began, "begin", f"e-{number}", state), (over, "end", f"e-{number}", state)]
    asked = NOW + timedelta(hours=chance.randrange(24 * 8))
    what += [(NOW, "ask", "early", State.ACTIVE), (asked, "ask", "late", State.ACTIVE)]
    for world.now, step, name, state in sorted(what):
        if step == "ask":
            await world.ask(name)
            continue
        places = {HERE: name} if state is State.CANCELLED else {HERE: name, THERE: f"{name}-also"}
        for place, emergency in places.items():
            if step == "begin":
                await world.write(emergencies.declare, BOOK, emergency, (place,), "order", "chief")
            else:
                await world.write(emergencies.end, emergency, state, "chief")

    for name in ("early", "late"):
        assert await world.dues(name, 1) == await world.dues(name, 2)


@pytest.mark.integration
async def test_of_two_disasters_at_once_neither_end_leaves_days_behind(
    transactor: Transactor,
) -> None:
    world = World(transactor)
    await world.begin()
    await world.ask("x")
    before = await world.dues("x", 1)
    for name in ("a", "b"):
        await world.write(emergencies.declare, BOOK, name, (HERE,), "order", "chief")
        world.now += timedelta(minutes=1)
    both = await world.dues("x", 1)
    await world.write(emergencies.end, "a", State.CANCELLED, "chief")
    one = await world.dues("x", 1)
    await world.write(emergencies.end, "b", State.CANCELLED, "chief")

    assert one == tuple(each + timedelta(days=15) for each in before)
    assert both == tuple(each + timedelta(days=16) for each in before)  # begun a minute later
    assert await world.dues("x", 1) == before


@pytest.mark.integration
async def test_gouging_is_put_off_by_no_disaster(transactor: Transactor) -> None:
    world = World(transactor)
    told = Report("g-1", Source.COMPLAINT, entity_code(1), "price-gouging", HERE, ())
    before = await world.write(clues.report, BOOK, told, "clerk")
    made = await world.write(emergencies.declare, BOOK, "quake", (HERE,), "order", "chief")
    after = await transactor.read(lambda tx: tx.clue("g-1"))

    assert (after.due, made.clues) == (before.due, 0)
    accepted = await world.write(clues.advance, BOOK, "g-1", ClueState.ACCEPTED, "", None, "clerk")
    assert accepted.due == date(2026, 6, 8)
    other = replace(told, report_id="n-1", matter="noise")
    assert (await world.write(clues.report, BOOK, other, "clerk")).due == date(2026, 6, 17)


@pytest.mark.integration
async def test_warnings_with_long_ids_declare_each_its_own_emergency(
    transactor: Transactor,
) -> None:
    world = World(transactor)
    first, second = (f"{'very-long-' * 5}of-station-{n}" for n in (1, 2))
    old = f"warning-{first}"[:63]
    red = ((HERE, "RED"),)
    for warning in (first, second):
        told = Told(warning, red, NOW + timedelta(hours=3))
        made = await world.write(emergencies.warned, BOOK, told)
        assert made.warning == warning
        assert len(made.emergency_id) <= 63
        assert made.emergency_id != old
        again = await world.write(emergencies.warned, BOOK, told)
        assert again == made

    over = await world.write(emergencies.warning_over, first, State.ENDED)

    assert over.warning == first
    running = await transactor.read(lambda tx: tx.emergencies(State.ACTIVE))
    assert [each.warning for each in running] == [second]


@pytest.mark.integration
async def test_what_a_long_warning_declared_under_its_cut_id_ends_with_it(
    transactor: Transactor,
) -> None:
    world = World(transactor)
    warning = f"{'very-long-' * 5}of-station-1"
    cut = f"warning-{warning}"[:63]
    before = Emergency(cut, (HERE,), f"warnings/{warning}", warning, NOW, "emergency-measures/x")
    await transactor.write(lambda tx: tx.put_emergency(before))

    over = await world.write(emergencies.warning_over, warning, State.CANCELLED)

    assert (over.emergency_id, over.state) == (cut, State.CANCELLED)
