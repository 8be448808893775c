"""How many streams a caller may have open at once."""

from __future__ import annotations


class Gauge:
    """How many streams each caller has open, with a bound."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[str, int] = {}

    def enter(self, caller: str) -> bool:
        """Count one more; return False when the caller has as many as it may."""
        count = self._open.get(caller, 0)
        if count >= self._most:
            return False
        self._open[caller] = count + 1
        return True

    def leave(self, caller: str) -> None:
        """Count one less."""
        count = self._open.get(caller, 0) - 1
        if count > 0:
            self._open[caller] = count
        else:
            self._open.pop(caller, None)
