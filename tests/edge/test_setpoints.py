"""Setpoints on the node: signed, in time, once, and reported; by a real Modbus device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.counters import Counters
from edge.setpoint_settings import ActuatorSettings, SetpointSettings
from edge.setpoints import actuators
from edge.setpoints.actuators import ActuatorFailed
from edge.setpoints.decide import Setpoint, Verdict, decide
from edge.setpoints.follower import SetpointFollower
from edge.setpoints.sheet import PinnedKey, SheetRefused, read
from tests.support.waiting import until
from tests.support.warning_devices import Relay
from tianfu import nats_keys, subjects
from tianfu.energy.v1 import setpoint_pb2 as pb
from tianfu.nats_keys import KeyKind

PAIR = nats_keys.generate(KeyKind.USER)
NODE = subjects.node_id("gw-1")
S = 1_000_000
NOW = 1_790_000_000 * S
VALVE = Setpoint(
    "o1", "valve", pb.SETPOINT_ACTION_CLOSE_GAS_VALVE, 0.0, "eq", 2, NOW, NOW, NOW + 60 * S, False
)


@pytest.mark.parametrize(
    ("change", "settled", "generation", "verdict"),
    [
        pytest.param({}, set(), None, Verdict.GO, id="now"),
        pytest.param({}, {"o1"}, None, Verdict.DONE_BEFORE, id="done"),
        pytest.param({"expire_us": NOW}, set(), None, Verdict.EXPIRED, id="at-its-end"),
        pytest.param({"expire_us": NOW + 1}, set(), None, Verdict.GO, id="before-its-end"),
        pytest.param({"start_us": NOW + 1}, set(), None, Verdict.WAIT, id="not-begun"),
        pytest.param({"issue_us": NOW + 6 * S}, set(), None, Verdict.NOT_YET_ISSUED, id="future"),
        pytest.param({}, set(), 3, Verdict.OLDER, id="older"),
        pytest.param({}, set(), 2, Verdict.GO, id="same-generation"),
        pytest.param({"asset": "pump"}, set(), None, Verdict.ASSET_UNKNOWN, id="strange-asset"),
    ],
)
def test_verdicts(
    change: dict[str, Any], settled: set[str], generation: int | None, verdict: Verdict
) -> None:
    generations = {} if generation is None else {("valve", "eq"): generation}
    found = decide(replace(VALVE, **change), settled, generations, {"valve"}, NOW)
    assert found is verdict


def signed(
    revision: int, *setpoints: Setpoint, node: str = NODE, pair: nats_keys.KeyPair = PAIR
) -> bytes:
    sheet = pb.SetpointSheet(node=node, revision=revision)
    for each in setpoints:
        sheet.setpoints.add(
            order=each.order,
            asset=each.asset,
            action=pb.SetpointAction.Name(each.action),
            value_kw=each.value_kw,
            cause=each.scope,
            generation=each.generation,
            issue_time_us=each.issue_us,
            start_time_us=each.start_us,
            expire_time_us=each.expire_us,
            exercise=each.exercise,
        )
    data = sheet.SerializeToString()
    made = pb.SignedSetpointSheet(sheet=data, signature=pair.sign(data), public_key=pair.public_key)
    return bytes(made.SerializeToString())


def test_only_what_the_pinned_key_signed_for_this_node_is_followed() -> None:
    key = PinnedKey(PAIR.public_key)
    assert read(signed(1, VALVE), NODE, key).setpoints == (VALVE,)
    other = nats_keys.generate(KeyKind.USER)
    tampered = pb.SignedSetpointSheet.FromString(signed(1, VALVE))
    tampered.sheet += b"\x10\x09"
    for payload, reason in (
        (signed(1, VALVE, pair=other), "SETPOINT_KEY_UNKNOWN"),
        (tampered.SerializeToString(), "SETPOINT_SIGNATURE_WRONG"),
        (signed(1, VALVE, node="gw-2"), "SETPOINTS_OF_ANOTHER_NODE"),
        (signed(1, replace(VALVE, value_kw=float("nan"))), "SETPOINTS_MALFORMED"),
        (b"\xff", "SETPOINTS_MALFORMED"),
    ):
        with pytest.raises(SheetRefused) as caught:
            read(payload, NODE, key)
        assert caught.value.reason == reason


class FixedClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_us = NOW

    def wall_us(self) -> int:
        return self.now_us

    def monotonic(self) -> float:
        return self.now_us / S


class Device:
    """Equipment that remembers, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.did: list[Setpoint] = []
        self.failures = 0

    async def apply(self, setpoint: Setpoint) -> None:
        if self.failures:
            self.failures -= 1
            raise ActuatorFailed("ACTUATOR_NO_ANSWER", "silent")
        self.did.append(setpoint)


class Node:
    """A follower over a folder, with one device."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FixedClock()
        self.device = Device()
        self.open()

    def open(self) -> None:
        settings = SetpointSettings(PAIR.public_key, ())
        self.follower = SetpointFollower(
            settings,
            NODE,
            self.folder,
            clock=self.clock,
            counters=Counters(),
            offset_us=lambda: None,
            made={"valve": self.device},
        )

    async def settle(self, count: int) -> list[pb.SetpointReport]:
        running = asyncio.create_task(self.follower.run())
        await until(lambda: len(self.follower._settled) >= count)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        found = await self.follower._journal.reports(100)
        return [pb.SetpointReport.FromString(each.payload) for each in found]


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    made = Node(tmp_path)
    await made.follower.restore()
    yield made
    await made.follower.close()


async def test_an_order_is_carried_out_once_and_told_of_after_a_restart(node: Node) -> None:
    await node.follower.take(signed(1, VALVE))
    [report] = await node.settle(1)
    assert report.outcome == pb.SETPOINT_OUTCOME_DONE
    await node.follower.close()
    node.open()
    await node.follower.restore()
    await node.follower.take(signed(2, VALVE))
    await node.follower.look()
    assert [each.order for each in node.device.did] == ["o1"]
    assert len(await node.follower._journal.reports(10)) == 1


async def test_a_stale_order_is_refused_and_said_so(node: Node) -> None:
    node.clock.now_us = NOW + 61 * S
    await node.follower.take(signed(1, VALVE))
    [report] = await node.settle(1)
    assert (report.outcome, report.reason) == (pb.SETPOINT_OUTCOME_REFUSED, "ORDER_EXPIRED")
    assert node.device.did == []


async def test_an_exercise_moves_nothing(node: Node) -> None:
    await node.follower.take(signed(1, replace(VALVE, exercise=True)))
    [report] = await node.settle(1)
    assert report.outcome == pb.SETPOINT_OUTCOME_WOULD_DO
    assert node.device.did == []


async def test_an_older_sheet_changes_nothing(node: Node) -> None:
    await node.follower.take(signed(5))
    await node.follower.take(signed(4, VALVE))
    await node.follower.look()
    assert node.device.did == []


async def test_a_power_waits_for_its_time(node: Node) -> None:
    later = replace(VALVE, action=pb.SETPOINT_ACTION_SET_POWER, value_kw=5.0, start_us=NOW + S)
    await node.follower.take(signed(1, later))
    await node.follower.look()
    assert node.device.did == []
    node.clock.now_us = NOW + S
    await node.settle(1)
    assert [each.value_kw for each in node.device.did] == [5.0]


async def test_a_device_that_fails_is_tried_until_the_orders_end(node: Node) -> None:
    node.device.failures = 1
    await node.follower.take(signed(1, VALVE))
    [report] = await node.settle(1)
    assert report.outcome == pb.SETPOINT_OUTCOME_DONE
    assert len(node.device.did) == 1


async def test_a_coil_is_switched_by_modbus() -> None:
    relay = Relay()
    await relay.start()
    try:
        settings = ActuatorSettings("valve", "modbus", "127.0.0.1", relay.port, 1, 3)
        await actuators.make(settings).apply(VALVE)
        assert relay.coils == {3: True}
        relay.is_refusing = True
        with pytest.raises(ActuatorFailed) as caught:
            await actuators.make(settings).apply(VALVE)
        assert caught.value.reason == "ACTUATOR_REFUSED"
        with pytest.raises(ActuatorFailed) as caught:
            await actuators.make(settings).apply(
                replace(VALVE, action=pb.SETPOINT_ACTION_SET_POWER)
            )
        assert caught.value.reason == "ACTUATOR_LACKS_REGISTER"
    finally:
        await relay.stop()
    with pytest.raises(ActuatorFailed) as caught:
        await actuators.make(settings).apply(VALVE)
    assert caught.value.reason in {"ACTUATOR_UNREACHABLE", "ACTUATOR_NO_ANSWER"}
