"""Energy as standard coal (综合能耗, GB/T 2589): dated coefficients, two electricity bases.

Consumption E = sum(e_i * p_i) less what is sold. Electricity counts on one of two bases that are
never mixed: by its own heat (EQUIVALENT, 当量值) or by the coal that its supply took
(SUPPLY_COAL, 等价值). Every total says which.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule

COAL_RULE: Final = "standard-coal"
SUPPLY_RULE: Final = "electricity-supply-coal"

KJ_PER_KGCE: Final = 29_307.6
"""One kilogram of standard coal: 7000 kcal of 4.1868 kJ, GB/T 2589."""

KG_PER_T: Final = 1_000.0
ELECTRICITY: Final = "electricity"
AMOUNT_MAX: Final = 1e15
"""More than the world uses in a year, in any unit of the table: beyond it a figure is a mistake."""


class UnknownEnergy(InvalidArgument):
    """An energy carrier that the rule in force has no coefficient for."""

    reason = "ENERGY_UNKNOWN"


class EnergyUnitMismatch(InvalidArgument):
    """An amount whose unit is not the one that the coefficient is for."""

    reason = "ENERGY_UNIT_MISMATCH"


class InvalidAmount(InvalidArgument):
    """An amount, output or calorific value that cannot be one."""

    reason = "AMOUNT_INVALID"


class Basis(enum.Enum):
    """How electricity is counted."""

    EQUIVALENT = "equivalent"
    SUPPLY_COAL = "supply_coal"


@dataclass(frozen=True, slots=True)
class Flow:
    """An amount of one energy carrier; ``is_sold`` when it left the unit.

    ``ncv_kj`` is the measured net calorific value of one unit, which outranks the table.
    """

    energy: str
    amount: float
    unit: str
    is_sold: bool = False
    ncv_kj: float | None = None


@dataclass(frozen=True, slots=True)
class Coefficient:
    """Standard coal of one unit of amount; ``low`` differs where a range is printed."""

    unit: str
    kgce: float
    low: float


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The table in force, with the basis chosen for electricity and the versions it comes from."""

    table: Mapping[str, Coefficient]
    basis: Basis
    versions: tuple[str, ...]

    @classmethod
    def of(cls, coal: Rule, supply: Rule, basis: Basis) -> Coefficients:
        """Return the coefficients of the rules; raise InvalidRule for one that is none."""
        table = {name: _coefficient(coal, name) for name in coal.table()}
        if ELECTRICITY not in table:
            raise coal.invalid(ELECTRICITY, "is missing")
        if basis is Basis.SUPPLY_COAL:
            kgce = _positive(supply, "kgce_per_kwh")
            table[ELECTRICITY] = Coefficient("kWh", kgce, kgce)
            return cls(MappingProxyType(table), basis, (coal.version, supply.version))
        return cls(MappingProxyType(table), basis, (coal.version,))

    def kgce(self, flow: Flow) -> float:
        """Return the standard coal in kg of a flow, negative when it was sold."""
        known = self.table.get(flow.energy)
        if known is None:
            raise UnknownEnergy(
                f"no coefficient for {flow.energy!r}; known are {', '.join(sorted(self.table))}",
                metadata={"energy": flow.energy},
            )
        if flow.unit != known.unit:
            raise EnergyUnitMismatch(
                f"{flow.energy} is converted by {known.unit}, not by {flow.unit!r}",
                metadata={"energy": flow.energy, "unit": flow.unit, "need": known.unit},
            )
        amount = _amount(flow.energy, flow.amount)
        kgce = amount * self._of_unit(flow, known)
        return -kgce if flow.is_sold else kgce

    def _of_unit(self, flow: Flow, known: Coefficient) -> float:
        if flow.ncv_kj is None:
            return known.kgce
        if flow.energy == ELECTRICITY:
            raise InvalidAmount("electricity has no measured calorific value; choose its basis")
        if not math.isfinite(flow.ncv_kj) or flow.ncv_kj <= 0:
            raise InvalidAmount(f"{flow.energy}: ncv_kj {flow.ncv_kj} is not above 0")
        return flow.ncv_kj / KJ_PER_KGCE


@dataclass(frozen=True, slots=True)
class Consumption:
    """A total in t of standard coal, what made it up, and by which rules and basis."""

    tce: float
    by_energy: Mapping[str, float]
    basis: Basis
    rule_versions: tuple[str, ...]


def consumption(flows: Iterable[Flow], coefficients: Coefficients) -> Consumption:
    """Return the comprehensive energy consumption: what came in less what was sold."""
    parts: dict[str, list[float]] = {}
    for flow in flows:
        parts.setdefault(flow.energy, []).append(coefficients.kgce(flow))
    by_energy = {name: math.fsum(kgce) / KG_PER_T for name, kgce in sorted(parts.items())}
    total = math.fsum(each for kgce in parts.values() for each in kgce) / KG_PER_T
    return Consumption(
        total, MappingProxyType(by_energy), coefficients.basis, coefficients.versions
    )


def intensity(used: Consumption, output: float) -> float:
    """Return tce a unit of ``output`` (pieces, t, or 10,000 yuan of value added).

    For the comparable consumption of a product (可比单耗) the output is what passed inspection.
    """
    if not math.isfinite(output) or output <= 0:
        raise InvalidAmount(f"intensity needs an output above 0, not {output}")
    return used.tce / output


def _amount(energy: str, amount: float) -> float:
    if not math.isfinite(amount) or not 0 <= amount <= AMOUNT_MAX:
        raise InvalidAmount(
            f"{energy}: amount {amount} is outside 0..{AMOUNT_MAX:g}; say is_sold for what left"
        )
    return amount


def _coefficient(rule: Rule, name: str) -> Coefficient:
    unit = rule.table(name).get("unit")
    if unit not in {"kg", "t", "m3", "MJ", "kWh"}:
        raise rule.invalid(f"{name}.unit", f"need kg, t, m3, MJ or kWh, not {unit!r}")
    kgce = _positive(rule, name, "kgce")
    low = _positive(rule, name, "kgce_low") if "kgce_low" in rule.table(name) else kgce
    if low > kgce:
        raise rule.invalid(f"{name}.kgce_low", "is above kgce")
    return Coefficient(unit, kgce, low)


def _positive(rule: Rule, *path: str) -> float:
    number = rule.number(*path)
    if number <= 0:
        raise rule.invalid(".".join(path), f"need a number above 0, not {number}")
    return number
