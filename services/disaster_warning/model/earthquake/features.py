"""What a station tells of a P pick, second by second."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

PickKey = tuple[str, int]
"""Identity of a pick: the station and a number which the station never uses again."""

ELAPSED_MAX_S: Final = 180.0
"""Longest window that a station measures after a pick."""

INTENSITY_MAX: Final = 12.0
"""Upper end of the scale of GB/T 17742-2020."""

INTENSITY_MIN: Final = 0.0
"""Stations that compute no intensity in the first second send 0; the scale itself starts at 1."""


class InvalidFeatures(ValueError):
    """Features that no working station sends; the message names the station and the field."""


@dataclass(frozen=True, slots=True)
class StationFeatures:
    """Measurements of one station in the first ``elapsed_s`` seconds after one P pick.

    Times are seconds of UTC since 1970, coordinates WGS84 degrees. ``pd_cm`` is the largest
    vertical displacement, high-passed at 0.075 Hz; ``tau_c_s`` the average period; ``pga_mps2``
    and ``pgv_mps`` are maxima of the three components' vector sum at 0.1-10 Hz; ``intensity`` and
    ``vertical_intensity`` are real-time intensities of GB/T 17742-2020. ``clock_offset_s`` is the
    node's own estimate, NaN when it has none. ``received_time`` and ``sequence`` are the stream's.
    ``is_lower_bound`` says that the record was clipped or had gaps, so amplitudes may be greater.
    """

    station: str
    pick_id: int
    latitude: float
    longitude: float
    pick_time: float
    elapsed_s: float
    pd_cm: float
    tau_c_s: float
    pga_mps2: float
    pgv_mps: float
    intensity: float
    vertical_intensity: float
    snr: float
    dominant_hz: float
    clock_offset_s: float
    received_time: float
    sequence: int
    is_lower_bound: bool = False

    def __post_init__(self) -> None:
        """Refuse values outside what can be measured.

        Raises ``InvalidFeatures``.
        """
        if not self.station:
            raise InvalidFeatures("features without a station: a node names itself in each message")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            # NaN fails the comparison, so it is refused as well.
            if not low <= value <= high:
                raise InvalidFeatures(
                    f"station {self.station!r}: {name} {value} is outside {low}..{high}"
                )
        if math.isinf(self.clock_offset_s):
            raise InvalidFeatures(f"station {self.station!r}: clock_offset_s is infinite")

    @property
    def key(self) -> PickKey:
        """Return the identity of the pick that this describes."""
        return (self.station, self.pick_id)

    @property
    def delay_s(self) -> float:
        """Return how long after its last sample the message reached the stream, in seconds.

        Seconds are usual. Less than 0 is impossible with right clocks; minutes mean a backlog or a
        clock that is behind.
        """
        return self.received_time - (self.pick_time + self.elapsed_s)


_TIME: Final = (0.0, 4.1e9)  # 1970 to 2099
_RANGES: Final = {
    "pick_id": (0, 2**63 - 1),
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 180.0),
    "pick_time": _TIME,
    "elapsed_s": (0.0, ELAPSED_MAX_S),
    # The greatest measured: 8 m of displacement, 43 m/s2 (Iwate-Miyagi 2008), 4 m/s (Chi-Chi 1999).
    "pd_cm": (0.0, 1_000.0),
    "tau_c_s": (0.0, 100.0),
    "pga_mps2": (0.0, 100.0),
    "pgv_mps": (0.0, 10.0),
    "intensity": (INTENSITY_MIN, INTENSITY_MAX),
    "vertical_intensity": (INTENSITY_MIN, INTENSITY_MAX),
    "snr": (0.0, 1e9),
    "dominant_hz": (0.0, 1_000.0),
    "received_time": _TIME,
    "sequence": (0, 2**63 - 1),
}
assert set(_RANGES) <= {field.name for field in fields(StationFeatures)}  # noqa: S101 - a typo here would check nothing
