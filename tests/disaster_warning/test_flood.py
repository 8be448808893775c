"""Floods: stages and return periods, and levels that do not flap when the water falls."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.model import flood
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.flood import (
    FloodRule,
    Stages,
    Tendency,
    explain,
    levels,
    levels_held,
    tendency,
    thresholds_m,
)
from services.disaster_warning.model.return_periods import Gumbel
from tests.disaster_warning.made_rules import rule

RULE = FloodRule.parse(rule(flood.COLOUR_RULE))
STAGES = Stages(warning_m=500.0, guarantee_m=502.0, highest_m=503.5)
FIT = Gumbel(497.0, 1.0)
NAN = float("nan")


def held(level_m: list[float], stages: Stages = STAGES) -> list[Colour]:
    """Return the level as held after each of the levels in turn."""
    thresholds = thresholds_m([stages], RULE)
    now = np.zeros(1, np.int8)
    found = []
    for each in level_m:
        now = levels_held([each], thresholds, now, RULE)
        found.append(Colour(int(now[0])))
    return found


@pytest.mark.parametrize(
    ("level_m", "colour"),
    [
        (499.49, Colour.NONE),
        (499.5, Colour.BLUE),
        (499.99, Colour.BLUE),
        (500.0, Colour.YELLOW),
        (501.99, Colour.YELLOW),
        (502.0, Colour.ORANGE),
        (503.49, Colour.ORANGE),
        (503.5, Colour.RED),
        (900.0, Colour.RED),
        (NAN, Colour.NONE),
    ],
)
def test_colours_by_stage(level_m: float, colour: Colour) -> None:
    assert levels([level_m], thresholds_m([STAGES], RULE))[0] == colour


@pytest.mark.parametrize(
    ("years", "colour"),
    [
        (3.99, Colour.NONE),
        (4.01, Colour.BLUE),
        (4.99, Colour.BLUE),
        (5.01, Colour.YELLOW),
        (19.9, Colour.YELLOW),
        (20.1, Colour.ORANGE),
        (49.9, Colour.ORANGE),
        (50.1, Colour.RED),
        (1000, Colour.RED),
    ],
)
def test_colours_by_return_period_where_a_gauge_has_only_a_series(
    years: float, colour: Colour
) -> None:
    stages = Stages(fit=FIT, fit_years=30)

    assert levels([FIT.level(years)], thresholds_m([stages], RULE))[0] == colour


@pytest.mark.parametrize(("years", "used"), [(9, False), (10, True), (40, True)])
def test_a_fit_of_too_few_years_is_left_out(years: int, used: bool) -> None:
    stages = Stages(fit=FIT, fit_years=years)

    assert bool(np.isfinite(stages.thresholds_m(RULE)).all()) == used


def test_the_lower_of_stage_and_return_period_begins_a_colour() -> None:
    both = replace(STAGES, fit=FIT, fit_years=30)

    expected = np.minimum(
        STAGES.thresholds_m(RULE), Stages(fit=FIT, fit_years=30).thresholds_m(RULE)
    )

    assert both.thresholds_m(RULE).tolist() == expected.tolist()


def test_a_gauge_without_stages_has_no_colour() -> None:
    assert levels([1e9, 1.0], thresholds_m([Stages(), STAGES], RULE)).tolist() == [0, 0]
    assert levels([], thresholds_m([], RULE)).tolist() == []


@pytest.mark.parametrize(
    "stages",
    [
        {"warning_m": 500.0, "guarantee_m": 500.0},
        {"warning_m": 500.0, "guarantee_m": 499.0},
        {"warning_m": NAN},
        {"highest_m": math.inf},
    ],
)
def test_stages_that_cannot_be_are_refused(stages: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="level"):
        Stages(**stages)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("level_m", "expected"),
    [
        ([499.0, 500.0, 502.0, 503.5], [0, 2, 3, 4]),
        ([500.0, 499.95, 500.0, 499.91], [2, 2, 2, 2]),
        ([500.0, 499.89], [2, 1]),
        ([500.0, 499.41], [2, 1]),
        ([500.0, 499.39], [2, 0]),
        ([503.5, 500.5], [4, 2]),
        ([502.0, NAN, NAN], [3, 3, 3]),
        ([NAN, 502.0], [0, 3]),
        ([502.0, NAN, 490.0], [3, 3, 0]),
    ],
)
def test_a_level_rises_at_once_and_falls_with_care(
    level_m: list[float], expected: list[int]
) -> None:
    assert held(level_m) == expected


@given(st.lists(st.floats(-0.049, 0.049), min_size=2, max_size=40))
def test_waves_around_a_stage_change_the_colour_once(waves: list[float]) -> None:
    found = held([500.0, *(500.0 + each for each in waves)])

    assert set(found) == {Colour.YELLOW}


@given(st.lists(st.floats(490, 510), min_size=1, max_size=20))
def test_what_is_held_is_never_less_than_what_is_there(level_m: list[float]) -> None:
    thresholds = thresholds_m([STAGES], RULE)

    for each, colour in zip(level_m, held(level_m), strict=True):
        assert colour >= levels([each], thresholds)[0]


@given(st.floats(490, 510), st.floats(490, 510))
def test_higher_water_has_no_lesser_colour(one: float, other: float) -> None:
    thresholds = thresholds_m([STAGES, STAGES], RULE)
    low, high = levels(sorted([one, other]), thresholds)

    assert low <= high


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (1.0, 1.05, Tendency.RISING),
        (1.0, 0.95, Tendency.FALLING),
        (1.0, 1.01, Tendency.STEADY),
        (NAN, 1.0, Tendency.UNKNOWN),
        (1.0, NAN, Tendency.UNKNOWN),
    ],
)
def test_tendency(before: float, now: float, expected: Tendency) -> None:
    assert tendency(before, now) is expected


def test_an_explanation_has_thresholds_and_period() -> None:
    found = explain(501.0, replace(STAGES, fit=FIT, fit_years=30), RULE)

    assert found["colour"] is Colour.RED
    assert found["return_years"] == pytest.approx(55.1, abs=0.1)
    assert found["thresholds_m"]["yellow"] == pytest.approx(FIT.level(5))
    assert explain(501.0, STAGES, RULE)["return_years"] is None
