"""A week of base stations, asleep by traffic and always on: ``python -m bench.base_stations``.

Traffic is made from seeded random numbers: low at night, two humps by day, less on Saturday and
Sunday, noise a cell of its own; now and then an ambulance passes, and one county is under a warning
for half a day. Both ways see the same week. Then each station's battery by the price of power,
against the same battery left alone, with its reserve kept. What is saved is energy and money of
this made-up week by the EARTH model's powers: no measurement of a real network.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from services.energy.model import battery_plan
from services.energy.model.base_station import (
    POWER_RULE,
    SLEEP_RULE,
    Cell,
    Radio,
    Saving,
    Scene,
    SleepRule,
    decide,
    reserve_kwh,
    simulate,
)
from services.energy.model.dispatch.site import Battery
from services.plumbing.rules import RuleBook

SEED: Final = 20261129
STATIONS: Final = 300
BATTERIES: Final = 30
STEP: Final = timedelta(minutes=15)
STEPS: Final = 7 * 96
START: Final = datetime(2026, 11, 23, tzinfo=UTC)
WARNED: Final = range(3 * 96 + 48, 3 * 96 + 96)
WARNED_SHARE: Final = 0.2
AMBULANCES: Final = 0.002
"""Share of steps in which one passes."""

SATURDAY: Final = 5
SITE_KW: Final = 0.8
"""Cooling and transport of a site, beside its radios."""


def traffic(draw: random.Random, is_warned: bool) -> list[Scene]:
    """Return what one cell sees in a week."""
    busy, noise = draw.uniform(0.2, 0.8), draw.uniform(0.02, 0.1)
    scenes = []
    for number in range(STEPS):
        at = START + number * STEP
        hour = at.hour + at.minute / 60
        humps = math.exp(-(((hour - 11) / 3.0) ** 2)) + 1.2 * math.exp(-(((hour - 20) / 2.5) ** 2))
        share = 0.7 if at.weekday() >= SATURDAY else 1.0
        load = max(0.0, 0.02 + busy * share * humps / 1.2 + draw.gauss(0, noise) * humps)
        scenes.append(
            Scene(
                load=min(load, 1.0),
                spare=max(0.0, 1.0 - load - draw.uniform(0, 0.2)),
                in_warning=is_warned and number in WARNED,
                serves_ambulance=draw.random() < AMBULANCES,
            )
        )
    return scenes


def asleep_in_danger(scenes: Sequence[Scene], rule: SleepRule) -> int:
    """Return how many steps a cell slept through with a warning or an ambulance around it."""
    cell, found = Cell(), 0
    for number, scene in enumerate(scenes):
        cell = decide(cell, scene, rule, START + number * STEP).cell
        found += cell.is_asleep and (scene.in_warning or scene.serves_ambulance)
    return found


def price(number: int) -> float:
    """Return yuan a kWh: a valley, a shoulder and two peaks a day."""
    hour = number % 96 / 4
    if hour < 7 or hour >= 23:
        return 0.3
    return 1.1 if 10 <= hour < 12 or 18 <= hour < 21 else 0.65


def batteries(radio: Radio, weeks: Sequence[Sequence[Scene]]) -> tuple[float, float, float]:
    """Return yuan with plans and without, and the seconds a plan of a week takes."""
    planned = idle = 0.0
    began = time.perf_counter()
    for scenes in weeks:
        load = [radio.watts(min(scene.load, 1.0)) / 1000 + SITE_KW for scene in scenes]
        battery = Battery(
            battery_plan.NAME,
            power_kw=5.0,
            capacity_kwh=20.0,
            charge=0.95,
            discharge=0.95,
            start_kwh=20.0,
            reserve_kwh=reserve_kwh(2.0, 4.0),
            wear_cost=0.05,
        )
        made = battery_plan.plan(battery, load, [price(n) for n in range(STEPS)], 0.25)
        planned, idle = planned + made.cost, idle + made.idle_cost
    return planned, idle, (time.perf_counter() - began) / len(weeks)


def figure(name: str, value: float, unit: str, baseline: float, target: float) -> dict[str, Any]:
    """Return one figure; smaller is better."""
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "baseline": round(baseline, 4),
        "ratio": round(value / baseline, 4) if baseline else None,
        "target": target,
        "met": value <= target,
    }


def main() -> None:
    """Simulate, and print figures."""
    book = RuleBook.read(files("services.energy") / "rules")
    radio = Radio.of(book.in_force(POWER_RULE, "CN-51", START), "macro")
    rule = SleepRule.of(book.in_force(SLEEP_RULE, "CN-51", START))
    draw = random.Random(SEED)
    weeks = [traffic(draw, draw.random() < WARNED_SHARE) for _ in range(STATIONS)]
    began = time.perf_counter()
    savings: list[Saving] = [simulate(radio, week, rule, START, STEP) for week in weeks]
    took_s = time.perf_counter() - began
    kwh, always = (
        sum(each.kwh for each in savings),
        sum(each.always_on_kwh for each in savings),
    )
    hours = sum(each.asleep.total_seconds() for each in savings) / 3600 / STATIONS
    switches = sum(each.switches for each in savings) / STATIONS / 7
    danger = sum(asleep_in_danger(week, rule) for week in weeks)
    planned, idle, plan_s = batteries(radio, weeks[:BATTERIES])
    print(f"{STATIONS} stations, a week: {kwh:,.0f} kWh, always on {always:,.0f} kWh")
    print(
        f"saved {1 - kwh / always:.1%}; asleep {hours:.1f} h of 168, {switches:.1f} switches a day"
    )
    print(
        f"{STATIONS * STEPS / took_s:,.0f} decisions/s; a battery's week planned in {plan_s:.3f} s"
    )
    print(f"{BATTERIES} batteries: {planned:,.2f} yuan, left alone {idle:,.2f} yuan")
    figures = [
        figure("base_stations.energy_kwh", kwh, "kWh", always, round(always, 4)),
        figure("base_stations.asleep_in_danger", danger, "steps", 0, 0),
        figure("base_stations.battery_cost", planned, "CNY", idle, round(idle, 4)),
    ]
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
