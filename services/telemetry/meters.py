"""How ingestion is doing: counts, rate and latency, for metrics and for GetIngestStatus."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import numpy as np
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client import Counter as Total

from services.plumbing.clock import Monotonic
from services.telemetry.usecases import Admission, Block
from tianfu.batch_limits import UNMEASURED_US

RATE_S: Final = 10.0
"""Time over which the rate is given."""

LATENCY_S: Final = 60.0
"""Time over which latencies are given."""

LATENCIES_MAX: Final = 100_000
"""Latencies kept; at 1,700 batches a second that is the whole minute."""

LATENCY_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600, 86400)


@dataclass
class IngestMeters:
    """Counts since the start. Latency is from a batch's last reading to its being queryable."""

    monotonic: Monotonic
    registry: CollectorRegistry
    readings: int = 0
    batches: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    _rates: deque[tuple[float, int]] = field(default_factory=deque)
    _latencies: deque[tuple[float, int]] = field(
        default_factory=lambda: deque(maxlen=LATENCIES_MAX)
    )

    def __post_init__(self) -> None:
        """Register the metrics."""
        area = "tianfu_telemetry"
        self._stored_total = Total(
            f"{area}_stored_readings", "Readings stored.", registry=self.registry
        )
        self._batches_total = Total(
            f"{area}_batches", "Batches by outcome.", ["outcome"], registry=self.registry
        )
        self._refused_total = Total(
            f"{area}_refused_batches", "Batches refused.", ["reason"], registry=self.registry
        )
        self._failures_total = Total(
            f"{area}_store_failures", "Blocks the store did not take.", registry=self.registry
        )
        self._latency = Histogram(
            f"{area}_latency_seconds",
            "From a batch's last reading to its being queryable.",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )

    def stored(self, block: Block, admission: Admission, now_us: int) -> None:
        """Count a stored block."""
        now = self.monotonic()
        self.readings += block.rows
        self.batches += len(admission.stored)
        self.repeated += len(admission.repeated)
        self._stored_total.inc(block.rows)
        self._batches_total.labels("stored").inc(len(admission.stored))
        self._batches_total.labels("repeated").inc(len(admission.repeated))
        for one in admission.refused:
            self.refused[one.reason] += 1
            self._refused_total.labels(one.reason).inc()
        self._rates.append((now, block.rows))
        for prepared in admission.stored:
            if prepared.batch.header.count:
                offset = prepared.batch.header.clock_offset_us
                correction = 0 if offset == UNMEASURED_US else offset
                latency = max(0, now_us - prepared.last_us - correction)
                self._latencies.append((now, latency))
                self._latency.observe(latency / 1e6)

    def failed(self) -> None:
        """Count a block that the store did not take."""
        self.failures += 1
        self._failures_total.inc()

    def readings_per_second(self) -> float:
        """Return the rate over the last ten seconds."""
        now = self.monotonic()
        while self._rates and self._rates[0][0] < now - RATE_S:
            self._rates.popleft()
        return sum(rows for _, rows in self._rates) / RATE_S

    def latency(self, percentiles: tuple[float, ...] = (50, 99)) -> list[timedelta]:
        """Return percentiles over the last minute; zero when nothing was stored."""
        since = self.monotonic() - LATENCY_S
        recent = [us for when, us in self._latencies if when >= since]
        if not recent:
            return [timedelta() for _ in percentiles]
        return [timedelta(microseconds=float(p)) for p in np.percentile(recent, percentiles)]
