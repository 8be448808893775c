"""TelemetryService: decode, call, encode. Refusals are turned into statuses by the server."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from services.plumbing import paging
from services.plumbing.refusal import InvalidArgument, NotFound
from services.plumbing.rpc_interceptor import caller
from services.telemetry import intake, ports, rpc_values
from services.telemetry.model import NodeAccount
from services.telemetry.registry import Entry
from services.telemetry.series_query import TIME_MAX_US, SeriesUnknown
from services.telemetry.watch import Position, Watchers
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.telemetry.v1 import telemetry_pb2 as pb
from tianfu.telemetry.v1 import telemetry_service_pb2 as service_pb
from tianfu.telemetry.v1 import telemetry_service_pb2_grpc as service_grpc

POSITION: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})")
"""A block and rows of it, as a resume token holds them: no more digits than either can have."""


class NodeUnknown(NotFound):
    """Nothing was ever heard of this node's readings."""

    reason = "NODE_UNKNOWN"


class ResumeTokenInvalid(InvalidArgument):
    """The resume token says a place that the store has not reached."""

    reason = "RESUME_TOKEN_INVALID"


@dataclass(frozen=True)
class Parts:
    """What the service stands on."""

    register: ports.Register
    accounts: ports.Accounts
    reads: ports.Reads
    watchers: Watchers
    audits: ports.Audits
    exports: ports.Exports
    status: ports.Status
    publisher: ports.Publisher


class TelemetryService(service_grpc.TelemetryServiceServicer):
    """Readings: what is stored, how it is asked for, and the account of it."""

    def __init__(self, parts: Parts) -> None:
        """Take what the service stands on."""
        self._parts = parts

    @override
    async def ListSeries(
        self, request: service_pb.ListSeriesRequest, context: Any
    ) -> service_pb.ListSeriesResponse:
        question = ("ListSeries", request.parent)
        after = str(paging.position(request.page_token, *question) or "")
        size = paging.page_size(request.page_size)
        page: list[Entry] = []
        for entry in self._series_after(rpc_values.node_of(request.parent), after):
            page.append(entry)
            if len(page) > size:
                break
        more = len(page) > size
        register = self._parts.register
        shown = page[:size]
        return service_pb.ListSeriesResponse(
            series=[
                rpc_values.series_to(e, register.find(e.key.node, e.key.series)[-1]) for e in shown
            ],
            next_page_token=paging.token(_place(shown[-1]), *question) if more else "",
        )

    @override
    async def QuerySeries(
        self, request: service_pb.QuerySeriesRequest, context: Any
    ) -> service_pb.QuerySeriesResponse:
        entries = self._entries(request.name)
        query = rpc_values.query_from(request)
        return rpc_values.answer_to(await self._parts.reads.query(entries, query))

    @override
    async def WatchSeries(
        self, request: service_pb.WatchSeriesRequest, context: Any
    ) -> AsyncIterator[service_pb.WatchSeriesResponse]:
        places: dict[int, int] = {}
        for place, name in enumerate(request.names):
            for entry in self._entries(name):
                places.setdefault(entry.id, place)
        question = ("WatchSeries", *sorted(request.names))
        after = self._position(request.resume_token, question)
        async with aclosing(self._parts.watchers.watch(list(places), after)) as pieces:
            async for piece in pieces:
                token = paging.token(f"{piece.position.block}.{piece.position.rows}", *question)
                yield rpc_values.piece_to(piece, places, token)

    @override
    async def GetDelivery(
        self, request: service_pb.GetDeliveryRequest, context: Any
    ) -> pb.Delivery:
        node = rpc_values.node_of(request.name)
        return rpc_values.delivery_to(str(node), self._account(node))

    @override
    async def ListDeliveries(
        self, request: service_pb.ListDeliveriesRequest, context: Any
    ) -> service_pb.ListDeliveriesResponse:
        nodes = self._parts.accounts.nodes()
        after = str(paging.position(request.page_token, "ListDeliveries") or "")
        start = bisect_right(nodes, after)
        page = nodes[start : start + paging.page_size(request.page_size)]
        more = start + len(page) < len(nodes)
        return service_pb.ListDeliveriesResponse(
            deliveries=[rpc_values.delivery_to(node, self._account(node)) for node in page],
            next_page_token=paging.token(page[-1], "ListDeliveries") if more else "",
        )

    @override
    async def AuditDelivery(
        self, request: service_pb.AuditDeliveryRequest, context: Any
    ) -> service_pb.AuditDeliveryResponse:
        node = rpc_values.node_of(request.name)
        if node is not None:
            self._account(node)
        return rpc_values.audit_to(await self._parts.audits.audit(node))

    @override
    async def GetIngestStatus(
        self, request: service_pb.GetIngestStatusRequest, context: Any
    ) -> pb.IngestStatus:
        return rpc_values.status_to(self._parts.status.figures())

    @override
    async def IngestReadings(
        self, request_iterator: AsyncIterator[service_pb.IngestReadingsRequest], context: Any
    ) -> service_pb.IngestReadingsResponse:
        taken = await intake.take_in(_batches(request_iterator), self._parts.publisher, caller())
        return service_pb.IngestReadingsResponse(batches=taken.batches, readings=taken.readings)

    @override
    async def ExportReadings(
        self, request: service_pb.ExportReadingsRequest, context: Any
    ) -> AsyncIterator[service_pb.ExportReadingsResponse]:
        node = rpc_values.node_of(request.parent)
        if node is not None:
            self._account(node)
        start = min(max(request.start_time.ToMicroseconds(), 0), TIME_MAX_US)
        end = min(max(request.end_time.ToMicroseconds(), 0), TIME_MAX_US)
        async with aclosing(self._parts.exports.parquet(node, start, end)) as pieces:
            async for piece in pieces:
                yield service_pb.ExportReadingsResponse(data=piece)

    def _entries(self, name: str) -> list[Entry]:
        entries = self._parts.register.find(*rpc_values.series_of(name))
        if not entries:
            raise SeriesUnknown(
                f"{name}: no reading of it was ever stored; ListSeries says which series there are",
                field="name",
                metadata={"name": name},
            )
        return entries

    def _account(self, node: str | None) -> NodeAccount:
        account = None if node is None else self._parts.accounts.of(node)
        if account is None:
            raise NodeUnknown(
                f"nodes/{node}: nothing was ever stored or refused of it; ListDeliveries says "
                "which nodes there are",
                field="name",
                metadata={"node": str(node)},
            )
        return account

    def _series_after(self, node: str | None, after: str) -> Iterator[Entry]:
        """Yield the series of a node, or of all, that come after a place in the list."""
        register = self._parts.register
        nodes: Sequence[str] = register.nodes() if node is None else [node]
        for name in nodes[bisect_left(nodes, after.partition("/")[0]) :]:
            for entry in register.of_node(name):
                if (name, entry.key.series) > tuple(after.split("/")):
                    yield entry

    def _position(self, token: str, question: tuple[str, ...]) -> Position | None:
        place = paging.position(token, *question, field="resume_token")
        if place is None:
            return None
        numbers = POSITION.fullmatch(str(place))
        if numbers is None:
            raise ResumeTokenInvalid("the token is damaged: leave it out", field="resume_token")
        position = Position(int(numbers[1]), int(numbers[2]))
        if position.block > self._parts.watchers.last_block + 1:
            raise ResumeTokenInvalid(
                "the token is from another store, or from one that was restored from a copy: "
                "leave it out to begin now",
                field="resume_token",
            )
        return position


async def _batches(
    requests: AsyncIterator[service_pb.IngestReadingsRequest],
) -> AsyncIterator[reading_batch_pb2.ReadingBatch]:
    async for request in requests:
        yield request.batch


def _place(entry: Entry) -> str:
    return f"{entry.key.node}/{entry.key.series}"
