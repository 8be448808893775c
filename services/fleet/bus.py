"""What nodes say by NATS: heartbeats in, answers out, and reports of their plans."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.fleet import planning, usecases
from services.fleet.bell import Bell
from services.fleet.presence import Beat, Change, PresenceTable
from services.fleet.store import Transactor
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.pause import pause
from services.plumbing.refusal import InvalidArgument, Refusal, Unavailable
from tianfu import subjects
from tianfu.fleet.v1 import heartbeat_pb2, node_pb2

SWEEP_S: Final = 1.0
"""How often presence is judged: transitions are stored this much later, all at once."""

CHANGES_PER_TRANSACTION: Final = 500
"""Transitions stored together; a province that goes dark takes a few transactions."""

REPORTS_AT_ONCE: Final = 100
"""Plan reports taken together."""

VERSION: Final = re.compile(r"[!-~]{1,64}")
"""An agent's version: PEP 440 with room."""

CLOCK_OFFSET_MAX_US: Final = 100 * 365 * 86_400 * 1_000_000
"""A clock that is off by more than a century was not measured (nor is UNMEASURED_US)."""

REQUESTS_FORGOTTEN_EVERY_S: Final = 600.0
"""How often answers of requests long ago are dropped."""

log = structlog.get_logger(__name__)


class Heartbeats:
    """Takes heartbeats into the presence table: no database, one answer when asked for."""

    def __init__(
        self,
        table: PresenceTable,
        clock: Clock,
        monotonic: Monotonic,
        reply: Callable[[str, bytes], Awaitable[None]],
        registry: CollectorRegistry,
    ) -> None:
        self._table = table
        self._clock = clock
        self._monotonic = monotonic
        self._reply = reply
        self._taken = Counter("tianfu_fleet_heartbeats", "Heartbeats taken.", registry=registry)
        self._refused = Counter(
            "tianfu_fleet_refused_heartbeats",
            "Heartbeats passed over.",
            ["reason"],
            registry=registry,
        )

    async def receive(self, message: Any) -> None:
        """Take a NATS message."""
        received = self._clock()
        try:
            heartbeat = heartbeat_pb2.Heartbeat.FromString(message.data)
            node = subjects.heartbeat_node(message.subject)
        except (DecodeError, subjects.InvalidName):
            self._refused.labels("HEARTBEAT_MALFORMED").inc()
            return
        if heartbeat.node != node:
            self._refused.labels("NODE_MISMATCH").inc()
            return
        version, offset = heartbeat.agent_version, heartbeat.clock_offset_us
        if version and not VERSION.fullmatch(version):
            # It would be stored and shown: nothing that a node makes up goes there.
            self._refused.labels("HEARTBEAT_MALFORMED").inc()
            return
        measured = -CLOCK_OFFSET_MAX_US <= offset <= CLOCK_OFFSET_MAX_US
        beat = Beat(
            node,
            heartbeat.instance,
            heartbeat.interval_ms,
            version,
            offset if measured else None,
        )
        if not self._table.heard(beat, self._monotonic()):
            self._refused.labels("NODE_UNKNOWN").inc()
            return
        self._taken.inc()
        if message.reply:
            answer = heartbeat_pb2.HeartbeatReply()
            answer.receive_time.FromDatetime(received)
            answer.reply_time.FromDatetime(self._clock())
            await self._reply(message.reply, answer.SerializeToString())


class Sweeper:
    """Judges presence every second, and stores what changed with its events."""

    def __init__(
        self,
        table: PresenceTable,
        transactor: Transactor,
        bell: Bell,
        clock: Clock,
        monotonic: Monotonic,
        registry: CollectorRegistry,
    ) -> None:
        self._table = table
        self._transactor = transactor
        self._bell = bell
        self._clock = clock
        self._monotonic = monotonic
        self._stored = Counter(
            "tianfu_fleet_presence_writes", "Nodes whose state was stored.", registry=registry
        )
        nodes = Gauge("tianfu_fleet_nodes", "Registered nodes.", registry=registry)
        nodes.set_function(lambda: float(len(table)))

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until told to stop, and once more then."""
        forgot = self._monotonic()
        while not stop.is_set():
            await pause(stop, SWEEP_S)
            await self.sweep()
            if self._monotonic() - forgot >= REQUESTS_FORGOTTEN_EVERY_S:
                forgot = self._monotonic()
                with contextlib.suppress(Unavailable):  # the next time will do
                    await self._transactor.write(usecases.forget_requests, now=self._clock())

    async def sweep(self) -> None:
        """Judge and store once. What can't be stored now is tried again at the next sweep."""
        changes = self._table.sweep(self._monotonic())
        for start in range(0, len(changes), CHANGES_PER_TRANSACTION):
            part = changes[start : start + CHANGES_PER_TRANSACTION]
            try:
                await self._store(part)
            except Unavailable as error:
                log.warning("presence not stored", reason=error.reason, nodes=len(changes) - start)
                self._table.untold(changes[start:])
                return
            self._bell.ring()

    async def _store(self, changes: Sequence[Change]) -> None:
        now = self._clock()
        recorded: usecases.Recorded = await self._transactor.write(
            usecases.record_changes, changes, now=now
        )
        self._stored.inc(recorded.stored)
        for node_id in recorded.unknown:
            self._table.forget(node_id)


class ReportMalformed(InvalidArgument):
    """The message is no PlanReport."""

    reason = "REPORT_MALFORMED"


class NodeMismatch(InvalidArgument):
    """A node speaks under the key of another."""

    reason = "NODE_MISMATCH"


class PlanReports:
    """Takes what nodes say of their plans from their key-value bucket."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        bell: Bell,
        letters: DeadLetters,
        clock: Clock,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._bell = bell
        self._letters = letters
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop."""
        while not stop.is_set():
            for message in await self._source.take(REPORTS_AT_ONCE, SWEEP_S):
                await self.take(message)

    async def take(self, message: Message) -> None:
        """Take one report, at the time by the clock; what is wrong decides what becomes of it."""
        try:
            report = _report(message)
            now = self._clock()
            if await self._transactor.write(planning.record_report, report, now=now):
                self._bell.ring()
        except Exception as error:
            if not isinstance(error, Refusal):
                log.exception("plan report not taken", subject=message.subject)
            await self._letters.settle(message, error)
        else:
            await message.ack()


def _report(message: Message) -> node_pb2.PlanReport:
    report = node_pb2.PlanReport()
    try:
        report.ParseFromString(message.data)
        node = subjects.bucket_key_node(subjects.PLAN_REPORTS, message.subject)
    except (DecodeError, subjects.InvalidName):
        raise ReportMalformed("the bytes are no PlanReport") from None
    if report.node != node:
        raise NodeMismatch(f"the report names another node than its key, which is {node}")
    return report
