"""Growing delays between attempts. Pure: the randomness comes in as a parameter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubles from ``first_s`` to ``most_s``; each delay is shortened by up to half, at random.

    Without the jitter a province of gateways would come back in the same second.
    """

    first_s: float
    most_s: float
    attempts: int = 0

    def next_s(self, jitter: float) -> float:
        """Return the delay before the next attempt; ``jitter`` lies in 0..1."""
        delay_s = min(self.most_s, self.first_s * 2.0 ** min(self.attempts, 32))
        self.attempts += 1
        return float(delay_s * (1.0 - jitter / 2))

    def reset(self) -> None:
        """Begin anew after a success."""
        self.attempts = 0
