"""The tables that come with the contract, for a node that has no rule book: by day of China."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from tianfu.scores.scale import Scale

TABLES: Final[Traversable] = resources.files("tianfu.scores") / "tables"
"""A folder of rules with dates, as a rule book reads it too."""

JURISDICTION: Final = "CN"


class NoScale(LookupError):
    """No such score, or none in force on that day."""


def scale(score_id: str, day: date) -> Scale:
    """Return the version of a score in force in the whole country on a day; raise NoScale.

    Its ``version`` is that of a rule book, so that a score from a node names the same rule.
    """
    file = TABLES / f"{score_id}.toml"
    if not file.is_file():
        raise NoScale(f"no score {score_id!r} is shipped")
    for each in tomllib.loads(file.read_text(encoding="utf-8"))["version"]:
        ends = each.get("valid_to")
        begun = each["jurisdiction"] == JURISDICTION and each["valid_from"] <= day
        if begun and (ends is None or day < ends):
            version = f"{score_id}/{JURISDICTION}/{each['valid_from']}"
            return Scale.parse(version, each["parameters"])
    raise NoScale(f"no score {score_id!r} is in force on {day}")
