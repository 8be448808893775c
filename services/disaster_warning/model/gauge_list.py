"""Which gauges are watched (监测站): where they stand, what they tell, and by which series."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.disaster_warning.model.flood import Stages


class Quantity(enum.Enum):
    """What a series carries; the value is its name in the list of gauges."""

    RAIN = "rain"
    """mm that fell in the gauge's interval, which ends at the reading's time."""
    LEVEL = "level"
    """m above the gauge's own datum."""
    TEMPERATURE = "temperature"
    """Celsius."""
    HUMIDITY = "humidity"
    """%, relative."""
    WIND = "wind"
    """km/h, at 10 m."""


KMH_OF_MPS: Final = 3.6

FACTORS: Final[Mapping[Quantity, Mapping[str, float]]] = {
    Quantity.RAIN: {"mm": 1.0, "cm": 10.0},
    Quantity.LEVEL: {"m": 1.0, "cm": 0.01, "mm": 0.001},
    Quantity.TEMPERATURE: {"Cel": 1.0},
    Quantity.HUMIDITY: {"%": 1.0},
    Quantity.WIND: {"km/h": 1.0, "m/s": KMH_OF_MPS},
}
"""Units (UCUM) that are understood, and what turns a value into the quantity's own unit."""


class Key(NamedTuple):
    """A series of a node."""

    node: str
    series: str

    @property
    def text(self) -> str:
        """As it is stored and shown."""
        return f"{self.node}/{self.series}"


@dataclass(frozen=True)
class RainGauge:
    """Tells every ``span_minutes`` how much fell since it told last; ``county`` is GB/T 2260."""

    key: Key
    county: str
    span_minutes: int

    @property
    def gauge_id(self) -> str:
        """Known by its series."""
        return self.key.text


@dataclass(frozen=True)
class LevelGauge:
    """Tells every ``span_minutes`` how high the water stands, in the datum of its stages."""

    key: Key
    county: str
    span_minutes: int
    stages: Stages

    @property
    def gauge_id(self) -> str:
        """Known by its series."""
        return self.key.text


@dataclass(frozen=True)
class WeatherStation:
    """Tells temperature, humidity and wind; ``rain`` is one of the rain gauges.

    ``latitude`` is in degrees north: the length of the day is computed by it.
    """

    temperature: Key
    humidity: Key
    wind: Key
    rain: RainGauge
    county: str
    latitude: float

    @property
    def gauge_id(self) -> str:
        """Known by the series of its temperature."""
        return self.temperature.text


class Slot(NamedTuple):
    """Where a series' readings belong: the place in the list of its quantity's gauges."""

    quantity: Quantity
    place: int


@dataclass(frozen=True)
class GaugeList:
    """All that are watched. ``rain`` has the rain gauges of the weather stations as well."""

    rain: tuple[RainGauge, ...] = ()
    level: tuple[LevelGauge, ...] = ()
    weather: tuple[WeatherStation, ...] = ()

    @property
    def slots(self) -> dict[Key, Slot]:
        """Return where each series belongs."""
        found = {each.key: Slot(Quantity.RAIN, n) for n, each in enumerate(self.rain)}
        found |= {each.key: Slot(Quantity.LEVEL, n) for n, each in enumerate(self.level)}
        for place, station in enumerate(self.weather):
            found[station.temperature] = Slot(Quantity.TEMPERATURE, place)
            found[station.humidity] = Slot(Quantity.HUMIDITY, place)
            found[station.wind] = Slot(Quantity.WIND, place)
        return found

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the nodes that they are on, in order."""
        return tuple(sorted({key.node for key in self.slots}))

    def __len__(self) -> int:
        return len(self.rain) + len(self.level) + len(self.weather)
