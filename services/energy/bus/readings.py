"""Readings of the meters that are known, from the stream READINGS, many batches a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Final

import numpy as np
import structlog
from prometheus_client import CollectorRegistry, Counter

from services.energy.ports import Desk
from services.energy.store.transaction import Transactor
from services.energy.usecases.accounting import Batch, Points, Recorded, record_batches
from services.energy.usecases.consumption import microseconds
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Unavailable
from tianfu import subjects
from tianfu.batch_decoder import DecodedBatch, InvalidBatch, decode
from tianfu.reading.v1 import reading_batch_pb2

AT_ONCE: Final = 200
"""Batches of one transaction."""

TAKE_S: Final = 1.0

BELIEVED = (reading_batch_pb2.QUALITY_GOOD_UNSPECIFIED, reading_batch_pb2.QUALITY_UNCERTAIN)
FUTURE_US: Final = 10 * 60 * 1_000_000
"""A register read in ten minutes was read by a clock that is wrong."""

PAST_US: Final = 400 * 86_400 * 1_000_000
"""Nothing is kept at a node for more than a year; an older time is a clock that stood at its
beginning."""

log = structlog.get_logger(__name__)


class BatchRefused(InvalidArgument):
    """A batch that can't be read, or that speaks for another node."""

    reason = "BATCH_MALFORMED"


class ReadingsTaker:
    """Takes batches, picks what meters show, has it accounted for."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        desk: Desk,
        letters: DeadLetters,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._desk = desk
        self._letters = letters
        self._clock = clock
        self._batches = Counter(
            "tianfu_energy_batches", "Batches by outcome.", ["outcome"], registry=registry
        )
        self._readings = Counter(
            "tianfu_energy_readings_left_out",
            "Readings of known meters that are not accounted for, by reason.",
            ["reason"],
            registry=registry,
        )
        self._intervals = Counter(
            "tianfu_energy_intervals", "Intervals by what became of them.", ["what"],
            registry=registry,
        )  # fmt: skip

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop."""
        while not stop.is_set():
            messages = await self._source.take(AT_ONCE, TAKE_S)
            if messages:
                await self.take(messages)

    async def take(self, messages: list[Message]) -> None:
        """Account for messages together; those that can't be read are buried one by one."""
        read: list[tuple[Message, DecodedBatch]] = []
        for message in messages:
            try:
                read.append((message, _read(message)))
            except BatchRefused as refusal:
                self._batches.labels("refused").inc()
                await self._letters.settle(message, refusal)
        # Asked each time: a list of a while ago would pass over a meter that was made since.
        nodes = {batch.header.node for _, batch in read}
        try:
            metered = await self._transactor.read(lambda tx: tx.metered(nodes))
        except Unavailable as error:
            await self._give_back([message for message, _ in read], error)
            return
        now_us = microseconds(self._clock())
        await self._account(
            [(message, self._batch_of(batch, metered, now_us)) for message, batch in read]
        )

    async def _account(self, good: list[tuple[Message, Batch]]) -> None:
        """Account for batches; when they fail together, one by one, so that one is at fault."""
        batches = [batch for _, batch in good if batch.points]
        try:
            recorded = Recorded()
            if batches:
                recorded = await self._transactor.write(
                    record_batches, self._desk, batches, now=self._clock()
                )
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Unavailable):
                log.error("batches not accounted for", kind=type(error).__name__)  # noqa: TRY400 - a driver's text may quote a value
            if isinstance(error, Unavailable) or len(good) == 1:
                await self._give_back([message for message, _ in good], error)
                return
            for each in good:
                await self._account([each])
            return
        self._batches.labels("taken").inc(len(batches) - recorded.repeated)
        self._batches.labels("repeated").inc(recorded.repeated)
        self._batches.labels("of_no_meter").inc(len(good) - len(batches))
        self._intervals.labels("new").inc(recorded.intervals)
        self._intervals.labels("restated").inc(recorded.restated)
        self._intervals.labels("doubted").inc(recorded.doubted)
        for message, _ in good:
            await message.ack()

    async def _give_back(self, messages: list[Message], error: Exception) -> None:
        self._batches.labels("given_back").inc(len(messages))
        for message in messages:
            await self._letters.settle(message, error)

    def _batch_of(
        self, decoded: DecodedBatch, metered: Container[tuple[str, str]], now_us: int
    ) -> Batch:
        header = decoded.header
        name = f"{header.node}/{header.epoch:x}/{header.sequence}"
        return Batch(name, self._points(decoded, metered, now_us))

    def _points(
        self, decoded: DecodedBatch, metered: Container[tuple[str, str]], now_us: int
    ) -> dict[tuple[str, str], Points]:
        """Return times and values of the series that are meters' registers."""
        found: dict[tuple[str, str], Points] = {}
        node = decoded.header.node
        wanted = {
            index: each.series
            for index, each in enumerate(decoded.series)
            if (node, each.series) in metered
        }
        if not wanted:
            return found
        times = decoded.time_us
        believed = np.isin(decoded.quality, BELIEVED)
        timely = (times <= now_us + FUTURE_US) & (times >= now_us - PAST_US)
        for index, series in wanted.items():
            own = decoded.series_index == index
            kept = own & believed & timely
            self._readings.labels("quality").inc(int((own & ~believed).sum()))
            self._readings.labels("clock").inc(int((own & believed & ~timely).sum()))
            if kept.any():
                found[node, series] = (times[kept], decoded.value[kept])
        return found


def _read(message: Message) -> DecodedBatch:
    """Return a message's batch; raise BatchRefused."""
    try:
        decoded = decode(message.data)
        node = subjects.reading_node(message.subject)
    except (InvalidBatch, subjects.InvalidName) as error:
        raise BatchRefused(str(error)) from None
    if decoded.header.node != node:
        raise BatchRefused(f"the batch names node {decoded.header.node}, its subject {node}")
    return decoded
