"""Rules of a node over a real nats-server: signed, planned, followed, told of, kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.js.errors import KeyNotFoundError

from edge import link
from tests.edge.node_rules.made import SIGNER, STRANGER, rule, rule_set, signed_message
from tests.integration.edge_world import NODE, Platform, agent_of, config, running, settings_of
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import batch_decoder, subjects
from tianfu.fleet.v1 import node_pb2
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.reading.v1 import reading_batch_pb2

pytestmark = pytest.mark.integration

RULES = f"""
[rules]
key = "{SIGNER.public_key}"
[[rules.output]]
name = "pump"
[[driver]]
name = "sump"
kind = "simulated"
interval_s = 0.05
[[driver.series]]
id = "sump.level"
unit = "m"
base = 3
amplitude = 2
period_s = 1.5
deadband = 100
longest_silence_s = 3600
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "RETRY_MOST_S", 0.5)


@pytest.fixture
async def platform(nats: NatsServer) -> AsyncIterator[Platform]:
    platform = Platform(nats)
    await platform.streams()
    yield platform
    await platform.close()


async def put_plan(platform: Platform, generation: int, *sets: pb.SignedRuleSet) -> None:
    plan = node_pb2.NodePlan(name=f"nodes/{NODE}/plan", generation=generation, rule_sets=list(sets))
    js = (await platform.client()).jetstream()
    await (await js.key_value(subjects.PLANS)).put(NODE, plan.SerializeToString())


async def said(platform: Platform) -> list[tuple[str, int, int, str]]:
    js = (await platform.client()).jetstream()
    try:
        entry = await (await js.key_value(subjects.PLAN_REPORTS)).get(NODE)
    except KeyNotFoundError:
        return []
    report = node_pb2.PlanReport.FromString(entry.value)
    return [(one.name, one.version, one.state, one.reason) for one in report.rule_sets]


async def alarms(platform: Platform) -> list[float]:
    found: list[float] = []
    for message in await platform.messages():
        batch = batch_decoder.decode(message.data)
        names = [one.series for one in batch.series]
        values = [
            float(value)
            for index, value in zip(batch.series_index, batch.value, strict=True)
            if names[index] == "alarm.sump"
        ]
        if values:
            assert batch.header.priority == reading_batch_pb2.PRIORITY_URGENT
        found += values
    return found


async def test_rules_come_with_the_plan_and_outlive_the_platform(
    platform: Platform, tmp_path: Path
) -> None:
    settings = settings_of(config(tmp_path, series=1, more=RULES), platform.server)
    agent = agent_of(settings)
    good = rule_set(rule(), version=2)
    in_force, refused = pb.RULE_SET_STATE_IN_FORCE, pb.RULE_SET_STATE_REFUSED

    async def reports(*expected: tuple[str, int, int, str]) -> None:
        async def holds() -> bool:
            return await said(platform) == list(expected)

        await until(holds, 60)

    async def alarmed() -> bool:
        return {0.0, 2.0} <= set(await alarms(platform))

    async with running(agent):
        await put_plan(platform, 1, signed_message(good))
        await reports(("pump-house", 2, in_force, ""))
        # The level's own readings stay within their deadband and are not sent; rules see them.
        await until(alarmed, 60)
        await put_plan(platform, 2, signed_message(rule_set(version=3), STRANGER))
        await reports(("pump-house", 2, refused, "RULE_SET_KEY_UNKNOWN"))
        await put_plan(platform, 3, signed_message(rule_set(version=1)))
        await reports(("pump-house", 2, refused, "RULE_SET_VERSION_OLD"))
    await platform.close()
    await asyncio.to_thread(platform.server.stop)
    again = agent_of(settings, seed=2)
    assert again.rules is not None
    async with running(again):
        await until(lambda: again.counters.of("RULE_ACTION_BEGUN") > 0, 60)
        (kept,) = again.rules.status()["sets"]
        assert kept["version"] == 2
        (output,) = again.rules.status()["outputs"]
        assert output["position"] in {"on", "off"}


async def test_a_node_without_rules_in_its_settings_says_so(
    platform: Platform, tmp_path: Path
) -> None:
    agent = agent_of(settings_of(config(tmp_path, series=1), platform.server))

    async def holds() -> bool:
        expected = ("pump-house", 0, pb.RULE_SET_STATE_REFUSED, "RULE_SETS_UNSUPPORTED")
        return await said(platform) == [expected]

    async with running(agent):
        await put_plan(platform, 1, signed_message(rule_set()))
        await until(holds, 60)
