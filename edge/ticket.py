"""Whether all readings of one read are on the disk: then a source that waits may forget them."""

from __future__ import annotations

from collections.abc import Callable


class Ticket:
    """Counts the batches that readings of one read went to, and says when all are settled.

    ``is_pressing`` asks for these batches to be closed at once: the source sends nothing more
    until it has been told.
    """

    def __init__(self, done: Callable[[bool], None], *, is_pressing: bool = False) -> None:
        """Take whom to tell, once: True when every batch was kept."""
        self._done = done
        self._batches = 0
        self._is_open = True
        self._is_kept = True
        self.is_pressing = is_pressing

    def hold(self) -> None:
        """Count one more batch."""
        self._batches += 1

    def settle(self, *, is_kept: bool) -> None:
        """One batch is on the disk, or was lost."""
        self._batches -= 1
        self._is_kept = self._is_kept and is_kept
        self._tell()

    def close(self) -> None:
        """All readings are in batches now."""
        self._is_open = False
        self._tell()

    def _tell(self) -> None:
        if not self._is_open and not self._batches:
            self._done(self._is_kept)
