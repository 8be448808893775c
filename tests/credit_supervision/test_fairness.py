"""What no item may be called, however it is written; and what of the same letters it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.model import fairness
from services.credit_supervision.model.scorecard import InvalidScorecard, Item

BARRED = (
    "foreign_worker", "ForeignWorker", "foreignworker", "FOREIGN-WORKER", "foreign worker",
    "personal_status_sex", "personal_status", "ethnic_group", "ethnicGroup", "nation", "nations",
    "nationality", "religion", "religions", "owner_gender", "age2", "ages", "birthplace",
    "place.of.birth", "race", "owner_race_code", "hukou", "minzu", "blood_type", "party_member",
    "家庭出身", "户籍", "戶籍所在地", "法人户口", "出生地", "宗族", "法人 年龄", "年_龄", "民族",
    "少数民族", "法人国籍", "病史", "政治面貌",
)  # fmt: skip


def wide(name: str) -> str:
    """Return a name in full-width letters."""
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in name)


@pytest.mark.parametrize("write", [str, str.upper, wide], ids=["plain", "upper", "full-width"])
@pytest.mark.parametrize("name", BARRED)
def test_what_says_who_somebody_is_is_barred(name: str, write: object) -> None:
    assert callable(write)
    assert fairness.problem_of(write(name)) is not None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("аge", id="cyrillic"),  # noqa: RUF001 - that is what is tried
        pytest.param("a\u200bge", id="zero-width"),
        pytest.param("a\u0301ge", id="accent"),
        pytest.param("ge\u202enre", id="turned-round"),
        pytest.param("ｓｅx", id="half-full-width"),  # noqa: RUF001 - that is what is tried
        pytest.param("ſex", id="long-s"),  # noqa: RUF001 - that is what is tried
    ],
)
def test_letters_that_look_like_others_do_not_help(name: str) -> None:
    with pytest.raises(InvalidScorecard):
        Item(name, (1.0,), (2.0, 1.0), 0.0, -1)


@pytest.mark.parametrize(
    "name",
    [
        "average_wage", "penalties_general", "national_grade", "years_in_business", "donations",
        "foreign_invested", "employment_since", "inspection_cases", "行政处罚次数", "抽查结果",
        "installment_rate", "trace_records", "passages", "sextants",
    ],
)  # fmt: skip
def test_what_an_entity_did_is_not_barred(name: str) -> None:
    assert fairness.problem_of(name) is None


@given(st.text(max_size=30), st.sampled_from(fairness.HAN))
def test_a_barred_word_bars_whatever_stands_beside_it(text: str, word: str) -> None:
    assert fairness.problem_of(text + word + text) is not None


@given(st.text(max_size=40))
def test_any_text_is_judged(text: str) -> None:
    problem = fairness.problem_of(text)

    assert problem is None or problem
