"""What each county is to expect, all in one vectorised step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.earthquake.geodesy import Floats, distance_km
from services.disaster_warning.model.earthquake.intensity import user_intensity
from services.disaster_warning.model.earthquake.location import Location
from services.disaster_warning.model.earthquake.no_attenuation import Observed, felt_around
from services.disaster_warning.model.earthquake.thresholds import Colour, Thresholds
from services.disaster_warning.model.earthquake.travel_time import PUBLIC_S_KM_S


@dataclass(frozen=True)
class Counties:
    """Counties (县) by the point that stands for each: columns. GB/T 2260 codes, WGS84 degrees."""

    codes: tuple[str, ...]
    latitude: Floats
    longitude: Floats


@dataclass(frozen=True)
class CountyTable:
    """What each county is to expect: columns in the order of ``Counties``.

    ``source_intensity`` comes from magnitude and epicentral distance, ``observed_intensity`` from
    stations near (0: none), ``intensity`` is the greater. ``s_arrival_time`` is Unix seconds.
    """

    codes: tuple[str, ...]
    distance_km: Floats
    source_intensity: Floats
    observed_intensity: Floats
    intensity: Floats
    s_arrival_time: Floats
    colour: npt.NDArray[np.intp]

    def countdown_s(self, now: float) -> Floats:
        """Return the seconds until the S wave comes, below 0 where it has passed."""
        result: Floats = self.s_arrival_time - now
        return result

    @property
    def max_intensity(self) -> float:
        """Return the greatest intensity that a county is to expect."""
        return float(self.intensity.max(initial=0.0))

    @property
    def max_colour(self) -> Colour:
        """Return the gravest colour."""
        return Colour(int(self.colour.max(initial=0)))


def expect(
    counties: Counties,
    location: Location,
    magnitude: float,
    observed: Observed,
    thresholds: Thresholds,
) -> CountyTable:
    """Return what the counties are to expect of an earthquake. Below 1 ms for 183 counties."""
    away = distance_km(location.latitude, location.longitude, counties.latitude, counties.longitude)
    source = user_intensity(magnitude, away)
    felt = felt_around(
        observed,
        counties.latitude,
        counties.longitude,
        radius_km=thresholds.observed_radius_km,
    )
    intensity = np.maximum(source, felt).round(1)
    return CountyTable(
        counties.codes,
        away,
        source,
        felt,
        intensity,
        location.origin_time + np.hypot(away, location.depth_km) / PUBLIC_S_KM_S,
        thresholds.colours(intensity),
    )
