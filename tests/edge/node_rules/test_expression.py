"""Expressions over readings: what is taken, what is not, and that none costs more than it may."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.node_rules import expression
from tianfu.node_rules.expression import Expression, ExpressionFailed, ExpressionRefused

NAMES = ("level", "level_age", "flow", "flow_age")


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("level > 3.2 && level_age < 10.0", {"level": 3.3, "level_age": 1.0}, True),
        ("level > 3.2 && level_age < 10.0", {"level": 3.2, "level_age": 1.0}, False),
        ("flow != 0.0 && level / flow > 2.0", {"level": 5.0, "flow": 2.0}, True),
        ("(level - flow) * 2.0 >= 1.0 ? true : false", {"level": 1.0, "flow": 0.5}, True),
        ("int(level) % 2 == 1", {"level": 7.0}, True),
        ("!(level < -1.5)", {"level": -1.6}, False),
    ],
)
def test_what_it_says(text: str, values: dict[str, float], expected: bool) -> None:
    assert Expression(text, NAMES).judge(dict.fromkeys(NAMES, 0.0) | values) is expected


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("EXPRESSION_SYNTAX", "level >"),
        ("EXPRESSION_SYNTAX", "[1.0].exists(level, level > 0.0)"),
        ("EXPRESSION_SYNTAX", "{1: true}[1]"),
        ("EXPRESSION_SYNTAX", "'a' == \"a\""),
        ("EXPRESSION_SYNTAX", "level.size() > 1"),
        ("EXPRESSION_SYNTAX", "(level) .size() > 1"),
        ("EXPRESSION_SYNTAX", "true // always"),
        ("EXPRESSION_SYNTAX", "level \uff1e 1.0"),
        ("EXPRESSION_NAME_UNKNOWN", "pressure > 1.0"),
        ("EXPRESSION_CALL_UNKNOWN", "string(level) == string(flow)"),
        ("EXPRESSION_NOT_BOOLEAN", "level + 1 > 2"),
        ("EXPRESSION_NOT_BOOLEAN", "level"),
        ("EXPRESSION_NOT_BOOLEAN", "level / flow > 1.0"),
        ("EXPRESSION_TOO_LONG", ""),
        ("EXPRESSION_TOO_LONG", "level > 1.0 && " * 80 + "true"),
        ("EXPRESSION_TOO_DEEP", "(" * 25 + "true" + ")" * 25),
        ("EXPRESSION_TOO_DEEP", "! " * 400 + "true"),
    ],
)
def test_what_is_refused(reason: str, text: str) -> None:
    with pytest.raises(ExpressionRefused) as caught:
        Expression(text, NAMES)
    assert caught.value.reason == reason


def test_what_gives_no_answer_for_a_reading_is_said() -> None:
    made = Expression("int(level) > 5", NAMES)
    with pytest.raises(ExpressionFailed):
        made.judge(dict.fromkeys(NAMES, 1e300))


LETTERS = st.sampled_from(
    [*"()!<>=&|?:+-*/%., 0159eE_", "level", "flow_age", " && ", "1.0", "int("]
)


@given(st.one_of(st.text(max_size=200), st.lists(LETTERS, max_size=60).map("".join)))
def test_whatever_is_written_is_an_expression_or_is_refused(text: str) -> None:
    try:
        made = Expression(text, NAMES)
    except ExpressionRefused:
        return
    for value in expression.SAMPLES:
        assert made.judge(dict.fromkeys(NAMES, value)) in {True, False}


OURS = "from tianfu.node_rules.expression import Expression; Expression('a > 1.0', ['a'])"
PACKAGE = "import cel; assert cel.evaluate('1 > 0', {})"


@pytest.mark.parametrize("order", [(OURS, PACKAGE, OURS), (PACKAGE, OURS, PACKAGE)])
def test_the_compiled_part_and_the_package_live_in_one_process(order: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "; ".join(order)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
