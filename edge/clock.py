"""The only place of the agent that reads time.

Wall time stamps readings; monotonic time measures and schedules. Whoever needs time is given a
``Clock``, so that a test can hold it still or make it jump.
"""

from __future__ import annotations

import time
from typing import Final, Protocol

MICROSECONDS: Final = 1_000_000
"""In one second."""

EPOCH_ORIGIN_US: Final = 1_577_836_800 * MICROSECONDS
"""2020-01-01T00:00:00Z. A clock before it was never set: no release of the agent is that old."""


class Clock(Protocol):
    """Reads the two clocks of a machine."""

    def wall_us(self) -> int:
        """Return Unix time in microseconds; may jump either way."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall_us(self) -> int:
        """Return Unix time in microseconds."""
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return time.monotonic()


def is_set(wall_us: int) -> bool:
    """Tell whether a wall clock was ever set: a Pi without a battery starts in 1970."""
    return wall_us >= EPOCH_ORIGIN_US
