"""gRPC by TLS: who believes whom, and which service a certificate says that it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import wrappers_pb2

from services.plumbing import rpc_interceptor
from services.plumbing.clock import system_clock
from services.plumbing.metrics import Registry
from services.plumbing.rpc_server import RpcServer
from services.plumbing.tokens import Principal
from services.plumbing.transport import TlsUnusable
from tests.support import certificates
from tests.support.rpc import (
    DEADLINE_S,
    SERVICE,
    Echo,
    Issuer,
    details,
    service_descriptor,
    settings,
)
from tianfu.authz.v1 import authz_pb2
from tianfu.service_identity import service_of, service_uri

callers: list[Principal] = []


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RpcServer]:
    callers.clear()
    echo = Echo()

    async def note(request: Any, _: Any) -> Any:
        callers.append(rpc_interceptor.caller())
        return request

    echo.one = note
    chosen = settings(
        tmp_path,
        grpc_peer_address="127.0.0.1:0",
        tls_client_ca_file=_authority(tmp_path),
        **certificates.certified(tmp_path, "telemetry"),
    )
    made = RpcServer(
        chosen,
        [(echo.adder("Viewers"), echo, service_descriptor("Viewers"))],
        authenticator=Issuer(tmp_path).authenticator(),
        clock=system_clock,
        registry=Registry(),
    )
    await made.start()
    yield made
    await made.stop(0)


def _authority(folder: Path) -> Path:
    certificates.issued(folder, "telemetry")
    return certificates.authority_of(folder)


async def call(port: int, credentials: grpc.ChannelCredentials) -> str:
    """Call without a token; return the reason of the refusal, or nothing."""
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
        method = channel.unary_unary(
            f"/{SERVICE}/Viewers",
            request_serializer=wrappers_pb2.StringValue.SerializeToString,
            response_deserializer=wrappers_pb2.StringValue.FromString,
        )
        try:
            await method(wrappers_pb2.StringValue(value="x"), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            info = details(error).info
            return error.code().name if info is None else str(info.reason)
    return ""


def shown(folder: Path, service: str, believed: Path) -> grpc.ChannelCredentials:
    """Return what a service shows, by the authority in a folder, and whom it believes."""
    made = certificates.issued(folder, service)
    return grpc.ssl_channel_credentials(
        believed.read_bytes(), made.key.read_bytes(), made.certificate.read_bytes()
    )


async def test_a_service_calls_by_its_certificate(server: RpcServer, tmp_path: Path) -> None:
    credentials = shown(tmp_path, "fleet", certificates.authority_of(tmp_path))

    assert await call(server.peer_port, credentials) == ""

    assert [c.subject for c in callers] == ["service:fleet"]
    assert callers[0].roles == {authz_pb2.ROLE_SERVICE}


async def test_a_certificate_is_no_token_where_people_call(
    server: RpcServer, tmp_path: Path
) -> None:
    credentials = shown(tmp_path, "fleet", certificates.authority_of(tmp_path))
    assert await call(server.port, credentials) == "TOKEN_MISSING"


async def test_strangers_are_not_let_in(server: RpcServer, tmp_path: Path) -> None:
    believed = certificates.authority_of(tmp_path)
    (tmp_path / "other").mkdir()
    anonymous = grpc.ssl_channel_credentials(believed.read_bytes())
    for credentials in (anonymous, shown(tmp_path / "other", "fleet", believed)):
        assert await call(server.peer_port, credentials) == "UNAVAILABLE"
    assert not callers


async def test_a_client_believes_its_authority_alone(server: RpcServer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    certificates.issued(tmp_path / "other")
    other = certificates.authority_of(tmp_path / "other").read_bytes()
    assert await call(server.port, grpc.ssl_channel_credentials(other)) == "UNAVAILABLE"


async def test_what_is_no_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    good = certificates.certified(tmp_path)
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("x")
    for name in good:
        chosen = settings(tmp_path, **{**good, name: wrong})
        made = RpcServer(
            chosen,
            [],
            authenticator=Issuer(tmp_path).authenticator(),
            clock=system_clock,
            registry=Registry(),
        )
        with pytest.raises(TlsUnusable, match="wrong"):
            await made.start()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("tls_certificate_file",), "go together"),
        (("tls_key_file",), "go together"),
        (("grpc_peer_address",), "needs TIANFU_TLS"),
        (("grpc_peer_address", "tls_certificate_file", "tls_key_file"), "needs TIANFU_TLS"),
    ],
)
def test_settings_of_tls_are_whole(tmp_path: Path, fields: tuple[str, ...], said: str) -> None:
    every = {**certificates.certified(tmp_path), "grpc_peer_address": "127.0.0.1:0"}
    with pytest.raises(ValueError, match=said):
        settings(tmp_path, **{name: every[name] for name in fields})


@pytest.mark.parametrize(
    "uri",
    ["", "spiffe://other/service/x", "spiffe://tianfu/service/", "spiffe://tianfu/service/a/b"],
)
def test_a_uri_that_names_no_service(uri: str) -> None:
    assert service_of(uri) is None
    assert service_of(service_uri("fleet")) == "fleet"
