"""Signals in CAN frames, counted as DBC files count them. Pure."""

from __future__ import annotations

import struct
from typing import Final

from edge.bus_settings import Signal

_FLOATS: Final = {"float32": ">f", "float64": ">d"}


def value(signal: Signal, data: bytes) -> float | None:
    """Return what a frame says of a signal, None when the frame is too short to have it."""
    if len(data) < signal.bytes_needed:
        return None
    if signal.is_big:
        # As one number, most significant byte first; DBC's bit 7 of byte 0 is its highest bit.
        whole = int.from_bytes(data, "big")
        first = signal.start // 8 * 8 + 7 - signal.start % 8
        raw = whole >> (len(data) * 8 - first - signal.length)
    else:
        raw = int.from_bytes(data, "little") >> signal.start
    raw &= (1 << signal.length) - 1
    if signal.kind in _FLOATS:
        (number,) = struct.unpack(_FLOATS[signal.kind], raw.to_bytes(signal.length // 8, "big"))
        return float(number)
    if signal.kind == "signed" and raw >> (signal.length - 1):
        raw -= 1 << signal.length
    return float(raw)


def matches(signal: Signal, frame: int, *, is_extended: bool) -> bool:
    """Tell whether a frame with this id carries the signal."""
    return signal.is_extended == is_extended and frame & signal.mask == signal.frame
