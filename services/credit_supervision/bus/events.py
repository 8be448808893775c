"""Events of others in, each once: warnings declare emergencies; energy's and health's leads.

A lead becomes a clue, never a penalty.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from nats.aio.client import Client
from prometheus_client import CollectorRegistry, Counter

from services.credit_supervision.model import codes
from services.credit_supervision.model.clues import ClueRefused, Source
from services.credit_supervision.model.emergencies import State
from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import clues, emergencies, monitoring
from services.credit_supervision.usecases.clues import Report
from services.credit_supervision.usecases.emergencies import Told
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, begin, taken
from services.plumbing.outbox import MESSAGE_ID
from services.plumbing.refusal import InvalidArgument, Refusal
from services.plumbing.rules import RuleBook
from services.plumbing.streams import Taker
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2, warning_pb2
from tianfu.energy.v1 import events_pb2 as energy_events_pb2
from tianfu.healthcare.v1 import events_pb2 as health_events_pb2
from tianfu.healthcare.v1 import recognition_pb2 as health_recognition_pb2

AREA: Final = "disaster-warning"
ISSUED: Final = subjects.event(AREA, "warning-issued")
UPDATED: Final = subjects.event(AREA, "warning-updated")
CANCELLED: Final = subjects.event(AREA, "warning-cancelled")
EXPIRED: Final = subjects.event(AREA, "warning-expired")
CLUE: Final = subjects.event("energy", "clue-raised")
RECOGNITION: Final = subjects.event("healthcare", "recognition-decided")
TYPES: Final = {
    ISSUED: events_pb2.WarningIssued,
    UPDATED: events_pb2.WarningUpdated,
    CANCELLED: events_pb2.WarningCancelled,
    EXPIRED: events_pb2.WarningExpired,
    CLUE: energy_events_pb2.ClueRaised,
    RECOGNITION: health_events_pb2.RecognitionDecided,
}
Event = (
    events_pb2.WarningIssued | energy_events_pb2.ClueRaised | health_events_pb2.RecognitionDecided
)
"""All four of a warning say the same of it; only their names differ."""

AT_ONCE: Final = 50
TAKE_S: Final = 1.0
"""How long to wait for messages before looking around for a stop."""

AGAIN_S: Final = 2.0
"""Between looks for the stream of events, which the fleet service makes."""

ACK_WAIT_S: Final = 30.0
TAKER: Final = Taker(subjects.EVENTS, subjects.CREDIT_EVENTS, ACK_WAIT_S, only=TYPES)

log = structlog.get_logger(__name__)


class EventMalformed(InvalidArgument):
    """The bytes are no event of the subject that they came by."""

    reason = "EVENT_MALFORMED"


class EventTaker:
    """Takes events of warnings and of energy from the stream EVENTS."""

    def __init__(
        self,
        link: Client,
        transactor: Transactor,
        book: RuleBook,
        letters: DeadLetters,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._transactor = transactor
        self._book = book
        self._letters = letters
        self._clock = clock
        self._source = taken(link, TAKER, registry)
        self._events = Counter(
            "tianfu_credit_events",
            "Events of others by outcome.",
            ["outcome"],
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop. The service serves while there is no stream of events yet."""
        await begin(self._source, stop, subjects.EVENTS, AGAIN_S)
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
        except ClueRefused as refused:
            self._events.labels("refused").inc()
            await self._letters.settle(message, EventMalformed(str(refused)))
            return
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
        event: Event,
        message_id: str,
    ) -> str:
        if not tx.first_time(subjects.CREDIT_EVENTS, message_id):
            return "repeated"
        now = self._clock()
        if isinstance(event, energy_events_pb2.ClueRaised):
            clues.report(tx, self._book, report_of(event), event.DESCRIPTOR.full_name, now=now)
            return "clue"
        if isinstance(event, health_events_pb2.RecognitionDecided):
            if event.step != health_recognition_pb2.RECOGNITION_STEP_CERTIFICATE:
                return "none"
            of = (tx, self._book, event.producer, event.recognition)
            return "clue" if monitoring.hospital_lead(*of, now=now) else "none"
        facts = event.facts
        if facts.channel != warning_pb2.WARNING_CHANNEL_LIVE:
            return "drill"
        if subject == CANCELLED:
            found = emergencies.warning_over(tx, facts.warning, State.CANCELLED, now=now)
        elif subject == EXPIRED:
            found = emergencies.warning_over(tx, facts.warning, State.ENDED, now=now)
        else:
            found = emergencies.warned(tx, self._book, told_of(facts), now=now)
        return "none" if found is None else found.state.name.lower()


def event_of(subject: str, data: bytes) -> Event:
    """Return an event from its bytes; raise EventMalformed."""
    kind = TYPES.get(subjects.Subject(subject))
    if kind is None:
        raise EventMalformed(f"{subject} is none that is listened for")
    try:
        event: Event = kind()
        event.ParseFromString(data)
    except DecodeError:
        raise EventMalformed("the bytes are no event of this subject") from None
    if isinstance(event, energy_events_pb2.ClueRaised):
        _check_clue(event)
    elif isinstance(event, health_events_pb2.RecognitionDecided):
        if not event.recognition or not event.producer:
            raise EventMalformed("recognition, producer: are required", field="recognition")
    else:
        _check_facts(event.facts)
    return event


def _check_clue(event: energy_events_pb2.ClueRaised) -> None:
    if codes.problem_of(event.credit_code) is not None:
        raise EventMalformed("credit_code: is no unified social credit code", field="credit_code")
    if not event.report:
        raise EventMalformed("report: is required", field="report")
    if not subjects.TOKEN_PATTERN.fullmatch(event.matter):
        raise EventMalformed("matter: need small letters, digits and '-'", field="matter")
    is_place = subjects.PLACE_PATTERN.fullmatch(event.place_code)
    if not is_place or len(event.place_code) != subjects.COUNTY_DIGITS:
        raise EventMalformed("place_code: need a county of GB/T 2260", field="place_code")


def _check_facts(facts: events_pb2.WarningFacts) -> None:
    try:
        facts.expire_time.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise EventMalformed("facts.expire_time is not on the calendar") from None
    if not subjects.TOKEN_PATTERN.fullmatch(facts.warning.lower()):
        raise EventMalformed("facts.warning: need the warning's id", field="facts.warning")
    if any(not subjects.PLACE_PATTERN.fullmatch(c.place_code) for c in facts.counties):
        raise EventMalformed("facts.counties: need codes of GB/T 2260", field="facts.counties")


def report_of(event: energy_events_pb2.ClueRaised) -> Report:
    """Return the lead that a sensor has given; what it saw stays with energy, its hash comes."""
    evidence = (event.evidence_sha256,) if event.evidence_sha256 else ()
    return Report(
        # Energy's id may have any form; the same lead has the same hash.
        report_id=f"energy-{hashlib.sha256(event.report.encode()).hexdigest()[:32]}",
        source=Source.SENSOR,
        code=event.credit_code,
        matter=event.matter,
        place=event.place_code,
        evidence=evidence,
    )


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
