"""The watch over gauges under attack: junk, floods, lies about time and unit, damaged state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.disaster_warning.model.gauge_judge import Grounds
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.warning import (
    Colour,
    State,
)
from services.disaster_warning.ports import Desk, Transaction
from services.disaster_warning.store.gauges import GaugeStore
from services.disaster_warning.usecases import gauge_watch, proposals
from services.plumbing.refusal import FailedPrecondition
from tests.disaster_warning.gauge_scenes import (
    MINUTE,
    T0,
    every,
)
from tests.support.gauge_world import GaugeWorld, drafts, river, sent, storm

pytestmark = pytest.mark.integration


class WrongRule(FailedPrecondition):
    reason = "WRONG_RULE"


@pytest.mark.parametrize(
    ("data", "subject", "reason"),
    [
        pytest.param(b"\xff\x00junk", "", "BATCH_MALFORMED", id="junk"),
        pytest.param(b"", "", "FORMAT_UNKNOWN", id="empty"),
        pytest.param(None, "tianfu.v1.reading.gw-town", "NODE_MISMATCH", id="another's-subject"),
    ],
)
async def test_what_is_no_batch_is_buried_and_holds_nobody_up(
    world: GaugeWorld, data: bytes | None, subject: str, reason: str
) -> None:
    storm(world)
    payload = world.messages[0].data if data is None else data
    world.messages.insert(0, sent("gw-rain", payload, subject))
    await world.look()
    assert world.buried == [reason]
    assert len(await drafts(world)) == 2


async def test_a_node_can_not_speak_for_a_gauge_of_another(world: GaugeWorld) -> None:
    storm(world, mm=9.0, gauge="gw-evil")
    await world.look()
    assert await drafts(world) == []
    assert world.count("tianfu_gauge_readings_total", outcome="unwatched") == 36
    assert (await GaugeStore(world.database).load()).journal == []


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"unit": "m"}, "unit"),
        ({"unit": "Cel"}, "unit"),
        *(({"quality": quality}, "quality") for quality in (2, 3, 4, 5)),
    ],
)
async def test_what_is_no_measurement_counts_for_nothing(
    world: GaugeWorld, more: dict[str, object], outcome: str
) -> None:
    world.tell("gw-rain", "rain", *every(5, world.now, [100.0] * 6), **more)
    await world.look()
    assert await drafts(world) == []
    assert world.count("tianfu_gauge_readings_total", outcome=outcome) == 6


@pytest.mark.parametrize(
    ("level_m", "minutes"), [(9_500.0, 0), (-9_500.0, 0), (13.0, 60), (13.0, 10**7), (1e308, 0)]
)
async def test_levels_that_can_not_be_call_for_nothing(
    world: GaugeWorld, level_m: float, minutes: int
) -> None:
    world.tell("gw-river", "stage", (T0 + minutes * MINUTE, level_m), unit="m")
    river(world, 9.0)
    await world.look()
    assert await drafts(world) == []


async def test_readings_of_the_far_future_keep_no_true_one_out(world: GaugeWorld) -> None:
    world.tell("gw-river", "stage", (datetime(2200, 1, 1, tzinfo=UTC), 9.0), unit="m")
    world.tell("gw-rain", "rain", (datetime(2200, 1, 1, tzinfo=UTC), 9.0))
    world.tell("gw-rain", "rain", (datetime(1950, 1, 1, tzinfo=UTC), 9.0))
    storm(world)
    river(world, 12.5)
    await world.look()
    assert len(await drafts(world)) == 3


async def test_a_clock_that_is_wrong_is_corrected_by_what_the_node_measured(
    world: GaugeWorld,
) -> None:
    ahead = 40 * MINUTE
    world.tell(
        "gw-river",
        "stage",
        (world.now + ahead, 12.5),
        unit="m",
        offset_us=-int(ahead.total_seconds() * 1e6),
    )
    await world.look()
    assert [w.content.colour for w in await drafts(world)] == [Colour.ORANGE]


async def test_a_flood_of_repeats_is_one_reading_and_one_journal_entry(world: GaugeWorld) -> None:
    same = [(world.now, 9.0)] * 9_000
    for number in range(20):
        world.tell("gw-river", "stage", *same, unit="m", quality=number % 2)
    await world.look()
    kept = await GaugeStore(world.database).load()
    assert sum(len(body) for _, body in kept.journal) < 4_000


async def test_a_journal_that_grows_is_replaced_by_a_snapshot(world: GaugeWorld) -> None:
    world.watch.journal_bytes_max = 10_000
    for number in range(8):
        at = [(world.now - timedelta(milliseconds=n + 900 * number), 9.0) for n in range(900)]
        world.tell("gw-river", "stage", *at, unit="m")
        await world.look()
    kept = await GaugeStore(world.database).load()
    assert kept.journal == []
    assert "water" in kept.states


@pytest.mark.parametrize("part", ["rain", "water", "fire", "changes", "journal"])
async def test_what_can_not_be_read_is_left_and_the_rest_goes_on(
    world: GaugeWorld, part: str
) -> None:
    storm(world)
    river(world, 12.5)
    await world.look()
    store = GaugeStore(world.database)
    if part == "journal":
        kept = await store.load()
        await store.append(kept.last_number + 1, b"junk", world.now)
    else:
        states = world.watch._judge.states() | {"changes": world.watch._judge.changes()}
        await store.save(states | {part: b"junk"}, 99, world.now)
    world.life()
    await world.watch.load()
    world.now += MINUTE
    river(world, 12.6)
    await world.look()
    assert world.count("tianfu_gauge_failures_total", step="load") == 1
    codes = {w.event_code for w in await drafts(world) if w.state is State.DRAFT}
    assert "11A01" in codes


async def test_a_rule_that_is_missing_for_one_proposal_stops_no_other(
    world: GaugeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    storm(world)
    river(world, 12.5)
    usual = proposals.propose
    refusing = True

    def propose(tx: Transaction, desk: Desk, grounds: Grounds, *, now: datetime) -> object:
        if refusing and grounds.proposal.hazard is Hazard.FLOOD:
            raise WrongRule("none")
        return usual(tx, desk, grounds, now=now)

    monkeypatch.setattr(gauge_watch, "propose", propose)
    await world.look()
    assert {w.event_code for w in await drafts(world)} == {"11B03", "11D02"}
    refused = {"hazard": "flood", "outcome": "refused"}
    assert world.count("tianfu_gauge_proposals_total", **refused) == 1
    refusing = False
    world.now += MINUTE
    await world.look()
    assert {w.event_code for w in await drafts(world)} == {"11B03", "11D02", "11A01"}
