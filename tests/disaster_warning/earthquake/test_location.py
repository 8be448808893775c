"""The location step against times that are exactly right, and what three picks can say at all."""

from __future__ import annotations

import numpy as np
import pytest

from services.disaster_warning.model.earthquake.geodesy import distance_km
from services.disaster_warning.model.earthquake.location import (
    Arrivals,
    Location,
    Silence,
    locate,
)
from services.disaster_warning.model.earthquake.travel_time import sichuan

TIMES = sichuan()
NOBODY = Silence(np.array([]), np.array([]), 30.0)
RIDGECREST = Location(35.770, -117.599, 8.0, 0.0, 0.0, 0.0)
CLC_TOW2_CCC = (np.array([35.816, 35.809, 35.525]), np.array([-117.598, -117.765, -117.365]))
TABLE_S = np.array([0.63, 2.73, 6.39])
"""P after the catalogue's origin at the three stations, as the domain's table has it."""


def away_km(found: Location, true: Location) -> float:
    there = (np.array([true.latitude]), np.array([true.longitude]))
    return float(np.asarray(distance_km(found.latitude, found.longitude, *there))[0])


def predicted(true: Location, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    distance = np.asarray(distance_km(true.latitude, true.longitude, latitude, longitude))
    return np.asarray(TIMES.p_at_depths(distance, true.depth_weights()))


@pytest.mark.parametrize("stations", [6, 8, 12])
@pytest.mark.parametrize("seed", range(4))
def test_exact_times_around_it_give_the_place(stations: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bearing = np.linspace(0, 2 * np.pi, stations, endpoint=False) + rng.uniform(0, 1)
    reach = rng.uniform(0.08, 0.5, stations)
    true = Location(31.0, 103.4, 12.0, 0.0, 0.0, 0.0)
    latitude = true.latitude + reach * np.cos(bearing)
    longitude = true.longitude + reach * np.sin(bearing)
    times = predicted(true, latitude, longitude)

    found = locate(Arrivals(latitude, longitude, times), NOBODY, TIMES)

    assert away_km(found, true) < 3.0
    assert found.origin_time == pytest.approx(0.0, abs=0.5)


def test_three_picks_alone_leave_a_valley_and_say_so() -> None:
    """Four unknowns of three times: the mean of what is possible is no better than its error."""
    exact = predicted(RIDGECREST, *CLC_TOW2_CCC)

    found = locate(Arrivals(*CLC_TOW2_CCC, exact), NOBODY, TIMES)

    assert away_km(found, RIDGECREST) <= found.error_km


def test_the_drills_offset_is_in_its_picks() -> None:
    """CLC hears P 0.6 s earlier than any crust lets it from the catalogue's hypocentre.

    9.5 km in 0.63 s are 15 km/s. So whatever fits the three picks is some 12 km away, and begins
    earlier; the stated error covers most of it.
    """
    early = TABLE_S - predicted(RIDGECREST, *CLC_TOW2_CCC)
    assert early[0] - early.mean() < -0.6
    assert early[2] - early.mean() > 0.6

    found = locate(Arrivals(*CLC_TOW2_CCC, TABLE_S), NOBODY, TIMES)

    assert away_km(found, RIDGECREST) == pytest.approx(12.0, abs=2.0)
    fitted = found.origin_time + predicted(found, *CLC_TOW2_CCC)
    assert np.abs(fitted - TABLE_S).max() < np.abs(early - early.mean()).max()
