"""A disk that was full: nats-server keeps failing afterwards, so it is started anew.

A stream of nats-server 2.15 that once met ENOSPC refuses all writes until the server is restarted,
however much room there is again, and its health page says nothing of it. Its log does. A restart
loses nothing: what a stream has not confirmed is still in the nodes' spools.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli.local.supervisor import Running

SIGN: Final = b"no space left on device"

ROOM_BYTES: Final = 64 << 20
"""Free again before a restart is of use: some blocks of some streams."""

INTERVAL_S: Final = 2.0


class WriteErrors:
    """Looks through what a program adds to its log for the sign of a full disk."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._offset = 0
        self.seen = False

    def look(self) -> bool:
        """Return whether the sign has been seen since ``forget``."""
        with contextlib.suppress(OSError), self._log.open("rb") as file:
            if file.seek(0, 2) < self._offset:
                self._offset = 0  # the log was begun anew
            file.seek(self._offset)
            added = file.read()
            self._offset += len(added)
            self.seen = self.seen or SIGN in added
        return self.seen

    def forget(self) -> None:
        """Begin anew after what the log holds now."""
        self.look()
        self.seen = False


async def restart_when_there_is_room(
    running: Running,
    folder: Path,
    say: Callable[[str], None],
    *,
    interval_s: float = INTERVAL_S,
    room_bytes: int = ROOM_BYTES,
) -> None:
    """End a program whose writes failed, once there is room again: its keeper starts it anew."""
    errors = WriteErrors(running.log)
    while not running.stopping:
        await asyncio.sleep(interval_s)
        if not errors.look() or shutil.disk_usage(folder).free < room_bytes:
            continue
        process = running.process
        if process is not None and process.returncode is None:
            say(f"{running.program.name} met a full disk, and there is room again: restarting it")
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(running.program.stop_signal)
            await process.wait()
        errors.forget()
