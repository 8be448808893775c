"""A set of rules on the wire: what is signed, and what makes it one that a node can follow."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError

from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.node_rules.expression import Expression, ExpressionRefused

DOMAIN: Final = b"tianfu.fleet.v1.RuleSet\x00"
"""Goes before what is signed: a signature of something else is none of a set of rules."""

BYTES_MAX: Final = 32_768
RULES_MAX: Final = 64
INPUTS_MAX: Final = 16
ACTIONS_MAX: Final = 8
SOURCE_MAX: Final = 256
DAY_S: Final = 86_400.0
AGE_MAX_S: Final = 60.0
"""How old a value may be when its input does not say."""

NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
INPUT: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
SERIES: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,126}")
POSITIONS: Final = (pb.OUTPUT_POSITION_ON, pb.OUTPUT_POSITION_OFF)


class RuleSetRefused(ValueError):
    """A set of rules that is not followed; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


def signed_bytes(rule_set: bytes) -> bytes:
    """Return what a signature of a serialised RuleSet is over."""
    return DOMAIN + rule_set


def read(payload: bytes) -> pb.RuleSet:
    """Return the set in ``payload``, checked; raise RuleSetRefused."""
    if len(payload) > BYTES_MAX:
        raise RuleSetRefused("RULE_SET_TOO_LARGE", f"{len(payload)} bytes; at most {BYTES_MAX}")
    try:
        message: pb.RuleSet = pb.RuleSet.FromString(payload)
    except DecodeError as error:
        raise RuleSetRefused("RULE_SET_MALFORMED", "the bytes are no RuleSet") from error
    check(message)
    return message


def check(message: pb.RuleSet) -> None:
    """Raise RuleSetRefused for a set that no node could follow."""
    _need(NAME.fullmatch(message.name), "name", "1 to 63 of a-z, 0-9 and inner '-'")
    _need(message.version > 0, "version", "a number above 0")
    _need(message.HasField("valid_from_time"), "valid_from_time", "from when it holds")
    _need(0 < len(message.source) <= SOURCE_MAX, "source", "where the rules are from")
    if message.HasField("valid_to_time"):
        later = message.valid_to_time.ToNanoseconds() > message.valid_from_time.ToNanoseconds()
        _need(later, "valid_to_time", "a time after valid_from_time")
    _need(0 < len(message.rules) <= RULES_MAX, "rules", f"1 to {RULES_MAX} rules")
    names = [rule.name for rule in message.rules]
    _need(len(set(names)) == len(names), "rules", "rules of different names")
    for rule in message.rules:
        _check_rule(rule)
    own = {a.send_reading.series for a in _actions(message) if a.HasField("send_reading")}
    seen = {one.series for rule in message.rules for one in rule.inputs}
    loop = sorted(own & seen)
    _need(not loop, "rules", f"no rule that looks at what another sends ({''.join(loop[:1])})")


def seconds(message: Duration) -> float:
    """Return a duration in seconds."""
    return float(message.seconds + message.nanos / 1e9)


def input_names(rule: pb.NodeRule) -> list[str]:
    """Return what the rule's expressions may name: its inputs, and their ages."""
    return [name for one in rule.inputs for name in (one.name, f"{one.name}_age")]


def _actions(message: pb.RuleSet) -> Iterator[pb.RuleAction]:
    for rule in message.rules:
        yield from rule.actions


def _check_rule(rule: pb.NodeRule) -> None:
    where = f"rule {rule.name[:63]!r}"
    _need(NAME.fullmatch(rule.name), "rules.name", "1 to 63 of a-z, 0-9 and inner '-'")
    _need(0 < len(rule.inputs) <= INPUTS_MAX, f"{where}: inputs", f"1 to {INPUTS_MAX} inputs")
    for one in rule.inputs:
        _need(INPUT.fullmatch(one.name), f"{where}: inputs.name", "a-z, 0-9 and _, a letter first")
        _need(not one.name.endswith("_age"), f"{where}: inputs.name", "a name without _age")
        _need(SERIES.fullmatch(one.series), f"{where}: inputs.series", "the id of a series")
        _within(one, "age_max", where, 0.1)
    names = input_names(rule)
    _need(len(set(names)) == len(names), f"{where}: inputs", "inputs of different names")
    _expression(rule.condition, names, f"{where}: condition")
    _within(rule, "hold", where, 0.0)
    _need(0 < len(rule.actions) <= ACTIONS_MAX, f"{where}: actions", f"1 to {ACTIONS_MAX}")
    for action in rule.actions:
        _check_action(action, names, where)


def _check_action(action: pb.RuleAction, names: list[str], where: str) -> None:
    if action.HasField("send_reading"):
        series = action.send_reading.series
        _need(SERIES.fullmatch(series), f"{where}: send_reading.series", "the id of a series")
        finite = math.isfinite(action.send_reading.value)
        _need(finite, f"{where}: send_reading.value", "a finite number")
    elif action.HasField("switch_output"):
        switch = action.switch_output
        _need(NAME.fullmatch(switch.output), f"{where}: switch_output.output", "an output's name")
        known = switch.position in POSITIONS
        _need(known, f"{where}: switch_output.position", "ON or OFF")
        _within(switch, "duration", where, 0.1)
    else:
        raise RuleSetRefused("RULE_SET_ACTION_UNKNOWN", f"{where}: an action of no known kind")
    if action.interlock.condition:
        _expression(action.interlock.condition, names, f"{where}: interlock.condition")
    _within(action.interlock, "interval_min", where, 0.0)


def _expression(text: str, names: list[str], where: str) -> None:
    try:
        Expression(text, names)
    except ExpressionRefused as error:
        raise RuleSetRefused("RULE_SET_EXPRESSION", f"{where}: {error} [{error.reason}]") from error


def _within(
    message: pb.RuleInput | pb.NodeRule | pb.SwitchOutput | pb.Interlock,
    name: str,
    where: str,
    low_s: float,
) -> None:
    if message.HasField(name):
        given = seconds(getattr(message, name))
        _need(low_s <= given <= DAY_S, f"{where}: {name}", f"{low_s:g} s to a day, not {given:g} s")


def _need(holds: object, where: str, need: str) -> None:
    if not holds:
        raise RuleSetRefused("RULE_SET_INVALID", f"{where}: need {need}")
