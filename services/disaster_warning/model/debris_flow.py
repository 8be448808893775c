"""Debris flows (泥石流): rain against intensity-duration thresholds, and the index of one gully."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.colours import COLOURS, Colour
from services.disaster_warning.model.rain import DURATIONS, Floats
from services.plumbing.rules import Rule

THRESHOLDS: Final = "debris-flow-thresholds"
LEVELS: Final = "debris-flow-levels"
EARTHQUAKE: Final = "earthquake-rain-factor"
GULLY: Final = "gully-physical-index"

_HOURS: Final = np.arange(1, DURATIONS + 1, dtype=np.float64)


@dataclass(frozen=True)
class Curve:
    """A threshold I = alpha D^-beta (mm/h, D in h), fitted to hours_min <= D <= hours_max."""

    alpha: float
    beta: float
    hours_min: float
    hours_max: float

    def intensity_mmh(self, hours: npt.ArrayLike) -> Floats:
        """Return the mean intensity, in mm/h, over ``hours`` at which debris flows began."""
        return np.asarray(self.alpha * np.asarray(hours, np.float64) ** -self.beta)

    def fits(self, hours: float) -> bool:
        """Return whether ``hours`` is among those that the curve was fitted to."""
        return self.hours_min <= hours <= self.hours_max


@dataclass(frozen=True)
class Thresholds:
    """The curves of a province's sub-regions, and which county lies in which."""

    curves: Mapping[str, Curve]
    counties: Mapping[str, str]
    default: str
    extrapolate: bool

    @classmethod
    def parse(cls, rule: Rule) -> Thresholds:
        """Read the rule; raise InvalidRule for a curve or a name that cannot be."""
        curves = {}
        for name in rule.table("regions"):
            read = (
                rule.number("regions", name, each)
                for each in ("alpha", "beta", "hours_min", "hours_max")
            )
            curve = curves[name] = Curve(*read)
            if not (curve.alpha > 0 and 0 < curve.beta < 1):
                raise rule.invalid(f"regions.{name}", "need alpha > 0 and beta of 0..1")
            if not 0 < curve.hours_min < curve.hours_max:
                raise rule.invalid(f"regions.{name}", "need hours_min < hours_max")
        counties = dict(rule.table("counties"))
        default = rule.parameters.get("default")
        for key, name in [("default", default), *counties.items()]:
            if name not in curves:
                raise rule.invalid(key, f"{name!r} is none of the regions {sorted(curves)}")
        extrapolate = rule.parameters.get("extrapolate")
        if not isinstance(extrapolate, bool):
            raise rule.invalid("extrapolate", "need true or false")
        return cls(curves, counties, str(default), extrapolate)

    def region(self, county: str) -> str:
        """Return the sub-region of a county (GB/T 2260)."""
        return self.counties.get(county, self.default)

    def totals_mm(self, county: str) -> Floats:
        """Return the rain over 1 to 72 h that makes the threshold there, in mm: (72,).

        Infinite for hours outside the fit, unless the curve is to be continued there.
        """
        curve = self.curves[self.region(county)]
        totals = curve.intensity_mmh(_HOURS) * _HOURS
        if not self.extrapolate:
            totals[(curve.hours_min > _HOURS) | (curve.hours_max < _HOURS)] = np.inf
        return totals


@dataclass(frozen=True)
class LevelRatios:
    """Ratios to the threshold from which each colour holds, and what wet ground does to it."""

    ratios: tuple[float, ...]
    reduction: float
    saturated_mm: float

    @classmethod
    def parse(cls, rule: Rule) -> LevelRatios:
        """Read the rule; raise InvalidRule unless the ratios rise with the colours."""
        ratios = tuple(rule.number(each.name.lower()) for each in COLOURS)
        if ratios[0] <= 0 or any(low >= high for low, high in pairwise(ratios)):
            raise rule.invalid("blue", f"need ratios that rise from blue to red, not {ratios}")
        reduction = rule.number("antecedent", "reduction")
        saturated_mm = rule.number("antecedent", "saturated_mm")
        if not 0 <= reduction < 1 or saturated_mm <= 0:
            raise rule.invalid("antecedent", "need reduction of 0..1 and saturated_mm > 0")
        return cls(ratios, reduction, saturated_mm)

    def levels(self, ratio: Floats) -> npt.NDArray[np.int8]:
        """Return the colour for each ratio; none for what is not known (NaN)."""
        known = np.nan_to_num(ratio, nan=0.0)
        return np.searchsorted(self.ratios, known, side="right").astype(np.int8)

    def antecedent_factor(self, antecedent_mm: Floats) -> Floats:
        """Return what thresholds are multiplied with for ``antecedent_mm`` (Pa, in mm)."""
        wet = np.clip(antecedent_mm / self.saturated_mm, 0, 1)
        return np.asarray(1 - self.reduction * wet)


@dataclass(frozen=True)
class EarthquakeFactor:
    """What shaking of ``intensity_min`` and more does to thresholds, and for how long."""

    intensity_min: float
    start: float
    recovery_years: float

    @classmethod
    def parse(cls, rule: Rule) -> EarthquakeFactor:
        """Read the rule; raise InvalidRule for a factor that would raise thresholds."""
        factor = cls(*(rule.number(n) for n in ("intensity_min", "start", "recovery_years")))
        if not 0 < factor.start <= 1 or factor.recovery_years <= 0:
            raise rule.invalid("start", "need start of 0..1 and recovery_years > 0")
        return factor

    def at(self, intensity: npt.ArrayLike, years: npt.ArrayLike) -> Floats:
        """Return the factor for shaking of ``intensity`` (GB/T 17742) ``years`` ago.

        It rises in a straight line from ``start`` to 1 over ``recovery_years``. Shaking yet to
        come (years < 0), or not known (NaN), changes nothing.
        """
        past = np.asarray(years, np.float64)
        recovered = self.start + (1 - self.start) * np.clip(past / self.recovery_years, 0, 1)
        strong = (np.asarray(intensity) >= self.intensity_min) & (past >= 0)
        return np.where(strong, recovered, 1.0)


@dataclass(frozen=True)
class Gully:
    """What the index needs to know of a gully.

    ``firmness`` F and ``gradient`` J (tangent) and ``area_m2`` A of the source area, ``width_m`` W
    of the channel, ``grain_mm`` D of the bed; ``yearly_mm`` R0 and ``variation`` Cv of the rain.
    """

    firmness: float
    gradient: float
    area_m2: float
    width_m: float
    grain_mm: float
    yearly_mm: float
    variation: float

    def __post_init__(self) -> None:
        """Raise ValueError for a measure that cannot be."""
        for name, value in vars(self).items():
            if not 0 < value < np.inf:
                raise ValueError(f"gully: {name} {value} is not above 0")

    @property
    def topography(self) -> float:
        """T = F J (A / W^2)^0.2."""
        ratio = self.area_m2 / self.width_m**2
        return float(self.firmness * self.gradient * ratio**0.2)

    @property
    def geology(self) -> float:
        """G = D / 2, D in mm."""
        return self.grain_mm / 2


@dataclass(frozen=True)
class CriticalIndex:
    """Weight of the intense rain, and the two critical values that go with its duration."""

    k: float
    warn: float
    evacuate: float

    @classmethod
    def parse(cls, rule: Rule, duration: str) -> CriticalIndex:
        """Read the rule's ``duration``, "hour" or "ten_minutes"; raise InvalidRule."""
        critical = cls(*(rule.number(duration, name) for name in ("k", "warn", "evacuate")))
        if not (critical.k > 0 and 0 < critical.warn < critical.evacuate):
            raise rule.invalid(duration, "need k > 0 and 0 < warn < evacuate")
        return critical

    def rain(self, gully: Gully, before_mm: npt.ArrayLike, intense_mm: npt.ArrayLike) -> Floats:
        """Return R = (B + k I) / (R0 Cv): B the rain before, I that of the hour or 10 min."""
        total = np.asarray(before_mm, np.float64) + self.k * np.asarray(intense_mm, np.float64)
        return np.asarray(total / (gully.yearly_mm * gully.variation))

    def index(self, gully: Gully, before_mm: npt.ArrayLike, intense_mm: npt.ArrayLike) -> Floats:
        """Return P = R T^0.2 / G^0.38 (GSA 2018; tried at Dechang and Wenjia)."""
        rain = self.rain(gully, before_mm, intense_mm)
        return np.asarray(rain * gully.topography**0.2 / gully.geology**0.38)

    def level(self, index: float) -> Colour:
        """Return orange from the value to warn at, red from the one to evacuate at."""
        if index >= self.evacuate:
            return Colour.RED
        return Colour.ORANGE if index >= self.warn else Colour.NONE


def years_between(earlier_s: float, later_s: float) -> float:
    """Return years of 365.25 days between two times in seconds of the epoch."""
    return (later_s - earlier_s) / (365.25 * 86_400)
