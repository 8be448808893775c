"""One run of a program: started by the launcher, its output bounded, stopped for sure."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
LOG_BYTES_MAX: Final = 1 << 20
"""Of an app's log; the one before is kept beside it."""

STOP_GRACE_S: Final = 5.0
"""From being asked to stop until it is made to."""

READ_BYTES: Final = 64 << 10


class Process:
    """A running program and its log."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        """Take a process whose output is a pipe."""
        self._process = process
        self._log = log
        self._copying = asyncio.create_task(self._copy(), name="app output")

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], limits: Any, log: Path
    ) -> Process:
        """Start a program; raise OSError when there is no launcher to start."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(LAUNCHER)),
            *(str(os.getpid()), json.dumps(limits), *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment),
            cwd=environment["TIANFU_DATA_DIR"],
            start_new_session=True,
            limit=READ_BYTES,
        )
        return cls(process, log)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Return its exit status, negative for a signal, once it has ended."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it and its group: by request, and after a grace for sure."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE_S):
                await self._process.wait()
        self._signal(signal.SIGKILL)
        await self._process.wait()
        await self.close()

    async def close(self) -> None:
        """Kill what it left behind of its group, and stop reading."""
        self._signal(signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.shield(self._copying)
        self._copying.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await self._copying

    def _signal(self, number: signal.Signals) -> None:
        # The group outlives its leader when a child of the leader's does.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _copy(self) -> None:
        """Keep the last of the output: two files of a megabyte at most, whatever is written."""
        source = self._process.stdout
        if source is None:
            return
        while block := await source.read(READ_BYTES):
            with contextlib.suppress(OSError):  # a full disk costs the log, not the app
                append(self._log, block)


def append(log: Path, block: bytes) -> None:
    """Append to a log, beginning another when it is full."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size + len(block) > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".1"))
    with log.open("ab") as file:
        file.write(block)
