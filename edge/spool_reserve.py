"""A file that holds disk space back, so that a full disk can still be tidied.

Deleting what was acknowledged needs a little space too: the log of the deletion, and the database
pages that the log is written back to. Without a reserve a spool that filled its disk could never
shrink again. Batches may not use it; bookkeeping may, for a moment.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAME: Final = "spool.reserve"

RESERVE_BYTES: Final = 2 << 20
"""The log between two checkpoints (1 MB) and the largest transaction after it, once over."""


class Reserve:
    """The reserve of one folder."""

    def __init__(self, data_dir: Path) -> None:
        """Take the space now, if there is any."""
        self._file = data_dir / NAME
        self._hold()

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Give the space free for the body, and take it back."""
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)
        try:
            yield
        finally:
            self._hold()

    def _hold(self) -> None:
        try:
            with self._file.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            # No space to hold back: a half reserve would only be in the way.
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
