"""The no-attenuation method (PLUM: Kodera et al. 2018): what is felt here is felt around here.

A place gets the greatest real-time intensity that stations within 30 km observe: no source, no
magnitude, hence no saturation and no harm from a wrong hypocentre. The P-wave variant takes the
vertical component's intensity plus 1.0 until the S wave has come. One noisy station must not
alarm: a station counts when its pick belongs to an earthquake, or when another one near observes
shaking as well (as in the two-station rule of Cochran et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.earthquake.geodesy import Floats, are_within
from services.disaster_warning.model.earthquake.picks import Pick

VERTICAL_BONUS: Final = 1.0
"""What the P-wave variant adds to the vertical component's real-time intensity."""

P_ONLY_S: Final = 3.0
"""The P-wave variant holds so long after a pick; then S has come to the near stations."""


SECOND_BELOW: Final = 1.0
"""How far the second greatest intensity may lie below the greatest that it confirms."""

STATIONS_MIN: Final = 2
"""Stations that it takes for one to confirm another."""


@dataclass(frozen=True)
class Observed:
    """What stations felt: columns."""

    stations: tuple[str, ...]
    latitude: Floats
    longitude: Floats
    intensity: Floats


def observe(picks: Sequence[Pick]) -> Observed:
    """Return the real-time intensities at the stations of these picks."""
    latest = [pick.latest for pick in picks]
    felt = np.array([features.intensity for features in latest], np.float64)
    early = np.array([features.elapsed_s <= P_ONLY_S for features in latest], np.bool_)
    vertical = np.array([features.vertical_intensity for features in latest], np.float64)
    return Observed(
        tuple(features.station for features in latest),
        np.array([features.latitude for features in latest], np.float64),
        np.array([features.longitude for features in latest], np.float64),
        np.where(early, np.maximum(felt, vertical + VERTICAL_BONUS), felt),
    )


def supported(
    observed: Observed, *, radius_km: float, support: float, belongs: npt.NDArray[np.bool_]
) -> Observed:
    """Return those that count: of an earthquake (``belongs``), or with a neighbour that shakes.

    ``support`` is the least intensity at another station within ``radius_km`` that confirms.
    """
    count = len(observed.stations)
    if not count:
        return observed
    names = np.array(observed.stations)
    shaking = observed.intensity >= support
    near = are_within(
        observed.latitude,
        observed.longitude,
        observed.latitude[shaking],
        observed.longitude[shaking],
        radius_km,
    )
    confirmed = (near & (names[:, None] != names[shaking])).any(axis=1)
    keep = belongs | confirmed
    return Observed(
        tuple(names[keep].tolist()),
        observed.latitude[keep],
        observed.longitude[keep],
        observed.intensity[keep],
    )


def felt_around(
    observed: Observed, latitude: Floats, longitude: Floats, *, radius_km: float
) -> Floats:
    """Return the intensity at each place: the greatest within ``radius_km``, 0 without stations."""
    if not observed.stations:
        return np.zeros(len(latitude))
    near = are_within(latitude, longitude, observed.latitude, observed.longitude, radius_km)
    result: Floats = np.where(near, observed.intensity, 0.0).max(axis=1)
    return result


def confirmed_maximum(observed: Observed) -> float:
    """Return the greatest intensity, at most 1.0 above the second greatest; 0 of one station."""
    if len(observed.stations) < STATIONS_MIN:
        return 0.0
    second, first = np.partition(observed.intensity, -2)[-2:]
    return float(min(first, second + SECOND_BELOW))
