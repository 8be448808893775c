"""Ports of the local platform: chosen once, kept for good, so that addresses survive a restart."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import psutil

from cli.failures import Exit, Failure

HOST: Final = "127.0.0.1"
# Below 32768, where Linux takes the ports of outgoing connections from: a remembered port must not
# be taken by chance while the platform is down.
FIRST: Final = 20000
LAST: Final = 31999


def is_free(port: int) -> bool:
    """Return whether a server could listen on ``port``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of the last run that wait out their time must not count as use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def choose(names: Iterable[str], known: Mapping[str, int], seed: Path) -> dict[str, int]:
    """Return a port for each name: the known one, or a free one that is not given out yet.

    The search begins at a place that depends on ``seed``, so that two platforms on one machine
    seldom look at the same ports.
    """
    chosen = dict(known)
    taken = set(known.values())
    span = LAST - FIRST + 1
    start = zlib.crc32(str(seed).encode()) % span
    candidates = (FIRST + (start + offset) % span for offset in range(span))
    for name in names:
        if name in chosen:
            continue
        for port in candidates:
            if port not in taken and is_free(port):
                chosen[name] = port
                break
        else:
            raise Failure("NO_FREE_PORT", f"no free port between {FIRST} and {LAST}")
    return chosen


def user_of(port: int) -> str:
    """Return a description of the process that listens on ``port``, as far as we may see it."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status != psutil.CONN_LISTEN or connection.laddr.port != port:
                continue
            if connection.pid is not None:
                process = psutil.Process(connection.pid)
                return f"process {connection.pid} ({process.name()})"
    except (psutil.Error, OSError):
        pass  # another user's process, or a system that does not tell
    return "a process that this user may not see"


def check(chosen: Mapping[str, int]) -> None:
    """Refuse to start when a remembered port is in use, and say by whom."""
    used = {name: port for name, port in chosen.items() if not is_free(port)}
    if not used:
        return
    listed = "; ".join(f"{name} {HOST}:{port} by {user_of(port)}" for name, port in used.items())
    raise Failure(
        "PORT_IN_USE",
        f"in use: {listed}",
        "stop that process, or `tianfu up --new-ports` chooses others",
        status=Exit.CONFLICT,
    )
