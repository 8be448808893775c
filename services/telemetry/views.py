"""What the gRPC service sees of ingestion: accounts, figures, traces of stored batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.plumbing import tracing
from services.plumbing.clock import Clock
from services.plumbing.tracing import Tracer
from services.telemetry.bus import Ingest
from services.telemetry.model import NodeAccount
from services.telemetry.ports import IngestFigures
from services.telemetry.usecases import Admission, Block


class LedgerAccounts:
    """The accounts as ingestion has them. The ledger object changes when it is read anew."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def of(self, node: str) -> NodeAccount | None:
        """Return a node's account, None when nothing was ever heard of it."""
        return self._ingest.ledger.nodes.get(node)

    def nodes(self) -> Sequence[str]:
        """Return the nodes that have an account, in order."""
        return sorted(self._ingest.ledger.nodes)


class IngestStatusView:
    """The figures of GetIngestStatus."""

    def __init__(self, ingest: Ingest, source: Any, started: datetime) -> None:
        self._ingest = ingest
        self._source = source
        self._started = started

    def figures(self) -> IngestFigures:
        """Return the figures as they are now."""
        meters, nodes = self._ingest.meters, self._ingest.ledger.nodes
        p50, p99 = meters.latency()
        return IngestFigures(
            stored_readings=sum(account.stored for account in nodes.values()),
            stored_since_start=meters.readings,
            readings_per_second=meters.readings_per_second(),
            repeated_batches=meters.repeated,
            pending_batches=self._ingest.pending,
            start_time=self._started,
            nodes=len(nodes),
            refused_batches=dict(meters.refused),
            latency_p50=p50,
            latency_p99=p99,
        )


class StoreSpans:
    """Ends the trace of each traced batch with a span: from its being taken to its being stored."""

    def __init__(self, tracer: Tracer, clock: Clock) -> None:
        self._tracer = tracer
        self._clock = clock

    def record(self, block: Block, admission: Admission) -> None:
        """Add the spans of a stored block's batches."""
        now_us = int(self._clock().timestamp() * 1e6)
        for one in admission.stored:
            parent = tracing.extract(getattr(one.message, "headers", None))
            if parent is None:
                continue
            header = one.batch.header
            self._tracer.record(
                "telemetry.store",
                parent=parent,
                start_us=one.taken_us,
                end_us=now_us,
                attributes={
                    "tianfu.node": header.node,
                    "tianfu.epoch": f"{header.epoch:x}",
                    "tianfu.sequence": header.sequence,
                    "tianfu.readings": header.count,
                    "tianfu.block": block.number,
                },
            )
