"""Critical values (危急值): a result that somebody must hear of now.

Either the laboratory says so (HL7 v2 OBX-8: HH, LL, AA), or the value passes a limit of the rule.
The laboratory's own word wins: it knows the method and the patient group.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule

RULE: Final = "critical-values"

FLAGS: Final[Mapping[str, str]] = {"HH": "high", "LL": "low", "AA": "abnormal"}
"""HL7 table 0078: above and below panic limits, and the same for what is no number."""


class UnitNotKnown(InvalidArgument):
    """A value whose unit the rule can't bring to its own."""

    reason = "UNIT_NOT_CONVERTIBLE"


class Ground(enum.IntEnum):
    """Why a value is critical; numbered as in the contract."""

    LABORATORY_FLAG = 1
    LIMIT = 2


@dataclass(frozen=True, slots=True)
class Critical:
    """A critical value: why, in which direction, against which limit, by which rule."""

    ground: Ground
    direction: str
    limit: float | None
    unit: str
    rule_version: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one analyte: critical at ``low`` and below, ``high`` and above, in ``unit`` (UCUM).

    ``factors`` bring other UCUM units to ``unit``; for amounts of substance they hold the molar
    mass, so they belong to the analyte and to no table of units.
    """

    unit: str
    low: float | None
    high: float | None
    factors: Mapping[str, float]


def parse(rule: Rule) -> Mapping[str, Limits]:
    """Return the limits of the rule by LOINC code; raise InvalidRule for what cannot be."""
    found = {}
    for name in rule.table("analytes"):
        table = rule.table("analytes", name)
        low, high = (
            rule.number("analytes", name, side) if side in table else None
            for side in ("low", "high")
        )
        if low is None and high is None:
            raise rule.invalid(f"analytes.{name}", "need low, high or both")
        if low is not None and high is not None and low >= high:
            raise rule.invalid(f"analytes.{name}", f"low {low} is not below high {high}")
        found[str(table["loinc"])] = Limits(str(table["unit"]), low, high, table.get("units", {}))
    return found


def in_unit(value: float, unit: str, wanted: str, factors: Mapping[str, float]) -> float:
    """Return a value in the wanted unit; raise UnitNotKnown when no factor leads there."""
    if unit == wanted:
        return value
    try:
        return value * factors[unit]
    except KeyError:
        known = ", ".join([wanted, *factors])
        raise UnitNotKnown(
            f"unit {unit!r} is not convertible to {wanted}; known are {known}",
            field="value_quantity.code",
        ) from None


def judge(
    loinc: str, value: float | None, unit: str, flag: str, rule: Rule, limits: Mapping[str, Limits]
) -> Critical | None:
    """Return why a result is critical, None when it is not.

    ``flag`` is the laboratory's (OBX-8), ``value`` None for what is no number. Raises UnitNotKnown
    when the rule has limits for the analyte and can't compare: an unread value is never a good one.
    """
    if flag in FLAGS:
        return Critical(Ground.LABORATORY_FLAG, FLAGS[flag], None, unit, rule.version)
    found = limits.get(loinc)
    if found is None or value is None:
        return None
    compared = in_unit(value, unit, found.unit, found.factors)
    if found.low is not None and compared <= found.low:
        return Critical(Ground.LIMIT, "low", found.low, found.unit, rule.version)
    if found.high is not None and compared >= found.high:
        return Critical(Ground.LIMIT, "high", found.high, found.unit, rule.version)
    return None
