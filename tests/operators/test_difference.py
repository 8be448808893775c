"""Whether what is there is what is wanted, and the smallest patch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kube.difference import covers, merge_patch

SCALARS = st.one_of(st.integers(), st.sampled_from(["", "x", "yz"]), st.booleans())
# No empty objects within: RFC 7396 can't tell an object from its absence in a patch of nothing.
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from("abcd"), inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("live", "wanted", "is_so"),
    [
        pytest.param({"a": 1, "b": 2}, {"a": 1}, True, id="others-fields-stay"),
        pytest.param({"a": 1}, {"a": 2}, False, id="changed"),
        pytest.param({}, {"a": 1}, False, id="missing"),
        pytest.param({"a": [{"x": 1, "d": 0}]}, {"a": [{"x": 1}]}, True, id="defaulted-item"),
        pytest.param({"a": [1, 2]}, {"a": [1]}, False, id="added-to-a-list"),
        pytest.param({"a": "ab"}, {"a": ["a", "b"]}, False, id="text-is-no-list"),
        pytest.param({"a": None}, {"a": {"b": 1}}, False, id="null"),
    ],
)
def test_covers(live: Any, wanted: Any, is_so: bool) -> None:
    assert covers(live, wanted) is is_so


@given(OBJECTS)
def test_everything_covers_itself_and_needs_no_patch(one: dict[str, Any]) -> None:
    assert covers(one, one)
    assert merge_patch(one, one) == {}


@given(OBJECTS, OBJECTS)
def test_a_patch_makes_the_one_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert patched(before, merge_patch(before, after)) == after


def patched(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, as it stands there."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = patched(made.get(name), value)
    return made
