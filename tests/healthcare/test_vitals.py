"""From coded observations to a score's inputs: what counts, and what is left out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest

from services.healthcare.model import vitals
from services.healthcare.model.records import derived, masked
from services.healthcare.model.vitals import Reading, Vital
from tests.healthcare.rulebook import BOOK, NOW
from tianfu.scores import shipped

READING: Final = Reading.parse(BOOK.in_force(vitals.RULE, "CN", NOW))
NEWS2: Final = shipped.scale("news2", date(2026, 11, 20))
PEWS: Final = shipped.scale("bedside-pews", date(2026, 11, 20))
MINUTE: Final = timedelta(minutes=1)


def vital(
    code: str, number: float | None, unit: str = "/min", minutes: int = 0, word: str = ""
) -> Vital:
    return Vital(code, number, unit, word, NOW - minutes * MINUTE)


def inputs(*found: Vital) -> dict[str, object]:
    made = vitals.inputs(NEWS2, found, date(1980, 1, 1), NOW, READING)
    return {name: value for name, value in made.items() if value is not None}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([vital("9279-1", 18.0)], {"respiration_rate": 18.0}, id="loinc"),
        pytest.param([vital("8867-4", 70.0, "{beats}/min")], {"pulse": 70.0}, id="annotated-unit"),
        pytest.param([vital("8310-5", 98.6, "[degF]")], {}, id="other-unit-is-left-out"),
        pytest.param([vital("8867-4", 70.0, minutes=60)], {}, id="too-old"),
        pytest.param([vital("8867-4", 70.0, minutes=59)], {"pulse": 70.0}, id="just-young-enough"),
        pytest.param([vital("8867-4", 70.0, minutes=-1)], {}, id="later-than-the-score"),
        pytest.param(
            [vital("8867-4", 99.0, minutes=1), vital("8867-4", 70.0, minutes=5)],
            {"pulse": 99.0},
            id="the-latest-counts",
        ),
        pytest.param([vital("3151-8", 0.0, "L/min")], {"oxygen": "air"}, id="air"),
        pytest.param([vital("3151-8", 2.0, "L/min")], {"oxygen": "oxygen"}, id="oxygen"),
        pytest.param([vital("67775-7", None, word="voice")], {"consciousness": "V"}, id="acvpu"),
        pytest.param([vital("67775-7", None, word="fine")], {}, id="no-acvpu"),
        pytest.param([vital("2823-3", 4.0, "mmol/L")], {}, id="no-vital-sign"),
    ],
)
def test_what_goes_in(found: list[Vital], expected: dict[str, object]) -> None:
    assert {"scale": "1", **expected} == inputs(*found)


@pytest.mark.parametrize(
    ("flow", "expected"), [(0.0, "air"), (0.5, "low"), (3.9, "low"), (4.0, "high")]
)
def test_bedside_pews_looks_at_how_much_oxygen(flow: float, expected: str) -> None:
    found = [vital("3151-8", flow, "L/min")]

    made = vitals.inputs(PEWS, found, date(2024, 1, 1), NOW, READING)

    assert (expected, "1-4-years") == (made["oxygen_therapy"], made["age"])


@pytest.mark.parametrize(
    ("birth", "score", "group"),
    [
        (date(2010, 11, 20), vitals.NEWS2, "13-years-on"),
        (date(2010, 11, 21), vitals.PEWS, "13-years-on"),
        (date(2013, 11, 21), vitals.PEWS, "5-12-years"),
        (date(2021, 11, 21), vitals.PEWS, "1-4-years"),
        (date(2025, 11, 21), vitals.PEWS, "3-11-months"),
        (date(2026, 8, 21), vitals.PEWS, "0-2-months"),
        (date(2026, 11, 30), vitals.PEWS, "0-2-months"),
    ],
)
def test_the_score_is_that_of_the_age(birth: date, score: str, group: str) -> None:
    assert (score, group) == (vitals.score_for(birth, NOW), vitals.age_group(birth, NOW))


def test_who_has_no_birth_date_is_scored_as_an_adult() -> None:
    assert vitals.score_for(None, NOW) == vitals.NEWS2


@pytest.mark.parametrize(
    ("before", "expected"),
    [(None, ""), ((0, False), ""), ((0, True), "STEADY"), ((2, True), "FALLING")],
)
def test_a_trend_compares_complete_scores(before: tuple[int, bool] | None, expected: str) -> None:
    whole = NEWS2.score(
        {
            "respiration_rate": 16,
            "oxygen_saturation": 97,
            "oxygen": "air",
            "systolic_pressure": 120,
            "pulse": 70,
            "consciousness": "A",
            "temperature": 37.0,
            "scale": "1",
        }
    )

    assert expected == vitals.trend(whole, before, READING)
    assert vitals.trend(NEWS2.score({}), (9, True), READING) == ""


@pytest.mark.parametrize(
    ("text", "head", "tail", "expected"),
    [("张", 1, 0, "*"), ("张伟", 1, 0, "张*"), ("123456", 1, 4, "1*3456"), ("1234", 1, 4, "****")],
)
def test_a_masked_text_shows_its_ends_alone(text: str, head: int, tail: int, expected: str) -> None:
    assert masked(text, head, tail) == expected


def test_ids_are_the_same_for_the_same_parts_and_no_others() -> None:
    assert derived("a", "b", "c") == derived("a", "b", "c")
    assert len({derived("a", "bc", "d"), derived("a", "b", "cd"), derived("a", "bcd")}) == 3
