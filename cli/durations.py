"""Durations as people write them: ``90s``, ``2m``, ``1h30m``, ``250ms``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST_S: Final = 100 * 366 * UNITS["d"]
PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse(text: str) -> timedelta:
    """Return the duration that ``text`` states; raise ValueError with an example otherwise."""
    seconds, position = 0.0, 0
    for match in PART.finditer(text):
        if match.start() != position:
            break
        seconds += float(match[1]) * UNITS[match[2]]
        position = match.end()
    if not text or position != len(text) or seconds <= 0:
        raise ValueError(f"{text!r} is not a duration; write it as 90s, 2m, 1h30m or 250ms")
    if seconds > LONGEST_S:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return timedelta(seconds=seconds)


def show(seconds: float) -> str:
    """Return seconds as a person reads them."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < UNITS["m"]:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < UNITS["m"]:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
