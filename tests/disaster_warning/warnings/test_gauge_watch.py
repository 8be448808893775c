"""The watch over gauges on a real PostgreSQL: one draft a hazard and county, whatever dies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.disaster_warning.model.gauge_list import GaugeList
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.warning import (
    Channel,
    Colour,
    Earthquake,
    EarthquakeState,
    State,
)
from services.disaster_warning.store.gauges import GaugeStore, WatchedElsewhere
from services.plumbing.postgres import Database
from services.plumbing.refusal import Unavailable
from tests.disaster_warning.gauge_scenes import (
    CHENGDU,
    GAUGES,
    MINUTE,
    RAIN,
    STATION,
    T0,
    TOWN,
    WENCHUAN,
)
from tests.support.gauge_world import (
    GaugeWorld,
    Killed,
    Mortal,
    drafts,
    emptied,
    river,
    standings,
    storm,
)
from tianfu.disaster_warning.v1 import earthquake_pb2

pytestmark = pytest.mark.integration


HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


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
async def test_killed_at_each_write(gauge_database: Database, *, after: bool) -> None:
    """One draft each, in the end, whichever write was the last of a life."""
    expected: dict[tuple[Hazard, str], Colour] | None = None
    for die_at in range(12):
        await emptied(gauge_database)
        world, mortal = GaugeWorld(gauge_database, GAUGES, T0), Mortal(die_at, after)
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
