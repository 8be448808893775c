"""Of two operators on one machine, one acts: whoever holds the lock of a file.

What a Lease of coordination.k8s.io is on a cluster. The kernel lets go of the lock when its holder
ends, however it ends, so there is never a second one beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from tianfu import turn_lock

POLL_S: Final = 0.1
"""Between attempts: one system call each, and a turn passes on within it."""

log = logging.getLogger("tianfu.operators.turn")


@contextlib.asynccontextmanager
async def held(file: Path | None, stop: asyncio.Event) -> AsyncIterator[bool]:
    """Wait for the turn, yield True and keep it until the block ends; False when told to stop.

    Without a file it is always ours. Raise OSError for a file that can't be opened.
    """
    if file is None:
        yield True
        return
    # Not inherited by programs that we start: they would keep the turn of one that died.
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield await _waited(descriptor, file, stop)
    finally:
        os.close(descriptor)


async def _waited(descriptor: int, file: Path, stop: asyncio.Event) -> bool:
    stands_by = False
    while not turn_lock.take(descriptor):
        if not stands_by:
            log.info("%s: standing by for the turn", file)
            stands_by = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await stop.wait()
        if stop.is_set():
            return False
    log.info("%s: turn taken", file)
    return True
