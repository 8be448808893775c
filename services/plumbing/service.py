"""The frame of a service process: event loop, signals, a graceful stop with a bound, exit status.

Status 0 after SIGTERM or SIGINT, 1 after a failure, 2 with wrong settings, 3 with a port taken.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, NoReturn, TypeVar

import structlog
import uvloop

from services.plumbing.startup import EXIT_FAILURE, CannotStart
from tianfu import tasks

GRACE_S: Final = 25.0
"""Longest a graceful stop takes: Kubernetes kills after 30 s by default."""

CANCEL_S: Final = 3.0
"""Longest that cancelled work may take to end; with GRACE_S it stays below 30 s."""

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

Main = Callable[[asyncio.Event], Awaitable[None]]
"""The service: starts, waits for the event, stops, returns."""

_Result = TypeVar("_Result")

_log: Final = structlog.get_logger(__name__)


def run(main: Main, *, grace_s: float = GRACE_S) -> NoReturn:
    """Run a service until it returns or a signal stops it, then end the process.

    A second signal ends the grace. ``main`` configures the logs, since it has the settings.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        status = runner.run(supervise(main, grace_s=grace_s))
    raise SystemExit(status)


class Stopped(Exception):
    """A signal came before the service was up: it ends as asked, with status 0."""


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Return what ``work`` does, such as wait for another server; raise Stopped at a signal."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Stopped
        return await working
    finally:
        await tasks.end([working, stopping])


async def supervise(main: Main, *, grace_s: float = GRACE_S) -> int:
    """Run a service and return its exit status."""
    loop = asyncio.get_running_loop()
    stop, hurry = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        return await _outcome(main, stop, hurry, grace_s)
    except Stopped:
        return 0
    except CannotStart as error:
        sys.stderr.write(error.line() + "\n")
        return error.exit_status
    except Exception:  # noqa: BLE001 - the last one to hear of it: logged, then status 1
        _log.exception("service failed")
        return EXIT_FAILURE
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


async def _outcome(main: Main, stop: asyncio.Event, hurry: asyncio.Event, grace_s: float) -> int:
    service = asyncio.ensure_future(main(stop))
    stopping, hurrying = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(hurry.wait())
    try:
        await asyncio.wait({service, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not service.done():
            _log.info("stopping", grace_s=grace_s)
            await asyncio.wait(
                {service, hurrying}, timeout=grace_s, return_when=asyncio.FIRST_COMPLETED
            )
        if not service.done():
            _log.error("stop cut short", reason="GRACE_EXCEEDED")
            service.cancel()
            await asyncio.wait({service}, timeout=CANCEL_S)
            return EXIT_FAILURE
        await service
        return 0
    finally:
        stopping.cancel()
        hurrying.cancel()
