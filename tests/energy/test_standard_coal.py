"""Standard coal, quotas and carbon against published figures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.energy.model import carbon
from services.energy.model.quota import (
    KEY_UNIT_RULE,
    QUOTA_RULE,
    KeyUnit,
    QuotaRule,
    Stage,
    assess,
    key_unit,
)
from services.energy.model.standard_coal import (
    COAL_RULE,
    KJ_PER_KGCE,
    SUPPLY_RULE,
    Basis,
    Coefficients,
    EnergyUnitMismatch,
    Flow,
    InvalidAmount,
    UnknownEnergy,
    consumption,
    intensity,
)
from services.plumbing.rules import InvalidRule
from tests.energy.shipped_rules import rule

EQUIVALENT = Coefficients.of(rule(COAL_RULE), rule(SUPPLY_RULE), Basis.EQUIVALENT)
SUPPLY = Coefficients.of(rule(COAL_RULE), rule(SUPPLY_RULE), Basis.SUPPLY_COAL)
YEAR = (
    Flow("electricity", 1_000_000, "kWh"),
    Flow("natural_gas", 50_000, "m3"),
    Flow("diesel", 20_000, "kg"),
    Flow("heat", 3_000_000, "MJ"),
)
NCV_KJ = {
    "raw_coal": 20934,
    "washed_coal": 26377,
    "middlings": 8374,
    "coke": 28470,
    "coal_tar": 33494,
    "crude_oil": 41868,
    "fuel_oil": 41868,
    "gasoline": 43124,
    "kerosene": 43124,
    "diesel": 42705,
    "natural_gas": 38979,
    "lng": 51498,
    "lpg": 50242,
    "refinery_gas": 46055,
    "coke_oven_gas": 18003,
    "blast_furnace_gas": 3768,
    "methanol": 19913,
    "ethanol": 26800,
    "hydrogen": 9756,
    "biogas": 24283,
    "heat": 1000,
    "electricity": 3600,
}


def test_the_published_vector() -> None:
    total = consumption(YEAR, EQUIVALENT)

    assert total.tce == pytest.approx(320.902, abs=1e-9)
    assert total.by_energy["natural_gas"] == pytest.approx(66.5)
    assert total.basis is Basis.EQUIVALENT


def test_the_two_electricity_bases_are_kept_apart() -> None:
    assert consumption(YEAR[:1], EQUIVALENT).tce == pytest.approx(122.9)
    total = consumption(YEAR[:1], SUPPLY)
    assert total.tce == pytest.approx(300.0)
    assert total.basis is Basis.SUPPLY_COAL
    assert [each.split("@")[0] for each in total.rule_versions] != []
    assert len(total.rule_versions) == 2


@pytest.mark.parametrize("energy", NCV_KJ)
def test_coefficients_are_calorific_value_over_that_of_standard_coal(energy: str) -> None:
    # The standard prints them with at most 0.0002 of rounding and older heat units.
    printed = EQUIVALENT.table[energy].kgce
    assert printed == pytest.approx(NCV_KJ[energy] / KJ_PER_KGCE, abs=1.5e-4)


def test_a_measured_calorific_value_outranks_the_table() -> None:
    flow = Flow("raw_coal", 1000, "kg", ncv_kj=KJ_PER_KGCE / 2)

    assert consumption([flow], EQUIVALENT).tce == pytest.approx(0.5)


def test_what_is_sold_is_taken_off() -> None:
    sold = (Flow("heat", 1_000_000, "MJ"), Flow("heat", 400_000, "MJ", is_sold=True))

    assert consumption(sold, EQUIVALENT).tce == pytest.approx(0.6 * 34.12)


@pytest.mark.parametrize(
    ("flow", "refusal"),
    [
        pytest.param(Flow("peat", 1, "kg"), UnknownEnergy, id="unknown"),
        pytest.param(Flow("diesel", 1, "t"), EnergyUnitMismatch, id="unit"),
        pytest.param(Flow("diesel", -1, "kg"), InvalidAmount, id="negative"),
        pytest.param(Flow("diesel", float("nan"), "kg"), InvalidAmount, id="nan"),
        pytest.param(Flow("diesel", 1, "kg", ncv_kj=0), InvalidAmount, id="ncv"),
        pytest.param(Flow("electricity", 1, "kWh", ncv_kj=3600), InvalidAmount, id="ncv-electric"),
    ],
)
def test_what_cannot_be_counted_is_refused(flow: Flow, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        consumption([flow], EQUIVALENT)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=20))
def test_a_total_is_the_sum_of_its_parts(amounts: list[float]) -> None:
    flows = [Flow(("diesel", "coke")[n % 2], each, "kg") for n, each in enumerate(amounts)]
    total = consumption(flows, EQUIVALENT)

    assert total.tce == pytest.approx(sum(total.by_energy.values()))


def test_intensity_needs_an_output() -> None:
    assert intensity(consumption(YEAR, EQUIVALENT), 1000) == pytest.approx(0.320902)
    with pytest.raises(InvalidAmount):
        intensity(consumption(YEAR, EQUIVALENT), 0)


QUOTA = QuotaRule.of(rule(QUOTA_RULE))


@pytest.mark.parametrize(
    ("used", "told", "stage", "reached"),
    [
        pytest.param(79.999, Stage.WITHIN, Stage.WITHIN, (), id="below"),
        pytest.param(80, Stage.WITHIN, Stage.NOTICE, (Stage.NOTICE,), id="at-80"),
        pytest.param(90, Stage.NOTICE, Stage.WARNING, (Stage.WARNING,), id="at-90"),
        pytest.param(
            120,
            Stage.WITHIN,
            Stage.EXCEEDED,
            (Stage.NOTICE, Stage.WARNING, Stage.EXCEEDED),
            id="all-at-once",
        ),
        pytest.param(95, Stage.WARNING, Stage.WARNING, (), id="told-once"),
        pytest.param(70, Stage.WARNING, Stage.WITHIN, (), id="restated-down"),
    ],
)
def test_quota_stages(used: float, told: Stage, stage: Stage, reached: tuple[Stage, ...]) -> None:
    state = assess(used, 100, told, QUOTA)

    assert (state.stage, state.reached) == (stage, reached)
    assert state.left_tce == pytest.approx(100 - used)


def test_a_quota_rule_must_rise() -> None:
    shipped = rule(QUOTA_RULE)
    with pytest.raises(InvalidRule):
        QuotaRule.of(replace(shipped, parameters={"notice": 1, "warning": 0.9, "exceeded": 1}))


@pytest.mark.parametrize(
    ("tce", "designated", "expected"),
    [
        (10_000, False, KeyUnit.YES),
        (9_999, False, KeyUnit.MAY_BE_DESIGNATED),
        (5_000, True, KeyUnit.YES),
        (4_999, True, KeyUnit.NO),
    ],
)
def test_key_units(tce: float, designated: bool, expected: KeyUnit) -> None:
    assert key_unit(tce, rule(KEY_UNIT_RULE), is_designated=designated) is expected


GRID, FUELS = rule(carbon.GRID_RULE), rule(carbon.FUEL_RULE)


@pytest.mark.parametrize(("year", "tonnes"), [(2023, 156.4), (2022, 140.4), (2021, 125.5)])
def test_a_gigawatt_hour_in_sichuan_by_year(year: int, tonnes: float) -> None:
    account = carbon.Account("51", year, 1e6, 0, {})

    assert carbon.footprint(account, GRID, FUELS).location_t == pytest.approx(tonnes)


def test_market_based_counts_what_is_not_certified_by_the_residual_mix() -> None:
    found = carbon.footprint(carbon.Account("51", 2023, 1e6, 4e5, {"diesel": 10}), GRID, FUELS)

    assert found.market_t == pytest.approx(0.6 * 609.6)
    assert found.fuel_t == pytest.approx(31.0, abs=0.01)
    assert found.total_location_t == pytest.approx(156.4 + found.fuel_t)
    assert found.factor_year == 2023


def test_no_year_stands_in_for_another() -> None:
    with pytest.raises(carbon.CarbonFactorNotFound, match="2021, 2022, 2023"):
        carbon.grid_factor(GRID, "51", 2024)
    found = carbon.footprint(carbon.Account("51", 2022, 1e6, 0, {}), GRID, FUELS)
    assert found.market_t is None
    assert found.total_market_t is None


def test_certificates_are_no_income() -> None:
    with pytest.raises(carbon.GreenPowerExceeds):
        carbon.footprint(carbon.Account("51", 2023, 1, 2, {}), GRID, FUELS)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.floats(0.01, 1e6), min_size=1))
def test_products_share_all_of_it(shares: dict[str, float]) -> None:
    assert sum(carbon.of_product(100.0, shares).values()) == pytest.approx(100.0)
