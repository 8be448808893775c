"""Apply a plan's sampling rules to a series. Pure: the plan comes in as plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from edge.apps.model import Work
from edge.reading import Priority
from edge.sampling import Sampling


@dataclass(frozen=True, slots=True)
class Rule:
    """One sampling rule; None leaves a thing to the node's own settings."""

    pattern: str
    interval_s: float | None = None
    deadband: float = 0.0
    longest_silence_s: float | None = None
    priority: Priority | None = None


@dataclass(frozen=True, slots=True)
class SignedSet:
    """A set of rules for the node's own readings, as it came."""

    name: str
    rule_set: bytes
    signature: bytes
    public_key: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the platform wants of this node."""

    generation: int = 0
    rules: tuple[Rule, ...] = ()
    heartbeat_interval_s: float | None = None
    work: Work = field(default_factory=Work)
    rule_sets: tuple[SignedSet, ...] = ()
    """Rules for the node's own readings; a node without ``[rules]`` refuses each by name."""

    channel: str = ""
    """Of the agent's releases; empty is that of the settings."""

    agent_version: str = ""
    """To stay on; empty is the channel's."""


def matches(pattern: str, series: str) -> bool:
    """Tell whether a series id matches a pattern in which '*' is any run of characters."""
    literal = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(literal), series) is not None


def in_force(
    rules: Sequence[Rule], series: str, own: Sampling, own_priority: Priority
) -> tuple[Sampling, Priority]:
    """Return how ``series`` is sampled: by the first rule that matches, or by its own settings."""
    for rule in rules:
        if matches(rule.pattern, series):
            sampling = replace(
                own,
                interval_s=rule.interval_s or own.interval_s,
                deadband=rule.deadband,
                longest_silence_s=rule.longest_silence_s or own.longest_silence_s,
            )
            return sampling, rule.priority or own_priority
    return own, own_priority
