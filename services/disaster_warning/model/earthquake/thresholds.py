"""When the public is told, and how: parameters of the rules, parsed once."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.earthquake.geodesy import Floats, Plane


class Colour(enum.IntEnum):
    """Colours of warnings, graver ones greater. NONE: too weak to tell anybody there."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


class InvalidThresholds(ValueError):
    """Parameters of a rule that make no thresholds; the message names the parameter."""


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of the rule ``earthquake-thresholds``; magnitudes, intensities, seconds, km.

    An earthquake is told when its magnitude reaches ``home_magnitude`` at home or within
    ``home_buffer_km`` of it, or ``region_magnitude`` in the box (``south``, ``north``, ``west``,
    ``east``), or when stations have felt ``observed_intensity`` in a place at home. Intensities
    from ``yellow``, ``orange``, ``red`` on have that colour, from ``tell`` on blue.
    """

    home_magnitude: float
    home_buffer_km: float
    region_magnitude: float
    south: float
    north: float
    west: float
    east: float
    observed_intensity: float
    tell: float
    yellow: float
    orange: float
    red: float
    on_site_tau_c_s: float
    on_site_pd_cm: float
    observed_radius_km: float
    observed_support: float
    change_magnitude: float
    change_intensity: float
    change_km: float
    cancel_within_s: float

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Thresholds:
        """Return the thresholds of a rule's parameters; raises ``InvalidThresholds``."""
        names = {field.name for field in fields(cls)}
        if unknown := sorted(set(parameters) - names):
            raise InvalidThresholds(f"earthquake thresholds: unknown parameters {unknown}")
        if missing := sorted(names - set(parameters)):
            raise InvalidThresholds(f"earthquake thresholds: missing parameters {missing}")
        return cls(**{name: float(parameters[name]) for name in names})

    def __post_init__(self) -> None:
        """Refuse an order that would hide a colour; raises ``InvalidThresholds``."""
        if not self.tell < self.yellow < self.orange < self.red:
            raise InvalidThresholds("earthquake thresholds: need tell < yellow < orange < red")

    def colours(self, intensity: Floats) -> npt.NDArray[np.intp]:
        """Return the colour of each intensity, as numbers of ``Colour``."""
        steps = np.array([self.tell, self.yellow, self.orange, self.red])
        return np.searchsorted(steps, intensity, side="right")

    def warrants(
        self, home: Home, latitude: float, longitude: float, magnitude: float, observed: float
    ) -> bool:
        """Return whether an earthquake there is told; ``observed`` is the most felt at home."""
        if observed >= self.observed_intensity:
            return True
        if magnitude >= self.home_magnitude and (
            home.distance_km(latitude, longitude) <= self.home_buffer_km
        ):
            return True
        inside = self.south <= latitude <= self.north and self.west <= longitude <= self.east
        return inside and magnitude >= self.region_magnitude


HOME_POINTS_MIN: Final = 3
"""Corners of the least ring."""


@dataclass(frozen=True)
class Home:
    """The province: one ring of WGS84 corners (latitude, longitude), not closed."""

    latitude: Floats
    longitude: Floats

    def __post_init__(self) -> None:
        """Refuse what is no ring; raises ``InvalidThresholds``."""
        if len(self.latitude) < HOME_POINTS_MIN or len(self.latitude) != len(self.longitude):
            raise InvalidThresholds("the home ring needs three corners or more, in two columns")

    def distance_km(self, latitude: float, longitude: float) -> float:
        """Return how far outside a point lies, 0 inside (flat, good to 1 % near the border)."""
        x, y = Plane(latitude, longitude).project(self.latitude, self.longitude)
        next_x, next_y = np.roll(x, -1), np.roll(y, -1)
        # The ray from the point eastwards crosses the ring an odd number of times: inside.
        spans = (y > 0.0) != (next_y > 0.0)
        rise = np.where(spans, next_y - y, 1.0)
        if np.count_nonzero(spans & (x - y * (next_x - x) / rise > 0.0)) % 2:
            return 0.0
        along_x, along_y = next_x - x, next_y - y
        length = np.maximum(along_x**2 + along_y**2, 1e-12)
        share = np.clip(-(x * along_x + y * along_y) / length, 0.0, 1.0)
        return float(np.hypot(x + share * along_x, y + share * along_y).min())
