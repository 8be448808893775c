"""What the telemetry service does by itself, now and then: rollups and retention."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog

from services.plumbing.clock import Clock
from services.plumbing.pause import pause
from services.telemetry.store.engine import AsyncEngine, StoreUnavailable

ROLLUP_S: Final = 60.0
"""A minute is rolled up within the minute after it."""

RETENTION_S: Final = 3600.0
"""Partitions are days, so once an hour is often enough."""

log = structlog.get_logger(__name__)


async def periodically(
    name: str,
    work: Callable[[datetime], Any],
    every_s: float,
    *,
    engine: AsyncEngine,
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    """Run ``work(now)`` in the upkeep's thread now and every so often until told to stop.

    Work that returns True has more to do, and runs again at once. A failure is logged, and the
    next time is the next attempt: the jobs take up where they were.
    """
    while not stop.is_set():
        more = False
        try:
            more = await engine.maintain(lambda _engine: work(clock())) is True
        except StoreUnavailable as error:
            log.warning("job failed", job=name, why=str(error))
        if not more:
            await pause(stop, every_s)
