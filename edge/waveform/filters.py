"""Causal filters that run a frame at a time, exactly, without a loop over samples.

A cascade of second-order sections is a linear system with a state. Over a frame of L samples,
output and next state are linear in (state, input): one matrix, made once, does the frame in one
product. The result is that of the recursion sample by sample, up to rounding; and because frames
are always L long, it is bit for bit the same however the samples came in.

Butterworth designs follow the textbook: analogue prototype, transformation, bilinear map with
prewarping (Oppenheim & Schafer, Discrete-Time Signal Processing, 7.1). The tests compare designs
and outputs with scipy's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

INPUT: Final = -1
"""The source of a stage that filters what comes in."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A filter in a bank: ``sections`` (k, 6) as b0 b1 b2 1 a1 a2, fed by ``source``.

    ``source`` is the number of an earlier stage, or INPUT.
    """

    sections: Matrix
    source: int = INPUT


class Bank:
    """Filters that share an input, over one or more columns, run a frame at a time."""

    def __init__(self, stages: Sequence[Stage], frame: int, columns: int = 1) -> None:
        """Take the stages, the samples of a frame, and how many signals run side by side."""
        if any(not INPUT <= stage.source < number for number, stage in enumerate(stages)):
            raise ValueError("a stage is fed by the input or by an earlier stage")
        self._frame = frame
        self._stages = len(stages)
        order = 2 * sum(len(stage.sections) for stage in stages)
        self._matrix = _frame_matrix(stages, frame, order)
        self._joint = np.zeros((order + frame, columns))
        self._order = order

    def step(self, frame: Matrix) -> Matrix:
        """Filter a frame (L, columns); return (stages, L, columns)."""
        self._joint[self._order :] = frame
        result = self._matrix @ self._joint
        self._joint[: self._order] = result[: self._order]
        return result[self._order :].reshape(self._stages, self._frame, -1)

    @property
    def state(self) -> Matrix:
        """Return the state (order, columns), two rows a section; writable."""
        return self._joint[: self._order]

    def reset(self) -> None:
        """Forget everything: as if all samples so far had been zero."""
        self._joint[:] = 0.0


def _frame_matrix(stages: Sequence[Stage], frame: int, order: int) -> Matrix:
    """Return the matrix from (state, input) to (state after the frame, outputs by stage).

    Found by running the recursion (direct form II transposed) on the columns of the identity.
    """
    identity = np.eye(order + frame)
    state, inputs = identity[:order].copy(), identity[order:]
    outputs = np.empty((len(stages), frame, order + frame))
    for n in range(frame):
        row = 0
        for number, stage in enumerate(stages):
            x = inputs[n] if stage.source == INPUT else outputs[stage.source, n]
            for b0, b1, b2, _, a1, a2 in stage.sections:
                y = b0 * x + state[row]
                state[row] = b1 * x - a1 * y + state[row + 1]
                state[row + 1] = b2 * x - a2 * y
                x = y
                row += 2
            outputs[number, n] = x
    return np.vstack([state, outputs.reshape(-1, order + frame)])


def band_pass(order: int, low_hz: float, high_hz: float, rate_hz: float) -> Matrix:
    """Return a Butterworth band-pass of ``order`` poles a side, as ``order`` sections."""
    if not 0 < low_hz < high_hz < rate_hz / 2:
        raise ValueError(f"a band of {low_hz}..{high_hz} Hz at {rate_hz} samples/s")
    low, high = _warped(low_hz, rate_hz), _warped(high_hz, rate_hz)
    half = _prototype(order) * (high - low) / 2
    root = np.sqrt(half**2 - low * high + 0j)
    poles = np.concatenate([half + root, half - root])
    # Each section has a zero at 0 Hz and one at the Nyquist frequency.
    sections = _sections(_bilinear(poles, rate_hz), np.array([1.0, 0.0, -1.0]))
    # The mapped centre of the band: where an analogue Butterworth has gain one.
    centre = 2 * math.atan(math.sqrt(low * high) / (2 * rate_hz))
    return _with_gain(sections, centre)


def high_pass(order: int, corner_hz: float, rate_hz: float) -> Matrix:
    """Return a Butterworth high-pass of an even order, as order / 2 sections."""
    if not 0 < corner_hz < rate_hz / 2 or order % 2:
        raise ValueError(f"a corner of {corner_hz} Hz at {rate_hz} samples/s, order {order}")
    poles = _warped(corner_hz, rate_hz) / _prototype(order)
    sections = _sections(_bilinear(poles, rate_hz), np.array([1.0, -2.0, 1.0]))
    return _with_gain(sections, math.pi)


def integrating_high_pass(corner_hz: float, rate_hz: float) -> Matrix:
    """Return one section that integrates (trapezoidal rule) and then high-passes with two poles.

    The integrator's pole at 0 Hz cancels one of the high-pass's two zeros there. Done on paper,
    the cancellation is exact: an offset of the sensor leaves no drift and no growing state.
    """
    section = high_pass(2, corner_hz, rate_hz)
    section[0, :3] = section[0, 0] / (2 * rate_hz) * np.array([1.0, 0.0, -1.0])
    return section


def averaging(samples: int) -> Matrix:
    """Return the recursive mean y += (x - y) / samples, as one section."""
    return np.array([[1 / samples, 0.0, 0.0, 1.0, 1 / samples - 1, 0.0]])


def _prototype(order: int) -> NDArray[np.complex128]:
    angles = np.pi * (2 * np.arange(1, order + 1) + order - 1) / (2 * order)
    poles: NDArray[np.complex128] = np.exp(1j * angles)
    return poles


def _warped(frequency_hz: float, rate_hz: float) -> float:
    return 2 * rate_hz * math.tan(math.pi * frequency_hz / rate_hz)


def _bilinear(poles: NDArray[np.complex128], rate_hz: float) -> NDArray[np.complex128]:
    return (2 * rate_hz + poles) / (2 * rate_hz - poles)


def _sections(poles: NDArray[np.complex128], numerator: Matrix) -> Matrix:
    """Pair each pole with its conjugate, and real ones among themselves."""
    complex_ones = poles[poles.imag > 1e-12]  # noqa: PLR2004 - rounding of a real pole
    real_ones = np.sort(poles[np.abs(poles.imag) <= 1e-12].real)  # noqa: PLR2004 - as above
    denominators = [(1.0, -2 * p.real, abs(p) ** 2) for p in complex_ones]
    pairs = zip(real_ones[::2], real_ones[1::2], strict=True)
    denominators += [(1.0, -(p + q), p * q) for p, q in pairs]
    return np.array([[*numerator, *denominator] for denominator in denominators])


def _with_gain(sections: Matrix, angle: float) -> Matrix:
    """Return the sections scaled, each alike, to gain one at an angle on the unit circle."""
    z = np.exp(-1j * angle * np.arange(3))
    gains = np.abs((sections[:, :3] @ z) / (sections[:, 3:] @ z))
    # One by one, so that no section's values grow far beyond the signal's.
    sections[:, :3] /= gains[:, None]
    return sections
