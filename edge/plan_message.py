"""Read a plan off the wire, refusing what could not be obeyed."""

from __future__ import annotations

import math
import re
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError

from edge.apps import app_message
from edge.reading import Priority
from edge.rules import Plan, Rule, SignedSet
from tianfu import subjects
from tianfu.fleet.v1 import node_pb2 as pb

RULES_MAX: Final = 256
RULE_SETS_MAX: Final = 16
_PRIORITIES: Final = frozenset(int(priority) for priority in Priority)
_PATTERN: Final = re.compile(r"[a-z0-9*][a-z0-9._*-]{0,126}")


class PlanRefused(ValueError):
    """A plan that this node can't follow; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str, generation: int = 0) -> None:
        """Take the reason code, the sentence, and the generation as far as it is known."""
        super().__init__(message)
        self.reason = reason
        self.generation = generation


def parse(payload: bytes, node: subjects.NodeId) -> Plan:
    """Return the plan in ``payload``; raise PlanRefused with all that is said of why not."""
    try:
        message = pb.NodePlan.FromString(payload)
    except DecodeError as error:
        raise PlanRefused("PLAN_MALFORMED", "the bytes are no NodePlan") from error
    generation = message.generation
    if message.name != f"nodes/{node}/plan":
        text = f"the plan is of {message.name!r}, not of this node"
        raise PlanRefused("PLAN_OF_ANOTHER_NODE", text, generation)
    if len(message.sampling_rules) > RULES_MAX:
        text = f"{len(message.sampling_rules)} rules; at most {RULES_MAX}"
        raise PlanRefused("PLAN_INVALID", text, generation)
    try:
        rules = tuple(_rule(position, rule) for position, rule in enumerate(message.sampling_rules))
        interval_s = _seconds(message, "heartbeat_interval", 1, 3600)
        work = app_message.read(message)
    except ValueError as error:
        raise PlanRefused("PLAN_INVALID", str(error), generation) from error
    if len(message.rule_sets) > RULE_SETS_MAX:
        text = f"{len(message.rule_sets)} rule sets; at most {RULE_SETS_MAX}"
        raise PlanRefused("PLAN_INVALID", text, generation)
    # Each is judged by itself: one that is bad does not take the rest of the plan along.
    sets = tuple(
        SignedSet(one.name, one.rule_set, one.signature, one.public_key)
        for one in message.rule_sets
    )
    agent = message.agent
    return Plan(generation, rules, interval_s, work, sets, agent.channel, agent.version)


def _rule(position: int, rule: pb.SamplingRule) -> Rule:
    where = f"sampling_rules[{position}]"
    if not _PATTERN.fullmatch(rule.series_pattern):
        raise ValueError(f"{where}.series_pattern: {rule.series_pattern!r} is no pattern of ids")
    if not (math.isfinite(rule.deadband) and rule.deadband >= 0):
        raise ValueError(f"{where}.deadband: {rule.deadband} is not 0 or more")
    if rule.priority and int(rule.priority) not in _PRIORITIES:
        raise ValueError(f"{where}.priority: {rule.priority} is not known")
    try:
        return Rule(
            pattern=rule.series_pattern,
            interval_s=_seconds(rule, "interval", 0.01, 86_400),
            deadband=rule.deadband,
            longest_silence_s=_seconds(rule, "longest_silence", 1, 86_400),
            priority=Priority(rule.priority) if rule.priority else None,
        )
    except ValueError as error:
        raise ValueError(f"{where}.{error}") from error


def _seconds(
    message: pb.NodePlan | pb.SamplingRule, name: str, low: float, high: float
) -> float | None:
    if not message.HasField(name):
        return None
    duration: Duration = getattr(message, name)
    seconds = float(duration.seconds + duration.nanos / 1e9)
    if not low <= seconds <= high:
        raise ValueError(f"{name}: {seconds:g} s is outside {low:g}..{high:g} s")
    return seconds
