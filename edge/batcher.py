"""Collect readings in open batches, one a priority, and close them when they are due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from edge.reading import Priority, Reading
from edge.ticket import Ticket
from edge.tracing import TraceContext, Tracer
from tianfu.batch_encoder import BatchBuilder, BatchFull, SeriesKey
from tianfu.reading.v1 import reading_batch_pb2 as pb


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading with what its batch needs to know of the series."""

    key: SeriesKey
    priority: Priority
    reading: Reading


@dataclass
class OpenBatch:
    """Readings of one priority that are not stored yet."""

    priority: Priority
    deadline: float
    opened_us: int
    context: TraceContext
    builder: BatchBuilder = field(init=False)
    tickets: list[Ticket] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin the columns."""
        self.builder = BatchBuilder(priority=cast("pb.Priority", int(self.priority)))

    def hold(self, ticket: Ticket) -> None:
        """Settle a ticket when this batch is settled."""
        if not self.tickets or self.tickets[-1] is not ticket:
            self.tickets.append(ticket)
            ticket.hold()

    def settle(self, *, is_kept: bool) -> None:
        """Tell every ticket what became of the batch."""
        for ticket in self.tickets:
            ticket.settle(is_kept=is_kept)


class Batcher:
    """The open batches. Time comes in as a parameter; closed batches come out in order."""

    def __init__(self, readings_max: int, close_after_s: float, tracer: Tracer) -> None:
        """Close a batch at so many readings, or so long after its first."""
        self._readings_max = readings_max
        self._close_after_s = close_after_s
        self._tracer = tracer
        self._open: dict[Priority, OpenBatch] = {}

    def __len__(self) -> int:
        """Return the readings in open batches."""
        return sum(len(batch.builder) for batch in self._open.values())

    @property
    def deadline(self) -> float | None:
        """Return when the next open batch is due, in monotonic seconds."""
        return min((batch.deadline for batch in self._open.values()), default=None)

    def add(
        self, measured: Iterable[Measured], now: float, now_us: int, ticket: Ticket | None = None
    ) -> list[OpenBatch]:
        """Add readings; return the batches that this closed.

        Urgent ones never stay open, nor those that a source waits for which sends no more.
        """
        closed: list[OpenBatch] = []
        for one in measured:
            batch = self._open.get(one.priority) or self._begin(one.priority, now, now_us)
            reading = one.reading
            try:
                batch.builder.add(one.key, reading.time_us, reading.value, reading.quality)
            except BatchFull:
                closed.append(self._open.pop(one.priority))
                batch = self._begin(one.priority, now, now_us)
                batch.builder.add(one.key, reading.time_us, reading.value, reading.quality)
            if ticket is not None:
                batch.hold(ticket)
            if len(batch.builder) >= self._readings_max:
                closed.append(self._open.pop(one.priority))
        if Priority.URGENT in self._open:
            closed.append(self._open.pop(Priority.URGENT))
        if ticket is not None and ticket.is_pressing:
            closed += self.close_all()
        return closed

    def due(self, now: float) -> list[OpenBatch]:
        """Close and return the batches that have been open long enough."""
        ready = [batch.priority for batch in self._open.values() if batch.deadline <= now]
        return [self._open.pop(priority) for priority in ready]

    def close_all(self) -> list[OpenBatch]:
        """Close and return every open batch."""
        closed = list(self._open.values())
        self._open.clear()
        return closed

    def _begin(self, priority: Priority, now: float, now_us: int) -> OpenBatch:
        batch = OpenBatch(priority, now + self._close_after_s, now_us, self._tracer.begin())
        self._open[priority] = batch
        return batch
