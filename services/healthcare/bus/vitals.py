"""Readings of monitors in: of the nodes that have one, from the stream of all readings.

Every reading is telemetry's; this durable looks at each batch's node, passes over those without a
monitor, and takes the rest into patients' states, many batches in one transaction. A batch is
acknowledged when that is committed: after a kill it comes again, and changes nothing twice.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.model.vital_state import Seen
from services.healthcare.ports import Transaction
from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases import monitoring
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Refusal
from tianfu import batch_decoder, subjects
from tianfu.batch_decoder import InvalidBatch
from tianfu.healthcare.v1 import exchange_pb2
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.scores import monitor

AT_ONCE: Final = 500
"""Batches taken together."""

TAKE_S: Final = 0.5
MONITORS_S: Final = 1.0
"""How old the list of monitors may be: one that is hung up counts from a second later on."""

MONITORS_MAX: Final = 20_000
TIMES_US: Final = 31_536_000_000_000, 4_102_444_800_000_000
"""From 1971 to 2100: a time outside of it is no clock's, and none that a row could hold."""

BUCKETS_S: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 30.0, 600.0)

log = structlog.get_logger(__name__)

Monitors = Mapping[str, Mapping[str, str]]
"""Patients by node and prefix of the series."""

sign_of = functools.lru_cache(maxsize=1 << 17)(monitor.sign_of)
"""Remembered: each batch names its series anew."""


class BatchRefused(InvalidArgument):
    """No sound batch of readings."""

    reason = "BATCH_UNSOUND"


class VitalsTaker:
    """Takes the readings of monitors from the stream READINGS."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        desk: RuleDesk,
        letters: DeadLetters,
        clock: Clock,
        monotonic: Monotonic,
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._desk = desk
        self._letters = letters
        self._clock = clock
        self._monotonic = monotonic
        self._monitors: Monitors = {}
        self._looked = float("-inf")
        self._readings = Counter(
            "tianfu_healthcare_monitor_readings", "Readings of monitors taken.", registry=registry
        )
        self._scores = Counter(
            "tianfu_healthcare_monitor_scores", "Scores of monitors' values.", registry=registry
        )
        self._delay = Histogram(
            "tianfu_healthcare_vital_delay_seconds",
            "From the latest reading of a batch, by the node's clock, until it was stored.",
            buckets=BUCKETS_S,
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Take until told to stop."""
        while not stop.is_set():
            messages = await self._source.take(AT_ONCE, TAKE_S)
            if messages:
                await self._take(messages)

    async def _take(self, messages: Sequence[Message]) -> None:
        try:
            await self._look()
        except Refusal as error:
            for message in messages:
                await self._letters.settle(message, error)
            return
        kept: list[tuple[Message, float]] = []
        seen: dict[str, list[Seen]] = {}
        count = 0
        for message in messages:
            try:
                found = read(message.subject, message.data, self._monitors)
            except BatchRefused as error:
                await self._letters.bury(message, error)
                continue
            if not found:
                await message.ack()
                continue
            for patient_id, reading in found:
                seen.setdefault(patient_id, []).append(reading)
            count += len(found)
            latest_us = max(time_us for _, (_, time_us, _) in found)
            kept.append((message, latest_us / 1e6))
        if kept:
            await self._store([each for each, _ in kept], [at for _, at in kept], seen, count)

    async def _store(
        self,
        messages: Sequence[Message],
        latest: Sequence[float],
        seen: Mapping[str, Sequence[Seen]],
        count: int,
    ) -> None:
        try:
            scores, _ = await self._transactor.write(
                monitoring.record, self._desk, seen, now=self._clock()
            )
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                log.error("vital signs not taken", kind=type(error).__name__)  # noqa: TRY400 - the type alone
            for message in messages:
                await self._letters.settle(message, error)
            return
        self._readings.inc(count)
        self._scores.inc(scores)
        now = self._clock().timestamp()
        for message, at in zip(messages, latest, strict=True):
            self._delay.observe(max(0.0, now - at))
            await message.ack()

    async def _look(self) -> None:
        if self._monotonic() - self._looked >= MONITORS_S:
            self._monitors = await self._transactor.read(monitors)
            self._looked = self._monotonic()


def monitors(tx: Transaction) -> Monitors:
    """Return the monitors that hang on somebody, by node."""
    found: dict[str, dict[str, str]] = {}
    for document in tx.documents(Kind.MONITOR, Wanted(), 0, MONITORS_MAX, by_id=True):
        if document.parent:
            own = exchange_pb2.Monitor.FromString(document.body)
            found.setdefault(document.label, {})[own.series_prefix] = document.parent
    return found


def read(subject: str, data: bytes, monitors: Monitors) -> list[tuple[str, Seen]]:
    """Return (patient, reading) of a batch's good readings; raise BatchRefused."""
    try:
        own = monitors.get(subjects.reading_node(subject))
        if own is None:
            return []
        batch = batch_decoder.decode(data)
    except (InvalidBatch, subjects.InvalidName):
        raise BatchRefused("the bytes are no sound batch of readings") from None
    if subject != subjects.reading(subjects.node_id(batch.header.node)):
        raise BatchRefused("the batch names another node than its subject")
    of_series = [_sign(each, own) for each in batch.series]
    found = []
    good = reading_batch_pb2.QUALITY_GOOD_UNSPECIFIED
    columns = zip(
        batch.series_index.tolist(),
        batch.time_us.tolist(),
        batch.value.tolist(),
        batch.quality.tolist(),
        strict=True,
    )
    for index, time_us, value, quality in columns:
        whose = of_series[index]
        if whose is None or quality != good or not TIMES_US[0] <= time_us < TIMES_US[1]:
            continue
        patient_id, name = whose
        found.append((patient_id, (name, time_us, value)))
    return found


def _sign(series: reading_batch_pb2.Series, own: Mapping[str, str]) -> tuple[str, str] | None:
    found = sign_of(series.series, series.unit)
    if found is None or found[0] not in own:
        return None
    return own[found[0]], found[1]
