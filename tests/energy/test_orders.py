"""Orders for an earthquake: what burns first, once, in time, never taken back by a weaker word."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.energy.model.orders import (
    ORDERS_RULE,
    Action,
    Asset,
    Equipment,
    InvalidShaking,
    Refused,
    Shaking,
    admit,
    order_id,
    release,
    respond,
)
from services.energy.usecases.warnings import INTENSITY_RULE, intensity_of
from tests.energy.shipped_rules import rule
from tianfu.disaster_warning.v1 import events_pb2, warning_pb2

RULE = rule(ORDERS_RULE)
NOW = datetime(2026, 7, 1, 4, 0, 1, tzinfo=UTC)
ASSETS = [
    Asset("charger 1", "gw-1", "510104", Equipment.CHARGER),
    Asset("battery 1", "gw-1", "510104", Equipment.BATTERY),
    Asset("valve 1", "gw-1", "510104", Equipment.GAS_VALVE),
    Asset("park 1", "gw-2", "510104", Equipment.MICROGRID),
    Asset("valve 2", "gw-3", "510402", Equipment.GAS_VALVE),
]
STRONG = Shaking(
    "eq-1", 1, NOW - timedelta(seconds=1), is_exercise=False, intensity={"510104": 7.0}
)


def test_what_burns_is_ordered_first_and_only_where_it_shakes() -> None:
    orders = respond(STRONG, ASSETS, (), RULE, NOW)

    assert [each.asset for each in orders] == ["valve 1", "park 1", "battery 1", "charger 1"]
    assert orders[0].action is Action.CLOSE_GAS_VALVE
    assert orders[0].expires == STRONG.issued + timedelta(seconds=60)
    assert orders[0].reason == "intensity 7.0 in 510104, 7 suffices"
    assert {each.rule_version for each in orders} == {RULE.version}


@pytest.mark.parametrize(
    ("intensity", "expected"),
    [(4.99, 0), (5.0, 2), (5.99, 2), (6.0, 3), (6.99, 3), (7.0, 4), (12.0, 4)],
)
def test_each_equipment_has_its_intensity(intensity: float, expected: int) -> None:
    shaking = replace(STRONG, intensity={"510104": intensity})

    assert len(respond(shaking, ASSETS, (), RULE, NOW)) == expected


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        ({"510104": 5.4}, {"510104": 5.4, "510105": 6.0}),
        # Garbled, or of a county that the warning does not name: what the colour covers counts.
        ({"510104": float("nan"), "510402": 9.0}, {"510104": 7.0, "510105": 6.0}),
        ({"510104": 12.1}, {"510104": 7.0, "510105": 6.0}),
        ({"510104": 0.0}, {"510104": 7.0, "510105": 6.0}),
        ({}, {"510104": 7.0, "510105": 6.0}),
    ],
)
def test_the_forecast_counts_and_else_the_colour(
    forecast: dict[str, float], expected: dict[str, float]
) -> None:
    colours = {"510104": warning_pb2.COLOUR_RED, "510105": warning_pb2.COLOUR_ORANGE}
    facts = events_pb2.WarningFacts(
        counties=[
            warning_pb2.CountyTarget(place_code=place, colour=colour)
            for place, colour in colours.items()
        ]
    )
    for place, intensity in forecast.items():
        facts.shaking.counties.add(place_code=place, intensity=intensity)

    assert intensity_of(facts, rule(INTENSITY_RULE)) == expected


def test_a_solution_gives_its_orders_once_whatever_order_assets_come_in() -> None:
    first = respond(STRONG, ASSETS, (), RULE, NOW)
    shuffled = random.Random(1).sample(ASSETS, len(ASSETS))

    assert respond(STRONG, shuffled, (), RULE, NOW) == first
    assert respond(STRONG, ASSETS, {each.order for each in first}, RULE, NOW) == []


def test_a_weaker_solution_takes_nothing_back_and_a_stronger_one_adds() -> None:
    mild = replace(STRONG, intensity={"510104": 5.5})
    known = {each.order for each in respond(mild, ASSETS, (), RULE, NOW)}
    stronger = respond(replace(STRONG, version=2), ASSETS, known, RULE, NOW)

    assert [each.asset for each in stronger] == ["valve 1", "park 1"]
    assert {each.generation for each in stronger} == {2}
    weak = replace(STRONG, version=3, intensity={"510104": 3.0})
    assert respond(weak, ASSETS, known, RULE, NOW) == []


def test_a_replayed_earthquake_orders_nothing() -> None:
    assert respond(STRONG, ASSETS, (), RULE, STRONG.issued + timedelta(seconds=60)) == []
    assert respond(STRONG, ASSETS, (), RULE, STRONG.issued + timedelta(seconds=59.9))


def test_a_false_alarm_frees_all_but_gas() -> None:
    known = {each.order for each in respond(STRONG, ASSETS, (), RULE, NOW)}
    later = NOW + timedelta(minutes=10)
    freed = release(replace(STRONG, version=2), ASSETS, known, RULE, later)

    assert {each.asset: each.action for each in freed} == {
        "battery 1": Action.RELEASE_BATTERY,
        "charger 1": Action.RESUME_CHARGER,
        "park 1": Action.DISARM_ISLAND,
    }
    assert release(STRONG, ASSETS, known | {each.order for each in freed}, RULE, later) == []
    assert release(STRONG, ASSETS, (), RULE, later) == []


def test_an_exercise_is_no_earthquake() -> None:
    drill = respond(replace(STRONG, is_exercise=True), ASSETS, (), RULE, NOW)

    assert all(each.is_exercise for each in drill)
    real = {each.order for each in respond(STRONG, ASSETS, (), RULE, NOW)}
    assert not real & {each.order for each in drill}


@pytest.mark.parametrize("intensity", [float("nan"), float("inf"), 12.1])
def test_a_forecast_that_says_nothing_is_refused(intensity: float) -> None:
    with pytest.raises(InvalidShaking):
        respond(replace(STRONG, intensity={"510104": intensity}), ASSETS, (), RULE, NOW)


@given(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_no_two_orders_have_one_id(a: str, b: str, c: str, d: str) -> None:
    one = order_id(a, b, Action.STOP_CHARGER, is_exercise=False)
    other = order_id(c, d, Action.STOP_CHARGER, is_exercise=False)

    assert (one == other) == ((a, b) == (c, d))


ORDER = respond(STRONG, ASSETS, (), RULE, NOW)[0]


@pytest.mark.parametrize(
    ("done", "generation", "now", "expected"),
    [
        pytest.param((), None, NOW, None, id="new"),
        pytest.param((), 1, NOW, None, id="same-generation"),
        pytest.param((ORDER.order,), None, NOW, Refused.REPEATED, id="done-before"),
        pytest.param((), None, ORDER.expires, Refused.EXPIRED, id="at-its-end"),
        pytest.param((), 2, NOW, Refused.OLDER, id="a-later-one-was-done"),
        pytest.param((), None, NOW - timedelta(seconds=7), Refused.NOT_YET, id="from-the-future"),
        pytest.param((), None, NOW - timedelta(seconds=5), None, id="clocks-differ"),
    ],
)
def test_what_is_stale_is_not_carried_out(
    done: tuple[str, ...], generation: int | None, now: datetime, expected: Refused | None
) -> None:
    assert admit(ORDER, done, generation, now) is expected


def test_ten_thousand_assets_are_ordered_about_in_a_moment() -> None:
    many = [replace(ASSETS[n % 4], name=f"a{n}") for n in range(10_000)]

    assert len(respond(STRONG, many, (), RULE, NOW)) == 10_000
