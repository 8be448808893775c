"""Codes against the standard's own example, real companies, and python-stdnum where it can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.model import codes
from services.credit_supervision.model.codes import ALPHABET, CreditCode, InvalidCode, Wrong
from tests.support.credit_process import checked

VALID = (
    "91350100M000100Y43 91110000600037341L 914403001922038216 9144030071526726XG "
    "91100000100003962T 91110000710925462X 91440300100012316L 91110000710926094P "
    "91510700205412308D 91510400204360956E 91510000709151981F 9151010020260067X4"
)


@pytest.mark.parametrize("text", VALID.split(" "))
def test_codes_of_real_companies_are_valid(text: str) -> None:
    assert CreditCode.parse(f" {text.lower()}\n").text == text


def test_the_standards_worked_example_comes_out() -> None:
    # The sum is 1640 and the check character 3; GB 32100-2015 itself misprints the code with Z.
    assert codes.check_character("91350100M000100Y4") == "3"
    assert codes.organisation_check("M000100Y") == "4"
    assert codes.organisation_check("60003734") == "1"


def made(first: str) -> str:
    body = first + codes.organisation_check(first[8:])
    return body + codes.check_character(body)


@pytest.mark.parametrize("registrar", sorted(codes.REGISTRARS))
def test_every_registrar_is_known(registrar: str) -> None:
    text = made(f"{registrar}151010400000001")

    assert CreditCode.parse(text).registrar == registrar


@pytest.mark.parametrize(
    ("text", "wrong", "told"),
    [
        pytest.param("91350100M000100Y4Z", Wrong.CHARACTER, "character 18", id="misprint"),
        pytest.param("91310115MA1H8R7C6D", Wrong.ORGANISATION_CHECK, "17", id="blog"),
        pytest.param("", Wrong.LENGTH, "this has 0", id="empty"),
        pytest.param("91350100M000100Y4", Wrong.LENGTH, "this has 17", id="short"),
        pytest.param("B1350100M000100Y43", Wrong.REGISTRAR, "'B'", id="registrar"),
        pytest.param("94350100M000100Y43", Wrong.KIND, "1239", id="kind"),
        pytest.param("91990100M000100Y43", Wrong.PLACE, "990100", id="province"),
        pytest.param("9135010AM000100Y43", Wrong.PLACE, "35010A", id="place"),
        pytest.param("91350100M000100Y53", Wrong.ORGANISATION_CHECK, "'4'", id="organisation"),
        pytest.param("91350100M000100Y44", Wrong.CHECK, "'3'", id="check"),
        pytest.param("91350100M000100Y4\uff13", Wrong.CHARACTER, "18", id="full-width"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_expected(text: str, wrong: Wrong, told: str) -> None:
    with pytest.raises(InvalidCode, match=told) as refused:
        CreditCode.parse(text)

    assert refused.value.wrong is wrong
    assert refused.value.reason == wrong.value


@given(data=st.data(), text=st.sampled_from(VALID.split(" ")), at=st.integers(0, 17))
def test_one_wrong_character_is_always_found(data: st.DataObject, text: str, at: int) -> None:
    other = data.draw(st.sampled_from([c for c in ALPHABET if c != text[at]]))

    assert codes.problem_of(text[:at] + other + text[at + 1 :]) is not None


@given(st.sampled_from(VALID.split(" ")), st.integers(0, 16))
def test_two_neighbours_in_each_others_place_are_always_found(text: str, at: int) -> None:
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]

    assert swapped == text or codes.problem_of(swapped) is not None


@given(st.text(max_size=20))
def test_whatever_the_text_is_the_answer_is_a_code_or_a_refusal(text: str) -> None:
    problem = codes.problem_of(text)

    assert problem is None or codes.explain(text, problem)


PLACES = st.from_regex(r"[1-9ANY][1-9]([1-9][0-9]{5}|[0-9]{5}A|[0-9]{6})", fullmatch=True)
TEXTS = st.one_of(
    st.sampled_from(VALID.split(" ")),
    st.text(max_size=20),
    st.builds(str.__add__, PLACES, st.text(ALPHABET, min_size=8, max_size=8)).map(checked),
    st.text(ALPHABET, min_size=16, max_size=16).map(checked),
    st.builds(
        lambda text, at, other: text[:at] + other + text[at + 1 :],
        st.sampled_from(VALID.split(" ")),
        st.integers(0, 17),
        st.characters(codec="latin-1"),
    ),
)


@given(st.lists(TEXTS, max_size=30))
def test_codes_looked_at_together_are_found_as_one_by_one(texts: list[str]) -> None:
    assert codes.are_valid(texts) == [codes.problem_of(text) is None for text in texts]


def test_older_codes_are_read() -> None:
    assert codes.parse_organisation("m000100y-4") == "M000100Y4"
    assert CreditCode.parse("91350100M000100Y43").organisation == "M000100Y4"
    assert codes.parse_registration("110108000000016") == "110108000000016"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: codes.parse_organisation("M000100Y-5"), id="organisation-check"),
        pytest.param(lambda: codes.parse_organisation("M000100"), id="organisation-length"),
        pytest.param(lambda: codes.parse_organisation("M0001-OY4I"), id="organisation-character"),
        pytest.param(lambda: codes.parse_registration("110108000000017"), id="registration-check"),
        pytest.param(lambda: codes.parse_registration("11010800000001"), id="registration-length"),
        pytest.param(lambda: codes.parse_registration("11010800000001X"), id="registration-digit"),
    ],
)
def test_older_codes_that_are_wrong_are_refused(call: object) -> None:
    with pytest.raises(InvalidCode):
        call()  # type: ignore[operator]


def test_what_names_a_person_is_masked() -> None:
    assert codes.mask_identity("11010519491231002X") == "110105********002X"
    assert codes.mask_phone("13812345678") == "138****5678"
    assert codes.mask_identity("123") == codes.mask_phone("123") == "*"
    assert CreditCode.parse(made("925101040000000" + "1")).is_of_a_person
