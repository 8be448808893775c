"""Clinical messages in, each in one transaction, in the order of each node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases.intake import Taken, record_message
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Refusal
from tianfu import subjects
from tianfu.healthcare.v1 import clinical_pb2 as pb

AT_ONCE: Final = 200
"""Messages taken together."""

AT_A_TIME: Final = 8
"""Nodes whose messages are stored side by side: commits to disk wait for each other elsewhere."""

TAKE_S: Final = 1.0
"""How long to wait for messages before looking around for a stop."""

BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 3600.0)

log = structlog.get_logger(__name__)


class MessageMalformed(InvalidArgument):
    """The bytes are no ClinicalMessage, or say what can't be."""

    reason = "CLINICAL_MESSAGE_MALFORMED"


class NodeMismatch(InvalidArgument):
    """A node speaks under the subject of another."""

    reason = "NODE_MISMATCH"


class ClinicalTaker:
    """Takes nodes' messages from the stream CLINICAL."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        desk: RuleDesk,
        letters: DeadLetters,
        clock: Clock,
        draw: Callable[[], str],
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._desk = desk
        self._letters = letters
        self._clock = clock
        self._draw = draw
        self._messages = Counter(
            "tianfu_healthcare_messages", "Messages by outcome.", ["outcome"], registry=registry
        )
        self._results = Counter(
            "tianfu_healthcare_observations", "Results stored.", registry=registry
        )
        self._scores = Counter("tianfu_healthcare_scores", "Scores made.", registry=registry)
        self._alerts = Counter("tianfu_healthcare_alerts", "Alerts opened.", registry=registry)
        self._uncompared = Counter(
            "tianfu_healthcare_uncompared_observations",
            "Results in a unit that the limits of critical values do not know.",
            registry=registry,
        )
        self._delay = Histogram(
            "tianfu_healthcare_message_delay_seconds",
            "From the node's taking a message to its being stored.",
            buckets=BUCKETS_S,
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop."""
        while not stop.is_set():
            messages = await self._source.take(AT_ONCE, TAKE_S)
            by_node: dict[str, list[Message]] = {}
            for message in messages:
                by_node.setdefault(message.subject, []).append(message)
            free = asyncio.Semaphore(AT_A_TIME)
            async with asyncio.TaskGroup() as group:
                for of_node in by_node.values():
                    group.create_task(self._in_order(of_node, free))

    async def _in_order(self, messages: list[Message], free: asyncio.Semaphore) -> None:
        async with free:
            for message in messages:
                await self.take(message)

    async def take(self, message: Message) -> None:
        """Take one message; what is wrong with it decides what becomes of it."""
        try:
            found = message_of(message.subject, message.data)
            now = self._clock()
            taken: Taken = await self._transactor.write(
                record_message, self._desk, found, self._draw, now=now
            )
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                # The type alone: a driver's or library's text may quote a value.
                log.error("message not taken", kind=type(error).__name__)  # noqa: TRY400 - as said
            self._messages.labels("refused").inc()
            await self._letters.settle(message, error)
            return
        self._count(taken, found, now)
        await message.ack()

    def _count(self, taken: Taken, message: pb.ClinicalMessage, now: datetime) -> None:
        self._messages.labels("repeated" if taken.repeated else "taken").inc()
        self._results.inc(taken.observations)
        self._scores.inc(taken.scores)
        self._alerts.inc(taken.alerts)
        self._uncompared.inc(taken.uncompared)
        delay_s = now.timestamp() - message.receive_time_us / 1e6
        if not taken.repeated:
            self._delay.observe(max(0.0, delay_s))


def message_of(subject: str, data: bytes) -> pb.ClinicalMessage:
    """Return a message from its bytes; raise MessageMalformed or NodeMismatch."""
    try:
        message = pb.ClinicalMessage()
        message.ParseFromString(data)
        node = subjects.clinical_node(subject)
    except (DecodeError, subjects.InvalidName):
        raise MessageMalformed("the bytes are no ClinicalMessage") from None
    if message.node != node:
        raise NodeMismatch(f"the message names another node than its subject, which is {node}")
    needed = {
        "sending_application": message.sending_application,
        "sending_facility": message.sending_facility,
        "control_id": message.control_id,
        "event": message.event,
        "message_time": message.HasField("message_time"),
        "patient.identifier": message.patient.identifier,
    }
    for field, value in needed.items():
        if not value:
            raise MessageMalformed(f"{field}: is required", field=field)
    try:
        message.message_time.ToDatetime(UTC)
        if message.patient.birth_date:
            datetime.fromisoformat(message.patient.birth_date)
        for group in message.groups:
            for result in group.results:
                _check(result)
    except (ValueError, OverflowError):
        raise MessageMalformed("a time is not on the calendar") from None
    return message


def _check(result: pb.Result) -> None:
    if not result.code.code or result.status not in pb.ResultStatus.values() or not result.status:
        raise MessageMalformed("a result needs its code and status", field="groups.results")
    if not result.HasField("observe_time"):
        raise MessageMalformed("a result needs its time", field="groups.results.observe_time")
    if result.WhichOneof("value") == "number" and not result.unit:
        raise MessageMalformed("a number needs its unit", field="groups.results.unit")
    result.observe_time.ToDatetime(UTC)
