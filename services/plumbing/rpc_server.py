"""The gRPC server of a service: our RPCs guarded, health, reflection, limits, a graceful stop."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

import grpc
import protovalidate
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection
from prometheus_client import Gauge

from services.plumbing import rpc_interceptor, transport
from services.plumbing.clock import Clock
from services.plumbing.metrics import Registry
from services.plumbing.settings import ServiceSettings, split_address
from services.plumbing.startup import AddressUnusable, CannotStart, PortInUse
from services.plumbing.tokens import Authenticator
from services.plumbing.tracing import Tracer
from services.plumbing.transport import Listener
from tianfu import tasks

LIVENESS: Final = "liveness"
"""Health name: the process is alive; not serving means, restart it."""

READINESS: Final = "readiness"
"""Health name: calls will be answered; not serving means, send none here."""

RECEIVE_BYTES_MAX: Final = 2 * rpc_interceptor.MESSAGE_BYTES_MAX
"""Where gRPC itself cuts off. Up to here the guard refuses, with a reason code."""

SEND_BYTES_MAX: Final = 16 * 1024 * 1024
"""Largest answer: 100,000 points of a series take 2 MB."""

METADATA_BYTES_MAX: Final = 16 * 1024
"""Metadata of a call: a bearer token may take half of it."""

KEEPALIVE_MS: Final = 60_000
"""How often a silent connection is probed: below the idle limits of usual load balancers."""

KEEPALIVE_TIMEOUT_MS: Final = 20_000
"""How long a probe may take before the connection counts as dead."""

CLIENT_PING_MIN_MS: Final = 10_000
"""How often a client may probe; more often counts as abuse."""

STREAMS_PER_CONNECTION_MAX: Final = 1_000
"""Calls in progress on one connection; more wait at the client."""

RPCS_MAX: Final = 4_000
"""Calls in progress in all; more are refused by gRPC with RESOURCE_EXHAUSTED."""

PROBES_MAX: Final = 16
"""Probes in progress on the health address: a kubelet sends one at a time for each name."""

SERVING: Final = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING

OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.max_receive_message_length", RECEIVE_BYTES_MAX),
    ("grpc.max_send_message_length", SEND_BYTES_MAX),
    ("grpc.max_metadata_size", METADATA_BYTES_MAX),
    ("grpc.absolute_max_metadata_size", METADATA_BYTES_MAX),
    ("grpc.max_concurrent_streams", STREAMS_PER_CONNECTION_MAX),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", CLIENT_PING_MIN_MS),
    # By default a second server could share the port, and take half the calls, unnoticed.
    ("grpc.so_reuseport", 0),
)

Adder = Callable[[Any, Any], None]
"""A generated ``add_XServicer_to_server``."""

_log: Final = structlog.get_logger(__name__)


class RpcServer:
    """Serves RPCs on the settings' address; live once started, ready when told.

    ``beside`` runs as long as it serves.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        services: Sequence[tuple[Adder, object, ServiceDescriptor]],
        *,
        authenticator: Authenticator,
        clock: Clock,
        registry: Registry,
        tracer: Tracer | None = None,
        beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
    ) -> None:
        self._beside = beside
        self._running: list[asyncio.Task[None]] = []
        self._settings = settings
        self._clock = clock
        self._services = tuple(services)
        self._shared = rpc_interceptor.Surroundings(
            authenticator=authenticator,
            tracer=tracer or Tracer("untraced"),
            instruments=rpc_interceptor.Instruments.registered(registry),
            validator=protovalidate.Validator(),
        )
        self._started = Gauge(
            "tianfu_rpc_start_time_seconds",
            "Unix time at which the server began to listen.",
            registry=registry,
        )
        self._server: grpc.aio.Server | None = None
        self._probed: grpc.aio.Server | None = None
        self._health = health_aio.HealthServicer()
        self._ports: list[int] = []
        self._health_port = 0

    @property
    def port(self) -> int:
        """Port it listens on; 0 before the start."""
        return self._ports[0] if self._ports else 0

    @property
    def peer_port(self) -> int:
        """Port on which services call by their certificates; 0 when there is none."""
        return self._ports[1] if len(self._ports) > 1 else 0

    @property
    def health_port(self) -> int:
        """Port of the health names alone, without TLS; 0 when there is none."""
        return self._health_port

    async def start(self) -> None:
        """Listen; raise CannotStart when the port is taken or an RPC states no rule."""
        server = grpc.aio.server(options=OPTIONS, maximum_concurrent_rpcs=RPCS_MAX)
        for add, servicer, descriptor in self._services:
            add(servicer, rpc_interceptor.GuardedRegistrar(self._shared, server, descriptor))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = [descriptor.full_name for _, _, descriptor in self._services]
        health_name = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        reflection.enable_server_reflection([*names, health_name, reflection.SERVICE_NAME], server)
        found = transport.listeners(self._settings)
        self._ports = [_listen(server, listener) for listener in found]
        await self._health.set(LIVENESS, SERVING)
        await self.set_ready(False)
        await server.start()
        self._server = server
        await self._start_probed()
        self._running = [asyncio.create_task(each()) for each in self._beside]
        self._started.set(self._clock().timestamp())
        _log.info(
            "grpc listening",
            addresses=[listener.address for listener in found],
            ports=self._ports,
            tls=found[0].credentials is not None,
            services=names,
        )

    async def _start_probed(self) -> None:
        address = self._settings.health_address
        if address is None:
            return
        server = grpc.aio.server(options=OPTIONS, maximum_concurrent_rpcs=PROBES_MAX)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        try:
            self._health_port = server.add_insecure_port(address)
        except RuntimeError as error:
            raise _explained(address, "TIANFU_HEALTH_ADDRESS") from error
        await server.start()
        self._probed = server

    async def set_ready(self, ready: bool) -> None:
        """State whether calls will be answered; the overall health (no name) says the same."""
        state = SERVING if ready else NOT_SERVING
        await self._health.set(READINESS, state)
        await self._health.set("", state)

    async def stop(self, grace: float) -> None:
        """Take no more calls, end watches, and let other calls end within ``grace`` seconds."""
        if self._server is None:
            return
        await self.set_ready(False)
        await tasks.end(self._running)
        server, self._server = self._server, None
        self._shared.watches.end()
        await server.stop(grace)
        if self._probed is not None:
            # Last: until the calls in progress have ended, probes are told that it is not ready.
            probed, self._probed = self._probed, None
            await probed.stop(None)


def _listen(server: grpc.aio.Server, listener: Listener) -> int:
    try:
        return transport.add(server, listener)
    except RuntimeError as error:
        raise _explained(listener.address) from error


def _explained(address: str, variable: str = "TIANFU_GRPC_ADDRESS") -> CannotStart:
    """Return why an address can't be listened on; gRPC's own error does not tell."""
    host, port = split_address(address)
    try:
        with socket.create_server((host, port), family=_family(host)):
            pass
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return AddressUnusable(
                f"{address}: can't listen there; set {variable} to an address of this machine"
            )
    return PortInUse(
        f"{address}: another process listens there; stop it, or set {variable} to another port"
    )


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
