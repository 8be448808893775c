"""Warnings in, surge plans out: as fast as a transaction, once for each hospital and event."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases import surging
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Refusal
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2 as pb

AT_ONCE: Final = 50
TAKE_S: Final = 1.0
BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 10.0, 60.0)

AREA: Final = "disaster-warning"
SORTS: Final[Mapping[str, tuple[Any, bool]]] = {
    subjects.event(AREA, "warning-issued"): (pb.WarningIssued, False),
    subjects.event(AREA, "warning-updated"): (pb.WarningUpdated, False),
    subjects.event(AREA, "warning-cancelled"): (pb.WarningCancelled, True),
    subjects.event(AREA, "warning-expired"): (pb.WarningExpired, True),
}
"""Events that are listened to, and whether the warning is then over."""

log = structlog.get_logger(__name__)


class WarningMalformed(InvalidArgument):
    """The bytes are no event of a warning, or say what can't be."""

    reason = "WARNING_EVENT_MALFORMED"


class WarningListener:
    """Takes events of warnings from the stream EVENTS, in their order."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        desk: RuleDesk,
        letters: DeadLetters,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._desk = desk
        self._letters = letters
        self._clock = clock
        self._plans = Counter(
            "tianfu_healthcare_surge_plans", "Surge plans made or ended.", registry=registry
        )
        self._delay = Histogram(
            "tianfu_healthcare_surge_delay_seconds",
            "From a warning's event until its surge plans were stored.",
            buckets=BUCKETS_S,
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until told to stop."""
        while not stop.is_set():
            for message in await self._source.take(AT_ONCE, TAKE_S):
                await self.take(message)

    async def take(self, message: Message) -> None:
        """Take one event; what is wrong with it decides what becomes of it."""
        try:
            facts, event_time, over = decoded(message.subject, message.data)
            now = self._clock()
            count: int = await self._transactor.write(
                surging.hear,
                self._desk,
                message.headers.get("Nats-Msg-Id") or f"{facts.warning}-{facts.version}-{over}",
                facts,
                event_time,
                over=over,
                now=now,
            )
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                log.error("warning not taken", kind=type(error).__name__)  # noqa: TRY400 - the type alone
            await self._letters.settle(message, error)
            return
        if count:
            self._plans.inc(count)
            self._delay.observe(max(0.0, (self._clock() - event_time).total_seconds()))
        await message.ack()


def decoded(subject: str, data: bytes) -> tuple[pb.WarningFacts, datetime, bool]:
    """Return (facts, time, whether it is over) of an event; raise WarningMalformed."""
    sort, over = SORTS.get(subject, (None, False))
    if sort is None:
        raise WarningMalformed("the subject is of no event that is listened to")
    try:
        event = sort.FromString(data)
        event_time = event.event_time.ToDatetime(UTC)
        event.facts.expire_time.ToDatetime(UTC)
    except (DecodeError, ValueError, OverflowError):
        raise WarningMalformed("the bytes are no event of a warning") from None
    if not event.facts.warning:
        raise WarningMalformed("facts.warning: is required", field="facts.warning")
    return event.facts, event_time, over
