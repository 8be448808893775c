"""Keeps the bucket of places: when it was lost, it is made anew and told of all nodes.

Nodes' places are told as they change. A bucket that was deleted, or that is of another server than
before, would know of those alone that are registered or moved from then on. Which bucket knows all
of them stands in the database, by the time that it was made, and how far it had come: one that was
put back from a backup has its old time, and a lower number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from nats.js import JetStreamContext
from prometheus_client import CollectorRegistry, Counter

from services.fleet import usecases
from services.fleet.model import BucketMark
from services.fleet.store import Transactor
from services.plumbing.pause import pause
from services.plumbing.refusal import Refusal
from services.plumbing.streams import stream_mark
from tianfu import subjects

LOOK_S: Final = 5.0
"""Between looks at the bucket: one small question."""

AT_ONCE: Final = 500
"""Nodes told of in one transaction, which holds them."""

log = structlog.get_logger(__name__)


class PlaceKeeper:
    """Looks after the bucket NODE_PLACES until told to stop."""

    def __init__(
        self,
        js: JetStreamContext,
        transactor: Transactor,
        ensure: Callable[[], Awaitable[None]],
        registry: CollectorRegistry,
    ) -> None:
        """Take what makes the bucket when there is none."""
        self._js = js
        self._transactor = transactor
        self._ensure = ensure
        self._told = Counter(
            "tianfu_fleet_places_retold",
            "Times that a bucket was told of all nodes' places.",
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; what can't be done now is done at the next look."""
        while not stop.is_set():
            try:
                await self.look()
            except Refusal as refusal:
                log.warning("places of nodes not told, trying again", reason=refusal.reason)
            await pause(stop, LOOK_S)

    async def look(self) -> None:
        """Tell the bucket of all nodes unless it is the one that was told."""
        found = await stream_mark(self._js, subjects.bucket_stream(subjects.NODE_PLACES))
        if found is None:
            log.warning("the bucket of places is gone; it is made anew")
            await self._ensure()
            return
        mark, told = BucketMark(*found), await self._transactor.read(usecases.places_told)
        if told is None or told.created != mark.created or told.last_sequence > mark.last_sequence:
            await self._retell(mark)
            self._told.inc()
            log.info("places of all nodes told", bucket_time=mark.created.isoformat())
        elif told.last_sequence < mark.last_sequence:
            await self._transactor.write(usecases.note_places_told, mark)

    async def _retell(self, mark: BucketMark) -> None:
        after: str | None = ""
        while after is not None:
            after = await self._transactor.write(usecases.retell_places, after, mark, AT_ONCE)
