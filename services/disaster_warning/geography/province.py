"""The province as one ring, for who only asks how far away it is."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from services.disaster_warning.geography.borders import polygonal, rings

SIMPLIFIED_DEGREES: Final = 0.01
"""Some 1 km: warnings begin 50 km outside."""


@cache
def outline() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the latitudes and longitudes (WGS84 degrees) of the outer border, not closed.

    Half a second's work, done once a process; nobody may write to what is returned.
    """
    xy, offsets = rings()
    built = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, xy, offsets)
    valid = polygonal(shapely.make_valid(built, method="structure", keep_collapsed=False))
    whole = shapely.union_all(valid)
    largest = max(shapely.get_parts(whole), key=shapely.area)
    ring = shapely.simplify(shapely.get_exterior_ring(largest), SIMPLIFIED_DEGREES)
    corners = shapely.get_coordinates(ring)[:-1]
    latitude, longitude = corners[:, 1].copy(), corners[:, 0].copy()
    latitude.flags.writeable = longitude.flags.writeable = False
    return latitude, longitude
