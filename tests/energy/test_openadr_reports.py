"""What VENs report: corrected, withdrawn, and never more than what can have been used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.energy.model.openadr_access import Kind
from services.energy.store.transaction import Transactor
from services.energy.usecases import demand_response, openadr, settlement
from services.energy.usecases.desk import RuleDesk
from services.energy.usecases.openadr_programs import UsageImpossible, UsageOfTheFuture
from tests.energy.openadr_world import BEGIN, CLIENTS, DAY, VEN, World

pytestmark = pytest.mark.integration

LATER = BEGIN + DAY


@pytest.fixture
async def world(transactor: Transactor, desk: RuleDesk) -> World:
    made = World(transactor, desk)
    await made.begin()
    return made


async def usage(world: World) -> dict[int, float]:
    def read(tx: Any) -> dict[int, float]:
        low = settlement._slot(world.desk, BEGIN)
        found = tx.reported_usage("plant", low, low + 96)
        return {slot - low: kwh for slot, kwh, _ in found}

    found: dict[int, float] = await world.transactor.read(read)
    return found


async def test_a_correction_that_is_withdrawn_leaves_what_was_said_before(world: World) -> None:
    first = await world.report(BEGIN, [5.0, 6.0], LATER)
    second = await world.report(BEGIN, [7.0], LATER + timedelta(hours=1))
    assert await usage(world) == {0: 7.0, 1: 6.0}
    await world.transactor.write(
        openadr.delete, world.desk, CLIENTS, VEN, Kind.REPORT, second, now=LATER
    )
    assert await usage(world) == {0: 5.0, 1: 6.0}
    await world.transactor.write(
        openadr.delete, world.desk, CLIENTS, VEN, Kind.REPORT, first, now=LATER
    )
    assert await usage(world) == {}


async def test_a_correction_that_says_less_leaves_what_was_said_before(world: World) -> None:
    await world.report(BEGIN, [5.0, 6.0], LATER)
    second = await world.report(BEGIN, [7.0, 8.0], LATER + timedelta(hours=1))
    await world.change_report(second, BEGIN, [9.0], LATER + timedelta(hours=2))
    assert await usage(world) == {0: 9.0, 1: 6.0}


async def test_what_a_changed_report_no_longer_says_is_not_shown(world: World) -> None:
    name = f"demandResponseEvents/{world.event}"
    report = await world.report(BEGIN, [5.0], LATER, "site", "annex")

    def count(tx: Any) -> int:
        return len(tx.documents(demand_response.REPORT, name, "", 100))

    assert await world.transactor.read(count) == 2
    await world.change_report(report, BEGIN, [5.0], LATER)
    assert await world.transactor.read(count) == 1


@pytest.mark.parametrize("kwh", [-0.001, 1.1e9])
async def test_energy_that_nobody_uses_is_refused(world: World, kwh: float) -> None:
    with pytest.raises(UsageImpossible):
        await world.report(BEGIN, [kwh], LATER)


async def test_what_will_be_used_is_refused(world: World) -> None:
    with pytest.raises(UsageOfTheFuture):
        await world.report(BEGIN, [1.0, 1.0], BEGIN + timedelta(minutes=20))
    await world.report(BEGIN, [1.0, 1.0], BEGIN + timedelta(minutes=26))
