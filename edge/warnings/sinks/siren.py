"""A siren's relay: on while something sounds, in its pattern, and always off at the end.

One task, the keeper, holds the relay to what it should be: it writes until the relay confirms,
and again when the pattern or an end says otherwise. The ends are kept on the monotonic clock, so
neither a lost link nor a wall clock that jumps prolongs a sound. At the start the relay is set to
off, in case a process died while it was on. No process can switch a relay off after its own
death: set the relay module's own watchdog as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from edge.clock import MICROSECONDS, Clock
from edge.warnings.notices import Act, Action, SinkKind
from edge.warnings.ports import SinkFailed
from tianfu import tasks
from tianfu.subjects import Channel

WRITE_TIMEOUT_S: Final = 2.0
"""A relay on the same network answers in milliseconds."""

RETRY_S: Final = 1.0
"""Until a relay that did not confirm is written to again."""

CLOSE_TIMEOUT_S: Final = 3.0
"""What a stop spends on switching off."""


class Relay(Protocol):
    """What switches a siren."""

    async def switch(self, *, is_on: bool) -> None:
        """Return when the relay has confirmed; raise SinkFailed when it does not."""
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """How it sounds: ``on_s`` and ``off_s`` in turn (0: steadily), at most ``limit_s`` long."""

    on_s: float = 1.0
    off_s: float = 0.0
    limit_s: float = 180.0


class SirenSink:
    """The siren of a node. ``drill`` is the pattern of exercises, which sound unlike the real."""

    kind = SinkKind.SIREN
    is_repeatable = True
    stands = True

    def __init__(
        self,
        relay: Relay,
        pattern: Pattern,
        drill: Pattern,
        *,
        clock: Clock,
        now_us: Callable[[], int],
    ) -> None:
        """Take the relay and how it is to sound."""
        self._relay = relay
        self._patterns = {Channel.LIVE: pattern, Channel.DRILL: drill}
        self._clock = clock
        self._now_us = now_us
        self._ends: dict[tuple[Channel, str], float] = {}
        self._began = 0.0
        self._confirmed: bool | None = None
        self._failure: SinkFailed | None = None
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.deadline_s = 2 * WRITE_TIMEOUT_S

    @property
    def is_sounding(self) -> bool:
        """Tell whether something is to sound now."""
        now = self._clock.monotonic()
        return any(end > now for end in self._ends.values())

    def open(self) -> None:
        """Hold the relay to what it should be: off, until something is to sound."""
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep(), name="siren")

    async def perform(self, action: Action) -> None:
        """Sound, end earlier, or be silent; return when the relay is so."""
        self.open()
        key = (action.channel, action.warning)
        if action.act is Act.WARN:
            await self._sound(key, action)
            return
        if action.act is Act.REVISE:
            if key in self._ends:
                self._ends[key] = min(self._ends[key], self._monotonic(action.until_us))
        else:
            self._ends.pop(key, None)
        await self._reach()

    async def close(self) -> None:
        """Switch off, and end."""
        self._ends.clear()
        if self._keeper is not None:
            with contextlib.suppress(TimeoutError, SinkFailed):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._reach()
            await tasks.end([self._keeper])
        self._relay.close()

    # -- what should be ------------------------------------------------------------------------

    async def _sound(self, key: tuple[Channel, str], action: Action) -> None:
        limit_us = int(self._patterns[action.channel].limit_s * MICROSECONDS)
        end = self._monotonic(min(action.until_us, action.decided_us + limit_us))
        if end <= self._clock.monotonic():
            return  # taken up after a restart, when it had sounded its time
        if not self.is_sounding:
            self._began = self._clock.monotonic()
        self._ends[key] = max(end, self._ends.get(key, end))
        try:
            await self._reach()
        except BaseException:
            # It is tried again by whoever asked. Until then nothing may stay on half asked for.
            self._ends.pop(key, None)
            self._wake.set()
            raise

    def _wanted(self, now: float) -> tuple[bool, float | None]:
        """Return whether it should be on, and when that may change."""
        self._ends = {key: end for key, end in self._ends.items() if end > now}
        if not self._ends:
            return False, None
        first_end = min(self._ends.values())
        is_live = any(channel is Channel.LIVE for channel, _ in self._ends)
        pattern = self._patterns[Channel.LIVE if is_live else Channel.DRILL]
        if not pattern.off_s:
            return True, first_end
        cycle_s = pattern.on_s + pattern.off_s
        phase_s = (now - self._began) % cycle_s
        is_on = phase_s < pattern.on_s
        return is_on, min(first_end, now + (pattern.on_s if is_on else cycle_s) - phase_s)

    def _monotonic(self, time_us: int) -> float:
        return self._clock.monotonic() + (time_us - self._now_us()) / MICROSECONDS

    # -- the keeper ----------------------------------------------------------------------------

    async def _reach(self) -> None:
        """Wait until the relay is as it should be; raise what kept it from being so."""
        self._settled.clear()
        self._wake.set()
        await self._settled.wait()
        if self._failure is not None:
            raise self._failure

    async def _keep(self) -> None:
        while True:
            self._wake.clear()
            is_on, change = self._wanted(self._clock.monotonic())
            if is_on is not self._confirmed:
                await self._switch(is_on=is_on)
            if not self._wake.is_set():
                self._settled.set()
            wait_s = None if change is None else change - self._clock.monotonic()
            if self._confirmed is None:
                wait_s = RETRY_S if wait_s is None else min(wait_s, RETRY_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()

    async def _switch(self, *, is_on: bool) -> None:
        self._confirmed = None  # an answer that is lost leaves it one or the other
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._relay.switch(is_on=is_on)
        except SinkFailed as error:
            self._failure = error
        except TimeoutError:
            self._failure = SinkFailed("SIREN_NO_ANSWER", f"none within {WRITE_TIMEOUT_S:g} s")
        else:
            self._confirmed, self._failure = is_on, None
