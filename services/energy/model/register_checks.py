"""What a meter's register says from reading to reading: energy, or a reason to doubt it.

A register counts up to its largest number and begins again (rollover); one that goes back
otherwise was replaced, reset or tampered with (rollback), and its interval has no energy.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from services.plumbing.rules import CHINA_STANDARD_TIME, Rule

ROLLOVER_SHARE: Final = 0.5
"""After a rollover less than half of the register can have passed: a meter that turns over within
two readings is too small for its load, and then nobody can tell how often it did."""

HOUR: Final = timedelta(hours=1)


class Doubt(enum.Enum):
    """Why an interval is not believed; the value is the stable reason code."""

    ROLLBACK = "REGISTER_ROLLBACK"
    IMPOSSIBLE_POWER = "POWER_IMPOSSIBLE"
    STUCK = "REGISTER_STUCK"
    TIME_REVERSED = "TIME_REVERSED"
    BEYOND_REGISTER = "BEYOND_REGISTER"


@dataclass(frozen=True, slots=True)
class MeterLimits:
    """What a meter can show.

    ``register_max`` is where it begins again, hence never shown; ``capacity_kva`` is of the
    transformer behind it.
    """

    register_max: float
    capacity_kva: float


@dataclass(frozen=True, slots=True)
class CheckRule:
    """The figures of the rule ``meter-checks``."""

    stuck_intervals: int
    stuck_kw_min: float
    power_factor_over: float
    closed_share: float
    closed_nights: int
    night_from_hour: int
    night_to_hour: int
    version: str

    @classmethod
    def of(cls, rule: Rule) -> CheckRule:
        """Return the rule's figures; raise InvalidRule for those that cannot be."""
        found = cls(
            int(rule.number("stuck_intervals")),
            rule.number("stuck_kw_min"),
            rule.number("power_factor_over"),
            rule.number("closed_share"),
            int(rule.number("closed_nights")),
            int(rule.number("night_from_hour")),
            int(rule.number("night_to_hour")),
            rule.version,
        )
        if not 0 <= found.night_to_hour < found.night_from_hour < 24:  # noqa: PLR2004 - hours of a day
            raise rule.invalid("night_from_hour", "need 0 <= night_to_hour < night_from_hour < 24")
        if found.stuck_intervals < 1 or found.closed_nights < 1 or found.power_factor_over < 1:
            raise rule.invalid("stuck_intervals", "counts and the power factor are 1 or more")
        return found


@dataclass(frozen=True, slots=True)
class Interval:
    """Energy between two readings; None when it is doubted, with the reason."""

    begin: datetime
    end: datetime
    kwh: float | None
    doubt: Doubt | None = None
    has_rolled_over: bool = False

    @property
    def kw(self) -> float | None:
        """Return the mean power, None when doubted."""
        return None if self.kwh is None else self.kwh / ((self.end - self.begin) / HOUR)


def intervals(
    readings: Sequence[tuple[datetime, float]], limits: MeterLimits, rule: CheckRule
) -> list[Interval]:
    """Return what passed between each pair of neighbouring readings, in order of arrival."""
    found = [_interval(before, after, limits, rule) for before, after in pairwise(readings)]
    return without_stuck(found, rule)


def _interval(
    before: tuple[datetime, float],
    after: tuple[datetime, float],
    limits: MeterLimits,
    rule: CheckRule,
) -> Interval:
    (begin, low), (end, high) = before, after
    if end <= begin:
        return Interval(begin, end, None, Doubt.TIME_REVERSED)
    if not (0 <= low < limits.register_max and 0 <= high < limits.register_max):
        return Interval(begin, end, None, Doubt.BEYOND_REGISTER)
    most = limits.capacity_kva * rule.power_factor_over * ((end - begin) / HOUR)
    kwh, has_rolled_over = high - low, False
    if kwh < 0:
        kwh += limits.register_max
        has_rolled_over = True
        if kwh > min(most, ROLLOVER_SHARE * limits.register_max):
            return Interval(begin, end, None, Doubt.ROLLBACK)
    if kwh > most:
        return Interval(begin, end, None, Doubt.IMPOSSIBLE_POWER)
    return Interval(begin, end, kwh, has_rolled_over=has_rolled_over)


def without_stuck(found: list[Interval], rule: CheckRule) -> list[Interval]:
    """Doubt a register that stood for as long as no plant that was running before stands."""
    result = list(found)
    run: list[int] = []
    was_running = False
    for position, each in enumerate(found):
        if each.kwh == 0:
            run.append(position)
            continue
        kw = each.kw
        if was_running and kw is not None and kw >= rule.stuck_kw_min:
            _doubt_run(result, run, rule)
        run = []
        was_running = kw is not None and kw >= rule.stuck_kw_min
    if was_running:
        _doubt_run(result, run, rule)
    return result


def _doubt_run(result: list[Interval], run: list[int], rule: CheckRule) -> None:
    if len(run) < rule.stuck_intervals:
        return
    for position in run:
        each = result[position]
        result[position] = Interval(each.begin, each.end, None, Doubt.STUCK)


@dataclass(frozen=True, slots=True)
class NightLoad:
    """A plant that is declared shut, and draws power night after night: a clue (问题线索).

    ``nights`` are the dates on which they began, in China Standard Time.
    """

    nights: tuple[str, ...]
    mean_kw: float
    usual_kw: float
    rule_version: str


def night_load(
    found: Iterable[Interval], usual_kw: float, shut_since: datetime, rule: CheckRule
) -> NightLoad | None:
    """Return the clue when a shut plant draws its share on enough nights in a row, else None.

    ``usual_kw`` is its mean load while it ran. Nights without a believed reading break no row and
    count for none.
    """
    by_night: dict[str, list[float]] = {}
    for each in found:
        kw = each.kw
        local = each.begin.astimezone(CHINA_STANDARD_TIME)
        is_night = local.hour >= rule.night_from_hour or local.hour < rule.night_to_hour
        if kw is None or each.begin < shut_since or not is_night:
            continue
        night = local if local.hour >= rule.night_from_hour else local - timedelta(days=1)
        by_night.setdefault(night.date().isoformat(), []).append(kw)
    row: list[str] = []
    best: list[str] = []
    for date in sorted(by_night):
        mean = sum(by_night[date]) / len(by_night[date])
        row = [*row, date] if mean >= rule.closed_share * usual_kw else []
        best = max(best, row, key=len)
    if len(best) < rule.closed_nights or usual_kw <= 0:
        return None
    loads = [kw for date in best for kw in by_night[date]]
    return NightLoad(tuple(best), sum(loads) / len(loads), usual_kw, rule.version)
