"""Features of a station on their way: sent at once, tried again for a minute, then let go.

They never see a disk. A feature tells a network that is still deciding; a minute later it has
decided, and the shaking itself has told the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge.clock import Clock
from edge.counters import Counters
from edge.spool_account import Waiting

LATE_S: Final = 60.0
"""A feature that is older is of no use: no association waits so long for a station."""

WAITING_MAX: Final = 1024
"""Three picks with a feature a second for two minutes, twice over."""


@dataclass(frozen=True, slots=True)
class _Entry:
    row: Waiting
    message_id: str
    late_at: float


class FeatureQueue:
    """A store for the uplink, in memory."""

    def __init__(self, epoch: int, *, clock: Clock, counters: Counters) -> None:
        """Take the epoch of this start."""
        self._epoch = epoch
        self._clock = clock
        self._counters = counters
        self._entries: dict[int, _Entry] = {}
        self._sequence = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._entries)

    @property
    def epoch(self) -> int:
        """Return the epoch of this start."""
        return self._epoch

    def put(self, payload: bytes, message_id: str) -> None:
        """Add a feature; the oldest gives way when too many wait."""
        self._sequence += 1
        row = Waiting(self._epoch, self._sequence, 0, "", payload)
        late_at = self._clock.monotonic() + LATE_S
        self._entries[self._sequence] = _Entry(row, message_id, late_at)
        if len(self._entries) > WAITING_MAX:
            del self._entries[next(iter(self._entries))]
            self._counters.add("FEATURE_LATE")

    def message_id(self, row: Waiting) -> str:
        """Return the id under which a feature is sent, at each attempt."""
        entry = self._entries.get(row.sequence)
        # One that gave way a moment ago is sent all the same, this once.
        return entry.message_id if entry else f"late-{row.epoch:x}-{row.sequence}"

    async def turn(
        self, epoch: int, acknowledged: Iterable[int], after: int, limit: int
    ) -> list[Waiting]:
        """Let go of what is acknowledged or late; return what comes after ``after``, in order."""
        for sequence in acknowledged if epoch == self._epoch else ():
            self._entries.pop(sequence, None)
        now = self._clock.monotonic()
        late = [number for number, entry in self._entries.items() if entry.late_at <= now]
        for sequence in late:
            del self._entries[sequence]
            self._counters.add("FEATURE_LATE")
        return [entry.row for number, entry in self._entries.items() if number > after][:limit]

    async def refuse(self, epoch: int, sequence: int) -> None:
        """Let go of a feature that the stream will never take."""
        if epoch == self._epoch:
            self._entries.pop(sequence, None)
