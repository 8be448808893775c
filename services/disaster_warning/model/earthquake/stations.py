"""The network as it stands: who would have spoken, had the ground moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from services.disaster_warning.model.earthquake.geodesy import Floats, distance_km


@dataclass(frozen=True)
class Station:
    """A station that is online and measuring. Degrees of WGS84."""

    station: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Network:
    """Stations online, as columns in the order of their names."""

    names: tuple[str, ...]
    latitude: Floats
    longitude: Floats
    index: dict[str, int] = field(repr=False)

    @classmethod
    def of(cls, stations: Iterable[Station]) -> Network:
        """Return the network of these stations; the last of two with one name counts."""
        by_name = {station.station: station for station in stations}
        names = tuple(sorted(by_name))
        return cls(
            names,
            np.array([by_name[name].latitude for name in names], np.float64),
            np.array([by_name[name].longitude for name in names], np.float64),
            {name: place for place, name in enumerate(names)},
        )

    def near(self, latitude: float, longitude: float, within_km: float, most: int) -> Places:
        """Return up to ``most`` stations within a distance of a point, the nearest first."""
        away = distance_km(latitude, longitude, self.latitude, self.longitude)
        inside = np.flatnonzero(away <= within_km)
        chosen = inside[np.argsort(away[inside], kind="stable")[:most]]
        return Places(
            tuple(self.names[place] for place in chosen),
            self.latitude[chosen],
            self.longitude[chosen],
        )


@dataclass(frozen=True)
class Places:
    """Stations chosen from the network, as columns."""

    names: tuple[str, ...]
    latitude: Floats
    longitude: Floats

    def without(self, stations: Iterable[str]) -> Places:
        """Return those not among ``stations``."""
        left_out = frozenset(stations)
        keep = np.array([name not in left_out for name in self.names], np.bool_)
        names = tuple(name for name in self.names if name not in left_out)
        return Places(names, self.latitude[keep], self.longitude[keep])
