"""Warnings of disasters in: each declares an emergency, follows it or ends it, once."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig
from prometheus_client import CollectorRegistry, Counter

from services.credit_supervision.model.emergencies import State
from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import emergencies
from services.credit_supervision.usecases.emergencies import Told
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.outbox import MESSAGE_ID
from services.plumbing.refusal import InvalidArgument, Refusal
from services.plumbing.rules import RuleBook
from services.plumbing.streams import ensure_consumer, jetstream
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2, warning_pb2

AREA: Final = "disaster-warning"
ISSUED: Final = subjects.event(AREA, "warning-issued")
UPDATED: Final = subjects.event(AREA, "warning-updated")
CANCELLED: Final = subjects.event(AREA, "warning-cancelled")
EXPIRED: Final = subjects.event(AREA, "warning-expired")
TYPES: Final = {
    ISSUED: events_pb2.WarningIssued,
    UPDATED: events_pb2.WarningUpdated,
    CANCELLED: events_pb2.WarningCancelled,
    EXPIRED: events_pb2.WarningExpired,
}

AT_ONCE: Final = 50
TAKE_S: Final = 1.0
"""How long to wait for messages before looking around for a stop."""

AGAIN_S: Final = 2.0
"""Between looks for the stream of events, which the fleet service makes."""

ACK_WAIT_S: Final = 30.0

log = structlog.get_logger(__name__)


class EventMalformed(InvalidArgument):
    """The bytes are no event of the subject that they came by."""

    reason = "EVENT_MALFORMED"


class WarningTaker:
    """Takes the events of warnings from the stream EVENTS."""

    def __init__(
        self,
        link: Client,
        transactor: Transactor,
        book: RuleBook,
        letters: DeadLetters,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._link = link
        self._transactor = transactor
        self._book = book
        self._letters = letters
        self._clock = clock
        self._source = PullConsumer(
            link,
            subjects.EVENTS,
            subjects.CREDIT_WARNINGS,
            ensure=self._ensure,
            registry=registry,
        )
        self._events = Counter(
            "tianfu_credit_warnings",
            "Events of warnings by outcome.",
            ["outcome"],
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop. The service serves while there is no stream of events yet."""
        while not stop.is_set():
            try:
                await self._source.start()
                break
            except Refusal as refusal:
                log.warning("no events yet", reason=refusal.reason)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    await stop.wait()
        while not stop.is_set():
            for message in await self._source.take(AT_ONCE, TAKE_S):
                await self.take(message)
        await self._source.stop()

    async def take(self, message: Message) -> None:
        """Take one event; what is wrong with it decides what becomes of it."""
        try:
            event = event_of(message.subject, message.data)
            outcome = await self._transactor.write(
                self._record, message.subject, event, message_id_of(message)
            )
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                # The type alone: a driver's or library's text may quote a value.
                log.error("event not taken", kind=type(error).__name__)  # noqa: TRY400 - as said
            self._events.labels("refused").inc()
            await self._letters.settle(message, error)
            return
        self._events.labels(outcome).inc()
        await message.ack()

    def _record(
        self,
        tx: CreditTransaction,
        subject: str,
        event: events_pb2.WarningIssued,
        message_id: str,
    ) -> str:
        if not tx.first_time(subjects.CREDIT_WARNINGS, message_id):
            return "repeated"
        facts, now = event.facts, self._clock()
        if facts.channel != warning_pb2.WARNING_CHANNEL_LIVE:
            return "drill"
        if subject == CANCELLED:
            found = emergencies.warning_over(tx, facts.warning, State.CANCELLED, now=now)
        elif subject == EXPIRED:
            found = emergencies.warning_over(tx, facts.warning, State.ENDED, now=now)
        else:
            found = emergencies.warned(tx, self._book, told_of(facts), now=now)
        return "none" if found is None else found.state.name.lower()

    async def _ensure(self) -> None:
        config = ConsumerConfig(
            durable_name=subjects.CREDIT_WARNINGS,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            filter_subjects=list(TYPES),
            max_deliver=-1,
        )
        await ensure_consumer(
            jetstream(self._link), subjects.EVENTS, subjects.CREDIT_WARNINGS, config
        )


def event_of(subject: str, data: bytes) -> events_pb2.WarningIssued:
    """Return an event from its bytes; raise EventMalformed."""
    kind = TYPES.get(subjects.Subject(subject))
    if kind is None:
        raise EventMalformed(f"{subject} is none that is listened for")
    try:
        event: events_pb2.WarningIssued = kind()
        event.ParseFromString(data)
        event.facts.expire_time.ToDatetime(UTC)
    except (DecodeError, ValueError, OverflowError):
        raise EventMalformed("the bytes are no event of a warning") from None
    if not subjects.TOKEN_PATTERN.fullmatch(event.facts.warning.lower()):
        raise EventMalformed("facts.warning: need the warning's id", field="facts.warning")
    if any(not subjects.PLACE_PATTERN.fullmatch(c.place_code) for c in event.facts.counties):
        raise EventMalformed("facts.counties: need codes of GB/T 2260", field="facts.counties")
    # All four say the same of the warning; only their names differ.
    return event


def told_of(facts: events_pb2.WarningFacts) -> Told:
    """Return what a warning says of its counties."""
    return Told(
        warning=facts.warning,
        counties=tuple(
            (each.place_code, warning_pb2.Colour.Name(each.colour).removeprefix("COLOUR_"))
            for each in facts.counties
            if each.colour in warning_pb2.Colour.values()
        ),
        expires=facts.expire_time.ToDatetime(UTC),
    )


def message_id_of(message: Message) -> str:
    """Return the id that its sender gave a message; its place in the stream where there is none."""
    return message.headers.get(MESSAGE_ID) or f"EVENTS-{message.stream_sequence}"
