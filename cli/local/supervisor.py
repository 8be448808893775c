"""Run programs, restart those that crash, and leave none behind.

Each program is its own process group with its own log. On Linux the kernel kills it when the
supervisor dies (see launch.py); everywhere a list of process ids in the data folder lets the next
start kill what is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from cli.failures import Failure
from cli.local import launch
from cli.local.folder import Folder, read_json, write_json

BACKOFF_FIRST_S: Final = 0.2
BACKOFF_LAST_S: Final = 10.0
# A program that ran this long was well: the next crash counts as its first.
WELL_AFTER_S: Final = 30.0
# Exit statuses that a restart can't mend: wrong settings, port in use.
HOPELESS: Final = {2: "its settings are wrong", 3: "its port is in use"}
LOG_TAIL_LINES: Final = 15
LOG_BYTES_MAX: Final = 16 * 1024 * 1024
KILL_WAIT_S: Final = 5.0
# Process start times are read from the kernel in clock ticks of 10 ms.
SAME_START_S: Final = 0.05


@dataclass(frozen=True)
class Program:
    """What to run."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    # The user to run as; None keeps the supervisor's.
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends when the supervisor dies. SIGKILL, because it is final.
    death_signal: signal.Signals = signal.SIGKILL
    stop_timeout_s: float = 15.0


@dataclass
class Running:
    """A program under supervision."""

    program: Program
    log: Path
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    # Set when the program ended in a way that a restart can't mend.
    failed: str = ""
    stopping: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    keeper: asyncio.Task[None] | None = None
    # Ended by SIGKILL because it did not stop when asked.
    killed: bool = False

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        if self.process is None or self.process.returncode is not None:
            return None
        return self.process.pid

    def tail(self, lines: int = LOG_TAIL_LINES) -> list[str]:
        """Return the last lines of the log."""
        return log_tail(self.log, lines)


def log_tail(path: Path, lines: int = LOG_TAIL_LINES) -> list[str]:
    """Return the last lines of a log, none when there is no log."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in deque(file, maxlen=lines)]
    except OSError:
        return []


def base_environment() -> dict[str, str]:
    """Return what a program needs of our environment, and no more."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}


class Supervisor:
    """Starts and stops programs in one data folder."""

    def __init__(
        self, folder: Folder, say: Callable[[str], None], *, pids: Path | None = None
    ) -> None:
        """Take where the list of processes is kept when it is not the platform's own."""
        self._folder = folder
        self._pids = pids or folder.pids
        self._say = say
        self.running: dict[str, Running] = {}
        self._ended_restarts = 0

    @property
    def restarts(self) -> int:
        """Restarts of all programs, those that have been stopped included."""
        return self._ended_restarts + sum(each.restarts for each in self.running.values())

    async def start(self, program: Program) -> Running:
        """Start a program and keep it running."""
        running = Running(program, self._folder.logs / f"{program.name}.log")
        rotate(running.log)
        self.running[program.name] = running
        await self._spawn(running)
        running.keeper = asyncio.create_task(self._keep(running), name=f"keep {program.name}")
        return running

    async def run_once(self, program: Program, timeout_s: float) -> None:
        """Run a program to its end; raise Failure when it fails or takes too long."""
        running = Running(program, self._folder.logs / f"{program.name}.log")
        rotate(running.log)
        self.running[program.name] = running
        running.stopping = True  # it is meant to end
        await self._spawn(running)
        process = running.process
        assert process is not None  # noqa: S101 - _spawn has just set it
        try:
            status = await asyncio.wait_for(process.wait(), timeout_s)
        except TimeoutError:
            await self._kill(running)
            raise failure_of(running, f"did not end within {timeout_s:.0f} s") from None
        finally:
            del self.running[program.name]
            self._remember()
        if status != 0:
            raise failure_of(running, f"ended with status {status}")

    async def stop(self, *names: str) -> None:
        """Stop programs together, those named or all; kill what does not stop in time."""
        chosen = [self.running[name] for name in names or tuple(self.running)]
        await asyncio.gather(*(self._stop(running) for running in chosen))

    async def _spawn(self, running: Running) -> None:
        program = running.program
        with running.log.open("ab") as log:
            running.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                launch.__file__,
                str(os.getpid()),
                str(int(program.death_signal)),
                program.user or "-",
                *program.arguments,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._remember()

    async def _keep(self, running: Running) -> None:
        backoff_s = BACKOFF_FIRST_S
        while True:
            process = running.process
            assert process is not None  # noqa: S101 - _spawn has set it
            began = time.monotonic()
            status = await process.wait()
            self._remember()
            if running.stopping:
                return
            if status in HOPELESS and running.restarts == 0:
                running.failed = HOPELESS[status]
                running.changed.set()
                self._say(f"{running.program.name} ended: {running.failed}; log {running.log}")
                return
            if time.monotonic() - began > WELL_AFTER_S:
                backoff_s = BACKOFF_FIRST_S
            running.restarts += 1
            self._say(
                f"{running.program.name} ended ({describe(status)}); "
                f"restart {running.restarts} in {backoff_s:.1f} s"
            )
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, BACKOFF_LAST_S)
            # stop() may have been called while this task slept.
            if not running.stopping:
                await self._spawn(running)
            else:
                return

    async def _stop(self, running: Running) -> None:
        running.stopping = True
        process, program = running.process, running.program
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(program.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), program.stop_timeout_s)
            except TimeoutError:
                running.killed = True
                self._say(
                    f"{program.name} did not stop within {program.stop_timeout_s:.0f} s; killed"
                )
            await self._kill(running)
        if running.keeper is not None:
            running.keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running.keeper
        if self.running.pop(program.name, None) is not None:
            self._ended_restarts += running.restarts
        self._remember()

    async def _kill(self, running: Running) -> None:
        """Kill the whole process group: a program may have left children."""
        process = running.process
        assert process is not None  # noqa: S101 - only called for what was spawned
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def _remember(self) -> None:
        """Write down what runs, for the next start to sweep."""
        entries = []
        for name, running in self.running.items():
            if running.pid is None:
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                started = psutil.Process(running.pid).create_time()
                entries.append(
                    {
                        "name": name,
                        "pid": running.pid,
                        "started": started,
                        "restarts": running.restarts,
                    }
                )
        write_json(self._pids, {"supervisor": os.getpid(), "processes": entries})


def describe(status: int) -> str:
    """Return an exit status in words."""
    if status >= 0:
        return f"status {status}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-status).name}"
    return f"killed by signal {-status}"


def failure_of(running: Running, what: str) -> Failure:
    """Return a Failure that shows the end of the program's log."""
    tail = "\n".join(f"    {line}" for line in running.tail()) or "    (its log is empty)"
    return Failure(
        "PROCESS_FAILED",
        f"{running.program.name} {what}; the end of its log:\n{tail}",
        f"the whole log is {running.log}",
    )


def rotate(log: Path) -> None:
    """Keep the log of the run before beside the new one, cut to its end when it grew large."""
    if not log.exists():
        return
    before = log.with_suffix(".before.log")
    with contextlib.suppress(OSError):
        size = log.stat().st_size
        if size > LOG_BYTES_MAX:
            with log.open("rb") as file:
                file.seek(size - LOG_BYTES_MAX)
                before.write_bytes(file.read())
            log.unlink()
        else:
            log.replace(before)


def bound(log: Path) -> None:
    """Start a log that grew too large again from nothing. Programs append, so none is disturbed."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > LOG_BYTES_MAX:
            before = log.with_suffix(".before.log")
            before.write_bytes(log.read_bytes()[-LOG_BYTES_MAX:])
            os.truncate(log, 0)


def left_behind(folder: Folder) -> list[psutil.Process]:
    """Return processes of an earlier stack in this folder that still run."""
    remembered = [read_json(file) or {"processes": []} for file in (folder.pids, folder.drill_pids)]
    found = []
    for entry in (entry for each in remembered for entry in each["processes"]):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry["pid"])
            if abs(process.create_time() - entry["started"]) < SAME_START_S:
                found.append(process)
    return found


def sweep(folder: Folder) -> int:
    """Kill what an earlier supervisor left behind; return how many processes that were."""
    processes = left_behind(folder)
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(processes, timeout=KILL_WAIT_S)
    if alive:
        raise Failure(
            "PROCESS_LEFT_BEHIND",
            f"process {alive[0].pid} of an earlier platform can't be stopped",
            f"stop it by hand: kill -9 {alive[0].pid}",
        )
    folder.pids.unlink(missing_ok=True)
    folder.drill_pids.unlink(missing_ok=True)
    return len(processes)
