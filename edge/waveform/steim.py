"""Steim-1 and Steim-2: differences of counts packed into 64-byte frames, decoded without a loop.

SEED Reference Manual 2.4, appendix B. A frame is sixteen 32-bit words; two bits of the first for
each word tell how it is divided. In the first frame, words 1 and 2 hold the first sample and the
last, the latter as a check of the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

FRAME_BYTES: Final = 64
_WORDS: Final = 16

Integers = NDArray[np.int64]

# (two-bit code of the word, two-bit code within it or -1 for any) -> (how many, of how many bits)
_STEIM1: Final = {(1, -1): (4, 8), (2, -1): (2, 16), (3, -1): (1, 32)}
_STEIM2: Final = {
    (1, -1): (4, 8),
    (2, 1): (1, 30), (2, 2): (2, 15), (2, 3): (3, 10),
    (3, 0): (5, 6), (3, 1): (6, 5), (3, 2): (7, 4),
}  # fmt: skip
_MOST: Final = 7
"""Differences a word holds at most."""


class SteimError(ValueError):
    """Frames do not hold what they say."""


def decode(data: bytes, number: int, *, level: int, big_endian: bool) -> Integers:
    """Return ``number`` counts of the frames; ``level`` is 1 or 2.

    Raise SteimError when the frames are too few, a code is not defined, or the last count is not
    the one that the first frame states.
    """
    frames = len(data) // FRAME_BYTES
    if not frames or number < 1:
        raise SteimError(f"{len(data)} bytes hold no frame of {number} samples")
    kind = ">u4" if big_endian else "<u4"
    words = np.frombuffer(data, dtype=kind, count=frames * _WORDS).astype(np.int64)
    words = words.reshape(frames, _WORDS)
    shifts = 30 - 2 * np.arange(_WORDS)
    codes = words[:, :1] >> shifts & 3
    # The first word is the codes themselves; the first frame's next two are samples.
    codes[:, 0] = 0
    codes[0, 1:3] = 0
    first, last = (int(x) for x in _signed(words[0, 1:3], 32))
    # In little-endian files whole bytes and halves are turned one by one, bit fields as a word.
    turned = () if big_endian else ((1, -1), (2, -1))
    divisions = _STEIM1 if level == 1 else _STEIM2
    steps = _differences(words.ravel(), codes.ravel(), divisions, turned)
    if steps.size < number:
        raise SteimError(f"{steps.size} differences for {number} samples")
    # The first difference leads from the record before; the sample it leads to is stated.
    counts = np.concatenate([[first], first + np.cumsum(steps[1:number])])
    if counts[-1] != last:
        raise SteimError(f"the last sample is {counts[-1]}, the frame states {last}")
    return counts


def _differences(
    words: Integers,
    codes: Integers,
    divisions: Mapping[tuple[int, int], tuple[int, int]],
    turned: Collection[tuple[int, int]],
) -> Integers:
    out = np.zeros((words.size, _MOST), dtype=np.int64)
    counts = np.zeros(words.size, dtype=np.int64)
    within = words >> 30 & 3
    for (code, inner), (many, bits) in divisions.items():
        chosen = codes == code
        if inner >= 0:
            chosen &= within == inner
        places = bits * np.arange(many - 1, -1, -1)
        if (code, inner) in turned:
            places = places[::-1]
        out[chosen, :many] = _signed(words[chosen, None] >> places, bits)
        counts[chosen] = many
    if np.any((codes != 0) & (counts == 0)):
        raise SteimError("a word's code is not defined")
    return out[np.arange(_MOST) < counts[:, None]]


def _signed(values: Integers, bits: int) -> Integers:
    """Return the lowest ``bits`` of values as two's complement."""
    half = 1 << (bits - 1)
    return ((values & (2 * half - 1)) ^ half) - half
