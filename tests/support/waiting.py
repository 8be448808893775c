"""Wait for a condition with a generous deadline, instead of sleeping and hoping."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

DEADLINE_S = 30.0
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
