"""HiGHS without its banner: a service's standard output is its log, one JSON object a line."""

from __future__ import annotations

import highspy
from typing_extensions import override


class QuietHighs(highspy.Highs):
    """A solver that prints nothing.

    highspy 1.16 greets when its constructor enables callbacks, so ``silent()`` on what was made
    comes too late; here it comes just before.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # highspy has no types here

    @override
    def enableCallbacks(self) -> None:
        """Fall silent, and enable the callbacks."""
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]  # highspy has no types here
