"""Seismic intensity (地震烈度): measured by GB/T 17742-2020, forecast by two published relations.

``user_intensity`` drives the intensities of counties: it is what the public clients in Sichuan
show, so that two alerts of one earthquake agree. ``peak_ground_acceleration`` (Yu et al. 2013) is
the physical relation behind the zoning map of 2015, as a check: no solution uses it. Both
take a point source and so understate the ground motion along a long rupture (M > 6.5); the
no-attenuation method, joined by the maximum, makes up for that where there are stations.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake.geodesy import Floats

INTENSITY_LEAST: Final = 1.0
"""Lower end of the scale (GB/T 17742-2020)."""

INTENSITY_GREATEST: Final = 12.0
"""Upper end of the scale (GB/T 17742-2020)."""

VELOCITY_RULES_FROM: Final = 6.0
"""From here on velocity alone decides, if acceleration agrees (GB/T 17742-2020)."""

GAL_PER_MPS2: Final = 100.0
"""Gal (cm/s2) in a m/s2."""

_PGA_SLOPE, _PGA_AT_ONE = 3.17, 6.59  # GB/T 17742-2020: I_A = 3.17 lg PGA + 6.59
_PGV_SLOPE, _PGV_AT_ONE = 3.00, 9.77  # GB/T 17742-2020: I_V = 3.00 lg PGV + 9.77
_MOTION_LEAST = 1e-9  # a silent sensor has a logarithm too


def instrumental_intensity(pga_mps2: Floats, pgv_mps: Floats) -> Floats:
    """Return the intensity of measured ground motion, one decimal, 1 to 12 (GB/T 17742-2020).

    Arguments are peaks of the three components' vector sum at 0.1-10 Hz; the shapes broadcast.
    """
    by_pga = _PGA_SLOPE * np.log10(np.maximum(pga_mps2, _MOTION_LEAST)) + _PGA_AT_ONE
    by_pgv = _PGV_SLOPE * np.log10(np.maximum(pgv_mps, _MOTION_LEAST)) + _PGV_AT_ONE
    strong = (by_pga >= VELOCITY_RULES_FROM) & (by_pgv >= VELOCITY_RULES_FROM)
    value = np.where(strong, by_pgv, (by_pga + by_pgv) / 2.0)
    result: Floats = np.round(np.clip(value, INTENSITY_LEAST, INTENSITY_GREATEST), 1)
    return result


def acceleration_at(intensity: Floats) -> Floats:
    """Return the PGA in m/s2 that corresponds to an intensity (GB/T 17742-2020, inverted)."""
    result: Floats = 10.0 ** ((np.asarray(intensity) - _PGA_AT_ONE) / _PGA_SLOPE)
    return result


def velocity_at(intensity: Floats) -> Floats:
    """Return the PGV in m/s that corresponds to an intensity (GB/T 17742-2020, inverted)."""
    result: Floats = 10.0 ** ((np.asarray(intensity) - _PGV_AT_ONE) / _PGV_SLOPE)
    return result


def user_intensity(magnitude: float, distance_km: Floats) -> Floats:
    """Return the intensity forecast at epicentral distances: 2.941 + 1.363 M - 1.494 ln(R + 7).

    The formula of the public early-warning clients in Sichuan; clamped to 0..12, where 0 stands
    for not felt. Not rounded.
    """
    value = 2.941 + 1.363 * magnitude - 1.494 * np.log(distance_km + 7.0)
    result: Floats = np.clip(value, 0.0, INTENSITY_GREATEST)
    return result


class Zone(enum.Enum):
    """Attenuation zones of Yu et al. (2013) that Sichuan lies in."""

    TIBET = "tibet"
    WEST_ACTIVE = "west-active"


SIGMA_LN_PGA: Final = 0.5428
"""Standard deviation of ln PGA (Yu et al. 2013)."""

_BREAK_MAGNITUDE = 6.5


@dataclass(frozen=True)
class _LongAxis:
    """Coefficients of ln Y = a + b M + c ln(R + d exp(e M)), PGA in gal, along the long axis."""

    a_b: tuple[float, float]
    a_b_above: tuple[float, float]
    c: float
    d: float
    e: float


# Yu, Li & Xiao (2013), as used for GB 18306-2015.
_ZONES: Final = {
    Zone.TIBET: _LongAxis((5.4901, 1.4835), (8.7561, 0.9453), -2.416, 2.647, 0.366),
    Zone.WEST_ACTIVE: _LongAxis((4.1193, 1.656), (7.8269, 1.0856), -2.389, 1.772, 0.424),
}


def peak_ground_acceleration(magnitude: float, distance_km: Floats, zone: Zone) -> Floats:
    """Return the median PGA in gal on rock along the long axis (Yu et al. 2013)."""
    of = _ZONES[zone]
    a, b = of.a_b if magnitude <= _BREAK_MAGNITUDE else of.a_b_above
    near = of.d * np.exp(of.e * magnitude)
    result: Floats = np.exp(a + b * magnitude + of.c * np.log(distance_km + near))
    return result
