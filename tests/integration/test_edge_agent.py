"""The whole agent against a real nats-server: killed, stopped, planned, watched."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from nats.js.errors import KeyNotFoundError

from edge import heartbeat, link, status
from edge.main import main
from tests.edge.doubles import NOON_US
from tests.integration.edge_world import (
    NODE,
    AgentProcess,
    Platform,
    agent_of,
    config,
    running,
    settings_of,
)
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import batch_decoder, subjects
from tianfu.fleet.v1 import heartbeat_pb2, node_pb2
from tianfu.reading.v1 import reading_batch_pb2

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than in the field; nothing else differs."""
    monkeypatch.setattr(link, "RETRY_MOST_S", 0.5)


@pytest.fixture
async def platform(nats: NatsServer) -> AsyncIterator[Platform]:
    platform = Platform(nats)
    await platform.streams()
    yield platform
    await platform.close()


async def complete(platform: Platform, file: Path) -> dict[str, Any]:
    """Check that all the stopped agent ever counted has arrived once; return its last status."""
    last = status.read(file.parent / "data")
    assert last is not None
    spool = last["spool"]
    assert not last["running"]
    assert spool["open_readings"] == 0
    store = await platform.store()
    store.check_complete(int(spool["epoch"], 16), spool["sequence"], spool["produced"])
    return last


async def test_a_stop_under_load_loses_nothing(platform: Platform, tmp_path: Path) -> None:
    file = config(tmp_path)
    process = AgentProcess(file, platform.server)
    process.start()
    await until(lambda: _count_over(platform, 30))
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
    last = await complete(platform, file)
    assert last["spool"]["waiting_batches"] == 0
    assert last["spool"]["dropped"] == 0
    # What the drivers sent is what was produced: nothing was lost on its way to the spool.
    assert last["spool"]["produced"] == sum(d["sent"] for d in last["drivers"])


async def _count_over(platform: Platform, number: int) -> bool:
    return await platform.count() > number


async def test_an_interrupt_stops_it_too_without_a_server(
    platform: Platform, tmp_path: Path
) -> None:
    file = config(tmp_path)
    await platform.close()
    await asyncio.to_thread(platform.server.stop)
    process = AgentProcess(file, platform.server)
    process.start()
    await until(lambda: (status.read(tmp_path / "data") or {}).get("running", False))
    assert await asyncio.to_thread(process.end, signal.SIGINT) == 0
    last = status.read(tmp_path / "data")
    assert last is not None
    assert last["spool"]["produced"] == last["spool"]["waiting_readings"]
    await asyncio.to_thread(platform.server.start)
    process.start()
    await until(lambda: _count_over(platform, 1))
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
    await complete(platform, file)


@pytest.mark.parametrize("seed", [1, 2])
async def test_kills_of_agent_and_server_at_random_moments(
    platform: Platform, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    file = config(tmp_path, more="[spool]\nbytes_max = 4000000\n")
    process = AgentProcess(file, platform.server)
    process.start()
    for _ in range(5):
        target = await platform.count() + random.randrange(1, 60)
        await until(lambda: _count_over(platform, target))  # noqa: B023 - awaited here
        if random.random() < 0.6:
            process.kill()
            process.start()
        else:
            await platform.close()
            await asyncio.to_thread(platform.server.restart)
    target = await platform.count() + 10
    await until(lambda: _count_over(platform, target))
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
    last = await complete(platform, file)
    assert last["spool"]["dropped"] == 0
    assert last["spool"]["damaged_files"] == 0
    # Kept in order: a killed process resends what it is not sure of, under ids the stream knows.
    sequences = await platform.sequences()
    assert sequences == sorted(set(sequences))


async def test_a_second_agent_on_the_folder_is_refused(platform: Platform, tmp_path: Path) -> None:
    file = config(tmp_path)
    process = AgentProcess(file, platform.server)
    process.start()
    await until(lambda: _count_over(platform, 1))
    second = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "edge", "run", "--config", str(file), stderr=asyncio.subprocess.PIPE
    )
    _, said = await second.communicate()
    assert second.returncode == 3
    assert b"[SPOOL_IN_USE]" in said
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
    await complete(platform, file)


async def test_readings_are_whole_and_the_trace_goes_through(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = config(tmp_path, series=2, more='low = 0\nhigh = 1\npriority = "urgent"\n')
    agent = agent_of(settings_of(file, platform.server))
    async with running(agent):
        await until(lambda: _count_over(platform, 20))
        found = agent.status()
        assert found["connection"]["connected"]
        assert main(["status", "--config", str(file)]) == 0
    page = capsys.readouterr().out
    assert f"node        {NODE}, running" in page
    assert "driver      simulated-0" in page
    messages = await platform.messages()
    batches = [batch_decoder.decode(message.data) for message in messages]
    urgent = [b for b in batches if b.header.priority == reading_batch_pb2.PRIORITY_URGENT]
    assert {s.series for b in urgent for s in b.series} == {"s1"}
    assert {int(q) for b in urgent for q in b.quality} == {0, 2}
    assert agent.counters.of("VALUE_OUT_OF_RANGE") > 0
    spans = [json.loads(line) for line in (tmp_path / "spans.jsonl").read_text().splitlines()]
    by_trace: dict[str, list[str]] = {}
    for span in spans:
        by_trace.setdefault(span["trace_id"], []).append(span["name"])
    carried = {message.headers["traceparent"].split("-")[1] for message in messages}
    assert carried == set(by_trace)
    assert all(names == ["edge.batch", "edge.uplink"] for names in by_trace.values())


async def test_a_driver_that_fails_stops_no_other(platform: Platform, tmp_path: Path) -> None:
    dead = """
[[driver]]
kind = "modbus-tcp"
name = "dead"
host = "127.0.0.1"
port = 1
interval_s = 0.01
[[driver.series]]
id = "v"
unit = "V"
register = 0
"""
    agent = agent_of(settings_of(config(tmp_path, more=dead), platform.server))
    async with running(agent):
        await until(lambda: agent.counters.of("MODBUS_UNREACHABLE") >= 2)
        await until(lambda: _count_over(platform, 10))
        states = {driver["name"]: driver for driver in agent.status()["drivers"]}
    assert states["dead"]["reason"] == "MODBUS_UNREACHABLE"
    assert (states["simulated-0"]["reason"], states["simulated-0"]["failures"]) == ("", 0)


async def test_drivers_wait_for_a_slow_disk_and_a_stop_still_loses_nothing(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = agent_of(settings_of(config(tmp_path), platform.server))
    disk = asyncio.Event()
    store = agent._spool.store

    async def slow(batches: Any) -> list[int | None]:
        await disk.wait()
        return await store(batches)

    monkeypatch.setattr(agent._spool, "store", slow)
    stop = asyncio.Event()
    task = asyncio.create_task(agent.run(stop))
    await until(lambda: len(agent._putting) == 1)  # every queue is full: the driver waits
    assert agent._measured.full()
    await until(lambda: next(iter(agent._pollers)).state.sent > 0)
    stop.set()
    disk.set()
    await task
    sent = next(iter(agent._pollers)).state.sent
    assert sent > 0
    assert agent._spool.account().produced == sent


async def test_a_task_that_breaks_ends_the_agent_and_says_which(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = agent_of(settings_of(config(tmp_path), platform.server))

    async def broken(_: Any) -> list[int | None]:
        raise ZeroDivisionError

    monkeypatch.setattr(agent._spool, "store", broken)
    with pytest.raises(RuntimeError, match="task 'store' ended"):
        await asyncio.wait_for(agent.run(asyncio.Event()), 30)


# -- heartbeats --------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead_us", [5_000_000, -86_400_000_000], ids=["ahead", "behind"])
async def test_heartbeats_tell_the_account_and_measure_the_clock(
    platform: Platform, tmp_path: Path, ahead_us: int
) -> None:
    beats: list[heartbeat_pb2.Heartbeat] = []
    client = await platform.client()

    async def answer(message: Any) -> None:
        beat = heartbeat_pb2.Heartbeat.FromString(message.data)
        beats.append(beat)
        if message.reply:
            reply = heartbeat_pb2.HeartbeatReply()
            now_us = heartbeat._us(beat.send_time) + ahead_us
            for time in (reply.receive_time, reply.reply_time):
                time.FromMicroseconds(now_us)
            await client.publish(message.reply, reply.SerializeToString())

    await client.subscribe(subjects.heartbeat(NODE), cb=answer)
    await client.flush()
    settings = settings_of(config(tmp_path), platform.server)
    agent = agent_of(settings)
    async with running(agent):
        await until(lambda: bool(beats) and beats[-1].clock_offset_us != -(2**63))
        await until(lambda: _count_over(platform, 3))
        first, later = beats[0], beats[-1]
    assert (first.node, first.agent_version, first.interval_ms) == (NODE, "9.9", 1000)
    assert first.instance == later.instance != 0
    assert first.clock_offset_us == -(2**63)
    # The platform's clock stood still while it answered: half the way there counts against it.
    assert abs(later.clock_offset_us - ahead_us) < 500_000
    assert later.produced_total > 0
    assert later.epoch == agent.heartbeat.message(0).epoch
    last = batch_decoder.decode((await platform.messages())[-1].data)
    assert abs(last.header.clock_offset_us - ahead_us) < 500_000
    again = agent_of(settings, seed=2)
    assert again.heartbeat.message(NOON_US).instance != first.instance
    async with running(again):
        pass


# -- plans -------------------------------------------------------------------------------------


def plan_of(generation: int, interval_ms: int = 50, pattern: str = "*") -> bytes:
    plan = node_pb2.NodePlan(name=f"nodes/{NODE}/plan", generation=generation)
    plan.sampling_rules.add(series_pattern=pattern).interval.FromMilliseconds(interval_ms)
    plan.heartbeat_interval.FromSeconds(7)
    return bytes(plan.SerializeToString())


async def _report(platform: Platform) -> tuple[int, int, str]:
    js = (await platform.client()).jetstream()
    reports = await js.key_value(subjects.PLAN_REPORTS)
    try:
        entry = await reports.get(NODE)
    except KeyNotFoundError:
        return 0, 0, ""
    report = node_pb2.PlanReport.FromString(entry.value)
    assert report.node == NODE
    return report.generation, report.state, report.reason


async def _put_plan(platform: Platform, payload: bytes) -> None:
    js = (await platform.client()).jetstream()
    await (await js.key_value(subjects.PLANS)).put(NODE, payload)


async def test_a_plan_is_followed_reported_and_kept(platform: Platform, tmp_path: Path) -> None:
    applied, refused = node_pb2.PLAN_STATE_APPLIED, node_pb2.PLAN_STATE_REFUSED
    await _put_plan(platform, plan_of(3))
    settings = settings_of(config(tmp_path), platform.server)
    agent = agent_of(settings)

    async def reports(expected: tuple[int, int, str]) -> None:
        async def holds() -> bool:
            return await _report(platform) == expected

        await until(holds)

    async with running(agent):
        await reports((3, applied, ""))  # read at connecting
        assert next(iter(agent._pollers))._series["s0"].sampling.interval_s == 0.05
        assert agent.heartbeat.message(0).interval_ms == 7000
        await _put_plan(platform, plan_of(4, 80))
        await reports((4, applied, ""))  # heard of by subscription
        assert agent.heartbeat.message(0).plan_generation == 4
        await _put_plan(platform, plan_of(2))
        await reports((2, refused, "PLAN_GENERATION_OLD"))
        await _put_plan(platform, plan_of(5, pattern="NOT A PATTERN"))
        await reports((5, refused, "PLAN_INVALID"))
        await _put_plan(platform, b"\xff\xff")
        await reports((0, refused, "PLAN_MALFORMED"))
        assert agent.downlink.plan.generation == 4
    await platform.close()
    await asyncio.to_thread(platform.server.stop)
    again = agent_of(settings, seed=2)
    async with running(again):
        await until(lambda: again.downlink.plan.generation == 4)
        assert next(iter(again._pollers))._series["s0"].sampling.interval_s == 0.08


async def test_without_buckets_the_agent_runs_by_its_own_settings(
    nats: NatsServer, tmp_path: Path
) -> None:
    bare = Platform(nats)
    await bare.readings_stream()
    agent = agent_of(settings_of(config(tmp_path), nats))
    async with running(agent):
        await until(lambda: _count_over(bare, 5))
        await until(lambda: agent.counters.of("PLAN_UNANSWERED") > 0)
    await bare.close()
