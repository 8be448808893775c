"""The shipped rules, and a day on which they are in force."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import Final

from services.plumbing.rules import RuleBook

NOW: Final = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
BOOK: Final = RuleBook.read(resources.files("services.healthcare") / "rules")
