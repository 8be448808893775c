"""Of two processes of one service on one machine, one serves: whoever holds the lock of a file.

The kernel lets go of the lock when its holder ends, however it ends, so the other has its turn a
fraction of a second later and never beside it. What a service knows by heart is thus known by one
process. One that hangs keeps its turn: its supervisor ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import structlog

from services.plumbing.pause import pause
from services.plumbing.service import Stopped
from services.plumbing.startup import CannotStart
from tianfu import turn_lock

POLL_S: Final = 0.1
"""Between attempts: one system call each, and a turn passes on within it."""

SETTLE_S: Final = 0.1
"""From a turn to its use, when another one had it: the kernel closes what a process had open one
by one, in no order of ours, and the one who takes over listens where the other did."""

log = structlog.get_logger(__name__)


class TurnFileUnusable(CannotStart):
    """The file of the turn can't be opened."""

    reason = "TURN_FILE_UNUSABLE"


@contextlib.asynccontextmanager
async def held(file: Path | None, stop: asyncio.Event) -> AsyncIterator[None]:
    """Wait for the turn and keep it until the block ends; without a file it is always ours.

    Raise Stopped when a signal comes meanwhile, TurnFileUnusable without a file to lock.
    """
    if file is None:
        yield
        return
    try:
        # Not inherited by programs that we start: they would keep the turn of one that died.
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TurnFileUnusable(f"{file} can't be opened: {error.strerror}") from error
    try:
        if not turn_lock.take(descriptor):
            log.info("standing by for the turn", file=str(file))
            await _until_taken(descriptor, stop)
            # The holder's sockets are closed in the same breath as its lock: by now they are free.
            await pause(stop, SETTLE_S)
        log.info("turn taken", file=str(file))
        yield
    finally:
        os.close(descriptor)


async def _until_taken(descriptor: int, stop: asyncio.Event) -> None:
    while not turn_lock.take(descriptor):
        await pause(stop, POLL_S)
        if stop.is_set():
            raise Stopped
