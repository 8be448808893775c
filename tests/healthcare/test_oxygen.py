"""Who is scored on SpO2 scale 2: whom a clinician put on it, during that visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from services.healthcare.model import oxygen
from services.healthcare.model.oxygen import OxygenScale, OxygenScaleOrder, ScaleNotForChildren
from tests.healthcare.rulebook import NOW

ORDER: Final = OxygenScaleOrder(
    "copd-1", "p1", OxygenScale.TWO, "COPD, target 88-92 %", "dr-li", "V001", NOW
)


def test_without_an_order_it_is_scale_1() -> None:
    assert oxygen.in_force(None, "V001") is OxygenScale.ONE


def test_an_order_holds_for_its_visit_and_no_other() -> None:
    assert oxygen.in_force(ORDER, "V001") is OxygenScale.TWO
    assert oxygen.in_force(ORDER, "V002") is OxygenScale.ONE


def test_an_order_goes_back_to_scale_1_too() -> None:
    assert oxygen.in_force(replace(ORDER, scale=OxygenScale.ONE), "V001") is OxygenScale.ONE


def test_an_order_sent_again_later_says_the_same_and_one_of_somebody_else_does_not() -> None:
    assert ORDER.says(replace(ORDER, create_time=NOW + timedelta(hours=1), visit="V002"))
    assert not ORDER.says(replace(ORDER, clinician="dr-wang"))
    assert not ORDER.says(replace(ORDER, scale=OxygenScale.ONE))


@pytest.mark.parametrize("birth", [None, date(1950, 1, 1)])
def test_adults_and_whose_age_is_not_known_may_be_put_on_scale_2(birth: date | None) -> None:
    oxygen.check(OxygenScale.TWO, birth, NOW)


def test_a_child_is_never_put_on_scale_2() -> None:
    with pytest.raises(ScaleNotForChildren):
        oxygen.check(OxygenScale.TWO, date(NOW.year - 10, 1, 1), NOW)
    oxygen.check(OxygenScale.ONE, date(NOW.year - 10, 1, 1), NOW)
