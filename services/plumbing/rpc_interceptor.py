"""What happens around every RPC, in one place and at the least cost.

In this order: span, deadline, caller, right to call, size, parsing, the proto's rules, servicer,
status, metrics. It wraps the handlers when they are registered and not, as grpc.aio's interceptors
do, at each call: all that depends on the RPC alone is worked out once, and nothing is looked up.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
import protovalidate
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError
from opentelemetry.trace import Span, SpanKind
from prometheus_client import Counter, Histogram

from services.plumbing import rpc_status, tracing, transport
from services.plumbing.authorisation import Rule, rules_of
from services.plumbing.clock import Monotonic, system_perf
from services.plumbing.metrics import SECONDS_BUCKETS, Registry
from services.plumbing.refusal import (
    DeadlineExceeded,
    InvalidArgument,
    Refusal,
    ResourceExhausted,
    Unavailable,
)
from services.plumbing.rpc_status import Violation
from services.plumbing.startup import CannotStart
from services.plumbing.tokens import ANYONE, Authenticator, Principal, TokenInvalid, TokenMissing
from services.plumbing.well_known import unsound

UNARY_DEADLINE_MAX_S: Final = 300.0
"""Longest deadline of a call with one answer; nobody waits longer for one."""

STREAM_DEADLINE_MAX_S: Final = 25 * 3600.0
"""Longest deadline of a stream: a day's watch, and an hour to renew it."""

MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024
"""Largest request: four reading batches. Larger ones are refused before they are parsed."""

WATCH: Final = "Watch"
"""What RPCs are called whose answers go on for as long as their caller listens."""

STOPPING: Final = "the process that serves this watch ends: take it up again with the last token"

BEARER: Final = "bearer "

_caller: ContextVar[Principal] = ContextVar("caller", default=ANYONE)
_log: Final = structlog.get_logger(__name__)

Behaviour = Callable[[Any, Any], Any]


class DeadlineRequired(InvalidArgument):
    """The call has no deadline."""

    reason = "DEADLINE_REQUIRED"


class DeadlineTooLong(InvalidArgument):
    """The call's deadline is further away than the RPC allows."""

    reason = "DEADLINE_TOO_LONG"


class MessageTooLarge(ResourceExhausted):
    """The request is larger than any may be."""

    reason = "MESSAGE_TOO_LARGE"


class RequestMalformed(InvalidArgument):
    """The bytes are no message of the RPC's type."""

    reason = "REQUEST_MALFORMED"


class ServiceStopping(Unavailable):
    """The process that serves a watch ends; the watch goes on with another."""

    reason = "SERVICE_STOPPING"


class HandlerUnusable(CannotStart):
    """A servicer's method is not of the shape that its RPC needs."""

    reason = "RPC_HANDLER_UNUSABLE"


def caller() -> Principal:
    """Return who called the RPC that is being served."""
    return _caller.get()


@dataclass(frozen=True)
class Instruments:
    """What is counted of RPCs."""

    handled: Counter
    seconds: Histogram
    refused: Counter

    @classmethod
    def registered(cls, registry: Registry) -> Instruments:
        """Return instruments that a registry shows."""
        labels = ("method", "code")
        return cls(
            handled=Counter("tianfu_rpc_handled", "RPCs by outcome.", labels, registry=registry),
            seconds=Histogram(
                "tianfu_rpc_duration_seconds",
                "Time from the arrival of an RPC to its outcome.",
                labels,
                buckets=SECONDS_BUCKETS,
                registry=registry,
            ),
            refused=Counter(
                "tianfu_rpc_refused",
                "RPCs refused, by reason code.",
                ("method", "reason"),
                registry=registry,
            ),
        )


class _Outcomes:
    """Counts the outcomes of one RPC; each label's series is looked up once."""

    def __init__(self, instruments: Instruments, method: str) -> None:
        self._instruments = instruments
        self._method = method
        self._series: dict[str, tuple[Callable[[], None], Callable[[float], None]]] = {}
        self.count("OK", None)  # so that rates begin at 0 and not at the first call

    def count(self, code: str, seconds: float | None) -> None:
        """Count an outcome; without a duration only make it known."""
        series = self._series.get(code)
        if series is None:
            handled = self._instruments.handled.labels(self._method, code)
            observed = self._instruments.seconds.labels(self._method, code)
            series = self._series[code] = (handled.inc, observed.observe)
        if seconds is not None:
            series[0]()
            series[1](seconds)

    def refuse(self, reason: str) -> None:
        """Count a reason code."""
        self._instruments.refused.labels(self._method, reason).inc()


@dataclass
class Watches:
    """The streams of a server that have no end of their own.

    All other calls may end within the grace of a stop. These would use it up, and whoever takes
    over would wait for it.
    """

    _serving: set[asyncio.Task[Any]] = field(default_factory=set)
    is_ending: bool = False

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Have the current task among them; raise ServiceStopping when the server stops."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - only called within one
        if self.is_ending:
            raise ServiceStopping(STOPPING)
        self._serving.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self.is_ending:
                raise
            task.uncancel()
            raise ServiceStopping(STOPPING) from None
        finally:
            self._serving.discard(task)

    def end(self) -> None:
        """End all, and each that begins from now on."""
        self.is_ending = True
        for task in self._serving:
            task.cancel()


@dataclass(frozen=True)
class Surroundings:
    """What all RPCs of a server share."""

    authenticator: Authenticator
    tracer: tracing.Tracer
    instruments: Instruments
    validator: protovalidate.Validator
    perf: Monotonic = system_perf
    watches: Watches = field(default_factory=Watches)


class Guard:
    """Stands around one RPC."""

    def __init__(
        self, shared: Surroundings, *, full_name: str, rule: Rule, deadline_max_s: float
    ) -> None:
        self._shared = shared
        self._name = full_name
        self._rule = rule
        self._deadline_max_s = deadline_max_s
        self._outcomes = _Outcomes(shared.instruments, full_name)
        service, _, method = full_name.partition("/")
        self._attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}

    # -- before the servicer -----------------------------------------------------------------------

    def begin(self, metadata: tuple[tuple[str, Any], ...]) -> Span:
        """Begin the span of a call and make it the current one."""
        traceparent = None
        for key, value in metadata:
            if key == tracing.TRACEPARENT:
                traceparent = tracing.parse(value)
        span = self._shared.tracer.begin(
            self._name, parent=traceparent, kind=SpanKind.SERVER, attributes=self._attributes
        )
        tracing.enter(span)
        return span

    def admit(self, metadata: tuple[tuple[str, Any], ...], context: Any) -> None:
        """Raise a Refusal unless the call has a sensible deadline and a caller who may call."""
        remaining_s = context.time_remaining()
        if remaining_s is None:
            raise DeadlineRequired("the call has no deadline: set one")
        if remaining_s <= 0:
            raise DeadlineExceeded("the call's deadline was over when it came in")
        if remaining_s > self._deadline_max_s:
            raise DeadlineTooLong(
                f"the call's deadline is more than {self._deadline_max_s:.0f} s away",
                metadata={"deadline_max_s": f"{self._deadline_max_s:.0f}"},
            )
        if not self._rule.needs_token:
            return
        principal = self._by_token(metadata) or transport.peer_of(context)
        if principal is None:
            raise TokenMissing("the call needs metadata `authorization: Bearer TOKEN`")
        self._rule.admit(principal)
        _caller.set(principal)

    def _by_token(self, metadata: tuple[tuple[str, Any], ...]) -> Principal | None:
        """Return the caller that a token names, None when there is no token."""
        for key, value in metadata:
            if key == "authorization":
                if value[: len(BEARER)].lower() != BEARER:
                    raise TokenInvalid("the authorization is no bearer token")
                return self._shared.authenticator.authenticate(value[len(BEARER) :])
        return None

    def parser(self, deserialise: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        """Return what turns the bytes of a request into a message that keeps the proto's rules."""
        collect = self._shared.validator.collect_violations
        # The rules are compiled at the first message of a type: now, and not during a call.
        collect(deserialise(b""))

        def parse(raw: bytes) -> Any:
            if len(raw) > MESSAGE_BYTES_MAX:
                raise MessageTooLarge(
                    f"the request has {len(raw)} bytes; the most is {MESSAGE_BYTES_MAX}"
                )
            try:
                request = deserialise(raw)
            except DecodeError as error:
                raise RequestMalformed("the bytes are no message of the RPC's type") from error
            wrong = [Violation(path, "TIME_INVALID", why) for path, why in unsound(request)]
            if wrong:
                raise rpc_status.InvalidRequest(wrong)
            violations = collect(request)
            if violations:
                raise rpc_status.InvalidRequest(rpc_status.violations_of(violations))
            return request

        return parse

    # -- after the servicer ------------------------------------------------------------------------

    def succeed(self, span: Span, started: float) -> None:
        """Count a call that went well, and end its span."""
        self._outcomes.count("OK", self._shared.perf() - started)
        if span.is_recording():
            span.set_attribute("rpc.grpc.status_code", 0)
            span.end()

    async def fail(self, context: Any, span: Span, started: float, error: Exception) -> None:
        """Send the status of a failed call. Always raises."""
        if isinstance(error, grpc.aio.AbortError):  # the servicer has sent one itself
            self._close(span, started, _name_of(context.code()), "ABORTED_BY_SERVICER")
            raise error
        if isinstance(error, Refusal):
            found = rpc_status.answer(error)
            _log.info("rpc refused", method=self._name, reason=error.reason, code=found.code.name)
        elif isinstance(error, NotImplementedError):
            found = rpc_status.unimplemented()
            _log.warning("rpc not implemented", method=self._name, reason=found.reason)
        else:
            found = rpc_status.internal(tracing.current_trace_id())
            _log.error("rpc failed", method=self._name, reason=found.reason, exc_info=error)
        self._close(span, started, found.code.name, found.reason)
        await context.abort(found.code, found.message, found.trailers)

    def cancel(self, context: Any, span: Span, started: float) -> None:
        """Count a call that its caller gave up, or whose deadline came."""
        remaining_s = context.time_remaining()
        late = remaining_s is not None and remaining_s <= 0
        self._close(span, started, "DEADLINE_EXCEEDED" if late else "CANCELLED", "CANCELLED")

    def _close(self, span: Span, started: float, code: str, reason: str) -> None:
        self._outcomes.count(code, self._shared.perf() - started)
        self._outcomes.refuse(reason)
        if span.is_recording():
            span.set_attribute("rpc.grpc.status_code", grpc.StatusCode[code].value[0])
            tracing.fail(span, reason)
            span.end()

    # -- the four kinds of RPC ---------------------------------------------------------------------

    def to_one(
        self, behaviour: Behaviour, requests: Callable[[Any], Any], serialise: Callable[..., bytes]
    ) -> Callable[[Any, Any], Awaitable[bytes]]:
        """Return the handler of an RPC with one answer."""
        begin, admit, succeed = self.begin, self.admit, self.succeed
        perf = self._shared.perf

        async def handle(raw: Any, context: Any) -> bytes:
            started = perf()
            metadata = context.invocation_metadata()
            span = begin(metadata)
            try:
                admit(metadata, context)
                response = serialise(await behaviour(requests(raw), context))
            except asyncio.CancelledError:
                self.cancel(context, span, started)
                raise
            except Exception as error:
                await self.fail(context, span, started, error)
                raise  # not reached: fail() raises
            succeed(span, started)
            return response

        return handle

    def to_many(
        self, behaviour: Behaviour, requests: Callable[[Any], Any], serialise: Callable[..., bytes]
    ) -> Callable[[Any, Any], Awaitable[None]]:
        """Return the handler of an RPC with a stream of answers."""
        if getattr(behaviour, "__module__", "").endswith("_pb2_grpc"):
            behaviour = _unimplemented  # the generated class's own: the servicer has none
        if not inspect.isasyncgenfunction(behaviour):
            raise HandlerUnusable(f"{self._name}: write it as an async generator")
        perf = self._shared.perf
        is_watch = self._name.rpartition("/")[2].startswith(WATCH)
        counted = self._shared.watches.counted if is_watch else contextlib.nullcontext

        async def handle(raw: Any, context: Any) -> None:
            started = perf()
            metadata = context.invocation_metadata()
            span = self.begin(metadata)
            try:
                self.admit(metadata, context)
                with counted():
                    async with contextlib.aclosing(behaviour(requests(raw), context)) as responses:
                        async for response in responses:
                            await context.write(serialise(response))
            except asyncio.CancelledError:
                self.cancel(context, span, started)
                raise
            except Exception as error:  # noqa: BLE001 - sent as a status; a bug as INTERNAL, logged
                await self.fail(context, span, started, error)
            else:
                self.succeed(span, started)

        return handle


async def _unimplemented(*_: object) -> AsyncIterator[Any]:
    raise NotImplementedError
    yield


def _name_of(code: Any) -> str:
    """Return the name of a status code, which grpc.aio gives as itself or as its number."""
    for known in grpc.StatusCode:
        if code in {known, known.value[0]}:
            return str(known.name)
    return "UNKNOWN"


def _each(parse: Callable[[bytes], Any]) -> Callable[[AsyncIterator[bytes]], AsyncIterator[Any]]:
    async def requests(raw: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for one in raw:
            yield parse(one)

    return requests


class GuardedRegistrar:
    """Stands in for the server in ``add_XServicer_to_server``, and guards what is added."""

    def __init__(
        self, shared: Surroundings, server: grpc.aio.Server, service: ServiceDescriptor
    ) -> None:
        self._shared = shared
        self._server = server
        self._service = service
        self._rules = rules_of(service)

    def add_generic_rpc_handlers(self, _: object) -> None:
        """Ignore the generic form: the registered one below says the same."""

    def add_registered_method_handlers(
        self, service_name: str, handlers: Mapping[str, grpc.RpcMethodHandler]
    ) -> None:
        """Add the handlers of a service, guarded."""
        if service_name != self._service.full_name or handlers.keys() != self._rules.keys():
            raise HandlerUnusable(
                f"{service_name}: its handlers are not those of {self._service.full_name}"
            )
        guarded = {name: self._guarded(name, handlers[name]) for name in handlers}
        generic = grpc.method_handlers_generic_handler(service_name, guarded)
        self._server.add_generic_rpc_handlers((generic,))
        self._server.add_registered_method_handlers(service_name, guarded)

    def _guarded(self, name: str, handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
        streams = handler.request_streaming or handler.response_streaming
        guard = Guard(
            self._shared,
            full_name=f"{self._service.full_name}/{name}",
            rule=self._rules[name],
            deadline_max_s=STREAM_DEADLINE_MAX_S if streams else UNARY_DEADLINE_MAX_S,
        )
        parse = guard.parser(handler.request_deserializer)
        requests = _each(parse) if handler.request_streaming else parse
        serialise = handler.response_serializer
        match (handler.request_streaming, handler.response_streaming):
            case (False, False):
                behaviour = guard.to_one(handler.unary_unary, requests, serialise)
                return grpc.unary_unary_rpc_method_handler(behaviour)
            case (True, False):
                behaviour = guard.to_one(handler.stream_unary, requests, serialise)
                return grpc.stream_unary_rpc_method_handler(behaviour)
            case (False, True):
                stream = guard.to_many(handler.unary_stream, requests, serialise)
                return grpc.unary_stream_rpc_method_handler(stream)
            case _:
                stream = guard.to_many(handler.stream_stream, requests, serialise)
                return grpc.stream_stream_rpc_method_handler(stream)
