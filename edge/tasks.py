"""Ending asyncio tasks for sure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

CANCEL_AGAIN_S: Final = 0.5
"""Python 3.11's ``wait_for``, which nats-py and pymodbus use, loses a cancellation that comes in
the moment its own work is done. Whoever is still running so much later is cancelled again."""


async def end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks and return when all have ended, whatever they ended with."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
