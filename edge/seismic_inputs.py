"""What rules on the node see of its seismic station: the latest features, as series.

They are judged by and not sent: the features themselves go to the platform. An exercise shows
rules nothing, since what rules switch is real.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from edge.clock import MICROSECONDS
from edge.reading import Quality, Reading
from tianfu.subjects import Channel

if TYPE_CHECKING:
    from edge.waveform.features import Features

INTENSITY: Final = "seismic.intensity"
"""Instrumental seismic intensity (仪器地震烈度) of GB/T 17742-2020, 1 to 12."""

PGA: Final = "seismic.pga"
"""Largest acceleration since the P wave's onset, vector sum of three components, m/s2."""

PGV: Final = "seismic.pgv"
"""Largest velocity since then, the same, m/s."""

PD: Final = "seismic.pd"
"""Largest vertical displacement of the first seconds, cm."""

TAU_C: Final = "seismic.tau-c"
"""Period of the first three seconds, s."""

STILL: Final = {INTENSITY: 1.0, PGA: 0.0, PGV: 0.0, PD: 0.0}
"""Of ground that nothing is picked of: the scale begins at 1. It has no period."""

SERIES: Final = (INTENSITY, PGA, PGV, PD, TAU_C)

Seen = Callable[[Reading], None]


def seen_on(channel: Channel, seen: Seen | None) -> Seen | None:
    """Return who is shown features of a channel: nobody, of an exercise."""
    return seen if channel is Channel.LIVE else None


def of(features: Features) -> list[Reading]:
    """Return features as readings, of the end of the record that they are reckoned from.

    Those of a record that is clipped or has gaps are uncertain: amplitudes were at least so large.
    """
    quality = Quality.GOOD if features.quality.value == "GOOD" else Quality.UNCERTAIN
    values = {
        INTENSITY: features.intensity,
        PGA: features.pga_mps2,
        PGV: features.pgv_mps,
        PD: features.pd_cm,
        TAU_C: features.tau_c_s,
    }
    time_us = round(features.data_time_s * MICROSECONDS)
    return [Reading(series, time_us, value, quality) for series, value in values.items()]


def still(time_us: int) -> list[Reading]:
    """Return what there is to see of still ground."""
    return [Reading(series, time_us, value, Quality.GOOD) for series, value in STILL.items()]
