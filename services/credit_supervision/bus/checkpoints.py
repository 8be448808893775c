"""The audit log's end, told to everybody now and then: from then on it can't be cut off unseen."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

import structlog

from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.plumbing import audit
from services.plumbing.clock import Clock
from services.plumbing.pause import pause
from services.plumbing.refusal import Refusal
from tianfu import subjects
from tianfu.credit_supervision.v1 import events_pb2

INTERVAL_S: Final = 3600.0
"""Between two: what an hour's entries could hide is the most that can be hidden."""

log = structlog.get_logger(__name__)


class Checkpoints:
    """Publishes the audit log's head, at the start and then every hour."""

    def __init__(
        self, transactor: Transactor, clock: Clock, *, interval_s: float = INTERVAL_S
    ) -> None:
        self._transactor = transactor
        self._clock = clock
        self._interval_s = interval_s

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until told to stop."""
        while not stop.is_set():
            try:
                await self._transactor.write(tell, now=self._clock())
            except Refusal as refusal:
                # The next one pins what this would have.
                log.warning("audit: head not published", reason=refusal.reason)
            await pause(stop, self._interval_s)


def tell(tx: CreditTransaction, *, now: datetime) -> int:
    """Put the head into the outbox, unless the log is empty; return its number."""
    head = audit.head(tx.connection)
    if head.number:
        event = events_pb2.AuditSealed(number=head.number, sha256=head.hash.hex())
        event.event_time.FromDatetime(now)
        subject = subjects.event("credit-supervision", "audit-sealed")
        tx.emit(subject, event, f"credit-audit-{head.number}")
    return head.number
