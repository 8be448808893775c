"""Turn blocks with time stamps into an unbroken row of samples, or say where it broke.

A block that goes on where the last one ended is passed on as it is. What came before is dropped,
a short hole is bridged by straight lines and marked, and anything else begins a new row.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

BRIDGE_MAX_S: Final = 1.0
"""Longest hole that is bridged: what is lost is one packet of a data logger."""

OVERLAP_MAX_S: Final = 10.0
"""Repeated samples up to this age are duplicates; older ones mean that the clock was set back."""

DRIFT_SAMPLES: Final = 0.1
"""Time stamps may leave the count of samples by this much before the count follows them."""


class Piece(enum.Enum):
    """How samples follow those before them."""

    NEXT = enum.auto()
    BRIDGE = enum.auto()
    NEW = enum.auto()


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Samples (3, n) and how they follow those before."""

    piece: Piece
    samples: Samples


class Timeline:
    """The time of every sample of one station, from the stamps of its blocks."""

    def __init__(self, rate_hz: float) -> None:
        """Take the sampling rate."""
        self._rate_hz = rate_hz
        self._begin_s: float | None = None
        self._received = 0
        self._last = np.zeros((3, 1))
        self.duplicates = 0

    def time_s(self, number: int) -> float:
        """Return the Unix time of sample ``number`` of the present row."""
        return (self._begin_s or 0.0) + number / self._rate_hz

    def stretches(self, samples: Samples, start_s: float) -> Iterator[Stretch]:
        """Yield what a block (3, n) adds. Samples that are not finite are holes."""
        good = np.isfinite(samples).all(axis=0)
        if good.all():
            yield from self._run(samples, start_s)
            return
        edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
        for begin, end in edges.reshape(-1, 2):
            yield from self._run(samples[:, begin:end], start_s + begin / self._rate_hz)

    def _run(self, samples: Samples, start_s: float) -> Iterator[Stretch]:
        if not samples.shape[1]:
            return
        if self._begin_s is None:
            yield self._anew(samples, start_s)
            return
        away = (start_s - self.time_s(self._received)) * self._rate_hz
        hole = round(away)
        if hole > BRIDGE_MAX_S * self._rate_hz or hole < -OVERLAP_MAX_S * self._rate_hz:
            yield self._anew(samples, start_s)
            return
        if hole < 0:
            self.duplicates += min(-hole, samples.shape[1])
            samples = samples[:, -hole:]
            if not samples.shape[1]:
                return
        elif hole > 0:
            share = np.arange(1, hole + 1) / (hole + 1)
            yield self._on(Piece.BRIDGE, self._last + (samples[:, :1] - self._last) * share)
        elif abs(away) > DRIFT_SAMPLES:
            self._begin_s = start_s - self._received / self._rate_hz
        yield self._on(Piece.NEXT, samples)

    def _anew(self, samples: Samples, start_s: float) -> Stretch:
        self._begin_s = start_s
        self._received = 0
        return self._on(Piece.NEW, samples)

    def _on(self, piece: Piece, samples: Samples) -> Stretch:
        self._received += samples.shape[1]
        self._last = samples[:, -1:]
        return Stretch(piece, samples)
