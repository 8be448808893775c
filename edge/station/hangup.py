"""SIGHUP, by which a nats-server reads its configuration again, sent when the server awaits it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Final

PROCESSES: Final = Path("/proc")
AWAITED_S: Final = 5.0
"""A nats-server that has not begun to listen to signals by then hangs: it may end by this one."""

POLL_S: Final = 0.01
LISTENS: Final = "0A"
"""State of a socket that connections come in by, in /proc/net/tcp."""


async def hang_up(pid: int) -> None:
    """Send it; a server that has just started would end by it, so wait until it would not.

    Raise ProcessLookupError when it has ended, PermissionError when it is somebody else's.
    """
    until_s = time.monotonic() + AWAITED_S
    while not is_awaited(pid) and time.monotonic() < until_s:  # noqa: ASYNC110 - the kernel tells nobody
        await asyncio.sleep(POLL_S)
    os.kill(pid, signal.SIGHUP)


def is_awaited(pid: int) -> bool:
    """Say whether a process takes connections: a nats-server handles signals before it does."""
    process = PROCESSES / str(pid)
    try:
        if "\nState:\tZ" in (process / "status").read_text(encoding="utf-8", errors="replace"):
            raise ProcessLookupError(pid)  # ended, and nobody has asked how yet
        listening = set()
        for table in ("tcp", "tcp6"):
            for line in (process / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                if words[3] == LISTENS:
                    listening.add(f"socket:[{words[9]}]")
        return any(str(each.readlink()) in listening for each in (process / "fd").iterdir())
    except PermissionError:
        return True  # another user's: whether it may be sent at all, the kernel says
    except FileNotFoundError:
        if process.exists():
            return False  # a descriptor was closed meanwhile
        raise ProcessLookupError(pid) from None
