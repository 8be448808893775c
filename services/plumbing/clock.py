"""The only place of the services where the time is read. All else takes it as a parameter."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the time of day, aware, in UTC."""

Monotonic = Callable[[], float]
"""Returns seconds that never go back; only differences mean anything."""


def system_clock() -> datetime:
    """Return the time of day, aware, in UTC."""
    return datetime.now(UTC)


system_monotonic: Monotonic = time.monotonic
"""Seconds that never go back."""

system_perf: Monotonic = time.perf_counter
"""As above, at the finest resolution: for measuring what takes microseconds."""
