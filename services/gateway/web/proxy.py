"""Every public RPC as an endpoint for Connect, gRPC-Web and JSON, made from its descriptor.

connectrpc speaks the protocols; what it hands over are bytes (``codecs``), which go to the service
by grpc.aio and come back. No generated code takes part, so a new service needs none here.
Deadlines go along, cancelled calls are cancelled at the service, and a service's errors keep their
details.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import grpc
import structlog
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.trace import SpanKind
from typing_extensions import override

from services.gateway.model.limits import Gauge
from services.gateway.model.reads import changes
from services.gateway.web import caller as callers
from services.gateway.web.caller import Caller, RateLimited, StreamsExhausted
from services.gateway.web.codecs import CODECS, Answer
from services.gateway.web.failures import BackendUnset, passed_on, refused
from services.gateway.web.ports import Audit, Instruments
from services.plumbing.rate_limit import Limiter
from services.plumbing.refusal import Refusal
from services.plumbing.tracing import Tracer, extract, inject

UNARY_S: Final = 30.0
"""For a call whose caller states no deadline."""

UNARY_MOST_S: Final = 120.0
STREAM_S: Final = 3_600.0
"""A watch ends after an hour, and its client goes on with the resume token it has."""

STREAMS_MAX: Final = 32
"""Of one caller. A browser has six connections to an origin."""

STREAM_TYPES: Final = {
    (False, False): StreamType.UNARY,
    (True, False): StreamType.CLIENT_STREAM,
    (False, True): StreamType.SERVER_STREAM,
    (True, True): StreamType.BIDI_STREAM,
}
"""By whether the client and the server stream."""

READ_BYTES_MAX: Final = 4 * 1024 * 1024
ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024
OPTIONS: Final = (
    ("grpc.max_receive_message_length", ANSWER_BYTES_MAX),
    ("grpc.max_send_message_length", READ_BYTES_MAX),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A service that is back is tried soon: people wait.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Method:
    """One RPC: where it is, and what goes in and comes out."""

    backend: str
    path: str
    descriptor: MethodDescriptor
    output: type[Message]

    @property
    def grpc_path(self) -> str:
        """The path at the service."""
        return f"/{self.descriptor.containing_service.full_name}/{self.descriptor.name}"

    @property
    def deadline_s(self) -> tuple[float, float]:
        """Return the deadline without one of the caller's, and the longest there is."""
        streams = self.descriptor.server_streaming
        return (STREAM_S, STREAM_S) if streams else (UNARY_S, UNARY_MOST_S)


def methods(
    public: Mapping[str, Sequence[ServiceDescriptor]], everywhere: ServiceDescriptor
) -> dict[str, Method]:
    """Return all RPCs by the path at the gateway."""
    found = [
        Method(name, f"/{service.full_name}/{each.name}", each, _output(each))
        for name, services in public.items()
        for service in services
        for each in service.methods
    ] + [
        Method(name, f"/{name}/{everywhere.full_name}/{each.name}", each, _output(each))
        for name in public
        for each in everywhere.methods
    ]
    return {each.path: each for each in found}


def _output(method: MethodDescriptor) -> type[Message]:
    found: type[Message] = GetMessageClass(method.output_type)
    return found


class Proxy:
    """Calls services on behalf of callers that were let in."""

    def __init__(
        self,
        channels: Mapping[str, grpc.aio.Channel],
        *,
        limiter: Limiter,
        audit: Audit,
        tracer: Tracer,
        instruments: Instruments,
    ) -> None:
        self._channels = channels
        self._limiter = limiter
        self._streams = Gauge(STREAMS_MAX)
        self._audit = audit
        self._tracer = tracer
        self._instruments = instruments

    def endpoints(self, found: Mapping[str, Method]) -> dict[str, Any]:
        """Return an endpoint for each RPC, by path."""
        return {path: self._endpoint(method) for path, method in found.items()}

    def _endpoint(self, method: Method) -> Any:
        descriptor = method.descriptor
        # What connectrpc calls a message is whatever the codec makes: here, bytes.
        info: MethodInfo[Any, Any] = MethodInfo(
            name=descriptor.name,
            service_name=descriptor.containing_service.full_name,
            input=GetMessageClass(descriptor.input_type),
            output=method.output,
            idempotency_level=IdempotencyLevel.UNKNOWN,
            stream_type=STREAM_TYPES[descriptor.client_streaming, descriptor.server_streaming],
        )
        match descriptor.client_streaming, descriptor.server_streaming:
            case False, False:
                return Endpoint.unary(info, self._unary(method))
            case False, True:
                return Endpoint.server_stream(info, self._stream(method, many=False))
            case True, False:
                return Endpoint.client_stream(info, self._gathering(method))
            case _:
                return Endpoint.bidi_stream(info, self._stream(method, many=True))

    # -- one answer -----------------------------------------------------------------------------

    def _unary(self, method: Method) -> Any:
        async def call(request: bytes, ctx: RequestContext[Any, Any]) -> Answer:
            return await self._once(method, request, ctx, "unary_unary")

        return call

    def _gathering(self, method: Method) -> Any:
        async def call(requests: AsyncIterator[bytes], ctx: RequestContext[Any, Any]) -> Answer:
            return await self._once(method, requests, ctx, "stream_unary")

        return call

    async def _once(
        self, method: Method, request: Any, ctx: RequestContext[Any, Any], kind: str
    ) -> Answer:
        began = asyncio.get_running_loop().time()
        code = "ok"
        caller = callers.current.get()
        try:
            channel = self._admit(method, caller)
            with self._span(method, ctx) as metadata:
                await self._ask(method, caller)
                stub = getattr(channel, kind)(method.grpc_path)
                data: bytes = await stub(
                    request,
                    timeout=_deadline_s(method, ctx),
                    metadata=_metadata(caller, metadata),
                )
        except grpc.aio.AioRpcError as error:
            code = error.code().name.lower()
            raise passed_on(error, method.backend) from None
        except Refusal as refusal:
            code = refusal.kind.name.lower()
            raise refused(refusal) from None
        except asyncio.CancelledError:
            code = "cancelled"
            raise
        finally:
            took = asyncio.get_running_loop().time() - began
            self._instruments.called(method.backend, code, took)
            await self._told(method, caller, code)
        return Answer(data, method.output)

    # -- many answers ---------------------------------------------------------------------------

    def _stream(self, method: Method, *, many: bool) -> Any:
        async def call(request: Any, ctx: RequestContext[Any, Any]) -> AsyncIterator[Answer]:
            caller, code = callers.current.get(), "ok"
            entered = False
            try:
                channel = self._admit(method, caller)
                entered = self._streams.enter(caller.key)
                if not entered:
                    raise StreamsExhausted(
                        f"{STREAMS_MAX} streams are open; close one",
                        retry_after=timedelta(seconds=1),
                    )
                await self._ask(method, caller)
                kind = channel.stream_stream if many else channel.unary_stream
                stub = kind(method.grpc_path)
                with self._span(method, ctx) as metadata:
                    going = stub(
                        request,
                        timeout=_deadline_s(method, ctx),
                        metadata=_metadata(caller, metadata),
                    )
                try:
                    async for data in going:
                        yield Answer(data, method.output)
                finally:
                    going.cancel()
            except grpc.aio.AioRpcError as error:
                code = error.code().name.lower()
                raise passed_on(error, method.backend) from None
            except Refusal as refusal:
                code = refusal.kind.name.lower()
                raise refused(refusal) from None
            finally:
                if entered:
                    self._streams.leave(caller.key)
                self._instruments.streamed(method.backend, code)

        return call

    # -- common ---------------------------------------------------------------------------------

    def _admit(self, method: Method, caller: Caller) -> grpc.aio.Channel:
        """Return the way to the service; raise the Refusal that keeps the call from it."""
        wait_s = self._limiter.take(caller.key, asyncio.get_running_loop().time())
        if wait_s > 0:
            raise RateLimited(
                f"too many calls; the next may come in {wait_s:.1f} s",
                retry_after=timedelta(seconds=wait_s),
            )
        if caller.refusal is not None:
            raise caller.refusal
        channel = self._channels.get(method.backend)
        if channel is None:
            raise BackendUnset(f"the gateway was not told where {method.backend} is")
        return channel

    async def _ask(self, method: Method, caller: Caller) -> None:
        """Write down what a person is about to do: no act without its entry."""
        if caller.session is not None and changes(method.descriptor.name):
            await self._audit.asked(caller.session.subject, method.path)

    async def _told(self, method: Method, caller: Caller, code: str) -> None:
        if caller.session is not None and changes(method.descriptor.name):
            await self._audit.answered(caller.session.subject, method.path, code)

    @contextmanager
    def _span(self, method: Method, ctx: RequestContext[Any, Any]) -> Iterator[dict[str, str]]:
        """Run a call in a span; yield the metadata by which the service goes on with it."""
        given = ctx.request_headers.get("traceparent")
        parent = extract({"traceparent": given}) if given else None
        with self._tracer.span(method.grpc_path, parent=parent, kind=SpanKind.CLIENT):
            headers: dict[str, str] = {}
            inject(headers)
            yield headers


def _deadline_s(method: Method, ctx: RequestContext[Any, Any]) -> float:
    usual, most = method.deadline_s
    left_ms = ctx.timeout_ms
    return usual if left_ms is None else max(0.001, min(left_ms / 1000, most))


def _metadata(caller: Caller, traced: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    own = (("authorization", caller.authorization),) if caller.authorization else ()
    return (*own, *traced.items())


class RpcApplication(ConnectASGIApplication[Proxy]):
    """The endpoints as one ASGI application."""

    def __init__(self, proxy: Proxy, found: Mapping[str, Method]) -> None:
        super().__init__(
            service=proxy,
            endpoints=lambda service: service.endpoints(found),
            read_max_bytes=READ_BYTES_MAX,
            codecs=CODECS,
        )

    @property
    @override
    def path(self) -> str:
        return "/"
