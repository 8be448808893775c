"""A serial line without hardware: two pseudo-terminals whose bytes cross."""

from __future__ import annotations

import os
import select
import threading
import tty
from pathlib import Path
from typing import Self

CHUNK_BYTES = 4096


class SerialLine:
    """Two ends, ``near`` and ``far``: what is written to one is read from the other.

    Writes that begin with a byte in ``muted`` get lost: units that are switched off.
    """

    muted: frozenset[int] = frozenset()

    def __enter__(self) -> Self:
        pairs = [os.openpty(), os.openpty()]
        self._masters = [master for master, _ in pairs]
        # Kept open, so that an end may be closed and opened again.
        self._slaves = [slave for _, slave in pairs]
        for end in (*self._masters, *self._slaves):
            tty.setraw(end)
        self.near, self.far = (Path(os.ttyname(slave)) for slave in self._slaves)
        self._ending, self._end = os.pipe()
        self._thread = threading.Thread(target=self._cross, name="serial line")
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        os.write(self._end, b"x")
        self._thread.join()
        for one in (*self._masters, *self._slaves, self._ending, self._end):
            os.close(one)

    def _cross(self) -> None:
        one, two = self._masters
        other = {one: two, two: one}
        while True:
            ready, _, _ = select.select([one, two, self._ending], [], [])
            if self._ending in ready:
                return
            for end in ready:
                chunk = os.read(end, CHUNK_BYTES)
                if chunk[0] not in self.muted:
                    os.write(other[end], chunk)
