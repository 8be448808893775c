"""The proto's rules, on the real services' requests: field paths come back, values never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, message
from typing_extensions import override

from services.plumbing import rpc_status
from services.plumbing.rpc_status import InvalidRequest, Violation
from tests.support.rpc import DEADLINE_S, Running, details, running
from tianfu.fleet.v1 import fleet_service_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2, telemetry_service_pb2_grpc

SECRET = "Zhang San"
ENGINEER = "PLATFORM_ENGINEER"
GOOD_NODE = node_pb2.Node(node_class=node_pb2.NODE_CLASS_GATEWAY, place_code="510104")
RANGE = {"start_time": {"seconds": 10}, "end_time": {"seconds": 20}}


class Fleet(fleet_service_pb2_grpc.FleetServiceServicer):
    @override
    async def CreateNode(self, request: Any, _context: Any) -> Any:
        return request.node

    @override
    async def DeleteNode(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


class Telemetry(telemetry_service_pb2_grpc.TelemetryServiceServicer):
    @override
    async def QuerySeries(self, _request: Any, _context: Any) -> Any:
        return telemetry_service_pb2.QuerySeriesResponse()

    @override
    async def WatchSeries(self, _request: Any, _context: Any) -> AsyncIterator[Any]:
        yield telemetry_service_pb2.WatchSeriesResponse()

    @override
    async def ExportReadings(self, _request: Any, _context: Any) -> AsyncIterator[Any]:
        yield telemetry_service_pb2.ExportReadingsResponse()

    @override
    async def IngestReadings(self, requests: Any, _context: Any) -> Any:
        count = 0
        async for _ in requests:
            count += 1
        return telemetry_service_pb2.IngestReadingsResponse(batches=count)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Running]:
    fleet = fleet_service_pb2.DESCRIPTOR.services_by_name["FleetService"]
    telemetry = telemetry_service_pb2.DESCRIPTOR.services_by_name["TelemetryService"]
    async with running(
        tmp_path,
        [
            (fleet_service_pb2_grpc.add_FleetServiceServicer_to_server, Fleet(), fleet),
            (
                telemetry_service_pb2_grpc.add_TelemetryServiceServicer_to_server,
                Telemetry(),
                telemetry,
            ),
        ],
    ) as server:
        yield server


def node(**fields: Any) -> node_pb2.Node:
    changed = node_pb2.Node(**fields)
    for name in ("node_class", "place_code"):
        if name not in fields:
            setattr(changed, name, getattr(GOOD_NODE, name))
    return changed


def create(**fields: Any) -> fleet_service_pb2.CreateNodeRequest:
    return fleet_service_pb2.CreateNodeRequest(**{"node": GOOD_NODE, "node_id": "pump-7", **fields})


def query(**fields: Any) -> telemetry_service_pb2.QuerySeriesRequest:
    return telemetry_service_pb2.QuerySeriesRequest(
        **{"name": "nodes/n/series/s", **RANGE, **fields}
    )


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        pytest.param(create(), [], id="good"),
        pytest.param(create(node_id=SECRET), ["node_id"], id="id"),
        pytest.param(
            fleet_service_pb2.CreateNodeRequest(node_id="n"), ["node"], id="required-message"
        ),
        pytest.param(create(node=node(place_code="1")), ["node.place_code"], id="nested"),
        pytest.param(create(node=node(node_class=0)), ["node.node_class"], id="enum-unspecified"),
        pytest.param(create(node=node(node_class=77)), ["node.node_class"], id="enum-unknown"),
        pytest.param(create(node=node(labels={SECRET: "x"})), ["node.labels[*]"], id="map-key"),
        pytest.param(
            create(node=node(labels={"k": SECRET * 9})), ["node.labels[*]"], id="map-value"
        ),
        pytest.param(create(request_id=SECRET), ["request_id"], id="request-id"),
        pytest.param(
            create(node_id="-", node=node(place_code="x", display_name=SECRET * 20)),
            ["node.display_name", "node.place_code", "node_id"],
            id="all-at-once",
        ),
        pytest.param(query(), [], id="query-good"),
        pytest.param(query(end_time={"seconds": 5}), [""], id="message-rule"),
        pytest.param(query(aggregate=1), [""], id="aggregate-without-step"),
        pytest.param(query(step={"nanos": 1}, aggregate=1), ["step"], id="step-too-short"),
        pytest.param(query(max_points=-1), ["max_points"], id="negative"),
    ],
)
async def test_unary(request_: message.Message, fields: list[str], services: Running) -> None:
    if isinstance(request_, fleet_service_pb2.CreateNodeRequest):
        stub = fleet_service_pb2_grpc.FleetServiceStub(services.channel).CreateNode
    else:
        stub = telemetry_service_pb2_grpc.TelemetryServiceStub(services.channel).QuerySeries
    call = stub(request_, timeout=DEADLINE_S, metadata=services.bearer(ENGINEER))
    if not fields:
        await call
        return
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    found = details(caught.value)
    assert found.code == grpc.StatusCode.INVALID_ARGUMENT
    assert found.info is not None
    assert found.info.reason == "REQUEST_INVALID"
    assert found.bad_request is not None
    assert sorted(v.field for v in found.bad_request.field_violations) == fields
    assert all(v.description and v.reason for v in found.bad_request.field_violations)
    assert SECRET not in repr(caught.value)
    assert SECRET not in str(found.bad_request)


async def test_every_message_of_a_client_stream(services: Running) -> None:
    async def batches() -> AsyncIterator[Any]:
        yield telemetry_service_pb2.IngestReadingsRequest(batch={"node": "n"})
        yield telemetry_service_pb2.IngestReadingsRequest()

    stub = telemetry_service_pb2_grpc.TelemetryServiceStub(services.channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.IngestReadings(batches(), timeout=DEADLINE_S, metadata=services.bearer("SOURCE"))
    found = details(caught.value)
    assert found.bad_request is not None
    assert [v.field for v in found.bad_request.field_violations] == ["batch"]


async def test_request_of_a_server_stream(services: Running) -> None:
    stub = telemetry_service_pb2_grpc.TelemetryServiceStub(services.channel)
    names = ["nodes/n/series/s", "wrong"]
    call = stub.WatchSeries(
        telemetry_service_pb2.WatchSeriesRequest(names=names),
        timeout=DEADLINE_S,
        metadata=services.bearer("VIEWER"),
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    found = details(caught.value)
    assert found.bad_request is not None
    assert [v.field for v in found.bad_request.field_violations] == ["names[1]"]


async def test_many_violations_fit_a_clients_metadata(services: Running) -> None:
    stub = telemetry_service_pb2_grpc.TelemetryServiceStub(services.channel)
    call = stub.WatchSeries(
        telemetry_service_pb2.WatchSeriesRequest(names=["wrong"] * 100),
        timeout=DEADLINE_S,
        metadata=services.bearer("VIEWER"),
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    found = details(caught.value)
    assert found.message.startswith("the request breaks 100 rule(s), at names[0]")
    assert found.bad_request is not None
    assert len(found.bad_request.field_violations) == rpc_status.VIOLATIONS_MAX


def test_longest_answer_fits_a_clients_metadata() -> None:
    worst = [Violation("f" * 500, "A_REASON_OF_SOME_LENGTH", "m" * 500)] * 500
    trailers = rpc_status.answer(InvalidRequest(worst)).trailers
    assert len(trailers[0][1]) * 4 / 3 < 10_500


async def test_unimplemented(services: Running) -> None:
    stub = fleet_service_pb2_grpc.FleetServiceStub(services.channel)
    options: dict[str, Any] = {"timeout": DEADLINE_S, "metadata": services.bearer("VIEWER")}
    with pytest.raises(grpc.aio.AioRpcError) as unary:
        await stub.ListNodes(fleet_service_pb2.ListNodesRequest(), **options)
    with pytest.raises(grpc.aio.AioRpcError) as stream:
        await stub.WatchNodes(fleet_service_pb2.WatchNodesRequest(), **options).read()
    for caught in (unary, stream):
        found = details(caught.value)
        assert found.code == grpc.StatusCode.UNIMPLEMENTED
        assert found.info is not None
        assert found.info.reason == "RPC_UNIMPLEMENTED"
