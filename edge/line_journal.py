"""Lines on the node's own disk, the newest last, in two files of bounded size."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from edge.counters import Counters

FILE_BYTES_MAX: Final = 4 << 20
"""Some 5,000 scores (days of one monitor) or 60,000 hours; as much stands in the file before it."""

WAITING_MAX: Final = 10_000
"""Lines that wait for the disk; beyond it they are counted and left out of the journal."""

WRITTEN_AT_ONCE: Final = 500

log = logging.getLogger(__name__)


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


class LineKeeper:
    """Takes lines from where nothing may wait, and has a journal keep them."""

    def __init__(self, journal: LineJournal, counters: Counters, what: str, reason: str) -> None:
        """Take the journal, and what a log and a count call lines that are not kept."""
        self._journal, self._counters = journal, counters
        self._what, self._reason = what, reason
        self._waiting: asyncio.Queue[str] = asyncio.Queue(WAITING_MAX)
        self.written = 0

    async def lines(self) -> list[str]:
        """Return the lines that are kept, the oldest first."""
        return await asyncio.to_thread(lambda: list(self._journal.lines()))

    def put(self, line: str) -> None:
        """Keep a line, soon."""
        try:
            self._waiting.put_nowait(line)
        except asyncio.QueueFull:
            self._counters.add(self._reason)

    async def run(self) -> None:
        """Keep lines until cancelled."""
        while True:
            await self._write([await self._waiting.get()])

    async def close(self) -> None:
        """Keep what still waits."""
        while not self._waiting.empty():
            await self._write([])

    async def _write(self, lines: list[str]) -> None:
        while len(lines) < WRITTEN_AT_ONCE and not self._waiting.empty():
            lines.append(self._waiting.get_nowait())
        try:
            await asyncio.to_thread(self._journal.append, lines)
        except OSError as error:
            self._counters.add(self._reason)
            log.warning("%s not kept", self._what, extra={"detail": error.strerror})
            return
        self.written += len(lines)
