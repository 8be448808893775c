"""The watch over gauges on a real PostgreSQL: one draft a hazard and county, whatever dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.disaster_warning import build
from services.disaster_warning.model.filters import WarningFilter
from services.disaster_warning.model.gauge_judge import Grounds
from services.disaster_warning.model.gauge_list import GaugeList
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.warning import (
    Channel,
    Colour,
    Earthquake,
    EarthquakeState,
    HazardWarning,
    State,
)
from services.disaster_warning.ports import Desk, Standing, Transaction
from services.disaster_warning.store import tables
from services.disaster_warning.store.gauges import GaugeStore, WatchedElsewhere
from services.disaster_warning.store.tables import (
    earthquakes,
    gauge_journal,
    gauge_states,
    steps,
    warnings,
)
from services.disaster_warning.usecases import gauge_watch, proposals
from services.plumbing.postgres import Database
from services.plumbing.refusal import FailedPrecondition, Unavailable
from tests.disaster_warning.gauge_scenes import (
    CHENGDU,
    GAUGES,
    MINUTE,
    RAIN,
    STATION,
    T0,
    TOWN,
    WENCHUAN,
    every,
)
from tests.support.gauge_world import GaugeWorld, Killed, Mortal, sent
from tests.support.postgres import PostgresServer
from tests.support.schema import Schema, make_schema
from tianfu.disaster_warning.v1 import earthquake_pb2

pytestmark = pytest.mark.integration


class WrongRule(FailedPrecondition):
    reason = "WRONG_RULE"


HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF_HOUR = 6
"""Readings of a gauge that tells every five minutes: no batch spans more."""


@pytest.fixture(scope="module")
def schema(postgres: PostgresServer) -> Iterator[Schema]:
    """One schema for all of them: making it takes a second."""
    name = postgres.create_database()
    yield asyncio.run(make_schema(postgres.url(name), build.NAME, build.MIGRATIONS))
    postgres.drop_database(name)


@pytest.fixture
async def database(schema: Schema) -> AsyncIterator[Database]:
    found = await schema.connect()
    await _empty(found)
    yield found
    await found.close()


@pytest.fixture
async def world(database: Database) -> GaugeWorld:
    made = GaugeWorld(database, GAUGES, T0)
    await made.watch.load()
    return made


def storm(world: GaugeWorld, mm: float = 3.0, gauge: str = "gw-rain", hours: int = 3) -> None:
    told = every(5, world.now, [mm] * (12 * hours))
    for first in range(0, len(told), HALF_HOUR):
        world.tell(gauge, "rain", *told[first : first + HALF_HOUR])


def river(world: GaugeWorld, level_m: float) -> None:
    world.tell("gw-river", "stage", (world.now, level_m), unit="m")


async def drafts(world: GaugeWorld) -> list[HazardWarning]:
    found = await world.transactor.read(lambda tx: tx.warnings(WarningFilter(), None, 100))
    return sorted(found, key=lambda each: each.warning_id)


async def standings(world: GaugeWorld) -> dict[tuple[Hazard, str], Colour]:
    found: list[Standing] = await world.transactor.read(lambda tx: tx.standings())
    return {(each.hazard, each.county): each.colour for each in found}


async def test_rain_and_river_become_drafts_and_nothing_goes_out(world: GaugeWorld) -> None:
    storm(world)
    river(world, 12.5)

    await world.look()

    found = await drafts(world)
    assert {(w.event_code, w.content.colour, w.state) for w in found} == {
        ("11B03", Colour.RED, State.DRAFT),
        ("11D02", Colour.RED, State.DRAFT),
        ("11A01", Colour.ORANGE, State.DRAFT),
    }
    assert all(message.acked for message in world.messages)
    rain = next(w for w in found if w.event_code == "11B03")
    assert "gw-rain/rain in 513221: 108.0 mm in 3 h" in rain.state_reason
    assert rain.drafter == "rainstorm-watch"
    assert any(each.startswith("rainstorm-colours/") for each in rain.rule_versions)
    assert world.count("tianfu_gauge_readings_total", outcome="stored") == 37
    assert world.count("tianfu_gauges_reporting", kind="level") == 1


async def test_a_minute_is_judged_once_and_the_same_rain_drafts_nothing_more(
    world: GaugeWorld,
) -> None:
    storm(world)
    await world.look()
    first = await drafts(world)
    for _ in range(3):
        world.now += MINUTE
        await world.look()
    assert await drafts(world) == first


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_each_write(database: Database, *, after: bool) -> None:
    """One draft each, in the end, whichever write was the last of a life."""
    expected: dict[tuple[Hazard, str], Colour] | None = None
    for die_at in range(12):
        await _empty(database)
        world, mortal = GaugeWorld(database, GAUGES, T0), Mortal(die_at, after)
        storm(world)
        storm(world, mm=1.0, gauge="gw-town")
        river(world, 12.5)
        world.life(mortal)
        try:
            await world.watch.load()
            await world.look()
            world.now += 11 * MINUTE  # so that a snapshot is due
            river(world, 14.2)
            await world.look()
            died = False
        except Killed:
            died = True
        world.life()
        await world.watch.load()
        world.now = T0 + 11 * MINUTE
        river(world, 14.2)  # again, if the node had told it before
        await world.look()
        world.now += MINUTE
        await world.look()
        found = await drafts(world)
        stands = await standings(world)
        assert all(message.acked for message in world.messages)
        assert len(found) == len(stands) == len({(w.event_code, w.counties) for w in found})
        assert all(w.state is State.DRAFT for w in found)
        expected = expected or stands
        assert stands == expected, f"died at {die_at}"
        assert stands[Hazard.FLOOD, CHENGDU] is Colour.RED
        if die_at and not died:
            return
    raise AssertionError("more writes than were thought of")


async def _empty(database: Database) -> None:
    def clear(connection: sa.Connection) -> None:
        for table in (gauge_journal, gauge_states, tables.standings, steps, warnings, earthquakes):
            connection.execute(sa.delete(table))

    await database.transact(clear)


async def test_a_restart_goes_on_from_the_journal_and_from_the_snapshot(world: GaugeWorld) -> None:
    storm(world)
    await world.look()
    for saved in (False, True):
        if saved:
            world.now += 11 * MINUTE
            await world.look()
        kept = await GaugeStore(world.database).load()
        assert bool(kept.journal) is not saved
        assert ("rain" in kept.states) is saved
        world.life()
        await world.watch.load()
        world.now += MINUTE
        before = await drafts(world)
        await world.look()
        assert await drafts(world) == before
        shown = await world.watch.shown(WENCHUAN)
        assert shown[0].compared[1] > 100.0  # the span that decides has moved on by minutes


async def test_readings_that_were_stored_but_not_acknowledged_count_once(world: GaugeWorld) -> None:
    storm(world, mm=1.0)
    await world.look()
    for message in world.messages:
        message.acked = False  # the acknowledgement was lost
    world.life()
    await world.watch.load()
    await world.look()

    shown = await world.watch.shown(WENCHUAN)
    assert shown[0].compared[1] == pytest.approx(36.0)
    assert world.count("tianfu_gauge_readings_total", outcome="stored") == 0


async def test_a_database_that_is_away_loses_nothing(world: GaugeWorld) -> None:
    storm(world)
    store = world.watch.store
    append = store.append

    async def refuse(*_: object) -> None:
        raise Unavailable("away")

    store.append = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(Unavailable):
        await world.look()
    assert world.given_back or world.buried
    for message in world.messages:
        message.acked = False
    store.append = append  # type: ignore[method-assign]
    await world.look()
    assert len(await drafts(world)) == 2


async def test_a_proposal_owed_to_a_database_is_paid_later(world: GaugeWorld) -> None:
    storm(world)
    transactor, calls = world.watch.transactor, 0
    write = transactor.write

    async def refuse(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        raise Unavailable("away")

    transactor.write = refuse  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await world.look()
    world.now += 11 * MINUTE
    with pytest.raises(Unavailable):
        await world.look()
    await world.watch.save_if_due()  # what is owed is not in the snapshot
    transactor.write = write  # type: ignore[method-assign]
    world.life()
    await world.watch.load()
    await world.look()
    assert calls == 2
    assert {w.event_code for w in await drafts(world)} == {"11B03", "11D02"}


async def test_two_processes_take_turns_and_both_know_all(world: GaugeWorld) -> None:
    first = world.watch
    second = world.life()
    await second.load()
    storm(world, mm=1.0, hours=1)
    await first.take(await world.take(500, 1))
    storm(world, mm=1.0, gauge="gw-town", hours=1)
    with pytest.raises(WatchedElsewhere):
        await second.take(await world.take(500, 1))
    for message in world.messages:
        message.acked = False
    await second.load()
    await second.take(await world.take(500, 1))
    assert (await second.shown(WENCHUAN))[0].compared[1] == pytest.approx(12.0)
    assert (await second.shown(CHENGDU))[0].compared[1] == pytest.approx(12.0)


# -- earthquakes ----------------------------------------------------------------------------------


async def quake(world: GaugeWorld, intensity: float, **fields: object) -> None:
    solution = earthquake_pb2.Solution(number=1)
    solution.counties.add(place_code=WENCHUAN, intensity=intensity)
    earthquake = Earthquake(
        earthquake_id="eq-1",
        channel=Channel.LIVE,
        state=EarthquakeState.FINAL,
        number=1,
        solution=solution.SerializeToString(),
        origin_time=world.now - DAY,
        magnitude=7.0,
        create_time=world.now,
        update_time=world.now,
    )
    values = replace(earthquake, **fields)  # type: ignore[arg-type]
    await world.transactor.write(lambda tx: tx.put_earthquake(values))


async def factor(world: GaugeWorld) -> float:
    """Return how the debris-flow threshold of the gauge in Wenchuan stands to the usual one."""
    world.now += MINUTE
    await world.look()
    shown = await world.watch.shown(WENCHUAN)
    debris = next(each for each in shown if each.hazard is Hazard.DEBRIS_FLOW)
    calm = 5.94 * 3**0.30
    return debris.compared[2] / calm


async def test_a_strong_earthquake_lowers_thresholds_until_they_have_recovered(
    world: GaugeWorld,
) -> None:
    storm(world, mm=0.3)
    await world.look()
    assert await factor(world) == pytest.approx(1.0, abs=0.01)

    await quake(world, 8.2)
    assert await factor(world) == pytest.approx(0.5, abs=0.01)

    world.life()  # a restart asks the database for all that still counts
    await world.watch.load()
    assert await factor(world) == pytest.approx(0.5, abs=0.01)

    await quake(world, 8.2, origin_time=world.now - 5 * 365.25 * DAY)
    assert await factor(world) == pytest.approx(0.75, abs=0.01)
    await quake(world, 8.2, origin_time=world.now - 11 * 365.25 * DAY)
    world.life()
    await world.watch.load()
    assert await factor(world) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"state": EarthquakeState.FALSE}, id="false"),
        pytest.param({"channel": Channel.DRILL}, id="exercise"),
    ],
)
async def test_what_was_none_lowers_nothing(world: GaugeWorld, fields: dict[str, object]) -> None:
    storm(world, mm=0.3)
    await quake(world, 8.2, **fields)
    assert await factor(world) == pytest.approx(1.0, abs=0.01)


async def test_an_earthquake_found_false_raises_thresholds_again(world: GaugeWorld) -> None:
    storm(world, mm=0.3)
    await quake(world, 8.2)
    assert await factor(world) == pytest.approx(0.5, abs=0.01)
    await quake(world, 8.2, state=EarthquakeState.FALSE)
    assert await factor(world) == pytest.approx(1.0, abs=0.01)


async def test_weak_ones_push_no_strong_one_out(world: GaugeWorld) -> None:
    storm(world, mm=0.3)
    await quake(world, 8.2, origin_time=world.now - 30 * DAY)
    await world.look()
    for number in range(70):
        await quake(world, 4.0, earthquake_id=f"weak-{number}")
    assert await factor(world) == pytest.approx(0.5, abs=0.01)


# -- lists that change ----------------------------------------------------------------------------


async def test_a_gauge_taken_off_the_list_calls_for_nothing_any_more(world: GaugeWorld) -> None:
    river(world, 12.5)
    await world.look()
    [draft] = await drafts(world)
    world.gauges = GaugeList((RAIN, TOWN, STATION.rain), (), (STATION,))
    world.life()
    await world.watch.load()
    world.now += MINUTE
    await world.look()

    [ended] = await drafts(world)
    assert ended.warning_id == draft.warning_id
    assert ended.state is State.CANCELLED
    assert "no gauge that is watched calls for it" in ended.state_reason
    world.now += 30 * HOUR
    await world.look()
    assert len(await drafts(world)) == 1


async def test_a_warning_is_renewed_while_gauges_call_for_it(world: GaugeWorld) -> None:
    river(world, 12.5)
    await world.look()
    for hour in range(1, 30):
        world.now = T0 + hour * HOUR
        river(world, 12.5)
        await world.look()
    found = await drafts(world)
    assert found[-1].content.expire_time > world.now
    assert all(w.state is State.DRAFT or w.content.expire_time <= world.now for w in found)


# -- attacks --------------------------------------------------------------------------------------


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
