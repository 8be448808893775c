"""What people do by way of the gateway, in the hash-chained audit log."""

from __future__ import annotations

from typing import Final

import structlog

from services.gateway.store import sessions
from services.plumbing.audit_chain import Entry
from services.plumbing.clock import Clock
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal

ACTION: Final = "rpc.call"
log = structlog.get_logger(__name__)


class Acts:
    """Writes entries. It keeps no content of any call: that is in the services' own logs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def asked(self, actor: str, method: str) -> None:
        """Write down that somebody calls; raise Unavailable when that can't be."""
        await self._write(Entry(self._clock(), actor, ACTION, method, outcome="asked"))

    async def answered(self, actor: str, method: str, outcome: str) -> None:
        """Write down what came of it. What can't be written is logged."""
        try:
            await self._write(Entry(self._clock(), actor, ACTION, method, outcome=outcome))
        except Refusal as refusal:
            log.warning("audit: outcome not written", reason=refusal.reason, method=method)

    async def noted(self, actor: str, action: str, outcome: str) -> None:
        """Write down an act that is no call; raise Unavailable when that can't be."""
        await self._write(Entry(self._clock(), actor, action, "sessions", outcome=outcome))

    async def _write(self, entry: Entry) -> None:
        await self._database.transact(sessions.note, entry)
