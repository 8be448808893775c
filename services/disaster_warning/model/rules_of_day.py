"""The rules in force on one day for many gauges: looked up by county, parsed, ready to compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model import debris_flow
from services.disaster_warning.model.debris_flow import EarthquakeFactor, LevelRatios, Thresholds
from services.disaster_warning.model.rain import DURATIONS, RAINSTORM, RainstormThresholds
from services.disaster_warning.model.rain_gauges import HUNDREDTHS
from services.plumbing.rules import Rule, RuleBook, RuleNotFound, day_of, jurisdiction_of

ANTECEDENT: Final = "antecedent-rain"

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True)
class Group(Generic[_Parsed]):
    """Gauges that are under one version of a rule: indexes, or a slice of them all."""

    rule: Rule
    parsed: _Parsed
    members: Any

    def has(self, gauge: int) -> bool:
        """Return whether a gauge is in it."""
        return isinstance(self.members, slice) or bool((self.members == gauge).any())


class AntecedentRule(NamedTuple):
    """K of the antecedent index, and hours without rain that separate events."""

    decay: float
    dry_hours: float

    @classmethod
    def parse(cls, rule: Rule) -> AntecedentRule:
        """Read the rule; raise InvalidRule for what cannot be."""
        parsed = cls(rule.number("decay"), rule.number("dry_hours"))
        if not 0 < parsed.decay < 1:
            raise rule.invalid("decay", "need 0..1")
        if parsed.dry_hours <= 0:
            raise rule.invalid("dry_hours", "need more than 0")
        return parsed


@dataclass(frozen=True)
class RulesOfDay:
    """What holds on one day in China for each gauge.

    ``weight`` is 1 over the debris-flow threshold, in hundredths of mm: (72, gauges); 0 where a
    duration has no threshold.
    """

    day: date
    rainstorm: tuple[Group[RainstormThresholds], ...]
    thresholds: tuple[Group[Thresholds], ...]
    ratios: tuple[Group[LevelRatios], ...]
    antecedent: tuple[Group[AntecedentRule], ...]
    earthquake: tuple[Group[EarthquakeFactor], ...]
    weight: npt.NDArray[np.float32]

    @classmethod
    def read(cls, book: RuleBook, counties: Sequence[str], now: datetime) -> RulesOfDay:
        """Look up and parse the rules for gauges in ``counties``.

        Raises RuleNotFound where one is missing; only the earthquake factor may be.
        """
        thresholds = groups_of(book, debris_flow.THRESHOLDS, counties, now, Thresholds.parse)
        return cls(
            day=day_of(now),
            rainstorm=groups_of(book, RAINSTORM, counties, now, RainstormThresholds.parse),
            thresholds=thresholds,
            ratios=groups_of(book, debris_flow.LEVELS, counties, now, LevelRatios.parse),
            antecedent=groups_of(book, ANTECEDENT, counties, now, AntecedentRule.parse),
            earthquake=groups_of(
                book, debris_flow.EARTHQUAKE, counties, now, EarthquakeFactor.parse, optional=True
            ),
            weight=_weight(thresholds, counties),
        )


def of_gauge(groups: tuple[Group[_Parsed], ...], gauge: int) -> Group[_Parsed] | None:
    """Return the group that a gauge is in."""
    return next((group for group in groups if group.has(gauge)), None)


def _weight(
    thresholds: tuple[Group[Thresholds], ...], counties: Sequence[str]
) -> npt.NDArray[np.float32]:
    totals = np.empty((DURATIONS, len(counties)), np.float64)
    every = np.arange(len(counties))
    for group in thresholds:
        by_region: dict[str, list[int]] = {}
        for place in every[group.members].tolist():
            by_region.setdefault(group.parsed.region(counties[place]), []).append(place)
        for members in by_region.values():
            totals[:, members] = group.parsed.totals_mm(counties[members[0]])[:, None]
    return (1 / (totals * HUNDREDTHS)).astype(np.float32)


def groups_of(
    book: RuleBook,
    rule_id: str,
    counties: Sequence[str],
    now: datetime,
    parse: Callable[[Rule], _Parsed],
    *,
    optional: bool = False,
) -> tuple[Group[_Parsed], ...]:
    """Return the versions in force, each with the gauges under it; raise RuleNotFound.

    With ``optional``, gauges in a county without such a rule are in no group.
    """
    versions: dict[str, Rule] = {}
    of_county: dict[str, str] = {}
    for county in set(counties):
        try:
            rule = book.in_force(rule_id, jurisdiction_of(county), now)
        except RuleNotFound:
            if optional:
                continue
            raise
        of_county[county] = rule.version
        versions[rule.version] = rule
    under: dict[str, list[int]] = {name: [] for name in sorted(versions)}
    for place, county in enumerate(counties):
        if county in of_county:
            under[of_county[county]].append(place)
    # All under one, as is usual: then a slice, which copies nothing.
    whole = len(under) == 1 and len(of_county) == len(set(counties))
    return tuple(
        Group(versions[name], parse(versions[name]), slice(None) if whole else np.array(places))
        for name, places in under.items()
    )
