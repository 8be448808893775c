"""Make of raw acceleration, a frame at a time, all the signals that picks and features need."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.waveform.features import Row
from edge.waveform.filters import (
    Bank,
    Stage,
    band_pass,
    high_pass,
    integrating_high_pass,
)
from edge.waveform.history import History
from edge.waveform.picker import PickerSettings, StaLta

Samples = NDArray[np.float64]

FRAME_S: Final = 0.1
"""Frames are what everything is computed on, whatever blocks came in. Shorter ones cost more,
longer ones delay the alarm."""

HISTORY_S: Final = 6.0
"""Onset search (2 s), noise before it (1.5 s), waiting for the shape (0.6 s), and a reserve."""

CORNER_HZ: Final = 0.075
"""High-pass of displacement, two poles: least scatter of tau_c and Pd (domain.md 2C.5)."""

MOTION_HZ: Final = (0.1, 10.0)
"""Band of PGA and PGV (GB/T 17742-2020)."""

MOTION_POLES: Final = 4

_PICK, _U, _V = 0, 3, 2
_ACCELERATION, _VELOCITY = 0, 1
_OFFSET_SAMPLES: Final = 3


class Signals:
    """The filters of one station and the last seconds of what they say."""

    def __init__(self, settings: PickerSettings, rate_hz: float) -> None:
        """Make the filters for a sampling rate."""
        self.frame = max(1, round(FRAME_S * rate_hz))
        self._rate_hz = rate_hz
        integrate = integrating_high_pass(CORNER_HZ, rate_hz)
        band = band_pass(settings.poles, settings.low_hz, settings.high_hz, rate_hz)
        self._vertical = Bank(
            [
                Stage(band),
                Stage(high_pass(2, CORNER_HZ, rate_hz)),
                Stage(integrate, source=1),
                Stage(integrate, source=2),
            ],
            self.frame,
        )
        motion = band_pass(MOTION_POLES, *MOTION_HZ, rate_hz)
        self._motion = Bank([Stage(motion), Stage(integrate, source=0)], self.frame, columns=3)
        averages = (round(settings.sta_s * rate_hz), round(settings.lta_s * rate_hz))
        self._sta_lta = StaLta(*averages, self.frame)
        self._length = round(HISTORY_S * rate_hz)
        self._baseline: Samples | None = None
        self.history = History(len(Row), self._length)

    def step(self, frame: Samples) -> None:
        """Take the next frame (3, L) in m/s2, rows Z, N, E."""
        if self._baseline is None:
            # An offset would ring in the filters for seconds; they need never see it.
            self._baseline = frame.mean(axis=1, keepdims=True)
        columns = (frame - self._baseline).T
        vertical = self._vertical.step(columns[:, :1])[:, :, 0]
        motion = self._motion.step(columns)
        ratio, long = self._sta_lta.step(vertical[_PICK])
        room = self.history.append(self.frame)
        room[Row.RAW] = frame[0]
        room[Row.BAND] = vertical[_PICK]
        room[Row.RATIO] = ratio
        room[Row.LONG] = long
        room[Row.U] = vertical[_U]
        room[Row.V] = vertical[_V]
        squares = np.square(motion).sum(axis=2)
        room[Row.A_SQUARE], room[Row.V_SQUARE] = squares
        room[Row.AZ], room[Row.VZ] = motion[:, :, 0]

    def restart(self) -> None:
        """Begin anew behind a hole in the record: nothing before it counts."""
        self._rest(None, 0.0)
        self.history = History(len(Row), self._length)

    def recover(self, level: float, frame: Samples) -> None:
        """Forget a disturbance: filters at rest, long mean at ``level``, offset as of ``frame``."""
        # The median, as an edge of the disturbance may lie among these; a mean would lie between.
        tail = np.median(frame[:, -_OFFSET_SAMPLES:], axis=1, keepdims=True)
        self._rest(tail, level)

    def _rest(self, baseline: Samples | None, level: float) -> None:
        self._vertical.reset()
        self._motion.reset()
        self._sta_lta.restart(level)
        self._baseline = baseline
