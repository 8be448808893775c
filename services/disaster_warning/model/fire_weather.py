"""Forest-fire weather (森林火险气象): the Canadian fire-weather index, for many places at once.

Equations of Van Wagner (1987, Forestry Technical Report 35), by their numbers there; Van Wagner and
Pickett (1985) wrote them down as a program. Weather is that of noon, local standard time: air
temperature (Celsius), relative humidity (%), wind at 10 m (km/h), rain of the 24 h before (mm).
Each function takes arrays that broadcast, of one element a place. What is not known (NaN) makes
the results that stand on it NaN: a day without weather is not a day without fire danger.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.colours import COLOURS
from services.disaster_warning.model.rain import Floats
from services.plumbing.rules import Rule

CLASSES: Final = "fire-weather-classes"
CLASS_NAMES: Final = ("low", "moderate", "high", "very_high", "extreme")

# Effective day lengths of the duff moisture code, h, January to December: Van Wagner 1987 for
# 46 N; Lawson and Armitage 2008 for 20 N and the equator.
_DUFF_LATITUDES: Final = (0.0, 20.0, 46.0)
_DUFF_DAYS: Final = np.array(
    [
        [9.0] * 12,
        [7.9, 8.4, 8.9, 9.5, 9.9, 10.2, 10.1, 9.7, 9.1, 8.6, 8.1, 7.8],
        [6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0],
    ]
)
# Day-length adjustment of the drought code: Van Wagner 1987 for the northern hemisphere, its yearly
# mean (1.4) where days hardly change, as Lawson and Armitage 2008 advise.
_DROUGHT_ADJUSTMENT: Final = np.array(
    [-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6]
)
_DROUGHT_TROPICS: Final = 1.4
_DROUGHT_NORTH_OF: Final = 20.0

_MOISTURE_SCALE: Final = 147.2
"""Of the FF scale, equations 1 and 10."""


class Weather(NamedTuple):
    """Noon weather of places: Celsius, %, km/h, mm in 24 h."""

    temperature_c: npt.ArrayLike
    humidity_pct: npt.ArrayLike
    wind_kmh: npt.ArrayLike
    rain_mm: npt.ArrayLike


class Codes(NamedTuple):
    """Moisture codes that each day hands on to the next."""

    ffmc: npt.ArrayLike
    dmc: npt.ArrayLike
    dc: npt.ArrayLike


class Indices(NamedTuple):
    """One day's codes and indices; arrays of one element a place."""

    ffmc: Floats
    dmc: Floats
    dc: Floats
    isi: Floats
    bui: Floats
    fwi: Floats

    @property
    def codes(self) -> Codes:
        """What the next day starts from."""
        return Codes(self.ffmc, self.dmc, self.dc)


@dataclass(frozen=True)
class FireWeatherRule:
    """Danger classes with their colours, and the codes that a season starts from."""

    bounds: tuple[float, ...]
    colours: tuple[float, ...]
    start: Codes
    carry_over: float
    wetting: float

    @classmethod
    def parse(cls, rule: Rule) -> FireWeatherRule:
        """Read the rule; raise InvalidRule unless classes and colours rise."""
        bounds = tuple(rule.number(name) for name in CLASS_NAMES)
        if bounds[0] <= 0 or any(low >= high for low, high in pairwise(bounds)):
            raise rule.invalid("low", f"need bounds that rise from low to extreme, not {bounds}")
        assigned = rule.table("colours")
        places = []
        for each in COLOURS:
            name = assigned.get(each.name.lower())
            if name not in CLASS_NAMES:
                raise rule.invalid(f"colours.{each.name.lower()}", f"need one of {CLASS_NAMES}")
            places.append(CLASS_NAMES.index(name))
        if any(low >= high for low, high in pairwise(places)):
            raise rule.invalid("colours", "a graver colour needs a higher class")
        start = Codes(*(rule.number("start", name) for name in ("ffmc", "dmc", "dc")))
        winter = [rule.number("overwinter", name) for name in ("carry_over", "wetting")]
        if not all(0 < part <= 1 for part in winter):
            raise rule.invalid("overwinter", "need fractions of 0..1")
        return cls(bounds, tuple(bounds[place] for place in places), start, winter[0], winter[1])

    def danger_class(self, fwi: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Return the class: 0 very low, then 1 to 5 as in :data:`CLASS_NAMES`; -1 unknown."""
        return _steps(self.bounds, fwi, unknown=-1)

    def levels(self, fwi: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Return the colour; none where the index is not known (NaN)."""
        return _steps(self.colours, fwi, unknown=0)

    def after_winter(self, last_dc: npt.ArrayLike, winter_mm: npt.ArrayLike) -> Floats:
        """Return the drought code in spring from autumn's and the winter's rain and snow, in mm.

        Van Wagner 1985: Qs = a Qf + b (3.94 r). Never below the usual start.
        """
        moisture = 800 * np.exp(-np.asarray(last_dc, np.float64) / 400)
        spring = self.carry_over * moisture + self.wetting * 3.94 * np.asarray(winter_mm)
        return np.asarray(np.maximum(400 * np.log(800 / spring), self.start.dc))


def _steps(
    bounds: tuple[float, ...], value: npt.ArrayLike, *, unknown: int
) -> npt.NDArray[np.int8]:
    given = np.asarray(value, np.float64)
    found = np.searchsorted(bounds, given, side="right")
    return np.where(np.isnan(given), unknown, found).astype(np.int8)


def duff_day_hours(latitude: npt.ArrayLike, month: int) -> Floats:
    """Return the effective day length for the duff moisture code, h; latitude 0 to 90 N.

    The published tables stand for 46 N, 20 N and the equator, and are commonly used in bands with
    a step of up to 3.7 h at 30 N, which runs right through Sichuan (26 to 34 N). Between tables the
    length is therefore taken in proportion to latitude; at and beyond 46 N it is that of 46 N.
    """
    return np.asarray(np.interp(_northern(latitude), _DUFF_LATITUDES, _DUFF_DAYS[:, month - 1]))


def drought_day_adjustment(latitude: npt.ArrayLike, month: int) -> Floats:
    """Return the day-length adjustment Lf of the drought code; latitude 0 to 90 N."""
    north = _northern(latitude) > _DROUGHT_NORTH_OF
    return np.where(north, _DROUGHT_ADJUSTMENT[month - 1], _DROUGHT_TROPICS)


def _northern(latitude: npt.ArrayLike) -> Floats:
    given = np.asarray(latitude, np.float64)
    if not ((given >= 0) & (given <= 90)).all():  # noqa: PLR2004 - the pole
        raise ValueError("latitude: the tables used here hold from 0 to 90 N")
    return given


def fine_fuel_moisture_code(weather: Weather, before: npt.ArrayLike) -> Floats:
    """Return the fine fuel moisture code (FFMC, 0 to 101) after the day's weather."""
    temperature, humidity, wind, rain = _checked(weather)
    code = np.asarray(before, np.float64)
    moisture = _MOISTURE_SCALE * (101 - code) / (59.5 + code)  # 1
    # 2 and 3; where there is no effective rain, a value that does no harm and is not used
    effective = np.maximum(rain - 0.5, 1e-9)
    wetter = moisture + 42.5 * effective * np.exp(-100 / (251 - moisture)) * (
        1 - np.exp(-6.93 / effective)
    )
    soaked = 0.0015 * np.maximum(moisture - 150, 0) ** 2 * np.sqrt(effective)
    moisture = np.where(rain > 0.5, np.minimum(wetter + soaked, 250), moisture)  # noqa: PLR2004 - 2

    heat = 0.18 * (21.1 - temperature) * (1 - np.exp(-0.115 * humidity))
    wet_end = 10 * np.exp((humidity - 100) / 10)
    drying_to = 0.942 * humidity**0.679 + 1.1 * wet_end + heat  # 4
    wetting_to = 0.618 * humidity**0.753 + wet_end + heat  # 5
    part, warmth = humidity / 100, 0.581 * np.exp(0.0365 * temperature)
    drying = (0.424 * (1 - part**1.7) + 0.0694 * np.sqrt(wind) * (1 - part**8)) * warmth  # 6
    dry = 1 - part
    wetting = (0.424 * (1 - dry**1.7) + 0.0694 * np.sqrt(wind) * (1 - dry**8)) * warmth  # 7
    dried = drying_to + (moisture - drying_to) * 10**-drying  # 8
    wetted = wetting_to - (wetting_to - moisture) * 10**-wetting  # 9
    moisture = np.where(
        moisture > drying_to, dried, np.where(moisture < wetting_to, wetted, moisture)
    )
    # Comparisons with what is not known take it for neither; here it makes the code not known.
    unknown = 0 * (temperature + humidity + wind + rain)
    code = np.clip(59.5 * (250 - moisture) / (_MOISTURE_SCALE + moisture), 0, 101)  # 10
    result: Floats = code + unknown
    return result


def duff_moisture_code(
    weather: Weather, before: npt.ArrayLike, *, latitude: npt.ArrayLike, month: int
) -> Floats:
    """Return the duff moisture code (DMC) after the day's weather."""
    temperature, humidity, _, rain = _checked(weather)
    code = np.asarray(before, np.float64)
    hours = duff_day_hours(latitude, month)
    drying = 1.894e-4 * np.maximum(temperature + 1.1, 0) * (100 - humidity) * hours  # 16
    effective = np.maximum(0.92 * rain - 1.27, 0)  # 11
    moisture = 20 + np.exp(5.6348 - code / 43.43)  # 12
    logarithm = np.log(np.maximum(code, 1e-9))
    slope = np.where(  # 13
        code <= 33,  # noqa: PLR2004 - bounds of the equation's parts
        100 / (0.5 + 0.3 * code),
        np.where(code <= 65, 14 - 1.3 * logarithm, 6.2 * logarithm - 17.2),  # noqa: PLR2004 - as above
    )
    wetter = moisture + 1000 * effective / (48.77 + slope * effective)  # 14
    rained = np.maximum(244.72 - 43.43 * np.log(wetter - 20), 0)  # 15
    start = np.where(rain > 1.5, rained, code)  # noqa: PLR2004 - less rain stays in the canopy
    return np.asarray(start + 0 * rain + drying)  # 17


def drought_code(
    weather: Weather, before: npt.ArrayLike, *, latitude: npt.ArrayLike, month: int
) -> Floats:
    """Return the drought code (DC) after the day's weather."""
    temperature, _, _, rain = _checked(weather)
    code = np.asarray(before, np.float64)
    adjustment = drought_day_adjustment(latitude, month)
    drying = np.maximum(0.36 * (np.maximum(temperature, -2.8) + 2.8) + adjustment, 0) / 2  # 22
    effective = np.maximum(0.83 * rain - 1.27, 0)  # 18
    moisture = 800 * np.exp(-code / 400)  # 19
    rained = np.maximum(code - 400 * np.log(1 + 3.937 * effective / moisture), 0)  # 20, 21
    start = np.where(rain > 2.8, rained, code)  # noqa: PLR2004 - less rain does not reach so deep
    return np.asarray(start + 0 * rain + drying)  # 23


def initial_spread_index(ffmc: npt.ArrayLike, wind_kmh: npt.ArrayLike) -> Floats:
    """Return the initial spread index (ISI)."""
    code = np.asarray(ffmc, np.float64)
    moisture = _MOISTURE_SCALE * (101 - code) / (59.5 + code)
    fuel = 91.9 * np.exp(-0.1386 * moisture) * (1 + moisture**5.31 / 4.93e7)  # 25
    return np.asarray(0.208 * np.exp(0.05039 * np.asarray(wind_kmh)) * fuel)  # 24, 26


def build_up_index(dmc: npt.ArrayLike, dc: npt.ArrayLike) -> Floats:
    """Return the build-up index (BUI)."""
    duff, drought = np.asarray(dmc, np.float64), np.asarray(dc, np.float64)
    both = np.maximum(duff + 0.4 * drought, 1e-9)  # both 0: nothing to burn, and nothing to divide
    low = 0.8 * duff * drought / both  # 27a
    high = duff - (1 - 0.8 * drought / both) * (0.92 + (0.0114 * duff) ** 1.7)  # 27b
    return np.maximum(np.where(duff <= 0.4 * drought, low, high), 0)


def fire_weather_index(isi: npt.ArrayLike, bui: npt.ArrayLike) -> Floats:
    """Return the fire-weather index (FWI) itself."""
    spread, build_up = np.asarray(isi, np.float64), np.asarray(bui, np.float64)
    duff = np.where(
        build_up <= 80,  # noqa: PLR2004 - bound of 28a and 28b
        0.626 * build_up**0.809 + 2,
        1000 / (25 + 108.64 * np.exp(-0.023 * build_up)),
    )
    intensity = 0.1 * spread * duff  # 29
    scaled = np.exp(2.72 * (0.434 * np.log(np.maximum(intensity, 1))) ** 0.647)  # 30a
    return np.where(intensity > 1, scaled, intensity)


def day(weather: Weather, before: Codes, *, latitude: npt.ArrayLike, month: int) -> Indices:
    """Return the day's codes and indices from noon weather and the codes of the day before.

    ``latitude`` in degrees north, ``month`` 1 to 12. Raises ValueError for weather that cannot be.
    """
    if not 1 <= month <= 12:  # noqa: PLR2004 - months of the year
        raise ValueError(f"month {month} is outside 1..12")
    ffmc = fine_fuel_moisture_code(weather, before.ffmc)
    dmc = duff_moisture_code(weather, before.dmc, latitude=latitude, month=month)
    dc = drought_code(weather, before.dc, latitude=latitude, month=month)
    isi = initial_spread_index(ffmc, weather.wind_kmh)
    bui = build_up_index(dmc, dc)
    return Indices(ffmc, dmc, dc, isi, bui, fire_weather_index(isi, bui))


def _checked(weather: Weather) -> tuple[Any, Any, Any, Any]:
    """Return the weather as arrays; raise ValueError for what cannot be. NaN is not known."""
    temperature, humidity, wind, rain = (np.asarray(each, np.float64) for each in weather)
    for name, values, low, high in (
        ("temperature_c", temperature, -60, 60),
        ("humidity_pct", humidity, 0, 100),
        ("wind_kmh", wind, 0, 400),
        ("rain_mm", rain, 0, 2000),
    ):
        if ((values < low) | (values > high)).any():
            raise ValueError(f"{name}: outside {low}..{high}")
    return temperature, humidity, wind, rain
