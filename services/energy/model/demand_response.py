"""Demand response: the customer baseline (5 of 10), what was shed, and what is settled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.plumbing.refusal import FailedPrecondition, InvalidArgument
from services.plumbing.rules import Rule

DR_RULE: Final = "demand-response"
NOW_SENTINEL: Final = "0001-01-01"
"""An OpenADR 3 interval that begins with this date begins when it is received."""
HASH_BITS: Final = 64


class InvalidLoadShape(InvalidArgument):
    """Days or intervals that do not fit each other, or a load that is no number."""

    reason = "LOAD_SHAPE_INVALID"


class TooFewSimilarDays(FailedPrecondition):
    """Not enough days without an event to say what would have been used."""

    reason = "TOO_FEW_SIMILAR_DAYS"


@dataclass(frozen=True, slots=True)
class BaselineRule:
    """The figures of the rule ``demand-response``."""

    days_looked_at: int
    days_kept: int
    adjustment_cap: float
    yuan_per_kwh: float
    delivered_least: float
    paid_most: float
    version: str

    @classmethod
    def of(cls, rule: Rule) -> BaselineRule:
        """Return the rule's figures; raise InvalidRule for those that cannot be."""
        found = cls(
            int(rule.number("days_looked_at")),
            int(rule.number("days_kept")),
            rule.number("adjustment_cap"),
            rule.number("yuan_per_kwh"),
            rule.number("delivered_least"),
            rule.number("paid_most"),
            rule.version,
        )
        if not 1 <= found.days_kept <= found.days_looked_at:
            raise rule.invalid("days_kept", "need 1 <= days_kept <= days_looked_at")
        if not 0 <= found.adjustment_cap < 1 or not 0 <= found.delivered_least <= found.paid_most:
            raise rule.invalid("adjustment_cap", "need 0..1, and delivered_least <= paid_most")
        return found


@dataclass(frozen=True, slots=True)
class Baseline:
    """What would have been used, kWh by interval; ``adjustment`` is already in it."""

    kwh: tuple[float, ...]
    unadjusted_kwh: tuple[float, ...]
    adjustment: float
    days: tuple[int, ...]
    rule_version: str


def baseline(
    days: Sequence[Sequence[float]],
    rule: BaselineRule,
    *,
    before_kwh: Sequence[float] = (),
    before_days_kwh: Sequence[Sequence[float]] = (),
) -> Baseline:
    """Return the mean of the highest similar days, adjusted by the hours before notice.

    ``days`` are the event's intervals on earlier similar days without an event, newest last;
    ``before_kwh`` the intervals of today before notice was given, ``before_days_kwh`` the same
    intervals of the earlier days, one for each of ``days``. Notice, not start: load raised after
    notice must not lift the baseline. Equal days keep the newer. Raises TooFewSimilarDays.
    """
    looked_at = list(range(len(days)))[-rule.days_looked_at :]
    if len(looked_at) < rule.days_kept:
        raise TooFewSimilarDays(
            f"{len(looked_at)} similar days are fewer than the {rule.days_kept} that are averaged"
        )
    _check_shape([days[day] for day in looked_at])
    ranked = sorted(looked_at, key=lambda day: (math.fsum(days[day]), day), reverse=True)
    kept = sorted(ranked[: rule.days_kept])
    width = len(days[kept[0]])
    mean = tuple(math.fsum(days[day][n] for day in kept) / len(kept) for n in range(width))
    adjustment = _adjustment(
        before_kwh, [before_days_kwh[day] for day in kept] if before_kwh else []
    )
    capped = min(max(adjustment, 1 - rule.adjustment_cap), 1 + rule.adjustment_cap)
    return Baseline(tuple(each * capped for each in mean), mean, capped, tuple(kept), rule.version)


def _adjustment(before: Sequence[float], on_days: Sequence[Sequence[float]]) -> float:
    """Return today's load before notice over that of the kept days; 1 without any."""
    if not before:
        return 1.0
    _check_shape([before, *on_days])
    usual = math.fsum(math.fsum(day) for day in on_days) / len(on_days)
    return math.fsum(before) / usual if usual > 0 else 1.0


def _check_shape(rows: Sequence[Sequence[float]]) -> None:
    widths = {len(row) for row in rows}
    if len(widths) != 1 or 0 in widths:
        raise InvalidLoadShape(f"days have {sorted(widths)} intervals; need the same number, not 0")
    if any(not math.isfinite(value) or value < 0 for row in rows for value in row):
        raise InvalidLoadShape("a load is no number from 0 up")


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was shed by interval, what of it is paid, and whether enough was delivered."""

    shed_kwh: tuple[float, ...]
    delivered_share: float
    paid_kwh: float
    yuan: float
    is_delivered: bool
    rule_version: str


def settle(
    expected: Baseline, actual_kwh: Sequence[float], committed_kwh: float, rule: BaselineRule
) -> Settlement:
    """Return what an event is worth: less than the least earns nothing, more than the most no more.

    Intervals in which more was used than the baseline count against those in which less was.
    """
    _check_shape([expected.kwh, actual_kwh])
    if not math.isfinite(committed_kwh) or committed_kwh <= 0:
        raise InvalidLoadShape(f"committed_kwh {committed_kwh} is not above 0")
    shed = tuple(base - used for base, used in zip(expected.kwh, actual_kwh, strict=True))
    total = math.fsum(shed)
    share = total / committed_kwh
    is_delivered = share >= rule.delivered_least
    paid = min(max(total, 0.0), rule.paid_most * committed_kwh) if is_delivered else 0.0
    return Settlement(shed, share, paid, paid * rule.yuan_per_kwh, is_delivered, rule.version)


def start_of(said: str, received: datetime, randomize: timedelta, draw: int) -> datetime:
    """Return when an OpenADR 3 interval begins for one resource.

    ``said`` is its RFC 3339 start, where year 1 means now. ``randomize`` (randomizeStart) spreads
    the starts of many resources after it; ``draw`` are 64 bits derived from resource and event, so
    that a repeated event begins at the same moment again.
    """
    if said.startswith(NOW_SENTINEL):
        start = received
    else:
        start = datetime.fromisoformat(said)
        if start.tzinfo is None:
            raise InvalidLoadShape(f"start {said!r} says no time zone")
    if not 0 <= draw < 1 << HASH_BITS or randomize < timedelta(0):
        raise InvalidLoadShape("randomize is 0 or more, and draw has 64 bits")
    return start + randomize * (draw / (1 << HASH_BITS))
