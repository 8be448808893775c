"""/healthz, /readyz, /metrics: they fail with what the operator depends on, and say which."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

LEASE_SILENT_S: Final = 60.0
"""The lease is tried every two seconds; who has not for so long hangs."""

Check = Callable[[], Sequence[str]]
"""Returns what is wrong, nothing when all is well."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Probes:
    """A small HTTP server; use ``start`` and ``stop``."""

    def __init__(self, registry: CollectorRegistry, *, live: Check, ready: Check) -> None:
        self._registry, self._live, self._ready = registry, live, ready
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, port: int, host: str = "0.0.0.0") -> None:  # noqa: S104 - kubelet asks
        """Listen; port 0 takes a free one."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/healthz", self._answer(self._live)),
                web.get("/readyz", self._answer(self._ready)),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _answer(self, check: Check) -> Handler:
        async def answer(_request: web.Request) -> web.StreamResponse:
            wrong = check()
            return web.Response(text="\n".join(wrong) or "ok", status=503 if wrong else 200)

        return answer

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def lease_hangs(tried_s: float) -> list[str]:
    """Return what is wrong with an election that was last tried at a (monotonic) time."""
    silent_s = time.monotonic() - tried_s
    return [f"lease: not tried for {silent_s:.0f} s"] if silent_s > LEASE_SILENT_S else []
