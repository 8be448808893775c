"""The Canadian fire-weather index: published days, day lengths in Sichuan, classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.model import fire_weather
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.fire_weather import (
    Codes,
    FireWeatherRule,
    Weather,
    build_up_index,
    day,
    drought_day_adjustment,
    duff_day_hours,
    fine_fuel_moisture_code,
    fire_weather_index,
)
from tests.disaster_warning.made_rules import rule

RULE = FireWeatherRule.parse(rule(fire_weather.CLASSES))
START = Codes(85, 6, 15)
FIRST = Weather(17, 42, 25, 0)
SECOND = Weather(20, 21, 25, 2.4)
NAN = float("nan")


def test_the_published_two_days() -> None:
    first = day(FIRST, START, latitude=46, month=4)
    second = day(SECOND, first.codes, latitude=46, month=4)

    expected = [87.692980, 8.545051, 19.014, 10.853661, 8.490427, 10.096371]
    assert [float(each) for each in first] == pytest.approx(expected, abs=1e-6)
    expected = [86.2476, 10.4111, 23.568, 8.8376, 10.3641, 9.2839]
    assert [float(each) for each in second] == pytest.approx(expected, abs=1e-4)


def test_many_places_come_to_what_each_comes_to() -> None:
    rng = np.random.default_rng(2)
    weather = Weather(
        rng.uniform(-10, 40, 200),
        rng.uniform(0, 100, 200),
        rng.uniform(0, 90, 200),
        rng.choice([0, 0.4, 1.0, 2.0, 5.0, 80.0], 200),
    )
    codes = Codes(rng.uniform(0, 101, 200), rng.uniform(0, 200, 200), rng.uniform(0, 800, 200))
    latitude = rng.uniform(26, 34, 200)

    together = day(weather, codes, latitude=latitude, month=3)

    assert all(np.isfinite(each).all() for each in together)
    for place in range(0, 200, 7):
        alone = day(
            Weather(*(np.asarray(each)[place] for each in weather)),
            Codes(*(np.asarray(each)[place] for each in codes)),
            latitude=latitude[place],
            month=3,
        )
        assert [float(each) for each in alone] == pytest.approx(
            [float(each[place]) for each in together]
        )


@pytest.mark.parametrize(
    ("latitude", "month", "hours"),
    [
        (46, 4, 12.8),
        (60, 4, 12.8),
        (20, 4, 9.5),
        (0, 4, 9.0),
        (33, 4, 11.15),
        (26, 6, 10.2 + 6 / 26 * 3.7),
        (34, 6, 10.2 + 14 / 26 * 3.7),
        (10, 6, 9.6),
        (90, 12, 6.0),
    ],
)
def test_day_length_is_in_proportion_to_latitude(latitude: float, month: int, hours: float) -> None:
    assert float(duff_day_hours(latitude, month)) == pytest.approx(hours)


@pytest.mark.parametrize("month", range(1, 13))
def test_day_length_has_no_step_in_sichuan(month: int) -> None:
    across = duff_day_hours(np.arange(26, 34, 0.01), month)

    assert np.abs(np.diff(across)).max() < 0.01


@pytest.mark.parametrize(
    ("latitude", "month", "expected"),
    [(30, 1, -1.6), (30, 4, 0.9), (30, 7, 6.4), (15, 7, 1.4), (46, 12, -1.6)],
)
def test_the_drought_code_has_the_days_of_the_north(
    latitude: float, month: int, expected: float
) -> None:
    assert float(drought_day_adjustment(latitude, month)) == expected


@pytest.mark.parametrize("latitude", [-1.0, 91.0, NAN])
def test_a_latitude_without_a_table_is_refused(latitude: float) -> None:
    with pytest.raises(ValueError, match="latitude"):
        day(FIRST, START, latitude=latitude, month=4)


@pytest.mark.parametrize(
    ("weather", "name"),
    [
        (Weather(61, 40, 10, 0), "temperature_c"),
        (Weather(20, 101, 10, 0), "humidity_pct"),
        (Weather(20, -1, 10, 0), "humidity_pct"),
        (Weather(20, 40, -1, 0), "wind_kmh"),
        (Weather(20, 40, 10, -0.1), "rain_mm"),
    ],
)
def test_weather_that_cannot_be_is_refused(weather: Weather, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        day(weather, START, latitude=30, month=4)


@pytest.mark.parametrize("month", [0, 13])
def test_a_month_that_is_none_is_refused(month: int) -> None:
    with pytest.raises(ValueError, match="month"):
        day(FIRST, START, latitude=30, month=month)


@pytest.mark.parametrize("field", ["temperature_c", "humidity_pct", "wind_kmh", "rain_mm"])
def test_what_is_not_known_makes_no_index(field: str) -> None:
    weather = FIRST._replace(**{field: NAN})

    assert np.isnan(day(weather, START, latitude=30, month=4).fwi)


places = st.tuples(st.floats(-20, 45), st.floats(0, 100), st.floats(0, 100), st.floats(0, 150)).map(
    lambda each: Weather(*each)
)
codes = st.tuples(st.floats(0, 101), st.floats(0, 400), st.floats(0, 1000)).map(
    lambda each: Codes(*each)
)


@given(places, codes, st.integers(1, 12))
def test_indices_stay_within_their_scales(weather: Weather, before: Codes, month: int) -> None:
    found = day(weather, before, latitude=30, month=month)

    assert 0 <= found.ffmc <= 101
    assert min(found.dmc, found.dc, found.isi, found.bui, found.fwi) >= 0
    assert np.isfinite([float(each) for each in found]).all()


@given(places, codes, st.floats(0, 50))
def test_more_wind_is_no_less_danger(weather: Weather, before: Codes, more: float) -> None:
    calm = day(weather, before, latitude=30, month=4)
    ffmc = calm.ffmc

    low = fire_weather.initial_spread_index(ffmc, weather.wind_kmh)
    high = fire_weather.initial_spread_index(ffmc, np.asarray(weather.wind_kmh) + more)

    assert fire_weather_index(low, calm.bui) <= fire_weather_index(high, calm.bui)


def test_nothing_to_burn_is_no_danger() -> None:
    assert float(build_up_index(0, 0)) == 0.0


def test_rain_soaks_and_does_not_pass_its_bounds() -> None:
    soaked = fine_fuel_moisture_code(Weather(5, 100, 0, 150), 10)

    assert 0 <= float(soaked) < 20


@pytest.mark.parametrize(
    ("fwi", "danger", "colour"),
    [
        (0.0, 0, Colour.NONE),
        (5.19, 0, Colour.NONE),
        (5.2, 1, Colour.NONE),
        (11.2, 2, Colour.BLUE),
        (21.29, 2, Colour.BLUE),
        (21.3, 3, Colour.YELLOW),
        (38.0, 4, Colour.ORANGE),
        (49.9, 4, Colour.ORANGE),
        (50.0, 5, Colour.RED),
        (200.0, 5, Colour.RED),
        (NAN, -1, Colour.NONE),
    ],
)
def test_classes_and_colours(fwi: float, danger: int, colour: Colour) -> None:
    assert int(RULE.danger_class(fwi)) == danger
    assert int(RULE.levels(fwi)) == colour


@pytest.mark.parametrize(
    ("last_dc", "winter_mm", "expected"),
    [(300, 1000, 15.0), (0, 0, 400 * np.log(1 / 0.75)), (15, 100, 15.0)],
)
def test_a_dry_winter_carries_drought_over(
    last_dc: float, winter_mm: float, expected: float
) -> None:
    assert float(RULE.after_winter(last_dc, winter_mm)) == pytest.approx(max(expected, 15.0))


def test_the_drier_the_winter_the_higher_the_spring_starts() -> None:
    spring = RULE.after_winter(500, np.array([0, 20, 40, 80, 160]))

    assert (np.diff(spring) < 0).all()
