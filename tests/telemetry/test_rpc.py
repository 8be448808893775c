"""TelemetryService behind the real server, on values instead of a store."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.plumbing import paging
from services.telemetry import rpc_values
from services.telemetry.model import DropKey, EpochAccount, Gap, NodeAccount
from services.telemetry.ports import AuditResult, IngestFigures, Rows
from services.telemetry.registry import Entry, Registry
from services.telemetry.rpc import Parts, TelemetryService
from services.telemetry.series_query import (
    Aggregate,
    Answer,
    GapHandling,
    Points,
    SeriesQuery,
    Source,
)
from services.telemetry.watch import Watchers
from tests.support.batches import batch
from tests.support.readings import entry
from tests.support.rpc import DEADLINE_S, Running, details, running
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2 as pb
from tianfu.telemetry.v1 import telemetry_service_pb2_grpc as pb_grpc

START = datetime(2026, 7, 15, tzinfo=UTC)
SERVICE = pb.DESCRIPTOR.services_by_name["TelemetryService"]


@dataclass
class Doubles:
    """Everything that the service stands on, as plain values."""

    accounts: dict[str, NodeAccount] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    stored: dict[int, Rows] = field(default_factory=dict)

    def of(self, node: str) -> NodeAccount | None:
        return self.accounts.get(node)

    def nodes(self) -> Sequence[str]:
        return sorted(self.accounts)

    async def query(self, entries: Sequence[Entry], query: SeriesQuery) -> Answer:
        self.asked.append((entries, query))
        points = Points(
            np.array([1_000_000, 2_000_000], np.int64),
            np.array([1.5, np.nan]),
            np.array([1, 0], np.uint8),
            np.array([3, 0], np.uint32),
        )
        return Answer(points, entries[0].key.unit, Source.MINUTES)

    async def after(
        self, series: Sequence[int], *, block: int, through: int
    ) -> AsyncIterator[Rows]:
        assert series
        for number in range(block + 1, through + 1):
            yield self.stored[number]

    async def audit(self, node: str | None) -> AuditResult:
        self.asked.append(node)
        return AuditResult(10, 9, 0, 2, 1)

    async def parquet(self, node: str | None, start_us: int, end_us: int) -> AsyncGenerator[bytes]:
        self.asked.append((node, start_us, end_us))
        yield b"PAR1"
        yield b"..."

    def figures(self) -> IngestFigures:
        return IngestFigures(
            100, 50, 2.5, 3, 4, START, 2, {"NODE_MISMATCH": 7}, timedelta(milliseconds=40)
        )

    async def publish(
        self, subject: str, payload: bytes, msg_id: str, headers: Mapping[str, str]
    ) -> None:
        assert payload
        assert headers
        self.published.append(f"{subject} {msg_id}")


@dataclass
class World:
    """The server, its client, and what is behind it."""

    running: Running
    doubles: Doubles
    register: Registry
    watchers: Watchers

    @property
    def stub(self) -> Any:
        return pb_grpc.TelemetryServiceStub(self.running.channel)

    def options(self, *roles: str, **claims: str) -> dict[str, Any]:
        bearer = self.running.bearer(*(roles or ("PLATFORM_ENGINEER",)), **claims)
        return {"timeout": DEADLINE_S, "metadata": bearer}

    async def call(self, name: str, request: Any, *roles: str) -> Any:
        return await getattr(self.stub, name)(request, **self.options(*roles))

    async def refused(self, name: str, request: Any) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await self.call(name, request)
        found = details(error.value)
        assert found.info is not None
        return found.code, found.info.reason


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    doubles, register = Doubles(), Registry()
    watchers = Watchers(doubles)
    parts = Parts(
        register=register,
        accounts=doubles,
        reads=doubles,
        watchers=watchers,
        audits=doubles,
        exports=doubles,
        status=doubles,
        publisher=doubles,
    )
    add = pb_grpc.add_TelemetryServiceServicer_to_server
    async with running(tmp_path, [(add, TelemetryService(parts), SERVICE)]) as server:
        yield World(server, doubles, register, watchers)


# -- series ----------------------------------------------------------------------------------------


async def pages(world: World, method: str, items: str, size: int, **fields: Any) -> list[str]:
    names: list[str] = []
    token = ""
    request = getattr(pb, f"{method}Request")
    for _ in range(100):
        response = await world.call(method, request(page_size=size, page_token=token, **fields))
        page = [item.name for item in getattr(response, items)]
        assert len(page) <= size
        names += page
        token = response.next_page_token
        if not token:
            return names
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_series_are_listed_page_by_page_in_order(world: World, size: int) -> None:
    keys = list(itertools.product(("gw-1", "gw-10", "gw-2"), ("a", "b.c", "b-c")))
    for node, series in reversed(keys):
        world.register.add(entry(node, series))
    world.register.add(entry("gw-1", "a", unit="W"))
    everything = [f"nodes/{n}/series/{s}" for n, s in sorted(keys)]
    assert await pages(world, "ListSeries", "series", size, parent="nodes/-") == everything
    one = [name for name in everything if name.startswith("nodes/gw-1/")]
    assert await pages(world, "ListSeries", "series", size, parent="nodes/gw-1") == one
    assert await pages(world, "ListSeries", "series", size, parent="nodes/gw-9") == []


async def test_a_series_says_its_newest_unit_and_its_oldest_reading(world: World) -> None:
    world.register.add(entry(unit="W", created_at_us=5_000_000))
    world.register.add(entry(unit="kW", retention_class=2, created_at_us=9_000_000))
    response = await world.call("ListSeries", pb.ListSeriesRequest(parent="nodes/gw-1"))
    (series,) = response.series
    assert (series.name, series.unit) == ("nodes/gw-1/series/power", "kW")
    assert series.retention_class == reading_batch_pb2.RETENTION_CLASS_LONG
    assert series.create_time.seconds == 5


async def test_a_token_of_another_list_is_refused(world: World) -> None:
    for series in "abc":
        world.register.add(entry(series=series))
    request = pb.ListSeriesRequest(parent="nodes/-", page_size=1)
    token = (await world.call("ListSeries", request)).next_page_token
    other = pb.ListSeriesRequest(parent="nodes/gw-1", page_token=token)
    invalid = (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")
    assert await world.refused("ListSeries", other) == invalid
    damaged = pb.ListSeriesRequest(parent="nodes/-", page_token=token[:-3])
    assert await world.refused("ListSeries", damaged) == invalid


def query(name: str = "nodes/gw-1/series/power", **fields: Any) -> pb.QuerySeriesRequest:
    return pb.QuerySeriesRequest(
        **{
            "name": name,
            "start_time": Timestamp(seconds=100),
            "end_time": Timestamp(seconds=200),
            **fields,
        }
    )


async def test_a_query_is_passed_on_and_its_answer_back(world: World) -> None:
    world.register.add(entry())
    response = await world.call(
        "QuerySeries",
        query(
            aggregate=pb.AGGREGATE_LAST,
            step=Duration(seconds=5),
            gap_handling=pb.GAP_HANDLING_PREVIOUS,
            max_points=7,
        ),
        "VIEWER",
    )
    ((entries, asked),) = world.doubles.asked
    assert entries == [entry()]
    assert asked == SeriesQuery(
        100_000_000, 200_000_000, Aggregate.LAST, 5_000_000, GapHandling.PREVIOUS, 7
    )
    assert list(response.time_us) == [1_000_000, 2_000_000]
    np.testing.assert_equal(list(response.value), [1.5, np.nan])
    assert (list(response.quality), list(response.readings)) == ([1, 0], [3, 0])
    assert (response.unit, response.source) == ("kW", pb.QUERY_SOURCE_MINUTES)


def test_every_choice_of_the_contract_has_its_value() -> None:
    assert set(rpc_values.AGGREGATES) == set(pb.Aggregate.values()) - {0}
    assert set(rpc_values.GAPS) == set(pb.GapHandling.values())
    assert set(rpc_values.SOURCES.values()) == set(pb.QuerySource.values()) - {0}


async def test_queries_are_refused_with_a_reason(world: World) -> None:
    not_found = (grpc.StatusCode.NOT_FOUND, "SERIES_UNKNOWN")
    assert await world.refused("QuerySeries", query()) == not_found
    world.register.add(entry())
    millisecond = Duration(nanos=1_000_000)
    large = query(aggregate=pb.AGGREGATE_MIN, step=millisecond, end_time=Timestamp(seconds=100_000))
    too_large = (grpc.StatusCode.RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE")
    assert await world.refused("QuerySeries", large) == too_large
    code, _ = await world.refused("QuerySeries", query(end_time=Timestamp(seconds=1)))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert world.doubles.asked == []


# -- watching --------------------------------------------------------------------------------------


def publish(world: World, block: int, series: Entry, *times: int) -> None:
    rows = Rows(
        block,
        np.full(len(times), series.id, np.uint64),
        np.array(times, np.int64),
        np.array(times, np.float64),
        np.zeros(len(times), np.uint8),
    )
    world.doubles.stored[block] = rows
    world.watchers.publish(block, rows.series, rows.time_us, rows.value, rows.quality)


async def test_a_watch_goes_on_from_its_token(world: World) -> None:
    power, voltage = entry(), entry(series="voltage", unit="V")
    world.register.add(power)
    world.register.add(voltage)
    names = [f"nodes/gw-1/series/{s}" for s in ("voltage", "power")]
    first = world.stub.WatchSeries(pb.WatchSeriesRequest(names=names), **world.options())
    reading = asyncio.create_task(first.read())
    while not len(world.watchers):  # noqa: ASYNC110 - there is nobody to set an event
        await asyncio.sleep(0)
    publish(world, 1, power, 10, 20)
    response = await reading
    assert (list(response.name_index), list(response.time_us)) == ([1, 1], [10, 20])
    first.cancel()
    publish(world, 2, voltage, 30)
    request = pb.WatchSeriesRequest(names=names[::-1], resume_token=response.resume_token)
    again = world.stub.WatchSeries(request, **world.options())
    response = await again.read()
    assert (list(response.name_index), list(response.time_us)) == ([1], [30])
    again.cancel()

    others = pb.WatchSeriesRequest(names=names[:1], resume_token=response.resume_token)
    assert await refused_watch(world, others) == "PAGE_TOKEN_INVALID"
    world.watchers.last_block = 0  # the store was put back to an earlier copy
    ahead = pb.WatchSeriesRequest(names=names, resume_token=response.resume_token)
    assert await refused_watch(world, ahead) == "RESUME_TOKEN_INVALID"
    for forged in ("5", "abc", "1.", "1.2.3", "-1.-1", "0.999999999999", "9" * 30 + ".0"):
        token = paging.token(forged, "WatchSeries", *sorted(names))
        wrong = pb.WatchSeriesRequest(names=names, resume_token=token)
        assert await refused_watch(world, wrong) == "RESUME_TOKEN_INVALID", forged
    unknown = pb.WatchSeriesRequest(names=["nodes/gw-1/series/other"])
    assert await refused_watch(world, unknown) == "SERIES_UNKNOWN"


async def refused_watch(world: World, request: pb.WatchSeriesRequest) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.stub.WatchSeries(request, **world.options()).read()
    found = details(error.value).info
    return "" if found is None else str(found.reason)


# -- the account -----------------------------------------------------------------------------------


def account() -> NodeAccount:
    early = EpochAccount(last=9, produced=50, stored=30, drops={DropKey(2, 1): 15})
    late = EpochAccount(
        last=20, gaps=[Gap(3, 4), Gap(9, 9)], produced=40, stored=30, drops={DropKey(1, 2): 5}
    )
    return NodeAccount(
        epochs={7: early, 8: late},
        repeated_batches=1,
        conflicting_batches=2,
        refused_batches=3,
        refused_readings=4,
        stored_at_us=1_500_000,
    )


async def test_a_delivery_says_the_account(world: World) -> None:
    world.doubles.accounts["gw-1"] = account()
    got = await world.call("GetDelivery", pb.GetDeliveryRequest(name="nodes/gw-1/delivery"))
    assert (got.produced, got.stored, got.dropped, got.in_flight) == (90, 60, 20, 6)
    assert [(d.priority, d.reason, d.readings) for d in got.drops] == [(1, 2, 5), (2, 1, 15)]
    ranges = [(r.epoch, r.first_sequence, r.last_sequence) for r in got.missing_ranges]
    assert (ranges, got.missing_batches) == ([(8, 3, 4), (8, 9, 9)], 3)
    assert (got.repeated_batches, got.conflicting_batches) == (1, 2)
    assert (got.refused_batches, got.refused_readings) == (3, 4)
    assert [(e.epoch, e.high_water_sequence, e.dropped) for e in got.epochs] == [
        (8, 2, 5),
        (7, 9, 15),
    ]
    assert got.store_time == Timestamp(seconds=1, nanos=500_000_000)
    unknown = pb.GetDeliveryRequest(name="nodes/gw-9/delivery")
    assert await world.refused("GetDelivery", unknown) == (
        grpc.StatusCode.NOT_FOUND,
        "NODE_UNKNOWN",
    )


def test_missing_ranges_are_bounded_and_their_count_exact() -> None:
    gaps = [Gap(n, n + 1) for n in range(1, 9_000, 3)]
    node = NodeAccount(epochs={1: EpochAccount(last=9_001, gaps=gaps)})
    got = rpc_values.delivery_to("gw-1", node)
    assert len(got.missing_ranges) == rpc_values.MISSING_RANGES_MAX
    assert got.missing_batches == 2 * len(gaps)


@pytest.mark.parametrize("size", [1, 2, 100])
async def test_deliveries_are_listed_page_by_page(world: World, size: int) -> None:
    for node in ("gw-2", "gw-10", "gw-1"):
        world.doubles.accounts[node] = account()
    assert await pages(world, "ListDeliveries", "deliveries", size) == [
        f"nodes/{n}/delivery" for n in ("gw-1", "gw-10", "gw-2")
    ]


async def test_an_audit_is_of_one_node_or_of_all(world: World) -> None:
    world.doubles.accounts["gw-1"] = account()
    for node in ("gw-1", "-"):
        request = pb.AuditDeliveryRequest(name=f"nodes/{node}/delivery")
        got = await world.call("AuditDelivery", request)
        assert (got.accounted_readings, got.found_rows) == (10, 9)
        assert (got.duplicate_rows, got.duplicate_batches) == (2, 1)
    assert world.doubles.asked == ["gw-1", None]
    unknown = pb.AuditDeliveryRequest(name="nodes/gw-9/delivery")
    assert (await world.refused("AuditDelivery", unknown))[1] == "NODE_UNKNOWN"


async def test_status(world: World) -> None:
    got = await world.call("GetIngestStatus", pb.GetIngestStatusRequest())
    assert (got.stored_readings, got.stored_since_start, got.nodes) == (100, 50, 2)
    assert dict(got.refused_batches) == {"NODE_MISMATCH": 7}
    assert got.latency_p50.ToMilliseconds() == 40
    assert got.start_time.ToDatetime(UTC) == START


# -- in and out ------------------------------------------------------------------------------------


def requests(*payloads: bytes) -> list[pb.IngestReadingsRequest]:
    batches = [reading_batch_pb2.ReadingBatch.FromString(p) for p in payloads]
    return [pb.IngestReadingsRequest(batch=b) for b in batches]


async def test_batches_are_taken_in(world: World) -> None:
    sent = requests(batch(), batch(sequence=2))
    got = await world.stub.IngestReadings(iter(sent), **world.options("SOURCE", sub="nodes/gw-1"))
    assert (got.batches, got.readings) == (2, 8)
    assert sorted(world.doubles.published) == [
        "tianfu.v1.reading.gw-1 gw-1-7-1",
        "tianfu.v1.reading.gw-1 gw-1-7-2",
    ]


async def test_an_unsound_batch_is_refused_by_its_reason(world: World) -> None:
    (bad,) = requests(batch())
    bad.batch.node = "Not A Node"
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.stub.IngestReadings(iter([bad]), **world.options("SOURCE"))
    found = details(error.value)
    assert found.info is not None
    assert (found.code, found.info.reason) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "NODE_INVALID",
    )


async def test_a_source_that_sends_for_another_node_is_refused(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.stub.IngestReadings(
            iter(requests(batch())), **world.options("SOURCE", sub="gw-2")
        )
    found = details(error.value)
    assert found.info is not None
    assert (found.code, found.info.reason) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "NODE_NOT_CALLER",
    )
    assert world.doubles.published == []


async def test_an_export_comes_in_pieces(world: World) -> None:
    request = pb.ExportReadingsRequest(
        parent="nodes/-", start_time=Timestamp(seconds=-5), end_time=Timestamp(seconds=2**35)
    )
    pieces = [p.data async for p in world.stub.ExportReadings(request, **world.options())]
    assert b"".join(pieces) == b"PAR1..."
    assert world.doubles.asked == [(None, 0, (2**32 - 1) * 1_000_000)]
    unknown = pb.ExportReadingsRequest(
        parent="nodes/gw-9", start_time=Timestamp(seconds=1), end_time=Timestamp(seconds=2)
    )
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.stub.ExportReadings(unknown, **world.options()).read()
    assert error.value.code() is grpc.StatusCode.NOT_FOUND


async def test_who_may_not_is_refused(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.call("QuerySeries", query(), "SOURCE")
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
