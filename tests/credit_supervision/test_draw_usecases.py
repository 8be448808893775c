"""Draws on a real PostgreSQL: nobody chooses between two of them, and nobody draws alone."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import nats.errors
import pytest

from services.credit_supervision.bus import sheets
from services.credit_supervision.model import draws as model
from services.credit_supervision.model.draws import (
    Draw,
    Finding,
    Inspection,
    Outcome,
    State,
    Weighting,
)
from services.credit_supervision.model.register import Entity, RiskClass
from services.credit_supervision.store import transaction
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import declarations, draws, handhelds
from services.credit_supervision.usecases.refused import SamePerson
from services.plumbing import audit
from services.plumbing.bell import Bell
from services.plumbing.clock import system_clock
from tests.support.credit import BOOK
from tests.support.credit_process import entity_code
from tianfu import inspection_beacon, inspection_draw
from tianfu.credit_supervision.v1 import handheld_pb2 as pb

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
RULES = declarations.Rules.in_force(BOOK, NOW)
NONCES = {"fire": b"f" * 32, "market": b"m" * 32}


def asked(
    draw_id: str = "d-1",
    place: str = "51",
    departments: tuple[str, ...] = ("fire", "market"),
    *,
    by_beacon: bool = False,
    conflict: str = "",
    weighting: Weighting = Weighting.EVEN,
) -> declarations.Asked:
    def committed(name: str) -> str:
        if by_beacon:
            return ""
        nonce = NONCES.get(name, b"x" * 32)
        return inspection_beacon.nonce_commitment(draw_id, name, nonce)

    conflicts = (conflict,) if conflict else ()
    teams = tuple(
        declarations.Team(name, 1, ((f"{name}-1", conflicts), (f"{name}-2", ())), committed(name))
        for name in departments
    )
    wanted = (draw_id, place, departments, by_beacon, weighting)
    digest = hashlib.sha256(repr(wanted).encode()).hexdigest()
    return declarations.Asked(draw_id, place, teams, digest, weighting)


class World:
    """Use cases at a time."""

    def __init__(self, transactor: Transactor) -> None:
        self.transactor = transactor
        self.now = NOW

    async def write(self, use: Any, *arguments: Any) -> Any:
        return await self.transactor.write(use, *arguments, now=self.now)

    async def declare(self, wanted: declarations.Asked, actor: str = "chief") -> Draw:
        """Declare a draw in the three steps in which the service does."""
        found = await self.transactor.read(draws.roster, wanted)
        if isinstance(found, Draw):
            return found
        written = declarations.write(wanted, found, RULES, actor, now=self.now)
        made: Draw = await self.write(draws.declare, wanted, written, actor)
        return made


@pytest.fixture
async def world(transactor: Transactor) -> World:
    made = [
        Entity(entity_code(n), f"合成企业{n}", ("510402", "510403")[n % 2], RiskClass(n % 4 + 1))
        for n in range(25)
    ]
    await transactor.write(lambda tx: tx.put_entities(made, NOW))
    return World(transactor)


pytestmark = pytest.mark.integration


@pytest.mark.parametrize("code", ["x\nentity 0 D 1000", "no such", "91510400204360956e"])
async def test_a_conflict_that_names_nobody_is_refused(world: World, code: str) -> None:
    with pytest.raises(declarations.DrawInvalid):
        await world.declare(asked(conflict=code))

    declared = await world.declare(asked(conflict="91510400204360956E"))
    assert declared.state is State.DECLARED


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        pytest.param(asked("d-2"), True, id="same"),
        pytest.param(asked("d-2", "5104"), True, id="part"),
        pytest.param(asked("d-2", departments=("market", "tax")), True, id="one-department"),
        pytest.param(asked("d-2", by_beacon=True), True, id="by-a-beacon"),
        pytest.param(asked("d-2", departments=("tax", "customs")), False, id="others"),
        pytest.param(asked("d-1"), False, id="again"),
    ],
)
async def test_while_a_draw_is_open_no_other_of_the_same_is_declared(
    world: World, other: declarations.Asked, is_refused: bool
) -> None:
    first = await world.declare(asked())
    assert first.departments == ("fire", "market")

    if is_refused:
        with pytest.raises(draws.DrawOpen) as refused:
            await world.declare(other)
        assert refused.value.metadata["draw"] == "d-1"
    else:
        assert (await world.declare(other)).state is State.DECLARED


async def test_of_draws_declared_at_once_one_is(world: World) -> None:
    found = await asyncio.gather(
        *(world.declare(asked(f"d-{n}", by_beacon=True)) for n in range(6)), return_exceptions=True
    )

    declared = [each for each in found if isinstance(each, Draw)]
    refused = [each for each in found if isinstance(each, draws.DrawOpen)]
    assert (len(declared), len(refused)) == (1, 5)


async def test_a_draw_by_a_beacon_becomes_void_for_a_reason_that_stays(world: World) -> None:
    await world.declare(asked(by_beacon=True), "chief")
    with pytest.raises(draws.VoidReasonMissing):
        await world.write(draws.void, "d-1", "  ", "chief")
    world.now += timedelta(hours=1)  # the round is made: its outcome can be known
    with pytest.raises(SamePerson):
        await world.write(draws.void, "d-1", "the roster was of last year", "chief")
    voided = await world.write(draws.void, "d-1", "the roster was of last year", "director")
    world.now += timedelta(hours=1)
    again = await world.write(draws.void, "d-1", "another reason", "director")

    assert (voided.state, voided.void_reason) == (State.VOID, "the roster was of last year")
    assert voided.voided == NOW + timedelta(hours=1)
    assert again == voided
    assert (await world.declare(asked("d-2", by_beacon=True))).state is State.DECLARED


async def test_before_its_round_who_declared_a_draw_may_end_it(world: World) -> None:
    await world.declare(asked(by_beacon=True), "chief")

    voided = await world.write(draws.void, "d-1", "a department withdrew", "chief")

    assert voided.void_reason == "a department withdrew"


async def test_departments_that_do_not_reveal_are_the_reason(world: World) -> None:
    await world.declare(asked())
    await world.write(draws.reveal, "d-1", "fire", NONCES["fire"], "wang")
    with pytest.raises(draws.DrawStateWrong):
        await world.write(draws.void, "d-1", "I would rather not", "chief")
    world.now += timedelta(days=2)

    voided = await world.write(draws.void, "d-1", "", "chief")

    assert (voided.named, voided.void_reason) == (("market",), "departments did not reveal")


async def test_a_person_reveals_for_one_department(world: World) -> None:
    await world.declare(asked())
    first = await world.write(draws.reveal, "d-1", "fire", NONCES["fire"], "chief")
    with pytest.raises(SamePerson):
        await world.write(draws.reveal, "d-1", "market", NONCES["market"], "chief")
    again = await world.write(draws.reveal, "d-1", "fire", NONCES["fire"], "chief")
    both = await world.write(draws.reveal, "d-1", "market", NONCES["market"], "li")

    assert again == first
    assert both.revealed_by == {"fire": "chief", "market": "li"}


async def test_who_took_a_proof_which_names_risk_classes_is_written_down(world: World) -> None:
    await world.declare(asked())
    with pytest.raises(draws.DrawStateWrong):
        await world.write(draws.proof, "d-1", "auditor")
    await world.write(draws.publish, "d-1", b"{}", (), "chief")

    assert await world.write(draws.proof, "d-1", "auditor") == b"{}"
    entries = await world.transactor.read(
        lambda tx: audit.of_resource(tx.connection, "draws/d-1", 10)
    )
    assert [(each.action, each.actor) for each in entries][:2] == [
        ("draws.proof", "auditor"), ("draws.publish", "chief"),
    ]  # fmt: skip


async def test_a_declaration_that_took_until_its_round_is_not_kept(world: World) -> None:
    wanted = asked(by_beacon=True)
    found = await world.transactor.read(draws.roster, wanted)
    written = declarations.write(wanted, found, RULES, "chief", now=world.now)
    world.now += timedelta(minutes=1)

    with pytest.raises(draws.DrawLate):
        await world.write(draws.declare, wanted, written, "chief")


async def test_a_roster_is_read_in_parts_and_one_that_is_too_large_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await world.transactor.read(lambda tx: tx.strata("51"))
    for size in (1, 5, 7, 25, 26):
        monkeypatch.setattr(transaction, "ENTITIES_AT_ONCE", size)
        assert await world.transactor.read(lambda tx: tx.strata("51")) == whole
    for most in (1, 24, 25, 26):
        counted = await world.transactor.read(lambda tx, most=most: tx.count_in("51", most))
        assert counted == min(most, len(whole))
    assert await world.transactor.read(lambda tx: tx.strata("50")) == []
    monkeypatch.setattr(draws, "ENTITIES_MAX", 24)
    with pytest.raises(draws.DrawTooLarge):
        await world.declare(asked())
    assert (await world.declare(asked(place="510402"))).entities == 13


@pytest.mark.parametrize(
    ("visited", "weight"),
    [
        (None, 5), ("2026-06-01", 1), ("2025-06-02", 1), ("2025-06-01", 2), ("2024-05-31", 3),
        ("2021-01-01", 5), ("1999-01-01", 5), ("2026-07-01", 1),
    ],
)  # fmt: skip
def test_the_weight_grows_with_the_whole_years_since_a_visit(
    visited: str | None, weight: int
) -> None:
    when = None if visited is None else datetime.fromisoformat(f"{visited}T04:00:00+00:00")

    assert model.weight(RULES.weights, when, NOW) == weight


async def test_who_was_not_visited_for_long_is_likelier_to_be_drawn(world: World) -> None:
    years_ago = {entity_code(0): 0, entity_code(1): 1, entity_code(2): 3}

    def visit(tx: Any) -> None:
        tx.add_inspections([Inspection("d-0", code, "A", {}) for code in years_ago])
        for code, years in years_ago.items():
            for past in (years, 9):  # the last visit counts
                found = NOW - timedelta(days=366 * past)
                department = f"of-{past}"
                finding = Finding(department, "b-1", Outcome.NO_PROBLEM, (), "0" * 64, found)
                tx.add_finding("d-0", code, finding)

    await world.transactor.write(visit)
    even = await world.declare(asked())
    await world.write(draws.publish, "d-1", b"{}", (), "chief")
    uneven = await world.declare(asked("d-2", weighting=Weighting.UNVISITED))

    kept = await world.transactor.read(lambda tx: tx.draw("d-2"))
    lines = await world.transactor.read(lambda tx: tx.declaration("d-2"))
    weights = {e.code: e.weight for e in inspection_draw.parse(lines).entities}
    told = {code: weights.pop(code) for code in years_ago}
    assert list(told.values()) == [1, 2, 4]
    assert set(weights.values()) == {5}
    assert (even.weighting, even.rule) == (Weighting.EVEN, RULES.ratios.version)
    assert kept == uneven
    assert uneven.rule == f"{RULES.ratios.version}:{RULES.weights.version}"


# -- sheets ----------------------------------------------------------------------------------------


def sheet_of(visits: int, inspectors: int) -> pb.HandheldSheet:
    sheet = pb.HandheldSheet(node="n", department="fire", badge="fire-1", public_key="U")
    sheet.form.items.add(item="exits", matter="fire-safety", question="?")
    for number in range(visits):
        sheet.visits.add(
            inspection=f"draws/d/inspections/{entity_code(number)}",
            inspectors=[f"department-{each}/{'b' * 50}" for each in range(inspectors)],
        )
    return sheet


@pytest.mark.parametrize("most", [100, 1_000, 50_000, 10**7])
def test_a_sheet_that_is_too_large_has_the_first_visits_and_says_so(most: int) -> None:
    whole = sheet_of(100, 20)

    made = handhelds.fitted(whole, most)

    assert made.ByteSize() <= max(most, sheet_of(0, 0).ByteSize() + 2)
    assert list(made.visits) == list(whole.visits)[: len(made.visits)]
    assert made.has_more_visits == (len(made.visits) < 100)
    assert made.form == whole.form
    if len(made.visits) < 100:
        one_more = sheet_of(len(made.visits) + 1, 20)
        assert one_more.ByteSize() > most * 0.9


class Link:
    """Takes sheets as a server does that has a bound."""

    max_bytes = 1_000

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def publish(self, subject: str, payload: bytes) -> None:
        if len(payload) > self.max_bytes:
            raise nats.errors.MaxPayloadError
        self.taken.append(subject)


async def test_a_sheet_that_is_not_taken_keeps_no_other_from_its_handheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = Link()
    monkeypatch.setattr(sheets, "jetstream", lambda found: found)
    pages = [[("a", b"x" * 2_000), ("b", b"x"), ("c", b"y")]]

    class Reader:
        async def read(self, *_: Any) -> list[tuple[str, bytes]]:
            return pages[0]

    writer: Any = sheets.SheetWriter(link, Reader(), BOOK, system_clock, Bell())  # type: ignore[arg-type]

    assert await writer.look() == 2
    assert [each.rpartition(".")[2] for each in link.taken] == ["b", "c"]
    assert await writer.look() == 0
    pages[0][0] = ("a", b"x")
    assert await writer.look() == 1
