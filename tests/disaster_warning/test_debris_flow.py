"""Debris flows: published curves, ratios, what an earthquake does, the index of a gully."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.model import debris_flow
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.debris_flow import (
    CriticalIndex,
    EarthquakeFactor,
    Gully,
    LevelRatios,
    Thresholds,
    years_between,
)
from tests.disaster_warning.made_rules import made, rule

SICHUAN = Thresholds.parse(rule(debris_flow.THRESHOLDS))
COUNTRY = Thresholds.parse(rule(debris_flow.THRESHOLDS, "CN"))
LEVELS = LevelRatios.parse(rule(debris_flow.LEVELS))
EARTHQUAKE = EarthquakeFactor.parse(rule(debris_flow.EARTHQUAKE))
HOUR = CriticalIndex.parse(rule(debris_flow.GULLY), "hour")
TEN_MINUTES = CriticalIndex.parse(rule(debris_flow.GULLY), "ten_minutes")
WORKED = Gully(
    firmness=1, gradient=0.35, area_m2=2e6, width_m=40, grain_mm=5, yearly_mm=1200, variation=0.4
)
NAN = float("nan")


@pytest.mark.parametrize(
    ("curve", "hours", "expected"),
    [
        (SICHUAN.curves["yingxiu"], 2, 3.66),
        (SICHUAN.curves["dujiangyan"], 2, 14.32),
        (COUNTRY.curves["caine"], 2, 11.31),
        (COUNTRY.curves["guzzetti"], 2, 1.62),
        (SICHUAN.curves["yingxiu"], 6, 1.69),
        (SICHUAN.curves["dujiangyan"], 6, 7.57),
        (COUNTRY.curves["caine"], 6, 7.37),
        (COUNTRY.curves["guzzetti"], 6, 1.00),
        (SICHUAN.curves["yingxiu"], 24, 0.64),
        (SICHUAN.curves["dujiangyan"], 24, 3.39),
        (COUNTRY.curves["caine"], 24, 4.29),
        (COUNTRY.curves["guzzetti"], 24, 0.54),
    ],
)
def test_the_published_curves(curve: Any, hours: float, expected: float) -> None:
    assert float(curve.intensity_mmh(hours)) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("county", "region"), [("510181", "dujiangyan"), ("513221", "yingxiu"), ("510104", "yingxiu")]
)
def test_a_county_has_its_curve_and_the_lowest_where_none_is_named(
    county: str, region: str
) -> None:
    assert SICHUAN.region(county) == region


def test_totals_rise_with_the_hours_while_intensities_fall() -> None:
    totals = SICHUAN.totals_mm("510181")

    assert totals.shape == (72,)
    assert (np.diff(totals) > 0).all()
    assert (np.diff(totals / np.arange(1, 73)) < 0).all()
    assert totals[5] == pytest.approx(7.57 * 6, abs=0.03)


@pytest.mark.parametrize(
    ("hours", "finite"), [(1, False), (2, False), (3, True), (50, True), (51, False), (72, False)]
)
def test_a_rule_may_keep_to_the_hours_of_the_fit(hours: int, finite: bool) -> None:
    strict = replace(SICHUAN, extrapolate=False)

    assert np.isfinite(strict.totals_mm("510181")[hours - 1]) == finite
    assert SICHUAN.curves["dujiangyan"].fits(hours) == finite


@pytest.mark.parametrize(
    ("ratio", "colour"),
    [
        (0.0, Colour.NONE),
        (0.69, Colour.NONE),
        (0.7, Colour.BLUE),
        (0.84, Colour.BLUE),
        (0.85, Colour.YELLOW),
        (0.99, Colour.YELLOW),
        (1.0, Colour.ORANGE),
        (1.19, Colour.ORANGE),
        (1.2, Colour.RED),
        (99.0, Colour.RED),
        (NAN, Colour.NONE),
    ],
)
def test_colours_by_ratio(ratio: float, colour: Colour) -> None:
    assert LEVELS.levels(np.array([ratio]))[0] == colour


@given(st.floats(0, 3), st.floats(0, 3))
def test_a_greater_ratio_has_no_lesser_colour(one: float, other: float) -> None:
    low, high = LEVELS.levels(np.array(sorted([one, other])))

    assert low <= high


@pytest.mark.parametrize(
    ("antecedent_mm", "expected"), [(0, 1.0), (50, 0.85), (100, 0.7), (500, 0.7), (-1, 1.0)]
)
def test_wet_ground_lowers_thresholds_where_a_rule_says_so(
    antecedent_mm: float, expected: float
) -> None:
    wet = LevelRatios.parse(made(rule(debris_flow.LEVELS), ("antecedent", "reduction"), 0.3))

    assert float(wet.antecedent_factor(np.array(antecedent_mm))) == pytest.approx(expected)
    assert float(LEVELS.antecedent_factor(np.array(antecedent_mm))) == 1.0


@pytest.mark.parametrize(
    ("intensity", "years", "expected"),
    [
        (7.0, 0.0, 0.5),
        (7.0, 5.0, 0.75),
        (7.0, 9.0, 0.95),
        (7.0, 10.0, 1.0),
        (7.0, 50.0, 1.0),
        (11.0, 0.0, 0.5),
        (6.9, 0.0, 1.0),
        (6.9, 5.0, 1.0),
        (9.0, -0.1, 1.0),
        (NAN, 1.0, 1.0),
        (9.0, NAN, 1.0),
    ],
)
def test_shaking_lowers_thresholds_which_recover(
    intensity: float, years: float, expected: float
) -> None:
    assert float(EARTHQUAKE.at(intensity, years)) == pytest.approx(expected)


@given(st.floats(0, 20), st.floats(0, 20))
def test_recovery_never_goes_back(one: float, other: float) -> None:
    early, late = sorted([one, other])

    assert EARTHQUAKE.at(8.0, early) <= EARTHQUAKE.at(8.0, late)


def test_years_have_their_leap_days() -> None:
    assert years_between(0, 365.25 * 86_400 * 10) == 10.0


def test_the_worked_gully() -> None:
    assert WORKED.topography == pytest.approx(1.457, abs=5e-4)
    assert WORKED.geology == 2.5
    assert float(HOUR.rain(WORKED, 80, 40)) == pytest.approx(1.2083, abs=5e-5)
    index = float(HOUR.index(WORKED, 80, 40))
    assert index == pytest.approx(0.920, abs=5e-4)
    assert HOUR.level(index) is Colour.RED


@pytest.mark.parametrize(
    ("critical", "index", "colour"),
    [
        (HOUR, 0.2399, Colour.NONE),
        (HOUR, 0.24, Colour.ORANGE),
        (HOUR, 0.3299, Colour.ORANGE),
        (HOUR, 0.33, Colour.RED),
        (TEN_MINUTES, 0.0549, Colour.NONE),
        (TEN_MINUTES, 0.055, Colour.ORANGE),
        (TEN_MINUTES, 0.0719, Colour.ORANGE),
        (TEN_MINUTES, 0.072, Colour.RED),
    ],
)
def test_both_pairs_of_critical_values(
    critical: CriticalIndex, index: float, colour: Colour
) -> None:
    assert critical.level(index) is colour


def test_ten_minutes_weigh_their_rain_by_their_own_factor() -> None:
    assert float(TEN_MINUTES.rain(WORKED, 80, 40)) == pytest.approx((80 + 8 * 40) / 480)


def test_the_index_of_many_hours_at_once() -> None:
    index = HOUR.index(WORKED, np.array([0, 80]), np.array([0, 40]))

    assert index.tolist() == pytest.approx([0.0, 0.92], abs=5e-4)


@pytest.mark.parametrize(
    "field",
    ["firmness", "gradient", "area_m2", "width_m", "grain_mm", "yearly_mm", "variation"],
)
@pytest.mark.parametrize("value", [0.0, -1.0, NAN, float("inf")])
def test_a_gully_that_cannot_be_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        replace(WORKED, **{field: value})
