"""Token requests: so many a minute of a client that has proven itself, and of an address."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest

from services.energy.model.openadr_access import ClientKind
from services.energy.openadr import reading
from services.energy.openadr.clients import Registered, TokenDesk
from services.energy.openadr.reading import BodyInvalid, BodyTooSlow
from services.energy.openadr.tokens import FORM, TokenEndpoint, TokensExhausted, counted
from services.plumbing.metrics import new_registry

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SECRET = "drawn-and-not-chosen-with-many-characters"
DIGEST = sha256(SECRET.encode()).hexdigest()


class World:
    """An endpoint whose clock stands until it is moved."""

    def __init__(self, a_client: int = 3, an_address: int = 5) -> None:
        self.now_s = 100.0
        self.registry = new_registry()
        known = {name: Registered(name, ClientKind.VEN, DIGEST, "") for name in ("ven-a", "ven-b")}
        self.endpoint = TokenEndpoint(
            TokenDesk(known, b"k" * 32),
            a_client=a_client,
            an_address=an_address,
            monotonic=lambda: self.now_s,
            registry=self.registry,
        )

    def ask(self, address: str, client_id: str = "ven-a", secret: str = SECRET) -> HTTPStatus:
        body = urlencode(
            {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        ).encode()

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body}

        status, _ = asyncio.run(self.endpoint.answer(address, {"content-type": FORM}, receive, NOW))
        return status

    def counted(self, result: str) -> float | None:
        return self.registry.get_sample_value(
            "tianfu_openadr_token_requests_total", {"result": result}
        )


def test_a_client_gets_so_many_a_minute_wherever_it_asks() -> None:
    world = World()
    assert [world.ask(f"192.0.2.{n}") for n in range(3)] == [HTTPStatus.OK] * 3
    with pytest.raises(TokensExhausted) as caught:
        world.ask("192.0.2.9")
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == pytest.approx(20)
    assert world.ask("192.0.2.9", "ven-b") == HTTPStatus.OK
    world.now_s += 20
    assert world.ask("192.0.2.9") == HTTPStatus.OK
    assert (world.counted("issued"), world.counted("client_limited")) == (5, 1)


def test_an_address_may_guess_so_often() -> None:
    world = World()
    for n in range(5):
        assert world.ask("192.0.2.1", f"guess-{n}", "guess") == HTTPStatus.UNAUTHORIZED
    with pytest.raises(TokensExhausted):
        world.ask("192.0.2.1")
    assert world.ask("192.0.2.2") == HTTPStatus.OK
    assert (world.counted("invalid_client"), world.counted("address_limited")) == (5, 1)


def test_nobody_locks_another_one_out() -> None:
    """Who asks in the name of a client without its secret uses up nothing of the client's."""
    world = World()
    for n in range(20):
        assert world.ask(f"198.51.100.{n}", "ven-a", "guess") == HTTPStatus.UNAUTHORIZED
    assert world.ask("192.0.2.1", "ven-a") == HTTPStatus.OK


@pytest.mark.parametrize(
    ("address", "by"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_address_is_counted_by_its_network(address: str, by: str) -> None:
    assert counted(address) == by


def test_a_body_that_never_ends_is_not_waited_for() -> None:
    async def silent() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(BodyTooSlow):
        asyncio.run(reading.whole(silent, within_s=0.01))


def test_a_body_that_is_too_large_is_not_kept() -> None:
    async def endless() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    with pytest.raises(BodyInvalid):
        asyncio.run(reading.whole(endless))
