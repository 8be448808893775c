"""Lines on the node's own disk, the newest last, in two files of bounded size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

FILE_BYTES_MAX: Final = 4 << 20
"""Some 5,000 scores (days of one monitor) or 60,000 hours; as much stands in the file before it."""


class LineJournal:
    """Appends lines, and reads them again."""

    def __init__(self, folder: Path, name: str, *, bytes_max: int = FILE_BYTES_MAX) -> None:
        """Take the node's data folder, and what the file is called in it."""
        self._file = folder / name
        self._before = folder / f"{name}.1"
        self._bytes_max = bytes_max

    def append(self, lines: Sequence[str]) -> None:
        """Write lines through to the disk; raise OSError when it takes no more."""
        if self._file.exists() and self._file.stat().st_size >= self._bytes_max:
            self._file.replace(self._before)
        with self._file.open("a", encoding="utf-8") as stream:
            if stream.tell() and not self._ends_a_line():
                stream.write("\n")  # a power cut left half a line
            stream.writelines(lines)
            stream.flush()
            os.fsync(stream.fileno())

    def lines(self) -> Iterator[str]:
        """Yield all lines, the oldest first."""
        for file in (self._before, self._file):
            if file.exists():
                with file.open(encoding="utf-8", errors="replace") as stream:
                    yield from stream

    def _ends_a_line(self) -> bool:
        with self._file.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"
