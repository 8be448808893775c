"""The token endpoint of OpenADR 3: who proves itself gets a token, each only so often.

Two limits hold. An address is counted before anything is read, so that who guesses is slowed down.
A client is counted once it has proven itself, so that nobody can lock another one out by asking in
its name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import structlog
from prometheus_client import Counter

from services.energy.openadr.clients import LIFE, TokenDesk
from services.energy.openadr.reading import Receive, form_of, whole
from services.plumbing.clock import Monotonic
from services.plumbing.metrics import Registry
from services.plumbing.rate_limit import Limiter
from services.plumbing.refusal import ResourceExhausted

FORM: Final = "application/x-www-form-urlencoded"
IPV6_NETWORK: Final = 64
"""Bits of an IPv6 address that count: whoever has one has the 2^64 others of its network."""

MINUTE_S: Final = 60.0

log = structlog.get_logger(__name__)


class TokensExhausted(ResourceExhausted):
    """Too many tokens were asked for, by a client or from an address."""

    reason = "OPENADR_TOKENS_EXHAUSTED"


class TokenEndpoint:
    """Answers token requests (RFC 6749, section 4.4)."""

    def __init__(
        self,
        desk: TokenDesk,
        *,
        a_client: int,
        an_address: int,
        monotonic: Monotonic,
        registry: Registry,
    ) -> None:
        """``a_client`` and ``an_address`` are how many requests a minute each may make."""
        self._desk = desk
        self._clients = Limiter(a_client / MINUTE_S, a_client)
        self._addresses = Limiter(an_address / MINUTE_S, an_address)
        self._monotonic = monotonic
        self._asked = Counter(
            "tianfu_openadr_token_requests",
            "Token requests of OpenADR clients by what became of them.",
            ["result"],
            registry=registry,
        )

    async def answer(
        self, address: str, headers: Mapping[str, str], receive: Receive, now: datetime
    ) -> tuple[HTTPStatus, Any]:
        """Return status and body; raise TokensExhausted for too many."""
        self._admit(self._addresses, counted(address), "address_limited")
        # Errors have the form of RFC 6749, section 5.2.
        if not headers.get("content-type", "").startswith(FORM):
            return self._error(HTTPStatus.BAD_REQUEST, "invalid_request")
        form = form_of((await whole(receive)).decode("utf-8", "replace"))
        if form.get("grant_type", [""])[0] != "client_credentials":
            return self._error(HTTPStatus.BAD_REQUEST, "unsupported_grant_type")
        client_id = form.get("client_id", [""])[0]
        known = self._desk.proven(client_id, form.get("client_secret", [""])[0])
        if known is None:
            log.warning("client refused")
            return self._error(HTTPStatus.UNAUTHORIZED, "invalid_client")
        self._admit(self._clients, known.client_id, "client_limited")
        issued = self._desk.issue(known, form.get("scope", [""])[0].split(), now)
        if issued is None:
            return self._error(HTTPStatus.BAD_REQUEST, "invalid_scope")
        token, scopes = issued
        self._asked.labels("issued").inc()
        return HTTPStatus.OK, {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(LIFE.total_seconds()),
            "scope": " ".join(sorted(scopes)),
        }

    def _admit(self, limiter: Limiter, caller: str, result: str) -> None:
        wait_s = limiter.take(caller, self._monotonic())
        if wait_s > 0:
            self._asked.labels(result).inc()
            raise TokensExhausted(
                f"too many tokens are asked for; a token holds for {LIFE.total_seconds():.0f} s: "
                "keep it",
                retry_after=timedelta(seconds=wait_s),
            )

    def _error(self, status: HTTPStatus, error: str) -> tuple[HTTPStatus, Any]:
        self._asked.labels(error).inc()
        return status, {"error": error}


def counted(address: str) -> str:
    """Return what an address is counted by: itself, or the network of an IPv6 address."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, IPV6_NETWORK), strict=False))
