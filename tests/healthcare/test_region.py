"""Casualties to incidents and back, and which hospitals get ready for what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.healthcare.model import casualties, distribution, surge
from services.healthcare.model.beds import COLOURS, Emergency
from services.healthcare.model.casualties import Person, Point, Taker, Travel
from services.healthcare.model.distribution import Weights
from services.healthcare.model.surge import Action, Surge
from services.healthcare.model.triage import Tag
from tests.healthcare.rulebook import BOOK, NOW

TRAVEL: Final = Travel.parse(BOOK.in_force(casualties.RULE, "CN", NOW))
WEIGHTS: Final = Weights.parse(BOOK.in_force(distribution.RULE, "CN", NOW))
RULE: Final = Surge.parse(BOOK.in_force(surge.RULE, "CN", NOW))
PLACES: Final = {"school": Point(30.0, 104.0), "mill": Point(30.1, 104.1)}
NEAR: Final = Taker("near", Point(30.01, 104.0), Emergency.OPEN, {Tag.RED: 2}, NOW, stale=False)
FAR: Final = Taker("far", Point(30.3, 104.2), Emergency.OPEN, {Tag.RED: 5}, NOW, stale=True)


def person(number: int, **changes: object) -> Person:
    made = Person(f"tag-{number:03d}", "school", Tag.RED, NOW + timedelta(seconds=number))
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def test_a_degree_of_latitude_is_as_long_as_it_is() -> None:
    minutes = TRAVEL.minutes(Point(30.0, 104.0), Point(31.0, 104.0))

    assert minutes == pytest.approx(111.19 * 1.4 / 45 * 60, rel=1e-3)


def test_who_is_on_the_way_takes_a_place_and_who_was_counted_does_not() -> None:
    later, before = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)
    people = [
        person(1, hospital="near"),
        person(2, hospital="near", arrived_time=later),
        person(3, hospital="near", arrived_time=before),
        person(4),
    ]
    found = casualties.incident(PLACES, [NEAR, FAR], people, {}, TRAVEL)

    red = COLOURS.index(Tag.RED)
    assert found.capacity[:, red].tolist() == [0, 5]
    assert found.casualties[:, red].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("emergency", "free", "reachable"),
    [
        pytest.param(Emergency.OPEN, 2, True, id="open"),
        pytest.param(Emergency.FULL, 0, True, id="full"),
        pytest.param(Emergency.DIVERTING, 0, True, id="diverting"),
        pytest.param(Emergency.CLOSED, 0, False, id="closed"),
    ],
)
def test_what_a_hospital_says_of_its_door(emergency: Emergency, free: int, reachable: bool) -> None:
    taker = replace(NEAR, emergency=emergency)
    found = casualties.incident(PLACES, [taker], [person(1)], {}, TRAVEL)

    assert found.capacity[0, COLOURS.index(Tag.RED)] == free
    assert bool(np.isfinite(found.minutes[0, 0])) is reachable


def test_a_road_that_is_cut_is_no_road() -> None:
    found = casualties.incident(PLACES, [NEAR], [], {("school", "near"): -1}, TRAVEL)

    assert found.minutes[0, 0] == np.inf
    assert np.isfinite(found.minutes[1, 0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(PLACES)), st.sampled_from(list(Tag))), max_size=25),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_everybody_is_told_once_where_to_go_and_why(
    seen: list[tuple[str, Tag]], near: int, far: int
) -> None:
    people = [person(n, place=place, tag=tag) for n, (place, tag) in enumerate(seen)]
    takers = [
        replace(NEAR, free=dict.fromkeys(COLOURS, near)),
        replace(FAR, free=dict.fromkeys(COLOURS, far)),
    ]
    incident = casualties.incident(PLACES, takers, people, {}, TRAVEL)
    plan = distribution.distribute(incident, WEIGHTS)

    sent = casualties.assign(people, plan, takers)

    assert sorted(each.casualty for each in sent) == sorted(each.casualty for each in people)
    assert all(each.explanation for each in sent)
    moved = sum(move.count for move in plan.moves)
    assert sum(bool(each.hospital) for each in sent) == moved
    stale = [each for each in sent if each.hospital == "far"]
    assert all("ask before leaving" in each.explanation for each in stale)


def test_the_nearest_places_go_to_who_was_seen_first() -> None:
    people = [person(3), person(1), person(2)]
    plan = distribution.distribute(
        casualties.incident(PLACES, [NEAR, FAR], people, {}, TRAVEL), WEIGHTS
    )

    sent = {each.casualty: each.hospital for each in casualties.assign(people, plan, [NEAR, FAR])}

    assert sent == {"tag-001": "near", "tag-002": "near", "tag-003": "far"}


@pytest.mark.parametrize(
    ("code", "earthquake", "colour", "counties"),
    [
        pytest.param("11C02", True, 1, ["510104"], id="earthquake-blue"),
        pytest.param("11B03", False, 4, ["510104"], id="red-rain"),
        pytest.param("11B03", False, 3, [], id="orange-rain"),
        pytest.param("11B20", False, 4, None, id="another-event"),
    ],
)
def test_which_warnings_make_hospitals_ready(
    code: str, earthquake: bool, colour: int, counties: list[str] | None
) -> None:
    trigger = RULE.trigger(code, earthquake=earthquake)

    found = None if trigger is None else surge.counties_of(trigger, {"510104": colour}, {})
    assert found == counties


@pytest.mark.parametrize(
    ("intensity", "ready"), [(2.99, False), (3.0, True), (9.4, True), (None, True)]
)
def test_in_an_earthquake_the_degree_counts_where_one_is_forecast(
    intensity: float | None, ready: bool
) -> None:
    trigger = RULE.trigger("11C02", earthquake=True)
    assert trigger is not None
    colours = {"510104": 1, "510105": 1}
    forecast = {"510105": 2.0} | ({} if intensity is None else {"510104": intensity})

    assert surge.counties_of(trigger, colours, forecast) == (["510104"] if ready else [])


@pytest.mark.parametrize("intensity", [0.0, -1.0, 12.1, float("nan"), float("inf")])
def test_what_is_no_degree_is_no_forecast(intensity: float) -> None:
    assert not surge.is_forecast(intensity)


def test_lifts_move_in_earthquakes_only() -> None:
    assert RULE.earthquake.actions[0] is Action.LIFTS_TO_FLOOR
    assert all(Action.LIFTS_TO_FLOOR not in each.actions for each in RULE.events.values())
