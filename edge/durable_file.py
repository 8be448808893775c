"""Files that a power cut leaves whole: as they were before, or as they are now."""

from __future__ import annotations

import os
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """Put ``data`` in a file's place, on the disk; raise OSError when it takes no more.

    The name may be the old one still after a power cut, until ``sync_folder``.
    """
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk: a power cut then finds the new file, or the old."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
