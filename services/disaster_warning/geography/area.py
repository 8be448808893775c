"""Areas as CAP 1.2 writes them: polygons of (latitude, longitude), circles with a radius in km.

Parsed once, here: what gets past is valid, lies on the Earth, and does not cross itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from services.disaster_warning.geography.projection import (
    ECCENTRICITY_SQUARED,
    SEMI_MAJOR_AXIS_M,
    project,
)
from services.plumbing.refusal import InvalidArgument

POINTS_MAX: Final = 10_000
"""Of a whole area. The most detailed county has 3,000; a longer ring is an attack or a mistake."""
SHAPES_MAX: Final = 200
"""Polygons and circles of one area: more than there are counties."""
RADIUS_MAX_KM: Final = 2_000.0
"""Of a circle: twice the province's length."""
RING_POINTS_MIN: Final = 4
"""CAP 1.2, 3.2.4: at least four pairs, the last the same as the first."""
EDGE_DEGREES: Final = 0.1
"""Edges are straight in degrees; cut to this length, they are so in the plane within 5 m."""
CIRCLE_POINTS: Final = 180
NEAREST_POLE: Final = 85.0
"""Beyond, nothing can be projected; far from anything that is warned of here."""

HALF_TURN: Final = 180.0

Ring = Sequence[tuple[float, float]]


class InvalidArea(InvalidArgument):
    """A polygon or circle that is none."""

    reason = "INVALID_AREA"


@dataclass(frozen=True, slots=True)
class Polygon:
    """A ring of (latitude, longitude) in WGS84 degrees, closed, and rings that are left out."""

    outer: Ring
    holes: tuple[Ring, ...] = ()


@dataclass(frozen=True, slots=True)
class Circle:
    """All places within ``radius_km`` of a point (WGS84 degrees); radius 0 is the point itself."""

    latitude: float
    longitude: float
    radius_km: float


def plane(shapes: Iterable[Polygon | Circle]) -> shapely.Geometry:
    """Return the union of shapes in the plane of ``projection``; raise InvalidArea.

    Polygons that cross themselves are refused, never mended: which side was meant, only the
    sender knows. A circle of radius 0 is a point.
    """
    given = list(shapes)
    if not given:
        raise InvalidArea("an area needs at least one polygon or circle", field="area")
    if len(given) > SHAPES_MAX:
        raise InvalidArea(f"{len(given)} polygons and circles: at most {SHAPES_MAX}", field="area")
    points = sum(
        sum(map(len, (each.outer, *each.holes))) for each in given if isinstance(each, Polygon)
    )
    if points > POINTS_MAX:
        raise InvalidArea(f"{points} points: at most {POINTS_MAX}", field="area")
    drawn = [
        _polygon(shape, f"area[{number}]")
        if isinstance(shape, Polygon)
        else _circle(shape, f"area[{number}]")
        for number, shape in enumerate(given)
    ]
    return drawn[0] if len(drawn) == 1 else shapely.union_all(drawn)


def _polygon(polygon: Polygon, where: str) -> shapely.Geometry:
    outer = _ring(polygon.outer, f"{where}.outer")
    holes = [_ring(hole, f"{where}.holes[{n}]") for n, hole in enumerate(polygon.holes)]
    drawn = shapely.polygons(outer, holes or None)
    if not shapely.is_valid(drawn):
        # GEOS names the place with x before y; said here in CAP's order.
        reason, _, at = shapely.is_valid_reason(drawn).partition("[")
        longitude, _, latitude = at.rstrip("]").partition(" ")
        raise InvalidArea(
            f"{where}: {reason.strip().lower()} at {latitude},{longitude}; draw it again without",
            field=where,
        )
    if shapely.area(drawn) == 0.0:
        raise InvalidArea(f"{where}: the polygon encloses nothing", field=where)
    cut = shapely.segmentize(drawn, EDGE_DEGREES)
    return shapely.transform(cut, lambda xy: project(xy[:, 1], xy[:, 0]))


def _ring(ring: Ring, where: str) -> NDArray[np.float64]:
    """Return a ring's points as (longitude, latitude); raise InvalidArea."""
    if len(ring) < RING_POINTS_MIN:
        raise InvalidArea(
            f"{where}: {len(ring)} points, need at least {RING_POINTS_MIN}", field=where
        )
    for latitude, longitude in ring:
        check_point(latitude, longitude, where)
    if tuple(ring[0]) != tuple(ring[-1]):
        raise InvalidArea(f"{where}: the last point is not the first again", field=where)
    if any(abs(one[1] - other[1]) > HALF_TURN for one, other in pairwise(ring)):
        raise InvalidArea(
            f"{where}: an edge spans more than 180 degrees; areas over the 180th meridian"
            " are not supported, cut it there in two",
            field=where,
        )
    return np.array([(longitude, latitude) for latitude, longitude in ring], np.float64)


def _circle(circle: Circle, where: str) -> shapely.Geometry:
    """Return a circle of true area: points at a distance on the sphere that fits best there."""
    check_point(circle.latitude, circle.longitude, where)
    if not 0.0 <= circle.radius_km <= RADIUS_MAX_KM:
        raise InvalidArea(
            f"{where}: radius {circle.radius_km} km is outside 0..{RADIUS_MAX_KM:.0f}", field=where
        )
    if circle.radius_km == 0.0:
        return shapely.points(project(circle.latitude, circle.longitude))
    phi, lam = math.radians(circle.latitude), math.radians(circle.longitude)
    # Gauss's mean radius of curvature at the centre.
    flat = 1.0 - ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    sphere_m = SEMI_MAJOR_AXIS_M * math.sqrt(1.0 - ECCENTRICITY_SQUARED) / flat
    # A polygon within a circle is smaller; this much farther out it is as large.
    step = 2.0 * math.pi / CIRCLE_POINTS
    arc = circle.radius_km * 1_000.0 / sphere_m * math.sqrt(step / math.sin(step))
    if abs(circle.latitude) + math.degrees(arc) > NEAREST_POLE:
        raise InvalidArea(f"{where}: the circle comes too near a pole", field=where)
    bearing = np.arange(CIRCLE_POINTS) * step
    south_north = np.arcsin(
        math.sin(phi) * math.cos(arc) + math.cos(phi) * math.sin(arc) * np.cos(bearing)
    )
    west_east = lam + np.arctan2(
        np.sin(bearing) * math.sin(arc) * math.cos(phi),
        math.cos(arc) - math.sin(phi) * np.sin(south_north),
    )
    if np.abs(west_east).max() > math.pi:
        raise InvalidArea(f"{where}: circles over the 180th meridian are refused", field=where)
    return shapely.polygons(project(np.degrees(south_north), np.degrees(west_east)))


def check_point(latitude: float, longitude: float, where: str) -> None:
    """Raise InvalidArea, naming ``where``, for what is no point on the Earth in degrees."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise InvalidArea(f"{where}: {latitude},{longitude} is no point", field=where)
    if abs(latitude) > NEAREST_POLE or abs(longitude) > HALF_TURN:
        raise InvalidArea(
            f"{where}: {latitude},{longitude} is outside"
            f" +-{NEAREST_POLE:.0f},+-180; the order is latitude,longitude",
            field=where,
        )
