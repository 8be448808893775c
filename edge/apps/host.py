"""Where the agent keeps its apps: nothing is loaded on a node that has none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edge.apps.model import Work
from edge.link import Session

if TYPE_CHECKING:
    from edge.apps.manager import AppManager
    from tianfu.fleet.v1 import node_pb2 as pb


class AppHost:
    """Makes the manager of apps when a plan first speaks of any."""

    def __init__(self, make: Callable[[], AppManager]) -> None:
        """Take what makes the manager, which imports it."""
        self._make = make
        self._manager: AppManager | None = None
        self._made = asyncio.Event()

    def apply(self, work: Work) -> None:
        """Want what a plan says."""
        if self._manager is None:
            if not (work.apps or work.shares):
                return
            self._manager = self._make()
            self._made.set()
        self._manager.apply(work)

    async def fetch(self, session: Session) -> None:
        """Fetch artifacts until the session breaks."""
        await self._made.wait()
        if self._manager is not None:
            await self._manager.fetcher.run(session)

    async def run(self) -> None:
        """Run apps until cancelled."""
        await self._made.wait()
        if self._manager is not None:
            await self._manager.run()

    async def close(self) -> None:
        """Stop all apps."""
        if self._manager is not None:
            await self._manager.close()

    def describe(self, report: pb.PlanReport) -> None:
        """Add how apps and shares are to a report."""
        if self._manager is not None:
            self._manager.describe(report)

    def status(self) -> list[dict[str, Any]]:
        """Return how apps are, for the status file."""
        return [] if self._manager is None else self._manager.status()
