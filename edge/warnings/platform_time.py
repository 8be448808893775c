"""The platform's time as a node knows it: what expiry is judged by.

The choice, in this order: the node's clock corrected by the offset that heartbeats measured; the
node's clock alone, when it was ever set; else, on a machine without a clock of its own that has
heard nobody, the moment the latest verified bulletin was made, and what passed since then.
"""

from __future__ import annotations

from collections.abc import Callable

from edge import clock as clocks
from edge.clock import MICROSECONDS, Clock


class PlatformTime:
    """Unix microseconds of the platform's clock."""

    def __init__(self, clock: Clock, offset_us: Callable[[], int | None]) -> None:
        """Take the node's clock and the offset as it is estimated at each moment."""
        self._clock = clock
        self._offset_us = offset_us
        self._made_us = 0
        self._made_at = clock.monotonic()

    @property
    def is_measured(self) -> bool:
        """Tell whether the clock was compared with the platform's."""
        return self._offset_us() is not None

    @property
    def is_known(self) -> bool:
        """Tell whether there is anything to judge an old bulletin by."""
        return self.is_measured or clocks.is_set(self._clock.wall_us())

    def offset_us(self) -> int | None:
        """Return platform time minus node time, None while it is not measured."""
        return self._offset_us()

    def now_us(self) -> int:
        """Return the time."""
        offset_us, wall_us = self._offset_us(), self._clock.wall_us()
        if offset_us is not None:
            return wall_us + offset_us
        if clocks.is_set(wall_us):
            return wall_us
        since_us = int((self._clock.monotonic() - self._made_at) * MICROSECONDS)
        return max(wall_us, self._made_us + since_us)

    def heard(self, made_us: int) -> None:
        """Note that a bulletin was made at a time: it can't be earlier now."""
        since_us = int((self._clock.monotonic() - self._made_at) * MICROSECONDS)
        if made_us > self._made_us + since_us:
            self._made_us, self._made_at = made_us, self._clock.monotonic()
