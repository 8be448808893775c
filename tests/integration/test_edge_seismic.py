"""A station on a whole agent: the Ridgecrest record played as an exercise, a live digitiser."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge import connections, link
from edge.block_stream import HEADER, MAGIC
from edge.settings import parse
from tests.edge.waveform.motion import RATE_HZ, ridgecrest
from tests.integration.edge_world import (
    NODE,
    ROOT,
    Platform,
    agent_of,
    environment,
    running,
)
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import subjects
from tianfu.seismic.v1 import station_features_pb2 as pb
from tianfu.subjects import Channel

pytestmark = pytest.mark.integration

RECORD = ROOT / "cli" / "drill" / "records" / "CICLC.v1.xz"
ORIGIN_S = 1_562_383_193.04
COUNTS = 427_000.0


@pytest.fixture
async def platform(nats: NatsServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Platform]:
    monkeypatch.setattr(link, "RETRY_MOST_S", 0.5)
    platform = Platform(nats)
    js = (await platform.client()).jetstream()
    for channel in Channel:
        stream = subjects.seismic_stream(channel)
        await js.add_stream(name=stream, subjects=[subjects.seismic_all(channel)])
    await platform.readings_stream()
    yield platform
    await platform.close()


def played(origin_s: float) -> str:
    at = datetime.fromtimestamp(origin_s, UTC).isoformat()
    return f"""[node]
id = "node-a"
[[driver]]
kind = "seismic"
source = "record"
file = "{RECORD}"
origin_time = "2019-07-06T03:19:53.04Z"
epicentre_latitude = 35.770
epicentre_longitude = -117.599
drill_latitude = 31.0
drill_longitude = 103.4
play_at = "{at}"
"""


def followed(port: int) -> str:
    return f"""[node]
id = "node-a"
[[driver]]
kind = "seismic"
source = "stream"
host = "127.0.0.1"
port = {port}
rate_hz = {RATE_HZ}
counts_per_mps2 = {COUNTS}
latitude = 31.0
longitude = 103.4
"""


async def features(platform: Platform, channel: Channel) -> list[pb.StationFeatures]:
    return [one for one in await said(platform, channel) if one.pick_id]


async def said(platform: Platform, channel: Channel) -> list[pb.StationFeatures]:
    """Everything that stations sent, that they are there included."""
    js = (await platform.client()).jetstream()
    stream = subjects.seismic_stream(channel)
    state = (await js.stream_info(stream)).state
    if not state.messages:
        return []
    messages: list[Any] = [
        await js.get_msg(stream, seq=number)
        for number in range(state.first_seq, state.last_seq + 1)
    ]
    found = [pb.StationFeatures.FromString(message.data) for message in messages]
    for message, one in zip(messages, found, strict=True):
        expected = f"{NODE}-{one.pick_id}-{one.elapsed_s:.2f}"
        if not one.pick_id:
            expected = f"{NODE}-there-{one.send_time_us}"
        assert message.headers["Nats-Msg-Id"] == expected
    return found


async def test_a_record_is_played_as_an_exercise_now_and_there(
    platform: Platform, tmp_path: Path
) -> None:
    origin_s = time.time() + 12.0
    settings = parse(played(origin_s), environment(platform.server), file="t", folder=tmp_path)
    agent = agent_of(settings)

    async def has_some() -> bool:
        found = await features(platform, Channel.DRILL)
        return sum(one.pick_time_us / 1e6 > origin_s for one in found) >= 3

    async with running(agent):
        await until(has_some, 60)
        state = agent.status()["seismic"]
    found = [
        one for one in await features(platform, Channel.DRILL) if one.pick_time_us / 1e6 > origin_s
    ]
    assert await features(platform, Channel.LIVE) == []
    there = [one for one in await said(platform, Channel.DRILL) if not one.pick_id]
    assert there, "a station says that it is there"
    assert all(one.latitude == pytest.approx(31.046, abs=0.01) for one in there)
    first = found[0]
    assert first.pick_time_us / 1e6 - origin_s == pytest.approx(0.63, abs=0.3)
    # 5.1 km from the epicentre it was moved to.
    assert first.latitude == pytest.approx(31.046, abs=0.01)
    assert first.longitude == pytest.approx(103.4, abs=0.01)
    assert (first.send_time_us - first.pick_time_us) / 1e6 - first.elapsed_s < 1.0
    assert (state["channel"], state["waiting"]) == ("drill", 0)
    assert state["picks"] >= 1


async def test_an_exercise_whose_time_is_over_is_not_played(
    platform: Platform, tmp_path: Path
) -> None:
    settings = parse(
        played(time.time() - 3600), environment(platform.server), file="t", folder=tmp_path
    )
    agent = agent_of(settings)
    async with running(agent):
        await until(lambda: agent.counters.of("SEISMIC_PLAYED") == 1)
    assert await features(platform, Channel.DRILL) == []


async def test_a_digitiser_is_followed_live_and_through_a_broken_connection(
    platform: Platform, tmp_path: Path
) -> None:
    record = ridgecrest("CICLC.v1")
    begin = round((ORIGIN_S - record.start_s - 20) * record.rate_hz)
    samples = (record.samples[:, begin : begin + 3000] * COUNTS).round().astype(">i4")
    began_us = int((time.time() - 30) * 1e6)
    half = 1500
    sent = [0]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        for at in range(sent[0], sent[0] + half, 50):
            head = HEADER.pack(MAGIC, 50, 0, began_us + round(at / record.rate_hz * 1e6))
            writer.write(head + samples[:, at : at + 50].tobytes())
        sent[0] = half
        await writer.drain()
        await connections.end(writer)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        text = followed(server.sockets[0].getsockname()[1])
        settings = parse(text, environment(platform.server), file="t", folder=tmp_path)
        agent = agent_of(settings)

        async def has_some() -> bool:
            found = await features(platform, Channel.LIVE)
            return sum(one.pick_time_us > began_us + 20e6 for one in found) >= 3

        async with running(agent):
            await until(has_some, 60)
            assert agent.counters.of("SEISMIC_CLOSED") >= 1
    assert await features(platform, Channel.DRILL) == []
    found = await features(platform, Channel.LIVE)
    assert {one.station for one in found} == {NODE}
    # The coda of an M5 that the record holds may be picked too.
    onsets = [(one.pick_time_us - began_us) / 1e6 for one in found]
    assert any(onset_s == pytest.approx(20.63, abs=0.3) for onset_s in onsets)


async def test_two_starts_never_give_one_pick_number_twice(
    platform: Platform, tmp_path: Path
) -> None:
    settings = parse(followed(1), environment(platform.server), file="t", folder=tmp_path)
    numbers = []
    for seed in (1, 1):
        agent = agent_of(settings, seed)
        assert agent.seismic is not None
        numbers.append(agent.seismic._next_pick_id)
        async with running(agent):
            await until(lambda: agent.counters.of("SEISMIC_UNREACHABLE") > 0)  # noqa: B023 - awaited here
    # Apart by more than a start could ever pick.
    assert numbers[1] - numbers[0] > 1 << 20


def test_an_agent_without_a_station_imports_no_numpy() -> None:
    code = (
        "import sys, edge.main, edge.agent, edge.warnings.node_warnings;"
        "sys.exit('numpy' in sys.modules or 'pymodbus' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
