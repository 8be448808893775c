"""A station's battery earns by the price of power, never with its reserve, never in a warning."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.energy.model.battery_plan import BatteryPlan, plan
from services.energy.model.dispatch.site import Battery, InvalidSite

BATTERY = Battery("battery", 5.0, 20.0, 0.95, 0.95, start_kwh=10.0, reserve_kwh=8.0)
TOLERANCE = 1e-6
# Valley, shoulder, peak of a day in hours.
DAY = [0.3] * 8 + [0.6] * 4 + [1.2] * 4 + [0.6] * 4 + [1.2] * 2 + [0.3] * 2
LOAD = [3.0] * 24


def holds(battery: Battery, made: BatteryPlan, hours: float) -> None:
    """Check the arithmetic of every step, and every bound."""
    level = battery.start_kwh
    for number, (kw, stored) in enumerate(zip(made.kw, made.stored_kwh, strict=True)):
        assert abs(kw) <= battery.power_kw + TOLERANCE
        into = -kw * battery.charge if kw < 0 else -kw / battery.discharge
        assert stored == pytest.approx(level + into * hours, abs=1e-5)
        assert stored <= battery.capacity_kwh + TOLERANCE
        assert stored >= min(battery.reserve_kwh, battery.start_kwh) - TOLERANCE
        if number < made.filling:
            assert kw <= TOLERANCE
        level = stored


def test_it_charges_in_the_valley_and_feeds_at_the_peak() -> None:
    made = plan(BATTERY, LOAD, DAY, 1.0)

    holds(BATTERY, made, 1.0)
    assert made.cost < made.idle_cost
    assert made.idle_cost == pytest.approx(3 * sum(DAY))
    assert all(kw <= TOLERANCE for kw, yuan in zip(made.kw, DAY, strict=True) if yuan < 0.6)
    assert sum(made.kw[12:16]) == pytest.approx(12 * 0.95, abs=1e-5)
    assert made.stored_kwh[-1] == pytest.approx(10.0)


def test_a_flat_price_moves_nothing() -> None:
    made = plan(BATTERY, LOAD, [0.6] * 24, 1.0)

    assert made.cost == pytest.approx(made.idle_cost)
    assert made.kw == pytest.approx([0.0] * 24, abs=1e-6)


@pytest.mark.parametrize("price", [[0.0, 0.0, 0.0], [0.0, -0.5], [0.3, 0.2, -0.1, -0.1]])
def test_nothing_is_burnt_in_its_losses(price: list[float]) -> None:
    battery = Battery("battery", 1.0, 1.0, 0.5, 0.5, start_kwh=1.0)

    holds(battery, plan(battery, [0.0] * len(price), price, 0.25), 0.25)


def test_wear_above_the_spread_moves_nothing() -> None:
    made = plan(replace(BATTERY, wear_cost=0.5), LOAD, DAY, 1.0)

    assert made.cost == pytest.approx(made.idle_cost)


def test_a_warning_fills_it_and_keeps_it_whatever_the_price() -> None:
    made = plan(BATTERY, LOAD, [1.2] * 12 + [0.3] * 12, 1.0, warned_steps=6)

    holds(BATTERY, made, 1.0)
    assert made.filling == 6
    assert made.kw[:2] == pytest.approx((-5.0, -5.0))
    assert made.stored_kwh[2:6] == pytest.approx((20.0,) * 4)
    assert made.kw[3:6] == pytest.approx((0.0,) * 3, abs=1e-9)
    # And afterwards it earns again.
    assert sum(made.kw[6:12]) > 10
    assert made.stored_kwh[-1] == pytest.approx(20.0)


@pytest.mark.parametrize(("warned", "filling"), [(-3, 0), (0, 0), (24, 24), (99, 24)])
def test_a_warning_before_or_beyond_the_plan(warned: int, filling: int) -> None:
    made = plan(BATTERY, LOAD, DAY, 1.0, warned_steps=warned)

    holds(BATTERY, made, 1.0)
    assert made.filling == filling


def test_below_its_reserve_it_comes_back_to_it() -> None:
    made = plan(replace(BATTERY, start_kwh=2.0), LOAD, DAY, 1.0)

    holds(replace(BATTERY, start_kwh=2.0), made, 1.0)
    assert made.stored_kwh[-1] >= 8.0 - TOLERANCE


def test_what_can_not_be_reached_is_not_asked_for() -> None:
    made = plan(replace(BATTERY, start_kwh=0.0), [0.0], [0.5], 1.0)

    assert made.stored_kwh == pytest.approx((4.75,))


@pytest.mark.parametrize(
    ("battery", "load", "price"),
    [
        pytest.param(BATTERY, LOAD, DAY[:-1], id="lengths"),
        pytest.param(BATTERY, [math.nan, *LOAD[1:]], DAY, id="nan-load"),
        pytest.param(BATTERY, LOAD, [math.inf, *DAY[1:]], id="infinite-price"),
        pytest.param(BATTERY, [-1.0, *LOAD[1:]], DAY, id="negative-load"),
        pytest.param(replace(BATTERY, start_kwh=21.0), LOAD, DAY, id="fuller-than-full"),
        pytest.param(replace(BATTERY, reserve_kwh=21.0), LOAD, DAY, id="reserve-above-capacity"),
        pytest.param(BATTERY, [], [], id="nothing"),
    ],
)
@pytest.mark.parametrize("warned", [0, 99])
def test_bad_input_is_refused(
    battery: Battery, load: list[float], price: list[float], warned: int
) -> None:
    with pytest.raises(InvalidSite):
        plan(battery, load, price, 1.0, warned_steps=warned)


amounts = st.floats(0, 30, allow_nan=False, width=32)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.tuples(amounts, st.floats(-0.5, 3, width=32)), min_size=1, max_size=16),
    power=st.floats(0.5, 20, width=32),
    capacity=st.floats(1, 60, width=32),
    parts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    efficiency=st.floats(0.5, 1),
    warned=st.integers(0, 18),
    hours=st.sampled_from([0.25, 1.0]),
)
def test_every_plan_holds(
    steps: list[tuple[float, float]],
    power: float,
    capacity: float,
    parts: tuple[float, float],
    efficiency: float,
    warned: int,
    hours: float,
) -> None:
    load, price = zip(*steps, strict=True)
    start, reserve = (part * capacity for part in parts)
    battery = Battery("battery", power, capacity, efficiency, efficiency, start, reserve)

    made = plan(battery, load, price, hours, warned_steps=warned)

    holds(battery, made, hours)
    if not warned and start >= reserve:
        assert made.cost <= made.idle_cost + 1e-4
