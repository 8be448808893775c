"""How many calls a caller may make: a bucket of tokens each, as many callers as memory allows."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

CALLERS_MAX: Final = 20_000
"""Callers remembered; the one silent longest is forgotten first, and begins with a full bucket."""


@dataclass
class _Bucket:
    tokens: float
    filled_s: float


class Limiter:
    """Buckets that fill at ``rate`` a second up to ``burst``. Time is a parameter, in seconds."""

    def __init__(self, rate: float, burst: float, callers_max: int = CALLERS_MAX) -> None:
        self._rate = rate
        self._burst = burst
        self._callers_max = callers_max
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, caller: str, now_s: float) -> float:
        """Take one; return 0, or after how many seconds there is one again."""
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(self._burst, now_s)
            while len(self._buckets) > self._callers_max:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller)
        elapsed = max(0.0, now_s - bucket.filled_s)
        bucket.tokens = min(self._burst, bucket.tokens + elapsed * self._rate)
        bucket.filled_s = now_s
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate
        bucket.tokens -= 1
        return 0.0
