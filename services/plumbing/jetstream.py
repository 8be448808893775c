"""Take messages from JetStream: a continuous pull, bounded in flight, that never runs dry.

nats-py's ``fetch`` asks, waits, and asks again, so that the line is idle between two answers.
``PullConsumer`` keeps two requests open at the server (two *slots*, each with an inbox of its own,
so that every message is counted against the request that brought it) and renews one while the
other still brings messages. What is asked for never exceeds what there is room for, in messages
and in bytes, so a slow taker stops the server and not the process.

A request that was lost (connection gone, server killed, consumer deleted) is noticed by its
missing heartbeats, by the status the server sends, or by the reconnection, and is made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import ClassVar, Final
from weakref import WeakKeyDictionary

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from prometheus_client import REGISTRY, CollectorRegistry, Counter

from services.plumbing.pause import pause
from services.plumbing.refusal import Refusal
from services.plumbing.streams import (
    Taker,
    ensure_bucket,
    ensure_consumer,
    ensure_stream,
    jetstream,
)
from tianfu import tasks
from tianfu.subjects import DurableName, StreamName, pull

__all__ = [
    "Message",
    "PullConsumer",
    "backoff",
    "begin",
    "ensure_bucket",
    "ensure_consumer",
    "ensure_stream",
    "jetstream",
    "taken",
]

IN_FLIGHT_MESSAGES: Final = 1_024
"""Asked for or waiting to be taken: half a second of the highest load known."""

IN_FLIGHT_BYTES: Final = 64 * 1024 * 1024
"""As above, in bytes: what a service may spend on messages it has not looked at yet."""

LARGEST_MESSAGE_BYTES: Final = 2 * 1024 * 1024
"""Room a request must leave, or the server could never send a message of 1 MiB with headers."""

PULL_EXPIRES_S: Final = 30.0
"""Life of a request without messages; then it is made anew, so a forgotten one does no harm."""

HEARTBEAT_S: Final = 5.0
"""The server speaks up this often on an idle request."""

SILENCE_MAX_S: Final = 2 * HEARTBEAT_S + 1
"""Longer silence means that the request is dead: two heartbeats are missing."""

TICK_S: Final = 0.2
"""How often dead requests and reconnections are looked for."""

RENEW_SHARE: Final = 4
"""A request is made when a quarter of the room is free: not one for each message."""

FAILURE_WAIT_S: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Between requests that the server refuses, such as while the consumer is made anew."""

CONFIRM_S: Final = 5.0
"""For the server's answer to an acknowledgement that asks for one."""

BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Delay before the next delivery, by deliveries so far: a fault of a moment costs a second, one
of an hour costs a delivery a minute."""

ACK: Final = b"+ACK"
IN_PROGRESS: Final = b"+WPI"
NAK: Final = b"-NAK"
TERM: Final = b"+TERM"

HEARTBEAT: Final = "100"
NO_RESPONDERS: Final = "503"

TOKENS_V1: Final = 9
"""Tokens of an acknowledgement subject that names neither domain nor account."""

NANOSECONDS: Final = 1_000_000_000

log = structlog.get_logger(__name__)


def backoff(delivered: int) -> float:
    """Return the seconds to wait before the next delivery, after ``delivered`` of them."""
    return BACKOFF_S[min(max(delivered, 1), len(BACKOFF_S)) - 1]


class Message:
    """A message of a stream. Its verdict is one of ack, nak, term; without one it comes again.

    A verdict that can't be sent because the connection is gone is dropped without an error: the
    message comes again, which whoever consumes must bear in any case.
    """

    __slots__ = ("_fields", "_link", "data", "headers", "reply", "subject")

    def __init__(
        self, link: Client, subject: str, reply: str, data: bytes, headers: dict[str, str] | None
    ) -> None:
        self._link = link
        self._fields: list[str] | None = None
        self.subject = subject
        self.reply = reply
        self.data = data
        self.headers: dict[str, str] = headers or {}

    def _field(self, index: int) -> str:
        """Return a token of the reply subject: $JS.ACK.S.C.delivered.sseq.cseq.time.pending."""
        fields = self._fields
        if fields is None:
            fields = self.reply.split(".")
            # $JS.ACK.domain.account.S.C....: the same tokens, two later.
            self._fields = fields = fields[2:] if len(fields) == TOKENS_V1 else fields[4:]
        return fields[index]

    @property
    def stream(self) -> str:
        """Stream it comes from."""
        return self._field(0)

    @property
    def consumer(self) -> str:
        """Consumer that brought it."""
        return self._field(1)

    @property
    def delivered(self) -> int:
        """How many times it has been delivered, this time included."""
        return int(self._field(2))

    @property
    def stream_sequence(self) -> int:
        """Position in the stream."""
        return int(self._field(3))

    @property
    def published(self) -> datetime:
        """When the stream stored it, by the server's clock."""
        return datetime.fromtimestamp(int(self._field(5)) / NANOSECONDS, UTC)

    @property
    def pending(self) -> int:
        """How many messages of the stream wait behind it."""
        return int(self._field(6))

    async def ack(self) -> None:
        """Done: do not send it again."""
        await self._answer(ACK)

    async def ack_sync(self, timeout_s: float = CONFIRM_S) -> bool:
        """As ``ack``, and wait until the server has it; False when it did not say so in time."""
        try:
            await self._link.request(self.reply, ACK, timeout=timeout_s)
        except (nats.errors.Error, OSError):
            return False
        return True

    async def nak(self, delay_s: float | None = None) -> None:
        """Not now: send it again, after ``delay_s`` (default: what ``backoff`` says)."""
        delay = backoff(self.delivered) if delay_s is None else delay_s
        if delay <= 0:
            await self._answer(NAK)
        else:
            await self._answer(NAK + b' {"delay": %d}' % int(delay * NANOSECONDS))

    async def term(self, reason: str = "") -> None:
        """Never again: whoever says so has kept it elsewhere."""
        await self._answer(TERM + (b" " + reason.encode() if reason else b""))

    async def in_progress(self) -> None:
        """Still at it: the time for the verdict begins anew."""
        await self._answer(IN_PROGRESS)

    async def _answer(self, verdict: bytes) -> None:
        # A verdict lost is a delivery more, no more than that.
        with contextlib.suppress(nats.errors.Error, OSError):
            await self._link.publish(self.reply, verdict)


class _Sink:
    """Stands in for a subscription's queue, and calls instead of keeping.

    nats-py has a queue and a task for each subscription. Two slots would so be handled one after
    the other and not as the messages came; called at once, they are in the stream's order, and a
    message costs a third less. ``test_takes_in_order`` tells when nats-py no longer works so.
    """

    __slots__ = ("put_nowait",)

    def __init__(self, call: Callable[[Msg], None]) -> None:
        self.put_nowait = call

    def qsize(self) -> int:
        """Return 0: nothing is ever kept."""
        return 0

    def empty(self) -> bool:
        """Return True: nothing is ever kept."""
        return True

    async def join(self) -> None:
        """Return at once: nothing is ever kept."""


class _Slot:
    """One request at a time, on an inbox of its own."""

    __slots__ = ("bytes", "due", "failures", "generation", "inbox", "messages", "seen", "sub")

    def __init__(self, inbox: str) -> None:
        self.inbox = inbox
        self.sub: Subscription | None = None
        self.generation = 0
        self.messages = 0  # still to come of the open request; 0 = none is open
        self.bytes = 0
        self.seen = 0.0  # when the server last spoke on it
        self.due = 0.0  # no request before this time, after failures
        self.failures = 0


class PullMetrics:
    """Counters of the pull consumers of a process; one object a registry."""

    _of: ClassVar[WeakKeyDictionary[CollectorRegistry, PullMetrics]] = WeakKeyDictionary()

    def __init__(self, registry: CollectorRegistry) -> None:
        names = ["stream", "consumer"]
        self.renewed = Counter(
            "tianfu_pull_renewals_total",
            "Pull requests that were lost, by what told so",
            [*names, "cause"],
            registry=registry,
        )

    @classmethod
    def on(cls, registry: CollectorRegistry) -> PullMetrics:
        """Return the counters on ``registry``, made at the first call."""
        found = cls._of.get(registry)
        if found is None:
            found = cls._of[registry] = cls(registry)
        return found


class PullConsumer:
    """A durable consumer, pulled without a pause from ``start`` to ``stop``.

    ``ensure`` makes the durable when it is gone; it is also run by ``start``. The durable's
    ``ack_wait`` must exceed the time that a message may wait in flight.
    """

    def __init__(
        self,
        link: Client,
        stream: StreamName,
        durable: DurableName,
        *,
        ensure: Callable[[], Awaitable[None]],
        max_messages: int = IN_FLIGHT_MESSAGES,
        max_bytes: int = IN_FLIGHT_BYTES,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        if max_bytes < 2 * LARGEST_MESSAGE_BYTES:
            raise ValueError(f"max_bytes {max_bytes}: need {2 * LARGEST_MESSAGE_BYTES} or more")
        self._link = link
        self._stream = stream
        self._durable = durable
        self._subject = pull(stream, durable)
        self._ensure = ensure
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._metrics = PullMetrics.on(registry).renewed
        self._ready: deque[Message] = deque()
        self._ready_bytes = 0
        self._arrived = asyncio.Event()
        self._free = asyncio.Event()  # a slot has no request any more
        self._slots: list[_Slot] = []
        self._reconnects = 0
        self._gone = False  # the durable has to be made anew
        self._running = False
        self._ticker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Make the durable and begin to pull."""
        await self._ensure()
        self._running = True
        self._reconnects = self._link.stats["reconnects"]
        for _ in range(2):
            slot = _Slot(self._link.new_inbox())
            self._slots.append(slot)
            # The requests bound what comes; a bound here would drop messages instead.
            slot.sub = await self._link.subscribe(f"{slot.inbox}.*", pending_bytes_limit=0)
            slot.sub._pending_queue = _Sink(self._receiver(slot))  # type: ignore[assignment]  # noqa: SLF001 - see _Sink
        await self._pull()
        self._ticker = asyncio.create_task(self._tick(), name=f"pull {self._durable}")

    async def take(self, max_messages: int, max_wait: float) -> list[Message]:
        """Return up to ``max_messages``, as soon as there is one; none after ``max_wait`` s.

        Also returns none, at once, when the consumer has stopped.
        """
        if not self._ready and self._running:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max_wait):
                    await self._arrived.wait()
        if not self._running:
            return []
        ready = self._ready
        taken = [ready.popleft() for _ in range(min(max_messages, len(ready)))]
        self._ready_bytes -= sum(len(message.data) for message in taken)
        await self._pull()
        return taken

    async def stop(self) -> None:
        """Stop pulling; give back what nobody has taken, so that it comes again at once."""
        self._running = False
        self._arrived.set()
        if self._ticker is not None:
            await tasks.end([self._ticker])
        for slot in self._slots:
            if slot.sub is not None:
                with contextlib.suppress(nats.errors.Error, OSError):
                    await slot.sub.unsubscribe()
        while self._ready:
            await self._ready.popleft().nak(0)
        self._ready_bytes = 0

    def _receiver(self, slot: _Slot) -> Callable[[Msg], None]:
        link, ready, now = self._link, self._ready, asyncio.get_running_loop().time
        arrived, inbox = self._arrived, slot.inbox

        def receive(msg: Msg) -> None:
            slot.seen = now()
            subject = msg.subject
            if subject.startswith(inbox):
                # Not a stream's subject but our inbox: the server speaks of the request itself.
                self._status(slot, msg)
                return
            data = msg.data
            ready.append(Message(link, subject, msg.reply, data, msg.headers))
            size = len(data)
            self._ready_bytes += size
            slot.failures = 0
            slot.bytes -= size
            slot.messages -= 1
            if slot.messages <= 0:
                slot.messages = slot.bytes = 0
                self._free.set()
            arrived.set()

        return receive

    def _status(self, slot: _Slot, msg: Msg) -> None:
        headers = msg.headers or {}
        status = headers.get("Status", "")
        if status == HEARTBEAT or msg.subject != f"{slot.inbox}.{slot.generation}":
            return  # a sign of life, or word of a request that has been replaced
        slot.messages = slot.bytes = 0
        text = headers.get("Description", "").lower()
        # 404 and 408: nothing more within the request's life. 409 for bytes: it is full.
        if status in {"404", "408"} or "maxbytes" in text or "batch completed" in text:
            slot.failures = 0
        else:
            self._gone = self._gone or status == NO_RESPONDERS or "consumer deleted" in text
            self._fail(slot, "no_consumer" if self._gone else "status")
            log.warning("pull request ended", consumer=self._durable, status=status, text=text)
        self._free.set()

    def _fail(self, slot: _Slot, cause: str) -> None:
        self._metrics.labels(self._stream, self._durable, cause).inc()
        wait = FAILURE_WAIT_S[min(slot.failures, len(FAILURE_WAIT_S) - 1)]
        slot.failures += 1
        slot.due = asyncio.get_running_loop().time() + wait

    async def _pull(self) -> None:
        """Make a request on each free slot, as far as there is room."""
        if not self._running or self._gone or not self._link.is_connected:
            return  # the tick comes back to it
        now = asyncio.get_running_loop().time()
        for slot in self._slots:
            if slot.messages > 0 or slot.due > now:
                continue
            asked = sum(other.messages for other in self._slots)
            asked_bytes = sum(other.bytes for other in self._slots)
            # Half of all at most, so that the other slot has its turn too.
            room = self._max_messages - len(self._ready) - asked
            room = min(room, max(self._max_messages // 2, 1))
            room_bytes = self._max_bytes - self._ready_bytes - asked_bytes
            room_bytes = min(room_bytes, self._max_bytes // 2)
            if room * RENEW_SHARE < self._max_messages or room_bytes < LARGEST_MESSAGE_BYTES:
                continue
            await self._ask(slot, room, room_bytes, now)

    async def _ask(self, slot: _Slot, room: int, room_bytes: int, now: float) -> None:
        slot.generation += 1
        slot.messages, slot.bytes, slot.seen = room, room_bytes, now
        request = {
            "batch": room,
            "max_bytes": room_bytes,
            "expires": int(PULL_EXPIRES_S * NANOSECONDS),
            "idle_heartbeat": int(HEARTBEAT_S * NANOSECONDS),
        }
        try:
            await self._link.publish(
                self._subject,
                json.dumps(request).encode(),
                reply=f"{slot.inbox}.{slot.generation}",
            )
        except (nats.errors.Error, OSError):
            slot.messages = slot.bytes = 0
            self._fail(slot, "publish")

    async def _tick(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._free.wait()
            self._free.clear()
            try:
                await self._look_after()
            except Exception:
                # Whatever it is must not end the watch: without it a lost request stays lost.
                log.exception("cannot renew the pull, trying again", consumer=self._durable)
                await asyncio.sleep(FAILURE_WAIT_S[-2])

    async def _look_after(self) -> None:
        reconnects = self._link.stats["reconnects"]
        if reconnects != self._reconnects:
            self._reconnects = reconnects
            for slot in self._slots:
                self._lost(slot, "reconnect")
        now = asyncio.get_running_loop().time()
        for slot in self._slots:
            if slot.messages > 0 and now - slot.seen > SILENCE_MAX_S:
                self._lost(slot, "silence")
        if self._gone and self._link.is_connected:
            await self._ensure()
            self._gone = False
        await self._pull()

    def _lost(self, slot: _Slot, cause: str) -> None:
        """Forget a request that the server has forgotten; a new one may be made at once."""
        if slot.messages > 0:
            self._metrics.labels(self._stream, self._durable, cause).inc()
        slot.messages = slot.bytes = 0
        slot.due = 0.0


def taken(link: Client, taker: Taker, registry: CollectorRegistry = REGISTRY) -> PullConsumer:
    """Return the consumer of a durable, which makes the durable anew when it is gone."""
    return PullConsumer(
        link,
        taker.stream,
        taker.durable,
        ensure=lambda: taker.ensure(jetstream(link)),
        registry=registry,
    )


async def begin(source: PullConsumer, stop: asyncio.Event, what: str, again_s: float) -> None:
    """Begin to pull as soon as the stream's owner, another service, has made it; or stop."""
    while not stop.is_set():
        try:
            return await source.start()
        except Refusal as refusal:
            log.warning("waiting for a stream", stream=what, reason=refusal.reason)
        await pause(stop, again_s)
    return None
