"""A gRPC service of all four kinds of RPC, tokens that are good or bad, a server and a client."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, wrappers_pb2
from google.rpc import error_details_pb2, status_pb2
from joserfc import jwt
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from services.plumbing.clock import system_clock
from services.plumbing.metrics import Registry
from services.plumbing.rpc_server import RpcServer
from services.plumbing.settings import ServiceSettings
from services.plumbing.tokens import JwtAuthenticator
from services.plumbing.tracing import Tracer
from tianfu.authz.v1 import authz_pb2

ISSUER = "https://issuer.test"
AUDIENCE = "tianfu"
DEADLINE_S = 90.0
SERVICE = "tianfu.test.v1.EchoService"

KINDS = {
    # name: (client streams, server streams)
    "Unary": (False, False),
    "Watch": (False, True),
    "Collect": (True, False),
    "Chat": (True, True),
    "Viewers": (False, False),
    "Open": (False, False),
    "Silent": (False, False),
}
RULES = {
    **dict.fromkeys(
        ("Unary", "Watch", "Collect", "Chat"),
        authz_pb2.Rule(audience=authz_pb2.AUDIENCE_AUTHENTICATED),
    ),
    "Viewers": authz_pb2.Rule(
        audience=authz_pb2.AUDIENCE_ROLES, roles=[authz_pb2.ROLE_VIEWER, authz_pb2.ROLE_SERVICE]
    ),
    "Open": authz_pb2.Rule(audience=authz_pb2.AUDIENCE_ANYONE),
}


def service_descriptor(*names: str, rules: dict[str, authz_pb2.Rule] | None = None) -> Any:
    """Return the descriptor of EchoService with these RPCs, in a pool of its own."""
    pool = descriptor_pool.DescriptorPool()
    for name in (
        "google/protobuf/wrappers.proto",
        "google/protobuf/descriptor.proto",
        "tianfu/authz/v1/authz.proto",
    ):
        proto = descriptor_pb2.FileDescriptorProto()
        descriptor_pool.Default().FindFileByName(name).CopyToProto(proto)
        pool.Add(proto)
    proto = descriptor_pb2.FileDescriptorProto(
        name="tianfu/test/v1/echo.proto",
        package="tianfu.test.v1",
        syntax="proto3",
        dependency=["google/protobuf/wrappers.proto", "tianfu/authz/v1/authz.proto"],
    )
    service = proto.service.add(name="EchoService")
    for name in names:
        method = service.method.add(
            name=name,
            input_type=".google.protobuf.StringValue",
            output_type=".google.protobuf.StringValue",
            client_streaming=KINDS[name][0],
            server_streaming=KINDS[name][1],
        )
        rule = (RULES if rules is None else rules).get(name)
        if rule is not None:
            method.options.Extensions[authz_pb2.rule].CopyFrom(rule)
    pool.Add(proto)
    return pool.FindServiceByName(SERVICE)


@dataclass
class Echo:
    """Behaviours of the RPCs, which a test replaces."""

    one: Callable[[Any, Any], Awaitable[Any]] | None = None
    stream: Callable[[Any, Any], AsyncIterator[Any]] | None = None
    seen: list[str] = field(default_factory=list)

    async def unary(self, request: Any, context: Any) -> Any:
        """Answer with the request, unless told otherwise."""
        return request if self.one is None else await self.one(request, context)

    async def watch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Answer three times."""
        if self.stream is not None:
            async for response in self.stream(request, context):
                yield response
            return
        for number in range(3):
            yield wrappers_pb2.StringValue(value=f"{request.value}{number}")

    async def collect(self, requests: AsyncIterator[Any], _: Any) -> Any:
        """Answer with all that came."""
        async for request in requests:
            self.seen.append(request.value)
        return wrappers_pb2.StringValue(value="".join(self.seen))

    async def chat(self, requests: AsyncIterator[Any], _: Any) -> AsyncIterator[Any]:
        """Answer each at once."""
        async for request in requests:
            yield request

    def adder(self, *names: str) -> Callable[[Any, Any], None]:
        """Return what a generated module would call add_EchoServiceServicer_to_server."""
        makers = {
            (False, False): (grpc.unary_unary_rpc_method_handler, self.unary),
            (False, True): (grpc.unary_stream_rpc_method_handler, self.watch),
            (True, False): (grpc.stream_unary_rpc_method_handler, self.collect),
            (True, True): (grpc.stream_stream_rpc_method_handler, self.chat),
        }

        def add(_: Any, server: Any) -> None:
            handlers = {}
            for name in names:
                make, behaviour = makers[KINDS[name]]
                handlers[name] = make(
                    behaviour,
                    request_deserializer=wrappers_pb2.StringValue.FromString,
                    response_serializer=wrappers_pb2.StringValue.SerializeToString,
                )
            server.add_registered_method_handlers(SERVICE, handlers)

        return add


class Issuer:
    """Signs tokens as the issuer that the server trusts would."""

    def __init__(self, folder: Path) -> None:
        self.key = OKPKey.generate_key("Ed25519", {"kid": "one"}, private=True)
        self.keys_file = folder / "keys.json"
        self.write_keys(self.key)

    def write_keys(self, *keys: OKPKey) -> None:
        """Replace the keys that are trusted."""
        document = json.dumps({"keys": [key.as_dict(private=False) for key in keys]})
        fresh = self.keys_file.with_suffix(".new")
        fresh.write_text(document)
        fresh.replace(self.keys_file)

    def token(
        self, *roles: str, key: OKPKey | None = None, now: datetime | None = None, **claims: Any
    ) -> str:
        """Return a token; a claim given as None is left out."""
        moment = int((datetime.now(UTC) if now is None else now).timestamp())
        content = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "somebody",
            "exp": moment + 600,
            "roles": list(roles),
            **claims,
        }
        signer = key or self.key
        return jwt.encode(
            {"alg": "Ed25519", "kid": signer.kid},
            {name: value for name, value in content.items() if value is not None},
            signer,
            registry=JWSRegistry(algorithms=["Ed25519"]),
        )

    def authenticator(self, clock: Callable[[], datetime] = system_clock) -> JwtAuthenticator:
        """Return the authenticator that trusts this issuer."""
        return JwtAuthenticator(
            keys_file=self.keys_file, issuer=ISSUER, audience=AUDIENCE, clock=clock
        )


def settings(folder: Path, **fields: Any) -> ServiceSettings:
    """Return settings on a free port; the files they name exist."""
    for name in ("seed", "keys.json"):
        (folder / name).touch()
    return ServiceSettings(
        **{
            "grpc_address": "127.0.0.1:0",
            "nats_credentials_file": folder / "seed",
            "token_keys_file": folder / "keys.json",
            **fields,
        }
    )


@dataclass
class Running:
    """A server, a client of it, and what it counts."""

    server: RpcServer
    channel: grpc.aio.Channel
    registry: Registry
    issuer: Issuer

    def bearer(self, *roles: str, **claims: Any) -> tuple[tuple[str, str], ...]:
        """Return metadata with a good token."""
        return (("authorization", f"Bearer {self.issuer.token(*roles, **claims)}"),)

    def method(self, name: str) -> Any:
        """Return the client's callable of an RPC of EchoService."""
        makers = {
            (False, False): self.channel.unary_unary,
            (False, True): self.channel.unary_stream,
            (True, False): self.channel.stream_unary,
            (True, True): self.channel.stream_stream,
        }
        return makers[KINDS[name]](
            f"/{SERVICE}/{name}",
            request_serializer=wrappers_pb2.StringValue.SerializeToString,
            response_deserializer=wrappers_pb2.StringValue.FromString,
        )

    async def call(self, name: str, value: str = "hello", **options: Any) -> str:
        """Call an RPC with one request and one answer, with a token unless told otherwise."""
        options.setdefault("timeout", DEADLINE_S)
        options.setdefault("metadata", self.bearer("VIEWER"))
        response = await self.method(name)(wrappers_pb2.StringValue(value=value), **options)
        return str(response.value)

    def counted(self, metric: str, **labels: str) -> float:
        """Return a sample of the metrics, 0 when there is none."""
        return self.registry.get_sample_value(metric, labels) or 0.0


@contextlib.asynccontextmanager
async def running(
    folder: Path, services: list[tuple[Any, object, Any]], tracer: Tracer | None = None
) -> AsyncIterator[Running]:
    """Run a server with services on a free port, and a client."""
    issuer = Issuer(folder)
    registry = Registry()
    server = RpcServer(
        settings(folder),
        services,
        authenticator=issuer.authenticator(),
        clock=system_clock,
        registry=registry,
        tracer=tracer,
    )
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        try:
            yield Running(server, channel, registry, issuer)
        finally:
            await server.stop(0)


def echo_running(
    folder: Path, echo: Echo, tracer: Tracer | None = None
) -> contextlib.AbstractAsyncContextManager[Running]:
    """Run EchoService."""
    names = [name for name in KINDS if name != "Silent"]
    service = (echo.adder(*names), echo, service_descriptor(*names))
    return running(folder, [service], tracer)


@dataclass
class Details:
    """A rich status, taken apart."""

    code: grpc.StatusCode
    message: str
    info: error_details_pb2.ErrorInfo | None = None
    bad_request: error_details_pb2.BadRequest | None = None
    retry: error_details_pb2.RetryInfo | None = None


def details(error: Any) -> Details:
    """Take the status of a failed call apart."""
    found = Details(error.code(), error.details() or "")
    status = status_pb2.Status()
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status.ParseFromString(value)
    kinds = {
        "info": error_details_pb2.ErrorInfo,
        "bad_request": error_details_pb2.BadRequest,
        "retry": error_details_pb2.RetryInfo,
    }
    for packed in status.details:
        for name, kind in kinds.items():
            message = kind()
            if packed.Unpack(message):
                setattr(found, name, message)
    return found


@dataclass
class FixedClock:
    """A clock that goes only when told."""

    now: datetime = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, by: timedelta) -> None:
        """Go on."""
        self.now += by
