"""The timer: alerts and invitations that nobody has answered in time; old names are forgotten."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter

from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases import alerting, consulting, intake
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.pause import pause
from services.plumbing.refusal import Unavailable

LOOK_S: Final = 1.0
"""How often it looks: minutes are counted, and a second is not missed."""

FORGET_EVERY_S: Final = 600.0
"""How often names of messages of a month ago are dropped, a bounded number at a time."""

log = structlog.get_logger(__name__)


class Timer:
    """Looks every second for alerts that are due. Several processes may: each alert goes once."""

    def __init__(
        self,
        transactor: Transactor,
        desk: RuleDesk,
        clock: Clock,
        monotonic: Monotonic,
        registry: CollectorRegistry,
    ) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clock = clock
        self._monotonic = monotonic
        self._forgot = float("-inf")
        self._escalated = Counter(
            "tianfu_healthcare_escalations", "Alerts that went to the next.", registry=registry
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            try:
                await self.look()
                await self.time_out()
                await self._forget()
            except Unavailable as error:
                log.warning("alerts not looked at", reason=error.reason)
            await pause(stop, LOOK_S)

    async def _forget(self) -> None:
        if self._monotonic() - self._forgot >= FORGET_EVERY_S:
            await self._transactor.write(intake.forget_messages, now=self._clock())
            self._forgot = self._monotonic()

    async def look(self) -> int:
        """Move on what is due now; return how many alerts that were."""
        total = 0
        while True:
            moved: int = await self._transactor.write(
                alerting.escalate_due, self._desk, now=self._clock()
            )
            total += moved
            self._escalated.inc(moved)
            if moved < alerting.DUE_AT_ONCE:
                return total

    async def time_out(self) -> None:
        """Move on consultations whose invited doctor has not answered in time."""
        while True:
            looked: int = await self._transactor.write(
                consulting.time_out_due, self._desk, now=self._clock()
            )
            if looked < consulting.DUE_AT_ONCE:
                return
