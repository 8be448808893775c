"""What a patient's monitor has said last, and what came of it, as it is stored.

A monitor speaks every second, and nearly always says the same. Points that stay as they were are
not scored again for a minute; points that change are scored at once. What is due is decided by
``tianfu.scores.monitor``, which a node goes by too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from services.healthcare.model.vitals import Vital
from tianfu.scores.monitor import SIGNS, Watched, alertness

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

Seen = tuple[str, int, float]
"""A reading of a monitor: sign, Unix microseconds, value in the sign's unit."""


def encode(watched: Watched) -> bytes:
    """Return a state's bytes."""
    content = {
        "signs": dict(sorted(watched.latest.items())),
        "points": watched.points,
        "scored_us": watched.score_us,
    }
    return json.dumps(content, separators=(",", ":")).encode()


def decode(data: bytes) -> Watched:
    """Return the state that ``encode`` gave; an empty one of what an earlier version wrote."""
    content = json.loads(data)
    if "signs" not in content:
        return Watched()  # the monitor says all of it again within seconds
    latest = {name: (time_us, value) for name, (time_us, value) in content["signs"].items()}
    return Watched(latest, tuple(content["points"]), content["scored_us"])


def time_of(time_us: int) -> datetime:
    """Return Unix microseconds as a time."""
    return EPOCH + MICROSECOND * time_us


def vitals_of(watched: Watched) -> Sequence[Vital]:
    """Return a state's values as a score looks at them."""
    return [vital_of(name, time_us, value) for name, (time_us, value) in watched.latest.items()]


def vital_of(name: str, time_us: int, value: float) -> Vital:
    """Return a reading as a score looks at it."""
    sign = SIGNS[name]
    if name == "consciousness":
        return Vital(sign.loinc, None, "", alertness(value), time_of(time_us))
    return Vital(sign.loinc, value, sign.unit, "", time_of(time_us))
