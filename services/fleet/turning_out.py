"""Tells NATS whom it is to refuse: account EDGE's token, with revocations, pushed to the server.

What is to be refused stands in the database, so a push that fails is made later, and a server that
was set back is told again (``AGAIN_S``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import nats.errors
import structlog
from nats.aio.client import Client
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.fleet import enrolling, stationing
from services.fleet.enrolment import Policy
from services.fleet.store import Transactor
from services.plumbing.clock import Clock
from services.plumbing.refusal import Unavailable
from tianfu import nats_accounts, nats_jwt
from tianfu.nats_jwt import TokenMalformed
from tianfu.nats_keys import KeyPair

AGAIN_S: Final = 60.0
"""How often what the server has is compared with what it should have."""

RETRY_S: Final = 2.0
"""After a push that failed: revocation is promised within ten seconds."""

ANSWER_S: Final = 3.0
"""A server that is there answers in milliseconds."""

log = structlog.get_logger(__name__)


class PushFailed(Unavailable):
    """The server did not take, or did not give, an account's token."""

    reason = "ACCOUNT_PUSH_FAILED"


class Doorkeeper:
    """Keeps the server's revocations of account EDGE what the database says."""

    def __init__(
        self,
        link: Client,
        transactor: Transactor,
        *,
        account: str,
        operator_key: KeyPair,
        policy: Policy,
        clock: Clock,
        registry: CollectorRegistry,
        tell_stations: Callable[[str], Awaitable[object]],
    ) -> None:
        """Take how base stations are told: by the account's token as leaf servers have it."""
        self._tell_stations = tell_stations
        self._told = ""
        self._link = link
        self._transactor = transactor
        self._account = account
        self._operator_key = operator_key
        self._policy = policy
        self._clock = clock
        self._wake = asyncio.Event()
        self._pushes = Counter(
            "tianfu_fleet_account_pushes", "Account tokens pushed.", ["outcome"], registry=registry
        )
        self._waiting = Gauge(
            "tianfu_fleet_keys_to_turn_out", "Keys NATS does not refuse yet.", registry=registry
        )

    def wake(self) -> None:
        """Say that there may be somebody to turn out."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Turn out until told to stop."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._wake.clear()
                wait_s = min(AGAIN_S, self._policy.overlap.total_seconds())
                try:
                    await self.turn_out()
                except (Unavailable, nats.errors.Error, TimeoutError, OSError) as error:
                    self._pushes.labels("failed").inc()
                    log.warning("nats not told whom to refuse", detail=repr(error))
                    wait_s = RETRY_S
                waking = asyncio.create_task(self._wake.wait())
                await asyncio.wait(
                    {waking, stopping}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
                )
                waking.cancel()
        finally:
            stopping.cancel()

    async def turn_out(self) -> None:
        """Have the server refuse what the database says; raise PushFailed."""
        now = self._clock()
        if await self._transactor.read(stationing.are_due, now):
            await self._transactor.write(stationing.retire, now)
        kept, pending = await self._transactor.read(enrolling.turned_out, self._policy, now)
        self._waiting.set(len(pending))
        token = await self._current()
        claims = nats_jwt.read(token)
        wanted = self._wanted(claims.body.get("revocations", {}), kept, now)
        if wanted != claims.body.get("revocations", {}):
            issued = int(now.timestamp())
            token = nats_jwt.with_revocations(token, self._operator_key, wanted, issued=issued)
            await self._push(token)
            self._pushes.labels("done").inc()
            log.info("nats told whom to refuse", keys=len(wanted))
        # Before it is said to be done: a gateway that was turned out may be at a station.
        if token != self._told:
            await self._tell_stations(nats_jwt.for_leaf(token, self._operator_key))
            self._told = token
        if pending:
            await self._transactor.write(enrolling.told, pending)
        self._waiting.set(0)

    def _wanted(
        self, found: dict[str, int], kept: dict[str, datetime], now: datetime
    ) -> dict[str, int]:
        """Return the revocations there should be: ours, and others' that may still matter."""
        oldest = int((now - self._policy.lifetime).timestamp())
        wanted = {key: until for key, until in found.items() if until > oldest}
        for key, when in kept.items():
            wanted[key] = max(wanted.get(key, 0), int(when.timestamp()))
        return wanted

    async def _current(self) -> str:
        subject = nats_accounts.claims_lookup(self._account)
        try:
            answer = await self._link.request(subject, b"", timeout=ANSWER_S)
            token: str = answer.data.decode("ascii")
            if nats_jwt.read(token).subject != self._account:
                raise PushFailed("the server gave the token of another account")
        except (TokenMalformed, UnicodeDecodeError):
            raise PushFailed("the server does not know account EDGE") from None
        return token

    async def _push(self, token: str) -> None:
        answer = await self._link.request(
            nats_accounts.CLAIMS_UPDATE, token.encode(), timeout=ANSWER_S
        )
        told: dict[str, Any] = {}
        with contextlib.suppress(ValueError):
            told = json.loads(answer.data)
        if "error" in told or "data" not in told:
            # Its text is the server's own, and names keys at most.
            detail = told.get("error", {}).get("description", "no description")
            raise PushFailed(f"the server refused the account's token: {detail}")
