"""From an area to the counties in it: which, how much of each, and how many people.

Overlaps are weighed by true area (``projection``). Each county is cut into blocks once, at the
start; then only blocks that an area's edge runs through are intersected with it, and an index
finds them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from services.disaster_warning.geography import borders
from services.disaster_warning.geography.area import Circle, Polygon, check_point, plane
from services.disaster_warning.geography.counties import Counties, sichuan
from services.disaster_warning.geography.projection import project
from services.plumbing.rules import Rule

RULE: Final = "targeting"
"""The dated rule that says from which share on a county is warned."""
BLOCK_M: Final = 40_000.0
"""Edge of a block: a county has six on average. Smaller ones make a larger index, larger ones
longer intersections; measured with ``bench.targeting``."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Smallest shares that count: of the county in the area, or of the area in the county."""

    county_share: float
    area_share: float

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Return what a rule says; raise InvalidRule for shares outside 0..1."""
        for name in ("county_share", "area_share"):
            if not 0.0 <= rule.number(name) <= 1.0:
                raise rule.invalid(name, "need a share, 0 to 1")
        return cls(rule.number("county_share"), rule.number("area_share"))


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a county and an area have in common.

    ``share`` is of the county, ``area_share`` of the area, both 0..1. ``people`` are those in the
    area: the share of the county's, taken as evenly spread.
    """

    code: str
    share: float
    area_share: float
    people: int


@dataclass(frozen=True, slots=True)
class Target:
    """The counties to warn, by code. ``outside_share`` of the area lies in no county known here."""

    counties: tuple[Overlap, ...]
    outside_share: float

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the counties, ascending."""
        return tuple(each.code for each in self.counties)

    @property
    def people(self) -> int:
        """People in the area, over all these counties."""
        return sum(each.people for each in self.counties)


class Targeting:
    """The counties' blocks and their index. Made once; immutable, so threads may share it."""

    def __init__(self, counties: Counties, areas: NDArray[np.object_]) -> None:
        """Index ``areas`` (in the plane of ``projection``), in the order of ``counties``."""
        self.counties = counties
        self.areas = areas
        self._blocks, self._county_of, self._cells = _cut(areas)
        self._block_square_metres = shapely.area(self._blocks)
        # Added up as overlaps are, block by block, so that all of a county is just 1.
        self._square_metres = np.bincount(self._county_of, weights=self._block_square_metres)
        self._tree = shapely.STRtree(self._blocks)

    def target(self, shapes: Iterable[Polygon | Circle], criteria: Criteria) -> Target:
        """Return the counties that an area reaches; raise InvalidArea.

        An area that lies here at all reaches at least one county: where no share suffices, as for
        a thin strip through many counties, the one with most of it. An area elsewhere reaches none.
        """
        overlaps = self.overlaps(shapes)
        enough = tuple(
            each
            for each in overlaps
            if each.share >= criteria.county_share or each.area_share >= criteria.area_share
        )
        if overlaps and not enough:
            enough = (max(overlaps, key=lambda each: each.area_share),)
        inside = sum(each.area_share for each in overlaps)
        return Target(enough, max(0.0, 1.0 - inside))

    def overlaps(self, shapes: Iterable[Polygon | Circle]) -> tuple[Overlap, ...]:
        """Return every county that has some of an area, by code; raise InvalidArea."""
        area = plane(shapes)
        whole = float(shapely.area(area))
        if whole == 0.0:
            return self._of_points(area)
        shapely.prepare(area)
        near = np.sort(self._tree.query(area, predicate="intersects"))
        common = self._block_square_metres[near]
        on_edge = ~shapely.contains_properly(area, self._blocks[near])
        common[on_edge] = self._common(area, near[on_edge])
        per_county = np.bincount(
            self._county_of[near], weights=common, minlength=len(self.counties)
        )
        # Intersections are rounded; no share is more than all of it.
        shares = np.minimum(per_county / self._square_metres, 1.0)
        people = np.rint(shares * self.counties.population).astype(np.int64)
        return tuple(
            Overlap(
                self.counties.codes[n],
                float(shares[n]),
                min(float(per_county[n]) / whole, 1.0),
                int(people[n]),
            )
            for n in np.flatnonzero(per_county)
        )

    def place_of(self, latitude: float, longitude: float) -> str | None:
        """Return the code of the county that a point (WGS84 degrees) lies in, None outside all.

        On a common border it is the lower code.
        """
        check_point(latitude, longitude, "point")
        point = shapely.points(project(latitude, longitude))
        found = self._tree.query(point, predicate="intersects")
        return self.counties.codes[self._county_of[found].min()] if len(found) else None

    def _common(self, area: shapely.Geometry, blocks: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how much of each block lies in an area whose edge runs through it.

        The area is cut into columns, those into cells, and a block meets only its own cell's piece:
        so an area of thousands of points is not gone through once a block.
        """
        cells, cell_of = np.unique(self._cells[blocks], axis=0, return_inverse=True)
        columns, column_of = np.unique(cells[:, 0], return_inverse=True)
        _, south, _, north = shapely.bounds(area)
        strips = shapely.intersection(
            area, shapely.box(columns * BLOCK_M, south, (columns + 1) * BLOCK_M, north)
        )
        west, low = (cells * BLOCK_M).T
        pieces = shapely.intersection(
            strips[column_of], shapely.box(west, low, west + BLOCK_M, low + BLOCK_M)
        )
        common: NDArray[np.float64] = shapely.area(
            shapely.intersection(pieces[cell_of], self._blocks[blocks])
        )
        return common

    def _of_points(self, area: shapely.Geometry) -> tuple[Overlap, ...]:
        """Return the counties of circles without radius: no share of them, all of the area."""
        points = shapely.get_parts(area)
        _, found = self._tree.query(points, predicate="intersects")
        counties = np.unique(self._county_of[found])
        return tuple(Overlap(self.counties.codes[n], 0.0, 1.0 / len(counties), 0) for n in counties)


@functools.cache
def targeting() -> Targeting:
    """Return the targeting of Sichuan, made at the first call (about a second)."""
    return Targeting(sichuan(), borders.counties())


def _cut(
    areas: NDArray[np.object_],
) -> tuple[NDArray[np.object_], NDArray[np.intp], NDArray[np.int64]]:
    """Return all counties cut along a grid into blocks, whose each is, and in which cell it lies.

    A cell is its column and row, counted from the origin.
    """
    blocks: list[shapely.Geometry] = []
    county_of: list[int] = []
    cell_of: list[tuple[int, int]] = []
    for number, area in enumerate(areas):
        west, south, east, north = shapely.bounds(area) / BLOCK_M
        columns = np.arange(math.floor(west), math.ceil(east))
        rows = np.arange(math.floor(south), math.ceil(north))
        cells = np.stack([each.ravel() for each in np.meshgrid(columns, rows)], axis=-1)
        x, y = (cells * BLOCK_M).T
        pieces = borders.polygonal(
            shapely.intersection(area, shapely.box(x, y, x + BLOCK_M, y + BLOCK_M))
        )
        for cell, piece in zip(cells, pieces, strict=True):
            if shapely.area(piece) > 0.0:
                blocks.append(piece)
                county_of.append(number)
                cell_of.append((int(cell[0]), int(cell[1])))
    return (
        np.array(blocks, dtype=object),
        np.array(county_of, dtype=np.intp),
        np.array(cell_of, dtype=np.int64),
    )
