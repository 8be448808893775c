"""Return periods: fits recover what made the series, and level and period are inverse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.disaster_warning.model.return_periods import (
    Gumbel,
    PearsonIII,
    TooFewYears,
    l_moments,
)


@pytest.mark.parametrize(
    ("skewness", "years", "factor"),
    [
        # Frequency factors of Pearson III, as printed in tables for hydrology (Haan 1977).
        (0.0, 2, 0.0),
        (0.0, 100, 2.326),
        (0.0, 10, 1.282),
        (1.0, 2, -0.164),
        (1.0, 10, 1.340),
        (1.0, 50, 2.542),
        (1.0, 100, 3.022),
        (2.0, 10, 1.302),
        (2.0, 100, 3.605),
        (3.0, 100, 4.051),
        (-1.0, 10, 1.128),
        (-1.0, 100, 1.588),
        (0.5, 5, 0.808),
        (0.5, 200, 3.041),
    ],
)
def test_pearson_frequency_factors(skewness: float, years: float, factor: float) -> None:
    assert PearsonIII(0, 1, skewness).level(years) == pytest.approx(factor, abs=1.5e-3)


@pytest.mark.parametrize(
    ("years", "reduced"), [(2, 0.3665), (5, 1.4999), (10, 2.2504), (50, 3.9019), (100, 4.6001)]
)
def test_gumbel_reduced_variate(years: float, reduced: float) -> None:
    assert Gumbel(0, 1).level(years) == pytest.approx(reduced, abs=1e-4)


fits = st.one_of(
    st.builds(Gumbel, st.floats(-100, 5000), st.floats(0.1, 100)),
    st.builds(PearsonIII, st.floats(-100, 5000), st.floats(0.1, 100), st.floats(-2, 3)),
)


@settings(deadline=None, max_examples=50)
@given(fits, st.floats(1.5, 1000))
def test_level_and_period_are_inverse(fit: Gumbel | PearsonIII, years: float) -> None:
    assert fit.years(fit.level(years)) == pytest.approx(years, rel=1e-4)


@settings(deadline=None, max_examples=50)
@given(fits, st.floats(1.1, 500), st.floats(1.1, 500))
def test_rarer_floods_are_higher(fit: Gumbel | PearsonIII, one: float, other: float) -> None:
    early, late = sorted([one, other])

    assert fit.level(early) <= fit.level(late)


def test_a_gumbel_series_gives_back_its_parameters() -> None:
    probability = (np.arange(1, 4001) - 0.5) / 4000
    series = 300 - 2 * np.log(-np.log(probability))

    fit = Gumbel.fit(series.tolist())

    assert fit.location == pytest.approx(300, abs=0.01)
    assert fit.scale == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("skewness", [-1.5, -0.4, 0.0, 0.3, 1.0, 2.0, 3.5])
def test_a_pearson_series_gives_back_its_parameters(skewness: float) -> None:
    true = PearsonIII(300, 5, skewness)
    probability = (np.arange(1, 1001) - 0.5) / 1000
    series = [true.level(1 / (1 - each)) for each in probability]

    fit = PearsonIII.fit(series)

    assert fit.mean == pytest.approx(300, abs=0.05)
    assert fit.deviation == pytest.approx(5, rel=0.01)
    assert fit.skewness == pytest.approx(skewness, abs=0.05)


def test_l_moments_of_a_short_series_by_hand() -> None:
    mean, second, skew = l_moments([3.0, 1.0, 2.0])

    assert mean == 2.0
    assert second == pytest.approx(2 / 3)
    assert skew == pytest.approx(0)


@pytest.mark.parametrize("series", [[], [1.0], [1.0, 2.0]])
def test_too_few_years_say_nothing(series: list[float]) -> None:
    with pytest.raises(TooFewYears):
        Gumbel.fit(series)


@pytest.mark.parametrize("series", [[1.0, 1.0, 1.0], [1.0, 2.0, math.nan], [1.0, 2.0, math.inf]])
def test_a_series_without_spread_is_refused(series: list[float]) -> None:
    with pytest.raises(ValueError, match="yearly maxima"):
        PearsonIII.fit(series)


@pytest.mark.parametrize("years", [1.0, 0.0, -5.0, math.nan])
@pytest.mark.parametrize("fit", [Gumbel(0, 1), PearsonIII(0, 1, 1)])
def test_a_period_of_a_year_or_less_has_no_level(fit: Gumbel | PearsonIII, years: float) -> None:
    with pytest.raises(ValueError, match="return period"):
        fit.level(years)


@pytest.mark.parametrize(
    ("fit", "level", "expected"),
    [
        (Gumbel(0, 1), -1e6, 1.0),
        (PearsonIII(0, 1, 1), -1e6, 1.0),
        (PearsonIII(0, 1, -1), 1e6, math.inf),
        (PearsonIII(0, 1, 0), 0.0, 2.0),
    ],
)
def test_levels_beyond_every_flood(fit: Gumbel | PearsonIII, level: float, expected: float) -> None:
    assert fit.years(level) == expected
