"""Meters of a unit: the tree, virtual meters, what is missing by GB 17167, what does not add up.

A *place* is where energy must be metered: the unit's entry, a main sub-unit, a main piece of
equipment. A *meter* measures a place; a virtual meter is a signed sum of meters.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule

METERING_RULE: Final = "metering-equipment"
CHECKS_RULE: Final = "meter-checks"
DEPTH_MAX: Final = 16
"""Entry, sub-unit, workshop, line, machine, drive: no plant nests its meters deeper."""


class InvalidMeterTree(InvalidArgument):
    """Meters that refer to what is not there, or to themselves."""

    reason = "METER_TREE_INVALID"


class Level(enum.Enum):
    """What stands at a place; the values are the rule's."""

    UNIT = "unit"
    SUB_UNIT = "sub_unit"
    EQUIPMENT = "equipment"


@dataclass(frozen=True, slots=True)
class Place:
    """Where energy passes. ``rating`` is in the rule's ``main_unit``; only equipment has one."""

    name: str
    energy: str
    level: Level
    rating: float = math.inf


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter at a place; ``parent`` is the meter upstream of it."""

    name: str
    place: str
    energy: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class EquipRate:
    """Fitted of needed, in per cent, of one energy and level. ``missing`` are places by name."""

    energy: str
    level: Level
    needed: int
    fitted: int
    required: float
    missing: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Return the rate in per cent."""
        return 100.0 * self.fitted / self.needed

    @property
    def is_met(self) -> bool:
        """Return whether enough is fitted. Whole numbers are compared: 19 of 20 is 95 %."""
        return 100 * self.fitted >= self.required * self.needed


@dataclass(frozen=True, slots=True)
class Audit:
    """What GB 17167 says of a unit's meters, by which version of the rule."""

    rates: tuple[EquipRate, ...]
    unknown: tuple[str, ...]
    rule_version: str
    is_verified: bool

    @property
    def is_met(self) -> bool:
        """Return whether every rate is."""
        return all(each.is_met for each in self.rates)


def audit(places: Sequence[Place], meters: Iterable[Meter], rule: Rule) -> Audit:
    """Return the equip rates with the missing meters by name.

    Equipment below the rule's size needs no meter. ``unknown`` are places whose energy, or level,
    the rule says nothing of: named, not passed over.
    """
    fitted = {(each.place, each.energy) for each in meters}
    groups: dict[tuple[str, Level], list[Place]] = {}
    unknown: list[str] = []
    for place in places:
        table = rule.table()
        if place.energy not in table or place.level.value not in table[place.energy]:
            unknown.append(place.name)
            continue
        is_small = place.level is Level.EQUIPMENT and place.rating < rule.number(
            place.energy, "main_from"
        )
        if not is_small:
            groups.setdefault((place.energy, place.level), []).append(place)
    order = list(Level)
    rates = tuple(
        _rate(energy, level, found, fitted, rule)
        for (energy, level), found in sorted(
            groups.items(), key=lambda each: (each[0][0], order.index(each[0][1]))
        )
    )
    return Audit(rates, tuple(sorted(unknown)), rule.version, rule.verified)


def _rate(
    energy: str, level: Level, places: Sequence[Place], fitted: set[tuple[str, str]], rule: Rule
) -> EquipRate:
    missing = sorted(each.name for each in places if (each.name, energy) not in fitted)
    required = rule.number(energy, level.value)
    return EquipRate(
        energy, level, len(places), len(places) - len(missing), required, tuple(missing)
    )


def check_tree(meters: Sequence[Meter]) -> Mapping[str, tuple[str, ...]]:
    """Return each meter's children; raise InvalidMeterTree for loops, strangers and doubles."""
    by_name = {each.name: each for each in meters}
    if len(by_name) != len(meters):
        raise InvalidMeterTree("two meters have one name")
    children: dict[str, list[str]] = {name: [] for name in by_name}
    for meter in meters:
        seen, at = {meter.name}, meter.parent
        while at is not None:
            if at not in by_name:
                raise InvalidMeterTree(f"{meter.name}: upstream meter {at!r} is not there")
            if at in seen or len(seen) >= DEPTH_MAX:
                raise InvalidMeterTree(f"{meter.name}: its upstream meters form a loop")
            seen.add(at)
            at = by_name[at].parent
        if meter.parent is not None:
            if by_name[meter.parent].energy != meter.energy:
                raise InvalidMeterTree(f"{meter.name}: its upstream meter measures another energy")
            children[meter.parent].append(meter.name)
    return {name: tuple(sorted(each)) for name, each in children.items()}


def virtual(terms: Mapping[str, float], amounts: Mapping[str, float | None]) -> float | None:
    """Return a signed sum of meters; None when one of them has no amount: never a guess."""
    found = [(factor, amounts.get(name)) for name, factor in sorted(terms.items())]
    if any(amount is None for _, amount in found):
        return None
    return math.fsum(factor * amount for factor, amount in found if amount is not None)


class BalanceState(enum.Enum):
    """Whether a meter agrees with those below it."""

    CLOSED = "closed"
    NOTICE = "notice"
    ALARM = "alarm"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Balance:
    """``difference`` is the upper meter less the sum of the lower; ``share`` of the upper."""

    state: BalanceState
    difference: float
    share: float
    missing: tuple[str, ...]


def balance(upper: float | None, lower: Mapping[str, float | None], rule: Rule) -> Balance:
    """Compare a site's meter with its sub-meters over the same time.

    Both signs count: sub-meters that sum to more than the site is no smaller matter than losses.
    """
    missing = tuple(sorted(name for name, amount in lower.items() if amount is None))
    if upper is None or missing:
        return Balance(BalanceState.INCOMPLETE, math.nan, math.nan, missing)
    total = math.fsum(amount for amount in lower.values() if amount is not None)
    difference = upper - total
    whole = max(abs(upper), abs(total))
    share = abs(difference) / whole if whole > 0 else 0.0
    if share > rule.number("balance_alarm"):
        state = BalanceState.ALARM
    elif share > rule.number("balance_notice"):
        state = BalanceState.NOTICE
    else:
        state = BalanceState.CLOSED
    return Balance(state, difference, share, ())
