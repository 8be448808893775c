"""The rules that energy ships, as tests ask for them."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

from services.plumbing.rules import Rule, RuleBook

NOW: Final = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
BOOK: Final = RuleBook.read(files("services.energy") / "rules")


def rule(rule_id: str) -> Rule:
    """Return the version in force in Sichuan."""
    return BOOK.in_force(rule_id, "CN-51", NOW)
