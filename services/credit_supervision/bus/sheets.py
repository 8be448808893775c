"""What handhelds have to know, written into the bucket VISITS whenever it is not what is there.

It looks and compares, so nothing is lost by a kill: the next look writes what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client

from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import handhelds
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from services.plumbing.refusal import Refusal
from services.plumbing.rules import RuleBook
from services.plumbing.streams import jetstream
from tianfu import subjects

LOOK_S: Final = 5.0
"""Between looks when nothing was written: rules come into force, other processes write."""

SETTLE_S: Final = 0.2
"""After a write, so that many writes are one look."""

AT_ONCE: Final = 200

SHEET_BYTES: Final = 512 << 10
"""Five hundred visits of four inspectors each are a third of it."""

log = structlog.get_logger(__name__)


class SheetWriter:
    """Keeps the bucket of sheets as it is to be."""

    def __init__(
        self, link: Client, transactor: Transactor, book: RuleBook, clock: Clock, bell: Bell
    ) -> None:
        self._link = link
        self._transactor = transactor
        self._book = book
        self._clock = clock
        self._bell = bell
        self._written: dict[str, bytes] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Write until told to stop."""
        while not stop.is_set():
            try:
                await self.look()
            except (Refusal, nats.errors.Error, nats.js.errors.Error) as error:
                # What was not written is written at the next look.
                log.warning("sheets not written", kind=type(error).__name__)
            await _first(self._bell.wait(LOOK_S), stop.wait())
            await _first(asyncio.sleep(SETTLE_S), stop.wait())

    async def look(self) -> int:
        """Write the sheets that differ from what was written; return how many."""
        after, count = "", 0
        while True:
            page = await self._transactor.read(self._page, after)
            for node, sheet in page:
                after = node
                if self._written.get(node) != sheet and await self._put(node, sheet):
                    self._written[node] = sheet
                    count += 1
            if len(page) < AT_ONCE:
                return count

    def _page(self, tx: CreditTransaction, after: str) -> list[tuple[str, bytes]]:
        now = self._clock()
        return [
            (
                each.node,
                handhelds.fitted(
                    handhelds.sheet_of(tx, self._book, each, now=now), SHEET_BYTES
                ).SerializeToString(deterministic=True),
            )
            for each in tx.handhelds(after, AT_ONCE)
        ]

    async def _put(self, node: str, sheet: bytes) -> bool:
        """Write one sheet; return False for one that is not taken, so that others still are."""
        subject = subjects.bucket_key(subjects.VISITS, subjects.node_id(node))
        try:
            await jetstream(self._link).publish(subject, sheet)
        except (nats.errors.MaxPayloadError, nats.js.errors.APIError) as error:
            log.warning("sheet not taken", node=node, kind=type(error).__name__, bytes=len(sheet))
            return False
        return True


async def _first(*awaited: Coroutine[Any, Any, object]) -> None:
    """Return when one of them has ended; end the others."""
    tasks = [asyncio.create_task(each) for each in awaited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
