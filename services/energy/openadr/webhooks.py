"""Webhooks: subscribers told by HTTP, each address in order, again and again until a bound.

Only addresses of allowed hosts are called: a client must not have us call what only we can reach.
No redirect is followed, no proxy used, and what is answered is not read beyond a bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import ssl
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

import structlog
from prometheus_client import Counter

from services.energy.model.records import Notice
from services.energy.store.transaction import Transactor
from services.energy.usecases import openadr_telling
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from services.plumbing.metrics import Registry
from services.plumbing.refusal import InvalidArgument, Refusal
from services.plumbing.transport import is_local

CALL_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 64 * 1024
LOOK_S: Final = 1.0
"""How often it is looked for what is due again; new notices ring."""

OK: Final = range(200, 300)

log = structlog.get_logger(__name__)


class CallbackRefused(InvalidArgument):
    """A callback address that is not called: of no allowed host, or not by TLS."""

    reason = "OPENADR_CALLBACK_REFUSED"


@dataclass(frozen=True)
class AllowedHosts:
    """Hosts that may be called, as ``host`` or ``host:port``; without a port, 443 alone."""

    hosts: frozenset[str]

    @classmethod
    def of(cls, text: str) -> AllowedHosts:
        """Return the hosts of a list joined by commas."""
        parts = (each.strip().lower() for each in text.split(","))
        return cls(frozenset(each if ":" in each else f"{each}:443" for each in parts if each))

    def check(self, url: str) -> SplitResult:
        """Return the parts of an address; raise CallbackRefused for one that is not called."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise CallbackRefused("callbackUrl is no URL", field="callbackUrl") from None
        host = (parts.hostname or "").lower()
        place = f"{host}:{port}"
        if place not in self.hosts or parts.username is not None or parts.password is not None:
            raise CallbackRefused(
                "callbackUrl is at no allowed host: have it added to TIANFU_OPENADR_WEBHOOK_HOSTS",
                field="callbackUrl",
            )
        # Without TLS only on this machine, where nobody else listens.
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local(place)):
            raise CallbackRefused("callbackUrl needs https", field="callbackUrl")
        return parts


@dataclass
class Webhooks:
    """Delivers notices until told to stop."""

    transactor: Transactor
    hosts: AllowedHosts
    clock: Clock
    bell: Bell
    registry: Registry
    _outcomes: Counter = field(init=False)

    def __post_init__(self) -> None:
        """Register what is counted."""
        self._outcomes = Counter(
            "tianfu_openadr_notices",
            "Notices to subscribers by what became of an attempt.",
            ["outcome"],
            registry=self.registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver what is due, one notice an address at a time."""
        while not stop.is_set():
            try:
                done = await self.deliver()
            except Refusal as refusal:
                log.warning("notices not looked at; trying again", reason=refusal.reason)
                done = 0
            if not done:
                await self._rest(stop)

    async def _rest(self, stop: asyncio.Event) -> None:
        resting = asyncio.create_task(self.bell.wait(LOOK_S))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({resting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (resting, stopping):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def deliver(self) -> int:
        """Make one attempt at every address where something is due; return how many."""
        due = await self.transactor.read(openadr_telling.due, self.clock())
        await asyncio.gather(*(self._attempt(notice, token) for notice, token in due))
        return len(due)

    async def _attempt(self, notice: Notice, token: str) -> None:
        reason = await asyncio.to_thread(self._call, notice, token)
        if not reason:
            await self.transactor.write(openadr_telling.delivered, notice)
            self._outcomes.labels("delivered").inc()
            return
        goes_on = await self.transactor.write(
            openadr_telling.failed, notice, reason, now=self.clock()
        )
        outcome = "failed" if goes_on else "given_up"
        self._outcomes.labels(outcome).inc()
        log.warning("notice not delivered", reason=reason, subscription=notice.subscription_id,
                    attempt=notice.attempts + 1, given_up=not goes_on)  # fmt: skip

    def _call(self, notice: Notice, token: str) -> str:
        """Send a notice; return why not, empty when it was taken."""
        try:
            parts = self.hosts.check(notice.url)  # the list may have become shorter
        except CallbackRefused as refusal:
            return refusal.reason
        host = parts.hostname or ""
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                host, parts.port, timeout=CALL_S, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=CALL_S)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", "webhook-id": str(notice.number)}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request("POST", path, notice.body.encode(), headers)
            answer = connection.getresponse()
            answer.read(ANSWER_BYTES_MAX)
        except (OSError, http.client.HTTPException, ValueError):
            return "CALLBACK_UNREACHABLE"
        finally:
            connection.close()
        return "" if answer.status in OK else f"CALLBACK_STATUS_{answer.status}"
