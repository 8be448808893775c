"""Rules judged over time: what begins, what ends, what is taken back, what interlocks keep."""

from __future__ import annotations

from typing import Any

from edge.node_rules.judge import Judge, Seen, State, rules_of
from tests.edge.node_rules.made import rule, rule_set

OUTPUT = [{"output": "pump", "position": "on"}]


class World:
    """A judge over one level that is measured when told."""

    def __init__(self, *rules: dict[str, Any], **known: Any) -> None:
        self.judge = Judge(**known)
        self.rules = rules_of(rule_set(*rules))
        self.judge.follow(self.rules)
        self.now = 100.0
        self.seen: dict[str, Seen] = {}

    def at(self, now: float, level: float | None = None) -> list[str]:
        self.now = now
        if level is not None:
            self.seen["sump.level"] = Seen(level, now)
        events = self.judge.step(self.seen, None, now)
        return [
            f"{e.key.rsplit('/', 1)[1]} {e.change.value}{e.reason and ' ' + e.reason}"
            for e in events
        ]

    @property
    def wants(self) -> list[tuple[str, bool]]:
        return [(each.output, each.is_on) for each in self.judge.wants()]

    @property
    def state(self) -> State:
        return self.rules[0].state


def test_a_rule_begins_and_ends() -> None:
    world = World(rule())
    assert world.at(0.0) == []
    assert world.state is State.UNKNOWN
    assert world.at(1.0, 2.9) == []
    assert world.at(2.0, 3.1) == ["0 begun", "1 begun"]
    assert world.wants == [("pump", True)]
    assert world.at(3.0, 3.2) == []
    assert world.at(4.0, 3.0) == ["0 ended", "1 ended"]
    assert world.wants == []


def test_it_has_to_hold_without_a_break() -> None:
    world = World(rule(hold_s=5))
    assert [world.at(float(n), level) for n, level in enumerate([3.1, 3.1, 2.0, 3.1])] == [[]] * 4
    assert world.at(7.9) == []
    assert world.at(8.0) == ["0 begun", "1 begun"]


def test_what_is_too_old_is_not_judged_and_its_outputs_go_safe_at_once() -> None:
    world = World(rule())
    world.at(0.0, 3.1)
    assert world.at(10.0) == []
    assert world.at(10.1) == ["0 lost", "1 lost"]
    assert (world.state, world.wants, world.judge.urgent) == (State.UNKNOWN, [], {"pump"})
    assert world.at(11.0, 3.1) == ["0 begun", "1 begun"]
    assert world.judge.urgent == set()


def test_a_condition_may_speak_of_age() -> None:
    world = World(rule(condition="level_age > 4.0"))
    assert world.at(0.0, 1.0) == []
    assert world.at(4.1) == ["0 begun", "1 begun"]
    assert world.at(5.0, 1.0) == ["0 ended", "1 ended"]


def test_an_interlock_counts_as_long_as_the_rule_holds() -> None:
    action = {"output": "pump", "position": "on", "interlock": "level < 6.0"}
    world = World(rule(action=[action]))
    assert world.at(0.0, 6.5) == ["0 denied RULE_ACTION_INTERLOCKED"]
    assert world.at(1.0, 6.5) == []
    assert world.at(2.0, 5.0) == ["0 begun"]
    assert world.at(3.0, 6.5) == ["0 ended", "0 denied RULE_ACTION_INTERLOCKED"]
    assert world.wants == []


def test_an_interlock_that_says_nothing_lets_nothing_be_done() -> None:
    action = {"output": "pump", "position": "on", "interlock": "int(level) > 5"}
    assert World(rule(action=[action])).at(0.0, 1e300) == ["0 denied RULE_ACTION_INTERLOCKED"]


def test_an_action_is_not_begun_more_often_than_it_may() -> None:
    action = {"output": "pump", "position": "on", "interval_min_s": 60}
    world = World(rule(action=[action]))
    assert world.at(0.0, 4.0) == ["0 begun"]
    assert world.at(1.0, 1.0) == ["0 ended"]
    assert world.at(2.0, 4.0) == ["0 denied RULE_ACTION_TOO_SOON"]
    assert world.at(60.0, 4.0) == ["0 begun"]


def test_nor_does_a_restart_make_it_more_often() -> None:
    action = {"output": "pump", "position": "on", "interval_min_s": 60}
    world = World(rule(action=[action]), done={"pump-house/high/0": 95.0})
    assert world.at(100.0, 4.0) == ["0 denied RULE_ACTION_TOO_SOON"]
    assert world.at(155.0, 4.0) == ["0 begun"]


def test_an_output_for_a_time_is_switched_once_an_episode() -> None:
    action = {"output": "pump", "position": "on", "duration_s": 5}
    world = World(rule(action=[action]))
    assert world.at(0.0, 4.0) == ["0 begun"]
    assert world.at(5.0, 4.0) == ["0 ended"]
    assert world.at(9.0, 4.0) == []
    assert world.at(10.0, 1.0) == []
    assert world.at(11.0, 4.0) == ["0 begun"]


def test_what_a_restart_left_open_is_ended() -> None:
    world = World(rule(), opened={"pump-house/high/1"})
    assert world.at(0.0, 1.0) == ["1 ended"]
    assert world.at(1.0, 1.0) == []


def test_what_is_followed_no_more_ends() -> None:
    world = World(rule())
    world.at(0.0, 4.0)
    assert [each.change.value for each in world.judge.follow([])] == ["ended", "ended"]
    assert world.wants == []


def test_a_reading_that_no_rule_looks_at_judges_none() -> None:
    world = World(rule())
    world.judge.step(world.seen, {"other"}, 1.0)
    assert world.rules[0].judged == 0
