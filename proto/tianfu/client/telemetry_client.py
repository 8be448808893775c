"""Client of tianfu.telemetry.v1.TelemetryService, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tianfu.reading.v1 import reading_batch_pb2
from tianfu.telemetry.v1 import telemetry_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2_grpc
from tianfu.client import calls


class Telemetry:
    """tianfu.telemetry.v1.TelemetryService, call by call."""

    def __init__(self, channel: calls.Channel) -> None:
        self._stub: Any = telemetry_service_pb2_grpc.TelemetryServiceStub(channel.grpc)
        self._calls = channel

    def list_series(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[telemetry_pb2.Series]:
        """Lists the series of a node, or of all nodes with nodes/-.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSeries,
            calls.request(
                telemetry_service_pb2.ListSeriesRequest, dict(parent=parent, page_size=page_size)
            ),
            "series",
            timeout_s,
        )

    def query_series(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        aggregate: int | str | None = None,
        step: timedelta | None = None,
        gap_handling: int | str | None = None,
        max_points: int | None = None,
        timeout_s: float | None = None,
    ) -> telemetry_service_pb2.QuerySeriesResponse:
        """Returns the readings of a series in a range, as they are, in steps, or thinned out so that a plot keeps its spikes."""
        found: telemetry_service_pb2.QuerySeriesResponse = self._calls.unary(
            self._stub.QuerySeries,
            calls.request(
                telemetry_service_pb2.QuerySeriesRequest,
                dict(
                    name=name,
                    start_time=start_time,
                    end_time=end_time,
                    aggregate=aggregate,
                    step=step,
                    gap_handling=gap_handling,
                    max_points=max_points,
                ),
            ),
            timeout_s,
        )
        return found

    def watch_series(
        self,
        *,
        names: Iterable[str],
        timeout_s: float | None = None,
    ) -> Iterator[telemetry_service_pb2.WatchSeriesResponse]:
        """Streams readings of series as they are stored.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchSeries,
            calls.request(telemetry_service_pb2.WatchSeriesRequest, dict(names=names)),
            timeout_s,
        )

    def get_delivery(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> telemetry_pb2.Delivery:
        """Returns the account of a node's readings: produced = stored + dropped + refused + in flight."""
        found: telemetry_pb2.Delivery = self._calls.unary(
            self._stub.GetDelivery,
            calls.request(telemetry_service_pb2.GetDeliveryRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_deliveries(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[telemetry_pb2.Delivery]:
        """Lists the accounts of all nodes in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDeliveries,
            calls.request(telemetry_service_pb2.ListDeliveriesRequest, dict(page_size=page_size)),
            "deliveries",
            timeout_s,
        )

    def audit_delivery(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> telemetry_service_pb2.AuditDeliveryResponse:
        """Counts the stored rows anew, independently of the account, and compares."""
        found: telemetry_service_pb2.AuditDeliveryResponse = self._calls.unary(
            self._stub.AuditDelivery,
            calls.request(telemetry_service_pb2.AuditDeliveryRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def get_ingest_status(
        self,
        *,
        timeout_s: float | None = None,
    ) -> telemetry_pb2.IngestStatus:
        """Returns how ingestion is doing."""
        found: telemetry_pb2.IngestStatus = self._calls.unary(
            self._stub.GetIngestStatus,
            calls.request(telemetry_service_pb2.GetIngestStatusRequest, {}),
            timeout_s,
        )
        return found

    def ingest_readings(
        self,
        requests: Iterable[telemetry_service_pb2.IngestReadingsRequest],
        *,
        timeout_s: float | None = None,
    ) -> telemetry_service_pb2.IngestReadingsResponse:
        """Takes batches from a source without NATS.

        The answer comes when all of them are durable in the stream; a repeated batch has no
        second effect. A source sends for the node that its token's subject names, {node} or
        nodes/{node}; for another it is refused with NODE_NOT_CALLER. A service sends for
        any.
        """
        found: telemetry_service_pb2.IngestReadingsResponse = self._calls.send(
            self._stub.IngestReadings, requests, timeout_s
        )
        return found

    def export_readings(
        self,
        *,
        parent: str,
        start_time: datetime,
        end_time: datetime,
        timeout_s: float | None = None,
    ) -> Iterator[telemetry_service_pb2.ExportReadingsResponse]:
        """Streams the readings of a range as one Parquet file."""
        return self._calls.stream(
            self._stub.ExportReadings,
            calls.request(
                telemetry_service_pb2.ExportReadingsRequest,
                dict(parent=parent, start_time=start_time, end_time=end_time),
            ),
            timeout_s,
        )


class AsyncTelemetry:
    """tianfu.telemetry.v1.TelemetryService, awaited."""

    def __init__(self, channel: calls.AsyncChannel) -> None:
        self._stub: Any = telemetry_service_pb2_grpc.TelemetryServiceStub(channel.grpc)
        self._calls = channel

    def list_series(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[telemetry_pb2.Series]:
        """Lists the series of a node, or of all nodes with nodes/-.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSeries,
            calls.request(
                telemetry_service_pb2.ListSeriesRequest, dict(parent=parent, page_size=page_size)
            ),
            "series",
            timeout_s,
        )

    async def query_series(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        aggregate: int | str | None = None,
        step: timedelta | None = None,
        gap_handling: int | str | None = None,
        max_points: int | None = None,
        timeout_s: float | None = None,
    ) -> telemetry_service_pb2.QuerySeriesResponse:
        """Returns the readings of a series in a range, as they are, in steps, or thinned out so that a plot keeps its spikes."""
        found: telemetry_service_pb2.QuerySeriesResponse = await self._calls.unary(
            self._stub.QuerySeries,
            calls.request(
                telemetry_service_pb2.QuerySeriesRequest,
                dict(
                    name=name,
                    start_time=start_time,
                    end_time=end_time,
                    aggregate=aggregate,
                    step=step,
                    gap_handling=gap_handling,
                    max_points=max_points,
                ),
            ),
            timeout_s,
        )
        return found

    def watch_series(
        self,
        *,
        names: Iterable[str],
        timeout_s: float | None = None,
    ) -> AsyncIterator[telemetry_service_pb2.WatchSeriesResponse]:
        """Streams readings of series as they are stored.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchSeries,
            calls.request(telemetry_service_pb2.WatchSeriesRequest, dict(names=names)),
            timeout_s,
        )

    async def get_delivery(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> telemetry_pb2.Delivery:
        """Returns the account of a node's readings: produced = stored + dropped + refused + in flight."""
        found: telemetry_pb2.Delivery = await self._calls.unary(
            self._stub.GetDelivery,
            calls.request(telemetry_service_pb2.GetDeliveryRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_deliveries(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[telemetry_pb2.Delivery]:
        """Lists the accounts of all nodes in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDeliveries,
            calls.request(telemetry_service_pb2.ListDeliveriesRequest, dict(page_size=page_size)),
            "deliveries",
            timeout_s,
        )

    async def audit_delivery(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> telemetry_service_pb2.AuditDeliveryResponse:
        """Counts the stored rows anew, independently of the account, and compares."""
        found: telemetry_service_pb2.AuditDeliveryResponse = await self._calls.unary(
            self._stub.AuditDelivery,
            calls.request(telemetry_service_pb2.AuditDeliveryRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def get_ingest_status(
        self,
        *,
        timeout_s: float | None = None,
    ) -> telemetry_pb2.IngestStatus:
        """Returns how ingestion is doing."""
        found: telemetry_pb2.IngestStatus = await self._calls.unary(
            self._stub.GetIngestStatus,
            calls.request(telemetry_service_pb2.GetIngestStatusRequest, {}),
            timeout_s,
        )
        return found

    async def ingest_readings(
        self,
        requests: AsyncIterable[telemetry_service_pb2.IngestReadingsRequest],
        *,
        timeout_s: float | None = None,
    ) -> telemetry_service_pb2.IngestReadingsResponse:
        """Takes batches from a source without NATS.

        The answer comes when all of them are durable in the stream; a repeated batch has no
        second effect. A source sends for the node that its token's subject names, {node} or
        nodes/{node}; for another it is refused with NODE_NOT_CALLER. A service sends for
        any.
        """
        found: telemetry_service_pb2.IngestReadingsResponse = await self._calls.send(
            self._stub.IngestReadings, requests, timeout_s
        )
        return found

    def export_readings(
        self,
        *,
        parent: str,
        start_time: datetime,
        end_time: datetime,
        timeout_s: float | None = None,
    ) -> AsyncIterator[telemetry_service_pb2.ExportReadingsResponse]:
        """Streams the readings of a range as one Parquet file."""
        return self._calls.stream(
            self._stub.ExportReadings,
            calls.request(
                telemetry_service_pb2.ExportReadingsRequest,
                dict(parent=parent, start_time=start_time, end_time=end_time),
            ),
            timeout_s,
        )
