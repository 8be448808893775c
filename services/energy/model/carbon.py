"""Carbon dioxide of a unit: electricity by province and year, fuels by their heat.

Scope 2 is stated twice, as the GHG Protocol asks: *location based* by the grid's average, and
*market based*, where kilowatt-hours covered by green certificates count zero and the rest by the
residual mix (the national factor without traded non-fossil power).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.energy.model.standard_coal import InvalidAmount
from services.plumbing.refusal import InvalidArgument, NotFound
from services.plumbing.rules import Rule

GRID_RULE: Final = "grid-carbon"
FUEL_RULE: Final = "fuel-carbon"
KG_PER_T: Final = 1_000.0
RESIDUAL: Final = "without_traded_non_fossil"


class CarbonFactorNotFound(NotFound):
    """No factor has been published for that year and place."""

    reason = "CARBON_FACTOR_NOT_FOUND"


class GreenPowerExceeds(InvalidArgument):
    """More certified green power than electricity used: certificates are not income."""

    reason = "GREEN_POWER_EXCEEDS"


@dataclass(frozen=True, slots=True)
class Account:
    """What a unit used in one year of account. ``fuels_t`` are tonnes by fuel."""

    province: str
    year: int
    grid_kwh: float
    green_kwh: float
    fuels_t: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Footprint:
    """Tonnes of CO2. ``market_t`` is None while no residual factor is published for the year."""

    location_t: float
    market_t: float | None
    fuel_t: float
    factor_year: int
    rule_versions: tuple[str, ...]

    @property
    def total_location_t(self) -> float:
        """Return fuel plus electricity by location."""
        return self.fuel_t + self.location_t

    @property
    def total_market_t(self) -> float | None:
        """Return fuel plus electricity by market, if there is a factor for it."""
        return None if self.market_t is None else self.fuel_t + self.market_t


def grid_factor(rule: Rule, province: str, year: int) -> float:
    """Return kg CO2 a kWh of a province's grid in that very year; never another year's.

    Raises CarbonFactorNotFound, which names the years that there are.
    """
    years = rule.table("province")
    if province not in years.get(str(year), {}):
        known = ", ".join(each for each in sorted(years) if province in years[each]) or "no year"
        raise CarbonFactorNotFound(
            f"province {province} has no grid factor for {year}; there is one for {known}",
            metadata={"province": province, "year": str(year)},
        )
    return rule.number("province", str(year), province)


def residual_factor(rule: Rule, year: int) -> float | None:
    """Return kg CO2 a kWh of power that nobody claims as green, None if not published."""
    if RESIDUAL not in rule.table("national").get(str(year), {}):
        return None
    return rule.number("national", str(year), RESIDUAL)


def fuel_t_per_t(rule: Rule, fuel: str) -> float:
    """Return t CO2 of burning one tonne."""
    if fuel not in rule.table():
        raise CarbonFactorNotFound(
            f"no carbon factor for fuel {fuel!r}; known are {', '.join(sorted(rule.table()))}",
            metadata={"fuel": fuel},
        )
    return rule.number(fuel, "t_per_tj") * rule.number(fuel, "gj_per_t") / 1_000.0


def footprint(account: Account, grid: Rule, fuels: Rule) -> Footprint:
    """Return the account's emissions, both ways."""
    for name, amount in (("grid_kwh", account.grid_kwh), ("green_kwh", account.green_kwh)):
        _not_negative(name, amount)
    if account.green_kwh > account.grid_kwh:
        raise GreenPowerExceeds(
            f"green_kwh {account.green_kwh} is above grid_kwh {account.grid_kwh}"
        )
    location_t = account.grid_kwh * grid_factor(grid, account.province, account.year) / KG_PER_T
    residual = residual_factor(grid, account.year)
    market_t = (
        None if residual is None else (account.grid_kwh - account.green_kwh) * residual / KG_PER_T
    )
    fuel_t = math.fsum(
        _not_negative(fuel, tonnes) * fuel_t_per_t(fuels, fuel)
        for fuel, tonnes in account.fuels_t.items()
    )
    return Footprint(location_t, market_t, fuel_t, account.year, (grid.version, fuels.version))


def of_product(total_t: float, shares: Mapping[str, float]) -> dict[str, float]:
    """Return t CO2 by product, in proportion to ``shares`` (output weighted by its energy)."""
    whole = math.fsum(_not_negative(name, share) for name, share in shares.items())
    if whole <= 0:
        raise InvalidAmount("emissions need at least one product with a share above 0")
    return {name: total_t * share / whole for name, share in shares.items()}


def _not_negative(name: str, amount: float) -> float:
    if not math.isfinite(amount) or amount < 0:
        raise InvalidAmount(f"{name}: {amount} is not 0 or more")
    return amount
