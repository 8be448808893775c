"""What a call by way of the gateway costs beside the same call by gRPC.

``python -m bench.gateway``. A service of ours (FleetService.GetNode, guarded, answers at once) runs
in a process of its own; the gateway's proxy runs in another under uvicorn, as in production. One
client calls both by turns, one call at a time, with the same token and deadline:

- grpc: by grpc.aio, straight to the service;
- proto: by the gateway with Connect and protobuf, over one HTTP/1.1 connection;
- json: the same with JSON, which the gateway turns into protobuf and back.

Sessions and the audit log are left out: they are of browsers. The figure is the median of what the
gateway adds to a call.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import grpc
import uvicorn
import uvloop

from bench.rpc import AUDIENCE, ISSUER, NODE, Fleet
from cli.local import tokens
from cli.local.folder import Folder
from services.gateway import backends
from services.gateway.web import caller as callers
from services.gateway.web.caller import Caller
from services.gateway.web.ports import Instruments
from services.gateway.web.proxy import OPTIONS, Proxy, RpcApplication, methods
from services.plumbing import logs
from services.plumbing.clock import system_clock
from services.plumbing.metrics import new_registry
from services.plumbing.rate_limit import Limiter
from services.plumbing.rpc_server import RpcServer
from services.plumbing.settings import ServiceSettings
from services.plumbing.tokens import JwtAuthenticator
from services.plumbing.tracing import Tracer
from tianfu.fleet.v1 import fleet_service_pb2, fleet_service_pb2_grpc

TARGET_MS: Final = 5.0
"""A person does not see five milliseconds; more would be more than the call itself takes."""
ROUNDS: Final = 10
CALLS: Final = 60
DEADLINE_S: Final = 30.0
PATH: Final = "/tianfu.fleet.v1.FleetService/GetNode"
REQUEST: Final = fleet_service_pb2.GetNodeRequest(name=NODE.name)


class Nothing:
    """Keeps no audit log: bearer tokens are not the gateway's to audit."""

    async def asked(self, actor: str, method: str) -> None:
        """Write nothing."""

    async def answered(self, actor: str, method: str, outcome: str) -> None:
        """Write nothing."""

    async def noted(self, actor: str, action: str, outcome: str) -> None:
        """Write nothing."""


async def serve_fleet(folder: Path) -> None:
    """Serve the fleet service's RPCs; say the port on stdout; run until killed."""
    logs.configure("fleet", "error")
    keys = Folder.at(folder).keys / tokens.PUBLIC_NAME
    settings = ServiceSettings(
        grpc_address="127.0.0.1:0",
        nats_credentials_file=keys,
        token_keys_file=keys,
        token_issuer=ISSUER,
        token_audience=AUDIENCE,
    )
    authenticator = JwtAuthenticator(
        keys_file=keys, issuer=ISSUER, audience=AUDIENCE, clock=system_clock
    )
    add = fleet_service_pb2_grpc.add_FleetServiceServicer_to_server
    descriptor = fleet_service_pb2.DESCRIPTOR.services_by_name["FleetService"]
    server = RpcServer(
        settings,
        [(add, Fleet(), descriptor)],
        authenticator=authenticator,
        clock=system_clock,
        registry=new_registry(),
    )
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


async def serve_gateway(address: str) -> None:
    """Serve the proxy before a service; say the port on stdout; run until killed."""
    channel = grpc.aio.insecure_channel(address, options=OPTIONS)
    proxy = Proxy(
        {"fleet": channel},
        limiter=Limiter(1e9, 1e9),
        audit=Nothing(),
        tracer=Tracer("gateway"),
        instruments=Instruments(new_registry()),
    )
    app = RpcApplication(proxy, methods(backends.PUBLIC, backends.EVERYWHERE))

    async def named(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        bearer = headers.get(b"authorization", b"").decode()
        callers.current.set(Caller(key="bench", authorization=bearer))
        await app(scope, receive, send)

    config = uvicorn.Config(
        named, host="127.0.0.1", port=0, lifespan="off", log_level="error", access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving


async def process(stack: AsyncExitStack, *arguments: str) -> int:
    """Start one of the two servers; return its port."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.gateway", *arguments, stdout=asyncio.subprocess.PIPE
    )
    stack.push_async_callback(started.wait)
    stack.callback(started.kill)
    assert started.stdout is not None
    return int(await asyncio.wait_for(started.stdout.readline(), DEADLINE_S))


def by_http(port: int, kind: str, body: bytes, token: str) -> Callable[[], None]:
    """Return a call over one connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    headers = {"content-type": kind, "authorization": f"Bearer {token}"}

    def call() -> None:
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == http.HTTPStatus.OK, content

    return call


def by_grpc(port: int, token: str) -> Callable[[], None]:
    """Return the same call straight to the service."""
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    stub = fleet_service_pb2_grpc.FleetServiceStub(channel)
    metadata = (("authorization", f"Bearer {token}"),)

    def call() -> None:
        assert stub.GetNode(REQUEST, timeout=DEADLINE_S, metadata=metadata).name == NODE.name

    return call


def measure(calls: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median of each call in milliseconds; rounds are interleaved."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            for _ in range(CALLS):
                began = time.perf_counter()
                call()
                took[name].append((time.perf_counter() - began) * 1e3)
    return {name: statistics.median(each) for name, each in took.items()}


async def main() -> None:
    """Measure and print."""
    async with AsyncExitStack() as stack:
        folder = Folder.at(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        folder.make()
        tokens.ensure_keys(folder)
        token = tokens.issue(folder, "viewer")
        service = await process(stack, "fleet", str(folder.root))
        gateway = await process(stack, "gateway", f"127.0.0.1:{service}")
        asked = json.dumps({"name": NODE.name}).encode()
        calls = {
            "grpc": by_grpc(service, token),
            "proto": by_http(gateway, "application/proto", REQUEST.SerializeToString(), token),
            "json": by_http(gateway, "application/json", asked, token),
        }
        medians = await asyncio.to_thread(measure, calls)
    for name, value in medians.items():
        print(f"{name:6} {value:7.3f} ms a call (median of {ROUNDS * CALLS})")
    base = medians["grpc"]
    print(
        json.dumps(
            [
                {
                    "name": f"gateway-{name}-added",
                    "value": round(medians[name] - base, 3),
                    "unit": "ms",
                    "baseline": round(base, 3),
                    "ratio": round(medians[name] / base, 2),
                    "target": TARGET_MS,
                    "met": medians[name] - base <= TARGET_MS,
                }
                for name in ("proto", "json")
            ]
        )
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fleet", where]:
            uvloop.run(serve_fleet(Path(where)))
        case ["gateway", where]:
            uvloop.run(serve_gateway(where))
        case _:
            asyncio.run(main())
