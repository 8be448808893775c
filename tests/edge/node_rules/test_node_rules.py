"""The rules of a node: taken, judged, acted upon, told of; through restarts and full disks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.batcher import Measured
from edge.counters import Counters
from edge.node_rules import node_rules, rule_sets
from edge.node_rules.devices import OutputFailed
from edge.node_rules.node_rules import NodeRules
from edge.node_rules.settings import OutputSettings, RulesSettings
from edge.reading import Priority, Quality, Reading
from edge.rules import Plan, SignedSet
from tests.edge.doubles import FakeClock
from tests.edge.node_rules.made import SIGNER, STRANGER, rule, rule_set, signed
from tests.support.waiting import until
from tianfu.fleet.v1 import rule_set_pb2 as pb

OUTPUTS = (
    OutputSettings("pump", opposes=frozenset({"inlet"})),
    OutputSettings("inlet", opposes=frozenset({"pump"})),
)


class Coil:
    """A device that does as it is told, unless it is broken."""

    def __init__(self) -> None:
        self.said: list[bool] = []
        self.is_broken = False
        self.is_closed = False

    async def switch(self, *, is_on: bool) -> None:
        if self.is_broken:
            raise OutputFailed("OUTPUT_NO_ANSWER", "broken")
        self.said.append(is_on)

    def close(self) -> None:
        self.is_closed = True


class Node:
    """A node's rules with all that they touch."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.counters = Counters()
        self.sent: list[Measured] = []
        self.coils = {"pump": Coil(), "inlet": Coil()}
        self.changes = 0
        self.rules = NodeRules(
            RulesSettings(SIGNER.public_key, OUTPUTS),
            folder,
            clock=self.clock,
            counters=self.counters,
            offset_us=lambda: None,
            put=self._put,
            taken_series=lambda: ["sump.level", "sump.flow"],
            changed=self._changed,
            made=self.coils,
        )

    async def _put(self, measured: list[Measured]) -> None:
        self.sent += measured

    def _changed(self) -> None:
        self.changes += 1

    async def plan(self, *sets: SignedSet) -> None:
        self.rules.apply(Plan(rule_sets=sets))
        await self.rules._take_plan()

    async def measure(self, level: float, quality: Quality = Quality.GOOD) -> None:
        self.rules.see(Reading("sump.level", self.clock.wall, level, quality))
        await self.rules.look(everything=False)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.rules._follow()
        await self.rules.look(everything=True)

    @property
    def readings(self) -> list[tuple[str, float, str]]:
        return [(m.reading.series, m.reading.value, m.reading.quality.name) for m in self.sent]

    def states(self) -> dict[str, tuple[int, int, str]]:
        return {r.name: (r.version, r.state, r.reason) for r in self.rules.reports()}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    node = Node(tmp_path)
    await node.rules.restore()
    yield node
    await node.rules.close()


IN_FORCE, DORMANT, REFUSED = (
    pb.RULE_SET_STATE_IN_FORCE,
    pb.RULE_SET_STATE_DORMANT,
    pb.RULE_SET_STATE_REFUSED,
)


async def test_a_rule_sends_an_urgent_reading_and_switches_an_output(node: Node) -> None:
    await node.plan(signed(rule_set()))
    await node.measure(2.0)
    assert (node.sent, node.coils["pump"].said) == ([], [False])
    await node.measure(3.1)
    assert node.readings == [("alarm.sump", 2.0, "GOOD")]
    assert node.sent[0].priority is Priority.URGENT
    assert node.coils["pump"].said == [False, True]
    await node.measure(2.0)
    assert node.readings[1:] == [("alarm.sump", 0.0, "GOOD")]
    assert node.coils["pump"].said == [False, True, False]
    assert node.states() == {"pump-house": (1, IN_FORCE, "")}


async def test_a_sensor_that_falls_silent_makes_it_safe_and_says_so(node: Node) -> None:
    await node.plan(signed(rule_set()))
    await node.measure(3.1)
    await node.pass_time(10.5)
    assert node.coils["pump"].said == [True, False]
    assert node.readings[1:] == [("alarm.sump", 2.0, "STALE")]
    assert node.rules.status()["rules"][0]["reason"] == "RULE_INPUT_STALE"


async def test_a_value_that_is_not_credible_is_none(node: Node) -> None:
    await node.plan(signed(rule_set()))
    await node.measure(3.1, Quality.OUT_OF_RANGE)
    await node.measure(3.1, Quality.BAD)
    assert node.sent == []


async def test_a_reading_that_came_late_is_as_old_as_it_is(node: Node) -> None:
    await node.plan(signed(rule_set()))
    old = Reading("sump.level", node.clock.wall - 11_000_000, 3.1, Quality.GOOD)
    node.rules.see(old)
    await node.rules.look(everything=False)
    assert node.sent == []


async def test_rules_sleep_until_their_time_and_after_it(node: Node) -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime.fromtimestamp(node.clock.wall / 1e6, UTC)
    begin, end = now + timedelta(seconds=60), now + timedelta(seconds=120)
    await node.plan(signed(rule_set(valid_from=begin, valid_to=end)))
    await node.measure(3.1)
    assert (node.sent, node.states()["pump-house"][1]) == ([], DORMANT)
    await node.pass_time(60)
    await node.measure(3.1)
    assert (len(node.sent), node.states()["pump-house"][1]) == (1, IN_FORCE)
    assert node.coils["pump"].said[-1] is True
    await node.pass_time(60)
    assert node.readings[1:] == [("alarm.sump", 0.0, "GOOD")]
    assert (node.coils["pump"].said[-1], node.states()["pump-house"][1]) == (False, DORMANT)


@pytest.mark.parametrize(
    ("reason", "made"),
    [
        ("RULE_SET_OUTPUT_UNKNOWN", rule(action=[{"output": "fan", "position": "on"}])),
        ("RULE_SET_SERIES_TAKEN", rule(action=[{"series": "sump.flow"}])),
        (
            "RULE_SET_OUTPUTS_OPPOSED",
            rule(action=[{"output": n, "position": "on"} for n in ("pump", "inlet")]),
        ),
    ],
)
async def test_what_this_node_can_not_do_is_refused(
    node: Node, reason: str, made: dict[str, Any]
) -> None:
    await node.plan(signed(rule_set(made)))
    assert node.states() == {"pump-house": (0, REFUSED, reason)}
    assert node.counters.of(reason) == 1
    await node.plan(signed(rule_set(made)))
    assert node.counters.of(reason) == 1


async def test_the_last_good_set_survives_a_restart_with_no_cloud_in_sight(
    node: Node, tmp_path: Path
) -> None:
    await node.plan(signed(rule_set(version=4)))
    await node.plan(signed(rule_set(version=5), STRANGER))
    assert node.states() == {"pump-house": (4, REFUSED, "RULE_SET_KEY_UNKNOWN")}
    again = Node(tmp_path)
    await again.rules.restore()
    await again.rules._take_plan()
    await again.measure(3.1)
    assert again.readings == [("alarm.sump", 2.0, "GOOD")]


async def test_what_a_kill_left_standing_is_taken_back(node: Node, tmp_path: Path) -> None:
    await node.plan(signed(rule_set()))
    await node.measure(3.1)
    await node.rules._kept.close()
    again = Node(tmp_path)
    await again.rules.restore()
    await again.rules._take_plan()
    await again.measure(1.0)
    assert again.readings == [("alarm.sump", 0.0, "GOOD")]
    assert again.coils["pump"].said == [False]


async def test_a_full_disk_keeps_the_set_before(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    await node.plan(signed(rule_set()))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(rule_sets, "save", full)
        await node.plan(signed(rule_set(version=2)))
    assert node.counters.of("RULE_SETS_NOT_KEPT") == 1
    assert node.states() == {"pump-house": (1, IN_FORCE, "")}
    await node.rules._take_plan()
    assert node.states() == {"pump-house": (2, IN_FORCE, "")}


async def test_a_device_that_does_not_answer_is_asked_again_and_holds_up_what_it_opposes(
    node: Node,
) -> None:
    inlet = rule("low", "level < 1.0", action=[{"output": "inlet", "position": "on"}])
    await node.plan(signed(rule_set(rule(), inlet)))
    await node.measure(3.1)
    node.coils["pump"].is_broken = True
    await node.measure(0.5)
    assert node.coils["inlet"].said == [False]
    assert node.counters.of("OUTPUT_NO_ANSWER") == 1
    node.coils["pump"].is_broken = False
    await node.pass_time(1.0)
    assert (node.coils["pump"].said[-1], node.coils["inlet"].said[-1]) == (False, True)


async def test_a_set_of_which_the_plan_says_nothing_more_is_withdrawn(node: Node) -> None:
    await node.plan(signed(rule_set()))
    await node.measure(3.1)
    await node.plan()
    await node.rules.look(everything=True)
    assert (node.states(), node.coils["pump"].said[-1]) == ({}, False)
    assert node.readings[1:] == [("alarm.sump", 0.0, "GOOD")]


async def test_outputs_are_safe_before_and_after(node: Node, tmp_path: Path) -> None:
    running = asyncio.create_task(node.rules.run())
    await until(lambda: [c.said for c in node.coils.values()] == [[False], [False]])
    node.rules.apply(Plan(rule_sets=(signed(rule_set()),)))
    node.clock.advance(1)
    await until(lambda: bool(node.rules._watched))
    node.rules.see(Reading("sump.level", node.clock.wall, 3.1, Quality.GOOD))
    await until(lambda: node.coils["pump"].said[-1])
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await node.rules.close()
    assert [c.said[-1] for c in node.coils.values()] == [False, False]
    assert all(coil.is_closed for coil in node.coils.values())
    journal = (tmp_path / "rule-actions.jsonl").read_text().splitlines()
    assert [json.loads(line).get("change") for line in journal].count("begun") == 2


async def test_readings_that_come_fast_are_judged_ten_times_a_second(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert node_rules.PAUSE_S == 0.1
    await node.plan(signed(rule_set()))
    for level in range(10_000):
        node.rules.see(Reading("sump.level", node.clock.wall, float(level), Quality.GOOD))
    await node.rules.look(everything=False)
    assert node.rules.status()["judged"] == 1
