"""Find the onset of a P wave on the vertical component: recursive STA/LTA, then AIC.

Recursive STA/LTA (Withers et al. 1998, BSSA 88: 95-106): two recursive means of the squared,
band-passed signal; a trigger where their ratio passes ``on``, armed again when it falls under
``off``. The onset is then refined by the minimum of Akaike's criterion over the window before the
trigger (Maeda 1985, Zisin 38: 365-379).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.waveform.filters import Bank, Stage, averaging

Samples = NDArray[np.float64]

REFINE_BEFORE_S: Final = 2.0
"""Seconds before the trigger searched for the onset: the STA lags a slow onset by more than its
own half second."""

REFINE_AFTER_S: Final = 0.1
"""Seconds behind the trigger that the criterion sees, so that the signal has a variance."""

_TINY: Final = float(np.finfo(np.float64).tiny)
"""Keeps the ratio of a dead channel at zero."""


@dataclass(frozen=True, slots=True)
class PickerSettings:
    """What decides on a trigger. Frequencies in Hz, times in seconds.

    Defaults are those of a node in a network, where others confirm; a lone station that acts on
    its own pick uses ``on=10``. Sources: band and windows as in the issue's domain page 2C.5; on
    3.5 and off 1 are obspy's coincidence tutorial.
    """

    low_hz: float = 1.0
    high_hz: float = 20.0
    poles: int = 2
    sta_s: float = 0.5
    lta_s: float = 10.0
    on: float = 3.5
    off: float = 1.0
    refractory_s: float = 3.0
    least_mps2: float = 0.001
    """An onset that stays weaker, in the band, is not sent: a tenth of a gal is what traffic does,
    and a fiftieth of what is felt."""

    def __post_init__(self) -> None:
        if not (0 < self.sta_s < self.lta_s and 0 < self.off < self.on):
            raise ValueError("needs 0 < sta_s < lta_s and 0 < off < on")


NEAR: Final = PickerSettings(on=10.0)
"""A station that acts on its own pick."""

NETWORK: Final = PickerSettings()
"""A station whose pick is confirmed by others."""


class StaLta:
    """The two recursive means of a signal, a frame at a time."""

    def __init__(self, sta: int, lta: int, frame: int) -> None:
        """Take the lengths of both means and of a frame, in samples."""
        self._bank = Bank([Stage(averaging(sta)), Stage(averaging(lta))], frame)
        self._sta, self._lta = sta, lta

    def step(self, signal: Samples) -> tuple[Samples, Samples]:
        """Return the ratio and the long mean over a frame (L,)."""
        means = self._bank.step(np.square(signal)[:, None])[:, :, 0]
        # Rounding may leave a mean that has decayed to nothing just under zero.
        long = np.maximum(means[1], _TINY)
        return means[0] / long, long

    def restart(self, level: float = 0.0) -> None:
        """Begin anew, as after a long time of a steady mean square ``level``."""
        self._bank.reset()
        # What a recursive mean carries on of the level: all but its newest share.
        self._bank.state[0] = level * (1 - 1 / self._sta)
        self._bank.state[2] = level * (1 - 1 / self._lta)


class Trigger:
    """On above one threshold, armed again below the other and after a while."""

    def __init__(self, settings: PickerSettings, rate_hz: float) -> None:
        """Take the thresholds and the sampling rate."""
        self._on, self._off = settings.on, settings.off
        self._warm_up = round(settings.lta_s * rate_hz)
        self._refractory = round(settings.refractory_s * rate_hz)
        self._from = self._warm_up
        self._is_on = False

    def step(self, ratio: Samples, begin: int) -> int | None:
        """Take the ratio over a frame whose first sample has the number ``begin``.

        Return the number of the sample that triggers, if one does; at most one a frame, which
        the refractory time ensures anyway.
        """
        if self._is_on:
            if np.any(ratio < self._off):
                self._is_on = False
            return None
        skip = max(0, self._from - begin)
        above = np.flatnonzero(ratio[skip:] > self._on)
        if not above.size:
            return None
        at = begin + skip + int(above[0])
        self._is_on = True
        self._from = at + self._refractory
        return at

    def restart(self, begin: int) -> None:
        """Be quiet for the length of the long mean, counted from sample ``begin``."""
        self._is_on = False
        self._from = begin + self._warm_up

    def rearm(self, begin: int) -> None:
        """Be ready again from sample ``begin`` on: the last trigger was none."""
        self._is_on = False
        self._from = begin


def akaike_onset(signal: Samples) -> int:
    """Return where a signal's character changes most, 1 <= k <= n - 1.

    AIC(k) = k log var(x[:k]) + (n - k - 1) log var(x[k:]); the onset is its minimum.
    """
    n = signal.size
    centred = signal - signal.mean()
    k = np.arange(1, n)
    sums, squares = np.cumsum(centred)[:-1], np.cumsum(np.square(centred))
    left = squares[:-1] / k - np.square(sums / k)
    # The sum of a centred signal is zero, so what is right of k sums to minus the left.
    right = (squares[-1] - squares[:-1]) / (n - k) - np.square(sums / (n - k))
    # A stretch without any variance would be infinitely good; it is only quiet.
    least = max(squares[-1] * 1e-12, _TINY)
    criterion = k * np.log(np.maximum(left, least)) + (n - k - 1) * np.log(np.maximum(right, least))
    return int(np.argmin(criterion)) + 1


def refined(signal: Samples, begin: int, trigger: int, rate_hz: float) -> int:
    """Return the onset before ``trigger`` in a signal whose first sample has number ``begin``."""
    first = max(begin, trigger - math.ceil(REFINE_BEFORE_S * rate_hz))
    last = trigger + math.ceil(REFINE_AFTER_S * rate_hz)
    window = signal[first - begin : last - begin]
    return first + akaike_onset(window) if window.size > 2 else trigger  # noqa: PLR2004 - two sides
