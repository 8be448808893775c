"""NEWS2, qSOFA and Bedside PEWS: the charts, and columns that agree with the scalar to the bit."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.healthcare.model.score_columns import UNKNOWN, ColumnScorer
from services.plumbing.rules import RuleBook
from tests.healthcare.rulebook import NOW
from tianfu.scores import shipped
from tianfu.scores.scale import InvalidInput, InvalidScale, Measure, Scale, Value

DAY: Final = date(2026, 11, 20)
NEWS2: Final = shipped.scale("news2", DAY)
PEWS: Final = shipped.scale("bedside-pews", DAY)
QSOFA: Final = shipped.scale("qsofa", DAY)
VECTORS: Final = json.loads((Path(__file__).parent / "data" / "vectors.json").read_text())["news2"]
WELL: Final[dict[str, Value]] = {
    "respiration_rate": 16,
    "oxygen_saturation": 97,
    "oxygen": "air",
    "systolic_pressure": 120,
    "pulse": 70,
    "consciousness": "A",
    "temperature": 37.0,
    "scale": "1",
}
NAMES: Final = {
    "rr": "respiration_rate",
    "spo2": "oxygen_saturation",
    "o2": "oxygen",
    "sbp": "systolic_pressure",
    "hr": "pulse",
    "cons": "consciousness",
    "temp": "temperature",
}


def named(vector: dict[str, Any]) -> dict[str, Value]:
    return {
        "respiration_rate": vector["rr"],
        "oxygen_saturation": vector["spo2"],
        "oxygen": "oxygen" if vector["o2"] else "air",
        "systolic_pressure": vector["sbp"],
        "pulse": vector["hr"],
        "consciousness": vector["acvpu"],
        "temperature": vector["temp"],
        "scale": str(vector["scale"]),
    }


@pytest.mark.parametrize("vector", VECTORS, ids=[f"total-{v['total']}" for v in VECTORS])
def test_news2_scores_as_the_chart_does(vector: dict[str, Any]) -> None:
    score = NEWS2.score(named(vector))

    assert (vector["total"], vector["risk"]) == (score.total, score.band)
    assert vector["parts"] == {name: score.parts[long] for name, long in NAMES.items()}
    assert score.is_complete
    assert score.high == score.total


@pytest.mark.parametrize(
    ("saturation", "oxygen", "points"),
    [
        (83, "air", 3), (84, "air", 2), (85, "air", 2), (86, "air", 1), (87, "air", 1),
        (88, "air", 0), (92, "air", 0), (93, "air", 0), (97, "air", 0), (100, "air", 0),
        (92, "oxygen", 0), (93, "oxygen", 1), (94, "oxygen", 1), (95, "oxygen", 2),
        (96, "oxygen", 2), (97, "oxygen", 3),
    ],
)  # fmt: skip
def test_the_second_saturation_scale_looks_at_oxygen(
    saturation: int, oxygen: str, points: int
) -> None:
    score = NEWS2.score({**WELL, "scale": "2", "oxygen_saturation": saturation, "oxygen": oxygen})

    assert points == score.parts["oxygen_saturation"]


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("respiration_rate", 8, 3), ("respiration_rate", 9, 1), ("respiration_rate", 12, 0),
        ("respiration_rate", 20, 0), ("respiration_rate", 21, 2), ("respiration_rate", 25, 3),
        ("systolic_pressure", 90, 3), ("systolic_pressure", 91, 2), ("systolic_pressure", 101, 1),
        ("systolic_pressure", 111, 0), ("systolic_pressure", 219, 0), ("systolic_pressure", 220, 3),
        ("pulse", 40, 3), ("pulse", 41, 1), ("pulse", 51, 0), ("pulse", 91, 1), ("pulse", 111, 2),
        ("pulse", 131, 3), ("temperature", 35.0, 3), ("temperature", 35.1, 1),
        ("temperature", 36.1, 0), ("temperature", 38.0, 0), ("temperature", 38.1, 1),
        ("temperature", 39.0, 1), ("temperature", 39.1, 2),
    ],
)  # fmt: skip
def test_each_step_of_the_chart_begins_where_it_should(
    name: str, value: float, points: int
) -> None:
    assert points == NEWS2.score({**WELL, name: value}).parts[name]


def test_what_is_missing_is_named_and_the_total_is_a_lower_bound() -> None:
    score = NEWS2.score({**WELL, "temperature": None, "pulse": 140})

    assert (score.total, score.high) == (3, 6)
    assert score.missing == ("temperature",)
    assert score.parts["temperature"] is None
    assert not score.is_complete
    assert score.single == ("pulse",)
    assert score.band == "low-medium"


def test_an_implausible_value_is_told_apart_and_never_scored() -> None:
    score = NEWS2.score({**WELL, "temperature": 370.0})

    assert (score.implausible, score.missing) == (("temperature",), ())
    assert (score.total, score.high) == (0, 3)


def test_a_saturation_whose_scale_is_not_known_is_bounded_by_both() -> None:
    score = NEWS2.score({**WELL, "scale": None, "oxygen_saturation": 90})

    assert (score.total, score.high) == (0, 3)
    assert score.missing == ("scale",)


def test_a_single_three_lifts_only_below_five() -> None:
    five = NEWS2.score({**WELL, "respiration_rate": 25, "oxygen": "oxygen"})

    assert (five.total, five.band) == (5, "medium")


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({"pluse": 70}, id="unknown-name"),
        pytest.param({"consciousness": "Z"}, id="unknown-code"),
        pytest.param({"pulse": "70"}, id="text-for-a-number"),
        pytest.param({"pulse": True}, id="bool-for-a-number"),
    ],
)
def test_inputs_that_the_score_does_not_know_are_refused(inputs: dict[str, Value]) -> None:
    with pytest.raises(InvalidInput):
        NEWS2.score(inputs)


def test_qsofa_counts_three_signs() -> None:
    sick: dict[str, Value] = {
        "respiration_rate": 22,
        "systolic_pressure": 100,
        "consciousness": "C",
    }

    assert (QSOFA.score(sick).total, QSOFA.score(sick).band) == (3, "high")
    assert QSOFA.score({**sick, "consciousness": "A"}).band == "high"
    assert (
        QSOFA.score({"respiration_rate": 21, "systolic_pressure": 101, "consciousness": "A"}).total
        == 0
    )


@pytest.mark.parametrize(
    ("age", "pulse", "points"),
    [
        ("0-2-months", 149, 0), ("0-2-months", 150, 1), ("0-2-months", 180, 2),
        ("0-2-months", 190, 4), ("0-2-months", 80, 4), ("3-11-months", 80, 2),
        ("1-4-years", 90, 1), ("5-12-years", 109, 0), ("5-12-years", 150, 4),
        ("13-years-on", 61, 0), ("13-years-on", 100, 1),
    ],
)  # fmt: skip
def test_bedside_pews_looks_at_the_childs_age(age: str, pulse: int, points: int) -> None:
    assert points == PEWS.score({"age": age, "pulse": pulse}).parts["pulse"]


def test_bedside_pews_ends_at_26() -> None:
    assert PEWS.score({}).high == 26


@pytest.mark.parametrize("scale", [NEWS2, QSOFA, PEWS], ids=lambda s: s.version.split("/")[0])
@given(data=st.data())
def test_columns_agree_with_the_scalar_to_the_bit(scale: Scale, data: st.DataObject) -> None:
    numbers = st.one_of(
        st.none(),
        st.integers(-5, 400).map(float),
        st.floats(min_value=-5, max_value=400).map(lambda v: round(v, 2)),
    )
    strategies: dict[str, Any] = {
        **{name: st.sampled_from([None, *codes]) for name, codes in scale.codes()},
        **{each.name: numbers for each in scale.items if isinstance(each, Measure)},
    }
    rows = data.draw(st.lists(st.fixed_dictionaries(strategies), min_size=1, max_size=20))
    scorer = ColumnScorer(scale)
    coded = dict(scale.codes())
    columns = {
        name: scorer.encode(name, [row[name] for row in rows])
        if name in coded
        else np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64)
        for name in strategies
    }

    made = scorer.score(columns)

    names = [*(each.name for each in scale.items), *scale.context]
    for place, row in enumerate(rows):
        wanted = scale.score(row)
        assert (wanted.total, wanted.high, wanted.band) == (
            made.total[place], made.high[place], made.bands[made.band[place]],
        )  # fmt: skip
        assert [UNKNOWN if p is None else p for p in wanted.parts.values()] == made.parts[
            :, place
        ].tolist()
        assert set(wanted.missing) == {
            n for bit, n in enumerate(names) if made.missing[place] >> bit & 1
        }
        assert set(wanted.implausible) == {
            n for bit, n in enumerate(names) if made.implausible[place] >> bit & 1
        }


def test_columns_that_are_not_the_scales_are_refused() -> None:
    with pytest.raises(InvalidInput):
        ColumnScorer(QSOFA).score({"pulse": np.array([70.0])})


def test_a_node_and_a_rule_book_name_the_same_version() -> None:
    book = RuleBook.read(shipped.TABLES)

    for score_id in ("news2", "qsofa", "bedside-pews"):
        rule = book.in_force(score_id, "CN-51-0104", NOW)
        assert shipped.scale(score_id, DAY) == Scale.parse(rule.version, rule.parameters)


@pytest.mark.parametrize(("score_id", "day"), [("news3", DAY), ("news2", date(2017, 12, 18))])
def test_a_score_that_is_not_in_force_is_refused(score_id: str, day: date) -> None:
    with pytest.raises(shipped.NoScale):
        shipped.scale(score_id, day)


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param([], id="no-table"),
        pytest.param([{"up_to": [[3, 1], [2, 0]], "above": 0}], id="descending"),
        pytest.param([{"up_to": [[2.5, 1]], "above": 0}], id="finer-than-the-resolution"),
        pytest.param([{"up_to": [[2, 1]]}], id="no-points-above"),
        pytest.param([{"when": {"x": "1"}, "up_to": [[2, 1]], "above": 0}], id="unknown-context"),
    ],
)
def test_a_table_that_cannot_be_is_refused(tables: list[dict[str, Any]]) -> None:
    item = {"unit": "/min", "plausible": [0, 9], "tables": tables}

    with pytest.raises(InvalidScale):
        Scale.parse("x", {"bands": [{"name": "low", "from_total": 0}], "items": {"rate": item}})
