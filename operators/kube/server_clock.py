"""How far this machine's clock is from the API server's: a wrong one would lend what is held still.

Leases end at a time that another replica wrote, or that a node judges by the platform's clock. An
operator whose own clock is minutes ahead would take them for ended; so it plans by the time that
the API server states in each answer (RFC 9110, Date), which all replicas have in common.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

SAMPLES: Final = 16
"""Of which the least delayed counts: an answer that waited here makes the server look behind."""

HEEDED: Final = timedelta(seconds=2)
"""Less is within what the header can say, which is whole seconds."""

log = logging.getLogger("tianfu.operators.clock")


class ServerClock:
    """What the API server's answers say of the time."""

    def __init__(self) -> None:
        self._samples: deque[timedelta] = deque(maxlen=SAMPLES)
        self._last = ""
        self._offset = timedelta()

    def heard(self, date: str, now: datetime) -> None:
        """Take an answer's Date; ``now`` is our own time when the answer began to come."""
        if not date or date == self._last:
            return
        self._last = date
        try:
            told = parsedate_to_datetime(date)
        except ValueError:
            return
        if told.tzinfo is None:
            return
        self._samples.append(told - now)
        found = max(self._samples)
        offset = found if abs(found) >= HEEDED else timedelta()
        if abs(offset - self._offset) >= HEEDED:
            log.warning(
                "this machine's clock is %.0f s from the API server's: the server's counts",
                offset.total_seconds(),
            )
        self._offset = offset

    def offset(self) -> timedelta:
        """Return what is to be added to our own time; nothing when they agree."""
        return self._offset
