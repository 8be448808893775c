"""What rain amounts to: colours, antecedent rain, events. Pure functions over columns of gauges.

Amounts of many gauges come as arrays with one column a gauge. What is not known is never taken
for dry: a sum over what is known is a lower bound, so a threshold that it passes is passed for
certain, and the coverage beside it says how much of the span the sum stands on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.colours import COLOURS, Colour
from services.plumbing.rules import Rule

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]

DURATIONS: Final = 72
"""Durations evaluated are 1, 2, … 72 h: row ``hours - 1`` of every array of sums."""

RAINSTORM: Final = "rainstorm-colours"
"""The rule that :meth:`RainstormThresholds.parse` reads."""


class Levels(NamedTuple):
    """What one hazard comes to at every gauge; each array is of shape (gauges,).

    ``hours`` is the duration that decided (0 where no rain is known), ``ratio`` what was seen (or
    is expected) over the threshold at that duration.
    """

    level: npt.NDArray[np.int8]
    hours: npt.NDArray[np.int16]
    ratio: npt.NDArray[np.float32]
    observed_mm: npt.NDArray[np.float32]
    threshold_mm: npt.NDArray[np.float32]


@dataclass(frozen=True)
class RainstormThresholds:
    """Rain within hours that makes each colour; ``continuing_mm`` in the last hour is "goes on"."""

    mm: tuple[float, ...]
    hours: tuple[int, ...]
    continuing_mm: float

    @classmethod
    def parse(cls, rule: Rule) -> RainstormThresholds:
        """Read the rule; raise InvalidRule unless each colour is graver than the one before."""
        mm = tuple(rule.number(each.name.lower(), "mm") for each in COLOURS)
        hours = tuple(rule.number(each.name.lower(), "hours") for each in COLOURS)
        for colour, amount, span in zip(COLOURS, mm, hours, strict=True):
            if amount <= 0 or span != int(span) or not 1 <= span <= DURATIONS:
                name = colour.name.lower()
                raise rule.invalid(name, f"need mm > 0 and whole hours of 1 to {DURATIONS}")
        for (low, graver), colour in zip(
            pairwise(zip(mm, hours, strict=True)), COLOURS[1:], strict=True
        ):
            if graver[0] / graver[1] <= low[0] / low[1]:
                raise rule.invalid(colour.name.lower(), "is no graver than the colour before it")
        continuing = rule.number("continuing_mm")
        if continuing < 0:
            raise rule.invalid("continuing_mm", "need 0 or more")
        return cls(mm, tuple(int(each) for each in hours), continuing)


def rainstorm(
    sums_mm: Floats, thresholds: RainstormThresholds, forecast_mm: Floats | None = None
) -> Levels:
    """Return the CMA rainstorm colour (暴雨预警信号) of each gauge.

    ``sums_mm`` (72, gauges): rain of the last 1 to 72 h. ``forecast_mm`` (hours ahead, gauges):
    rain expected within the next 1, 2, … h, NaN where nothing is said. A colour holds where its
    amount is reached within its hours and rain goes on, or where what has fallen and what is
    expected reach it together within its hours. Without a forecast nothing is expected.
    """
    gauges = sums_mm.shape[1]
    continuing = sums_mm[0] >= max(thresholds.continuing_mm, np.finfo(np.float32).tiny)
    found = Levels(
        level=np.zeros(gauges, np.int8),
        hours=np.zeros(gauges, np.int16),
        ratio=np.zeros(gauges, np.float32),
        observed_mm=np.zeros(gauges, np.float32),
        threshold_mm=np.zeros(gauges, np.float32),
    )
    for colour, amount, hours in zip(COLOURS, thresholds.mm, thresholds.hours, strict=True):
        seen = np.where(continuing, sums_mm[hours - 1], 0.0)
        if forecast_mm is not None:
            seen = np.fmax(seen, _expected(sums_mm, forecast_mm, hours))
        reached = seen >= amount
        # Below every colour, the one that is nearest explains; from a colour on, the gravest does.
        shown = reached | ((found.level == Colour.NONE) & (seen / amount > found.ratio))
        found.level[reached] = colour
        found.hours[shown] = hours
        found.ratio[shown] = (seen / amount)[shown]
        found.observed_mm[shown] = seen[shown]
        found.threshold_mm[shown] = amount
    return found


def _expected(sums_mm: Floats, forecast_mm: Floats, hours: int) -> Floats:
    """Return the most that any window of ``hours`` holds that ends in what is forecast."""
    most = np.full(sums_mm.shape[1], -np.inf)
    for ahead in range(1, min(hours, len(forecast_mm)) + 1):
        fallen = sums_mm[hours - ahead - 1] if ahead < hours else 0.0
        most = np.fmax(most, fallen + forecast_mm[ahead - 1])
    return most


def antecedent_index(daily_mm: Floats, decay: float) -> Floats:
    """Return the antecedent rain index (前期影响雨量) Pa = sum of K^i R_i, in mm.

    ``daily_mm`` (days, gauges) or (days,): row 0 is yesterday's rain, hence i = 1; NaN is a day
    that nothing is known of, and adds nothing. ``decay`` is K, 0.78 to 0.86 in south-west China.
    """
    if not 0 < decay < 1:
        raise ValueError(f"decay {decay} is outside 0..1")
    weights = decay ** np.arange(1, len(daily_mm) + 1)
    total: Floats = np.tensordot(weights, np.nan_to_num(daily_mm), axes=1)
    return total


class RainEvent(NamedTuple):
    """Rain between dry spells, in minutes of the series it was found in; both ends are wet."""

    first: int
    last: int
    mm: float
    ended: bool

    @property
    def hours(self) -> float:
        """How long it has lasted, dry breaks included."""
        return (self.last - self.first + 1) / 60


def rain_events(minute_mm: Floats, dry_minutes: int) -> list[RainEvent]:
    """Return the events in a series of minutes (minutes,), in order; NaN is not known.

    Two are apart when at least ``dry_minutes`` between them are known to be dry. Minutes that are
    not known end nothing: a gauge that falls silent in a storm is still in it.
    """
    wet = np.flatnonzero(minute_mm > 0)
    if not len(wet):
        return []
    dry_so_far = np.cumsum(minute_mm == 0)
    dry_between = np.diff(dry_so_far[wet])
    starts = np.flatnonzero(dry_between >= dry_minutes) + 1
    events = []
    for part in np.split(wet, starts):
        first, last = int(part[0]), int(part[-1])
        dry_after = int(dry_so_far[-1] - dry_so_far[last])
        total = float(np.nansum(minute_mm[first : last + 1]))
        events.append(RainEvent(first, last, total, ended=dry_after >= dry_minutes))
    # What is followed by another has ended, whatever is known of the time since.
    return [each._replace(ended=True) for each in events[:-1]] + events[-1:]
