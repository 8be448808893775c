"""What nodes say by NATS: heartbeats in, answers out, and reports of their plans."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.fleet import usecases
from services.fleet.bell import Bell
from services.fleet.presence import Beat, Change, PresenceTable
from services.fleet.store import Transactor
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.refusal import Refusal, Unavailable
from tianfu import subjects
from tianfu.batch_limits import UNMEASURED_US
from tianfu.fleet.v1 import heartbeat_pb2, node_pb2

SWEEP_S: Final = 1.0
"""How often presence is judged: transitions are stored this much later, all at once."""

CHANGES_PER_TRANSACTION: Final = 500
"""Transitions stored together; a province that goes dark takes a few transactions."""

REPORTS_AT_ONCE: Final = 100
"""Plan reports taken together."""

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
        offset = heartbeat.clock_offset_us
        beat = Beat(
            node_id=node,
            instance=heartbeat.instance,
            interval=timedelta(milliseconds=heartbeat.interval_ms),
            agent_version=heartbeat.agent_version,
            clock_offset_us=None if offset == UNMEASURED_US else offset,
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
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await stop.wait()
            await self.sweep()

    async def sweep(self) -> None:
        """Judge and store once. What can't be stored now is tried again at the next sweep."""
        changes = self._table.sweep(self._monotonic())
        for start in range(0, len(changes), CHANGES_PER_TRANSACTION):
            part = changes[start : start + CHANGES_PER_TRANSACTION]
            try:
                stored = await self._store(part)
            except Unavailable as error:
                log.warning("presence not stored", reason=error.reason, nodes=len(changes) - start)
                self._table.untold(changes[start:])
                return
            self._stored.inc(stored)
            self._bell.ring()

    async def _store(self, changes: Sequence[Change]) -> int:
        now = self._clock()
        return int(await self._transactor.write(usecases.record_changes, changes, now=now))


class PlanReports:
    """Takes what nodes say of their plans from their key-value bucket."""

    def __init__(
        self,
        source: Any,
        transactor: Transactor,
        bell: Bell,
        bury: Callable[[Any, str, str], Awaitable[None]],
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._bell = bell
        self._bury = bury

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop."""
        while not stop.is_set():
            for message in await self._source.take(REPORTS_AT_ONCE, SWEEP_S):
                await self._take(message)

    async def _take(self, message: Any) -> None:
        try:
            report = node_pb2.PlanReport.FromString(message.data)
            node = subjects.bucket_key_node(subjects.PLAN_REPORTS, message.subject)
        except (DecodeError, subjects.InvalidName):
            await self._bury(message, "REPORT_MALFORMED", "the bytes are no PlanReport")
            return
        if report.node != node:
            text = f"the report says it is of {report.node!r}, its key is of {node}"
            await self._bury(message, "NODE_MISMATCH", text)
            return
        try:
            if await self._transactor.write(usecases.record_report, report):
                self._bell.ring()
        except Refusal as error:
            log.warning("plan report not stored", node=node, reason=error.reason)
            await message.nak()
            return
        await message.ack()
