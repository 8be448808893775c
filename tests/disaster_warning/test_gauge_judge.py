"""All gauges judged together: rain, rivers, woods; and what a restart keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.fire_stations import FireStations
from services.disaster_warning.model.gauge_judge import GaugeJudge, Grounds
from services.disaster_warning.model.gauge_list import GaugeList, Key, RainGauge
from services.disaster_warning.model.gauge_readings import GaugeReadings
from services.disaster_warning.model.level_changes import Change, Hazard
from services.disaster_warning.model.water_gauges import WaterGauges
from tests.disaster_warning.gauge_scenes import (
    BOOK,
    CHENGDU,
    GAUGES,
    MINUTE,
    RAIN,
    RIVER,
    STATION,
    T0,
    TOWN,
    WENCHUAN,
    XICHANG,
    every,
    judge,
    storm,
    told,
)

NOON = datetime(2026, 7, 1, 5, 0, tzinfo=T0.tzinfo)
DAY = timedelta(days=1)


def by_hazard(found: list[Grounds]) -> dict[Hazard, tuple[str, Change, Colour]]:
    each = {g.proposal.hazard: g.proposal for g in found}
    return {hazard: (p.county, p.change, p.colour) for hazard, p in each.items()}


def restored(judged: GaugeJudge, now: datetime = T0, gauges: GaugeList = GAUGES) -> GaugeJudge:
    again = judge(gauges, now)
    again.restore(judged.states(), judged.changes(), now)
    return again


def test_nothing_told_nothing_proposed() -> None:
    assert judge().judge(T0) == []
    assert judge(GaugeList()).judge(T0) == []


def test_a_storm_is_proposed_once_with_its_reason_and_rules() -> None:
    judged = judge()
    outcomes = judged.take(storm(), T0.timestamp())

    found = judged.judge(T0)

    assert outcomes["stored"] == 36
    assert by_hazard(found) == {
        Hazard.RAINSTORM: (WENCHUAN, Change.BEGUN, Colour.RED),
        Hazard.DEBRIS_FLOW: (WENCHUAN, Change.BEGUN, Colour.RED),
    }
    rainstorm = found[0]
    assert rainstorm.reason.startswith("gw-rain/rain in 513221: 108.0 mm in 3 h")
    assert any(each.startswith("rainstorm-colours/") for each in rainstorm.rule_versions)
    assert any(each.startswith("level-changes/") for each in rainstorm.rule_versions)
    assert judged.judge(T0 + MINUTE) == []


def test_more_gauges_than_one_are_counted() -> None:
    second = RainGauge(Key("gw-rain", "rain-2"), WENCHUAN, 5)
    judged = judge(GaugeList((RAIN, second)))
    judged.take(GaugeReadings.joined([storm(), storm(key=second.key)]), T0.timestamp())

    assert judged.judge(T0)[0].reason.endswith("; and 1 other gauge")


def test_an_earthquake_lowers_the_threshold_of_its_county_alone() -> None:
    light = GaugeReadings.joined([storm(mm=0.15), storm(mm=0.15, key=TOWN.key)])
    calm, shaken = judge(), judge()
    for each in (calm, shaken):
        each.take(light, T0.timestamp())
    shaken.shake("eq", (T0 - DAY).timestamp(), {WENCHUAN: 8.0, XICHANG: 9.0})

    before, after = by_hazard(calm.judge(T0)), by_hazard(shaken.judge(T0))

    assert after[Hazard.DEBRIS_FLOW][2] > before.get(Hazard.DEBRIS_FLOW, (0, 0, Colour.NONE))[2]
    assert after[Hazard.DEBRIS_FLOW][0] == WENCHUAN
    assert by_hazard(restored(shaken).judge(T0)) == {}
    shaken.shake("eq", (T0 - DAY).timestamp(), {})
    assert [p.proposal.change for p in _falls(shaken, light)] == [Change.ENDED]


def _falls(judged: GaugeJudge, again: GaugeReadings) -> list[Grounds]:
    found = []
    for minutes in range(5, 180, 5):
        now = T0 + minutes * MINUTE
        judged.take(told(RAIN.key, (now, 0.0)), now.timestamp())
        found += judged.judge(now)
    judged.take(again, T0.timestamp())
    return found


def test_an_end_says_for_how_long_it_has_been_dry() -> None:
    judged = judge()
    judged.take(storm(), T0.timestamp())
    judged.judge(T0)
    found: list[Grounds] = []
    for minutes in range(5, 5 * 72, 5):
        now = T0 + minutes * MINUTE
        judged.take(told(RAIN.key, (now, 0.0)), now.timestamp())
        found += judged.judge(now)

    ended = [g for g in found if g.proposal.change is Change.ENDED]
    assert Hazard.RAINSTORM in {g.proposal.hazard for g in ended}
    assert "below every colour for 60 min" in ended[0].reason
    assert judged.proposed()[Hazard.RAINSTORM, WENCHUAN] is Colour.NONE


@pytest.mark.parametrize(
    ("level_m", "colour"),
    [
        (9.4, None),
        (9.6, Colour.BLUE),
        (10.0, Colour.YELLOW),
        (12.5, Colour.ORANGE),
        (14, Colour.RED),
    ],
)
def test_a_river_at_its_stages(level_m: float, colour: Colour | None) -> None:
    judged = judge()
    judged.take(told(RIVER.key, (T0 - 10 * MINUTE, 9.0), (T0, level_m)), T0.timestamp())

    found = judged.judge(T0)

    assert [g.proposal.colour for g in found] == ([] if colour is None else [colour])
    for each in found:
        assert f"{level_m:.2f} m, rising" in each.reason
        assert each.rule_versions[0].startswith("flood-colours/")


def test_a_river_that_falls_silent_keeps_its_colour() -> None:
    judged = judge()
    judged.take(told(RIVER.key, (T0, 12.5)), T0.timestamp())
    assert len(judged.judge(T0)) == 1
    for hours in range(1, 48):
        assert judged.judge(T0 + timedelta(hours=hours)) == []
    assert judged.reporting(T0 + DAY)["level"] == 0


def test_a_river_falls_after_an_hour_well_below() -> None:
    judged = judge()
    judged.take(told(RIVER.key, (T0, 12.5)), T0.timestamp())
    judged.judge(T0)
    changes = []
    for minutes in range(10, 130, 10):
        now = T0 + minutes * MINUTE
        judged.take(told(RIVER.key, (now, 8.0)), now.timestamp())
        changes += [(minutes, g.proposal.change) for g in judged.judge(now)]
    assert changes == [(70, Change.ENDED)]


@settings(max_examples=50, deadline=None)
@given(st.permutations(list(range(8))), st.lists(st.integers(0, 7), max_size=8))
def test_the_order_of_levels_is_of_no_consequence(order: list[int], again: list[int]) -> None:
    readings = [(T0.timestamp() - 60 * (n // 2), 9.0 + 0.5 * (n % 3)) for n in range(8)]
    found = []
    for places in (range(8), [*order, *again]):
        water = WaterGauges([RIVER], BOOK)
        for place in places:
            at, level = readings[place]
            water.add(np.zeros(1, np.int64), np.array([at]), np.array([level]), T0.timestamp())
        found.append(water.evaluate(T0, np.zeros(1, np.int8)).severity.tolist())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("at", "level", "outcome"),
    [
        (T0, float("inf"), "invalid"),
        (T0, 1e6, "invalid"),
        (T0 + 11 * MINUTE, 9.0, "early"),
        (T0 - MINUTE, 9.0, "late"),
        (T0, 9.0, "repeated"),
        (T0, 9.5, "stored"),
    ],
)
def test_levels_that_do_not_count(at: datetime, level: float, outcome: str) -> None:
    judged = judge()
    judged.take(told(RIVER.key, (T0, 9.0)), T0.timestamp())
    assert dict(judged.take(told(RIVER.key, (at, level)), T0.timestamp())) == {
        outcome: 1,
        "unwatched": 0,
    }


def fire_weather(day: datetime) -> list[GaugeReadings]:
    t, h, w = 35.0, 10.0, 40.0
    return [
        told(STATION.temperature, (day - 30 * MINUTE, 20.0), (day, t), (day + 40 * MINUTE, 21.0)),
        told(STATION.humidity, (day + MINUTE, h)),
        told(STATION.wind, (day, w)),
        told(STATION.rain.key, *every(60, day, [0.0] * 24)),
    ]


def test_a_dry_day_is_judged_after_noon_and_once() -> None:
    judged = judge(now=NOON - DAY)
    judged.take(GaugeReadings.joined(fire_weather(NOON)), NOON.timestamp() + 3600)

    assert judged.judge(NOON + 74 * MINUTE) == []
    found = judged.judge(NOON + 75 * MINUTE)

    assert by_hazard(found)[Hazard.FOREST_FIRE_WEATHER] == (XICHANG, Change.BEGUN, Colour.RED)
    assert "fire-weather index" in found[0].reason
    assert "2026-07-01" in found[0].reason
    assert judged.judge(NOON + 76 * MINUTE) == []


def test_the_codes_go_from_day_to_day_over_a_restart() -> None:
    straight, killed = judge(now=NOON - DAY), judge(now=NOON - DAY)
    for number in range(4):
        noon = NOON + number * DAY
        for judged in (straight, killed):
            now = noon + timedelta(hours=1)
            judged.take(GaugeReadings.joined(fire_weather(noon)), now.timestamp())
        killed = restored(killed, noon + timedelta(hours=1))
        straight.judge(noon + timedelta(hours=2))
        killed.judge(noon + timedelta(hours=2))
        killed = restored(killed, noon + timedelta(hours=2))
    assert straight.states()["fire"] == killed.states()["fire"]
    assert straight._fire._codes[2, 0] > 50, "the drought code has risen"


def test_days_without_weather_keep_the_codes_and_are_not_certain() -> None:
    judged = judge(now=NOON - DAY)
    judged.take(GaugeReadings.joined(fire_weather(NOON)), NOON.timestamp() + 3600)
    judged.judge(NOON + timedelta(hours=2))
    codes = judged._fire._codes.copy()
    for day in range(1, 10):
        assert judged.judge(NOON + day * DAY + timedelta(hours=2)) == []
    assert np.array_equal(judged._fire._codes, codes)


def test_weather_that_does_not_count() -> None:
    fire = FireStations([STATION], BOOK, T0)
    place, slot = np.zeros(1, np.int64), GAUGES.slots[STATION.humidity].quantity
    now_s = NOON.timestamp()

    def add(seconds: float, value: float) -> list[str]:
        found = fire.add(slot, place, np.array([now_s + seconds]), np.array([value]), now_s)
        return list(found)

    assert add(0, 100.1) == ["invalid"]
    assert add(601, 50) == ["early"]
    assert add(-2 * 86_400, 50) == ["late"]
    assert add(-3_601, 50) == ["unneeded"]
    assert add(-300, 50) == ["stored"]
    assert add(-300, 50) == ["repeated"]
    assert add(-400, 50) == ["repeated"]
    assert add(300, 60) == ["stored"]


def test_a_restart_proposes_nothing_twice_and_forgets_nothing() -> None:
    judged = judge()
    judged.take(storm(), T0.timestamp())
    judged.take(told(RIVER.key, (T0, 12.5)), T0.timestamp())
    assert len(judged.judge(T0)) == 3

    again = restored(judged)

    assert again.judge(T0 + MINUTE) == []
    assert again.proposed() == judged.proposed()


def test_gauges_may_come_and_go_over_a_restart() -> None:
    judged = judge()
    judged.take(GaugeReadings.joined([storm(), storm(key=TOWN.key)]), T0.timestamp())
    judged.judge(T0)
    new = RainGauge(Key("gw-new", "rain"), XICHANG, 1)
    other = replace(GAUGES, rain=(new, TOWN, STATION.rain), level=())

    again = restored(judged, gauges=other)

    assert again.judge(T0 + MINUTE) == []
    assert again.proposed()[Hazard.RAINSTORM, CHENGDU] is Colour.RED
    assert (Hazard.RAINSTORM, WENCHUAN) not in again.proposed()


def test_readings_are_kept_as_they_are() -> None:
    both = GaugeReadings.joined([storm(), told(RIVER.key, (T0, 9.0)), storm()])
    again = GaugeReadings.from_bytes(both.to_bytes())

    assert again.keys == both.keys == (RAIN.key, RIVER.key)
    assert np.array_equal(again.value, both.value)
    assert len(GaugeReadings.joined([])) == 0


def test_series_that_nobody_watches_are_counted() -> None:
    outcomes = judge().take(told(Key("gw-rain", "other"), (T0, 1.0)), T0.timestamp())
    assert dict(outcomes) == {"unwatched": 1}
