"""Kopf: one handler a kind hears of every change and wakes the kind's queue; it decides nothing.

Kopf's own progress, diffs and finalizers would cost a request an object each (see the bench), so
its handlers are ``on.event``, which write nothing; what it hears goes into the shared cache.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final

import kopf
from typing_extensions import override

from operators.kube.client import Sockets
from operators.kube.kinds import Kind
from operators.kube.operator import Operator

WATCH_SERVER_S: Final = 290
"""An integer: the server reads no other number."""

WATCH_CLIENT_S: Final = 320.0
"""Above the server's, so that the server ends a watch, and not a broken connection it."""

SILENCE_S: Final = 75.0
"""Bookmarks come every 60 s: a watch that is silent for longer is dead, and begun anew."""

CONNECT_S: Final = 10.0
IDLE_S: Final = 0.1
"""A worker of Kopf's waits so long for another event of its object; the default of 5 s with a limit
of workers lets 2 objects/s through."""

WORKERS: Final = 200
AGAIN_S: Final = 1.0
STEADY_S: Final = 60.0
"""Who has run for so long has not failed at once."""

ENDS_MAX: Final = 8
"""In a row. Then the process ends, and says why."""

log = logging.getLogger("tianfu.operators.kopf")


class NoDiffBase(kopf.DiffBaseStorage):
    """Keeps no former state: handlers of events ask for none, and building it copies each object.

    With the progress below it was half of what Kopf does for an event.
    """

    @override
    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    @override
    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    @override
    def store(self, **_: Any) -> None:
        raise AssertionError("handlers of events keep no state")


class NoProgress(kopf.ProgressStorage):
    """Keeps no progress of handlers: those of events have none."""

    @override
    def fetch(self, **_: Any) -> None:
        return None

    @override
    def store(self, **_: Any) -> None:
        raise AssertionError("handlers of events keep no state")

    @override
    def purge(self, **_: Any) -> None:
        return None

    @override
    def touch(self, **_: Any) -> None:
        return None

    @override
    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


def settings() -> kopf.OperatorSettings:
    """Return Kopf's settings, each that matters stated."""
    made = kopf.OperatorSettings()
    made.watching.server_timeout = WATCH_SERVER_S
    made.watching.client_timeout = WATCH_CLIENT_S
    made.watching.connect_timeout = CONNECT_S
    made.watching.inactivity_timeout = SILENCE_S
    made.watching.chunk_size = 500
    made.queueing.worker_limit = WORKERS
    made.queueing.idle_timeout = IDLE_S
    made.posting.enabled = False
    made.peering.standalone = True  # the lease decides who acts
    made.scanning.disabled = True  # needs no right to read CRDs and namespaces
    made.networking.request_timeout = 15.0
    made.persistence.diffbase_storage = NoDiffBase()
    made.persistence.progress_storage = NoProgress()
    return made


def registry(operator: Operator, sockets: Sockets) -> kopf.OperatorRegistry:
    """Return the handlers of all kinds that an operator reconciles."""
    made = kopf.OperatorRegistry()

    @kopf.on.login(registry=made)
    async def login(**_: Any) -> kopf.AiohttpSession:
        # Made anew when the server refuses it: a token is read from its file again.
        connection = operator.connection
        session = sockets.session(connection, headers=connection.headers())
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=session)

    for kind in operator.heard_of:
        _hear(made, operator, kind)
    return made


def _hear(made: kopf.OperatorRegistry, operator: Operator, kind: Kind) -> None:
    @kopf.on.event(kind.group, kind.version, kind.plural, registry=made)
    async def heard(type: str | None, event: Any, **_: Any) -> None:  # noqa: A002 - Kopf's name
        operator.heard(kind, type, event["object"])


def nothing() -> None:
    """Do nothing."""


async def run(
    operator: Operator, stop: asyncio.Event, started: Callable[[], None] = nothing
) -> None:
    """Run Kopf until told to stop; begin it anew when it ends by itself, a few times in a row.

    It does end by itself: at an error within a watch (any but 410), and at a list that is refused.
    Nothing is missed meanwhile, for the caches follow by watches of their own.

    Kopf takes the signals of the process for itself; ``started`` is called once it has.

    Not by ``kopf.operator``: at its end that cancels every task of the loop, ours among them.
    """
    ends = 0
    while True:
        began_s = time.monotonic()
        failure = await _once(operator, stop, started)
        if failure is None:
            return
        ends = 1 if time.monotonic() - began_s > STEADY_S else ends + 1
        if ends > ENDS_MAX:
            raise failure
        log.warning("Kopf ended by itself and is begun anew: %s", failure)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), ends * AGAIN_S)


async def _once(
    operator: Operator, stop: asyncio.Event, started: Callable[[], None]
) -> Exception | None:
    """Run Kopf until told to stop; return what it ended of, if by itself."""
    namespaces = list(operator.scope.namespaces)
    sockets = Sockets()
    tasks = set(
        await kopf.spawn_tasks(
            registry=registry(operator, sockets),
            settings=settings(),
            clusterwide=not namespaces,
            namespaces=namespaces,
            standalone=True,
        )
    )
    started()
    told = asyncio.create_task(stop.wait(), name="kopf is told to stop")
    try:
        done, _ = await asyncio.wait({told, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (told, *tasks):
            task.cancel()
        await asyncio.gather(told, *tasks, return_exceptions=True)
        await sockets.gone()
    for task in done - {told}:
        failure = task.exception()
        if isinstance(failure, Exception):
            return failure
        return RuntimeError(f"a task of Kopf ended by itself: {task.get_name()}")
    return None
