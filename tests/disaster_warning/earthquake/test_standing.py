"""A lower magnitude takes the place of a higher one for a reason that is stated, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.disaster_warning.model.earthquake.location import Location
from services.disaster_warning.model.earthquake.magnitude import Magnitude
from services.disaster_warning.model.earthquake.standing import Standing, stand

HERE = Location(31.0, 103.4, 10.0, 0.0, 5.0, 0.5)
FOUND = Magnitude(7.0, 0.3, 7.0, 7.0, 3, 4.0, 7.0)
STATIONS = frozenset({"a", "b", "c"})


def lower(by: float = 0.3) -> Magnitude:
    return replace(FOUND, value=FOUND.value - by, estimate=FOUND.value - by)


def first(whole: int = 3) -> Standing:
    told, standing = stand(FOUND, HERE, STATIONS, whole, None, 10.0)
    assert told == FOUND
    assert standing is not None
    return standing


def test_what_rests_on_short_windows_stands_for_nothing() -> None:
    told, standing = stand(FOUND, HERE, STATIONS, 0, None, 10.0)
    assert (told, standing) == (FOUND, None)


def test_a_greater_one_takes_its_place() -> None:
    higher = replace(FOUND, value=7.2)
    told, standing = stand(higher, HERE, STATIONS, 3, first(), 10.0)
    assert told == higher
    assert standing is not None
    assert standing.value == 7.2


def test_a_lower_one_is_told_as_an_estimate_only() -> None:
    before = first()
    told, standing = stand(lower(), HERE, STATIONS, 4, before, 10.0)
    assert (told.value, told.estimate, told.fall) == (7.0, 6.7, "HELD")
    assert standing is before


@pytest.mark.parametrize(
    ("location", "stations", "whole", "reason"),
    [
        (HERE, frozenset({"a", "b"}), 3, "PICKS_LET_GO"),
        (replace(HERE, latitude=31.2), STATIONS, 3, "EPICENTRE"),
        (HERE, STATIONS | {"d", "e"}, 5, "STATIONS"),
    ],
)
def test_a_lower_one_counts_for_a_reason(
    location: Location, stations: frozenset[str], whole: int, reason: str
) -> None:
    told, standing = stand(lower(), location, stations, whole, first(), 10.0)
    assert told.value == pytest.approx(6.7)
    assert told.fall == reason
    assert standing is not None
    assert standing.value == told.value
