"""What went wrong how often, by stable reason code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

REASONS_MAX: Final = 256
"""Reason codes are a fixed set in the code; beyond this somebody counts by content."""


@dataclass
class Counters:
    """Counts since the start of the process."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str, number: int = 1) -> None:
        """Count ``number`` more of ``reason``."""
        if reason in self.counts or len(self.counts) < REASONS_MAX:
            self.counts[reason] = self.counts.get(reason, 0) + number

    def of(self, reason: str) -> int:
        """Return the count of ``reason``."""
        return self.counts.get(reason, 0)
