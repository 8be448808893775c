"""A proxy before an API server that answers as a server in trouble does: 409, 429, cut watches.

What it lets through it passes on as it came, byte for byte: compressed answers stay compressed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from operators.kube.connection import Connection

HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
STREAM_S = 600.0

Fault = Callable[[web.Request, int], web.StreamResponse | str | None]
"""Given a request and how often its like came before: an answer, an ERROR event, or None."""


def status(code: int, reason: str, **headers: str) -> web.Response:
    """Return a refusal as the API server has it."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": f"the storm says {reason}",
        "code": code,
    }
    return web.json_response(body, status=code, headers=headers)


def error_event(code: int, reason: str) -> str:
    """Return what a watch says before it ends in an error."""
    told = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "x"}
    return json.dumps({"type": "ERROR", "object": told}) + "\n"


@dataclass
class Storm:
    """The proxy. ``fault`` decides on each request; ``answered`` counts what it refused."""

    upstream: Connection
    fault: Fault
    answered: Counter[str] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        kind = "WATCH" if request.query.get("watch") == "true" else request.method
        key = (kind, request.path)
        found = self.fault(request, self.asked[key])
        self.asked[key] += 1
        if isinstance(found, str):
            self.answered["ERROR"] += 1
            return web.Response(text=found, content_type="application/json")
        if found is not None:
            self.answered[f"{kind} {found.status}"] += 1
            return found
        return await self._pass(request)

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP}
        async with self._session.request(
            request.method,
            self.upstream.server + request.path_qs,
            headers=headers,
            data=await request.read() or None,
            timeout=aiohttp.ClientTimeout(total=STREAM_S),
        ) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP}
            made = web.StreamResponse(status=answer.status, headers=kept)
            await made.prepare(request)
            async for chunk in answer.content.iter_any():
                await made.write(chunk)
            await made.write_eof()
            return made


@contextlib.asynccontextmanager
async def storm(upstream: Connection, fault: Fault) -> AsyncIterator[tuple[Storm, Connection]]:
    """Run one; yield it, and the connection that goes through it, with the upstream's rights."""
    made = Storm(upstream, fault)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    tls = upstream.tls()
    connector = aiohttp.TCPConnector(limit=0, ssl=True if tls is None else tls)
    made._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)
    try:
        yield made, Connection(f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
        await made._session.close()
        for _ in range(5):
            await asyncio.sleep(0)
