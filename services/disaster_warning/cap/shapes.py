"""Whether a ring of points encloses an area: closed, in range, without crossing itself.

Plane geometry in degrees, good for areas that do not span the 180th meridian or a pole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.disaster_warning.cap.document import Point, Polygon

LATITUDE_MAX: Final = 90.0
LONGITUDE_MAX: Final = 180.0

RING_POINTS_MIN: Final = 4
"""A triangle, whose last point repeats the first (CAP 1.2, section 3.2.4)."""


def in_range(point: Point) -> bool:
    """Return whether there is such a place in WGS84."""
    return abs(point.latitude) <= LATITUDE_MAX and abs(point.longitude) <= LONGITUDE_MAX


def area_of(polygon: Polygon) -> float:
    """Return the enclosed area in square degrees (shoelace formula), positive anticlockwise."""
    points = np.array(polygon.points, dtype=np.float64)
    y, x = (points - points[0]).T  # near zero, where doubles are finest
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2.0


def crossing(polygon: Polygon) -> tuple[int, int] | None:
    """Return two edges (from 0) that cross each other, None if none do.

    Edges that only touch (a shared corner, a corner on an edge) do not cross. Quadratic in the
    number of points, a row of the comparison at a time: 5,000 points take a fraction of a second.
    """
    points = np.array(polygon.points, dtype=np.float64)
    start, end = points[:-1], points[1:]
    for edge in range(len(start) - 2):
        others = slice(edge + 2, None)
        a, b, c, d = start[edge], end[edge], start[others], end[others]
        near = np.flatnonzero(
            (np.minimum(c, d) < np.maximum(a, b)).all(axis=1)
            & (np.maximum(c, d) > np.minimum(a, b)).all(axis=1)
        )
        if not near.size:
            continue
        c, d = c[near], d[near]
        crossed = (_turn(a, b, c) * _turn(a, b, d) < 0) & (_turn(c, d, a) * _turn(c, d, b) < 0)
        if crossed.any():
            return edge, int(edge + 2 + near[int(np.argmax(crossed))])
    return None


def _turn(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return which way a-b-c turns: positive, negative, or 0 in line."""
    return np.sign(
        (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1])
        - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    )
