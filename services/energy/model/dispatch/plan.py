"""The cheapest plan of a site, and in an emergency the one that serves the gravest loads first.

Balances of each step, all in kW::

    grid + pv + sum(chp gas * electric) + discharge + unserved
        = loads + heat pumps + charge + export
    sum(chp gas * heat) + sum(boiler gas * heat) + sum(heat pump * cop) + unserved heat = heat load
    soc' = soc + charge * eta_c * h - discharge / eta_d * h
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from services.energy.model.dispatch.program import (
    INFINITY,
    DispatchInfeasible,
    Program,
    Solved,
)
from services.energy.model.dispatch.site import Battery, Chp, LoadClass, Site

HEAT: Final = "heat"
TOLERANCE: Final = 1e-6
"""kWh by which a later stage may give back what an earlier one has served: rounding of HiGHS."""
WEAR_LEAST: Final = 2e-6
"""Yuan a kWh, either way: where power is free, burning it in a battery's losses must not be as good
as leaving it alone. Above what HiGHS takes for nothing (1e-7 a column of a quarter hour)."""
VISIBLE: Final = 1e-6
"""A limit whose easing by one kW saves less, in yuan, binds nobody."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound that costs money: easing it by one kW (or kWh) saves ``saving`` yuan."""

    what: str
    step: int
    bound: float
    saving: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Setpoints by name, step by step, in kW; prices and limits that explain them.

    ``marginal_price`` is what one kWh more of load would cost in that step. Batteries discharge
    above 0 and charge below; ``stored_kwh`` is at each step's end. In an emergency plan prices are
    empty and ``unserved_kwh`` says, by class, what could not be served.
    """

    cost: float
    setpoints_kw: Mapping[str, tuple[float, ...]]
    stored_kwh: Mapping[str, tuple[float, ...]]
    marginal_price: tuple[float, ...]
    heat_price: tuple[float, ...]
    limits: tuple[Limit, ...]
    unserved_kw: Mapping[str, tuple[float, ...]]
    unserved_kwh: Mapping[str, float]


@dataclass(slots=True)
class _Model:
    """The program of a site, with the columns by what they mean."""

    site: Site
    program: Program = field(default_factory=Program)
    columns: dict[str, list[int]] = field(default_factory=dict)
    stored: dict[str, list[int]] = field(default_factory=dict)
    unserved: dict[str, list[int]] = field(default_factory=dict)
    electric_terms: list[list[tuple[int, float]]] = field(default_factory=list)
    heat_terms: list[list[tuple[int, float]]] = field(default_factory=list)
    electric_rows: list[int] = field(default_factory=list)
    heat_rows: list[int] = field(default_factory=list)

    def flow(self, name: str, costs: Sequence[float], highs: Sequence[float]) -> list[int]:
        """Add one column a step, paid by the kWh."""
        hours = self.site.step_h
        numbers = [
            self.program.column(cost * hours, 0.0, high)
            for cost, high in zip(costs, highs, strict=True)
        ]
        self.columns[name] = numbers
        return numbers

    def electric(self, numbers: Sequence[int], factor: float) -> None:
        """Let columns give (or, below 0, take) electricity."""
        for terms, number in zip(self.electric_terms, numbers, strict=True):
            terms.append((number, factor))

    def heat(self, numbers: Sequence[int], factor: float) -> None:
        """Let columns give heat."""
        for terms, number in zip(self.heat_terms, numbers, strict=True):
            terms.append((number, factor))


def optimise(site: Site, previous: Plan | None = None) -> Plan:
    """Return the cheapest plan that serves every load; raise DispatchInfeasible with the gap.

    ``previous`` is an earlier plan of the same steps, from which a mixed-integer search begins.
    """
    site.check()
    model = _model(site, may_shed=False)
    try:
        solved = model.program.solve(_start(model, previous))
    except DispatchInfeasible as error:
        raise _explained(site) from error
    return _plan(model, solved, is_priced=True)


def program_of(site: Site) -> Program:
    """Return the program whose cheapest solution is the plan, for another solver or a look."""
    site.check()
    return _model(site, may_shed=False).program


def serve_critical(site: Site) -> Plan:
    """Return the emergency plan: serve each class as far as can be, in order, then the cheapest.

    Lexicographic: no saving for a lower class, and no money, ever costs a higher class energy.
    """
    site.check()
    model = _model(site, may_shed=True)
    program, costs = model.program, list(model.program.costs)
    order = [each.name for each in sorted(site.loads_kw)] + [HEAT]
    for name in order:
        program.costs = [0.0] * len(costs)
        for number in model.unserved[name]:
            program.costs[number] = site.step_h
        least = max(program.solve().objective, 0.0)
        terms = [(number, site.step_h) for number in model.unserved[name]]
        program.row(-INFINITY, least + TOLERANCE, terms)
    program.costs = costs
    return _plan(model, program.solve(), is_priced=False)


def island(site: Site) -> Plan:
    """Return the emergency plan without the grid: what the site can do for itself."""
    none = (0.0,) * site.steps
    return serve_critical(replace(site, grid_max_kw=none, export_max_kw=0.0))


def roll(site: Site, window: int, kept: int) -> list[Plan]:
    """Plan ``window`` steps ahead, keep the first ``kept``, go on from there, to the end.

    Returns the plans in order; each holds its kept steps only, and starts from the last one's
    stores and from which plants were on.
    """
    site.check()
    plans: list[Plan] = []
    begin, batteries, chps = 0, tuple(site.batteries), tuple(site.chps)
    while begin < site.steps:
        end = min(begin + window, site.steps)
        part = _cut(site, begin, end, batteries, chps)
        plan = _head(optimise(part), min(kept, end - begin), part)
        plans.append(plan)
        batteries = tuple(
            replace(
                each, start_kwh=min(max(plan.stored_kwh[each.name][-1], 0.0), each.capacity_kwh)
            )
            for each in batteries
        )
        chps = tuple(
            replace(each, was_on=plan.setpoints_kw[each.name][-1] > TOLERANCE) for each in chps
        )
        begin += kept
    return plans


def _model(site: Site, *, may_shed: bool) -> _Model:
    model = _Model(site)
    model.electric_terms = [[] for _ in range(site.steps)]
    model.heat_terms = [[] for _ in range(site.steps)]
    free = [0.0] * site.steps
    model.electric(model.flow("grid", site.grid_price, site.grid_max_kw), 1.0)
    if site.pv_kw:
        model.electric(model.flow("pv", free, site.pv_kw), 1.0)
    if site.export_price:
        income = [-price for price in site.export_price]
        model.electric(model.flow("export", income, [site.export_max_kw] * site.steps), -1.0)
    gas = [site.gas_price] * site.steps
    for chp in site.chps:
        burnt = model.flow(chp.name, gas, [chp.gas_max_kw] * site.steps)
        model.electric(burnt, chp.electric)
        model.heat(burnt, chp.heat)
        if chp.is_switched:
            _switch(model, chp, burnt)
    for boiler in site.boilers:
        burnt = model.flow(boiler.name, gas, [boiler.gas_max_kw] * site.steps)
        model.heat(burnt, boiler.heat)
    for pump in site.heat_pumps:
        used = model.flow(pump.name, free, [pump.electric_max_kw] * site.steps)
        model.electric(used, -1.0)
        model.heat(used, pump.cop)
    for battery in site.batteries:
        _store(model, battery)
    if may_shed:
        for each, load in site.loads_kw.items():
            model.unserved[each.name] = model.flow(f"unserved {each.name}", free, load)
            model.electric(model.unserved[each.name], 1.0)
        model.unserved[HEAT] = model.flow("unserved heat", free, site.heat_kw)
        model.heat(model.unserved[HEAT], 1.0)
    _balance(model)
    return model


def _balance(model: _Model) -> None:
    site = model.site
    for step in range(site.steps):
        load = sum(values[step] for values in site.loads_kw.values())
        model.electric_rows.append(model.program.row(load, load, model.electric_terms[step]))
        heat = site.heat_kw[step]
        # Heat may be let go through the cooler: a CHP that runs for electricity makes too much.
        model.heat_rows.append(model.program.row(heat, INFINITY, model.heat_terms[step]))


def _switch(model: _Model, chp: Chp, burnt: Sequence[int]) -> None:
    """Add being on, and starting: gas between its limits when on, none when off."""
    program, before = model.program, None
    starts: list[int] = []
    for step, number in enumerate(burnt):
        on = program.column(0.0, 0.0, 1.0, integer=True)
        start = program.column(chp.start_cost, 0.0, 1.0)
        starts.append(start)
        program.row(-INFINITY, 0.0, [(number, 1.0), (on, -chp.gas_max_kw)])
        program.row(0.0, INFINITY, [(number, 1.0), (on, -chp.gas_min_kw)])
        if before is None:
            program.row(-float(chp.was_on), INFINITY, [(start, 1.0), (on, -1.0)])
        else:
            program.row(0.0, INFINITY, [(start, 1.0), (on, -1.0), (before, 1.0)])
        recent = starts[max(0, step - chp.up_steps_min + 1) :]
        program.row(-INFINITY, 0.0, [(each, 1.0) for each in recent] + [(on, -1.0)])
        before = on


def _store(model: _Model, battery: Battery) -> None:
    site, program = model.site, model.program
    wear = [max(battery.wear_cost, WEAR_LEAST)] * site.steps
    power = [battery.power_kw] * site.steps
    charge = model.flow(f"{battery.name} charge", wear, power)
    out = power if battery.may_discharge else [0.0] * site.steps
    discharge = model.flow(f"{battery.name} discharge", wear, out)
    model.electric(charge, -1.0)
    model.electric(discharge, 1.0)
    # A battery that starts below its reserve is not a reason to have no plan: it may not go lower.
    floor = min(battery.reserve_kwh, battery.start_kwh)
    stored: list[int] = []
    for step in range(site.steps):
        low = max(floor, battery.end_kwh_min) if step == site.steps - 1 else floor
        stored.append(program.column(0.0, low, battery.capacity_kwh))
        terms = [
            (stored[step], 1.0),
            (charge[step], -battery.charge * site.step_h),
            (discharge[step], site.step_h / battery.discharge),
        ]
        if step:
            terms.append((stored[step - 1], -1.0))
        begin = 0.0 if step else battery.start_kwh
        program.row(begin, begin, terms)
        if min(site.grid_price) < 0:
            # Below 0 it pays to burn power in a battery's losses, both ways at once, and before
            # that to make room so: forbid it in every step.
            way = program.column(0.0, 0.0, 1.0, integer=True)
            program.row(-INFINITY, 0.0, [(charge[step], 1.0), (way, -battery.power_kw)])
            program.row(
                -INFINITY, battery.power_kw, [(discharge[step], 1.0), (way, battery.power_kw)]
            )
    model.stored[battery.name] = stored


def _plan(model: _Model, solved: Solved, *, is_priced: bool) -> Plan:
    site = model.site
    values = {name: _tuple(solved, numbers) for name, numbers in model.columns.items()}
    setpoints = {
        name: each
        for name, each in values.items()
        if not name.startswith("unserved ") and not name.endswith((" charge", " discharge"))
    }
    for battery in site.batteries:
        pairs = zip(
            values[f"{battery.name} discharge"], values[f"{battery.name} charge"], strict=True
        )
        setpoints[battery.name] = tuple(out - into for out, into in pairs)
    unserved = {name: _tuple(solved, numbers) for name, numbers in model.unserved.items()}
    return Plan(
        cost=solved.objective,
        setpoints_kw=setpoints,
        stored_kwh={name: _tuple(solved, each) for name, each in model.stored.items()},
        marginal_price=_prices(solved, model.electric_rows, site) if is_priced else (),
        heat_price=_prices(solved, model.heat_rows, site) if is_priced else (),
        limits=_limits(model, solved) if is_priced else (),
        unserved_kw=unserved,
        unserved_kwh={name: sum(each) * site.step_h for name, each in unserved.items()},
    )


def _tuple(solved: Solved, numbers: Sequence[int]) -> tuple[float, ...]:
    # Adding 0 turns HiGHS's -0.0 into 0.0.
    return tuple(float(each) + 0.0 for each in solved.columns[np.asarray(numbers, dtype=int)])


def _prices(solved: Solved, rows: Sequence[int], site: Site) -> tuple[float, ...]:
    return tuple(float(solved.rows[row]) / site.step_h + 0.0 for row in rows)


def _limits(model: _Model, solved: Solved) -> tuple[Limit, ...]:
    """Return what holds the cost up, the dearest first: upper bounds with a price."""
    found = [
        Limit(name, step, model.program.high[number], -float(solved.reduced[number]))
        for name, numbers in itertools.chain(model.columns.items(), model.stored.items())
        for step, number in enumerate(numbers)
        if solved.reduced[number] < -VISIBLE and model.program.high[number] > 0
    ]
    return tuple(sorted(found, key=lambda each: (-each.saving, each.what, each.step)))


def _explained(site: Site) -> DispatchInfeasible:
    """Return the refusal that says in which step how much is missing."""
    plan = serve_critical(site)
    missing = [
        (step, name, kw)
        for name, values in plan.unserved_kw.items()
        for step, kw in enumerate(values)
        if kw > TOLERANCE
    ]
    if not missing:
        return DispatchInfeasible("no plan keeps the limits of stores and plants together")
    step, name, kw = max(missing, key=lambda each: each[2])
    return DispatchInfeasible(
        f"step {step} lacks {kw:.3f} kW for {name}; {len(missing)} values are short in all",
        metadata={"step": str(step), "load": name, "missing_kw": f"{kw:.3f}"},
    )


def _start(model: _Model, previous: Plan | None) -> list[float] | None:
    """Return an earlier plan's values as columns; None when it has other steps or plants."""
    if previous is None or len(previous.marginal_price) != model.site.steps:
        return None
    values = [0.0] * len(model.program.costs)
    for name, numbers in model.columns.items():
        battery, _, way = name.rpartition(" ")
        signed = previous.setpoints_kw.get(battery if way in {"charge", "discharge"} else name)
        if signed is None:
            return None
        factor = -1.0 if way == "charge" else 1.0
        for number, value in zip(numbers, signed, strict=True):
            values[number] = max(factor * value, 0.0)
    return values


def _cut(
    site: Site, begin: int, end: int, batteries: tuple[Battery, ...], chps: tuple[Chp, ...]
) -> Site:
    part = slice(begin, end)
    is_last = end == site.steps
    return replace(
        site,
        grid_price=site.grid_price[part],
        grid_max_kw=site.grid_max_kw[part],
        loads_kw={each: values[part] for each, values in site.loads_kw.items()},
        heat_kw=site.heat_kw[part],
        pv_kw=site.pv_kw[part],
        export_price=site.export_price[part],
        # What must be left at the end is asked of the last window only.
        batteries=batteries
        if is_last
        else tuple(replace(each, end_kwh_min=0.0) for each in batteries),
        chps=chps,
    )


def _head(plan: Plan, kept: int, site: Site) -> Plan:
    """Return a plan's first steps with what they cost."""
    setpoints = {name: values[:kept] for name, values in plan.setpoints_kw.items()}
    burners = [each.name for each in site.chps] + [each.name for each in site.boilers]
    gas = sum(sum(setpoints[name]) for name in burners) * site.gas_price
    grid = sum(p * kw for p, kw in zip(site.grid_price, setpoints["grid"], strict=False))
    sold = sum(
        p * kw for p, kw in zip(site.export_price, setpoints.get("export", ()), strict=False)
    )
    wear = sum(each.wear_cost * sum(map(abs, setpoints[each.name])) for each in site.batteries)
    starts = sum(_starts(each, setpoints[each.name]) * each.start_cost for each in site.chps)
    return replace(
        plan,
        cost=(grid + gas - sold + wear) * site.step_h + starts,
        setpoints_kw=setpoints,
        stored_kwh={name: values[:kept] for name, values in plan.stored_kwh.items()},
        marginal_price=plan.marginal_price[:kept],
        heat_price=plan.heat_price[:kept],
        limits=tuple(each for each in plan.limits if each.step < kept),
    )


def _starts(chp: Chp, burnt: Sequence[float]) -> int:
    states = [chp.was_on, *(kw > TOLERANCE for kw in burnt)]
    return sum(now and not before for before, now in itertools.pairwise(states))


def loads(electric: Sequence[float]) -> Mapping[LoadClass, Sequence[float]]:
    """Return a load that is of no critical class."""
    return {LoadClass.OTHER: electric}
