"""The contract's messages from and to the service's values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.telemetry.model import NodeAccount
from services.telemetry.ports import AuditResult, IngestFigures
from services.telemetry.registry import Entry
from services.telemetry.series_query import (
    MAX_POINTS_DEFAULT,
    Aggregate,
    Answer,
    GapHandling,
    SeriesQuery,
    Source,
)
from services.telemetry.watch import Piece
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.telemetry.v1 import telemetry_pb2 as pb
from tianfu.telemetry.v1 import telemetry_service_pb2 as service_pb

MISSING_RANGES_MAX: Final = 1_000
"""Missing ranges of an answer; ``missing_batches`` counts those of all ranges whatsoever."""

ALL: Final = "-"
"""The node's place in a name when all nodes are meant (AIP-159)."""

AGGREGATES: Final[Mapping[int, Aggregate]] = {
    service_pb.AGGREGATE_MEAN: Aggregate.MEAN,
    service_pb.AGGREGATE_MIN: Aggregate.MIN,
    service_pb.AGGREGATE_MAX: Aggregate.MAX,
    service_pb.AGGREGATE_SUM: Aggregate.SUM,
    service_pb.AGGREGATE_COUNT: Aggregate.COUNT,
    service_pb.AGGREGATE_FIRST: Aggregate.FIRST,
    service_pb.AGGREGATE_LAST: Aggregate.LAST,
}
GAPS: Final[Mapping[int, GapHandling]] = {
    service_pb.GAP_HANDLING_OMIT_UNSPECIFIED: GapHandling.OMIT,
    service_pb.GAP_HANDLING_NAN: GapHandling.NAN,
    service_pb.GAP_HANDLING_PREVIOUS: GapHandling.PREVIOUS,
    service_pb.GAP_HANDLING_LINEAR: GapHandling.LINEAR,
}
SOURCES: Final[Mapping[Source, service_pb.QuerySource]] = {
    Source.READINGS: service_pb.QUERY_SOURCE_READINGS,
    Source.MINUTES: service_pb.QUERY_SOURCE_MINUTES,
    Source.QUARTER_HOURS: service_pb.QUERY_SOURCE_QUARTER_HOURS,
}


def node_of(name: str) -> str | None:
    """Return the node of ``nodes/{node}`` with or without more; None for all nodes."""
    node = name.split("/")[1]
    return None if node == ALL else node


def series_of(name: str) -> tuple[str, str]:
    """Return node and series of ``nodes/{node}/series/{series}``."""
    _, node, _, series = name.split("/")
    return node, series


def query_from(request: service_pb.QuerySeriesRequest) -> SeriesQuery:
    """Return the question of a request; raise a Refusal for one that contradicts itself."""
    return SeriesQuery(
        start_us=request.start_time.ToMicroseconds(),
        end_us=request.end_time.ToMicroseconds(),
        aggregate=AGGREGATES.get(request.aggregate),
        step_us=request.step.ToMicroseconds(),
        gap_handling=GAPS[request.gap_handling],
        max_points=request.max_points or MAX_POINTS_DEFAULT,
    )


def answer_to(answer: Answer) -> service_pb.QuerySeriesResponse:
    """Return the response that says an answer."""
    points = answer.points
    return service_pb.QuerySeriesResponse(
        time_us=points.time_us.tolist(),
        value=points.value.tolist(),
        quality=points.quality.tolist(),
        readings=points.readings.tolist(),
        unit=answer.unit,
        source=SOURCES[answer.source],
    )


def series_to(newest: Entry, first: Entry) -> pb.Series:
    """Return a series by the entry of its newest unit and that of its first."""
    key = newest.key
    return pb.Series(
        name=f"nodes/{key.node}/series/{key.series}",
        unit=key.unit,
        retention_class=cast("reading_batch_pb2.RetentionClass", key.retention_class),
        create_time=timestamp(first.created_at_us),
    )


def piece_to(
    piece: Piece, places: Mapping[int, int], resume_token: str
) -> service_pb.WatchSeriesResponse:
    """Return the response with a piece's readings; ``places`` are the series' in the request."""
    rows = piece.rows
    return service_pb.WatchSeriesResponse(
        name_index=[places[number] for number in rows.series.tolist()],
        time_us=rows.time_us.tolist(),
        value=rows.value.tolist(),
        quality=rows.quality.tolist(),
        resume_token=resume_token,
    )


def delivery_to(node: str, account: NodeAccount) -> pb.Delivery:
    """Return a node's account. Missing ranges are cut off at their limit, their count is not."""
    drops = [
        reading_batch_pb2.Drop(
            priority=cast("reading_batch_pb2.Priority", key.priority),
            reason=cast("reading_batch_pb2.DropReason", key.reason),
            readings=number,
        )
        for key, number in sorted(account.drops.items())
    ]
    delivery = pb.Delivery(
        name=f"nodes/{node}/delivery",
        produced=account.produced,
        stored=account.stored,
        drops=drops,
        dropped=sum(drop.readings for drop in drops),
        in_flight=account.in_flight,
        missing_ranges=[
            pb.MissingRange(epoch=epoch, first_sequence=gap.first, last_sequence=gap.last)
            for epoch, gap in islice(account.missing(), MISSING_RANGES_MAX)
        ],
        missing_batches=sum(gap.last - gap.first + 1 for _, gap in account.missing()),
        repeated_batches=account.repeated_batches,
        conflicting_batches=account.conflicting_batches,
        refused_batches=account.refused_batches,
        refused_readings=account.refused_readings,
        epochs=[
            pb.EpochDelivery(
                epoch=number,
                high_water_sequence=epoch.high_water,
                last_sequence=epoch.last,
                produced=epoch.produced,
                stored=epoch.stored,
                dropped=epoch.dropped,
            )
            for number, epoch in reversed(account.epochs.items())
        ],
    )
    if account.stored_at_us:
        delivery.store_time.CopyFrom(timestamp(account.stored_at_us))
    return delivery


def audit_to(result: AuditResult) -> service_pb.AuditDeliveryResponse:
    """Return the response that says what a count found."""
    return service_pb.AuditDeliveryResponse(
        accounted_readings=result.accounted_readings,
        found_rows=result.found_rows,
        dropped_rows=result.dropped_rows,
        duplicate_rows=result.duplicate_rows,
        duplicate_batches=result.duplicate_batches,
    )


def status_to(figures: IngestFigures) -> pb.IngestStatus:
    """Return the figures of ingestion."""
    p50, p99 = Duration(), Duration()
    p50.FromTimedelta(figures.latency_p50)
    p99.FromTimedelta(figures.latency_p99)
    return pb.IngestStatus(
        stored_readings=figures.stored_readings,
        stored_since_start=figures.stored_since_start,
        readings_per_second=figures.readings_per_second,
        repeated_batches=figures.repeated_batches,
        refused_batches=dict(figures.refused_batches),
        latency_p50=p50,
        latency_p99=p99,
        pending_batches=figures.pending_batches,
        start_time=_from_datetime(figures.start_time),
        nodes=figures.nodes,
    )


def timestamp(time_us: int) -> Timestamp:
    """Return Unix microseconds as a Timestamp."""
    stamp = Timestamp()
    stamp.FromMicroseconds(time_us)
    return stamp


def _from_datetime(when: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(when)
    return stamp
