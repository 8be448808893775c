"""Settings read again while the agent runs (SIGHUP): good ones hold until there are better ones.

Drivers, the heartbeat's interval and the log level change at once. The rest is what the agent is
built on (its folder, its servers, its spool): it waits for the next start, and the status says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from edge import logs
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.service_manager import ServiceManager
from edge.settings import InvalidSettings, Settings

RELOADED: Final = "SETTINGS_RELOADED"
REFUSED: Final = "SETTINGS_REFUSED"

ERRORS_SHOWN: Final = 5
"""Of a file with more errors the first ones; ``tianfu-edge check`` shows all."""

AT_START: Final = {
    "node": "node.id",
    "data_dir": "node.data_dir",
    "nats_url": "nats.url",
    "credentials_file": "nats.credentials_file",
    "batch": "batch",
    "spool": "spool",
    "trace": "trace",
    "warnings": "warnings",
    "seismic": "driver of kind seismic",
    "hl7": "hl7",
    "apps": "apps",
    "setpoints": "setpoints",
    "monitors": "early_warning",
    "anomalies": "anomalies",
    "inspections": "inspections",
    "rules": "rules",
    "station": "station",
    "update": "update",
    "diagnostics": "diagnostics",
}
"""Fields of the settings that count from the next start, and what they are called in the file."""

log = logging.getLogger(__name__)


@dataclass
class SettingsState:
    """What there is to say of the settings in a status report."""

    read_us: int
    refusals: int = 0
    reason: str = ""
    message: str = ""
    waiting: tuple[str, ...] = ()


class Reloadable(Protocol):
    """What settings are given to: the agent."""

    settings_state: SettingsState
    counters: Counters

    async def use(self, settings: Settings) -> int:
        """Go by what can change of ``settings``; return how many drivers changed."""
        ...


def split(running: Settings, new: Settings) -> tuple[Settings, tuple[str, ...]]:
    """Return what an agent may go by at once, and the keys that wait for its next start."""
    waiting = tuple(
        name for field, name in AT_START.items() if getattr(running, field) != getattr(new, field)
    )
    now: dict[str, Any] = {
        "drivers": new.drivers,
        "heartbeat_interval_s": new.heartbeat_interval_s,
        "log_level": new.log_level,
    }
    return replace(running, **now), waiting


class Reloader:
    """Reads the settings again when it is asked to."""

    def __init__(
        self,
        agent: Reloadable,
        load: Callable[[], Settings],
        manager: ServiceManager,
        clock: Clock,
    ) -> None:
        """``load`` returns the settings as they are on the disk, or raises InvalidSettings."""
        self._agent = agent
        self._load = load
        self._manager = manager
        self._clock = clock

    async def run(self, asked: asyncio.Event) -> None:
        """Reload each time ``asked`` is set, until cancelled."""
        while True:
            await asked.wait()
            asked.clear()
            await self.reload()

    async def reload(self) -> bool:
        """Reload once; tell whether the file was good. A bad one changes nothing."""
        now_us = int(self._clock.monotonic() * MICROSECONDS)
        self._manager.tell("RELOADING=1", f"MONOTONIC_USEC={now_us}")
        state = self._agent.settings_state
        try:
            new = await asyncio.to_thread(self._load)
        except InvalidSettings as error:
            state.refusals += 1
            shown = error.errors[:ERRORS_SHOWN]
            state.reason = REFUSED
            state.message = "; ".join(one.render(error.file) for one in shown)
            self._agent.counters.add(REFUSED)
            log.error(  # noqa: TRY400 - where it was raised says nothing; what is wrong does
                "settings refused; the last good ones hold",
                extra={"reason": REFUSED, "detail": state.message, "errors": len(error.errors)},
            )
            self._manager.tell("READY=1", f"STATUS=settings refused: {state.message}")
            return False
        changed = await self._agent.use(new)
        logs.set_level(new.log_level)
        state.read_us, state.reason, state.message = self._clock.wall_us(), "", ""
        self._agent.counters.add(RELOADED)
        extra = {"reason": RELOADED, "drivers_changed": changed, "at_next_start": state.waiting}
        log.info("settings read again", extra=extra)
        waits = f"; at the next start: {', '.join(state.waiting)}" if state.waiting else ""
        self._manager.tell("READY=1", f"STATUS=settings read again{waits}")
        return True
