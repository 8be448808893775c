"""Which picks are left out, and why: clocks that are wrong, and waves from far away."""

from __future__ import annotations

import enum
import math
from typing import Final

from services.disaster_warning.model.earthquake.features import StationFeatures

CLOCK_OFFSET_MAX_S: Final = 0.5
"""A greater offset, by the node's own account, spoils a location (3 km)."""

EARLY_MAX_S: Final = 1.0
"""Features cannot reach the stream before their last sample; so much is left to its own clock."""

LATE_MAX_S: Final = 30.0
"""Later features tell of a backlog, or of a clock that is behind: of no use either way."""

TELESEISM_KM: Final = 300.0
"""Distance at which an earthquake is no longer of this network."""

TELESEISM_HZ: Final = 1.0
"""P waves from afar have lost what is above; P waves near by carry most of it there."""


class Exclusion(enum.StrEnum):
    """Why a station is left out of a solution."""

    CLOCK_SUSPECT = "CLOCK_SUSPECT"
    """Its clock is wrong, by its own account or by when its messages come."""
    TOO_LATE = "TOO_LATE"
    """Its message came so late that its clock may be behind as well."""
    TELESEISM = "TELESEISM"
    """Long periods of small amplitude: a great earthquake far away."""
    RESIDUAL = "RESIDUAL"
    """Its onset does not fit the event."""


def clock_fault(features: StationFeatures) -> Exclusion | None:
    """Return why the time of a pick cannot be trusted, None if it can."""
    # NaN, an unknown offset, compares false.
    if abs(features.clock_offset_s) > CLOCK_OFFSET_MAX_S:
        return Exclusion.CLOCK_SUSPECT
    if features.delay_s < -EARLY_MAX_S:
        return Exclusion.CLOCK_SUSPECT
    if features.delay_s > LATE_MAX_S:
        return Exclusion.TOO_LATE
    return None


def is_teleseism(features: StationFeatures) -> bool:
    """Return whether period and amplitude together speak of a source far away.

    tau_c gives a magnitude, and Pd the distance at which that magnitude is so weak (the relations
    of ``magnitude``). Noise has long periods too, hence the second condition.
    """
    if not 0.0 < features.dominant_hz < TELESEISM_HZ or features.tau_c_s <= 0.0:
        return False
    magnitude = 3.373 * math.log10(features.tau_c_s) + 5.787
    log_pd = math.log10(max(features.pd_cm, 1e-5))
    return (-3.463 + 0.729 * magnitude - log_pd) / 1.374 > math.log10(TELESEISM_KM)
