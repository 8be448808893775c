"""Plan a day of quarter hours for a site of fifty plants, some of which can only be on or off.

Run by ``python -m bench.dispatch``. The site is made from seeded random numbers: combined heat and
power with least loads and starts that cost, boilers, heat pumps, batteries, photovoltaics. The
baseline is the same program solved by ``scipy.optimize.milp`` with the same gap, whose cost must
be the same within that gap; it gives neither prices nor limits. What is measured is the whole call:
checks, building, solving, and solving again with switches held for the prices.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import time
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from services.energy.model.dispatch.plan import island, loads, optimise, program_of
from services.energy.model.dispatch.program import GAP, Program
from services.energy.model.dispatch.site import Battery, Boiler, Chp, HeatPump, Site

STEPS: Final = 96
PLANTS: Final = 50
SWITCHED: Final = 5
ROUNDS: Final = 5
TARGET_S: Final = 2.0


def site(plants: int, seed: int) -> Site:
    """Return a site: a quarter each of CHP, boilers, heat pumps and batteries."""
    draw = random.Random(seed)
    each, rest = divmod(plants, 4)
    hours = [step / 4 for step in range(STEPS)]
    peak = 60.0 * plants
    price = [0.3 if h < 7 else 1.0 if 10 <= h < 12 or 18 <= h < 21 else 0.6 for h in hours]
    return Site(
        step_h=0.25,
        grid_price=price,
        grid_max_kw=[2 * peak] * STEPS,
        gas_price=0.35,
        loads_kw=loads(
            [peak * (0.6 - 0.3 * math.cos(h / 12 * math.pi) + draw.uniform(0, 0.05)) for h in hours]
        ),
        heat_kw=[
            peak * (0.3 + 0.1 * math.cos(h / 12 * math.pi) + draw.uniform(0, 0.05)) for h in hours
        ],
        pv_kw=[peak * 0.4 * max(0.0, math.sin((h - 6) / 12 * math.pi)) for h in hours],
        chps=[
            Chp(
                f"chp {n}",
                draw.uniform(60, 120),
                draw.uniform(0.32, 0.38),
                draw.uniform(0.42, 0.5),
                gas_min_kw=30.0 if n < SWITCHED else 0.0,
                start_cost=2.0 if n < SWITCHED else 0.0,
            )
            for n in range(each)
        ],
        boilers=[Boiler(f"boiler {n}", 200, draw.uniform(0.85, 0.95)) for n in range(each)],
        heat_pumps=[HeatPump(f"pump {n}", 15, draw.uniform(2.5, 4)) for n in range(each)],
        batteries=[
            Battery(
                f"battery {n}", 50, 200, 0.95, 0.95, start_kwh=50, reserve_kwh=20, wear_cost=0.01
            )
            for n in range(each + rest)
        ],
    )


def by_scipy(program: Program) -> tuple[float, float]:
    """Return seconds and cost of the same program with scipy's interface to the same solver."""
    began = time.perf_counter()
    shape = (len(program.row_low), len(program.costs))
    rows = csr_array((program.value, program.index, program.starts), shape=shape)
    integrality = np.zeros(shape[1])
    integrality[program.integers] = 1
    solved = milp(
        program.costs,
        integrality=integrality,
        bounds=Bounds(program.low, program.high),
        constraints=LinearConstraint(rows, program.row_low, program.row_high),
        options={"mip_rel_gap": GAP},
    )
    return time.perf_counter() - began, float(solved.fun)


def bench(plants: int, rounds: int) -> list[dict[str, Any]]:
    """Measure; return the figures."""
    took, others, emergencies = [], [], []
    for seed in range(rounds):
        made = site(plants, seed)
        began = time.perf_counter()
        plan = optimise(made)
        took.append(time.perf_counter() - began)
        other_s, cost = by_scipy(program_of(made))
        others.append(other_s)
        assert abs(plan.cost - cost) <= 2 * GAP * abs(cost), (plan.cost, cost)
        began = time.perf_counter()
        island(made)
        emergencies.append(time.perf_counter() - began)
    program = program_of(site(plants, 0))
    print(f"{plants} plants, {STEPS} quarter hours, {rounds} sites: {len(program.costs)} columns,")
    print(f"{len(program.integers)} of them integers; worst {max(took):.2f} s, with prices and")
    print(f"limits; scipy's worst {max(others):.2f} s, without")
    return [
        _figure("dispatch.day_median", statistics.median(took), statistics.median(others)),
        _figure("dispatch.day_worst", max(took), max(others)),
        _figure("dispatch.island_worst", max(emergencies), max(others)),
    ]


def _figure(name: str, value: float, baseline: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "s",
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 3),
        "target": f"<= {TARGET_S:g} s",
        "met": value <= TARGET_S,
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plants", type=int, default=PLANTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    print(json.dumps(bench(given.plants, given.rounds)))


if __name__ == "__main__":
    main()
