"""What the watch over stations says, done in the database by the use cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import structlog

from services.disaster_warning.model.warning import AutomaticIssue, Channel, Issued
from services.disaster_warning.ports import Desk
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import automatic
from services.disaster_warning.usecases.refused import EarthquakeUnknown
from services.plumbing.clock import Clock

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DeskAuthority:
    """Stores solutions and tells counties by the route that was approved beforehand."""

    transactor: Transactor
    desk: Desk
    clock: Clock

    async def issue(self, issue: AutomaticIssue) -> Issued:
        """Record a solution; tell its counties, if it has any."""
        now = self.clock()
        use = automatic.issue_automatic
        return cast("Issued", await self.transactor.write(use, self.desk, issue, now=now))

    async def cancel(self, earthquake_id: str, channel: Channel, reason: str) -> None:
        """Say that there was no earthquake. One that was never stored needs no taking back."""
        try:
            await self.transactor.write(
                automatic.cancel_automatic, self.desk, earthquake_id, reason, now=self.clock()
            )
        except EarthquakeUnknown:
            log.info("never told, nothing to cancel", id=earthquake_id, channel=channel.value)

    async def finish(self, earthquake_id: str) -> None:
        """Say that the last solution stands."""
        use = automatic.finish_earthquake
        await self.transactor.write(use, earthquake_id, now=self.clock())
