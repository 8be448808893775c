"""Conditions as the Kubernetes API conventions have them: their time moves on transitions only."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

MESSAGE_MAX: Final = 1024
"""Longest message, as the schemas have it; what is longer is cut, since a status must be taken."""


class Status(enum.StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is found of one aspect. ``message`` says what to do, and is the same while it is so."""

    type: str
    status: Status
    reason: str
    message: str = ""


def merge(
    current: Sequence[Mapping[str, Any]],
    found: Iterable[Condition],
    *,
    generation: int,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return the conditions to store: those of types not found stay, times move on transitions.

    What is equal to ``current`` need not be written.
    """
    merged = {str(one["type"]): dict(one) for one in current}
    for one in found:
        former = merged.get(one.type)
        turned = former is None or former.get("status") != one.status.value
        when = timestamp(now) if turned or former is None else former["lastTransitionTime"]
        merged[one.type] = {
            "type": one.type,
            "status": one.status.value,
            "observedGeneration": generation,
            "lastTransitionTime": when,
            "reason": one.reason,
            "message": one.message[:MESSAGE_MAX],
        }
    return [merged[name] for name in sorted(merged)]


def timestamp(when: datetime) -> str:
    """Return a time as Kubernetes writes it: whole seconds, UTC."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Return a time that Kubernetes wrote."""
    return datetime.fromisoformat(text)
