"""Travel times of P and S in a layered crust, read from a table.

The crust is iasp91's (Kennett & Engdahl 1991: 5.80/3.36 km/s to 20 km, 6.50/3.75 below, mantle
8.04/4.47) with the Moho at 45 km, between the 40 km of the Sichuan basin and the 60 km of the
plateau (CRUST1.0, Laske et al. 2013). First arrivals are the least of the direct ray and the
waves refracted along each deeper interface, in flat layers.

Accuracy: the table is within 0.02 s of the rays. Real crust differs by about 4 % in speed from
basin to plateau, so 0.1 s at 20 km, 0.6 s at 100 km: ``uncertainty_s`` states it.

The countdown shown to the public uses one speed instead, ``PUBLIC_S_KM_S``, as the published
clients do; it is the earlier choice for near places, where seconds count.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake.geodesy import Floats

PUBLIC_S_KM_S: Final = 3.5
"""S speed of the countdown for the public (published apps: 3.3 to 4.0 km/s)."""

DISTANCE_STEP_KM: Final = 1.0
"""Step of the table in distance; linear between."""

DISTANCE_MAX_KM: Final = 600.0
"""End of the table; beyond, the last slope goes on."""

DEPTHS_KM: Final = (2.0, 5.0, 10.0, 15.0, 20.0, 30.0)
"""Source depths of the table: earthquakes of Sichuan lie between 5 and 25 km."""

_RAYS: Final = 400
"""Direct rays traced per depth; dense enough for 1 km steps (tested against TauP)."""


@dataclass(frozen=True)
class Crust:
    """Flat layers, top down; the last is the half space. Speeds in km/s, depths in km."""

    tops_km: tuple[float, ...]
    p_km_s: tuple[float, ...]
    s_km_s: tuple[float, ...]


SICHUAN: Final = Crust((0.0, 20.0, 45.0), (5.80, 6.50, 8.04), (3.36, 3.75, 4.47))
"""iasp91 with the Moho at 45 km."""


@dataclass(frozen=True)
class TravelTimes:
    """Tables of P and S by depth (rows, ``DEPTHS_KM``) and distance (columns)."""

    p_s: Floats
    s_s: Floats

    def p(self, distance_km: Floats, depth: int) -> Floats:
        """Return P travel times in s; ``depth`` is an index of ``DEPTHS_KM``."""
        return _read(self.p_s[depth], distance_km)

    def s(self, distance_km: Floats, depth: int) -> Floats:
        """Return S travel times in s; ``depth`` is an index of ``DEPTHS_KM``."""
        return _read(self.s_s[depth], distance_km)

    def p_at_depths(self, distance_km: Floats, weights: Floats) -> Floats:
        """Return P travel times for a source of uncertain depth: the mean by ``weights``."""
        return _read(weights @ self.p_s, distance_km)

    def s_at_depths(self, distance_km: Floats, weights: Floats) -> Floats:
        """Return S travel times for a source of uncertain depth: the mean by ``weights``."""
        return _read(weights @ self.s_s, distance_km)


def uncertainty_s(distance_km: Floats) -> Floats:
    """Return the standard error of a P residual in s: onset and site 0.4, the crust 0.006 a km."""
    result: Floats = 0.4 + 0.006 * distance_km
    return result


@functools.cache
def sichuan() -> TravelTimes:
    """Return the tables for Sichuan, made once (some 10 ms)."""
    return tabulate(SICHUAN)


def tabulate(crust: Crust) -> TravelTimes:
    """Return the tables of a crust."""
    distance = np.arange(0.0, DISTANCE_MAX_KM + DISTANCE_STEP_KM, DISTANCE_STEP_KM)
    return TravelTimes(
        *(
            np.array(
                [_first_arrival(crust.tops_km, speeds, depth, distance) for depth in DEPTHS_KM]
            )
            for speeds in (crust.p_km_s, crust.s_km_s)
        )
    )


def _read(row: Floats, distance_km: Floats) -> Floats:
    place = distance_km * (1.0 / DISTANCE_STEP_KM)
    # The last pair of columns serves all that is farther: the slope goes on.
    below = np.minimum(place.astype(np.intp), len(row) - 2)
    low = row[below]
    result: Floats = low + (place - below) * (row[below + 1] - low)
    return result


def _first_arrival(
    tops_km: tuple[float, ...], speeds: tuple[float, ...], depth: float, distance: Floats
) -> Floats:
    """Return the earliest of the direct and the refracted waves at each distance."""
    tops = np.array(tops_km)
    speed = np.array(speeds)
    bottoms = np.append(tops[1:], np.inf)
    crossed = np.clip(np.minimum(bottoms, depth) - tops, 0.0, None)  # km of each layer, going up
    up = crossed > 0.0
    first = _direct(crossed[up], speed[up], distance)
    for below in range(1, len(tops)):
        if tops[below] < depth:
            continue
        full = bottoms[:below] - tops[:below]
        both_ways = 2.0 * full - crossed[:below]
        slowness = 1.0 / speed[below]
        cosine = np.sqrt(1.0 - (speed[:below] * slowness) ** 2)
        intercept = float(np.sum(both_ways * cosine / speed[:below]))
        nearest = float(np.sum(both_ways * speed[:below] * slowness / cosine))
        head = np.where(distance >= nearest, intercept + distance * slowness, np.inf)
        first = np.minimum(first, head)
    return first


def _direct(thickness_km: Floats, speed: Floats, distance: Floats) -> Floats:
    """Return times of the ray that only rises, by tracing rays of all slownesses."""
    # Dense at grazing rays, which reach far: the slowness nears its limit quadratically.
    share = 1.0 - np.linspace(1.0, 0.0, _RAYS, endpoint=False) ** 4
    slowness = share / speed.max()
    cosine = np.sqrt(1.0 - (speed[:, None] * slowness) ** 2)
    reach = np.sum(thickness_km[:, None] * speed[:, None] * slowness / cosine, axis=0)
    # tau(p) = T - pX is smooth, and T follows from it without loss where rays are sparse.
    tau = np.sum(thickness_km[:, None] * cosine / speed[:, None], axis=0)
    p = np.interp(distance, reach, slowness)
    result: Floats = np.interp(distance, reach, tau) + p * distance
    return result
