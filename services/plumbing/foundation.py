"""What a service process stands on, opened in order and closed in reverse.

``watched`` is for every process: spans and metrics. ``opened`` is for a service with a database of
its own: its schema at the newest version, a pool, a connection to NATS, its turn to serve.
``until_stopped`` ends such a service so that nothing is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from nats.aio.client import Client

from services.plumbing import migrations, nats_link, service, turn
from services.plumbing.metrics import MetricsServer, Registry
from services.plumbing.postgres import Database
from services.plumbing.rpc_server import RpcServer
from services.plumbing.settings import ServiceSettings
from services.plumbing.tracing import Tracer
from tianfu import tasks

STOP_GRACE_S: Final = 5.0
"""How long calls in progress may go on when a service is told to stop."""


class Watched(Protocol):
    """Settings of what is seen of a process from outside."""

    @property
    def metrics_address(self) -> str | None:
        """Where Prometheus may read; None for nowhere."""

    @property
    def trace_file(self) -> Path | None:
        """Where spans are written; None for nowhere."""

    @property
    def trace_ratio(self) -> float:
        """The share of requests to trace whose callers did not decide."""


@dataclass(frozen=True)
class Foundation:
    """Open until its block ends."""

    tracer: Tracer
    database: Database
    link: Client


@contextlib.contextmanager
def watched(settings: Watched, name: str, registry: Registry) -> Iterator[Tracer]:
    """Show the registry, and yield where spans go; raise CannotStart for a port that is taken."""
    with contextlib.ExitStack() as stack:
        tracer = Tracer(name, trace_file=settings.trace_file, ratio=settings.trace_ratio)
        stack.callback(tracer.shutdown)
        if settings.metrics_address:
            shown = MetricsServer(registry, settings.metrics_address)
            shown.start()
            stack.callback(shown.stop)
        yield tracer


@contextlib.asynccontextmanager
async def stored(
    url: str, schema: str, versions: Path, registry: Registry, stop: asyncio.Event
) -> AsyncIterator[Database]:
    """Bring a schema to the newest of ``versions``, and yield its database.

    Raise Stopped when a signal comes meanwhile, CannotStart without a usable server.
    """
    await service.unless_stopped(stop, migrations.upgrade(url, schema, versions))
    database = await Database.connect(url, schema, registry=registry)
    try:
        yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def linked(
    settings: ServiceSettings, name: str, registry: Registry, stop: asyncio.Event
) -> AsyncIterator[Client]:
    """Yield a connection to NATS as service ``name``; raise Stopped or NatsUnreachable."""
    connecting = nats_link.connect(
        settings.nats_url, settings.nats_credentials_file, "service", name, registry=registry
    )
    link = await service.unless_stopped(stop, connecting)
    try:
        yield link
    finally:
        await nats_link.close(link)


@contextlib.asynccontextmanager
async def opened(
    settings: ServiceSettings,
    name: str,
    database: tuple[str, str, Path],
    registry: Registry,
    stop: asyncio.Event,
) -> AsyncIterator[Foundation]:
    """Yield what service ``name`` stands on, once it is its turn to serve.

    ``database`` is URL, schema and folder of versions.
    """
    url, schema, versions = database
    with watched(settings, name, registry) as tracer:
        async with (
            stored(url, schema, versions, registry, stop) as kept,
            linked(settings, name, registry, stop) as link,
            # Last: one that stands by has all else in its hands.
            turn.held(settings.turn_file, stop),
        ):
            yield Foundation(tracer, kept, link)


class Stoppable(Protocol):
    """Something that takes messages until it is stopped."""

    async def stop(self) -> None:
        """Take no more."""


async def until_stopped(
    stop: asyncio.Event,
    server: RpcServer,
    *,
    sources: Sequence[Stoppable] = (),
    work: Sequence[asyncio.Task[None]],
    publishing: Sequence[asyncio.Task[None]],
    drains: Sequence[Callable[[], Awaitable[object]]],
) -> None:
    """Wait until told to stop, or until one part has ended; then end all, from the door inwards.

    First no call and no message comes in any more; ``work`` ends what it has begun; only then is
    what publishes cancelled, and ``drains`` send what is left. Raise a part's failure, the first.
    """
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({*work, *publishing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    stop.set()  # when one part has failed, the others end too
    await server.stop(STOP_GRACE_S)
    for source in sources:
        await source.stop()
    results = await asyncio.gather(*work, return_exceptions=True)
    await tasks.end(publishing)
    results += await asyncio.gather(*publishing, return_exceptions=True)
    for drain in drains:
        await drain()
    for result in results:
        if isinstance(result, Exception):
            raise result
