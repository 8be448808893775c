"""Cross-region settlement: the worked example, and money that always adds up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.healthcare.model.settlement import (
    ByGroup,
    InvalidBill,
    Line,
    NotRegistered,
    Policy,
    settle,
)

POLICY: Final = Policy("policy/CN-50/2026-01-01", 100_000, Decimal("0.85"), 10**9)
LISTED: Final = {"stay": 10**9, "scan": 40_000}


def test_the_worked_example() -> None:
    bill = [Line("stay", 1_050_000, 50_000), Line("imported-drug", 150_000)]

    settled = settle(bill, LISTED, POLICY, registered=True)

    assert (
        settled.total_fen, settled.outside_fen, settled.fund_fen, settled.patient_fen,
    ) == (1_200_000, 150_000, 765_000, 435_000)  # fmt: skip
    assert POLICY.rule_version == settled.rule_version


def test_above_the_lists_price_is_the_patients() -> None:
    free = replace(POLICY, deductible_remaining_fen=0, ratio=Decimal(1))

    assert settle([Line("scan", 60_000)], LISTED, free, registered=True).fund_fen == 40_000


def test_the_cap_ends_what_the_fund_pays() -> None:
    capped = replace(POLICY, cap_remaining_fen=7)

    assert settle([Line("stay", 9_000_000)], LISTED, capped, registered=True).fund_fen == 7


def test_half_a_fen_goes_up() -> None:
    half = replace(POLICY, deductible_remaining_fen=0, ratio=Decimal("0.5"))

    assert settle([Line("stay", 3)], LISTED, half, registered=True).fund_fen == 2


def test_a_group_pays_its_standard_whatever_was_charged() -> None:
    group = ByGroup(Decimal("1.2"), 1_000_000)

    cheap = settle([Line("stay", 2_000_000)], LISTED, POLICY, registered=True, payer=group)
    dear = settle([Line("stay", 3_000_000)], LISTED, POLICY, registered=True, payer=group)

    assert 935_000 == cheap.fund_fen == dear.fund_fen
    assert cheap.payer == "by-group"


def test_registration_comes_first() -> None:
    with pytest.raises(NotRegistered):
        settle([], LISTED, POLICY, registered=False)


@pytest.mark.parametrize("line", [Line("stay", -1), Line("stay", 1, 2), Line("stay", 1, -1)])
def test_amounts_that_cannot_be_are_refused(line: Line) -> None:
    with pytest.raises(InvalidBill):
        settle([line], LISTED, POLICY, registered=True)


LINES: Final = st.lists(
    st.builds(
        lambda item, price, share: Line(item, price, price * share // 100),
        st.sampled_from(["stay", "scan", "other"]),
        st.integers(0, 10**8),
        st.integers(0, 100),
    ),
    max_size=20,
)


@given(
    lines=LINES,
    deductible=st.integers(0, 10**7),
    cap=st.integers(0, 10**8),
    ratio=st.integers(0, 100),
)
def test_every_fen_is_paid_once(lines: list[Line], deductible: int, cap: int, ratio: int) -> None:
    policy = Policy("v", deductible, Decimal(ratio) / 100, cap)

    settled = settle(lines, LISTED, policy, registered=True)

    assert sum(line.price_fen for line in lines) == settled.fund_fen + settled.patient_fen
    assert 0 <= settled.fund_fen <= min(cap, settled.payable_fen)
    assert settled.payable_fen + settled.outside_fen == settled.total_fen
