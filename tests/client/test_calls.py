"""The client beside a server that fails as it is told: pages, repetition, errors, watches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from typing_extensions import override

from tianfu.client import AsyncChannel, AsyncFleet, CallError, Channel, Fleet, calls
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2_grpc, node_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "proto" / "tianfu" / "client"
PAGE = 2
NODES = [f"nodes/gw-{i}" for i in range(5)]


class Servicer(fleet_service_pb2_grpc.FleetServiceServicer):
    """Answers, or fails as often as it is told."""

    def __init__(self) -> None:
        self.failures = 0
        self.calls: list[tuple[str, Any]] = []
        self.tokens: list[str] = []

    def _met(self, name: str, request: Any, context: grpc.ServicerContext) -> None:
        self.calls.append((name, request))
        self.tokens.append(dict(context.invocation_metadata()).get("authorization", ""))
        assert context.time_remaining() < 3700
        if self.failures:
            self.failures -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")

    @override
    def ListNodes(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._met("ListNodes", request, context)
        begin = int(request.page_token or 0)
        end = begin + PAGE
        return pb.ListNodesResponse(
            nodes=[node_pb2.Node(name=name) for name in NODES[begin:end]],
            next_page_token=str(end) if end < len(NODES) else "",
        )

    @override
    def GetNode(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._met("GetNode", request, context)
        if request.name == "nodes/none":
            context.abort_with_status(rpc_status.to_status(refusal()))
        return node_pb2.Node(name=request.name)

    @override
    def CreateNode(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._met("CreateNode", request, context)
        return request.node

    @override
    def DeleteNode(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._met("DeleteNode", request, context)

    @override
    def WatchNodes(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        self._met("WatchNodes", request, context)
        begin = int(request.resume_token or 0)
        for number in range(begin, begin + 2):
            yield pb.WatchNodesResponse(
                node=node_pb2.Node(name=f"nodes/gw-{number}"), resume_token=str(number + 1)
            )
        context.abort(grpc.StatusCode.UNAVAILABLE, "cut")


def refusal() -> status_pb2.Status:
    details = [
        error_details_pb2.ErrorInfo(reason="NODE_UNKNOWN", metadata={"node": "none"}),
        error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(
                    field="name", description="no such node"
                )
            ]
        ),
    ]
    packed = []
    for one in details:
        wrapped = any_pb2.Any()
        wrapped.Pack(one)
        packed.append(wrapped)
    retry = any_pb2.Any()
    wait = error_details_pb2.RetryInfo()
    wait.retry_delay.FromTimedelta(timedelta(seconds=2))
    retry.Pack(wait)
    return status_pb2.Status(
        code=code_pb2.NOT_FOUND, message="there is no node none", details=[*packed, retry]
    )


@pytest.fixture
def servicer() -> Servicer:
    return Servicer()


@pytest.fixture
def address(servicer: Servicer) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(8))
    fleet_service_pb2_grpc.add_FleetServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def fleet(address: str) -> Iterator[Fleet]:
    with Channel(address, tls=False, token="of-a-test") as channel:
        yield Fleet(channel)


def test_generated_code_is_up_to_date(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "tools/clientgen.py", "--out", str(tmp_path)], cwd=ROOT, check=True
    )
    made = sorted(path.name for path in tmp_path.iterdir())
    assert "fleet_client.py" in made
    behind = [name for name in made if (tmp_path / name).read_text() != (CLIENT / name).read_text()]
    assert behind == [], "run tools/clientgen.py"
    kept = {path.name for path in CLIENT.glob("*_client.py")}
    assert kept <= set(made), "a service is gone, its client is not"


def test_pages_are_asked_for_as_they_are_needed(fleet: Fleet, servicer: Servicer) -> None:
    nodes = fleet.list_nodes()
    assert servicer.calls == []
    assert next(nodes).name == NODES[0]
    assert len(servicer.calls) == 1
    assert [node.name for node in nodes] == NODES[1:]
    assert len(servicer.calls) == 3


def test_a_token_goes_with_each_call(address: str, servicer: Servicer) -> None:
    made = iter(["first", "second"])
    with Channel(address, tls=False, token=lambda: next(made)) as channel:
        Fleet(channel).get_node(name="nodes/a")
        Fleet(channel).get_node(name="nodes/a")
    assert servicer.tokens == ["Bearer first", "Bearer second"]


def test_a_read_is_repeated(fleet: Fleet, servicer: Servicer) -> None:
    servicer.failures = calls.ATTEMPTS - 1
    assert fleet.get_node(name="nodes/a").name == "nodes/a"
    assert len(servicer.calls) == calls.ATTEMPTS


def test_a_read_is_not_repeated_for_ever(fleet: Fleet, servicer: Servicer) -> None:
    servicer.failures = 100
    with pytest.raises(CallError) as caught:
        fleet.get_node(name="nodes/a")
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert len(servicer.calls) == calls.ATTEMPTS


def test_a_repeated_creation_has_the_same_id(fleet: Fleet, servicer: Servicer) -> None:
    servicer.failures = 1
    fleet.create_node(node=node_pb2.Node(display_name="one"), node_id="one")
    first, second = (request for _, request in servicer.calls)
    assert first.request_id == second.request_id != ""


def test_what_has_no_id_is_not_repeated(fleet: Fleet, servicer: Servicer) -> None:
    servicer.failures = 1
    with pytest.raises(CallError):
        fleet.delete_node(name="nodes/a")
    assert len(servicer.calls) == 1


def test_an_error_says_what_to_do(fleet: Fleet) -> None:
    with pytest.raises(CallError) as caught:
        fleet.get_node(name="nodes/none")
    error = caught.value
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "NODE_UNKNOWN")
    assert error.metadata == {"node": "none"}
    assert error.retry_after == timedelta(seconds=2)
    assert str(error) == "NODE_UNKNOWN: there is no node none; name: no such node"


def test_a_watch_goes_on_where_it_was_cut(fleet: Fleet, servicer: Servicer) -> None:
    watch = fleet.watch_nodes()
    seen = [next(watch).node.name for _ in range(5)]
    assert seen == [f"nodes/gw-{i}" for i in range(5)]
    tokens = [request.resume_token for _, request in servicer.calls]
    assert tokens == ["", "2", "4"]


def test_nobody_there(fleet: Fleet) -> None:
    with Channel("127.0.0.1:1", tls=False) as channel, pytest.raises(CallError) as caught:
        Fleet(channel).get_node(name="nodes/a")
    assert caught.value.reason == "UNAVAILABLE"
    assert "can't be reached" in caught.value.message


async def test_awaited_calls_do_the_same(address: str, servicer: Servicer) -> None:
    async with AsyncChannel(address, tls=False, token="of-a-test") as channel:
        fleet = AsyncFleet(channel)
        assert [node.name async for node in fleet.list_nodes()] == NODES
        servicer.failures = 1
        assert (await fleet.get_node(name="nodes/a")).name == "nodes/a"
        with pytest.raises(CallError, match="NODE_UNKNOWN"):
            await fleet.get_node(name="nodes/none")
        servicer.calls.clear()
        seen = []
        async for change in fleet.watch_nodes():
            seen.append(change.node.name)
            if len(seen) == 5:
                break
        assert seen == [f"nodes/gw-{i}" for i in range(5)]
    assert set(servicer.tokens) == {"Bearer of-a-test"}


def test_times_and_masks_are_pythons_own() -> None:
    begin = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
    query = calls.request(
        telemetry_service_pb2.QuerySeriesRequest,
        {
            "name": "s",
            "start_time": begin,
            "step": timedelta(minutes=1),
            "aggregate": "AGGREGATE_MEAN",
        },
    )
    assert query.start_time.ToDatetime(UTC) == begin
    assert query.step.ToTimedelta() == timedelta(minutes=1)
    changed = calls.request(pb.UpdateNodeRequest, {"update_mask": "labels,display_name"})
    assert list(changed.update_mask.paths) == ["labels", "display_name"]
