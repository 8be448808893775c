"""Return periods (重现期) from a gauge's yearly maxima, by L-moments (Hosking and Wallis 1997).

Gumbel for short series, Pearson III (皮尔逊 III 型) as Chinese hydrology uses it. Sample L-moments
are unbiased and less led astray by one great flood than ordinary moments are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

_EULER: Final = 0.577_215_664_901_532_9
_TERMS: Final = 5_000
"""Bounds series and continued fraction: at the least skewness they take some 1,500."""
_BISECTIONS: Final = 64
_PRECISION: Final = 1e-13
_NEARLY_NORMAL: Final = 0.01
"""Skewness below which the normal distribution serves: 0.01 deviations apart at 100 years."""
_YEARS_MIN: Final = 3
"""Fewer values have no third L-moment."""


class TooFewYears(ValueError):
    """A series of yearly maxima too short to say anything."""


class Fit(Protocol):
    """A distribution fitted to yearly maxima."""

    def level(self, years: float) -> float:
        """Return the level passed once in ``years`` (> 1) on the average."""
        ...

    def years(self, level: float) -> float:
        """Return the return period of ``level`` in years, 1 or more."""
        ...


def l_moments(maxima: Sequence[float]) -> tuple[float, float, float]:
    """Return the first two sample L-moments and the L-skewness; raise TooFewYears or ValueError."""
    values = np.sort(np.asarray(maxima, np.float64))
    count = len(values)
    if count < _YEARS_MIN:
        raise TooFewYears(f"{count} yearly maxima: need {_YEARS_MIN} or more")
    if not np.isfinite(values).all() or values[0] == values[-1]:
        raise ValueError("yearly maxima: need finite values that are not all the same")
    rank = np.arange(count)
    b0 = float(values.mean())
    b1 = float((rank * values).sum() / (count * (count - 1)))
    b2 = float((rank * (rank - 1) * values).sum() / (count * (count - 1) * (count - 2)))
    second = 2 * b1 - b0
    return b0, second, (6 * b2 - 6 * b1 + b0) / second


@dataclass(frozen=True)
class Gumbel:
    """F(x) = exp(-exp(-(x - location) / scale))."""

    location: float
    scale: float

    @classmethod
    def fit(cls, maxima: Sequence[float]) -> Gumbel:
        """Fit yearly maxima; raise TooFewYears or ValueError."""
        mean, second, _ = l_moments(maxima)
        scale = second / math.log(2)
        return cls(mean - _EULER * scale, scale)

    def level(self, years: float) -> float:
        """Return the level passed once in ``years`` (> 1)."""
        return self.location - self.scale * math.log(-math.log1p(-1 / _longer(years)))

    def years(self, level: float) -> float:
        """Return the return period of ``level``, 1 or more."""
        exponent = -(level - self.location) / self.scale
        # Far below the series exp() would overflow, and the period is 1 to every digit.
        return 1 / -math.expm1(-math.exp(exponent)) if exponent < 100 else 1.0  # noqa: PLR2004 - as said


@dataclass(frozen=True)
class PearsonIII:
    """Mean, standard deviation and skewness (Cs); a shifted gamma distribution."""

    mean: float
    deviation: float
    skewness: float

    @classmethod
    def fit(cls, maxima: Sequence[float]) -> PearsonIII:
        """Fit yearly maxima; raise TooFewYears or ValueError."""
        mean, second, skew = l_moments(maxima)
        size = abs(skew)
        if size < _NEARLY_NORMAL / 6:  # about the L-skewness of that skewness
            return cls(mean, second * math.sqrt(math.pi), 0.0)
        # Hosking's rational approximations of the shape, good to 5e-5.
        if size < 1 / 3:
            z = 3 * math.pi * size**2
            shape = (1 + 0.2906 * z) / (z + 0.1882 * z**2 + 0.0442 * z**3)
        else:
            z = 1 - size
            shape = (0.36067 * z - 0.59567 * z**2 + 0.25361 * z**3) / (
                1 - 2.78861 * z + 2.56096 * z**2 - 0.77045 * z**3
            )
        ratio = math.exp(math.lgamma(shape) - math.lgamma(shape + 0.5))
        deviation = second * math.sqrt(math.pi * shape) * ratio
        return cls(mean, deviation, math.copysign(2 / math.sqrt(shape), skew))

    def exceedance(self, level: float) -> float:
        """Return the probability that a year's maximum is above ``level``."""
        standard = (level - self.mean) / self.deviation
        if abs(self.skewness) < _NEARLY_NORMAL:
            return math.erfc(standard / math.sqrt(2)) / 2
        shape = 4 / self.skewness**2
        above = shape + 2 * standard / self.skewness
        lower, upper = _gamma_parts(shape, max(above, 0.0))
        return upper if self.skewness > 0 else lower

    def years(self, level: float) -> float:
        """Return the return period of ``level``, 1 or more; infinite above every possible one."""
        chance = self.exceedance(level)
        return 1 / chance if chance > 0 else math.inf

    def level(self, years: float) -> float:
        """Return the level passed once in ``years`` (> 1)."""
        wanted = 1 / _longer(years)
        low, high = self.mean - 50 * self.deviation, self.mean + 50 * self.deviation
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if self.exceedance(middle) > wanted:
                low = middle
            else:
                high = middle
        return (low + high) / 2


def _longer(years: float) -> float:
    if not years > 1:
        raise ValueError(f"return period {years}: need more than a year")
    return years


def _gamma_parts(shape: float, at: float) -> tuple[float, float]:
    """Return the regularised incomplete gamma functions P and Q, which add up to 1."""
    if at <= 0:
        return 0.0, 1.0
    scale = math.exp(shape * math.log(at) - at - math.lgamma(shape))
    if at < shape + 1:  # the series converges fast here, the continued fraction beyond
        term = total = 1 / shape
        for step in range(1, _TERMS):
            term *= at / (shape + step)
            total += term
            if term < total * _PRECISION:
                break
        lower = min(total * scale, 1.0)
        return lower, 1 - lower
    upper = min(_continued_fraction(shape, at) * scale, 1.0)
    return 1 - upper, upper


def _continued_fraction(shape: float, at: float) -> float:
    """Return Legendre's continued fraction of Q, by the method of Lentz."""
    b = at + 1 - shape
    c, d = 1e300, 1 / b
    value = d
    for step in range(1, _TERMS):
        a = step * (shape - step)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        value *= d * c
        if abs(d * c - 1) < _PRECISION:
            break
    return value
