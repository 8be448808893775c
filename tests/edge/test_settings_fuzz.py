"""Settings that somebody has mistyped: refused with reasons and places, and never with a crash."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Final

import pytest

from edge.settings import InvalidSettings, parse

EXAMPLES: Final = sorted((Path(__file__).resolve().parents[2] / "examples" / "edge").glob("*.toml"))
TRIES: Final = 250
JUNK: Final = (
    "0", "-1", "1e400", "nan", "-inf", "9223372036854775808", "1_0", "0x7f", "3.5", "true",
    '""', '" "', '"\\u0000"', '"../../etc/passwd"', '"nats://a:b@c"', '"x"', '"' + "9" * 999 + '"',
    "[]", "[[]]", '["a", 1]', "{}", "{ a = { b = { c = 1 } } }", "1979-05-27T07:32:00Z", "07:32:00",
    "'''\n'''", '"\U0001f6a8"', '"电表"',
)  # fmt: skip
"""What may stand for any value: wrong kinds, bounds, empty, huge, other alphabets."""


def mistyped(text: str, random: Random) -> str:
    """Return the text with a few lines changed as a hand, or a bad card, changes them."""
    lines = text.split("\n")
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(lines))
        match random.choice(("value", "value", "value", "key", "gone", "twice", "moved", "bytes")):
            case "value":
                lines[at] = re.sub(r"=.*", lambda _: f"= {random.choice(JUNK)}", lines[at])
            case "key":
                lines[at] = lines[at].replace("e", random.choice("exz._"), 1)
            case "gone":
                del lines[at]
                lines = lines or [""]
            case "twice":
                lines.insert(at, lines[at])
            case "moved":
                lines.insert(random.randrange(len(lines)), lines.pop(at))
            case _:
                position = random.randrange(len(lines[at]) + 1)
                letter = chr(random.choice((0, 7, 34, 39, 61, 91, 93, 123, 0x2028, 0x1F6A8)))
                lines[at] = lines[at][:position] + letter + lines[at][position:]
    return "\n".join(lines)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_mistyped_settings_are_taken_or_refused_with_places_and_reasons(
    example: Path, tmp_path: Path
) -> None:
    text = example.read_text(encoding="utf-8")
    errors: list[tuple[str, InvalidSettings]] = []
    for number in range(TRIES):
        wrong = mistyped(text, Random(number))
        try:
            parse(wrong, {}, file="edge.toml", folder=tmp_path)
        except InvalidSettings as error:
            errors.append((wrong, error))
        except Exception as error:
            raise AssertionError(f"{error!r} from try {number} of:\n{wrong}") from error
    for wrong, invalid in errors:
        said = invalid.render()
        assert invalid.errors, wrong
        assert all(re.fullmatch(r"[A-Z][A-Z_0-9]+", one.reason) for one in invalid.errors), said
        assert said.startswith("edge.toml"), said
    assert len(errors) > TRIES // 4, "what is changed is hardly ever looked at"
