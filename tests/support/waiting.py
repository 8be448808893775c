"""Wait for a condition with a generous deadline, instead of sleeping and hoping."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 90.0
"""Much more than anything takes on a machine that is its own: two noisy cores are the norm."""
POLL_S = 0.01


async def until(
    condition: Callable[[], bool | Awaitable[bool]], deadline_s: float = DEADLINE_S
) -> None:
    """Return when ``condition`` holds; raise TimeoutError when it does not in time."""
    async with asyncio.timeout(deadline_s):
        while True:
            holds = condition()
            if inspect.isawaitable(holds):
                holds = await holds
            if holds:
                return
            await asyncio.sleep(POLL_S)


def until_blocking(condition: Callable[[], T], deadline_s: float = DEADLINE_S) -> T:
    """Return what ``condition`` returns once that is true, in a test without an event loop."""
    end_s = time.monotonic() + deadline_s
    while not (found := condition()):
        if time.monotonic() > end_s:
            raise TimeoutError(f"not within {deadline_s:.0f} s")
        time.sleep(POLL_S)
    return found
