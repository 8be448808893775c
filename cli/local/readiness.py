"""Waiting for a server to be ready: each wait has a deadline, and fails with the end of the log."""

from __future__ import annotations

import asyncio
import contextlib
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cli import channels
from cli.local.supervisor import Running, failure_of

PROBE_TIMEOUT_S: Final = 2.0
POLL_S: Final = 0.05
# A program that crashed this often while starting will not start.
RESTARTS_MAX: Final = 3

Probe = Callable[[], Awaitable[bool]]


async def wait(running: Running, probe: Probe, deadline_s: float) -> None:
    """Return when the probe says yes; raise Failure when the program fails or time is up."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline_s):
            while not await probe():
                give_up_on(running)
                await asyncio.sleep(POLL_S)
            return
    raise failure_of(running, f"was not ready within {deadline_s:.0f} s")


def give_up_on(running: Running) -> None:
    """Raise Failure when a program that is being started will not start."""
    if running.failed:
        raise failure_of(running, f"ended: {running.failed}")
    if running.restarts >= RESTARTS_MAX:
        raise failure_of(running, f"crashed {running.restarts} times while starting")


def grpc_health(address: str, keys: Path, service: str = "readiness") -> Probe:
    """Return a probe of the standard health service."""

    async def probe() -> bool:
        async with channels.asynchronous(address, keys) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            try:
                answer = await stub.Check(
                    health_pb2.HealthCheckRequest(service=service), timeout=PROBE_TIMEOUT_S
                )
            except grpc.aio.AioRpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return probe


def http_ok(url: str) -> Probe:
    """Return a probe that asks for a page."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT_S) as answer:  # noqa: S310 - http to this host
                return bool(answer.status == 200)  # noqa: PLR2004 - OK
        except (OSError, urllib.error.URLError):
            return False

    async def probe() -> bool:
        return await asyncio.to_thread(ask)

    return probe


def postgres(data: Path) -> Probe:
    """Return a probe of the line in which PostgreSQL says that it takes connections."""

    def read() -> bool:
        try:
            lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - the eighth line is the state

    async def probe() -> bool:
        return await asyncio.to_thread(read)

    return probe


def listening(port: int, host: str) -> Probe:
    """Return a probe that connects."""

    async def probe() -> bool:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    return probe
