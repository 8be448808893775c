"""What a node sends of an earthquake: amplitudes, period and intensity since the P wave's onset.

- Pd, tau_c (Kanamori 2005; Wu & Zhao 2006, GRL 33 L16312): vertical acceleration, high-passed at
  0.075 Hz by two poles, integrated and high-passed again to velocity, and once more to
  displacement. Pd = max |u|; tau_c = 2 pi sqrt(sum u^2 / sum v^2) over the first seconds.
- PGA, PGV: maxima of the vector sum of three components, 0.1-10 Hz (GB/T 17742-2020).
- Intensity, GB/T 17742-2020 (中国地震烈度表, 仪器地震烈度): see ``instrumental_intensity``.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

PD_WINDOW_S: Final = 6.0
"""Pd grows no more after this: by then the S wave has come wherever an alarm is urgent."""

TAU_C_WINDOW_S: Final = 3.0
"""Wu & Kanamori 2005: the first three seconds."""

ELAPSED_MAX_S: Final = 120.0
"""Shaking of a great earthquake (Wenchuan 2008: 90 s of rupture)."""

QUIET_MPS2: Final = 0.01
"""One gal, intensity 1: nobody feels it."""

QUIET_S: Final = 10.0
"""As long below that before a station stops sending."""

_CM: Final = 100.0
_TINY: Final = 1e-12


class Quality(enum.StrEnum):
    """What the node makes of the record; the names of tianfu.seismic.v1.RecordQuality."""

    GOOD = "GOOD"
    CLIPPED = "CLIPPED"
    GAPPED = "GAPPED"


class Row(enum.IntEnum):
    """Signals kept of the last seconds, all in SI units."""

    RAW = 0
    """Vertical acceleration as it came, spikes mended, m/s2."""
    BAND = 1
    """Vertical acceleration in the picker's band, m/s2."""
    RATIO = 2
    """STA/LTA."""
    LONG = 3
    """The long mean, m2/s4."""
    U = 4
    """Vertical displacement above 0.075 Hz, m."""
    V = 5
    """Vertical velocity above 0.075 Hz, m/s."""
    A_SQUARE = 6
    """Squared vector sum of acceleration 0.1-10 Hz."""
    V_SQUARE = 7
    """Squared vector sum of velocity 0.1-10 Hz."""
    AZ = 8
    """Vertical acceleration 0.1-10 Hz, m/s2."""
    VZ = 9
    """Vertical velocity 0.1-10 Hz, m/s."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of one pick after ``elapsed_s`` of record behind its onset.

    The fields are those of tianfu.seismic.v1.StationFeatures. ``pick_time_s`` and ``data_time_s``
    (the end of the record used) are Unix seconds by the record's clock.
    """

    station: str
    pick_id: int
    latitude: float
    longitude: float
    pick_time_s: float
    elapsed_s: float
    pd_cm: float
    tau_c_s: float
    pga_mps2: float
    pgv_mps: float
    intensity: float
    vertical_intensity: float
    snr: float
    dominant_hz: float
    quality: Quality

    @property
    def data_time_s(self) -> float:
        """Return the Unix time up to which the record was used."""
        return self.pick_time_s + self.elapsed_s


def instrumental_intensity(pga_mps2: float, pgv_mps: float) -> float:
    """Return the seismic intensity of GB/T 17742-2020, 1.0 to 12.0 by one decimal.

    I_A = 3.17 lg PGA + 6.59; I_V = 3.00 lg PGV + 9.77; I = I_V where both are at least 6.0,
    otherwise their mean.
    """
    by_pga = 3.17 * math.log10(max(pga_mps2, _TINY)) + 6.59
    by_pgv = 3.00 * math.log10(max(pgv_mps, _TINY)) + 9.77
    both = min(by_pga, by_pgv) >= 6.0  # noqa: PLR2004 - the standard's
    value = by_pgv if both else (by_pga + by_pgv) / 2
    return round(min(max(value, 1.0), 12.0), 1)


def dominant_frequency(acceleration: Samples, rate_hz: float) -> float:
    """Return the frequency (Hz) at which a stretch of acceleration carries most energy.

    Acceleration and not velocity: near a great earthquake the ground's slow displacement outweighs
    all else in velocity, and the record would look like that of a distant one. What comes from
    thousands of kilometres away has lost everything fast, in acceleration too.

    The peak of its periodogram under a Hann window, on a grid finer than its length resolves; no
    lower than one cycle in the stretch, so that a long period shows as the stretch grows.
    """
    n = acceleration.size
    if n < 4 or not np.any(acceleration):  # noqa: PLR2004 - no spectrum
        return 0.0
    size = 1 << (4 * n - 1).bit_length()
    tapered = (acceleration - acceleration.mean()) * np.hanning(n)
    power = np.square(np.abs(np.fft.rfft(tapered, size)))
    lowest = -(-size // n)
    return float(lowest + np.argmax(power[lowest:])) * rate_hz / size


class Measurement:
    """Maxima and sums since one onset, grown by stretches of history."""

    def __init__(self, pick_id: int, onset: int, rate_hz: float) -> None:
        """Take the pick's name, the number of its first sample, and the sampling rate."""
        self.pick_id = pick_id
        self.onset = onset
        self.next = onset
        self.quality = Quality.GOOD
        self._rate_hz = rate_hz
        self._pd_samples = round(PD_WINDOW_S * rate_hz)
        self._tau_c_samples = round(TAU_C_WINDOW_S * rate_hz)
        self._u = self._u_square = self._v_square = self._ratio = 0.0
        self._a_square_max = self._v_square_max = self._az_max = self._vz_max = 0.0
        self._spectrum_of: list[Samples] = []
        self._last_felt = onset

    @property
    def elapsed(self) -> int:
        """Return the samples measured."""
        return self.next - self.onset

    @property
    def is_quiet(self) -> bool:
        """Tell whether the ground has been at rest for a while."""
        return self.next - self._last_felt >= QUIET_S * self._rate_hz

    @property
    def intensity(self) -> float:
        """Return the instrumental intensity so far."""
        return instrumental_intensity(math.sqrt(self._a_square_max), math.sqrt(self._v_square_max))

    def grow(self, rows: Samples) -> None:
        """Take the next samples of all rows of history, in order and without a gap."""
        done = self.elapsed
        self.next += rows.shape[1]
        if done < self._tau_c_samples:
            first = rows[:, : self._tau_c_samples - done]
            self._u_square += float(np.square(first[Row.U]).sum())
            self._v_square += float(np.square(first[Row.V]).sum())
            self._ratio = max(self._ratio, float(first[Row.RATIO].max()))
        if done < self._pd_samples:
            first = rows[:, : self._pd_samples - done]
            self._u = max(self._u, float(np.abs(first[Row.U]).max()))
            self._spectrum_of.append(first[Row.AZ].copy())
        a_square = rows[Row.A_SQUARE]
        felt = np.flatnonzero(a_square > QUIET_MPS2**2)
        if felt.size:
            self._last_felt = self.next - rows.shape[1] + int(felt[-1])
        self._a_square_max = max(self._a_square_max, float(a_square.max()))
        self._v_square_max = max(self._v_square_max, float(rows[Row.V_SQUARE].max()))
        self._az_max = max(self._az_max, float(np.abs(rows[Row.AZ]).max()))
        self._vz_max = max(self._vz_max, float(np.abs(rows[Row.VZ]).max()))

    def features(
        self, station: str, latitude: float, longitude: float, onset_time_s: float
    ) -> Features:
        """Return what is known now."""
        tau_c = 2 * math.pi * math.sqrt(self._u_square / max(self._v_square, _TINY**2))
        return Features(
            station=station,
            pick_id=self.pick_id,
            latitude=latitude,
            longitude=longitude,
            pick_time_s=onset_time_s,
            elapsed_s=self.elapsed / self._rate_hz,
            pd_cm=self._u * _CM,
            tau_c_s=tau_c,
            pga_mps2=math.sqrt(self._a_square_max),
            pgv_mps=math.sqrt(self._v_square_max),
            intensity=self.intensity,
            vertical_intensity=instrumental_intensity(self._az_max, self._vz_max),
            snr=self._ratio,
            dominant_hz=dominant_frequency(np.concatenate(self._spectrum_of), self._rate_hz),
            quality=self.quality,
        )
