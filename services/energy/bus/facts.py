"""Warnings and nodes' reports in, each message in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.energy.ports import Desk
from services.energy.store.transaction import Transactor
from services.energy.usecases import ordering, warnings
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Refusal
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2, warning_pb2
from tianfu.energy.v1 import setpoint_pb2

AT_ONCE: Final = 50
TAKE_S: Final = 1.0
BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 300.0)

AREA: Final = "disaster-warning"
EVENTS: Final[dict[str, Any]] = {
    subjects.event(AREA, "warning-issued"): events_pb2.WarningIssued,
    subjects.event(AREA, "warning-updated"): events_pb2.WarningUpdated,
    subjects.event(AREA, "warning-cancelled"): events_pb2.WarningCancelled,
}
CANCELLED: Final = subjects.event(AREA, "warning-cancelled")
MESSAGE_ID: Final = "Nats-Msg-Id"

log = structlog.get_logger(__name__)


class FactMalformed(InvalidArgument):
    """The bytes are no such event or report."""

    reason = "FACT_MALFORMED"


class FactTaker:
    """Takes messages of one stream one after the other, in order."""

    def __init__(
        self,
        source: PullConsumer,
        letters: DeadLetters,
        take: Callable[[Message], Awaitable[str]],
        outcomes: Counter,
    ) -> None:
        self._source = source
        self._letters = letters
        self._take = take
        self._outcomes = outcomes

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop."""
        while not stop.is_set():
            for message in await self._source.take(AT_ONCE, TAKE_S):
                await self.one(message)

    async def one(self, message: Message) -> None:
        """Take one message; what is wrong with it decides what becomes of it."""
        try:
            outcome = await self._take(message)
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                log.error("message not taken", kind=type(error).__name__)  # noqa: TRY400 - a driver's text may quote a value
            self._outcomes.labels("refused").inc()
            await self._letters.settle(message, error)
            return
        self._outcomes.labels(outcome).inc()
        await message.ack()


class Facts:
    """What is done with warnings and with reports."""

    def __init__(
        self, transactor: Transactor, desk: Desk, clock: Clock, registry: CollectorRegistry
    ) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clock = clock
        self._delay = Histogram(
            "tianfu_energy_order_delay_seconds",
            "From a warning's publication to its orders being stored.",
            buckets=BUCKETS_S,
            registry=registry,
        )
        self.warnings = Counter(
            "tianfu_energy_warnings", "Warnings by outcome.", ["outcome"], registry=registry
        )
        self.reports = Counter(
            "tianfu_energy_setpoint_reports", "Reports by outcome.", ["outcome"], registry=registry
        )

    async def warning(self, message: Message) -> str:
        """Act on a warning's version."""
        kind = EVENTS.get(message.subject)
        if kind is None:
            raise FactMalformed(f"no event of {message.subject} is taken here")
        try:
            event = kind.FromString(message.data)
            facts = event.facts
            issued, expires = facts.send_time.ToDatetime(UTC), facts.expire_time.ToDatetime(UTC)
        except (DecodeError, ValueError, OverflowError):
            raise FactMalformed("the bytes are no event of a warning") from None
        if not facts.warning or facts.version < 1:
            raise FactMalformed("an event of a warning names it and its version", field="facts")
        now = self._clock()
        given = await self._transactor.write(
            warnings.take_warning,
            self._desk,
            message.headers.get(MESSAGE_ID) or f"{message.stream}-{message.stream_sequence}",
            facts,
            issued,
            expires,
            message.published,
            exercise=facts.channel == warning_pb2.WARNING_CHANNEL_DRILL,
            cancelled=message.subject == CANCELLED,
            now=now,
        )
        if given:
            self._delay.observe(max(0.0, (self._clock() - message.published).total_seconds()))
        return "orders" if given else "noted"

    async def report(self, message: Message) -> str:
        """Note a node's word on an order."""
        try:
            report = setpoint_pb2.SetpointReport.FromString(message.data)
            node = subjects.setpoint_report_node(message.subject)
        except (DecodeError, subjects.InvalidName):
            raise FactMalformed("the bytes are no SetpointReport") from None
        if report.node != node or report.outcome not in ordering.STATES or not report.order:
            raise FactMalformed(f"a report of {node} names it, an order and an outcome")
        is_new = await self._transactor.write(
            ordering.record_report, self._desk, report, now=self._clock()
        )
        return "taken" if is_new else "repeated"
