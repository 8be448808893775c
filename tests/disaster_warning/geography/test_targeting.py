"""From areas to counties: shares, people, criteria, refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from services.disaster_warning.geography import area, borders
from services.disaster_warning.geography.area import Circle, InvalidArea, Polygon, plane
from services.disaster_warning.geography.counties import sichuan
from services.disaster_warning.geography.projection import project
from services.disaster_warning.geography.province import outline
from services.disaster_warning.geography.targeting import RULE, Criteria, Targeting, targeting
from services.plumbing.rules import InvalidRule, RuleBook

TARGETING = targeting()
ALL = Criteria(0.0, 0.0)
BOOK = RuleBook.read(files("services.disaster_warning") / "rules")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
RULED = Criteria.of(BOOK.in_force(RULE, "CN-51", NOW))
CHENGDU = (30.66667, 104.06667)


def box(south: float, west: float, north: float, east: float) -> Polygon:
    return Polygon(((south, west), (south, east), (north, east), (north, west), (south, west)))


def plainly(shapes: list[Any]) -> dict[str, float]:
    """Return shares of counties by one intersection each, without blocks and index."""
    whole = plane(shapes)
    shares = shapely.area(shapely.intersection(TARGETING.areas, whole))
    shares /= shapely.area(TARGETING.areas)
    return {
        code: float(share)
        for code, share in zip(TARGETING.counties.codes, shares, strict=True)
        if share > 0.0
    }


# -- shares ---------------------------------------------------------------------------------------


def test_the_whole_province_is_183_counties_and_all_its_people() -> None:
    found = TARGETING.target([box(25.5, 97.0, 34.5, 109.0)], RULED)

    assert found.codes == sichuan().codes
    assert found.people == sichuan().population.sum()
    assert {each.share for each in found.counties} == {1.0}
    assert sum(each.area_share for each in found.counties) + found.outside_share == pytest.approx(1)


SHAPES = st.one_of(
    st.builds(
        lambda south, west, height, width: box(south, west, south + height, west + width),
        st.floats(25.0, 34.0),
        st.floats(96.0, 108.0),
        st.floats(0.01, 4.0),
        st.floats(0.01, 6.0),
    ),
    st.builds(Circle, st.floats(25.0, 35.0), st.floats(96.0, 110.0), st.floats(0.5, 500.0)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SHAPES, min_size=1, max_size=3))
def test_shares_are_those_of_plain_intersections(shapes: list[Any]) -> None:
    expected = plainly(shapes)
    found = {each.code: each.share for each in TARGETING.overlaps(shapes)}

    certain = {code for code, share in expected.items() if share > 1e-9}
    assert certain <= found.keys()
    assert all(found[code] == pytest.approx(expected.get(code, 0.0), abs=1e-6) for code in found)
    assert all(0.0 < share <= 1.0 for share in found.values())


def test_people_are_the_counties_share() -> None:
    for each in TARGETING.overlaps([Circle(*CHENGDU, 25.0)]):
        population = sichuan()[each.code].population
        assert each.people == pytest.approx(each.share * population, abs=0.5001)


def test_halves_of_a_county_add_up() -> None:
    west, east = box(29.0, 102.0, 32.0, 103.0), box(29.0, 103.0, 32.0, 104.0)
    both = box(29.0, 102.0, 32.0, 104.0)
    sums: dict[str, float] = {}
    for half in (west, east):
        for each in TARGETING.overlaps([half]):
            sums[each.code] = sums.get(each.code, 0.0) + each.share

    whole = {each.code: each.share for each in TARGETING.overlaps([both])}
    assert sums == pytest.approx(whole, abs=1e-6)


def test_a_hole_is_left_out() -> None:
    ring = box(30.0, 103.0, 32.0, 105.0)
    hole = box(30.5, 103.5, 31.5, 104.5)
    found = {each.code for each in TARGETING.overlaps([Polygon(ring.outer, (hole.outer,))])}
    without = {each.code for each in TARGETING.overlaps([ring])}

    assert "510105" in without
    assert "510105" not in found
    assert found < without


def test_shapes_that_overlap_count_once() -> None:
    circle = Circle(*CHENGDU, 30.0)

    found = [
        {each.code: each.area_share for each in TARGETING.overlaps(shapes)}
        for shapes in ([circle, circle], [circle])
    ]
    assert found[0] == pytest.approx(found[1])


def test_winding_makes_no_difference() -> None:
    one = box(30.0, 103.0, 31.0, 104.0)
    other = Polygon(tuple(reversed(one.outer)))

    found = [{e.code: e.share for e in TARGETING.overlaps([each])} for each in (one, other)]
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize("radius_km", [1.0, 10.0, 30.0, 100.0, 300.0])
def test_a_circle_has_the_area_of_a_circle(radius_km: float) -> None:
    drawn = plane([Circle(*CHENGDU, radius_km)])

    assert shapely.area(drawn) / 1e6 == pytest.approx(math.pi * radius_km**2, rel=0.003)


@pytest.mark.parametrize("radius_km", [10.0, 100.0, 300.0])
def test_a_circle_is_round_within_half_a_percent(radius_km: float) -> None:
    drawn = plane([Circle(*CHENGDU, radius_km)])
    rim = shapely.get_coordinates(shapely.boundary(drawn)) - project(*CHENGDU)

    assert np.hypot(*rim.T) == pytest.approx(np.full(len(rim), radius_km * 1e3), rel=0.005)


def test_the_published_distance_to_changning_decides() -> None:
    # Chengdu lies 271 km from the epicentre of 2019 by the published table.
    assert "510105" not in {e.code for e in TARGETING.overlaps([Circle(28.34, 104.90, 255.0)])}
    assert "510105" in {e.code for e in TARGETING.overlaps([Circle(28.34, 104.90, 285.0)])}


# -- criteria -------------------------------------------------------------------------------------


def test_slivers_along_a_border_alarm_nobody() -> None:
    circle = [Circle(*CHENGDU, 60.0)]
    every = TARGETING.target(circle, ALL)
    ruled = TARGETING.target(circle, RULED)

    left_out = [each for each in every.counties if each.code not in ruled.codes]
    assert left_out
    assert all(each.share < 0.02 and each.area_share < 0.1 for each in left_out)
    assert ruled.people <= every.people


def test_a_small_area_in_a_large_county_is_not_lost() -> None:
    # 3 km2 in Shiqu, a county of 25,000 km2.
    (found,) = TARGETING.target([Circle(33.0, 98.1, 1.0)], RULED).counties

    assert found.code == "513332"
    assert found.share < 0.001
    assert found.area_share == pytest.approx(1.0)


def test_a_thin_strip_through_many_counties_reaches_one_at_least() -> None:
    strip = [box(30.5, 97.5, 30.5001, 108.5)]
    found = TARGETING.target(strip, Criteria(0.9, 0.9))
    most = max(TARGETING.overlaps(strip), key=lambda each: each.area_share)

    assert found.counties == (most,)


def test_an_area_elsewhere_reaches_none() -> None:
    found = TARGETING.target([Circle(39.9, 116.4, 50.0)], RULED)

    assert found.counties == ()
    assert found.outside_share == 1.0
    assert found.people == 0


def test_a_point_reaches_its_county() -> None:
    found = TARGETING.target([Circle(*CHENGDU, 0.0)], RULED)

    assert found.codes == ("510105",)
    assert found.people == 0
    assert TARGETING.target([Circle(39.9, 116.4, 0.0)], RULED).counties == ()


@pytest.mark.parametrize("share", [-0.1, 1.1])
@pytest.mark.parametrize("name", ["county_share", "area_share"])
def test_a_rule_with_shares_that_are_none_is_refused(name: str, share: float) -> None:
    rule = BOOK.in_force(RULE, "CN-51", NOW)
    with pytest.raises(InvalidRule):
        Criteria.of(replace(rule, parameters={**rule.parameters, name: share}))


# -- where a point lies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        (*CHENGDU, "510105"),
        (30.37, 102.94, "511826"),
        (31.0, 103.4, "513221"),
        (28.34, 104.90, "511524"),
        (26.58, 101.72, "510402"),
        (39.9, 116.4, None),
        (0.0, 0.0, None),
        (-30.0, -103.0, None),
    ],
)
def test_a_point_lies_in_its_county(latitude: float, longitude: float, code: str | None) -> None:
    assert TARGETING.place_of(latitude, longitude) == code


def test_a_point_on_a_border_has_the_lower_code() -> None:
    squares = np.array([shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)], dtype=object)
    counties = type(sichuan()).of(sichuan().rows[:2], {})
    small = Targeting(counties, squares)

    assert small.place_of(30.00005, 103.0) == counties.codes[0]
    assert len(small.counties) == 2


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(math.nan, 0.0), (0.0, math.inf), (91.0, 0.0), (0.0, 181.0)]
)
def test_what_is_no_point_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(InvalidArea):
        TARGETING.place_of(latitude, longitude)


# -- refusals -------------------------------------------------------------------------------------

SQUARE = tuple(box(30.0, 103.0, 31.0, 104.0).outer)
BOW = ((30.0, 103.0), (31.0, 104.0), (31.0, 103.0), (30.0, 104.0), (30.0, 103.0))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        pytest.param([], "at least one", id="nothing"),
        pytest.param([Polygon(())], "0 points", id="no-points"),
        pytest.param([Polygon(SQUARE[:3])], "3 points", id="three-points"),
        pytest.param([Polygon(SQUARE[:4])], "not the first again", id="open"),
        pytest.param([Polygon(BOW)], "self-intersection at 30.5,103.5", id="self-crossing"),
        pytest.param([Polygon(SQUARE, (BOW,))], "intersection", id="hole-self-crossing"),
        pytest.param([Polygon(SQUARE, (box(29, 102, 33, 106).outer,))], "hole", id="hole-outside"),
        pytest.param([Polygon(((30.0, 103.0),) * 4)], "area|points|nothing", id="one-place"),
        pytest.param(
            [Polygon(((30, 103), (31, 104), (32, 105), (30, 103)))],
            "self-intersection|nothing",
            id="flat",
        ),
        pytest.param([box(30, 170, 31, -170)], "180th meridian", id="antimeridian"),
        pytest.param([Circle(30.0, 179.9, 100.0)], "180th meridian", id="circle-antimeridian"),
        pytest.param([box(103.0, 30.0, 104.0, 31.0)], "latitude,longitude", id="swapped"),
        pytest.param([box(math.nan, 103.0, 31.0, 104.0)], "no point", id="nan"),
        pytest.param([box(30.0, 103.0, 31.0, math.inf)], "no point", id="infinite"),
        pytest.param([Circle(30.0, 103.0, -1.0)], "radius", id="negative-radius"),
        pytest.param([Circle(30.0, 103.0, math.nan)], "radius", id="nan-radius"),
        pytest.param([Circle(30.0, 103.0, 1e9)], "radius", id="giant-radius"),
        pytest.param([Circle(84.0, 103.0, 500.0)], "pole", id="pole"),
        pytest.param([Circle(103.0, 30.0, 5.0)], "latitude,longitude", id="circle-swapped"),
        pytest.param([Circle(30.0, 103.0, 5.0)] * 201, "at most 200", id="too-many-shapes"),
        pytest.param([Polygon(SQUARE * 2_001)], "at most 10000", id="too-many-points"),
    ],
)
def test_areas_that_are_none_are_refused_with_the_reason(shapes: list[Any], message: str) -> None:
    with pytest.raises(InvalidArea, match=message) as caught:
        TARGETING.target(shapes, RULED)
    assert caught.value.reason == "INVALID_AREA"


def test_the_refusal_names_the_shape() -> None:
    with pytest.raises(InvalidArea) as caught:
        plane([Circle(30.0, 103.0, 1.0), Polygon(BOW)])

    assert caught.value.field == "area[1]"


def test_a_ring_may_have_as_many_points_as_the_limit() -> None:
    angles = np.linspace(0.0, 2.0 * math.pi, area.POINTS_MAX - 1)
    ring = [(30.5 + math.sin(a), 103.5 + math.cos(a)) for a in angles]
    ring[-1] = ring[0]

    assert TARGETING.target([Polygon(ring)], RULED).counties


def test_blocks_are_the_counties() -> None:
    blocks, county_of = TARGETING._blocks, TARGETING._county_of
    sums = np.bincount(county_of, weights=shapely.area(blocks))

    assert sums == pytest.approx(shapely.area(borders.counties()), rel=1e-9)


def test_the_province_is_outlined_once_a_process() -> None:
    latitude, longitude = outline()
    assert outline()[0] is latitude
    assert not latitude.flags.writeable
    assert not longitude.flags.writeable
