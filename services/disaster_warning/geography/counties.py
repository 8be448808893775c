"""The 183 counties of Sichuan: codes, names, places, people.

Read once from package data that ``tools/load_counties.py`` writes; its docstring has the sources.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from services.disaster_warning.geography.codes import (
    SUPERSEDED,
    UnknownPlace,
    prefecture_of,
)

COMMUNITY_PEOPLE: Final = 5_622
"""People in a community (居委会): 47.47 million townspeople (56.73 % of the province, census of
2020) over its
8,443 communities; relative to VILLAGE_PEOPLE it weighs counties within a prefecture."""
VILLAGE_PEOPLE: Final = 1_394
"""People in a village (村委会): 36.20 million others over its 25,969 villages."""

Basis = Literal["estimated"]
"""How a county's population is known. ``estimated``: the prefecture's census total of 2020, shared
out among its counties by their communities and villages."""


@dataclass(frozen=True, slots=True)
class County:
    """One county. ``latitude`` and ``longitude`` (WGS84 degrees) are of its main place."""

    code: str
    name_zh: str
    name_en: str
    prefecture_zh: str
    prefecture_en: str
    latitude: float
    longitude: float
    population: int
    population_basis: Basis
    geonames_id: int | None
    """Whose coordinates these are; None: a point inside the county."""


@dataclass(frozen=True, slots=True)
class Prefecture:
    """A prefecture and its resident population by the census of 2020-11-01."""

    code: str
    name_zh: str
    name_en: str
    population: int


@dataclass(frozen=True)
class Counties:
    """All counties, in ascending order of their codes; arrays and ``rows`` are in step.

    ``latitude`` and ``longitude`` are float64 degrees (WGS84), ``population`` int64; read-only.
    """

    rows: tuple[County, ...]
    codes: tuple[str, ...]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    population: NDArray[np.int64]
    prefectures: Mapping[str, Prefecture]
    _index: Mapping[str, int]

    @classmethod
    def of(cls, rows: tuple[County, ...], prefectures: Mapping[str, Prefecture]) -> Counties:
        """Return the table of these counties."""
        return cls(
            rows=rows,
            codes=tuple(each.code for each in rows),
            latitude=_read_only(np.array([each.latitude for each in rows], np.float64)),
            longitude=_read_only(np.array([each.longitude for each in rows], np.float64)),
            population=_read_only(np.array([each.population for each in rows], np.int64)),
            prefectures=MappingProxyType(dict(prefectures)),
            _index=MappingProxyType({each.code: n for n, each in enumerate(rows)}),
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[County]:
        return iter(self.rows)

    def __contains__(self, code: object) -> bool:
        return code in self._index

    def __getitem__(self, code: str) -> County:
        """Return the county of a code, a superseded one too; raise UnknownPlace."""
        return self.rows[self.index(code)]

    def index(self, code: str) -> int:
        """Return where a county stands in the arrays; raise UnknownPlace."""
        found = self._index.get(SUPERSEDED.get(code, code))
        if found is None:
            raise UnknownPlace(f"{code!r} is no county of Sichuan", field="code")
        return found


@functools.cache
def sichuan() -> Counties:
    """Return the counties of Sichuan."""
    prefectures = {
        row["code"]: Prefecture(row["code"], row["name_zh"], row["name_en"], int(row["population"]))
        for row in _read("prefectures.csv")
    }
    table = list(_read("counties.csv"))
    people = _share_out(prefectures)
    rows = tuple(_county(row, prefectures, people) for row in table)
    return Counties.of(rows, prefectures)


def _county(
    row: dict[str, str], prefectures: Mapping[str, Prefecture], people: Mapping[str, int]
) -> County:
    prefecture = prefectures[prefecture_of(row["code"])]
    return County(
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        prefecture_zh=prefecture.name_zh,
        prefecture_en=prefecture.name_en,
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        population=people[row["code"]],
        population_basis="estimated",
        geonames_id=int(row["geonames_id"]) or None,
    )


def _share_out(prefectures: Mapping[str, Prefecture]) -> dict[str, int]:
    """Return each county's people, which add up to its prefecture's (largest remainders)."""
    weights: dict[str, dict[str, int]] = {}
    for row in _read("settlements.csv"):
        weight = int(row["communities"]) * COMMUNITY_PEOPLE + int(row["villages"]) * VILLAGE_PEOPLE
        weights.setdefault(prefecture_of(row["code"]), {})[row["code"]] = weight
    people: dict[str, int] = {}
    for code, counties in weights.items():
        total, whole = prefectures[code].population, sum(counties.values())
        shares = {each: divmod(total * weight, whole) for each, weight in counties.items()}
        left = total - sum(share for share, _ in shares.values())
        by_remainder = sorted(shares, key=lambda each: (-shares[each][1], each))
        rounded_up = set(by_remainder[:left])
        people |= {each: share + (each in rounded_up) for each, (share, _) in shares.items()}
    return people


def _read(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table of the package's data; lines that begin with # are its notes."""
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
