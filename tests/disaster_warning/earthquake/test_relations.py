"""Formulas against published values and the vectors of the domain."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.model.earthquake.counties import Counties, expect
from services.disaster_warning.model.earthquake.features import InvalidFeatures
from services.disaster_warning.model.earthquake.geodesy import distance_km
from services.disaster_warning.model.earthquake.intensity import (
    Zone,
    acceleration_at,
    instrumental_intensity,
    peak_ground_acceleration,
    user_intensity,
    velocity_at,
)
from services.disaster_warning.model.earthquake.location import Location
from services.disaster_warning.model.earthquake.magnitude import (
    displacement,
    estimate,
    magnitude_by_pd,
    magnitude_by_tau_c,
)
from services.disaster_warning.model.earthquake.no_attenuation import (
    Observed,
    felt_around,
    observe,
    supported,
)
from services.disaster_warning.model.earthquake.picks import Pick
from services.disaster_warning.model.earthquake.screening import (
    Exclusion,
    clock_fault,
    is_teleseism,
)
from services.disaster_warning.model.earthquake.thresholds import (
    Colour,
    Home,
    InvalidThresholds,
    Thresholds,
)
from services.disaster_warning.model.earthquake.travel_time import DEPTHS_KM, sichuan
from services.plumbing.rules import RuleBook
from tests.disaster_warning.earthquake.simulator import (
    CENTRE,
    SETTING,
    SICHUAN_ROUGHLY,
    T0,
    THRESHOLDS,
    at,
    features,
)


@pytest.mark.parametrize(
    ("pga", "pgv", "expected"),
    [
        (0.653, 0.0558, 6.0),
        (1.35, 0.120, 7.0),
        (2.79, 0.258, 8.0),
        (5.77, 0.555, 9.0),
        pytest.param(1.0, 0.03, 5.9, id="mean-when-not-both-strong"),
        pytest.param(0.0, 0.0, 1.0, id="least"),
        pytest.param(90.0, 9.0, 12.0, id="most"),
    ],
)
def test_instrumental_intensity_is_that_of_the_standard(pga: Any, pgv: Any, expected: Any) -> None:
    assert instrumental_intensity(np.array(pga), np.array(pgv)) == expected


@given(st.floats(1.0, 12.0))
def test_acceleration_and_velocity_of_an_intensity_give_it_back(intensity: Any) -> None:
    value = np.array(intensity)
    back = instrumental_intensity(acceleration_at(value), velocity_at(value))
    assert abs(float(back) - intensity) <= 0.051


@pytest.mark.parametrize(
    ("magnitude", "away", "expected"),
    [(6.0, 257, 2.79), (8.0, 92, 6.98), (6.1, 113, 4.10), (6.5, 50, 5.76)],
)
def test_user_intensity_is_that_of_the_public_clients(
    magnitude: Any, away: Any, expected: Any
) -> None:
    assert user_intensity(magnitude, np.array([away])) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    ("zone", "magnitude", "away", "gal"),
    [
        (Zone.TIBET, 6.0, 20, 192.5),
        (Zone.TIBET, 6.0, 50, 54.6),
        (Zone.TIBET, 6.5, 100, 30.0),
        (Zone.TIBET, 7.0, 50, 105.6),
        (Zone.WEST_ACTIVE, 6.0, 20, 163.1),
    ],
)
def test_peak_ground_acceleration_is_that_of_yu_2013(
    zone: Any, magnitude: Any, away: Any, gal: Any
) -> None:
    assert peak_ground_acceleration(magnitude, np.array([away]), zone) == pytest.approx(
        gal, abs=0.06
    )


def test_displacement_and_magnitude_are_those_of_wu_and_zhao() -> None:
    assert displacement(6.0, np.array([20.0])) == pytest.approx(0.1329, abs=5e-5)
    assert displacement(7.0, np.array([50.0])) == pytest.approx(0.2021, abs=5e-5)
    assert magnitude_by_pd(np.array([0.1329]), np.array([20.0])) == pytest.approx(6.0, abs=0.01)
    assert magnitude_by_tau_c(np.array([1.0])) == pytest.approx(5.787)


def test_travel_times_agree_with_ray_tracing_in_iasp91() -> None:
    with warnings.catch_warnings():
        # obspy 1.5 reads its entry points in a way that Python has deprecated.
        warnings.simplefilter("ignore")
        from obspy.taup import TauPyModel

        model = TauPyModel("iasp91")
    away = np.array([0.0, 5.0, 17.3, 34.5, 60.0, 100.0])
    for depth in (2, 4):
        for phases, ours in (("p", sichuan().p), ("s", sichuan().s)):
            names = [phases, phases.upper(), f"{phases.upper()}g"]
            expected = [
                min(
                    arrival.time
                    for arrival in model.get_travel_times(DEPTHS_KM[depth], km / 111.19, names)
                )
                for km in away
            ]
            np.testing.assert_allclose(ours(away, depth), expected, atol=0.08)


def test_travel_times_grow_with_distance_and_p_comes_before_s() -> None:
    away = np.linspace(0.0, 900.0, 2_000)
    for depth in range(len(DEPTHS_KM)):
        p, s = sichuan().p(away, depth), sichuan().s(away, depth)
        assert np.all(np.diff(p) > 0.0)
        assert np.all(s > 1.6 * p)


def test_distance_is_the_great_circle() -> None:
    # Yingxiu to Chengdu's centre, by the haversine formula on paper.
    assert distance_km(31.0, 103.4, np.array([30.67]), np.array([104.07])) == pytest.approx(
        73.7, abs=0.2
    )


@pytest.mark.parametrize(
    ("epicentre", "depth", "place", "latency", "expected", "within"),
    [
        pytest.param((30.37, 102.94), 17.0, (30.66, 104.07), 5.7, 26.9, 0.5, id="lushan-chengdu"),
        pytest.param((30.37, 102.94), 17.0, (29.98, 103.01), 5.7, 7.7, 0.5, id="lushan-yaan"),
    ],
)
def test_countdown_is_that_of_published_warnings(
    epicentre: Any, depth: Any, place: Any, latency: Any, expected: Any, within: Any
) -> None:
    where = Counties(("x",), np.array([place[0]]), np.array([place[1]]))
    latitude, longitude = epicentre
    location = Location(latitude, longitude, depth, T0, 1.0, 0.3)
    table = expect(where, location, 6.1, observe([]), THRESHOLDS)
    assert table.countdown_s(T0 + latency) == pytest.approx(expected, abs=within)


def test_counties_get_the_greater_intensity_and_its_colour() -> None:
    latitude, longitude = np.array([at(0, 0), at(25, 0), at(300, 0), at(900, 0)]).T
    where = Counties(("a", "b", "c", "d"), latitude, longitude)
    location = Location(*CENTRE, 10.0, T0, 1.0, 0.3)
    felt = Observed(("s",), np.array([at(30, 0)[0]]), np.array([at(30, 0)[1]]), np.array([8.3]))
    table = expect(where, location, 6.0, felt, THRESHOLDS)
    assert table.observed_intensity.tolist() == [8.3, 8.3, 0.0, 0.0]
    assert np.all(table.intensity >= table.source_intensity - 0.05)
    assert [Colour(c) for c in table.colour] == [
        Colour.RED,
        Colour.RED,
        Colour.BLUE,
        Colour.NONE,
    ]
    assert table.max_colour is Colour.RED
    assert np.all(np.diff(table.s_arrival_time) > 0.0)


@pytest.mark.parametrize(
    ("intensity", "colour"),
    [(1.9, 0), (2.0, 1), (2.9, 1), (3.0, 2), (4.9, 2), (5.0, 3), (6.9, 3), (7.0, 4), (12.0, 4)],
)
def test_colours_begin_at_their_thresholds(intensity: Any, colour: Any) -> None:
    assert THRESHOLDS.colours(np.array([intensity])) == colour


def test_magnitude_grows_with_the_window_and_its_error_shrinks_with_stations() -> None:
    def pick(elapsed: Any, pd: Any) -> Any:
        one = features(elapsed_s=elapsed, pd_cm=pd, tau_c_s=1.0)
        return Pick(one, one)

    slant, late = np.array([20.0]), np.array([9.0])
    first = estimate([pick(1.0, 0.1)], slant, late)
    third = estimate([pick(3.0, 0.3)], slant, late)
    assert third.value > first.value
    assert third.sigma < first.sigma
    many = estimate([pick(3.0, 0.3)] * 6, np.full(6, 20.0), np.full(6, 9.0))
    assert many.sigma < third.sigma
    assert many.value == pytest.approx(third.value)


def test_a_period_that_contradicts_the_amplitude_is_not_believed() -> None:
    one = features(elapsed_s=3.0, pd_cm=0.02, tau_c_s=8.0)
    found = estimate([Pick(one, one)], np.array([15.0]), np.array([9.0]))
    assert math.isnan(found.by_tau_c)
    assert found.value == pytest.approx(found.by_pd)


def test_a_clipped_record_is_a_lower_bound() -> None:
    whole = features(station="a", elapsed_s=3.0, pd_cm=0.5)
    clipped = features(station="b", elapsed_s=3.0, pd_cm=0.1, is_lower_bound=True)

    def found(*each: Any) -> Any:
        picks = [Pick(one, one) for one in each]
        return estimate(picks, np.full(len(each), 20.0), np.full(len(each), 9.0)).value

    assert found(whole, clipped) == pytest.approx(found(whole))
    assert found(whole, replace(clipped, pd_cm=3.0)) > found(whole)
    assert found(clipped) < found(whole)


def test_an_s_wave_in_the_window_is_taken_off() -> None:
    one = features(elapsed_s=6.0, pd_cm=1.0, tau_c_s=0.1)
    without = estimate([Pick(one, one)], np.array([15.0]), np.array([20.0]))
    with_s = estimate([Pick(one, one)], np.array([15.0]), np.array([2.0]))
    assert with_s.by_pd == pytest.approx(without.by_pd - 0.48, abs=0.01)
    assert with_s.sigma > without.sigma


def test_one_noisy_station_is_felt_nowhere_until_a_neighbour_shakes() -> None:
    loud = features(station="a", intensity=8.0, elapsed_s=5.0)
    quiet = features(station="b", intensity=1.5, elapsed_s=5.0, latitude=at(0, 12)[0])
    shaking = replace(quiet, intensity=3.5)
    where = np.array([CENTRE[0]]), np.array([CENTRE[1]])

    def felt(*each: Any, belongs: Any = False) -> Any:
        observed = supported(
            observe([Pick(one, one) for one in each]),
            radius_km=30.0,
            support=3.0,
            belongs=np.full(len(each), belongs),
        )
        return float(felt_around(observed, *where, radius_km=30.0)[0])

    assert felt(loud) == 0.0
    assert felt(loud, quiet) == 1.5  # the loud one confirms the quiet one, not itself
    assert felt(loud, shaking) == 8.0
    assert felt(loud, belongs=True) == 8.0
    assert felt(replace(loud, latitude=at(0, 31)[0]), belongs=True) == 0.0


def test_the_vertical_component_speaks_first() -> None:
    early = features(intensity=3.0, vertical_intensity=3.4, elapsed_s=2.0)
    later = replace(early, elapsed_s=6.0)
    assert observe([Pick(early, early)]).intensity == pytest.approx(4.4)
    assert observe([Pick(later, later)]).intensity == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("magnitude", "place", "observed", "expected"),
    [
        pytest.param(4.0, (31.0, 103.4), 0.0, True, id="home"),
        pytest.param(3.9, (31.0, 103.4), 0.0, False, id="home-too-weak"),
        pytest.param(4.5, (25.7, 102.0), 0.0, True, id="within-50-km-of-home"),
        pytest.param(4.5, (24.9, 102.0), 0.0, False, id="110-km-from-home"),
        pytest.param(5.0, (24.9, 102.0), 0.0, True, id="region"),
        pytest.param(7.0, (40.0, 102.0), 0.0, False, id="outside-the-region"),
        pytest.param(3.0, (31.0, 103.4), 5.0, True, id="felt-by-stations"),
    ],
)
def test_thresholds_say_when_the_public_is_told(
    magnitude: Any, place: Any, observed: Any, expected: Any
) -> None:
    latitude, longitude = place
    warrants = THRESHOLDS.warrants(SICHUAN_ROUGHLY, latitude, longitude, magnitude, observed)
    assert warrants is expected


def test_thresholds_refuse_what_is_missing_unknown_or_out_of_order() -> None:
    good = {name: getattr(THRESHOLDS, name) for name in THRESHOLDS.__dataclass_fields__}
    assert Thresholds.of(good) == THRESHOLDS
    with pytest.raises(InvalidThresholds, match="missing parameters"):
        Thresholds.of({name: good[name] for name in good if name != "red"})
    with pytest.raises(InvalidThresholds, match="unknown parameters"):
        Thresholds.of(good | {"purple": 9.0})
    with pytest.raises(InvalidThresholds, match="need tell < yellow"):
        Thresholds.of(good | {"orange": 8.0})
    with pytest.raises(InvalidThresholds, match="three corners"):
        Home(np.zeros(2), np.zeros(2))


def test_the_rule_in_force_gives_the_thresholds_of_these_tests() -> None:
    book = RuleBook.read(files("services.disaster_warning") / "rules")
    rule = book.in_force("earthquake-thresholds", "CN-51-0104", datetime(2026, 6, 1, tzinfo=UTC))
    assert Thresholds.of(rule.parameters) == THRESHOLDS
    assert rule.version == SETTING.rule_version


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, None, id="right"),
        pytest.param({"clock_offset_s": -0.1}, None, id="small-offset"),
        pytest.param({"clock_offset_s": 2.0}, Exclusion.CLOCK_SUSPECT, id="own-account"),
        pytest.param({"received_time": T0 - 60.0}, Exclusion.CLOCK_SUSPECT, id="ahead"),
        pytest.param({"received_time": T0 + 240.0}, Exclusion.TOO_LATE, id="behind-or-backlog"),
    ],
)
def test_wrong_clocks_are_noticed(values: Any, expected: Any) -> None:
    assert clock_fault(features(**values)) is expected


def test_long_periods_of_small_amplitude_are_of_far_away() -> None:
    far = features(tau_c_s=6.0, pd_cm=0.02, dominant_hz=0.3)
    assert is_teleseism(far)
    assert not is_teleseism(replace(far, dominant_hz=3.0))
    assert not is_teleseism(replace(far, pd_cm=3.0))  # M 8 near by


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("station", ""),
        ("latitude", 91.0),
        ("longitude", math.nan),
        ("elapsed_s", -1.0),
        ("elapsed_s", 181.0),
        ("pd_cm", math.inf),
        ("intensity", 12.1),
        ("clock_offset_s", math.inf),
        ("pick_id", -1),
    ],
)
def test_features_that_no_station_sends_are_refused(field: Any, value: Any) -> None:
    with pytest.raises(InvalidFeatures, match=field.partition("_")[0]):
        features(**{"received_time": T0 + 2.0, field: value})


@given(st.permutations(range(1, 8)))
def test_a_pick_is_the_same_whatever_order_its_seconds_come_in(seconds: Any) -> None:
    made = [features(elapsed_s=float(each), pd_cm=each / 10, sequence=each) for each in seconds]
    pick = Pick(made[0], made[0])
    for one in (*made[1:], *made):
        pick = pick.with_features(one)
    assert (pick.initial.elapsed_s, pick.latest.elapsed_s) == (3.0, 7.0)
