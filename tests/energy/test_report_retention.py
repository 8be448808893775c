"""Reports go by rule and in bounded parts; what was settled stays as it was settled."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.energy.bus.checker import Checker
from services.energy.model.openadr_access import Kind
from services.energy.model.records import Document
from services.energy.model.report_retention import RETENTION_RULE, SHORTEST, kept
from services.energy.store.transaction import Transactor
from services.energy.usecases import demand_response, openadr, retention, settlement
from services.energy.usecases.desk import RuleDesk
from services.energy.usecases.openadr import ObjectUnknown
from services.plumbing.rules import InvalidRule
from tests.energy.openadr_world import BEGIN, BL, DAY, VEN, World
from tests.energy.shipped_rules import rule

pytestmark = pytest.mark.integration

KEPT = kept(rule(RETENTION_RULE))


@pytest.fixture
async def world(transactor: Transactor, desk: RuleDesk) -> World:
    made = World(transactor, desk)
    await made.begin()
    return made


async def reported(world: World) -> list[str]:
    """Report three weeks of 10 kWh a quarter of an hour, then 6 and 7: the event's own."""
    before = BEGIN - 21 * DAY
    return [
        await world.report(before, [10.0] * (96 * 21), BEGIN + timedelta(minutes=1)),
        await world.report(BEGIN, [6.0, 7.0], BEGIN + DAY),
    ]


async def test_reports_go_when_their_time_is_over_and_no_sooner(world: World) -> None:
    first, second = await reported(world)
    assert await world.left() == (2, 2, 96 * 21 + 2)
    assert await world.forget(BEGIN + KEPT) == retention.Forgotten()

    gone = await world.forget(BEGIN + KEPT + timedelta(minutes=2))
    assert (gone.reports, gone.rows, gone.is_all) == (2, 96 * 21, True)
    assert await world.left() == (1, 1, 2)
    with pytest.raises(ObjectUnknown):
        await world.transactor.read(openadr.get, VEN, Kind.REPORT, first)
    await world.transactor.read(openadr.get, VEN, Kind.REPORT, second)
    await world.transactor.read(openadr.get, BL, Kind.EVENT, world.event)


async def test_they_go_in_bounded_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 1_000)
    monkeypatch.setattr(retention, "REPORTS_AT_ONCE", 1)
    await reported(world)
    late = BEGIN + KEPT + 2 * DAY
    seen: list[retention.Forgotten] = []
    while not seen or not seen[-1].is_all:
        seen.append(await world.forget(late))
    assert [each.rows for each in seen] == [1_000, 1_000, 16, 2, 0]
    assert sum(each.reports for each in seen) == 4  # two, and their copies
    assert await world.left() == (0, 0, 0)


async def test_a_report_that_changes_is_kept_from_then_on(world: World) -> None:
    _, second = await reported(world)
    later = BEGIN + 30 * DAY
    await world.change_report(second, BEGIN, [5.0], later)
    await world.forget(BEGIN + KEPT + 2 * DAY)
    assert await world.left() == (1, 1, 1)
    await world.forget(later + KEPT + DAY)
    assert await world.left() == (0, 0, 0)


async def test_what_was_settled_stays_settled_when_its_reports_are_gone(world: World) -> None:
    await reported(world)
    settled = await world.settle(BEGIN + 2 * DAY)
    assert list(settled.shed_kwh) == pytest.approx([4, 3])
    # From the first day on which a report of the baseline may be gone, it is what it was.
    closed = BEGIN + KEPT - timedelta(days=settlement.LOOK_BACK_DAYS) + DAY
    await world.report(BEGIN, [1.0, 1.0], closed)
    assert await world.settle(closed) == settled
    await world.forget(BEGIN + KEPT + 2 * DAY)
    assert await world.settle(BEGIN + KEPT + 2 * DAY) == settled


async def test_what_was_never_settled_is_not_settled_by_half(world: World) -> None:
    await reported(world)
    with pytest.raises(settlement.ReportsForgotten):
        await world.settle(BEGIN + KEPT)


async def test_the_checker_forgets_and_counts(world: World) -> None:
    await reported(world)
    registry = CollectorRegistry()
    late = BEGIN + KEPT + 2 * DAY
    checker = Checker(world.transactor, world.desk, lambda: late, registry)
    await checker.round(asyncio.Event())
    assert await world.left() == (0, 0, 0)
    counted = [
        registry.get_sample_value("tianfu_energy_forgotten_total", {"what": what})
        for what in ("report", "usage")
    ]
    assert counted == [4, 96 * 21 + 2]


def test_a_rule_that_keeps_less_than_the_law_is_refused() -> None:
    shipped = rule(RETENTION_RULE)
    assert kept(shipped) >= SHORTEST
    with pytest.raises(InvalidRule):
        kept(replace(shipped, parameters={"reports": 179}))


async def test_all_events_settled_for_a_unit_are_found_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlement, "EVENTS_AT_ONCE", 2)
    body = b""

    def put(tx: Any) -> None:
        for number in range(5):
            name = f"demandResponseEvents/e-{number}"
            tx.add_document(demand_response.EVENT, "", Document(name, "", body), BEGIN)
            for unit in ("plant", "plant-2"):
                settled = Document(f"{name}/units/{unit}", "", body)
                tx.add_document(settlement.SETTLEMENT, "", settled, BEGIN)
                version = Document(f"{settled.name}@000001", "", body)
                tx.add_document(settlement.SETTLEMENT, settled.name, version, BEGIN)

    await world.transactor.write(put)

    def found(tx: Any) -> int:
        return len(list(settlement._settled_events(tx, "plant")))

    assert await world.transactor.read(found) == 5
