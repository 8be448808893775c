"""The last seconds of several signals side by side, addressed by sample number."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_ROOM: Final = 4
"""Buffer over history: a copy back to the front every three histories' worth of samples."""


class History:
    """A sliding window over rows of samples. Numbers count from the first sample ever written."""

    def __init__(self, rows: int, length: int) -> None:
        """Take the number of signals and how many samples of them are kept."""
        self._buffer = np.zeros((rows, _ROOM * length))
        self._length = length
        self._filled = 0
        self.end = 0

    @property
    def begin(self) -> int:
        """Return the number of the oldest sample that is still here."""
        return self.end - min(self._filled, self._length)

    def append(self, samples: int) -> NDArray[np.float64]:
        """Return room (rows, samples) behind the last sample, to be written by the caller."""
        if self._filled + samples > self._buffer.shape[1]:
            kept = self._buffer[:, self._filled - self._length : self._filled].copy()
            self._buffer[:, : self._length] = kept
            self._filled = self._length
        room = self._buffer[:, self._filled : self._filled + samples]
        self._filled += samples
        self.end += samples
        return room

    def rows(self, begin: int, end: int) -> NDArray[np.float64]:
        """Return all signals from sample ``begin`` (or the oldest here) to before ``end``."""
        shift = self._filled - self.end
        return self._buffer[:, max(begin, self.begin) + shift : end + shift]
