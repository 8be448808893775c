"""Ending asyncio tasks for sure, and noticing those that ended by themselves."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Final

CANCEL_AGAIN_S: Final = 0.5
"""Python 3.11's ``wait_for``, which nats-py and pymodbus use, loses a cancellation that comes in
the moment its own work is done. Whoever is still running so much later is cancelled again."""


async def end(
    tasks: Iterable[asyncio.Future[Any]], *, within_s: float = math.inf
) -> set[asyncio.Future[Any]]:
    """Cancel tasks and return when all have ended, whatever they ended with.

    Returns those that still run after ``within_s``.
    """
    tasks = list(tasks)
    pending = {task for task in tasks if not task.done()}
    now = asyncio.get_running_loop().time
    until = now() + within_s
    while pending and now() < until:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain that nobody has
    return pending


async def until_empty(
    queue: asyncio.Queue[Any],
    workers: Sequence[asyncio.Task[None]],
    before: Awaitable[Any] | None = None,
) -> None:
    """Wait until all in the queue is done with; raise when who does it has failed."""

    async def drained() -> None:
        if before is not None:
            await before
        await queue.join()

    draining = asyncio.ensure_future(drained())
    await asyncio.wait([draining, *workers], return_when=asyncio.FIRST_COMPLETED)
    if not draining.done():
        draining.cancel()
        check_running(workers)


def check_running(running: Sequence[asyncio.Task[None]]) -> None:
    """Raise when a task ended that should never end: a bug, which is said and not survived."""
    for task in running:
        if task.done():
            error = None if task.cancelled() else task.exception()
            raise RuntimeError(f"task {task.get_name()!r} ended") from error
