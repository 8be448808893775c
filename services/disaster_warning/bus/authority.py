"""Stores what a seismic watch finds, which also tells the counties."""

from __future__ import annotations

from services.disaster_warning.model.warning import AutomaticIssue, Channel, Issued
from services.disaster_warning.ports import Desk
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import automatic
from services.plumbing.clock import Clock


class StoredAuthority:
    """Carries a watch's decisions out, each in one transaction. All of it may be said again."""

    def __init__(self, transactor: Transactor, desk: Desk, clock: Clock) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clock = clock

    async def issue(self, issue: AutomaticIssue) -> Issued:
        """Record a solution; tell its counties, if it has any."""
        issued: Issued = await self._transactor.write(
            automatic.issue_automatic, self._desk, issue, now=self._clock()
        )
        return issued

    async def cancel(self, earthquake_id: str, channel: Channel, reason: str) -> None:
        """Say that there was no earthquake. The earthquake's own channel counts."""
        del channel  # what is stored says it
        await self._transactor.write(
            automatic.cancel_automatic, self._desk, earthquake_id, reason, now=self._clock()
        )

    async def finish(self, earthquake_id: str) -> None:
        """Say that the last solution stands."""
        await self._transactor.write(automatic.finish_earthquake, earthquake_id, now=self._clock())
