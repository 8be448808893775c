"""The lock of a turn's file: who has it, serves; the kernel frees it when its process is gone."""

from __future__ import annotations

import fcntl
import os


def take(descriptor: int) -> bool:
    """Take the lock of an open file if it is free; say whether it is ours, and who we are in it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return True
