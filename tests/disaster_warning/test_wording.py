"""What people are told: numbers in words, lengths, exercises, all templates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.warnings.cell_broadcast import coding_for, encode
from services.disaster_warning.geography.counties import sichuan
from services.disaster_warning.model import spoken
from services.disaster_warning.model.colours import COLOURS, Colour
from services.disaster_warning.model.wording import (
    BOARD_MAX,
    BROADCAST_MAX,
    CHINESE,
    ENGLISH,
    EXERCISE,
    HEADLINE_MAX,
    LANGUAGES,
    RULE,
    Facts,
    Name,
    Phase,
    Wording,
)
from services.plumbing.rules import InvalidRule, RuleBook

HAZARDS = ("earthquake", "rainstorm", "debris-flow", "flood", "forest-fire", "other")
FIELDS = ("headline", "description", "instruction", "voice", "board")
BOOK = RuleBook.read(files("services.disaster_warning") / "rules")
RULE_NOW = BOOK.in_force(RULE, "CN-51", datetime(2026, 11, 1, tzinfo=UTC))
WORDING = Wording(RULE_NOW)
YUCHENG = Name("雨城区", "Yucheng District")
QUAKE = Facts(
    YUCHENG,
    epicentre=Name("芦山县", "Lushan County"),
    magnitude=6.1,
    intensity=7.2,
    countdown_s=26.9,
)


def told(
    hazard: str = "earthquake",
    phase: Phase = Phase.ISSUE,
    colour: Colour = Colour.RED,
    facts: Facts = QUAKE,
    *,
    exercise: bool = False,
    language: str = CHINESE,
) -> Any:
    texts = WORDING.texts(hazard, phase, colour, facts, exercise=exercise)
    return next(each for each in texts if each.language == language)


# -- numbers in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (0, "零", "zero"),
        (1, "一", "one"),
        (7, "七", "seven"),
        (10, "十", "ten"),
        (12, "十二", "twelve"),
        (20, "二十", "twenty"),
        (26, "二十六", "twenty-six"),
        (60, "六十", "sixty"),
        (99, "九十九", "ninety-nine"),
        (100, "一百", "one hundred"),
        (101, "一百零一", "one hundred and one"),
        (110, "一百一十", "one hundred and ten"),
        (112, "一百一十二", "one hundred and twelve"),
        (250, "二百五十", "two hundred and fifty"),
        (1000, "一千", "one thousand"),
        (1005, "一千零五", "one thousand and five"),
        (1010, "一千零一十", "one thousand and ten"),
        (1105, "一千一百零五", "one thousand one hundred and five"),
        (9999, "九千九百九十九", "nine thousand nine hundred and ninety-nine"),
    ],
)
def test_numbers_are_said_as_people_say_them(number: int, zh: str, en: str) -> None:
    assert spoken.chinese(number) == zh
    assert spoken.english(number) == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (6.1, "六点一", "six point one"),
        (7.0, "七点零", "seven point zero"),
        (10.5, "十点五", "ten point five"),
        (5.96, "六点零", "six point zero"),
        (0.3, "零点三", "zero point three"),
    ],
)
def test_decimals_are_said_digit_by_digit(value: float, zh: str, en: str) -> None:
    assert spoken.chinese_decimal(value) == zh
    assert spoken.english_decimal(value) == en


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_different_numbers_sound_different(one: int, other: int) -> None:
    assert (spoken.chinese(one) == spoken.chinese(other)) == (one == other)
    assert (spoken.english(one) == spoken.english(other)) == (one == other)


@pytest.mark.parametrize("value", [-1, 10_000, float("nan"), float("inf")])
def test_what_is_out_of_bounds_is_not_said(value: float) -> None:
    with pytest.raises(ValueError, match="not read out"):
        spoken.whole(value)


@pytest.mark.parametrize(
    ("intensity", "expected"),
    [(0.2, "I"), (1.4, "I"), (5.5, "VI"), (7.2, "VII"), (8.5, "IX"), (12.0, "XII"), (12.9, "XII")],
)
def test_intensities_are_roman_in_english(intensity: float, expected: str) -> None:
    assert spoken.roman(intensity) == expected


# -- an earthquake --------------------------------------------------------------------------------


def test_an_earthquake_is_told_with_intensity_countdown_and_magnitude() -> None:
    text = told()

    assert text.headline.startswith("地震红色预警")
    assert text.headline.endswith("地震波26秒后到达")
    assert "雨城区预计烈度7度" in text.headline
    assert "芦山县发生6.1级左右地震" in text.description
    assert "烈度七度" in text.voice
    assert "地震波二十六秒后到达" in text.voice
    assert text.board == "地震26秒后到达 烈度7"


def test_an_earthquake_is_told_in_english() -> None:
    text = told(language=ENGLISH)

    assert text.headline == (
        "Red earthquake warning for Yucheng District: intensity VII, shaking in 26 seconds"
    )
    assert "magnitude 6.1 near Lushan County" in text.description
    assert "expected intensity seven. Shaking in twenty-six seconds" in text.voice
    assert text.board == "QUAKE 26s"


@pytest.mark.parametrize(
    ("countdown_s", "zh", "en"),
    [
        (None, "即将到达", "any moment"),
        (-3.0, "正在到达", "now"),
        (0.0, "正在到达", "now"),
        (0.9, "正在到达", "now"),
        (1.0, "1秒后到达", "in 1 second"),
        (26.9, "26秒后到达", "in 26 seconds"),
    ],
)
def test_nobody_is_promised_time_that_there_is_not(
    countdown_s: float | None, zh: str, en: str
) -> None:
    facts = replace(QUAKE, countdown_s=countdown_s)

    assert told(facts=facts).headline.endswith(f"地震波{zh}")
    assert told(facts=facts, language=ENGLISH).headline.endswith(f"shaking {en}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", Phase)
def test_what_is_not_known_is_left_unsaid(phase: Phase, language: str) -> None:
    text = told(phase=phase, facts=Facts(YUCHENG), language=language)

    assert all("None" not in getattr(text, field) for field in FIELDS)
    assert all("{" not in getattr(text, field) for field in FIELDS)


@pytest.mark.parametrize("hazard", HAZARDS)
def test_a_cancellation_says_so_and_asks_for_no_shelter(hazard: str) -> None:
    text = told(hazard, Phase.CANCEL)

    assert "取消" in text.headline or "解除" in text.headline
    assert "立即" not in text.voice + text.instruction
    assert "now" not in told(hazard, Phase.CANCEL, language=ENGLISH).headline


# -- every template -------------------------------------------------------------------------------

ALL = [
    pytest.param(hazard, phase, colour, exercise, id=f"{hazard}-{phase}-{colour.name}-{exercise}")
    for hazard, phase, colour, exercise in product(HAZARDS, Phase, COLOURS, (False, True))
]


@pytest.mark.parametrize(("hazard", "phase", "colour", "exercise"), ALL)
def test_texts_fit_and_exercises_say_so(
    hazard: str, phase: Phase, colour: Colour, *, exercise: bool
) -> None:
    for text in WORDING.texts(hazard, phase, colour, QUAKE, exercise=exercise):
        fields = [getattr(text, field) for field in FIELDS]

        assert all(fields)
        assert [each.startswith(EXERCISE[text.language]) for each in fields] == [exercise] * 5
        assert len(text.headline) <= HEADLINE_MAX[text.language]
        assert len(text.broadcast) <= BROADCAST_MAX[text.language]
        assert len(text.board) <= BOARD_MAX
        language = text.language[:2]
        coding = coding_for(text.broadcast, language)
        prefix = language if coding.has_language else None
        assert len(encode(text.broadcast, coding, prefix)) <= 15
        assert len(encode(text.headline, coding, prefix)) <= 2


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("hazard", HAZARDS)
def test_headlines_name_place_and_colour(hazard: str, colour: Colour) -> None:
    zh = told(hazard, colour=colour).headline
    en = told(hazard, colour=colour, language=ENGLISH).headline

    assert YUCHENG.zh in zh
    assert YUCHENG.en in en
    assert {"BLUE": "蓝", "YELLOW": "黄", "ORANGE": "橙", "RED": "红"}[colour.name] in zh
    assert colour.name.title() in en


@pytest.mark.parametrize("exercise", [False, True])
def test_texts_fit_for_every_county(*, exercise: bool) -> None:
    for county in sichuan():
        name = Name(
            county.prefecture_zh + county.name_zh, f"{county.name_en}, {county.prefecture_en}"
        )
        facts = replace(QUAKE, place=name)
        for text in WORDING.texts("earthquake", Phase.ISSUE, Colour.RED, facts, exercise=exercise):
            assert not text.headline.endswith("…"), text


def test_absurd_names_are_cut() -> None:
    facts = replace(QUAKE, place=Name("长" * 500, "x" * 500))

    assert len(told(facts=facts).headline) == HEADLINE_MAX[CHINESE]
    assert len(told(facts=facts, language=ENGLISH).headline) == HEADLINE_MAX[ENGLISH]


@pytest.mark.parametrize(
    ("code", "hazard"),
    [
        ("11C02", "earthquake"),
        ("11B03", "rainstorm"),
        ("11D02", "debris-flow"),
        ("11B37", "debris-flow"),
        ("11A01", "flood"),
        ("11A51", "flood"),
        ("11B25", "forest-fire"),
        ("11G01", "forest-fire"),
        ("11B09", "other"),
        ("", "other"),
    ],
)
def test_events_are_told_with_their_templates(code: str, hazard: str) -> None:
    assert WORDING.hazard_of(code) == hazard


def test_what_has_no_template_is_named() -> None:
    facts = Facts(YUCHENG, event=Name("高温", "Heat wave"))

    assert told("other", facts=facts).headline == "雨城区发布高温红色预警"


def test_a_colour_that_is_none_and_an_unknown_hazard_are_refused() -> None:
    with pytest.raises(ValueError, match="no colour"):
        told(colour=Colour.NONE)
    with pytest.raises(ValueError, match="no texts"):
        told("meteorite")


# -- rules that cannot be used --------------------------------------------------------------------


def broken(language: str, field: str, value: object) -> Any:
    def thawed(table: Any) -> Any:
        return {k: thawed(v) for k, v in table.items()} if hasattr(table, "items") else table

    parameters = thawed(RULE_NOW.parameters)
    if value is None:
        del parameters["templates"]["flood"][language][field]
    else:
        parameters["templates"]["flood"][language][field] = value
    return replace(RULE_NOW, parameters=parameters)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        pytest.param("voice", None, "has no text", id="missing"),
        pytest.param("headline", {"issue": "{place}"}, "has no text", id="phase-missing"),
        pytest.param("instruction", {"otherwise": {"red": "x"}}, "no text", id="colour-missing"),
        pytest.param("headline", "{plaice}", "'plaice', unknown", id="unknown-word"),
        pytest.param("headline", "x" * 400, "does not fit", id="headline-too-long"),
        pytest.param("board", "x" * 21, "does not fit", id="board-too-long"),
        pytest.param("voice", "x" * 400, "more than", id="voice-too-long"),
        pytest.param("instruction", "x" * 2_000, "more than", id="instruction-too-long"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_that_cannot_be_used_are_refused(
    language: str, field: str, value: object, message: str
) -> None:
    with pytest.raises(InvalidRule, match=message):
        Wording(broken(language, field, value))
