"""Page tokens: what is made up by the caller is refused, be its digest right."""

from __future__ import annotations

import pytest

from services.plumbing import paging


def test_a_number_comes_back() -> None:
    assert paging.number("", "q") == 0
    assert paging.number(paging.token(17, "q"), "q") == 17
    assert paging.number(paging.token(paging.NUMBER_MAX, "q"), "q") == paging.NUMBER_MAX


@pytest.mark.parametrize("made_up", ["abc", "", "-1", "1e3", "٣", -1, 1 << 63, 10**400, "9" * 5000])
def test_what_is_no_number_is_refused(made_up: str | int) -> None:
    with pytest.raises(paging.TokenDamaged):
        paging.number(paging.token(made_up, "q"), "q")


def test_a_token_of_another_question_is_refused() -> None:
    with pytest.raises(paging.TokenDamaged):
        paging.number(paging.token(3, "q"), "r")
