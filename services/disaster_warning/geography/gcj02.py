"""From GCJ-02 (火星坐标), in which Chinese map vendors publish, to WGS84 and back.

The offset is the polynomial and sine series that is public since 2010; it holds within China only.
Its inverse is found by fixed-point iteration, which ends below a millimetre.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Degrees = NDArray[np.float64]

SEMI_MAJOR_AXIS_M: Final = 6_378_245.0
"""Krasovsky 1940, on which GCJ-02 scales its offsets."""
ECCENTRICITY_SQUARED: Final = 0.006_693_421_622_965_943
ITERATIONS: Final = 6
"""Each divides the error by about 10,000: six leave rounding only."""


def from_wgs84(latitude: Any, longitude: Any) -> tuple[Degrees, Degrees]:
    """Return GCJ-02 latitudes and longitudes of WGS84 ones, in degrees, same shape."""
    lat, lon = np.asarray(latitude, np.float64), np.asarray(longitude, np.float64)
    north, east = _offset(lat, lon)
    return lat + north, lon + east


def to_wgs84(latitude: Any, longitude: Any) -> tuple[Degrees, Degrees]:
    """Return WGS84 latitudes and longitudes of GCJ-02 ones, in degrees, same shape."""
    lat, lon = np.asarray(latitude, np.float64), np.asarray(longitude, np.float64)
    true_lat, true_lon = lat, lon
    for _ in range(ITERATIONS):
        north, east = _offset(true_lat, true_lon)
        true_lat, true_lon = lat - north, lon - east
    return true_lat, true_lon


def _offset(lat: Degrees, lon: Degrees) -> tuple[Degrees, Degrees]:
    """Return by how many degrees GCJ-02 lies north and east of WGS84."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    shared = _waves(x, (20.0, 6.0), (20.0, 2.0))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared
    north += _waves(y, (20.0, 1.0), (40.0, 1 / 3)) + _waves(y, (160.0, 1 / 12), (320.0, 1 / 30))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared
    east += _waves(x, (20.0, 1.0), (40.0, 1 / 3)) + _waves(x, (150.0, 1 / 12), (300.0, 1 / 30))
    phi = np.radians(lat)
    flat = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian = SEMI_MAJOR_AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / flat**1.5
    parallel = SEMI_MAJOR_AXIS_M / np.sqrt(flat) * np.cos(phi)
    return np.degrees(north / meridian), np.degrees(east / parallel)


def _waves(at: Degrees, *terms: tuple[float, float]) -> Degrees:
    """Return two thirds of a sum of sines, given as amplitude and half turns a degree."""
    total = np.zeros_like(at)
    for amplitude, half_turns in terms:
        total += amplitude * np.sin(at * np.pi * half_turns)
    return total * 2.0 / 3.0
