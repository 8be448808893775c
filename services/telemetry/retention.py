"""How long readings are kept, by class, and so what may be dropped: a pure plan.

What is dropped is a whole partition, which costs the store a file deletion and no rewriting. A
partition goes when its last moment is older than its class is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

STANDARD: Final = 0
SHORT: Final = 1
LONG: Final = 2
"""Retention classes by their numbers in the contract."""


@dataclass(frozen=True)
class KeptDays:
    """Days for which each class of readings, and the rollups, are kept."""

    standard: int = 400  # a year and a month: this year beside the one before
    short: int = 14  # waveforms and bulk: long enough to look into an event
    long: int = 3650  # billing and regulation: ten years
    rollups: int = 3650

    def __post_init__(self) -> None:
        """Raise ValueError for a class that would be kept for no time at all."""
        for name in ("standard", "short", "long", "rollups"):
            if getattr(self, name) < 1:
                raise ValueError(f"days of {name}: {getattr(self, name)}; need at least 1")

    def of(self, retention_class: int) -> int:
        """Return the days of a class; one that is not known is kept as the usual is."""
        return {SHORT: self.short, LONG: self.long}.get(retention_class, self.standard)


class ReadingsDay(NamedTuple):
    """A partition of ``readings``: one class's readings of one day, UTC."""

    retention_class: int
    day: date


class RollupMonth(NamedTuple):
    """A partition of a rollup table: one month, by its first day."""

    table: str
    month: date


@dataclass(frozen=True)
class Drops:
    """What is to be dropped, the oldest first."""

    readings: list[ReadingsDay] = field(default_factory=list)
    rollups: list[RollupMonth] = field(default_factory=list)


def kept_from(days: int, now: datetime) -> datetime:
    """Return the moment before which readings that are kept ``days`` may be gone."""
    return _midnight((now.astimezone(UTC) - timedelta(days=days)).date())


def plan(
    readings: Iterable[ReadingsDay],
    rollups: Iterable[RollupMonth],
    *,
    now: datetime,
    days: KeptDays,
) -> Drops:
    """Return what lies wholly before what is kept."""
    old_days = [p for p in readings if _midnight(p.day) < kept_from(days.of(p[0]), now)]
    month_limit = kept_from(days.rollups, now)
    old_months = [p for p in rollups if _next_month(p.month) <= month_limit]
    return Drops(
        readings=sorted(old_days, key=lambda p: (p.day, p.retention_class)),
        rollups=sorted(old_months, key=lambda p: (p.month, p.table)),
    )


def kept_from_by_class(days: KeptDays, now: datetime) -> Mapping[int, int]:
    """Return, for each class, the Unix microseconds before which readings may be gone."""
    return {
        number: int(kept_from(days.of(number), now).timestamp()) * 1_000_000
        for number in (STANDARD, SHORT, LONG)
    }


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _next_month(month: date) -> datetime:
    return _midnight((month.replace(day=1) + timedelta(days=32)).replace(day=1))
