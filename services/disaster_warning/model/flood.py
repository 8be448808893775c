"""Floods (洪水): a gauge's level against its stages and return periods, with care when it falls."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.colours import COLOURS, Colour
from services.disaster_warning.model.rain import Floats
from services.disaster_warning.model.return_periods import Fit
from services.plumbing.rules import Rule

COLOUR_RULE: Final = "flood-colours"
_PERIODS: Final = ("yellow", "orange", "red")


@dataclass(frozen=True)
class FloodRule:
    """Return periods of the colours, what "near" is, and what must pass before a level falls."""

    years: tuple[float, float, float]
    near_m: float
    near_years: float
    falling_m: float
    falling_minutes: float
    fit_years_min: int

    @classmethod
    def parse(cls, rule: Rule) -> FloodRule:
        """Read the rule; raise InvalidRule unless the periods rise with the colours."""
        yellow, orange, red = (rule.number("years", name) for name in _PERIODS)
        near_years = rule.number("near", "years")
        if not 1 < near_years <= yellow < orange < red:
            raise rule.invalid("years", "need 1 < near.years <= yellow < orange < red")
        lengths = [
            rule.number(*path)
            for path in (("near", "below_m"), ("falling", "below_m"), ("falling", "minutes"))
        ]
        if min(lengths) < 0:
            raise rule.invalid("falling", "need lengths and times of 0 or more")
        near_m, falling_m, minutes = lengths
        years_min = int(rule.number("fit", "years_min"))
        return cls((yellow, orange, red), near_m, near_years, falling_m, minutes, years_min)


@dataclass(frozen=True)
class Stages:
    """A gauge's stages in m, in its own datum; None where it has none.

    ``warning_m`` (警戒水位), ``guarantee_m`` (保证水位), ``highest_m`` (历史最高水位); ``fit`` of
    its yearly maxima, in the same datum, of ``fit_years`` years.
    """

    warning_m: float | None = None
    guarantee_m: float | None = None
    highest_m: float | None = None
    fit: Fit | None = None
    fit_years: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError for stages that do not rise."""
        known = [
            each for each in (self.warning_m, self.guarantee_m, self.highest_m) if each is not None
        ]
        if any(not math.isfinite(each) for each in known):
            raise ValueError("stages: need finite levels")
        # The highest on record may lie below the guarantee level: a river that behaved so far.
        both = self.warning_m is not None and self.guarantee_m is not None
        if both and known[1] <= known[0]:
            raise ValueError(
                f"guarantee level {known[1]} m is not above the warning level {known[0]} m"
            )

    def thresholds_m(self, rule: FloodRule) -> Floats:
        """Return the levels at which blue, yellow, orange and red begin: (4,), inf for never.

        Where stage and return period both are known, the lower one begins the colour. A fit of
        too few years is left out.
        """
        stage = [
            None if self.warning_m is None else self.warning_m - rule.near_m,
            self.warning_m,
            self.guarantee_m,
            self.highest_m,
        ]
        periods = (rule.near_years, *rule.years)
        usable = self.fit if self.fit_years >= rule.fit_years_min else None
        lowest = []
        for level, years in zip(stage, periods, strict=True):
            by_years = math.inf if usable is None else usable.level(years)
            lowest.append(min(math.inf if level is None else level, by_years))
        return np.array(lowest)


def thresholds_m(stages: Sequence[Stages], rule: FloodRule) -> Floats:
    """Return the levels at which the colours begin, for many gauges: (4, gauges)."""
    if not stages:
        return np.empty((len(COLOURS), 0))
    return np.stack([each.thresholds_m(rule) for each in stages], axis=1)


def levels(level_m: npt.ArrayLike, thresholds: Floats) -> npt.NDArray[np.int8]:
    """Return the colour of each gauge; none where its level is not known (NaN)."""
    reached = np.asarray(level_m, np.float64) >= thresholds
    colours = np.array(COLOURS, np.int8)[:, None]
    found: npt.NDArray[np.int8] = np.where(reached, colours, 0).max(axis=0).astype(np.int8)
    return found


def levels_held(
    level_m: npt.ArrayLike,
    thresholds: Floats,
    held: npt.NDArray[np.int8],
    rule: FloodRule,
) -> npt.NDArray[np.int8]:
    """Return the colour of each gauge, given the one that was ``held`` before.

    It rises at once. It falls only when the water is ``falling_m`` below where the colour began,
    and stays where the level is not known: a gauge under water tells nothing.
    """
    now = np.asarray(level_m, np.float64)
    falling = np.minimum(held, levels(now + rule.falling_m, thresholds))
    return np.where(np.isnan(now), held, np.maximum(levels(now, thresholds), falling))


class Tendency(enum.Enum):
    """Which way the water goes."""

    UNKNOWN = "unknown"
    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"


STEADY_M: Final = 0.02
"""Less in either direction is waves and the gauge's own resolution, commonly 1 cm."""


def tendency(before_m: float, now_m: float) -> Tendency:
    """Return which way a level has gone."""
    change = now_m - before_m
    if math.isnan(change):
        return Tendency.UNKNOWN
    if abs(change) <= STEADY_M:
        return Tendency.STEADY
    return Tendency.RISING if change > 0 else Tendency.FALLING


def explain(level_m: float, stages: Stages, rule: FloodRule) -> dict[str, Any]:
    """Return what a colour stands on: level, colour, thresholds, return period if known."""
    thresholds = stages.thresholds_m(rule)
    colour = Colour(int(levels([level_m], thresholds[:, None])[0]))
    named = {
        each.name.lower(): float(value)
        for each, value in zip(COLOURS, thresholds, strict=True)
        if math.isfinite(value)
    }
    usable = stages.fit is not None and stages.fit_years >= rule.fit_years_min
    years = stages.fit.years(level_m) if usable and stages.fit is not None else None
    return {"level_m": level_m, "colour": colour, "thresholds_m": named, "return_years": years}
