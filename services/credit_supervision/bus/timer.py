"""The timer: records end on their day by themselves; receivers that are late are told of."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter

from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import records, signals
from services.plumbing.clock import Clock
from services.plumbing.pause import pause
from services.plumbing.postgres import DatabaseFault
from services.plumbing.refusal import Refusal
from services.plumbing.rules import RuleBook

LOOK_S: Final = 10.0
"""How often it looks. Periods end with days: a record is shown ten seconds into one at the most."""

log = structlog.get_logger(__name__)


class Timer:
    """Looks for records whose day has come. Several processes may: each record is taken once."""

    def __init__(
        self,
        transactor: Transactor,
        book: RuleBook,
        clock: Clock,
        registry: CollectorRegistry,
        *,
        look_s: float = LOOK_S,
    ) -> None:
        self._transactor = transactor
        self._book = book
        self._clock = clock
        self._look_s = look_s
        self._looked = Counter(
            "tianfu_credit_records_decided",
            "Records decided about on their day.",
            registry=registry,
        )
        self._late = Counter(
            "tianfu_credit_deliveries_late",
            "Deliveries not acknowledged in time.",
            registry=registry,
        )

        self._drifted = Counter(
            "tianfu_credit_signals_drifted", "Alarms of the stability index.", registry=registry
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            try:
                await self.look()
            except Refusal as refusal:
                # What is due stays due: the next look takes it.
                log.warning("records not looked at", reason=refusal.reason)
            except DatabaseFault as fault:
                # A defect of ours, which must not end the service, again and again, for everybody.
                log.error("records not looked at", why=str(fault))  # noqa: TRY400 - its text says all
            await pause(stop, self._look_s)

    async def look(self) -> int:
        """Do what is due now; return how many records and deliveries that were."""
        total = 0
        while True:
            looked: int = await self._transactor.deliver(
                records.look_at_due, self._book, now=self._clock()
            )
            late: int = await self._transactor.write(records.tell_late, now=self._clock())
            self._drifted.inc(
                await self._transactor.write(signals.tell_drift, self._book, now=self._clock())
            )
            self._looked.inc(looked)
            self._late.inc(late)
            total += looked + late
            if max(looked, late) < records.LOOKED_AT_ONCE:
                return total
