"""Rules for tests: the shipped ones, with a value changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from services.plumbing.rules import Rule, RuleBook

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


def shipped() -> RuleBook:
    """Return the rules of disaster warning."""
    return RuleBook.read(files("services.disaster_warning") / "rules")


def rule(rule_id: str, place: str = "CN-51") -> Rule:
    """Return the version that is in force."""
    return shipped().in_force(rule_id, place, NOW)


def made(rule: Rule, path: tuple[str, ...], value: object) -> Rule:
    """Return a rule with the parameter at ``path`` changed."""
    parameters = _copied(rule.parameters)
    inner = parameters
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return replace(rule, parameters=parameters)


def _copied(value: Any) -> Any:
    return {key: _copied(each) for key, each in value.items()} if hasattr(value, "items") else value
