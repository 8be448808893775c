"""Counties first: what else a warning sets going has its turn when they have been told.

A warning that was committed wakes its dissemination, the outbox's relay and whoever looks on, and
stations go on sending. All of them share one thread, and what people wait for goes first.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from tianfu.subjects import Channel

PATIENCE_S: Final = 0.25
"""Waited for counties to be told; two hundred take 30 ms. Whatever is wrong there, others go on."""


class Precedence:
    """Says whether counties are being told just now."""

    def __init__(self) -> None:
        self._telling: set[Channel] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, channel: Channel) -> None:
        """Note that a channel's counties are to be told."""
        self._telling.add(channel)
        self._idle.clear()

    def end(self, channel: Channel) -> None:
        """Note that they have been told, or can't be just now."""
        self._telling.discard(channel)
        if not self._telling:
            self._idle.set()

    async def turn(self) -> None:
        """Return once no counties are being told, or after PATIENCE_S."""
        if not self._idle.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._idle.wait()
