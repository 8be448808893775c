"""What rain amounts to: colours of the CMA, antecedent index, events."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.rain import (
    DURATIONS,
    RAINSTORM,
    RainEvent,
    RainstormThresholds,
    antecedent_index,
    rain_events,
    rainstorm,
)
from tests.disaster_warning.made_rules import rule

THRESHOLDS = RainstormThresholds.parse(rule(RAINSTORM))
NAN = float("nan")


def sums(hourly: list[float]) -> np.ndarray[Any, Any]:
    """Return sums of the last 1 to 72 h from hourly rain, the last hour first."""
    return np.cumsum(np.array(hourly + [0.0] * (DURATIONS - len(hourly))))[:, None]


@pytest.mark.parametrize(
    ("hourly", "colour", "hours"),
    [
        ([], Colour.NONE, 0),
        ([1.0], Colour.NONE, 3),
        ([4.1] * 12, Colour.NONE, 12),
        ([4.2] * 12, Colour.BLUE, 12),
        ([8.3] * 6, Colour.NONE, 6),
        ([8.4] * 6, Colour.YELLOW, 6),
        ([16.6] * 3, Colour.NONE, 3),
        ([16.7] * 3, Colour.ORANGE, 3),
        ([33.3] * 3, Colour.ORANGE, 3),
        ([33.4] * 3, Colour.RED, 3),
        ([50.0], Colour.ORANGE, 3),
        ([100.0], Colour.RED, 3),
        ([99.9], Colour.ORANGE, 3),
        ([0.1] + [0.0] * 10 + [49.9], Colour.BLUE, 12),
        ([0.1] + [0.0] * 11 + [49.9], Colour.NONE, 12),
        ([0.1] + [0.0] * 4 + [49.9], Colour.YELLOW, 6),
        ([0.1] + [0.0] * 1 + [49.9], Colour.ORANGE, 3),
        ([0.1] + [0.0] * 1 + [99.9], Colour.RED, 3),
        ([0.1] + [0.0] * 2 + [99.9], Colour.YELLOW, 6),
    ],
)
def test_rain_that_is_reached_and_goes_on_has_its_colour(
    hourly: list[float], colour: Colour, hours: int
) -> None:
    found = rainstorm(sums(hourly), THRESHOLDS)

    assert found.level[0] == colour
    if colour:
        assert found.hours[0] == hours
        assert found.ratio[0] >= 1


@pytest.mark.parametrize("hourly", [[0.0, 100.0], [0.0, 200.0, 200.0], [0.09, 300.0]])
def test_rain_that_has_stopped_has_none(hourly: list[float]) -> None:
    assert rainstorm(sums(hourly), THRESHOLDS).level[0] == Colour.NONE


@pytest.mark.parametrize(
    ("hourly", "forecast", "colour"),
    [
        ([0.0], [50.0], Colour.ORANGE),
        ([0.0], [0.0, 0.0, 100.0], Colour.RED),
        ([0.0], [0.0, 0.0, 0.0, 100.0], Colour.YELLOW),
        ([0.0], [0.0] * 11 + [50.0], Colour.BLUE),
        ([0.0], [0.0] * 11 + [49.9], Colour.NONE),
        ([30.0], [20.0], Colour.ORANGE),
        ([30.0, 30.0], [40.0], Colour.RED),
        ([30.0, 30.0, 30.0], [40.0], Colour.RED),
        ([0.0, 0.0, 30.0], [20.0], Colour.YELLOW),
        ([0.0] * 5 + [30.0], [20.0], Colour.BLUE),
        ([0.0] * 11 + [30.0], [20.0], Colour.NONE),
        ([0.0, 50.0], [0.0], Colour.ORANGE),
        ([10.0], [NAN], Colour.NONE),
        ([50.0], [NAN], Colour.ORANGE),
        ([0.0], [NAN, 60.0], Colour.ORANGE),
    ],
)
def test_rain_that_is_expected_has_its_colour_too(
    hourly: list[float], forecast: list[float], colour: Colour
) -> None:
    found = rainstorm(sums(hourly), THRESHOLDS, np.array(forecast)[:, None])

    assert found.level[0] == colour


hourly_rain = st.lists(
    st.floats(0, 60, allow_nan=False).map(lambda mm: round(mm, 1)), min_size=12, max_size=12
)


@given(hourly_rain, st.integers(0, 11), st.floats(0.1, 50))
def test_more_rain_never_makes_less_of_a_colour(
    hourly: list[float], hour: int, more: float
) -> None:
    before = rainstorm(sums(hourly), THRESHOLDS).level[0]
    hourly[hour] += more

    assert rainstorm(sums(hourly), THRESHOLDS).level[0] >= before


@given(hourly_rain, st.lists(st.floats(0, 60), min_size=1, max_size=12))
def test_a_forecast_never_makes_less_of_a_colour(
    hourly: list[float], forecast: list[float]
) -> None:
    ahead = np.cumsum(forecast)[:, None]

    with_forecast = rainstorm(sums(hourly), THRESHOLDS, ahead).level[0]

    assert with_forecast >= rainstorm(sums(hourly), THRESHOLDS).level[0]


@given(st.lists(hourly_rain, min_size=2, max_size=5))
def test_many_gauges_come_to_what_each_comes_to(columns: list[list[float]]) -> None:
    together = rainstorm(np.hstack([sums(each) for each in columns]), THRESHOLDS)

    for place, each in enumerate(columns):
        alone = rainstorm(sums(each), THRESHOLDS)
        assert [column[place] for column in together] == [column[0] for column in alone]


@pytest.mark.parametrize(
    ("daily", "decay", "expected"),
    [
        ((30, 10, 0, 20, 5), 0.8, 40.23),
        ((), 0.8, 0.0),
        ((10,), 0.86, 8.6),
        ((0, 10), 0.5, 2.5),
        ((NAN, 10), 0.5, 2.5),
        ((NAN, NAN), 0.8, 0.0),
    ],
)
def test_antecedent_rain(daily: tuple[float, ...], decay: float, expected: float) -> None:
    assert float(antecedent_index(np.array(daily, float), decay)) == pytest.approx(
        expected, abs=0.005
    )


def test_antecedent_rain_of_many_gauges() -> None:
    daily = np.array([[30, 0], [10, 10]], float)

    assert antecedent_index(daily, 0.5).tolist() == [17.5, 2.5]


@pytest.mark.parametrize("decay", [0.0, 1.0, -1.0, 2.0])
def test_a_decay_that_is_none_is_a_mistake(decay: float) -> None:
    with pytest.raises(ValueError, match="decay"):
        antecedent_index(np.zeros(3), decay)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], []),
        ([0, 0, 0], []),
        ([NAN, NAN], []),
        ([1], [RainEvent(0, 0, 1.0, ended=False)]),
        ([1, 0, 0], [RainEvent(0, 0, 1.0, ended=False)]),
        ([1, 0, 0, 0], [RainEvent(0, 0, 1.0, ended=True)]),
        ([1, 0, 0, 2], [RainEvent(0, 3, 3.0, ended=False)]),
        (
            [1, 0, 0, 0, 2],
            [RainEvent(0, 0, 1.0, ended=True), RainEvent(4, 4, 2.0, ended=False)],
        ),
        ([1, NAN, NAN, NAN, 2], [RainEvent(0, 4, 3.0, ended=False)]),
        ([1, 0, NAN, 0, 2], [RainEvent(0, 4, 3.0, ended=False)]),
        (
            [1, 0, NAN, 0, 0, 2],
            [RainEvent(0, 0, 1.0, ended=True), RainEvent(5, 5, 2.0, ended=False)],
        ),
        ([0, 0, 0, 1], [RainEvent(3, 3, 1.0, ended=False)]),
        ([1, NAN, NAN, NAN, NAN], [RainEvent(0, 0, 1.0, ended=False)]),
    ],
)
def test_events_are_apart_by_what_is_known_to_be_dry(
    minutes: list[float], expected: list[RainEvent]
) -> None:
    assert rain_events(np.array(minutes, float), 3) == expected


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.2, NAN]), max_size=60), st.integers(1, 8))
def test_events_hold_all_the_rain_and_do_not_meet(minutes: list[float], dry: int) -> None:
    series = np.array(minutes, float)
    events = rain_events(series, dry)

    assert sum(each.mm for each in events) == pytest.approx(np.nansum(series))
    for earlier, later in pairwise(events):
        between = series[earlier.last + 1 : later.first]
        assert (between == 0).sum() >= dry
        assert earlier.ended


def test_an_event_says_how_long_it_has_lasted() -> None:
    assert RainEvent(60, 179, 10.0, ended=False).hours == 2.0
