"""When a base station's battery charges and feeds it, by the price of power (峰谷套利).

Under a warning it fills as fast as it can and gives nothing; afterwards the cheapest plan is the
dispatch's (``dispatch.plan.optimise``), with the station's reserve as a floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.energy.model.dispatch.plan import optimise
from services.energy.model.dispatch.site import Battery, InvalidSite, LoadClass, Site

NAME = "battery"


@dataclass(frozen=True, slots=True)
class BatteryPlan:
    """kW of each step (above 0 it gives), kWh at each step's end, and yuan, wear included.

    ``filling`` counts the steps at the beginning in which a warning holds; ``idle_cost`` is what
    the same load costs with the battery left alone.
    """

    kw: tuple[float, ...]
    stored_kwh: tuple[float, ...]
    filling: int
    cost: float
    idle_cost: float


def plan(
    battery: Battery,
    load_kw: Sequence[float],
    price: Sequence[float],
    step_h: float,
    *,
    warned_steps: int = 0,
) -> BatteryPlan:
    """Return the plan; raise InvalidSite for numbers that can be none.

    It ends as full as it began after the warning, or with its reserve where that is more and can
    be reached: otherwise the last hours of every plan would sell what the next day needs.
    """
    if len(load_kw) != len(price):
        raise InvalidSite(f"load_kw has {len(load_kw)} values for {len(price)} prices")
    _site(battery, load_kw, price, step_h).check()
    idle = sum(kw * yuan * step_h for kw, yuan in zip(load_kw, price, strict=True))
    filling = min(max(warned_steps, 0), len(price))
    kw, stored = _fill(battery, filling, step_h)
    charged = zip(kw, price, strict=False)
    cost = sum(-each * (yuan + battery.wear_cost) * step_h for each, yuan in charged)
    cost += sum(
        load * yuan * step_h for load, yuan in zip(load_kw[:filling], price[:filling], strict=True)
    )
    if filling < len(price):
        rest = replace(battery, start_kwh=stored[-1] if stored else battery.start_kwh)
        rest = replace(rest, end_kwh_min=_end(rest, (len(price) - filling) * step_h))
        made = optimise(_site(rest, load_kw[filling:], price[filling:], step_h))
        kw += made.setpoints_kw[NAME]
        stored += made.stored_kwh[NAME]
        cost += made.cost
    return BatteryPlan(kw, stored, filling, cost, idle)


def _fill(
    battery: Battery, steps: int, step_h: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    kw: list[float] = []
    stored: list[float] = []
    level = battery.start_kwh
    for _ in range(steps):
        into = min(battery.power_kw, (battery.capacity_kwh - level) / battery.charge / step_h)
        level = min(level + into * battery.charge * step_h, battery.capacity_kwh)
        kw.append(-into)
        stored.append(level)
    return tuple(kw), tuple(stored)


def _end(battery: Battery, hours: float) -> float:
    reachable = battery.start_kwh + battery.power_kw * battery.charge * hours
    return min(max(battery.start_kwh, battery.reserve_kwh), reachable, battery.capacity_kwh)


def _site(
    battery: Battery, load_kw: Sequence[float], price: Sequence[float], step_h: float
) -> Site:
    return Site(
        step_h=step_h,
        grid_price=price,
        # What feeds the station can charge its battery beside it.
        grid_max_kw=[kw + battery.power_kw for kw in load_kw],
        gas_price=0.0,
        loads_kw={LoadClass.BASE_STATION: load_kw},
        heat_kw=[0.0] * len(price),
        batteries=[battery],
    )
