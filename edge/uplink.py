"""Send what a store holds, in order, and let it go when the stream has it.

Readings come from the spool, receipts and features from stores of their own; the way is one.

At most ``window`` messages are under way. Whatever goes wrong, sending stops and begins again at
the first message without an acknowledgement, under the same Nats-Msg-Id and with the same bytes.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, Protocol

from edge import tracing
from edge.backoff import Backoff
from edge.clock import Clock
from edge.counters import Counters
from edge.link import Session
from edge.spool_account import Waiting
from edge.tracing import Tracer
from tianfu import subjects

WINDOW: Final = 32
"""Messages under way: 32 batches of 15 KB fill a second of a 4 Mbit/s radio link."""

ACK_TIMEOUT_S: Final = 10.0
"""An acknowledgement that takes longer will not come."""

RETRY_FIRST_S: Final = 0.25
RETRY_MOST_S: Final = 30.0
"""A stream that is full or away is asked twice a minute."""

HEADER_BYTES: Final = 512
"""Our headers; they count towards the server's limit of a message."""

CONTENT_TYPE: Final = "application/x-protobuf; type=tianfu.reading.v1.ReadingBatch"

REFUSED_FOR_GOOD: Final = frozenset({10054, 10097})
"""JetStream errors no waiting cures: message, or its headers, larger than the stream takes.

The list is short on purpose: what is not in it is tried again and never dropped.
"""

log = logging.getLogger(__name__)


class Store(Protocol):
    """What is emptied: messages in a sequence, each the same bytes at every attempt."""

    @property
    def epoch(self) -> int:
        """Return the epoch in which the sequence counts."""
        ...

    async def turn(
        self, epoch: int, acknowledged: Iterable[int], after: int, limit: int
    ) -> list[Waiting]:
        """Delete what was acknowledged; return what comes after ``after``, in order."""
        ...

    async def refuse(self, epoch: int, sequence: int) -> None:
        """Let go of a message that the stream will never take."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """Where messages go, and what they are."""

    subject: subjects.Subject
    content_type: str
    taker: str
    """Who makes the stream, for whoever wonders why there is none."""

    message_id: Callable[[Waiting], str]
    """The id of a message, the same at each attempt."""

    retry_most_s: float = RETRY_MOST_S


def readings_route(node: subjects.NodeId) -> Route:
    """Return the way of a node's readings."""
    return Route(
        subjects.reading(node), CONTENT_TYPE, "telemetry", lambda row: message_id(node, row)
    )


class _Stalled(Exception):
    """Sending has to stop for a while."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Flight:
    row: Waiting
    deadline: float
    start_us: int


@dataclass
class UplinkState:
    """What there is to say of the uplink in a status report."""

    acknowledged: int = 0
    acknowledged_readings: int = 0
    duplicates: int = 0
    resent: int = 0
    refused: int = 0
    last_ack_us: int = 0
    reason: str = ""
    message: str = ""
    in_flight: dict[int, _Flight] = field(default_factory=dict)


def message_id(node: subjects.NodeId, row: Waiting) -> str:
    """Return the id under which a batch is sent, at each attempt."""
    return f"{node}-{row.epoch:x}-{row.sequence}"


class Uplink:
    """Sends the messages of one node along one route: its readings, unless another is given."""

    def __init__(
        self,
        node: subjects.NodeId,
        spool: Store,
        *,
        clock: Clock,
        counters: Counters,
        tracer: Tracer,
        jitter: Callable[[], float],
        window: int = WINDOW,
        route: Route | None = None,
    ) -> None:
        """Take the store that is emptied."""
        self._node = node
        self._route = route or readings_route(node)
        self._subject = self._route.subject
        self._spool = spool
        self._clock = clock
        self._counters = counters
        self._tracer = tracer
        self._jitter = jitter
        self._window = window
        self._backoff = Backoff(RETRY_FIRST_S, self._route.retry_most_s)
        self._wake = asyncio.Event()
        self._epoch = spool.epoch
        self._acknowledged: set[int] = set()
        self._highest_sent = 0
        self._failure: _Stalled | None = None
        self._refused: list[int] = []
        self.state = UplinkState()

    def notify(self) -> None:
        """Say that there is more to send."""
        self._wake.set()

    async def run(self, session: Session) -> None:
        """Send until the session breaks."""
        inbox = session.client.new_inbox()

        async def on_ack(message: Any) -> None:
            self._on_ack(message)

        await session.client.subscribe(f"{inbox}.*.*", cb=on_ack, pending_msgs_limit=4096)
        session.on_denied(self._on_denied)
        while True:
            try:
                await self._send(session, inbox)
            except _Stalled as stall:
                self.state.reason, self.state.message = stall.reason, str(stall)
                self._counters.add(stall.reason)
                delay_s = self._backoff.next_s(self._jitter())
                log.warning(
                    "uplink waits",
                    extra={
                        "reason": stall.reason,
                        "detail": str(stall),
                        "for_s": round(delay_s, 2),
                    },
                )
                await asyncio.sleep(delay_s)

    # -- sending -----------------------------------------------------------------------------

    async def _send(self, session: Session, inbox: str) -> None:
        flights = self.state.in_flight
        flights.clear()
        self._failure = None
        after = 0
        while True:
            self._wake.clear()
            settled, self._acknowledged = self._acknowledged, set()
            for sequence in settled:
                flights.pop(sequence, None)
            if self._stopped():
                await self._spool.turn(self._epoch, settled, after, 0)
                await self._refuse_for_good()
            free = self._window - len(flights)
            rows = []
            if settled or free > 0:
                rows = await self._spool.turn(self._epoch, settled, after, free)
            for row in rows:
                if row.epoch != self._epoch:
                    self._begin_epoch(row.epoch)
                if not await self._publish(session, inbox, row):
                    break
                after = row.sequence
            await self._wait()

    async def _wait(self) -> None:
        """Wait for an acknowledgement, for more to send, or for the oldest to be late."""
        oldest = next(iter(self.state.in_flight.values()), None)
        try:
            late_s = None if oldest is None else oldest.deadline - self._clock.monotonic()
            async with asyncio.timeout(late_s):
                await self._wake.wait()
        except TimeoutError:
            message = f"no acknowledgement within {ACK_TIMEOUT_S:g} s"
            self._failure = _Stalled("ACK_TIMEOUT", message)

    async def _publish(self, session: Session, inbox: str, row: Waiting) -> bool:
        """Publish a message; tell whether the server takes one of its size."""
        if len(row.payload) + HEADER_BYTES > session.client.max_payload:
            log.error("larger than the server takes", extra={"sequence": row.sequence})
            self._refused.append(row.sequence)
            self._wake.set()
            return False
        headers = {
            "Nats-Msg-Id": self._route.message_id(row),
            "content-type": self._route.content_type,
        }
        if row.traceparent:
            headers["traceparent"] = row.traceparent
        if row.sequence <= self._highest_sent:
            self.state.resent += 1
        self._highest_sent = max(self._highest_sent, row.sequence)
        flight = _Flight(row, self._clock.monotonic() + ACK_TIMEOUT_S, self._clock.wall_us())
        self.state.in_flight[row.sequence] = flight
        await session.client.publish(
            self._subject,
            row.payload,
            reply=f"{inbox}.{row.epoch:x}.{row.sequence}",
            headers=headers,
        )
        return True

    async def _refuse_for_good(self) -> NoReturn:
        """Put tombstones where batches will never be taken, and begin again with them."""
        refused, self._refused = self._refused, []
        for sequence in refused:
            self.state.refused += 1
            await self._spool.refuse(self._epoch, sequence)
        raise self._failure or _Stalled("BATCH_REFUSED", f"{len(refused)} became tombstones")

    def _stopped(self) -> bool:
        """Tell whether an answer said that sending can't go on as it is."""
        return self._failure is not None or bool(self._refused)

    def _begin_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._highest_sent = 0
        self.state.in_flight.clear()
        self._acknowledged.clear()

    # -- answers -----------------------------------------------------------------------------

    def _on_ack(self, message: Any) -> None:
        _, epoch, position = message.subject.rsplit(".", 2)
        if epoch != f"{self._epoch:x}":
            return  # of a spool that is no more
        sequence = int(position)
        failure = self._take_answer(message, sequence)
        if failure is not None and sequence in self.state.in_flight:
            self._failure = self._failure or failure
        self._wake.set()

    def _take_answer(self, message: Any, sequence: int) -> _Stalled | None:
        """Note an acknowledgement; return why there is none."""
        if message.headers and message.headers.get("Status") == "503":
            message = f"no stream takes {self._subject}; is {self._route.taker} running?"
            return _Stalled("NO_STREAM", message)
        try:
            answer = json.loads(message.data)
        except ValueError:
            return _Stalled("ACK_MALFORMED", "an answer that is no acknowledgement")
        error = answer.get("error")
        if error is None and "seq" in answer:
            self._note_ack(sequence, is_duplicate=bool(answer.get("duplicate")))
            return None
        error = error or {}
        if error.get("err_code") in REFUSED_FOR_GOOD:
            self._refused.append(sequence)
            return None
        text = str(error.get("description", "no description"))
        return _Stalled("STREAM_FULL" if "maximum" in text else "STREAM_REFUSES", text)

    def _note_ack(self, sequence: int, *, is_duplicate: bool) -> None:
        state = self.state
        if sequence not in state.in_flight or sequence in self._acknowledged:
            # Late, of an attempt before: the batch is stored all the same, and may go.
            self._acknowledged.add(sequence)
            return
        self._acknowledged.add(sequence)
        self._backoff.reset()
        flight = state.in_flight[sequence]
        now_us = self._clock.wall_us()
        state.acknowledged += 1
        state.acknowledged_readings += flight.row.readings
        state.duplicates += is_duplicate
        state.last_ack_us = now_us
        state.reason = state.message = ""
        parent = tracing.parse(flight.row.traceparent)
        if parent is not None and parent.is_sampled:
            self._tracer.write(
                self._tracer.child(parent),
                "edge.uplink",
                flight.start_us,
                now_us,
                parent_id=parent.span_id,
                node=self._node,
                epoch=f"{self._epoch:x}",
                sequence=sequence,
                duplicate=is_duplicate,
            )

    def _on_denied(self, message: str) -> None:
        if self._subject in message:
            self._failure = _Stalled("PERMISSION_DENIED", f"may not publish {self._subject}")
            self._wake.set()
