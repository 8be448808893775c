"""Magnitude from the first seconds of P waves, with its uncertainty; better each second.

Two relations, both for three seconds of P wave:

- ``M = 4.750 + 1.372 lg Pd + 1.885 lg R`` (Wu & Zhao 2006, solved for M; +-0.305 in lg Pd);
- ``M = 3.373 lg tau_c + 5.787`` (+-0.41).

What they do not know, and what is done about it:

- **Saturation.** A rupture of M 7 lasts some 15 s; in 1-3 s no relation can tell it from M 6.5.
  Estimates are therefore too low at first and grow, which is why updates are published. Stations
  with longer windows weigh more, in proportion, since they have seen more of the rupture.
- **Short windows** (below 3 s) have larger errors: the sigma grows as the root of 3 s / window.
- **S waves** in the window, when it outlasts both S - P and the three seconds of the fit, are about
  2.2 times the P wave on the vertical: that is taken off, and adds to the error.
- **tau_c** of weak motion is noise: it counts from a Pd of 0.01 cm and two seconds on, and not
  where it contradicts Pd by 1.5 (slow events, nodal P: Wang et al. 2009 on Wenchuan).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake.geodesy import Floats
from services.disaster_warning.model.earthquake.picks import LAW_WINDOW_S, Pick

PD_SIGMA: Final = 1.372 * 0.305
"""Standard deviation of a magnitude by Pd of three seconds (Wu & Zhao 2006)."""

TAU_C_SIGMA: Final = 0.41
"""Standard deviation of a magnitude by tau_c of three seconds."""

PD_WINDOW_MAX_S: Final = 6.0
"""Stations let Pd grow no longer than this."""

TAU_C_PD_LEAST_CM: Final = 0.01
"""Below it tau_c measures the accelerometer's noise (0.001-0.005 cm above 0.075 Hz)."""

TAU_C_WINDOW_LEAST_S: Final = 2.0
"""tau_c of one second is bounded by the window, whatever the earthquake."""

CONTRADICTION: Final = 1.5
"""Difference of the two estimates of a station from which tau_c is not believed."""

S_EXCESS: Final = 1.372 * 0.35
"""Magnitude taken off when S is in the window: lg(S/P) on the vertical is about 0.35."""

S_SIGMA: Final = 0.30
"""Error that taking off adds: the ratio varies with the focal mechanism."""

EVENT_SIGMA: Final = 0.20
"""Error that all stations share (stress drop, the saturation that is left)."""

_PD_LEAST_CM = 1e-5


@dataclass(frozen=True)
class Magnitude:
    """A magnitude, its standard deviation, and the estimates by each method (NaN: none).

    ``estimate`` is what these features give; ``value`` is what is told, which may be the greater
    that stands (``standing``), and then ``fall`` says so.
    """

    value: float
    sigma: float
    by_pd: float
    by_tau_c: float
    stations: int
    window_s: float
    estimate: float
    fall: str = ""


def magnitude_by_pd(pd_cm: Floats, distance_km: Floats) -> Floats:
    """Return magnitudes by displacement in cm and hypocentral distance in km (Wu & Zhao 2006)."""
    pd = np.log10(np.maximum(pd_cm, _PD_LEAST_CM))
    result: Floats = 4.750 + 1.372 * pd + 1.885 * np.log10(distance_km)
    return result


def displacement(magnitude: float, distance_km: Floats) -> Floats:
    """Return the Pd in cm to expect of three seconds at hypocentral distances in km."""
    result: Floats = 10.0 ** (-3.463 + 0.729 * magnitude - 1.374 * np.log10(distance_km))
    return result


def magnitude_by_tau_c(tau_c_s: Floats) -> Floats:
    """Return magnitudes by average period in s."""
    result: Floats = 3.373 * np.log10(np.maximum(tau_c_s, 1e-3)) + 5.787
    return result


def estimate(picks: Sequence[Pick], distance_km: Floats, s_minus_p_s: Floats) -> Magnitude:
    """Return the magnitude that picks at these hypocentral distances amount to.

    ``distance_km`` and ``s_minus_p_s`` are in the order of ``picks``, of which there is one at
    least. Stations join by inverse variance, weighted by the part of the rupture they have seen.
    """
    pd = np.array([pick.latest.pd_cm for pick in picks])
    window = np.clip([pick.latest.elapsed_s for pick in picks], 0.5, PD_WINDOW_MAX_S)
    longest = float(window.max())
    each_pd = magnitude_by_pd(pd, distance_km)
    variance = PD_SIGMA**2 * np.maximum(LAW_WINDOW_S / window, 1.0)
    has_s = window > np.maximum(s_minus_p_s, LAW_WINDOW_S)
    each_pd = each_pd - S_EXCESS * has_s
    variance = variance + S_SIGMA**2 * has_s
    weight_pd = window / longest / variance
    # A clipped or broken record says "at least": it counts where it says more than whole ones.
    bound = np.array([pick.latest.is_lower_bound for pick in picks])
    if bound.any() and not bound.all():
        whole = float(weight_pd[~bound] @ each_pd[~bound] / weight_pd[~bound].sum())
        weight_pd = np.where(bound & (each_pd < whole), 0.0, weight_pd)

    each_tau, weight_tau = _by_tau_c(picks, each_pd)
    weight_tau = weight_tau * min(LAW_WINDOW_S / longest, 1.0) ** 2
    total = float(weight_pd.sum() + weight_tau.sum())
    value = float(weight_pd @ each_pd + weight_tau @ each_tau) / total
    return Magnitude(
        value,
        math.sqrt(1.0 / total + EVENT_SIGMA**2),
        float(weight_pd @ each_pd / weight_pd.sum()),
        float(weight_tau @ each_tau / weight_tau.sum()) if weight_tau.any() else math.nan,
        len(picks),
        longest,
        value,
    )


def _by_tau_c(picks: Sequence[Pick], each_pd: Floats) -> tuple[Floats, Floats]:
    """Return magnitudes by tau_c and their weights, 0 where it is not believed."""
    first = [pick.initial for pick in picks]
    window = np.array([features.elapsed_s for features in first])
    each = magnitude_by_tau_c(np.array([features.tau_c_s for features in first]))
    believed = (
        (window >= TAU_C_WINDOW_LEAST_S)
        & (np.array([features.pd_cm for features in first]) >= TAU_C_PD_LEAST_CM)
        & (np.abs(each - each_pd) < CONTRADICTION)
        & ~np.array([features.is_lower_bound for features in first])
    )
    variance = TAU_C_SIGMA**2 * np.maximum(LAW_WINDOW_S / np.maximum(window, 0.5), 1.0)
    return each, believed / variance
