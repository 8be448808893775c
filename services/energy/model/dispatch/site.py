"""What is dispatched: the plant of a site, its loads and prices, step by step.

Power in kW (mean of a step), energy in kWh, prices in yuan a kWh, steps of ``step_h`` hours.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.plumbing.refusal import InvalidArgument

STEPS_MAX = 672
"""A week of quarter hours: further ahead no forecast of load is worth the sums."""
PLANTS_MAX = 500
"""Of one site; a county is dispatched site by site."""


class InvalidSite(InvalidArgument):
    """A site that cannot be dispatched as it is described; ``field`` says where."""

    reason = "SITE_INVALID"


class LoadClass(enum.IntEnum):
    """Who is served first when not all can be: the lower, the earlier."""

    HOSPITAL = 0
    WATER = 1
    BASE_STATION = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class Chp:
    """Combined heat and power; ``gas_max_kw`` and ``gas_min_kw`` bound the gas it burns when on."""

    name: str
    gas_max_kw: float
    electric: float
    heat: float
    gas_min_kw: float = 0.0
    start_cost: float = 0.0
    up_steps_min: int = 1
    was_on: bool = False

    @property
    def is_switched(self) -> bool:
        """Return whether being on or off is a decision of its own, hence an integer."""
        return self.gas_min_kw > 0 or self.start_cost > 0 or self.up_steps_min > 1


@dataclass(frozen=True, slots=True)
class Boiler:
    """Gas into heat."""

    name: str
    gas_max_kw: float
    heat: float


@dataclass(frozen=True, slots=True)
class HeatPump:
    """Electricity into heat."""

    name: str
    electric_max_kw: float
    cop: float


@dataclass(frozen=True, slots=True)
class Battery:
    """A store of electricity. ``reserve_kwh`` is never planned away; wear is paid both ways."""

    name: str
    power_kw: float
    capacity_kwh: float
    charge: float
    discharge: float
    start_kwh: float = 0.0
    reserve_kwh: float = 0.0
    end_kwh_min: float = 0.0
    wear_cost: float = 0.0
    may_discharge: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a plan is made from. Each sequence has one value a step."""

    step_h: float
    grid_price: Sequence[float]
    grid_max_kw: Sequence[float]
    gas_price: float
    loads_kw: Mapping[LoadClass, Sequence[float]]
    heat_kw: Sequence[float]
    pv_kw: Sequence[float] = ()
    export_price: Sequence[float] = ()
    export_max_kw: float = 0.0
    chps: Sequence[Chp] = ()
    boilers: Sequence[Boiler] = ()
    heat_pumps: Sequence[HeatPump] = ()
    batteries: Sequence[Battery] = field(default=())

    @property
    def steps(self) -> int:
        """Return how many steps are planned."""
        return len(self.grid_price)

    def check(self) -> None:
        """Raise InvalidSite unless every number can be one and every sequence fits."""
        if not 1 <= self.steps <= STEPS_MAX:
            raise InvalidSite(f"grid_price has {self.steps} steps; need 1 to {STEPS_MAX}")
        if not (math.isfinite(self.step_h) and self.step_h > 0):
            raise InvalidSite(f"step_h {self.step_h} is not above 0", field="step_h")
        for name, values, low in self._series():
            if len(values) != self.steps:
                raise InvalidSite(
                    f"{name} has {len(values)} values for {self.steps} steps", field=name
                )
            for step, value in enumerate(values):
                if not math.isfinite(value) or value < low:
                    raise InvalidSite(
                        f"{name}[{step}]: {value} is no number from {low} up", field=name
                    )
        self._check_plants()

    def _series(self) -> list[tuple[str, Sequence[float], float]]:
        found = [
            ("grid_price", self.grid_price, -math.inf),
            ("grid_max_kw", self.grid_max_kw, 0.0),
            ("heat_kw", self.heat_kw, 0.0),
        ]
        found += [(f"loads_kw.{each.name}", values, 0.0) for each, values in self.loads_kw.items()]
        if self.pv_kw:
            found.append(("pv_kw", self.pv_kw, 0.0))
        if self.export_price:
            found.append(("export_price", self.export_price, -math.inf))
        return found

    def _check_plants(self) -> None:
        names = [each.name for each in self.chps]
        names += [each.name for each in self.boilers]
        names += [each.name for each in self.heat_pumps]
        names += [each.name for each in self.batteries]
        if len(names) > PLANTS_MAX:
            raise InvalidSite(f"{len(names)} plants are more than {PLANTS_MAX}")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidSite(f"two plants are named {', '.join(twice)}")
        for chp in self.chps:
            if not 0 <= chp.gas_min_kw <= chp.gas_max_kw or chp.up_steps_min < 1:
                raise InvalidSite(f"{chp.name}: need 0 <= gas_min_kw <= gas_max_kw", field=chp.name)
            if not (chp.electric >= 0 and chp.heat >= 0 and 0 < chp.electric + chp.heat <= 1):
                raise InvalidSite(f"{chp.name}: gives more than it burns", field=chp.name)
        for battery in self.batteries:
            self._check_battery(battery)

    @staticmethod
    def _check_battery(battery: Battery) -> None:
        if not (0 < battery.charge <= 1 and 0 < battery.discharge <= 1):
            raise InvalidSite(f"{battery.name}: efficiencies are above 0 to 1", field=battery.name)
        kept = max(battery.reserve_kwh, battery.end_kwh_min, battery.start_kwh)
        least = min(battery.reserve_kwh, battery.end_kwh_min, battery.start_kwh, battery.power_kw)
        if not (least >= 0 and kept <= battery.capacity_kwh):
            raise InvalidSite(
                f"{battery.name}: start, reserve and end lie within 0..{battery.capacity_kwh} kWh",
                field=battery.name,
            )
