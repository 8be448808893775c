"""Where and when an earthquake began: a search over a grid, refined twice, that gives a posterior.

Each node gets the likelihood of the arrivals (Student's t, so that one bad pick bends little) and
of the silence of the stations that have not triggered yet, as in Horiuchi et al. (2005) and
Rosenberger (2009): with two or three picks, silence says more than the picks do. The estimate is
the mean of the posterior, and its spread the uncertainty, also when the picks leave a long valley
(two stations, or an event outside the network).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake.geodesy import Floats, Plane
from services.disaster_warning.model.earthquake.travel_time import (
    DEPTHS_KM,
    TravelTimes,
    uncertainty_s,
)

SEARCH_KM: Final = 150.0
"""Half width of the search: an event farther from its first station belongs to other networks."""

ARRIVALS_MAX: Final = 16
"""Earliest arrivals used; farther ones sharpen nothing and cost time."""

SILENT_MAX: Final = 24
"""Nearest silent stations used."""

MISS_LOG: Final = 3.0
"""Log odds that a station online misses a P wave (1 in 20): what its silence is worth at most."""

SILENCE_RAMP_S: Final = 1.0
"""Silence counts in full when P should have been seen so long ago: travel times are uncertain."""

_FREEDOM = 4.0  # of Student's t: residuals of 1 s at a 0.3 s error are seen in practice
_DEPTH_PLACES = np.array([1, 2, 3, 4])  # 5, 10, 15, 20 km of DEPTHS_KM
# Focal depths of Sichuan crowd around 10-15 km (relocated Wenchuan and Lushan sequences).
_DEPTH_LOG_PRIOR = np.log(np.array([0.15, 0.40, 0.30, 0.15]))
# Epicentres lie near their first station: heavy tails let an event outside the network win.
_DISTANCE_PRIOR_KM = 15.0
_DISTANCE_PRIOR_POWER = 2.0
_COARSE_NODES = 29
_COARSE_POWER = 1.8  # dense at the first station (1 km), sparse at the edge (18 km)
_FINE_NODES = 17
_FINE_SPREADS = 2.5
_FINE_LEAST_KM = 4.0


@dataclass(frozen=True)
class Arrivals:
    """P onsets as columns: degrees and seconds UTC."""

    latitude: Floats
    longitude: Floats
    time: Floats


@dataclass(frozen=True)
class Silence:
    """Stations that had not triggered by ``until`` (one time for all: the network's latency)."""

    latitude: Floats
    longitude: Floats
    until: float


@dataclass(frozen=True)
class Location:
    """A hypocentre with its standard errors."""

    latitude: float
    longitude: float
    depth_km: float
    origin_time: float
    error_km: float
    origin_error_s: float

    def depth_weights(self) -> Floats:
        """Return the weights of ``DEPTHS_KM`` that give travel times at this depth."""
        weights = np.zeros(len(DEPTHS_KM))
        above = int(np.clip(np.searchsorted(DEPTHS_KM, self.depth_km) - 1, 0, len(DEPTHS_KM) - 2))
        share = (self.depth_km - DEPTHS_KM[above]) / (DEPTHS_KM[above + 1] - DEPTHS_KM[above])
        weights[above], weights[above + 1] = 1.0 - share, share
        return weights


@dataclass(frozen=True)
class _Grid:
    """Nodes of one search, flat, with the logarithm of each node's area."""

    east: Floats
    north: Floats
    log_area: Floats


def locate(arrivals: Arrivals, silence: Silence, times: TravelTimes) -> Location:
    """Return the hypocentre of arrivals (two or more) given who is silent. Some 8 ms."""
    first = int(np.argmin(arrivals.time))
    plane = Plane(float(arrivals.latitude[first]), float(arrivals.longitude[first]))
    base = float(arrivals.time[first])
    chosen = np.argsort(arrivals.time, kind="stable")[:ARRIVALS_MAX]
    search = _Search(
        *plane.project(arrivals.latitude[chosen], arrivals.longitude[chosen]),
        arrivals.time[chosen] - base,
        *plane.project(silence.latitude[:SILENT_MAX], silence.longitude[:SILENT_MAX]),
        silence.until - base,
        times,
    )
    found = search.over(_coarse())
    for _ in range(2):
        half = max(_FINE_LEAST_KM, _FINE_SPREADS * found.error_km)
        found = search.over(_fine(found.east, found.north, half))
    latitude, longitude = plane.locate(found.east, found.north)
    return Location(
        latitude, longitude, found.depth_km, base + found.origin, found.error_km, found.origin_error
    )


def _coarse() -> _Grid:
    along = np.linspace(-1.0, 1.0, _COARSE_NODES)
    axis = SEARCH_KM * np.sign(along) * np.abs(along) ** _COARSE_POWER
    return _grid(axis, axis)


def _fine(east: float, north: float, half: float) -> _Grid:
    along = np.linspace(-half, half, _FINE_NODES)
    return _grid(east + along, north + along)


def _grid(east: Floats, north: Floats) -> _Grid:
    nodes = np.meshgrid(east, north, indexing="ij")
    area = np.log(np.gradient(east))[:, None] + np.log(np.gradient(north))[None, :]
    return _Grid(nodes[0].ravel(), nodes[1].ravel(), area.ravel())


@dataclass(frozen=True)
class _Found:
    """Mean and spread of the posterior of one grid."""

    east: float
    north: float
    depth_km: float
    origin: float
    error_km: float
    origin_error: float


@dataclass(frozen=True)
class _Search:
    """What was observed, in km and seconds from the first station and its onset."""

    east: Floats
    north: Floats
    time: Floats
    silent_east: Floats
    silent_north: Floats
    silent_until: float
    times: TravelTimes

    def over(self, grid: _Grid) -> _Found:
        """Return the posterior's moments over one grid and all depths."""
        away = np.hypot(grid.east[:, None] - self.east, grid.north[:, None] - self.north)
        quiet = np.hypot(
            grid.east[:, None] - self.silent_east, grid.north[:, None] - self.silent_north
        )
        inverse_error = 1.0 / uncertainty_s(away)
        prior = (
            grid.log_area
            - _DISTANCE_PRIOR_POWER
            * np.log1p((grid.east**2 + grid.north**2) / _DISTANCE_PRIOR_KM**2)
            + np.log(inverse_error).sum(axis=1)
        )
        scores = np.empty((len(_DEPTH_PLACES), len(grid.east)))
        origins = np.empty_like(scores)
        for row, depth in enumerate(_DEPTH_PLACES):
            origins[row], fit = self._fit(away, inverse_error, int(depth))
            late = self.silent_until - origins[row][:, None] - self.times.p(quiet, int(depth))
            missed = np.clip(late * (1.0 / SILENCE_RAMP_S), 0.0, 1.0).sum(axis=1)
            scores[row] = prior + fit - MISS_LOG * missed + _DEPTH_LOG_PRIOR[row]
        return _moments(grid, scores, origins)

    def _fit(self, away: Floats, inverse_error: Floats, depth: int) -> tuple[Floats, Floats]:
        """Return the best origin time of each node and the log likelihood of the arrivals."""
        origin_of_each = self.time - self.times.p(away, depth)
        weight = inverse_error**2
        origin = (weight * origin_of_each).sum(axis=1) / weight.sum(axis=1)
        misfit = ((origin_of_each - origin[:, None]) * inverse_error) ** 2
        weight = weight / (1.0 + misfit / _FREEDOM)
        origin = (weight * origin_of_each).sum(axis=1) / weight.sum(axis=1)
        misfit = ((origin_of_each - origin[:, None]) * inverse_error) ** 2
        return origin, -0.5 * (_FREEDOM + 1.0) * np.log1p(misfit / _FREEDOM).sum(axis=1)


def _moments(grid: _Grid, scores: Floats, origins: Floats) -> _Found:
    chance = np.exp(scores - scores.max())
    chance /= chance.sum()
    of_node = chance.sum(axis=0)
    east, north = float(of_node @ grid.east), float(of_node @ grid.north)
    spread = of_node @ ((grid.east - east) ** 2 + (grid.north - north) ** 2)
    origin = float((chance * origins).sum())
    origin_spread = float((chance * (origins - origin) ** 2).sum())
    depths = np.array(DEPTHS_KM)[_DEPTH_PLACES]
    return _Found(
        east,
        north,
        float(chance.sum(axis=1) @ depths),
        origin,
        float(np.sqrt(spread)),
        float(np.sqrt(origin_spread)),
    )
