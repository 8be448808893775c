"""How a watch hears that something has changed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class Bell:
    """Wakes the watches of this process when something has changed."""

    _waiting: set[asyncio.Event] = field(default_factory=set)

    def ring(self) -> None:
        """Wake whoever waits."""
        for event in self._waiting:
            event.set()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after some seconds."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(event)
