"""Base stations: published powers, sleep that never costs a warning, subsidies that name faults."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.energy.model.base_station import (
    POWER_RULE,
    SLEEP_RULE,
    Cell,
    InvalidLoad,
    Radio,
    Reason,
    Scene,
    SleepRule,
    decide,
    reserve_kwh,
    simulate,
)
from services.energy.model.subsidy import SUBSIDY_RULE, Claim, InvalidClaim, Objection, assess_all
from tests.energy.shipped_rules import rule

MACRO = Radio.of(rule(POWER_RULE), "macro")
RRH = Radio.of(rule(POWER_RULE), "remote_radio_head")
RULE = SleepRule.of(rule(SLEEP_RULE))
NOW = datetime(2026, 7, 1, 18, tzinfo=UTC)
IDLE = Scene(load=0.01, spare=0.8, in_warning=False, serves_ambulance=False)
DROWSY = Cell(idle_since=NOW - timedelta(hours=1))
ASLEEP = Cell(is_asleep=True, idle_since=NOW - timedelta(hours=1))


@pytest.mark.parametrize(
    ("radio", "watts"),
    [(MACRO, (1344, 1062, 780, 450)), (RRH, (840, 672, 504, 336))],
    ids=["macro", "rrh"],
)
def test_the_published_powers(radio: Radio, watts: tuple[float, ...]) -> None:
    found = [radio.watts(load) for load in (1, 0.5, 0)] + [radio.watts(0, is_asleep=True)]

    assert found == pytest.approx(watts)
    with pytest.raises(InvalidLoad):
        radio.watts(1.01)


@pytest.mark.parametrize("cell", [DROWSY, ASLEEP], ids=["drowsy", "asleep"])
@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        pytest.param(replace(IDLE, in_warning=True), Reason.WARNING_ACTIVE, id="warning"),
        pytest.param(replace(IDLE, serves_ambulance=True), Reason.SERVES_AMBULANCE, id="ambulance"),
        pytest.param(replace(IDLE, is_fresh=False), Reason.STATE_STALE, id="stale"),
        pytest.param(replace(IDLE, load=0.2), Reason.TRAFFIC, id="traffic"),
        pytest.param(replace(IDLE, spare=0.29), Reason.NO_NEIGHBOUR, id="neighbours-full"),
    ],
)
def test_what_keeps_a_cell_awake(cell: Cell, scene: Scene, reason: Reason) -> None:
    found = decide(cell, scene, RULE, NOW)

    assert (found.cell.is_asleep, found.reason) == (False, reason)
    assert found.rule_version == RULE.version


def test_an_idle_cell_falls_asleep_and_stays_so_between_the_two_thresholds() -> None:
    found = decide(DROWSY, IDLE, RULE, NOW)

    assert found.cell.is_asleep
    between = decide(found.cell, replace(IDLE, load=0.10), RULE, NOW)
    assert between.cell.is_asleep
    assert not decide(Cell(), replace(IDLE, load=0.10), RULE, NOW).cell.is_asleep


def test_a_cell_must_be_idle_and_awake_for_long_enough() -> None:
    assert decide(Cell(), IDLE, RULE, NOW).reason is Reason.IDLE_TOO_SHORT
    woken = replace(DROWSY, woken_at=NOW - timedelta(minutes=14))
    assert decide(woken, IDLE, RULE, NOW).reason is Reason.WOKEN_LATELY
    assert decide(woken, IDLE, RULE, NOW + timedelta(minutes=1)).cell.is_asleep


@given(
    st.lists(
        st.builds(
            Scene,
            load=st.floats(0, 1),
            spare=st.floats(0, 1),
            in_warning=st.booleans(),
            serves_ambulance=st.booleans(),
            is_fresh=st.booleans(),
        ),
        max_size=40,
    )
)
def test_no_cell_ever_sleeps_in_danger(scenes: list[Scene]) -> None:
    cell = Cell()
    for number, scene in enumerate(scenes):
        cell = decide(cell, scene, RULE, NOW + number * timedelta(minutes=15)).cell
        danger = scene.in_warning or scene.serves_ambulance or not scene.is_fresh
        assert not (cell.is_asleep and danger)


def week(seed: int) -> list[Scene]:
    """A week of quarter hours: quiet nights, busy evenings, noise."""
    noise = random.Random(seed)
    loads = [
        max(0.0, 0.25 - 0.27 * math.cos(2 * math.pi * n / 96) + noise.gauss(0, 0.02))
        for n in range(7 * 96)
    ]
    return [replace(IDLE, load=load, spare=1 - load) for load in loads]


def test_a_week_of_sleep_saves_against_always_on() -> None:
    saved = simulate(MACRO, week(1), RULE, NOW, timedelta(minutes=15))

    assert 0.05 < saved.share < 0.25
    assert saved == simulate(MACRO, week(1), RULE, NOW, timedelta(minutes=15))
    assert saved.switches <= 7 * 4
    warned = [replace(each, in_warning=True) for each in week(1)]
    assert simulate(MACRO, warned, RULE, NOW, timedelta(minutes=15)).share == 0


def test_the_reserve_is_load_by_hours() -> None:
    assert reserve_kwh(1.5, 4) == 6
    with pytest.raises(InvalidLoad):
        reserve_kwh(-1, 4)


# Three macro radios at half load and 1 kW beside them: 4.186 kW for 720 h.
CLAIM = Claim(
    "2026-06-0001", "mobile", "s1", "m1", "2026-06", 3014, 720, 0.5, 3, 1.0, True, 0.6, 0.6
)


def test_a_claim_is_worth_its_rate_up_to_the_cap() -> None:
    [found] = assess_all([CLAIM], MACRO, rule(SUBSIDY_RULE))
    assert (found.yuan, found.is_capped, found.objections) == (300.0, True, ())

    small = replace(CLAIM, kwh=2999, radios=3)
    [found] = assess_all([small], MACRO, rule(SUBSIDY_RULE))
    assert (found.yuan, found.is_capped) == (299.9, False)


@pytest.mark.parametrize(
    ("claim", "objection"),
    [
        pytest.param(replace(CLAIM, kwh=3800), Objection.ABOVE_BAND, id="too-much"),
        pytest.param(replace(CLAIM, kwh=2200), Objection.BELOW_BAND, id="too-little"),
        pytest.param(replace(CLAIM, price_paid=0.67), Objection.RESALE_MARKUP, id="resold"),
    ],
)
def test_what_speaks_against_a_claim_is_named(claim: Claim, objection: Objection) -> None:
    [found] = assess_all([claim], MACRO, rule(SUBSIDY_RULE))

    assert found.objections == (objection,)
    assert found.yuan == 0


def test_a_shared_tower_is_paid_once_in_any_order() -> None:
    other = replace(CLAIM, claim="2026-06-0002", operator="unicom")
    for claims in ([CLAIM, other], [other, CLAIM]):
        found = {each.claim: each for each in assess_all(claims, MACRO, rule(SUBSIDY_RULE))}
        assert found[CLAIM.claim].objections == ()
        assert found[other.claim].objections == (Objection.DOUBLE_CLAIM,)


def test_an_estimate_is_flagged_and_the_evidence_changes_with_the_claim() -> None:
    estimate = replace(CLAIM, is_metered=False)
    [a], [b] = (assess_all([each], MACRO, rule(SUBSIDY_RULE)) for each in (CLAIM, estimate))

    assert b.objections == (Objection.ESTIMATED,)
    assert b.yuan == 300
    assert a.evidence_sha256 != b.evidence_sha256
    with pytest.raises(InvalidClaim):
        assess_all([replace(CLAIM, kwh=-1)], MACRO, rule(SUBSIDY_RULE))
