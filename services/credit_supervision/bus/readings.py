"""Readings of polluters' monitors, from the stream READINGS, added to their hours once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final

import nats.errors
import nats.js.errors
import numpy as np
import structlog
from nats.aio.client import Client
from prometheus_client import CollectorRegistry, Counter

from services.credit_supervision.model.monitoring import HOUR_S, Hour
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import monitoring
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.pause import pause
from services.plumbing.refusal import InvalidArgument, Refusal
from services.plumbing.rules import RuleBook
from services.plumbing.streams import Taker, jetstream
from tianfu import subjects, tasks
from tianfu.batch_decoder import DecodedBatch, InvalidBatch, decode
from tianfu.reading.v1 import reading_batch_pb2

AT_ONCE: Final = 100
TAKE_S: Final = 1.0
LOOK_S: Final = 2.0
"""Between looks at which series are watched."""

JUDGE_EVERY_S: Final = 5.0
ACK_WAIT_S: Final = 15.0
ACKS_PENDING_MAX: Final = 5_000

FORGOTTEN_S: Final = 72 * 3_600.0
"""The stream keeps what a durable has not taken, and is closed to all when it is full: a service
that has not asked for so long is waited for no longer."""

FUTURE_US: Final = 10 * 60 * 1_000_000
PAST_US: Final = monitoring.HOURS_KEPT * HOUR_S * 1_000_000
HOUR_US: Final = HOUR_S * 1_000_000
BELIEVED: Final = (reading_batch_pb2.QUALITY_GOOD_UNSPECIFIED,)
"""HJ 212's flags other than N come as other qualities: calibration and faults are no discharge."""

Watched = Mapping[tuple[str, str], str]
"""(node, series) of what is watched, with the id of its point."""

log = structlog.get_logger(__name__)


class BatchRefused(InvalidArgument):
    """A batch that can't be read, or that speaks for another node."""

    reason = "BATCH_MALFORMED"


class ReadingsTaker:
    """Takes the batches of watched nodes; where nothing is watched there is no durable."""

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
        self._registry = registry
        self._watched: Watched = {}
        self._batches = Counter(
            "tianfu_credit_batches", "Batches by outcome.", ["outcome"], registry=registry
        )
        self._leads = Counter(
            "tianfu_credit_leads", "Leads of monitors, repeated ones included.", registry=registry
        )
        self._source = PullConsumer(
            link, subjects.READINGS, subjects.CREDIT_READINGS, ensure=self._ensure,
            registry=registry,
        )  # fmt: skip

    async def run(self, stop: asyncio.Event) -> None:
        """Take and judge until told to stop."""
        judging = asyncio.create_task(self._judge(stop), name="monitors")
        try:
            while not stop.is_set():
                try:
                    await self._look(stop)
                except (Refusal, nats.errors.Error, nats.js.errors.Error) as error:
                    log.warning("readings not taken yet", kind=type(error).__name__)
                    await pause(stop, LOOK_S)
        finally:
            await tasks.end([judging])

    async def _look(self, stop: asyncio.Event) -> None:
        """Take while the same nodes are watched."""
        self._watched = await self._known()
        nodes = {node for node, _ in self._watched}
        if not nodes:
            with contextlib.suppress(nats.js.errors.NotFoundError):
                await jetstream(self._link).delete_consumer(
                    subjects.READINGS, subjects.CREDIT_READINGS
                )
            await pause(stop, LOOK_S)
            return
        await self._source.start()
        try:
            while not stop.is_set():
                for message in await self._source.take(AT_ONCE, TAKE_S):
                    await self.take(message)
                self._watched = await self._known()
                if {node for node, _ in self._watched} != nodes:
                    return
        finally:
            await self._source.stop()

    async def _known(self) -> Watched:
        found = await self._transactor.read(lambda tx: tx.watched_series())
        return {(each.node, each.series): each.point_id for each in found}

    async def take(self, message: Message) -> None:
        """Take one batch; what is wrong with it decides what becomes of it."""
        try:
            name, hours = self.hours_of(message.subject, message.data)
            is_new = True
            if hours:
                is_new = await self._transactor.write(monitoring.record, name, hours)
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                log.error("batch not taken", kind=type(error).__name__)  # noqa: TRY400 - a library's text may quote a value
            self._batches.labels("refused").inc()
            await self._letters.settle(message, error)
            return
        self._batches.labels("taken" if is_new else "repeated").inc()
        await message.ack()

    def hours_of(self, subject: str, data: bytes) -> tuple[str, list[Hour]]:
        """Return a batch's name and what it adds to which hours; raise BatchRefused."""
        try:
            decoded = decode(data)
            node = subjects.reading_node(subject)
        except (InvalidBatch, subjects.InvalidName) as error:
            raise BatchRefused(str(error)) from None
        header = decoded.header
        if header.node != node:
            raise BatchRefused(f"the batch names node {header.node}, its subject {node}")
        name = f"{node}/{header.epoch:x}/{header.sequence}"
        return name, self._hours(node, decoded)

    def _hours(self, node: str, decoded: DecodedBatch) -> list[Hour]:
        now_us = int(self._clock().timestamp() * 1e6)
        times = decoded.time_us
        kept = (times <= now_us + FUTURE_US) & (times >= now_us - PAST_US)
        kept &= np.isin(decoded.quality, BELIEVED) & np.isfinite(decoded.value)
        found = []
        for index, series in enumerate(decoded.series):
            point = self._watched.get((node, series.series))
            if point is None:
                continue
            own = kept & (decoded.series_index == index)
            hours = times[own] // HOUR_US
            for hour in np.unique(hours):
                values = decoded.value[own][hours == hour]
                found.append(Hour(point, int(hour), len(values), float(values.sum())))
        return found

    async def _judge(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                leads = await self._transactor.write(
                    monitoring.judge, self._book, now=self._clock()
                )
                self._leads.inc(leads)
            except Refusal as refusal:
                # What is not judged stays so: the next look takes it.
                log.warning("hours not judged", reason=refusal.reason)
            await pause(stop, JUDGE_EVERY_S)

    async def _ensure(self) -> None:
        nodes = sorted({node for node, _ in self._watched})
        taker = Taker(
            subjects.READINGS,
            subjects.CREDIT_READINGS,
            ACK_WAIT_S,
            ACKS_PENDING_MAX,
            [subjects.reading(subjects.node_id(node)) for node in nodes],
            FORGOTTEN_S,
        )
        await taker.ensure(jetstream(self._link))
