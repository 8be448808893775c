"""Meters: what is missing, what does not add up, what a register cannot have done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.energy.model.metering import (
    CHECKS_RULE,
    METERING_RULE,
    BalanceState,
    InvalidMeterTree,
    Level,
    Meter,
    Place,
    audit,
    balance,
    check_tree,
    virtual,
)
from services.energy.model.register_checks import (
    CheckRule,
    Doubt,
    Interval,
    MeterLimits,
    intervals,
    night_load,
)
from tests.energy.shipped_rules import BOOK, NOW, rule

RULE = rule(METERING_RULE)
CHECKS = CheckRule.of(rule(CHECKS_RULE))
LIMITS = MeterLimits(register_max=1_000_000, capacity_kva=1000)
START = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Chengdu
QUARTER = timedelta(minutes=15)


def test_missing_meters_are_named() -> None:
    places = [
        Place("entry", "electricity", Level.UNIT),
        Place("workshop 1", "electricity", Level.SUB_UNIT),
        Place("workshop 2", "electricity", Level.SUB_UNIT),
        Place("fan", "electricity", Level.EQUIPMENT, rating=99),
        Place("mill", "electricity", Level.EQUIPMENT, rating=100),
    ]
    meters = [Meter("m1", "entry", "electricity"), Meter("m2", "workshop 1", "electricity")]
    found = audit(places, meters, RULE)

    assert [(each.level, each.rate, each.missing) for each in found.rates] == [
        (Level.UNIT, 100.0, ()),
        (Level.SUB_UNIT, 50.0, ("workshop 2",)),
        (Level.EQUIPMENT, 0.0, ("mill",)),
    ]
    assert not found.is_met
    assert not found.is_verified


def test_nineteen_of_twenty_are_ninety_five_per_cent() -> None:
    places = [Place(f"p{n}", "electricity", Level.EQUIPMENT, 200) for n in range(20)]
    meters = [Meter(f"m{n}", f"p{n}", "electricity") for n in range(19)]

    assert audit(places, meters, RULE).is_met
    assert not audit(places, meters[:18], RULE).is_met


def test_a_meter_of_another_energy_is_no_meter() -> None:
    places = [Place("entry", "water", Level.UNIT)]

    assert audit(places, [Meter("m", "entry", "electricity")], RULE).rates[0].fitted == 0


def test_what_the_rule_does_not_know_is_named() -> None:
    places = [Place("dryer", "waste_heat", Level.EQUIPMENT), Place("kiln", "peat", Level.UNIT)]

    assert audit(places, [], RULE).unknown == ("dryer", "kiln")


def test_the_editions_change_on_their_day() -> None:
    # 2026-02-01 in China begins on 31 January 16:00 UTC.
    day = datetime(2026, 1, 31, 16, tzinfo=UTC)
    before = BOOK.in_force(METERING_RULE, "CN-51", day - timedelta(seconds=1))

    assert "2006" in before.source
    assert "2025" in BOOK.in_force(METERING_RULE, "CN-51", day).source
    assert BOOK.in_force(METERING_RULE, "CN-51", NOW) == RULE


def test_a_meter_tree_has_no_loops_strangers_or_doubles() -> None:
    entry = Meter("a", "p", "electricity")
    assert check_tree([entry, Meter("b", "q", "electricity", "a")])["a"] == ("b",)
    for wrong in (
        [Meter("a", "p", "electricity", "b"), Meter("b", "q", "electricity", "a")],
        [Meter("a", "p", "electricity", "x")],
        [entry, entry],
        [entry, Meter("b", "q", "water", "a")],
    ):
        with pytest.raises(InvalidMeterTree):
            check_tree(wrong)


def test_a_virtual_meter_never_guesses() -> None:
    assert virtual({"a": 1, "b": -1}, {"a": 10.0, "b": 4.0}) == 6.0
    assert virtual({"a": 1, "b": -1}, {"a": 10.0, "b": None}) is None
    assert virtual({"a": 1, "b": -1}, {"a": 10.0}) is None


@pytest.mark.parametrize(
    ("upper", "lower", "state"),
    [
        pytest.param(100, {"a": 60, "b": 37}, BalanceState.CLOSED, id="3-per-cent"),
        pytest.param(100, {"a": 60, "b": 36}, BalanceState.NOTICE, id="4-per-cent"),
        pytest.param(100, {"a": 60, "b": 34}, BalanceState.ALARM, id="6-per-cent"),
        pytest.param(100, {"a": 60, "b": 50}, BalanceState.ALARM, id="more-below-than-above"),
        pytest.param(100, {"a": 60, "b": None}, BalanceState.INCOMPLETE, id="missing"),
        pytest.param(None, {"a": 60}, BalanceState.INCOMPLETE, id="no-upper"),
        pytest.param(0, {"a": 0}, BalanceState.CLOSED, id="at-rest"),
    ],
)
def test_balance(upper: float | None, lower: dict[str, float | None], state: BalanceState) -> None:
    assert balance(upper, lower, rule(CHECKS_RULE)).state is state


def series(*values: float, step: timedelta = QUARTER) -> list[tuple[datetime, float]]:
    """Readings a quarter of an hour apart."""
    return [(START + n * step, value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "kwh", "doubt"),
    [
        pytest.param((100, 150), 50, None, id="usual"),
        pytest.param((999_990, 10), 20, None, id="rollover"),
        pytest.param((500, 400), None, Doubt.ROLLBACK, id="rollback"),
        pytest.param((0, 301), None, Doubt.IMPOSSIBLE_POWER, id="above-the-transformer"),
        pytest.param((0, 300), 300, None, id="at-the-limit"),
        pytest.param((0, 1_000_000), None, Doubt.BEYOND_REGISTER, id="beyond"),
        pytest.param((0, float("nan")), None, Doubt.BEYOND_REGISTER, id="nan"),
    ],
)
def test_an_interval_is_energy_or_a_doubt(
    values: tuple[float, float], kwh: float | None, doubt: Doubt | None
) -> None:
    [found] = intervals(series(*values), LIMITS, CHECKS)

    assert (found.kwh, found.doubt) == (kwh, doubt)
    assert found.has_rolled_over == (values[1] < values[0] and doubt is None)


def test_time_that_goes_back_has_no_energy() -> None:
    [found] = intervals(series(1, 2, step=-QUARTER), LIMITS, CHECKS)

    assert found.doubt is Doubt.TIME_REVERSED


def test_a_register_that_stands_for_a_day_in_a_running_plant_is_stuck() -> None:
    values = [0.0, 10, *[20] * 97, 30]
    found = intervals(series(*values), LIMITS, CHECKS)

    assert [each.doubt for each in found].count(Doubt.STUCK) == 96
    assert found[0].kwh == 10
    shorter = intervals(series(0, 10, *[20] * 96, 30), LIMITS, CHECKS)
    assert all(each.doubt is None for each in shorter)


def test_a_plant_at_rest_is_not_stuck() -> None:
    assert all(each.doubt is None for each in intervals(series(*[7.0] * 300), LIMITS, CHECKS))


@given(st.lists(st.floats(0, 250), min_size=2, max_size=60), st.floats(0, 999_999))
def test_believed_energy_is_what_went_through_whatever_the_register_shows(
    used: list[float], start: float
) -> None:
    shown, at = [start], start
    for each in used:
        at += each
        shown.append(at % LIMITS.register_max)
    found = intervals(series(*shown), LIMITS, CHECKS)

    if all(each.doubt is None for each in found):
        assert sum(each.kwh or 0 for each in found) == pytest.approx(sum(used), abs=1e-4)
    else:
        assert {each.doubt for each in found} <= {None, Doubt.STUCK}


def nights(count: int, kw: float) -> list[Interval]:
    """Quarter hours of whole days at one load."""
    return [
        Interval(START + n * QUARTER, START + (n + 1) * QUARTER, kw / 4) for n in range(count * 96)
    ]


def test_a_shut_plant_that_draws_power_three_nights_is_a_clue() -> None:
    clue = night_load(nights(4, 50), 400, START, CHECKS)

    assert clue is not None
    assert len(clue.nights) >= 3
    assert clue.mean_kw == pytest.approx(50)
    assert clue.rule_version == CHECKS.version


@pytest.mark.parametrize(
    ("days", "kw", "usual"),
    [
        pytest.param(4, 39, 400, id="too-little"),
        pytest.param(1, 50, 400, id="too-short"),
        pytest.param(4, 50, 0, id="nothing-known"),
    ],
)
def test_less_is_no_clue(days: int, kw: float, usual: float) -> None:
    assert night_load(nights(days, kw), usual, START, CHECKS) is None


def test_what_ran_before_it_was_shut_is_no_clue() -> None:
    assert night_load(nights(4, 300), 400, START + timedelta(days=5), CHECKS) is None
