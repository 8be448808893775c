"""Dispatch: the published vector, hand-made cases, and what must hold of every plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.energy.model.dispatch.plan import (
    Plan,
    island,
    loads,
    optimise,
    roll,
    serve_critical,
)
from services.energy.model.dispatch.program import DispatchInfeasible
from services.energy.model.dispatch.site import (
    Battery,
    Boiler,
    Chp,
    HeatPump,
    InvalidSite,
    LoadClass,
    Site,
)

SITE = Site(
    step_h=1.0,
    grid_price=(0.3, 0.6, 1.0, 0.6),
    grid_max_kw=(100.0,) * 4,
    gas_price=0.35,
    loads_kw=loads((30.0, 50.0, 70.0, 60.0)),
    heat_kw=(40.0, 30.0, 20.0, 35.0),
    pv_kw=(0.0, 20.0, 40.0, 10.0),
    chps=(Chp("chp", 80, 0.35, 0.45),),
    boilers=(Boiler("boiler", 60, 0.9),),
    heat_pumps=(HeatPump("heat pump", 20, 3),),
    batteries=(Battery("battery", 10, 20, 0.95, 0.95),),
)


def balances(site: Site, plan: Plan) -> bool:
    """Whether each step's electricity adds up, stores included."""
    at = plan.setpoints_kw
    for step in range(site.steps):
        given_kw = at["grid"][step] + (at["pv"][step] if site.pv_kw else 0)
        given_kw += sum(at[each.name][step] * each.electric for each in site.chps)
        given_kw += sum(at[each.name][step] for each in site.batteries)
        given_kw -= sum(at[each.name][step] for each in site.heat_pumps)
        given_kw += sum(values[step] for name, values in plan.unserved_kw.items() if name != "heat")
        if abs(given_kw - sum(each[step] for each in site.loads_kw.values())) > 1e-5:
            return False
    return True


def test_the_published_vector() -> None:
    plan = optimise(SITE)

    assert plan.cost == pytest.approx(97.6482, abs=1e-4)
    assert plan.setpoints_kw["grid"] == pytest.approx((53.333, 41.080, 4.444, 61.667), abs=1e-3)
    assert plan.setpoints_kw["chp"] == pytest.approx((0, 0, 44.444, 0), abs=1e-3)
    assert plan.setpoints_kw["heat pump"] == pytest.approx((13.333, 10, 0, 11.667), abs=1e-3)
    assert plan.setpoints_kw["battery"] == pytest.approx((-10, -1.080, 10, 0), abs=1e-3)
    assert balances(SITE, plan)


def test_the_marginal_price_is_what_one_more_kilowatt_hour_costs() -> None:
    plan = optimise(SITE)
    for step in range(4):
        more = [
            each + (0.01 if step == n else 0) for n, each in enumerate((30.0, 50.0, 70.0, 60.0))
        ]
        dearer = optimise(replace(SITE, loads_kw=loads(more)))
        assert (dearer.cost - plan.cost) / 0.01 == pytest.approx(
            plan.marginal_price[step], abs=1e-6
        )


def test_binding_limits_say_what_easing_them_saves() -> None:
    plan = optimise(SITE)
    [limit] = [each for each in plan.limits if each.what == "battery discharge"]
    eased = replace(SITE, batteries=(replace(SITE.batteries[0], power_kw=10.01),))

    assert (limit.step, limit.bound) == (2, 10)
    assert plan.limits[0].saving == max(each.saving for each in plan.limits)
    assert optimise(eased).cost < plan.cost


def test_a_minimum_load_is_kept_or_the_plant_is_off() -> None:
    site = replace(SITE, chps=(Chp("chp", 80, 0.35, 0.45, gas_min_kw=60, start_cost=1.0),))
    plan = optimise(site)

    assert all(kw < 1e-6 or kw >= 60 - 1e-6 for kw in plan.setpoints_kw["chp"])
    assert plan.cost >= optimise(SITE).cost - 1e-9
    assert optimise(site, plan).cost == pytest.approx(plan.cost, rel=1e-4)


def test_a_plant_that_starts_stays_on() -> None:
    chp = Chp("chp", 80, 0.35, 0.45, gas_min_kw=40, up_steps_min=3)
    site = replace(SITE, chps=(chp,), grid_price=(0.1, 9.0, 0.1, 0.1), batteries=())
    on = [kw > 1e-6 for kw in optimise(site).setpoints_kw["chp"]]

    assert on[1]
    assert "".join("x" if each else "." for each in on).strip(".").count("x") >= 3


def test_an_impossible_day_says_which_step_lacks_how_much() -> None:
    site = replace(SITE, grid_max_kw=(100, 100, 100, 5), chps=(), batteries=())

    with pytest.raises(DispatchInfeasible, match=r"step 3 lacks 4[0-9.]+ kW") as refused:
        optimise(site)
    assert refused.value.metadata["step"] == "3"


def test_an_emergency_serves_hospitals_first_whatever_it_costs() -> None:
    critical = {
        LoadClass.OTHER: (50.0,) * 4,
        LoadClass.BASE_STATION: (10.0,) * 4,
        LoadClass.WATER: (20.0,) * 4,
        LoadClass.HOSPITAL: (30.0,) * 4,
    }
    site = replace(SITE, loads_kw=critical, grid_max_kw=(0.0,) * 4, pv_kw=(0.0,) * 4)
    plan = serve_critical(replace(site, chps=(Chp("chp", 120, 0.35, 0.45),)))

    # 42 kW of CHP: the hospital's 30 whole, 12 of the waterworks' 20, nothing else.
    assert plan.unserved_kwh["HOSPITAL"] == pytest.approx(0, abs=1e-4)
    assert plan.unserved_kwh["WATER"] == pytest.approx(32, abs=1e-3)
    assert plan.unserved_kwh["BASE_STATION"] == pytest.approx(40, abs=1e-3)
    assert plan.unserved_kwh["OTHER"] == pytest.approx(200, abs=1e-3)


def test_an_island_draws_nothing_from_the_grid() -> None:
    plan = island(SITE)

    assert max(plan.setpoints_kw["grid"]) == 0
    assert plan.unserved_kwh["OTHER"] == pytest.approx(28, abs=1e-3)
    assert balances(SITE, plan)


def test_a_reserve_is_never_planned_away() -> None:
    battery = Battery("battery", 10, 20, 0.95, 0.95, start_kwh=20, reserve_kwh=15)
    plan = optimise(replace(SITE, batteries=(battery,)))

    assert min(plan.stored_kwh["battery"]) >= 15 - 1e-6


def test_a_battery_that_may_not_discharge_does_not() -> None:
    battery = Battery("battery", 10, 20, 0.95, 0.95, start_kwh=20, may_discharge=False)
    plan = optimise(replace(SITE, batteries=(battery,)))

    assert max(plan.setpoints_kw["battery"]) <= 1e-9


def test_at_negative_prices_no_battery_burns_power_both_ways() -> None:
    site = replace(SITE, grid_price=(-0.5, 0.6, 1.0, 0.6))
    plan = optimise(site)
    before, after = 0.0, plan.stored_kwh["battery"][0]

    assert after - before == pytest.approx(-0.95 * plan.setpoints_kw["battery"][0])


def test_a_rolling_plan_that_sees_everything_is_the_whole_plan() -> None:
    parts = roll(SITE, window=4, kept=1)

    assert sum(each.cost for each in parts) == pytest.approx(97.6482, abs=1e-4)
    shorter = roll(SITE, window=2, kept=1)
    assert sum(each.cost for each in shorter) >= 97.648


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(replace(SITE, heat_kw=(1.0,)), id="length"),
        pytest.param(replace(SITE, heat_kw=(1.0, -1.0, 0, 0)), id="negative"),
        pytest.param(replace(SITE, heat_kw=(1.0, float("nan"), 0, 0)), id="nan"),
        pytest.param(replace(SITE, grid_price=()), id="no-steps"),
        pytest.param(replace(SITE, step_h=0), id="no-time"),
        pytest.param(replace(SITE, boilers=(Boiler("chp", 1, 0.9),)), id="same-name"),
        pytest.param(replace(SITE, chps=(Chp("chp", 1, 0.9, 0.9),)), id="perpetual"),
        pytest.param(
            replace(SITE, batteries=(Battery("b", 1, 1, 0.9, 0.9, start_kwh=2),)), id="overfull"
        ),
    ],
)
def test_a_site_that_cannot_be_is_refused(wrong: Site) -> None:
    with pytest.raises(InvalidSite):
        optimise(wrong)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.05, 2), min_size=4, max_size=4),
    st.lists(st.floats(0, 60), min_size=4, max_size=4),
)
def test_every_plan_balances_and_keeps_its_limits(price: list[float], load: list[float]) -> None:
    site = replace(SITE, grid_price=price, loads_kw=loads(load))
    plan = optimise(site)

    assert balances(site, plan)
    assert all(-1e-6 <= kwh <= 20 + 1e-6 for kwh in plan.stored_kwh["battery"])
    assert all(-1e-6 <= kw <= 100 + 1e-6 for kw in plan.setpoints_kw["grid"])
