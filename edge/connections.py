"""Ending TCP connections for sure."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

GOODBYE_S: Final = 0.5
"""What a goodbye may take; a peer that is gone says none."""


async def end(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and return when its socket is closed; never raises."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await writer.wait_closed()
    writer.transport.abort()
