"""Looks at meters over hours and days, in turns; forgets old names of messages, and old reports."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from prometheus_client import Counter

from services.energy.ports import Desk
from services.energy.store.transaction import Transactor
from services.energy.usecases import checking, retention
from services.plumbing.clock import Clock
from services.plumbing.metrics import Registry
from services.plumbing.pause import pause
from services.plumbing.refusal import Refusal

EVERY_S: Final = 300.0
"""Between two rounds: what is looked for lasts hours."""

log = structlog.get_logger(__name__)


class Checker:
    """One round after the other, a bounded transaction at a time."""

    def __init__(
        self, transactor: Transactor, desk: Desk, clock: Clock, registry: Registry
    ) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clock = clock
        self._forgotten = Counter(
            "tianfu_energy_forgotten",
            "What is no longer kept: reports of demand response, and rows of reported usage.",
            ["what"],
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            try:
                await self.round(stop)
            except Refusal as error:
                log.warning("meters not looked at", reason=error.reason)
            await pause(stop, EVERY_S)

    async def round(self, stop: asyncio.Event) -> None:
        """Look at every meter once."""
        after: tuple[str, str] | None = ("", "")
        while after is not None and not stop.is_set():
            after = await self._transactor.write(
                checking.check_meters, self._desk, after, now=self._clock()
            )
        await self._transactor.write(checking.check_shut, self._desk, now=self._clock())
        await self._transactor.write(lambda tx: tx.forget_messages(self._clock()))
        await self.forget(stop)

    async def forget(self, stop: asyncio.Event) -> None:
        """Let go of reports that are no longer kept, a bounded transaction at a time."""
        is_all = False
        while not is_all and not stop.is_set():
            gone: retention.Forgotten = await self._transactor.write(
                retention.forget_reports, self._desk, now=self._clock()
            )
            self._forgotten.labels("report").inc(gone.reports)
            self._forgotten.labels("usage").inc(gone.rows)
            is_all = gone.is_all
