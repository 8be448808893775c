"""What a consumer refused: kept with the reason in a stream, listed, replayed.

The order is always: keep the letter, *then* end the message. A crash between leaves the message to
be delivered again, and its letter's id (stream, consumer, position) makes the repeat one letter.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from prometheus_client import REGISTRY, CollectorRegistry, Counter

from services.plumbing.jetstream import Message
from services.plumbing.refusal import FailedPrecondition, Kind, NotFound, Refusal, Unavailable
from services.plumbing.streams import ensure_stream, jetstream
from tianfu.subjects import DEAD_ALL, DEAD_LETTERS, DurableName, StreamName, dead

MAX_BYTES: Final = 1024 * 1024 * 1024
"""Of the dead-letter stream; beyond it the oldest letters go."""

DUPLICATE_WINDOW_S: Final = 3600.0
"""A repeat within the hour is one letter. Letters are rare, so that remembering them is cheap."""

DELIVERIES_MAX: Final = 8
"""Deliveries of a message that fails without a reason of ours: about three minutes of attempts."""

SURROUNDINGS_DELIVERIES_MAX: Final = 10_000
"""Deliveries of a message that fails for no fault of its own (a database is away): a week."""

PUBLISH_S: Final = 5.0
"""For the stream's word that it has the letter."""

RETRY: Final = timedelta(seconds=1)

MESSAGE_MAX: Final = 500
"""Characters of a reason's text that a letter carries."""

HEADER_ROOM: Final = 4096
"""Bytes that a letter's headers may take of the greatest message."""

REASON: Final = "Tianfu-Reason"
TEXT: Final = "Tianfu-Message"
STREAM: Final = "Tianfu-Stream"
CONSUMER: Final = "Tianfu-Consumer"
SUBJECT: Final = "Tianfu-Subject"
SEQUENCE: Final = "Tianfu-Stream-Sequence"
ORIGINAL_ID: Final = "Tianfu-Original-Msg-Id"
CUT: Final = "Tianfu-Payload-Bytes-Cut"
MESSAGE_ID: Final = "Nats-Msg-Id"
KEPT: Final = ("traceparent", "tracestate", "content-type")
"""Headers that a letter, and its replay, take over from the message."""

SURROUNDINGS: Final = frozenset({Kind.UNAVAILABLE, Kind.ABORTED, Kind.DEADLINE_EXCEEDED})
"""Refusals that say nothing against the message: it is delivered again."""

NOT_FOUND_CODE: Final = 404
"""JetStream's code for a position without a message."""

log = structlog.get_logger(__name__)


class MaxDeliveries(FailedPrecondition):
    """A message was delivered so often without success that it is given up."""

    reason = "MAX_DELIVERIES"


class DeadLetterNotFound(NotFound):
    """There is no such dead letter, or no longer."""

    reason = "DEAD_LETTER_NOT_FOUND"


class DeadLetterCut(FailedPrecondition):
    """A letter whose payload was too large to be kept can't be replayed."""

    reason = "DEAD_LETTER_CUT"


class DeadLetterElsewhere(FailedPrecondition):
    """The letter's stream belongs to another service, which alone may publish to it."""

    reason = "DEAD_LETTER_ELSEWHERE"


class DeadLettersUnavailable(Unavailable):
    """The dead-letter stream gives no answer now."""

    reason = "DEAD_LETTERS_UNAVAILABLE"


@dataclass(frozen=True)
class DeadLetter:
    """A refused message as it came, and why it was refused."""

    sequence: int
    stream: str
    consumer: str
    subject: str
    stream_sequence: int
    reason: str
    message: str
    create_time: datetime
    payload: bytes
    message_id: str
    headers: Mapping[str, str]
    bytes_cut: int = 0


class DeadLetterMetrics:
    """Counter of refused messages; one object a registry."""

    _of: ClassVar[WeakKeyDictionary[CollectorRegistry, DeadLetterMetrics]] = WeakKeyDictionary()

    def __init__(self, registry: CollectorRegistry) -> None:
        self.buried = Counter(
            "tianfu_dead_letters_total",
            "Messages refused and kept as dead letters",
            ["stream", "consumer", "reason"],
            registry=registry,
        )
        self.redelivered = Counter(
            "tianfu_redeliveries_asked_total",
            "Messages given back to be delivered again",
            ["stream", "consumer"],
            registry=registry,
        )

    @classmethod
    def on(cls, registry: CollectorRegistry) -> DeadLetterMetrics:
        """Return the counters on ``registry``, made at the first call."""
        found = cls._of.get(registry)
        if found is None:
            found = cls._of[registry] = cls(registry)
        return found


async def ensure_dead_letters(link: Client, *, replicas: int = 1) -> None:
    """Make the dead-letter stream; each service that buries may do so."""
    config = StreamConfig(
        name=DEAD_LETTERS,
        subjects=[DEAD_ALL],
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_bytes=MAX_BYTES,
        duplicate_window=DUPLICATE_WINDOW_S,
        num_replicas=replicas,
        allow_direct=True,
    )
    await ensure_stream(jetstream(link), config)


class DeadLetters:
    """The dead-letter stream, as seen by one process.

    ``replays_to`` names the streams that it may publish to; None for any.
    """

    def __init__(
        self,
        link: Client,
        *,
        registry: CollectorRegistry = REGISTRY,
        deliveries_max: int = DELIVERIES_MAX,
        replays_to: frozenset[StreamName] | None = None,
    ) -> None:
        self._link = link
        self._js = jetstream(link)
        self._metrics = DeadLetterMetrics.on(registry)
        self._deliveries_max = deliveries_max
        self._replays_to = replays_to

    async def settle(self, message: Message, error: Exception) -> None:
        """Decide what becomes of a message whose handling raised ``error``.

        A refusal that concerns the message buries it; one that concerns the surroundings, and any
        other error, gives it back with a growing delay, until it has been delivered too often.
        """
        if isinstance(error, Refusal) and error.kind not in SURROUNDINGS:
            await self.bury(message, error)
            return
        bound = SURROUNDINGS_DELIVERIES_MAX if isinstance(error, Refusal) else self._deliveries_max
        if message.delivered < bound:
            self._metrics.redelivered.labels(message.stream, message.consumer).inc()
            await message.nak()
            return
        why = error.reason if isinstance(error, Refusal) else type(error).__name__
        await self.bury(message, MaxDeliveries(f"given up after {message.delivered}: {why}"))

    async def bury(self, message: Message, refusal: Refusal) -> None:
        """Keep a refused message with the reason, then end it."""
        await self.bury_as(message, refusal.reason, refusal.message)

    async def bury_as(self, message: Message, reason: str, text: str) -> None:
        """Keep a message with a reason code and text, then end it.

        When it can't be kept, it is given back, and comes again.
        """
        payload = message.data
        headers = _headers(message, reason, text)
        room = self._link.max_payload - HEADER_ROOM
        if len(payload) > room:
            headers[CUT] = str(len(payload) - room)
            payload = payload[:room]
        subject = dead(StreamName(message.stream), DurableName(message.consumer))
        try:
            await self._js.publish(
                subject, payload, timeout=PUBLISH_S, stream=DEAD_LETTERS, headers=headers
            )
        except (nats.errors.Error, nats.js.errors.Error, OSError) as error:
            log.warning("dead letter not kept, message given back", reason=reason, why=str(error))
            await message.nak()
            return
        self._metrics.buried.labels(message.stream, message.consumer, reason).inc()
        log.warning(
            "message refused",
            reason=reason,
            consumer=message.consumer,
            stream_sequence=message.stream_sequence,
        )
        await message.term(reason)

    async def list(self, after: int, limit: int) -> list[DeadLetter]:
        """Return up to ``limit`` letters after position ``after``, the oldest first."""
        letters: list[DeadLetter] = []
        while len(letters) < limit:
            letter = await self._get({"seq": after + 1, "next_by_subj": DEAD_ALL})
            if letter is None:
                break
            letters.append(letter)
            after = letter.sequence
        return letters

    async def replay(self, sequence: int) -> str:
        """Publish a letter anew to the subject it came from and remove it; return the subject.

        The replay has an id of its own, so that the stream does not take it for the repeat of
        the message that was refused; repeating the replay of a letter is one message.
        """
        letter = await self._get({"seq": sequence})
        if letter is None:
            raise DeadLetterNotFound(
                f"deadLetters/{sequence}: no such letter; it was replayed or has expired",
                field="name",
            )
        if self._replays_to is not None and letter.stream not in self._replays_to:
            raise DeadLetterElsewhere(
                f"deadLetters/{sequence}: comes from {letter.stream}, which another service "
                "publishes to; ask that service",
                metadata={"stream": letter.stream},
            )
        if letter.bytes_cut:
            raise DeadLetterCut(
                f"deadLetters/{sequence}: {letter.bytes_cut} bytes of the payload were not kept; "
                "let its source send it again"
            )
        headers = {**letter.headers, MESSAGE_ID: f"replay-{_micros(letter.create_time)}-{sequence}"}
        try:
            await self._js.publish(
                letter.subject,
                letter.payload,
                timeout=PUBLISH_S,
                stream=letter.stream,
                headers=headers,
            )
            await self._js.delete_msg(DEAD_LETTERS, sequence)
        except (nats.errors.Error, nats.js.errors.Error, OSError) as error:
            raise _unavailable() from error
        return letter.subject

    async def _get(self, query: dict[str, Any]) -> DeadLetter | None:
        try:
            answer = await self._link.request(
                f"$JS.API.STREAM.MSG.GET.{DEAD_LETTERS}",
                json.dumps(query).encode(),
                timeout=PUBLISH_S,
            )
        except (TimeoutError, nats.errors.Error, OSError) as error:
            raise _unavailable() from error
        found = json.loads(answer.data)
        if "error" in found:
            if found["error"].get("code") == NOT_FOUND_CODE:
                return None
            raise _unavailable()
        return _letter(found["message"])


def _unavailable() -> DeadLettersUnavailable:
    return DeadLettersUnavailable(
        "the dead-letter stream gives no answer; try again", retry_after=RETRY
    )


def _headers(message: Message, reason: str, text: str) -> dict[str, str]:
    headers: dict[str, str] = {
        name: message.headers[name] for name in KEPT if name in message.headers
    }
    headers |= {
        REASON: reason,
        TEXT: " ".join(text.split())[:MESSAGE_MAX],
        STREAM: message.stream,
        CONSUMER: message.consumer,
        SUBJECT: message.subject,
        SEQUENCE: str(message.stream_sequence),
        # When the message was published tells positions of a stream made anew apart.
        MESSAGE_ID: f"{message.stream}-{message.consumer}-{message.stream_sequence}"
        f"-{_micros(message.published)}",
    }
    if MESSAGE_ID in message.headers:
        headers[ORIGINAL_ID] = message.headers[MESSAGE_ID]
    return headers


def _letter(stored: dict[str, Any]) -> DeadLetter:
    headers = _parse_headers(base64.b64decode(stored.get("hdrs", "")))
    return DeadLetter(
        sequence=int(stored["seq"]),
        stream=headers.get(STREAM, ""),
        consumer=headers.get(CONSUMER, ""),
        subject=headers.get(SUBJECT, ""),
        stream_sequence=int(headers.get(SEQUENCE, "0")),
        reason=headers.get(REASON, ""),
        message=headers.get(TEXT, ""),
        create_time=_time(stored["time"]),
        payload=base64.b64decode(stored.get("data", "")),
        message_id=headers.get(ORIGINAL_ID, ""),
        headers={name: headers[name] for name in KEPT if name in headers},
        bytes_cut=int(headers.get(CUT, "0")),
    )


def _parse_headers(block: bytes) -> dict[str, str]:
    """Read a block of NATS headers: a version line, then ``name: value`` lines."""
    headers = {}
    for line in block.decode(errors="replace").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip()] = value.strip()
    return headers


def _micros(when: datetime) -> int:
    return round(when.timestamp() * 1_000_000)


def _time(text: str) -> datetime:
    """Read RFC 3339 with the server's nanoseconds, of which microseconds are kept."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    micros = int((fraction + "000000")[:6])
    return datetime.fromisoformat(whole).replace(tzinfo=UTC, microsecond=micros)
