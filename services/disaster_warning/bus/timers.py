"""What time does, done in time: warnings end, who did not answer is called, records go."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter

from services.disaster_warning.ports import Desk
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import retention, timing
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.pause import pause
from services.plumbing.refusal import Unavailable

TICK_S: Final = 0.25
"""How often it is looked what is due: one short query. Agents mind the end by themselves."""

RETRY_S: Final = 1.0
"""After the database was away."""

FORGET_EVERY_S: Final = 600.0
"""How often what is no longer kept is dropped: of requests, of reports, of warnings' record. While
there is more of it than one transaction takes, it is one at each look."""

log = structlog.get_logger(__name__)


class Timer:
    """Ends warnings, takes notices out of the bulletins, escalates, and drops old records."""

    def __init__(
        self,
        transactor: Transactor,
        desk: Desk,
        clock: Clock,
        monotonic: Monotonic,
        registry: CollectorRegistry,
    ) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clock = clock
        self._monotonic = monotonic
        self._forgot = monotonic()
        self._ended = Counter("tianfu_warning_expired", "Warnings that ended.", registry=registry)
        self._forgotten = Counter(
            "tianfu_warning_forgotten", "Rows no longer kept.", ["what"], registry=registry
        )
        self._calls = Counter("tianfu_warning_calls", "Calls asked for.", registry=registry)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop. What can't be done now is done at the next look."""
        while not stop.is_set():
            wait = TICK_S
            try:
                await self.tick()
            except Unavailable as error:
                log.warning("timer: nothing done, trying again", reason=error.reason)
                wait = RETRY_S
            await pause(stop, wait)

    async def tick(self) -> None:
        """Do what is due."""
        while await self._transactor.read(timing.is_due, now=self._clock()):
            ended: timing.Ended = await self._transactor.write(timing.expire_due, now=self._clock())
            called = await self._transactor.write(
                timing.escalate_due, self._desk, now=self._clock()
            )
            self._ended.inc(ended.warnings)
            self._calls.inc(called)
        if self._monotonic() - self._forgot >= FORGET_EVERY_S:
            await self._forget()

    async def _forget(self) -> None:
        """Drop some of what is no longer kept; the next look goes on while there is more."""
        now = self._clock()
        requests = await self._transactor.write(timing.forget_requests, now=now)
        gone: retention.Forgotten = await self._transactor.write(
            retention.forget_records, self._desk, now=now
        )
        for what, count in (
            ("request", requests),
            ("receipt", gone.receipts),
            ("warning", gone.warnings),
            ("node", gone.nodes),
        ):
            self._forgotten.labels(what).inc(count)
        if gone.is_all:
            self._forgot = self._monotonic()
