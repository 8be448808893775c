"""Tell what the ground did from what happened to the sensor.

Three shapes are known. A spike of one or two samples is mended before any filter sees it. A pulse
(step, square pulse or longer glitch: calibration, a relay, a knock on the housing) moves only at
its edges and is flat between them; ground motion is never flat. A dead channel does not move.
"""

from __future__ import annotations

import enum
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

BEHIND: Final = 6
"""Samples before a frame that the despiker compares with."""

AHEAD: Final = 6
"""Samples behind a frame that it waits for: 60 ms at 100 Hz."""

SPIKE_WIDTHS: Final = (1, 2)
"""Samples. Wider ones last as long as motion within the band: the pulse test is for them."""

SPIKE_RATIO: Final = 10.0
"""Height over the greatest step between neighbours on either side."""

SPIKE_MIN_MPS2: Final = 0.02
"""Lower ones hurt nothing: a fifth of the lowest acceleration that is felt."""

PULSE_HOLD_S: Final = 0.3
"""Record behind an onset that is waited for before a pick is sent: the budget of domain.md F1."""

PULSE_HOLD_MAX_S: Final = 0.6
"""As long as waiting goes on when the first look was in doubt."""

PULSE_EDGES_S: Final = 0.08
"""Time that the edges of a pulse take together; a sensor of 50 Hz bandwidth rises in 10 ms."""

PULSE_CERTAIN: Final = 0.85
"""Share of all movement that lies in the edges; 35 samples of a sine have 0.35."""

PULSE_DOUBTFUL: Final = 0.65
"""From this share on a second look is taken."""

PULSE_STEP: Final = 20.0
"""Largest step over the noise's mean step. Weaker pulses can't be told from weak onsets."""

_NOISE_S: Final = (1.5, 0.1)
_SPIKE_S: Final = 0.05
_MEAN_OVER_MEDIAN: Final = 1.183
"""Of the absolute value of a Gaussian variable: sqrt(2 / pi) / 0.6745."""


class Shape(enum.Enum):
    """What the record behind an onset looks like."""

    GROUND = enum.auto()
    STEP = enum.auto()
    SPIKE = enum.auto()
    DOUBTFUL = enum.auto()


def mend_spikes(block: Samples) -> int:
    """Replace spikes in place in block (3, BEHIND + L + AHEAD); return how many there were.

    A spike stands out from both sides by SPIKE_RATIO times the greatest step among its
    neighbours, which lie level again. Only the middle L samples are mended.
    """
    # Nearly always the ground is quiet: then this is all there is to do.
    if np.abs(np.diff(block, axis=1)).max() < SPIKE_MIN_MPS2:
        return 0
    return sum(_mend(block, width) for width in SPIKE_WIDTHS)


def _mend(block: Samples, width: int) -> int:
    """Mend the spikes of one width, judging all samples of all components at once."""
    reach = AHEAD - width
    number = block.shape[1] - BEHIND - AHEAD

    def at(values: Samples, offset: int) -> Samples:
        return values[:, BEHIND + offset : BEHIND + offset + number]

    steps = np.abs(np.diff(block, axis=1))
    windows = np.lib.stride_tricks.sliding_window_view(steps, reach - 1, axis=1)
    rough = windows.max(axis=2)
    before, after = at(block, -1), at(block, width)
    level = (before + after) / 2
    around = np.maximum(np.maximum(at(rough, -reach), at(rough, width)), np.abs(after - before))
    height = np.abs(at(block, 0) - level)
    for offset in range(1, width):
        height = np.minimum(height, np.abs(at(block, offset) - level))
    rows, columns = np.nonzero((height >= SPIKE_MIN_MPS2) & (height > SPIKE_RATIO * around))
    for row, column in zip(rows, columns, strict=True):
        begin = BEHIND + int(column)
        block[row, begin : begin + width] = level[row, column]
    return int(rows.size)


def judge(raw: Samples, onset: int, rate_hz: float) -> Shape:
    """Return the shape of a raw vertical signal (m/s2) from index ``onset`` on.

    The signal must reach back some noise before the onset. DOUBTFUL asks for more record.
    """
    first, last = (max(0, onset - _span(seconds, rate_hz)) for seconds in _NOISE_S)
    noise = np.abs(np.diff(raw[first:last]))
    moves = np.abs(np.diff(raw[last:]))
    if not noise.size or not moves.size:
        return Shape.GROUND
    # The median, as edges of an earlier pulse may lie among the noise.
    floor = float(np.median(noise)) * _MEAN_OVER_MEDIAN
    if float(moves.max()) < max(PULSE_STEP * floor, SPIKE_MIN_MPS2 / 10):
        return Shape.GROUND
    excess = np.sort(np.maximum(moves - floor, 0.0))[::-1]
    share = float(excess[: _span(PULSE_EDGES_S, rate_hz)].sum() / excess.sum())
    if share < PULSE_DOUBTFUL:
        return Shape.GROUND
    if share < PULSE_CERTAIN:
        return Shape.DOUBTFUL
    return _pulse(raw, onset, rate_hz)


def _pulse(raw: Samples, onset: int, rate_hz: float) -> Shape:
    away = np.abs(raw[onset:] - np.median(raw[:onset]))
    width = int(np.count_nonzero(away > away.max() / 2))
    return Shape.SPIKE if width <= _span(_SPIKE_S, rate_hz) else Shape.STEP


def _span(seconds: float, rate_hz: float) -> int:
    return math.ceil(seconds * rate_hz)
