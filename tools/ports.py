"""Free ports of this machine, for servers that are killed and started again on the same port."""

from __future__ import annotations

import errno
import fcntl
import functools
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FIRST: Final = 10_000
SLICE: Final = 300
SLICES: Final = 33
"""Below 32,768: above it Linux takes ports for connections that go out (``ip_local_port_range``).

A server that is down for a moment would find its port taken by one of them, even by a client of
its own that connected to itself. And below 20,000, where `tianfu up` begins (cli/local/ports.py).
"""


def free_port() -> int:
    """Return a port that nobody listens on, and that no other process gets from here meanwhile."""
    for port in itertools.islice(_own(), SLICE):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise RuntimeError(f"all {SLICE} ports of this process are in use: servers were left running")


@functools.cache
def _own() -> Iterator[int]:
    """Return this process's ports, round and round; a lock keeps them its own until it ends."""
    folder = Path(tempfile.gettempdir()) / f"tianfu-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(SLICES):
        # Never closed: the lock ends with the process, however that ends.
        lock = os.open(folder / str(number), os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            begin = FIRST + number * SLICE
            return itertools.cycle(range(begin, begin + SLICE))
    raise RuntimeError(f"{SLICES} processes use ports of {folder} already")
