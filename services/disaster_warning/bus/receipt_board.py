"""Receipts of the warnings to the public that hold now, county by county, as metrics.

Series are there for the counties that are told of something and for no others: 183 at the most, by
the six states here. What could not be read is not shown, rather than what was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from services.disaster_warning.model.receipts import CountyBoard
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases.receiving import get_board
from services.plumbing.pause import pause
from services.plumbing.refusal import Unavailable

LOOK_S: Final = 10.0
"""Between looks; Prometheus asks every fifteen or thirty seconds."""

STATES: Final = ("sent", "delivered", "acknowledged", "failed", "outstanding")

log = structlog.get_logger(__name__)


class ReceiptBoard(Collector):
    """Reads the counts now and then, and shows them when asked."""

    def __init__(
        self, transactor: Transactor, names: Mapping[str, str], registry: CollectorRegistry
    ) -> None:
        self._transactor = transactor
        self._names = names
        self._rows: Sequence[CountyBoard] = ()
        registry.register(self)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            try:
                await self.look()
            except Unavailable as error:
                self._rows = ()
                log.warning("receipts not counted, trying again", reason=error.reason)
            await pause(stop, LOOK_S)

    async def look(self) -> None:
        """Count once."""
        self._rows = await self._transactor.read(get_board)

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the samples of the last look; called from the thread that is asked for them."""
        receipts = GaugeMetricFamily(
            "tianfu_warning_receipts",
            "Nodes by what became of the warnings that hold, county by county.",
            labels=["county", "name", "state"],
        )
        levels = GaugeMetricFamily(
            "tianfu_warning_receipts_unanswered_level",
            "Who was called where nobody has acknowledged: 1 village, 2 township, 3 county.",
            labels=["county", "name"],
        )
        for row in self._rows:
            name = self._names.get(row.county)
            if name is None:
                continue
            for state in STATES:
                receipts.add_metric([row.county, name, state], getattr(row, state))
            levels.add_metric([row.county, name], row.level)
        return [receipts, levels]
