"""Distances on the Earth, vectorised."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""Array of numbers; shapes are stated where it is used."""

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius of WGS84 (IUGG)."""

KM_PER_DEGREE: Final = EARTH_RADIUS_KM * np.pi / 180.0
"""Length of a degree of latitude on the mean sphere."""


def distance_km(
    latitude: float | Floats, longitude: float | Floats, latitudes: Floats, longitudes: Floats
) -> Floats:
    """Return great-circle distances by the haversine formula; the shapes broadcast."""
    phi, phis = np.radians(latitude), np.radians(latitudes)
    half_north = np.sin((phis - phi) / 2.0)
    half_east = np.sin(np.radians(longitudes - longitude) / 2.0)
    chord = half_north**2 + np.cos(phi) * np.cos(phis) * half_east**2
    result: Floats = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return result


def are_within(
    latitude: Floats, longitude: Floats, latitudes: Floats, longitudes: Floats, radius_km: float
) -> npt.NDArray[np.bool_]:
    """Return for each of the first places (rows) which of the second lie within a radius.

    One product of unit vectors: a thousand stations by 183 counties take half a millisecond.
    """
    cosine = _unit(latitude, longitude) @ _unit(latitudes, longitudes).T
    result: npt.NDArray[np.bool_] = cosine >= np.cos(radius_km / EARTH_RADIUS_KM)
    return result


def _unit(latitude: Floats, longitude: Floats) -> Floats:
    """Return unit vectors (n, 3) from the Earth's centre."""
    phi, theta = np.radians(latitude), np.radians(longitude)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


class Plane:
    """Kilometres east and north of a point: exact to 0.5 % within 300 km of it."""

    def __init__(self, latitude: float, longitude: float) -> None:
        self.latitude = latitude
        self.longitude = longitude
        self._east = KM_PER_DEGREE * float(np.cos(np.radians(latitude)))

    def project(self, latitudes: Floats, longitudes: Floats) -> tuple[Floats, Floats]:
        """Return east and north of the centre in km."""
        return (longitudes - self.longitude) * self._east, (
            latitudes - self.latitude
        ) * KM_PER_DEGREE

    def locate(self, east_km: float, north_km: float) -> tuple[float, float]:
        """Return latitude and longitude in degrees."""
        return self.latitude + north_km / KM_PER_DEGREE, self.longitude + east_km / self._east
