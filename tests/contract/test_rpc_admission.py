"""Every RPC of the contract, called by everybody who may not: generated from the rules it states.

A real server has all services; what they do is left out, since nobody gets so far who must not.
An RPC that is added is tested by that alone.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from services.plumbing.authorisation import rule_of
from services.plumbing.clock import system_clock
from services.plumbing.metrics import Registry
from services.plumbing.rpc_server import RpcServer
from tests.contract.test_protos import SERVICES
from tests.support.rpc import Issuer, details, settings
from tianfu.authz.v1 import authz_pb2

DEADLINE_S: Final = 30.0
ROLES: Final = sorted(set(authz_pb2.Role.values()) - {authz_pb2.ROLE_UNSPECIFIED})
METHODS: Final = [method for service in SERVICES for method in service.methods]


def generated(service: ServiceDescriptor) -> tuple[Any, object, ServiceDescriptor]:
    """Return a service whose every RPC says that it is not implemented."""
    name = service.file.name.removesuffix(".proto").replace("/", ".")
    module = importlib.import_module(f"{name}_pb2_grpc")
    servicer = getattr(module, f"{service.name}Servicer")()
    return getattr(module, f"add_{service.name}Servicer_to_server"), servicer, service


class Caller:
    """Calls any RPC by its bytes."""

    def __init__(self, channel: grpc.aio.Channel, issuer: Issuer) -> None:
        self.channel = channel
        self.issuer = issuer

    async def outcome(
        self, method: MethodDescriptor, token: str | None, deadline_s: float | None = DEADLINE_S
    ) -> str:
        """Return the reason with which an RPC refuses an empty request."""
        metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        path = f"/{method.containing_service.full_name}/{method.name}"
        kinds = {
            (False, False): self.channel.unary_unary,
            (False, True): self.channel.unary_stream,
            (True, False): self.channel.stream_unary,
            (True, True): self.channel.stream_stream,
        }
        made = kinds[method.client_streaming, method.server_streaming](path)
        request: Any = iter([b""]) if method.client_streaming else b""
        call = made(request, timeout=deadline_s, metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await (anext(aiter(call)) if method.server_streaming else call)
        info = details(caught.value).info
        return caught.value.code().name if info is None else str(info.reason)


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    issuer = Issuer(tmp_path)
    server = RpcServer(
        settings(tmp_path),
        [generated(service) for service in SERVICES],
        authenticator=issuer.authenticator(),
        clock=system_clock,
        registry=Registry(),
    )
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield Caller(channel, issuer)
    await server.stop(0)


ADMITTED: Final = {"REQUEST_INVALID", "RPC_UNIMPLEMENTED"}


async def test_who_shows_no_good_token_is_refused(caller: Caller, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Issuer(tmp_path / "other")
    good = caller.issuer.token("PLATFORM_ENGINEER")
    bad = {
        "TOKEN_MISSING": None,
        "TOKEN_EXPIRED": caller.issuer.token("PLATFORM_ENGINEER", exp=1),
        "TOKEN_WRONG_AUDIENCE": caller.issuer.token("PLATFORM_ENGINEER", aud="another"),
        "TOKEN_WRONG_ISSUER": caller.issuer.token("PLATFORM_ENGINEER", iss="https://another"),
        "TOKEN_INVALID": stranger.token("PLATFORM_ENGINEER"),
    }
    for method in METHODS:
        for reason, token in bad.items():
            said = await caller.outcome(method, token)
            if rule_of(method).needs_token:
                assert said == reason, method.full_name
            else:
                assert said in ADMITTED, method.full_name
        cut = good[: good.rindex(".") + 5]
        if rule_of(method).needs_token:
            assert await caller.outcome(method, cut) == "TOKEN_INVALID", method.full_name


async def test_only_the_roles_that_are_stated_are_let_in(caller: Caller) -> None:
    tokens = {
        role: caller.issuer.token(authz_pb2.Role.Name(role).removeprefix("ROLE_")) for role in ROLES
    }
    nobody = caller.issuer.token()
    for method in METHODS:
        rule = rule_of(method)
        for role, token in tokens.items():
            said = await caller.outcome(method, token)
            where = f"{method.full_name} as {authz_pb2.Role.Name(role)}"
            if rule.roles and role not in rule.roles:
                assert said == "ROLE_MISSING", where
            else:
                assert said in ADMITTED, where
        said = await caller.outcome(method, nobody)
        assert (said == "ROLE_MISSING") is bool(rule.roles), method.full_name


async def test_a_call_without_a_deadline_is_refused(caller: Caller) -> None:
    token = caller.issuer.token("PLATFORM_ENGINEER")
    for method in METHODS:
        assert await caller.outcome(method, token, None) == "DEADLINE_REQUIRED", method.full_name
