"""An equal-area projection for Sichuan: Albers' conic on the WGS84 ellipsoid.

Areas in the plane are areas on the ellipsoid, so shares of a county are true shares. Formulas:
Snyder, Map Projections - A Working Manual (USGS Professional Paper 1395, 1987), 14-1 to 14-8.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SEMI_MAJOR_AXIS_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257_223_563
ECCENTRICITY_SQUARED: Final = FLATTENING * (2.0 - FLATTENING)
_E: Final = math.sqrt(ECCENTRICITY_SQUARED)

PARALLELS: Final = (27.5, 32.5)
"""True to scale here: a sixth of the province's height from its southern and northern ends."""
ORIGIN: Final = (30.0, 103.0)
"""Latitude and longitude of x = y = 0."""


def project(latitude: Any, longitude: Any) -> NDArray[np.float64]:
    """Return metres east and north of the origin, shape (..., 2), of WGS84 degrees."""
    lat = np.radians(np.asarray(latitude, np.float64))
    theta = _N * np.radians(np.asarray(longitude, np.float64) - ORIGIN[1])
    rho = _radius(lat)
    return np.stack([rho * np.sin(theta), _RHO_0 - rho * np.cos(theta)], axis=-1)


def _q(phi: Any) -> Any:
    """Snyder 3-12: proportional to the area between the equator and a latitude in radians."""
    s = np.sin(phi)
    flat = 1.0 - ECCENTRICITY_SQUARED * s * s
    return (1.0 - ECCENTRICITY_SQUARED) * (s / flat + np.arctanh(_E * s) / _E)


def _m(phi: float) -> float:
    """Snyder 14-15: radius of a parallel, in semi-major axes."""
    return math.cos(phi) / math.sqrt(1.0 - ECCENTRICITY_SQUARED * math.sin(phi) ** 2)


def _radius(phi: Any) -> Any:
    """Snyder 14-3: distance of a parallel from the cone's tip, in metres."""
    return SEMI_MAJOR_AXIS_M * np.sqrt(_C - _N * _q(phi)) / _N


_SOUTH: Final = math.radians(PARALLELS[0])
_NORTH: Final = math.radians(PARALLELS[1])
_N: Final = float((_m(_SOUTH) ** 2 - _m(_NORTH) ** 2) / (_q(_NORTH) - _q(_SOUTH)))
_C: Final = float(_m(_SOUTH) ** 2 + _N * _q(_SOUTH))
_RHO_0: Final = float(_radius(math.radians(ORIGIN[0])))
