"""The server's life: health, reflection, start, the port, stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import wrappers_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.plumbing.authorisation import RuleMissing
from services.plumbing.clock import system_clock
from services.plumbing.metrics import Registry
from services.plumbing.rpc_interceptor import HandlerUnusable
from services.plumbing.rpc_server import RpcServer
from services.plumbing.startup import AddressUnusable, PortInUse
from services.plumbing.transport import TlsRequired
from tests.support.certificates import certified
from tests.support.rpc import (
    DEADLINE_S,
    RULES,
    SERVICE,
    Echo,
    Issuer,
    Running,
    echo_running,
    service_descriptor,
    settings,
)
from tianfu.authz.v1 import authz_pb2


async def test_readiness_is_not_liveness(running: Running) -> None:
    stub = health_pb2_grpc.HealthStub(running.channel)

    async def states() -> list[str]:
        found = [
            (await stub.Check(health_pb2.HealthCheckRequest(service=name))).status  # no deadline
            for name in ("liveness", "readiness", "")
        ]
        return [health_pb2.HealthCheckResponse.ServingStatus.Name(one) for one in found]

    assert await states() == ["SERVING", "NOT_SERVING", "NOT_SERVING"]
    await running.server.set_ready(True)
    assert await states() == ["SERVING", "SERVING", "SERVING"]
    await running.server.set_ready(False)
    assert await states() == ["SERVING", "NOT_SERVING", "NOT_SERVING"]


async def test_reflection_lists_services(running: Running) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(running.channel)

    async def ask() -> AsyncIterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    async for response in stub.ServerReflectionInfo(ask()):
        names = {one.name for one in response.list_services_response.service}
        assert {SERVICE, "grpc.health.v1.Health"} <= names


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        pytest.param(("Silent",), {}, id="no-rule"),
        pytest.param(("Silent",), {"Silent": authz_pb2.Rule()}, id="no-audience"),
        pytest.param(
            ("Silent",),
            {"Silent": authz_pb2.Rule(audience=authz_pb2.AUDIENCE_ROLES)},
            id="roles-without-roles",
        ),
        pytest.param(
            ("Silent",),
            {"Silent": authz_pb2.Rule(audience=authz_pb2.AUDIENCE_ANYONE, roles=["ROLE_VIEWER"])},
            id="anyone-with-roles",
        ),
        pytest.param(
            ("Silent",),
            {
                "Silent": authz_pb2.Rule(
                    audience=authz_pb2.AUDIENCE_ROLES, roles=["ROLE_UNSPECIFIED"]
                )
            },
            id="unspecified-role",
        ),
        pytest.param(("Unary", "Silent"), RULES, id="one-of-two"),
    ],
)
async def test_no_start_without_rules(
    names: tuple[str, ...], rules: dict[str, authz_pb2.Rule], tmp_path: Path, echo: Echo
) -> None:
    server = _server(tmp_path, (echo.adder(*names), echo, service_descriptor(*names, rules=rules)))
    with pytest.raises(RuleMissing, match="Silent"):
        await server.start()


def _server(folder: Path, *services: Any, **fields: Any) -> RpcServer:
    return RpcServer(
        settings(folder, **fields),
        services,
        authenticator=Issuer(folder).authenticator(),
        clock=system_clock,
        registry=Registry(),
    )


async def test_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = _server(tmp_path, grpc_address=address)
        with pytest.raises(PortInUse) as caught:
            await server.start()
    assert caught.value.exit_status == 3
    assert caught.value.line().startswith(f"PORT_IN_USE: {address}: another process")


async def test_probes_need_no_tls(tmp_path: Path) -> None:
    """The health address answers in plain text, says the same, and knows nothing else."""
    server = _server(tmp_path, health_address="127.0.0.1:0", **certified(tmp_path))
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.health_port}") as channel:
        check = health_pb2_grpc.HealthStub(channel).Check

        async def state(name: str) -> int:
            request = health_pb2.HealthCheckRequest(service=name)
            return int((await check(request, timeout=DEADLINE_S)).status)

        assert await state("liveness") == health_pb2.HealthCheckResponse.SERVING
        assert await state("readiness") == health_pb2.HealthCheckResponse.NOT_SERVING
        await server.set_ready(True)
        assert await state("readiness") == health_pb2.HealthCheckResponse.SERVING
        other = channel.unary_unary(f"/{SERVICE}/Unary")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await other(b"", timeout=DEADLINE_S)
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    await server.stop(0)


async def test_health_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = _server(tmp_path, health_address=address)
        with pytest.raises(PortInUse, match="TIANFU_HEALTH_ADDRESS"):
            await server.start()
        await server.stop(0)


async def test_two_servers_never_share_a_port(running: Running, tmp_path: Path) -> None:
    server = _server(tmp_path, grpc_address=f"127.0.0.1:{running.server.port}")
    with pytest.raises(PortInUse):
        await server.start()


async def test_without_a_certificate_nobody_else_is_listened_to(tmp_path: Path) -> None:
    for address in ("192.0.2.1:7101", "0.0.0.0:0", "[::]:0", "fleet.example:7101"):
        with pytest.raises(TlsRequired, match="TIANFU_TLS_CERTIFICATE_FILE"):
            await _server(tmp_path, grpc_address=address).start()


async def test_address_of_another_machine(tmp_path: Path) -> None:
    server = _server(tmp_path, grpc_address="192.0.2.1:7101", **certified(tmp_path))
    with pytest.raises(AddressUnusable, match="TIANFU_GRPC_ADDRESS"):
        await server.start()


async def test_stop_lets_calls_end(tmp_path: Path, echo: Echo) -> None:
    arrived, leave = asyncio.Event(), asyncio.Event()

    async def slow(request: Any, _: Any) -> Any:
        arrived.set()
        await leave.wait()
        return request

    echo.one = slow
    async with echo_running(tmp_path, echo) as running:
        call = asyncio.ensure_future(running.call("Unary"))
        await arrived.wait()
        stopping = asyncio.ensure_future(running.server.stop(DEADLINE_S))
        leave.set()
        assert await call == "hello"
        await stopping


async def test_stop_does_not_wait_for_watches(tmp_path: Path, echo: Echo) -> None:
    arrived, ended = asyncio.Event(), asyncio.Event()

    async def endless(request: Any, _: Any) -> AsyncIterator[Any]:
        try:
            yield request
            arrived.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    echo.stream = endless
    async with echo_running(tmp_path, echo) as running:
        request = wrappers_pb2.StringValue(value="hello")
        options = {"timeout": DEADLINE_S, "metadata": running.bearer("VIEWER")}

        async def watch() -> list[Any]:
            return [one async for one in running.method("Watch")(request, **options)]

        watching = asyncio.ensure_future(watch())
        await arrived.wait()
        # With a grace far beyond what this test may take.
        await running.server.stop(10 * DEADLINE_S)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watching
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "take it up again" in str(caught.value.details())
    assert ended.is_set()


async def test_no_start_with_handlers_of_another_service(tmp_path: Path, echo: Echo) -> None:
    server = _server(tmp_path, (echo.adder("Unary"), echo, service_descriptor("Unary", "Open")))
    with pytest.raises(HandlerUnusable, match="EchoService"):
        await server.start()


async def test_no_start_with_a_stream_that_is_no_generator(tmp_path: Path, echo: Echo) -> None:
    async def watch(*_: Any) -> None:
        """Answer nothing."""

    echo.watch = watch  # type: ignore[assignment, method-assign]
    server = _server(tmp_path, (echo.adder("Watch"), echo, service_descriptor("Watch")))
    with pytest.raises(HandlerUnusable, match="async generator"):
        await server.start()


async def test_start_is_shown(running: Running) -> None:
    assert running.counted("tianfu_rpc_start_time_seconds") > 0
