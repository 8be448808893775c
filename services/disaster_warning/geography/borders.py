"""Borders of the counties, as shapely geometries in the plane of ``projection``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from services.disaster_warning.geography.projection import project

UNIT_DEGREES: Final = 1e-5
"""Step of the coordinates in borders.npz."""


def rings() -> tuple[NDArray[np.float64], tuple[NDArray[np.int64], ...]]:
    """Return all borders: WGS84 longitudes and latitudes (n, 2), and offsets of rings to counties.

    The offsets are GeoArrow's for multipolygons: of rings in coordinates, of parts in rings, of
    counties in parts.
    """
    with (
        as_file(files(__package__) / "data" / "borders.npz") as path,
        np.load(path, allow_pickle=False) as stored,
    ):
        data = dict(stored)
    return decode(data)


def decode(
    data: Mapping[str, NDArray[Any]],
) -> tuple[NDArray[np.float64], tuple[NDArray[np.int64], ...]]:
    """Return what the arrays of borders.npz stand for: each ring a start and then steps."""
    sizes = data["ring_sizes"].astype(np.int64)
    steps = np.column_stack([data["longitude_steps"], data["latitude_steps"]]).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    # A running sum over all, less what it was where each ring begins.
    total = np.cumsum(steps, axis=0)
    origin = data["ring_starts"].astype(np.int64) - total[starts]
    xy = (total + np.repeat(origin, sizes, axis=0)) * UNIT_DEGREES
    offsets = (
        _offsets(sizes),
        _offsets(data["rings_of_part"]),
        _offsets(data["parts_of_county"]),
    )
    return xy, offsets


def counties() -> NDArray[np.object_]:
    """Return the counties' areas in square metres' plane, valid, in the order of their codes."""
    xy, offsets = rings()
    plane = project(xy[:, 1], xy[:, 0])
    built = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, plane, offsets)
    return polygonal(shapely.make_valid(built, method="structure", keep_collapsed=False))


def polygonal(geometries: Any) -> NDArray[np.object_]:
    """Return geometries less what has no area."""
    found = [
        shapely.union_all([part for part in shapely.get_parts(each) if shapely.area(part) > 0])
        if shapely.get_type_id(each) == shapely.GeometryType.GEOMETRYCOLLECTION
        else each
        for each in np.atleast_1d(geometries)
    ]
    return np.array(found, dtype=object)


def _offsets(sizes: NDArray[Any]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
