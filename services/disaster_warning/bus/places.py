"""Where nodes stand: taken from the fleet's bucket of places, whole at first, then as it changes.

The bucket keeps a node's last place only, so that what this service has not heard of is little, and
what it has missed comes with the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter

from services.disaster_warning.model.receipts import NodePlace
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases.receiving import record_places
from services.plumbing.dead_letters import SURROUNDINGS, DeadLetters
from services.plumbing.jetstream import Message, PullConsumer, begin
from services.plumbing.refusal import InvalidArgument, Refusal
from services.plumbing.streams import Taker
from tianfu import subjects
from tianfu.fleet.v1 import events_pb2

AT_ONCE: Final = 500
"""Places of one transaction, which receipts wait for."""

TAKE_S: Final = 1.0
"""How long to wait for places before looking around for a stop."""

AGAIN_S: Final = 2.0
"""Between looks for the bucket, which the fleet service makes."""

ACK_WAIT_S: Final = 30.0
TAKER: Final = Taker(
    subjects.bucket_stream(subjects.NODE_PLACES), subjects.WARNING_PLACES, ACK_WAIT_S
)

ENDED: Final = frozenset({"DEL", "PURGE"})
"""How NATS marks the end of a key."""

log = structlog.get_logger(__name__)


class PlaceMalformed(InvalidArgument):
    """The bytes are no NodePlace of the key that they came by."""

    reason = "PLACE_MALFORMED"


class PlaceTaker:
    """Takes nodes' places from the bucket NODE_PLACES."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        letters: DeadLetters,
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._letters = letters
        self._places = Counter(
            "tianfu_warning_node_places",
            "Places of nodes that the fleet told of, by outcome.",
            ["outcome"],
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop. Receipts are taken while there is no bucket yet."""
        await begin(self._source, stop, TAKER.stream, AGAIN_S)
        while not stop.is_set():
            messages = await self._source.take(AT_ONCE, TAKE_S)
            if messages:
                await self.take(messages)
        await self._source.stop()

    async def take(self, messages: Sequence[Message]) -> None:
        """Take places together; each one that is malformed becomes a dead letter by itself."""
        good: list[tuple[Message, str, NodePlace | None]] = []
        for message in messages:
            try:
                good.append((message, *place_of(message.subject, message.data, message.headers)))
            except Refusal as refusal:
                self._places.labels("refused").inc()
                await self._letters.settle(message, refusal)
        if good:
            await self._store(good)

    async def _store(self, good: Sequence[tuple[Message, str, NodePlace | None]]) -> None:
        # The last one of a node stands: they come in the bucket's order.
        told = {node: place for _, node, place in good}
        try:
            await self._transactor.write_receipts(record_places, told)
        except Exception as error:
            if not isinstance(error, Refusal):
                log.exception("places not taken", places=len(good))
            about_one = not isinstance(error, Refusal) or error.kind not in SURROUNDINGS
            if about_one and len(good) > 1:
                # One of them is at fault: find it, and take the others.
                for each in good:
                    await self._store([each])
                return
            for message, _, _ in good:
                await self._letters.settle(message, error)
            return
        self._places.labels("taken").inc(len(good))
        for message, _, _ in good:
            await message.ack()


def place_of(
    subject: str, data: bytes, headers: dict[str, str]
) -> tuple[subjects.NodeId, NodePlace | None]:
    """Return a node and its place, None for one that is no more; raise PlaceMalformed."""
    try:
        node = subjects.bucket_key_node(subjects.NODE_PLACES, subject)
        if headers.get("KV-Operation") in ENDED:
            return node, None
        message = events_pb2.NodePlace.FromString(data)
        county = message.place_code
        subjects.county_tokens(county)
        since = message.change_time.ToDatetime(UTC)
    except (DecodeError, subjects.InvalidName, ValueError, OverflowError):
        raise PlaceMalformed("the bytes are no NodePlace of a county") from None
    if message.node != node:
        raise PlaceMalformed(f"the place names another node than its key, which is {node}")
    return node, NodePlace(node, county, since)
