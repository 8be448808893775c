"""Taking from a stream of another service: it may not be there yet, and is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from services.plumbing.jetstream import PullConsumer, taken
from services.plumbing.pause import pause
from services.plumbing.refusal import Refusal
from services.plumbing.streams import Taker, jetstream, stream_exists
from tianfu.subjects import DurableName, StreamName

ACK_WAIT_S: Final = 10.0
"""What a killed service had in hand comes again so soon."""

ACKS_PENDING_MAX: Final = 5_000
LOOK_S: Final = 0.5
"""Between looks for a stream that is not there yet."""

log = structlog.get_logger(__name__)


class Worker(Protocol):
    """Who takes from a source until told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Take until told to stop."""
        ...


class OtherStream:
    """A durable on a stream that another service makes."""

    def __init__(
        self,
        link: Client,
        stream: StreamName,
        durable: DurableName,
        subjects: Sequence[str],
        worker: Callable[[PullConsumer], Worker],
        registry: CollectorRegistry,
    ) -> None:
        self._link = link
        self._stream = stream
        self._worker = worker
        taker = Taker(stream, durable, ACK_WAIT_S, ACKS_PENDING_MAX, subjects)
        self._source = taken(link, taker, registry)

    async def run(self, stop: asyncio.Event) -> None:
        """Wait for the stream, then work until told to stop."""
        while not stop.is_set() and not await self._start():
            await pause(stop, LOOK_S)
        if stop.is_set():
            return
        try:
            await self._worker(self._source).run(stop)
        finally:
            await self._source.stop()

    async def _start(self) -> bool:
        try:
            if not await stream_exists(jetstream(self._link), self._stream):
                return False
            await self._source.start()
        except (nats.errors.Error, nats.js.errors.Error, OSError, Refusal) as error:
            log.warning("stream not ready", stream=self._stream, kind=type(error).__name__)
            return False
        return True
