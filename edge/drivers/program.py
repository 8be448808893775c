"""Values from a program of the user's own: a process apart, one JSON object a line.

Whatever it does, crash, hang or leak, it does to itself: it is ended with all it started, and
started anew with a growing delay. docs/writing-a-driver.md says what it has to print.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from edge.bus_settings import ProgramSource
from edge.clock import Clock
from edge.driver_settings import SeriesSettings
from edge.drivers.driver import DriverFailed
from edge.reading import Quality, RawValue

LINE_BYTES_MAX: Final = 64 * 1024
WAITING_MAX: Final = 10_000
"""Values not yet read; beyond it the program waits, since nobody empties its pipe."""

REJECTED_MAX: Final = 100
SAID_MAX: Final = 300
"""Characters of its last line on stderr that a failure tells."""

FIRST_S: Final = 1.0
"""For the first line: a program that measures at once is heard by the first read."""

ENDING_S: Final = 2.0
"""Between asking the program to end and ending it."""

INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
"""What of the agent's surroundings a program sees: no credentials, no settings."""

QUALITIES: Final = {quality.name.lower(): quality for quality in Quality}


class BadLine(ValueError):
    """A line that says no value; the message says why."""


def parse(line: bytes, known: frozenset[str]) -> RawValue:
    """Return what a line says; raise BadLine when it says nothing of a series that is known."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine("no JSON") from None
    if not isinstance(said, dict):
        raise BadLine("no JSON object")
    series = said.get("series")
    if not isinstance(series, str) or series not in known:
        raise BadLine(f"series {str(series)[:64]!r} is not in the settings")
    value, time_us = said.get("value"), said.get("time_us")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadLine(f"{series}: value is no number")
    if time_us is not None and (isinstance(time_us, bool) or not isinstance(time_us, int)):
        raise BadLine(f"{series}: time_us is no whole number")
    quality = QUALITIES.get(str(said.get("quality", "good")))
    if quality is None:
        raise BadLine(f"{series}: quality is none of {', '.join(QUALITIES)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf  # counted as not finite where every value is
    return RawValue(series, number, quality, time_us)


class ProgramDriver:
    """One process at a time."""

    def __init__(
        self, source: ProgramSource, series: Iterable[SeriesSettings], clock: Clock
    ) -> None:
        """Take which program it is and which series it may speak of."""
        self._source = source
        self._clock = clock
        self._known = frozenset(one.id for one in series)
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: list[RawValue] = []
        self._rejected: deque[str] = deque(maxlen=REJECTED_MAX)
        self._room = asyncio.Event()
        self._spoken = asyncio.Event()
        self._heard_at = 0.0
        self._said = ""

    async def connect(self) -> None:
        """Start the program; raise DriverFailed when it can't be started."""
        await self.close()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._source.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LINE_BYTES_MAX,
                cwd=self._source.folder,
                env={name: os.environ[name] for name in INHERITED if name in os.environ},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise self._failed("PROGRAM_UNSTARTED", str(error)) from error
        self._process = process
        self._said = ""
        self._spoken.clear()
        self._heard_at = self._clock.monotonic()
        if process.stdout is not None and process.stderr is not None:
            self._tasks = [
                asyncio.create_task(self._listen(process.stdout)),
                asyncio.create_task(self._overhear(process.stderr)),
            ]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_S):
                await self._spoken.wait()

    async def read(self, series: Sequence[str]) -> list[RawValue]:  # noqa: ARG002 - see below
        """Return what the program said since the last call.

        Of every series, due or not: what was said is not said again. Raises DriverFailed when it
        has ended or kept silent too long, or for a line without sense, once no value is waiting.
        """
        found, self._waiting = self._waiting, []
        self._room.set()
        if found:
            return found
        if self._rejected:
            raise self._failed("PROGRAM_SYNTAX", self._rejected.popleft())
        process = self._process
        if process is None or (self._tasks and self._tasks[0].done()):
            status = "not started" if process is None else f"ended with {process.returncode}"
            raise self._failed("PROGRAM_ENDED", f"{status}; {self._said or 'it said nothing'}")
        silent_s = self._clock.monotonic() - self._heard_at
        if silent_s >= self._source.silent_after_s:
            raise self._failed("PROGRAM_SILENT", f"said nothing for {silent_s:.0f} s")
        return []

    async def close(self) -> None:
        """End the program and all that it started."""
        process, self._process = self._process, None
        tasks, self._tasks = self._tasks, []
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()  # how a program learns that nobody listens any more
            _signal(process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ENDING_S):
                    await process.wait()
            _signal(process.pid, signal.SIGKILL)
            await process.wait()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._waiting.clear()
        self._rejected.clear()

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while True:
            while len(self._waiting) >= WAITING_MAX:
                self._room.clear()
                await self._room.wait()
            try:
                line = await stream.readuntil()
            except asyncio.IncompleteReadError as error:
                line = error.partial
            except asyncio.LimitOverrunError as error:
                await stream.readexactly(error.consumed)
                self._rejected.append(f"a line of more than {LINE_BYTES_MAX} bytes")
                continue
            self._spoken.set()
            if not line:
                break
            self._heard_at = self._clock.monotonic()
            try:
                self._waiting.append(parse(line, self._known))
            except BadLine as error:
                self._rejected.append(str(error))
        if self._process is not None:
            await self._process.wait()

    async def _overhear(self, stream: asyncio.StreamReader) -> None:
        """Keep the program's last words, for whoever asks why it ended."""
        while chunk := await stream.read(LINE_BYTES_MAX):
            lines = chunk.decode(errors="replace").strip().splitlines()
            if lines:
                self._said = "".join(c for c in lines[-1] if c.isprintable())[-SAID_MAX:]

    def _failed(self, reason: str, message: str) -> DriverFailed:
        return DriverFailed(reason, f"{self._source.command[0]}: {message}")


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
