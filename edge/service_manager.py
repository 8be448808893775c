"""What systemd is told: ready, alive, stopping (sd_notify(3)). Without systemd, nothing."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PINGS_PER_WATCHDOG: Final = 3
"""Two may come late before the watchdog bites; systemd advises two (sd_watchdog_enabled(3))."""

MICROSECONDS: Final = 1_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """Where notices go, and how often systemd wants to hear that we live; empty for nowhere."""

    address: str = ""
    watchdog_s: float | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], pid: int) -> ServiceManager:
        """Return what the environment says; what it says for another process is not ours."""
        watchdog = environ.get("WATCHDOG_USEC", "")
        is_ours = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
        interval_s = int(watchdog) / MICROSECONDS if watchdog.isdigit() and is_ours else 0.0
        return cls(environ.get("NOTIFY_SOCKET", ""), interval_s or None)

    def tell(self, *notices: str) -> None:
        """Send notices, such as ``READY=1``; a manager that can't be reached stops nobody."""
        if not self.address:
            return
        # A leading '@' stands for the abstract namespace.
        name = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
                door.setblocking(False)
                door.sendto("\n".join(notices).encode(), name)
        except OSError as error:
            log.warning("service manager not told", extra={"detail": str(error)})

    async def watch(self, stop: asyncio.Event) -> None:
        """Say that we are ready, that we live as long as this loop runs, and that we stop."""
        self.tell("READY=1")
        wait_s = None if self.watchdog_s is None else self.watchdog_s / PINGS_PER_WATCHDOG
        while not stop.is_set():
            try:
                async with asyncio.timeout(wait_s):
                    await stop.wait()
            except TimeoutError:
                self.tell("WATCHDOG=1")
        self.tell("STOPPING=1")
