"""What the gRPC service needs of the rest, as small Protocols, and the values that pass through."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.telemetry.model import NodeAccount
from services.telemetry.registry import Entry
from services.telemetry.series_query import Answer, SeriesQuery


@dataclass(frozen=True, slots=True)
class Rows:
    """Stored readings of one block, in the order (series, time, value, quality).

    ``time_us`` is Unix microseconds; all columns have equal length.
    """

    block: int
    series: npt.NDArray[np.uint64]
    time_us: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.series)

    def part(self, start: int, end: int) -> Rows:
        """Return the readings from ``start`` up to and not at ``end``."""
        cut = slice(start, end)
        return Rows(
            self.block, self.series[cut], self.time_us[cut], self.value[cut], self.quality[cut]
        )


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an independent count found."""

    accounted_readings: int
    found_rows: int
    dropped_rows: int
    """Of days that are no longer kept."""
    duplicate_rows: int
    duplicate_batches: int


@dataclass(frozen=True, slots=True)
class IngestFigures:
    """How ingestion is doing, since the service started unless it says otherwise."""

    stored_readings: int
    """Ever."""
    stored_since_start: int
    readings_per_second: float
    repeated_batches: int
    pending_batches: int
    start_time: datetime
    nodes: int
    refused_batches: Mapping[str, int] = field(default_factory=dict)
    latency_p50: timedelta = timedelta()
    latency_p99: timedelta = timedelta()


class Register(Protocol):
    """Which series there are."""

    def find(self, node: str, series: str) -> list[Entry]:
        """Return the entries of a series' name, the newest unit first."""
        ...

    def of_node(self, node: str) -> list[Entry]:
        """Return the newest entry of each of a node's series, in order of name."""
        ...

    def nodes(self) -> list[str]:
        """Return the nodes that have series, in order."""
        ...


class Accounts(Protocol):
    """What came of each node's readings."""

    def of(self, node: str) -> NodeAccount | None:
        """Return a node's account, None when nothing was ever heard of it."""
        ...

    def nodes(self) -> Sequence[str]:
        """Return the nodes that have an account, in order."""
        ...


class Reads(Protocol):
    """Questions about one series."""

    async def query(self, entries: Sequence[Entry], query: SeriesQuery) -> Answer:
        """Answer from the readings of a series' newest unit."""
        ...


class Blocks(Protocol):
    """Stored readings in the order in which they were stored."""

    def after(self, series: Sequence[int], *, block: int, through: int) -> AsyncIterator[Rows]:
        """Yield what these series have in the blocks after ``block`` up to ``through``."""
        ...


class Audits(Protocol):
    """Counting anew."""

    async def audit(self, node: str | None) -> AuditResult:
        """Count the rows of a node, or of all, and compare with the ledger."""
        ...


class Exports(Protocol):
    """Readings as a file."""

    def parquet(self, node: str | None, start_us: int, end_us: int) -> AsyncGenerator[bytes]:
        """Yield the pieces of one Parquet file with the readings of a node, or of all."""
        ...


class Status(Protocol):
    """How ingestion is doing."""

    def figures(self) -> IngestFigures:
        """Return the figures as they are now."""
        ...


class Publisher(Protocol):
    """The way into the stream of readings."""

    async def publish(
        self, subject: str, payload: bytes, msg_id: str, headers: Mapping[str, str]
    ) -> None:
        """Return when the stream has the message; raise a Refusal when it may not."""
        ...
