"""Rollouts over nodes that come and go: they end, and a bad revision harms no more than it may."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from operators.edgeapp.model import EdgeApp, Node, Progress, Rollout, Selector, State
from operators.edgeapp.plan import plan

START = datetime(2026, 5, 12, tzinfo=UTC)
STEP = timedelta(seconds=20)
WINDOW = timedelta(minutes=1)
AWAY = 3
"""Nodes that may be away because of a rollout."""


@dataclass
class Device:
    """A node as it really is: it hears of its plan when it is online, and takes time."""

    node: Node
    wanted: int = 0
    good: int = 0
    busy_until: datetime = START
    ran: set[int] = field(default_factory=set)


@dataclass
class World:
    """Nodes, and the operator's own memory: what the status keeps."""

    random: Random
    devices: dict[str, Device]
    bad: set[str]
    flapping: float
    now: datetime = START
    progress: Progress = field(default_factory=Progress)
    revisions: dict[int, str] = field(default_factory=dict)

    def step(self, asked: str, rollout: Rollout) -> None:
        self.now += STEP
        app = EdgeApp("demo", 1, asked, asked, Selector(), rollout)
        nodes = [device.node for device in self.devices.values()]
        self.random.shuffle(nodes)
        decision = plan(app, self.progress, nodes, (), self.now)
        # A second operator with the same view decides the same.
        assert plan(app, self.progress, nodes[::-1], (), self.now) == decision
        assert decision.progress.number >= self.progress.number
        self.progress = decision.progress
        for one in decision.assignments:
            assert one.template is not None
            self.revisions[one.template.number] = one.template.revision
            device = self.devices[one.node_id]
            device.node = replace(device.node, assigned=one.template.number)
        for device in self.devices.values():
            self.live(device)

    def live(self, device: Device) -> None:
        node = device.node
        if self.random.random() < self.flapping:
            since = None if not node.is_online else self.now
            node = replace(node, is_online=not node.is_online, offline_since=since)
        if node.is_online and node.assigned != device.wanted:
            device.wanted = node.assigned
            device.busy_until = self.now + STEP * self.random.randint(0, 3)
            node = replace(node, spoken_of=device.wanted, state=State.STARTING, since=self.now)
            device.ran.add(device.wanted)
        if node.is_online and node.state is State.STARTING and self.now >= device.busy_until:
            if self.revisions[device.wanted] in self.bad:
                node = replace(
                    node,
                    state=State.ROLLED_BACK if device.good else State.FAILED,
                    since=self.now,
                    reason="APP_CRASHED",
                )
            else:
                node = replace(node, state=State.READY, since=self.now)
                device.good = device.wanted
        device.node = node

    def run(self, asked: str, rollout: Rollout, steps: int = 3_000) -> int:
        """Step until nothing is left to do; return how many steps it took."""
        for number in range(1, steps):
            self.step(asked, rollout)
            online = [d.node for d in self.devices.values() if d.node.is_online]
            settled = all(n.assigned == online[0].assigned for n in online)
            if settled and self.progress.revision == self.progress.stable:
                return number
        raise AssertionError("the rollout never ended")

    def harmed(self, revision: str) -> int:
        numbers = {n for n, name in self.revisions.items() if name == revision}
        return sum(bool(device.ran & numbers) for device in self.devices.values())


def world(seed: int, nodes: int, offline: int, flapping: float, bad: set[str]) -> World:
    random = Random(seed)
    away = set(random.sample(range(nodes), offline))
    devices = {
        f"gw-{n:03}": Device(
            Node(f"gw-{n:03}", is_online=n not in away, offline_since=START if n in away else None)
        )
        for n in range(nodes)
    }
    return World(random, devices, bad, flapping)


FAST = Rollout(steps=(5, 25, 100), max_unavailable=100, health_window=WINDOW)
CAREFUL = replace(FAST, max_unavailable=AWAY)


def test_288_nodes_with_20_offline_complete_and_a_bad_revision_harms_few() -> None:
    site = world(1, 288, 20, 0.0, {"bad"})
    site.run("good", FAST)
    assert sum(device.node.state is State.READY for device in site.devices.values()) == 268
    site.run("better", CAREFUL)
    assert site.harmed("better") == 268
    site.run("bad", CAREFUL)
    assert 0 < site.harmed("bad") <= AWAY
    assert site.progress.failed == "bad"
    assert site.progress.revision == "better"
    # Who was offline all the time takes the revision in force when it is back.
    for device in site.devices.values():
        device.node = replace(device.node, is_online=True, offline_since=None)
    for _ in range(10):
        site.step("bad", CAREFUL)
    states = {device.node.state for device in site.devices.values()}
    assert states == {State.READY}
    assert site.harmed("bad") <= AWAY
    assert site.harmed("better") == 288


@pytest.mark.parametrize("seed", range(30))
def test_nodes_that_come_and_go(seed: int) -> None:
    site = world(seed, 60, 6, 0.004, {"bad"})
    site.run("good", FAST)
    site.run("bad", CAREFUL)
    assert site.progress.failed == "bad"
    assert site.harmed("bad") <= AWAY
    site.run("better", CAREFUL)
    assert site.progress.stable == "better"
    assert site.harmed("bad") <= AWAY
