"""The counties' table, codes of all levels, coordinates and the projection."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.geography import borders, codes, gcj02, projection
from services.disaster_warning.geography.codes import UnknownPlace, contract, expand
from services.disaster_warning.geography.counties import sichuan
from services.disaster_warning.geography.targeting import targeting

COUNTIES = sichuan()
PROVINCE_KM2 = 486_000
"""Published area of Sichuan."""
PROVINCE_PEOPLE = 83_674_866
"""Seventh national census, 2020-11-01."""


# -- the table ------------------------------------------------------------------------------------


def test_there_are_183_counties_in_21_prefectures() -> None:
    assert len(COUNTIES) == len(COUNTIES.codes) == 183
    assert len(COUNTIES.prefectures) == 21
    assert {codes.prefecture_of(each) for each in COUNTIES.codes} == set(COUNTIES.prefectures)
    assert list(COUNTIES.codes) == sorted(set(COUNTIES.codes))


def test_arrays_are_in_step_and_read_only() -> None:
    for array, kind in (
        (COUNTIES.latitude, np.float64),
        (COUNTIES.longitude, np.float64),
        (COUNTIES.population, np.int64),
    ):
        assert array.shape == (183,)
        assert array.dtype == kind
        assert not array.flags.writeable
    assert [each.latitude for each in COUNTIES] == COUNTIES.latitude.tolist()


@pytest.mark.parametrize(
    ("code", "zh", "en", "prefecture"),
    [
        ("510104", "锦江区", "Jinjiang District", "Chengdu"),
        ("510402", "东区", "Dong District", "Panzhihua"),
        ("510117", "郫都区", "Pidu District", "Chengdu"),
        ("511002", "市中区", "Shizhong District", "Neijiang"),
        ("511102", "市中区", "Shizhong District", "Leshan"),
        ("511504", "叙州区", "Xuzhou District", "Yibin"),
        ("511524", "长宁县", "Changning County", "Yibin"),
        ("511826", "芦山县", "Lushan County", "Ya'an"),
        ("511822", "荥经县", "Yingjing County", "Ya'an"),
        ("510726", "北川羌族自治县", "Beichuan Qiang Autonomous County", "Mianyang"),
        ("513402", "会理市", "Huili City", "Liangshan Yi Autonomous Prefecture"),
        ("511523", "江安县", "Jiang'an County", "Yibin"),
    ],
)
def test_counties_have_both_names(code: str, zh: str, en: str, prefecture: str) -> None:
    county = COUNTIES[code]

    assert (county.name_zh, county.name_en, county.prefecture_en) == (zh, en, prefecture)


@pytest.mark.parametrize("county", COUNTIES, ids=lambda each: each.code)
def test_a_county_is_well_formed_and_contains_its_point(county: object) -> None:
    assert re.fullmatch(r"[A-Z][a-z']+( [A-Z][a-z]+)+", county.name_en)  # type: ignore[attr-defined]
    assert county.population > 5_000  # type: ignore[attr-defined]
    assert county.population_basis == "estimated"  # type: ignore[attr-defined]
    found = targeting().place_of(county.latitude, county.longitude)  # type: ignore[attr-defined]
    assert found == county.code  # type: ignore[attr-defined]


def test_people_add_up_to_the_census() -> None:
    assert COUNTIES.population.sum() == PROVINCE_PEOPLE
    for code, prefecture in COUNTIES.prefectures.items():
        own = [each.population for each in COUNTIES if each.code[:4] == code[:4]]
        assert sum(own) == prefecture.population


def test_a_superseded_code_is_its_successor() -> None:
    assert COUNTIES["513425"].name_zh == "会理市"
    assert COUNTIES.index("513425") == COUNTIES.index("513402")
    assert "513425" not in COUNTIES


@pytest.mark.parametrize("code", ["", "510100", "999999", "51010", "abcdef", "110101"])
def test_what_is_no_county_is_refused(code: str) -> None:
    assert code not in COUNTIES
    with pytest.raises(UnknownPlace) as caught:
        _ = COUNTIES[code]
    assert caught.value.reason == "UNKNOWN_PLACE"


# -- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_codes", "number"),
    [
        (["510104"], 1),
        (["5101"], 20),
        (["510100"], 20),
        (["51"], 183),
        (["510000"], 183),
        (["510100", "510104"], 20),
        (["510104", "511800"], 9),
        (["5133"], 18),
        (["513425"], 1),
        ([], 0),
    ],
)
def test_codes_of_all_levels_become_counties(given_codes: list[str], number: int) -> None:
    found = expand(given_codes, COUNTIES.codes)

    assert len(found) == number
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    "code", ["", "5", "510", "51010", "5101040", "510199", "110000", "5299", "abcd", "51 1"]
)
def test_codes_of_no_place_are_refused(code: str) -> None:
    with pytest.raises(UnknownPlace):
        expand([code], COUNTIES.codes)


@given(st.sets(st.sampled_from(COUNTIES.codes)))
def test_counties_contracted_and_expanded_are_the_same(chosen: set[str]) -> None:
    short = contract(chosen, COUNTIES.codes)

    assert set(expand(short, COUNTIES.codes)) == chosen
    assert len(short) <= max(len(chosen), 1)


def test_whole_prefectures_and_the_province_have_one_code() -> None:
    assert contract(COUNTIES.codes, COUNTIES.codes) == ("510000",)
    assert contract(expand(["5101", "511802"], COUNTIES.codes), COUNTIES.codes) == (
        "510100",
        "511802",
    )
    with pytest.raises(UnknownPlace):
        contract(["110101"], COUNTIES.codes)


def test_levels_of_a_code() -> None:
    assert codes.prefecture_of("510104") == "510100"
    assert codes.province_of("510104") == "510000"


# -- coordinates ----------------------------------------------------------------------------------


def test_gcj02_lies_where_it_is_known_to_lie() -> None:
    # The offset at Beijing that every implementation of the public formula gives.
    latitude, longitude = gcj02.from_wgs84(39.90734, 116.39089)

    assert latitude == pytest.approx(39.90874, abs=2e-5)
    assert longitude == pytest.approx(116.39713, abs=2e-5)


@given(st.floats(26.0, 34.4), st.floats(97.3, 108.6))
def test_coordinates_come_back(latitude: float, longitude: float) -> None:
    there = gcj02.from_wgs84(latitude, longitude)
    back = gcj02.to_wgs84(*there)

    assert float(back[0]) == pytest.approx(latitude, abs=1e-9)
    assert float(back[1]) == pytest.approx(longitude, abs=1e-9)
    # In Sichuan the offset is 150 to 700 m.
    north_m = (float(there[0]) - latitude) * 111_195
    east_m = (float(there[1]) - longitude) * 111_195 * math.cos(math.radians(latitude))
    assert 150 < math.hypot(north_m, east_m) < 700


# Published WGS84 coordinates of dams across the Jinsha, in whose middle the province ends.
DAMS = {
    "Xiluodu": (28.2597, 103.6497),
    "Baihetan": (27.2206, 102.9033),
    "Wudongde": (26.3342, 102.6302),
    "Xiangjiaba": (28.643, 104.392),
}


def test_dams_across_the_border_river_lie_on_the_border() -> None:
    line = shapely.boundary(shapely.union_all(targeting().areas))

    def mean_m(places: list[tuple[float, ...]]) -> float:
        points = [shapely.points(projection.project(*each)) for each in places]
        return float(np.mean(shapely.distance(line, points)))

    converted = mean_m(list(DAMS.values()))
    # Had the borders been left in GCJ-02, a dam would lie as far off as one moved the other way.
    left = mean_m([tuple(map(float, gcj02.to_wgs84(*each))) for each in DAMS.values()])

    assert converted < 120
    assert left > 1.3 * converted


# -- projection and borders -----------------------------------------------------------------------


def ellipsoid_area_m2(south: float, north: float, west: float, east: float) -> float:
    """Return a quadrangle's area by the closed formula of the authalic latitude."""
    e = math.sqrt(projection.ECCENTRICITY_SQUARED)
    b2 = projection.SEMI_MAJOR_AXIS_M**2 * (1 - e * e)

    def zone(latitude: float) -> float:
        s = math.sin(math.radians(latitude))
        return s / (1 - e * e * s * s) / 2 + math.atanh(e * s) / (2 * e)

    return b2 * math.radians(east - west) * (zone(north) - zone(south))


@given(st.floats(25.0, 34.0), st.floats(96.0, 108.0), st.floats(0.1, 2.0), st.floats(0.1, 2.0))
def test_areas_in_the_plane_are_areas_on_the_ellipsoid(
    south: float, west: float, height: float, width: float
) -> None:
    ring = shapely.segmentize(shapely.box(west, south, west + width, south + height), 0.01)
    plane = shapely.transform(ring, lambda xy: projection.project(xy[:, 1], xy[:, 0]))

    true = ellipsoid_area_m2(south, south + height, west, west + width)
    assert shapely.area(plane) == pytest.approx(true, rel=1e-5)


def test_a_degree_at_the_equator_has_its_published_area() -> None:
    # 12,308 km2: the quadrangle of one degree at the equator on WGS84.
    assert ellipsoid_area_m2(0, 1, 0, 1) / 1e6 == pytest.approx(12_308.8, abs=1.0)


def test_distances_are_true_within_half_a_percent() -> None:
    chengdu, kangding = projection.project([30.66667, 30.05], [104.06667, 101.9667])

    assert np.hypot(*(chengdu - kangding)) == pytest.approx(212_800, rel=0.005)


def test_borders_are_valid_and_cover_the_province_once() -> None:
    areas = borders.counties()

    assert shapely.is_valid(areas).all()
    assert shapely.area(areas).sum() / 1e6 == pytest.approx(PROVINCE_KM2, rel=0.002)
    whole = shapely.union_all(areas)
    assert shapely.area(whole) == pytest.approx(shapely.area(areas).sum(), rel=1e-6)


def test_invalid_rings_are_mended() -> None:
    bow = shapely.from_wkt("MULTIPOLYGON (((0 0, 2 2, 2 0, 0 2, 0 0)))")
    line = shapely.from_wkt(
        "GEOMETRYCOLLECTION (LINESTRING (0 0, 1 1), POLYGON ((0 0, 1 0, 1 1, 0 0)))"
    )

    mended = borders.polygonal(shapely.make_valid([bow, line], method="structure"))

    assert shapely.is_valid(mended).all()
    assert shapely.area(mended).tolist() == [2.0, 0.5]
    assert borders.polygonal(line)[0].geom_type == "Polygon"
