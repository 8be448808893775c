"""Judge rules over the latest readings: what begins, what ends, what outputs are wanted. Pure.

Time comes in, in monotonic seconds. A rule whose input is missing or too old is not judged: what it
had begun is taken back, and its outputs go safe at once.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge.node_rules.outputs import Want
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.node_rules import rule_set
from tianfu.node_rules.expression import Expression, ExpressionFailed

INPUT_STALE: Final = "RULE_INPUT_STALE"
CONDITION_FAILED: Final = "RULE_CONDITION_FAILED"
INTERLOCKED: Final = "RULE_ACTION_INTERLOCKED"
TOO_SOON: Final = "RULE_ACTION_TOO_SOON"


class State(enum.Enum):
    """What is known of a rule."""

    UNKNOWN = "unknown"
    NOT = "not"
    WAITS = "waits"
    """Its condition is true, not yet for as long as it must be."""

    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class Seen:
    """The last value of a series, and when it was measured, in monotonic seconds."""

    value: float
    at: float


class Change(enum.Enum):
    """What became of an action."""

    BEGUN = "begun"
    ENDED = "ended"
    LOST = "lost"
    """Its rule can't be judged."""

    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one action. ``key`` is SET/RULE/NUMBER, ``reason`` is of a denial."""

    key: str
    action: pb.RuleAction
    change: Change
    reason: str = ""


@dataclass
class _Action:
    key: str
    message: pb.RuleAction
    interlock: Expression | None
    interval_min_s: float
    duration_s: float | None
    is_active: bool = False
    is_over: bool = False
    denied: str = ""
    begun_at: float = 0.0


@dataclass
class Rule:
    """One rule of a set that is followed."""

    key: str
    """SET/RULE."""

    inputs: tuple[tuple[str, str, float], ...]
    """Name, series, and how old it may be, in seconds."""

    condition: Expression
    hold_s: float
    actions: list[_Action]
    state: State = State.UNKNOWN
    since: float = 0.0
    reason: str = ""
    judged: int = field(default=0)

    @property
    def series(self) -> frozenset[str]:
        """Return the series that it looks at."""
        return frozenset(series for _, series, _ in self.inputs)

    @property
    def outputs(self) -> frozenset[str]:
        """Return the outputs that it may switch."""
        return frozenset(
            a.message.switch_output.output
            for a in self.actions
            if a.message.HasField("switch_output")
        )


def rules_of(message: pb.RuleSet) -> list[Rule]:
    """Return the rules of a set that was checked."""
    return [_rule(message.name, one) for one in message.rules]


def _rule(name: str, message: pb.NodeRule) -> Rule:
    names = rule_set.input_names(message)
    inputs = tuple(
        (
            one.name,
            one.series,
            rule_set.seconds(one.age_max) if one.HasField("age_max") else rule_set.AGE_MAX_S,
        )
        for one in message.inputs
    )
    actions = [
        _Action(
            f"{name}/{message.name}/{position}",
            one,
            Expression(one.interlock.condition, names) if one.interlock.condition else None,
            rule_set.seconds(one.interlock.interval_min),
            rule_set.seconds(one.switch_output.duration)
            if one.switch_output.HasField("duration")
            else None,
        )
        for position, one in enumerate(message.actions)
    ]
    condition = Expression(message.condition, names)
    hold_s = rule_set.seconds(message.hold)
    return Rule(f"{name}/{message.name}", inputs, condition, hold_s, actions)


class Judge:
    """The rules that are followed now, and what they have begun."""

    def __init__(self, done: Mapping[str, float] | None = None, opened: Iterable[str] = ()) -> None:
        """Take what is known from before a restart, by the actions' keys.

        ``done`` says when they were last begun, ``opened`` which had not ended.
        """
        self.rules: dict[str, Rule] = {}
        self._done: dict[str, float] = dict(done or {})
        self._opened = set(opened)
        self.urgent: set[str] = set()
        """Outputs whose rule lost its readings, or its place; they go safe without delay."""

    def follow(self, rules: Iterable[Rule]) -> list[Event]:
        """Follow these rules and no others; what others had begun ends."""
        new = {each.key: each for each in rules}
        gone = [rule for key, rule in self.rules.items() if new.get(key) is not rule]
        self.rules = new
        return [event for rule in gone for event in self._release(rule, Change.ENDED)]

    def step(
        self, seen: Mapping[str, Seen], series: Collection[str] | None, now: float
    ) -> list[Event]:
        """Judge the rules that look at ``series``, all of them when it is None."""
        events: list[Event] = []
        for rule in self.rules.values():
            if series is None or rule.state is State.WAITS or not rule.series.isdisjoint(series):
                events += self._judge(rule, seen, now)
        return events

    def wants(self) -> list[Want]:
        """Return which outputs are wanted where."""
        return [
            Want(switch.output, switch.position == pb.OUTPUT_POSITION_ON, rule.key)
            for rule in self.rules.values()
            for action in rule.actions
            if action.is_active and action.message.HasField("switch_output")
            for switch in [action.message.switch_output]
        ]

    # -- pieces ------------------------------------------------------------------------------

    def _judge(self, rule: Rule, seen: Mapping[str, Seen], now: float) -> Sequence[Event]:
        rule.judged += 1
        values: dict[str, float] = {}
        for name, series, age_max_s in rule.inputs:
            found = seen.get(series)
            if found is None or now - found.at > age_max_s:
                return self._lose(rule, INPUT_STALE, now)
            values[name], values[f"{name}_age"] = found.value, max(0.0, now - found.at)
        try:
            is_true = rule.condition.judge(values)
        except ExpressionFailed:
            return self._lose(rule, CONDITION_FAILED, now)
        if not is_true:
            return self._end(rule, now)
        if rule.state in {State.UNKNOWN, State.NOT}:
            rule.state, rule.since, rule.reason = State.WAITS, now, ""
        if rule.state is State.WAITS and now - rule.since >= rule.hold_s:
            rule.state, rule.since = State.HOLDS, now
        return self._act(rule, values, now) if rule.state is State.HOLDS else []

    def _lose(self, rule: Rule, reason: str, now: float) -> list[Event]:
        if rule.state is not State.UNKNOWN:
            rule.state, rule.since = State.UNKNOWN, now
        rule.reason = reason
        self.urgent |= rule.outputs
        return self._release(rule, Change.LOST)

    def _end(self, rule: Rule, now: float) -> list[Event]:
        if rule.state is not State.NOT:
            rule.state, rule.since, rule.reason = State.NOT, now, ""
        self.urgent -= rule.outputs
        return self._release(rule, Change.ENDED)

    def _act(self, rule: Rule, values: Mapping[str, float], now: float) -> list[Event]:
        """Begin what may begin, end what must: an interlock counts as long as the rule holds."""
        self.urgent -= rule.outputs
        events: list[Event] = []
        for action in rule.actions:
            is_free = _is_free(action, values)
            is_spent = action.duration_s is not None and now - action.begun_at >= action.duration_s
            if action.is_active and (not is_free or is_spent):
                action.is_active, action.is_over = False, is_free
                events.append(Event(action.key, action.message, Change.ENDED))
            if action.is_active or action.is_over:
                continue
            reason = self._denial(action, now, is_free=is_free)
            if reason and action.denied != reason:
                events.append(Event(action.key, action.message, Change.DENIED, reason))
            action.denied = reason
            if not reason:
                action.is_active, action.begun_at = True, now
                self._done[action.key] = now
                events.append(Event(action.key, action.message, Change.BEGUN))
        return events

    def _denial(self, action: _Action, now: float, *, is_free: bool) -> str:
        if not is_free:
            return INTERLOCKED
        last = self._done.get(action.key)
        return TOO_SOON if last is not None and now - last < action.interval_min_s else ""

    def _release(self, rule: Rule, change: Change) -> list[Event]:
        events = []
        for action in rule.actions:
            was_opened = change is Change.ENDED and action.key in self._opened
            if action.is_active or was_opened:
                events.append(Event(action.key, action.message, change))
            if was_opened:
                self._opened.discard(action.key)
            action.is_active = action.is_over = False
            action.denied = ""
        return events


def _is_free(action: _Action, values: Mapping[str, float]) -> bool:
    """Tell whether an action's interlock lets it be done; one that says nothing does not."""
    try:
        return action.interlock is None or action.interlock.judge(values)
    except ExpressionFailed:
        return False
