"""Readings of monitors in: of the nodes that have one, from the stream of all readings.

Every reading is telemetry's; this durable looks at each batch's node, passes over those without a
monitor, and takes the rest into patients' states, many batches in one transaction. A batch is
acknowledged when that is committed: after a kill it comes again, and changes nothing twice. One
that had not been taken by then comes after newer ones; it is noticed by its number, so that all
batches of a node that has a monitor count, also those without a vital sign.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.healthcare.model import hangings
from services.healthcare.model.arrivals import Number
from services.healthcare.model.documents import AsOf, Kind, Wanted
from services.healthcare.model.hangings import BEGINNING, Hanging
from services.healthcare.model.vital_state import Seen
from services.healthcare.ports import Transaction
from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases import monitoring
from services.healthcare.usecases.monitoring import Block
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Refusal
from tianfu import batch_decoder, subjects
from tianfu.batch_decoder import InvalidBatch
from tianfu.batch_limits import UNMEASURED_US
from tianfu.healthcare.v1 import exchange_pb2
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.scores import monitor

AT_ONCE: Final = 500
"""Batches taken together."""

TAKE_S: Final = 0.5
MONITORS_MAX: Final = 20_000
TIMES_US: Final = 31_536_000_000_000, 4_102_444_800_000_000
"""From 1971 to 2100: a time outside of it is no clock's, and none that a row could hold."""

BUCKETS_S: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 30.0, 600.0)

log = structlog.get_logger(__name__)

Monitors = Mapping[str, Mapping[str, Sequence[Hanging]]]
"""Whom monitors hung on, by node and prefix of the series."""

sign_of = functools.lru_cache(maxsize=1 << 17)(monitor.sign_of)
"""Remembered: each batch names its series anew."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A batch of a node that has a monitor: its number, and (patient, reading) of its good ones."""

    node: str
    number: Number
    readings: Sequence[tuple[str, Seen]]

    @property
    def latest_s(self) -> float | None:
        """When the latest was measured, in Unix seconds, None when there is none."""
        return max((seen[1] / 1e6 for _, seen in self.readings), default=None)


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
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._desk = desk
        self._letters = letters
        self._clock = clock
        self._monitors: Monitors = {}
        self._nodes: Mapping[str, frozenset[str]] = {}
        self._looked: AsOf | None = None
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
        kept: list[tuple[Message, Heard]] = []
        for message in messages:
            try:
                heard = read(message.subject, message.data, self._monitors)
            except BatchRefused as error:
                await self._letters.bury(message, error)
                continue
            if heard is None:
                await message.ack()
            else:
                kept.append((message, heard))
        if kept:
            await self._store(kept)

    async def _store(self, kept: Sequence[tuple[Message, Heard]]) -> None:
        block = block_of([heard for _, heard in kept], self._nodes)
        try:
            scores, _ = await self._transactor.write(
                monitoring.record, self._desk, block, now=self._clock()
            )
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                log.error("vital signs not taken", kind=type(error).__name__)  # noqa: TRY400 - the type alone
            for message, _ in kept:
                await self._letters.settle(message, error)
            return
        self._readings.inc(sum(len(each) for each in block.seen.values()))
        self._scores.inc(scores)
        now = self._clock().timestamp()
        for message, heard in kept:
            if heard.latest_s is not None:
                self._delay.observe(max(0.0, now - heard.latest_s))
            await message.ack()

    async def _look(self) -> None:
        """Know the monitors that hang as these batches are taken.

        A batch's readings were taken before it came. Whoever was told before them that a monitor
        hangs, finds all of them counted: a list of a second ago lost a patient's first values.
        """
        found = await self._transactor.read(monitors_unless, self._looked)
        if found is not None:
            self._looked, self._monitors = found
            self._nodes = nodes_of(self._monitors)


def monitors_unless(tx: Transaction, known: AsOf | None) -> tuple[AsOf, Monitors] | None:
    """Return the monitors and as of when; None when none was moved since they were ``known``."""
    if known is not None and tx.as_of(Kind.MONITOR, known) == known:
        return None
    return tx.as_of(Kind.MONITOR), monitors(tx)


def monitors(tx: Transaction) -> Monitors:
    """Return the monitors that hang on somebody or did, by node."""
    found: dict[str, dict[str, Sequence[Hanging]]] = {}
    for (node, prefix), known in tx.all_hangings().items():
        found.setdefault(node, {})[prefix] = known
    # One that hung on somebody before there was a history, and has not been moved since.
    for document in tx.documents(Kind.MONITOR, Wanted(), 0, MONITORS_MAX, by_id=True):
        if document.parent:
            own = exchange_pb2.Monitor.FromString(document.body)
            always = [Hanging(BEGINNING, document.parent)]
            found.setdefault(document.label, {}).setdefault(own.series_prefix, always)
    return found


def nodes_of(monitors: Monitors) -> Mapping[str, frozenset[str]]:
    """Return the nodes whose monitors hang on each patient."""
    found: dict[str, set[str]] = {}
    for node, own in monitors.items():
        for known in own.values():
            for _, patient_id in known:
                found.setdefault(patient_id, set()).add(node)
    return {patient_id: frozenset(nodes) for patient_id, nodes in found.items()}


def block_of(batches: Sequence[Heard], nodes: Mapping[str, frozenset[str]]) -> Block:
    """Return batches as they are taken together; ``nodes`` are those of patients."""
    seen: dict[str, list[Seen]] = {}
    numbers: dict[str, list[Number]] = {}
    for heard in batches:
        numbers.setdefault(heard.node, []).append(heard.number)
        for patient_id, reading in heard.readings:
            seen.setdefault(patient_id, []).append(reading)
    return Block(seen, numbers, nodes)


def read(subject: str, data: bytes, monitors: Monitors) -> Heard | None:
    """Return what a batch says, None when its node has no monitor; raise BatchRefused."""
    try:
        own = monitors.get(subjects.reading_node(subject))
        if own is None:
            return None
        batch = batch_decoder.decode(data)
    except (InvalidBatch, subjects.InvalidName):
        raise BatchRefused("the bytes are no sound batch of readings") from None
    if subject != subjects.reading(subjects.node_id(batch.header.node)):
        raise BatchRefused("the batch names another node than its subject")
    of_series = [_sign(each, own) for each in batch.series]
    ahead_us = batch.header.clock_offset_us
    ahead_us = 0 if ahead_us == UNMEASURED_US else ahead_us
    found: list[tuple[str, Seen]] = []
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
        known, name = whose
        # The node's clock may be wrong, the platform's says when a monitor was moved.
        if patient_id := hangings.whose(known, (time_us + ahead_us) / 1e6):
            found.append((patient_id, (name, time_us, value)))
    number = batch.header.epoch, batch.first_sequence, batch.header.sequence
    return Heard(batch.header.node, number, found)


def _sign(
    series: reading_batch_pb2.Series, own: Mapping[str, Sequence[Hanging]]
) -> tuple[Sequence[Hanging], str] | None:
    found = sign_of(series.series, series.unit)
    if found is None or found[0] not in own:
        return None
    return own[found[0]], found[1]
