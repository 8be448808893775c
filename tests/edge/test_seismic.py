"""A seismic station on the node: its settings, its queue, its blocks."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from edge import block_stream, connections, seismic_settings, settings
from edge.block_stream import HEADER, MAGIC, MISSING
from edge.counters import Counters
from edge.drivers.driver import DriverFailed
from edge.feature_queue import LATE_S, WAITING_MAX, FeatureQueue
from edge.seismic_settings import Place, RecordSource, SeismicSettings, StreamSource
from edge.seismic_station import message, message_id
from edge.waveform.features import Features, Quality
from tests.edge.doubles import NOON_US, FakeClock
from tianfu import subjects
from tianfu.seismic.v1 import station_features_pb2 as pb
from tianfu.subjects import Channel

NODE = subjects.node_id("gw-1")
HEAD = '[node]\nid = "gw-1"\n[[driver]]\nkind = "seismic"\n'
RECORD = """source = "record"
file = "clc.v1"
origin_time = "2019-07-06T03:19:53.04Z"
epicentre_latitude = 35.77
epicentre_longitude = -117.599
drill_latitude = 31.0
drill_longitude = 103.4
"""
STREAM = """source = "stream"
host = "127.0.0.1"
port = 18000
counts_per_mps2 = 1000
latitude = 31
longitude = 103
"""


def parse(text: str) -> settings.Settings:
    return settings.parse(HEAD + text, {}, file="a.toml", folder=Path("/conf"))


def reasons(text: str) -> set[str]:
    with pytest.raises(settings.InvalidSettings) as caught:
        parse(text)
    return {error.reason for error in caught.value.errors}


# -- settings --------------------------------------------------------------------------------------


def test_a_record_is_an_exercise() -> None:
    found = parse(RECORD).seismic
    assert found is not None
    assert found.channel is Channel.DRILL
    assert found.source == RecordSource(
        Path("/conf/clc.v1"),
        1_562_383_193.04,
        Place(35.77, -117.599),
        Place(31.0, 103.4),
        None,
        20.0,
    )


def test_a_record_may_be_played_at_a_time() -> None:
    found = parse(RECORD + 'play_at = "2026-05-12T14:28:04+08:00"\n').seismic
    assert found is not None
    assert isinstance(found.source, RecordSource)
    assert found.source.play_at_s == 1_778_567_284.0


def test_a_stream_is_live() -> None:
    found = parse(STREAM).seismic
    assert found is not None
    assert found.channel is Channel.LIVE
    source = StreamSource("127.0.0.1", 18_000, 100.0, 1000.0, Place(31.0, 103.0), None)
    assert found.source == source


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(RECORD + 'channel = "live"\n', "KEY_UNKNOWN", id="no-record-is-live"),
        pytest.param(RECORD.replace("2019-07-06T", "6 July "), "ID_INVALID", id="no-time"),
        pytest.param(RECORD.replace("07-06", "13-06"), "ID_INVALID", id="no-month"),
        pytest.param(RECORD.replace("31.0", "91.0"), "VALUE_RANGE", id="no-place"),
        pytest.param(STREAM.replace('"stream"', '"steam"'), "VALUE_UNKNOWN", id="no-source"),
        pytest.param(STREAM + "rate_hz = 20\n", "VALUE_RANGE", id="too-slow"),
        pytest.param(STREAM + "[[driver.series]]\n", "KEY_UNKNOWN", id="no-series"),
        pytest.param(STREAM + '[[driver]]\nkind = "seismic"\n' + STREAM, "TOO_MANY", id="two"),
    ],
)
def test_a_wrong_setting_is_said(text: str, reason: str) -> None:
    assert reason in reasons(text)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seismic_settings, "_has_numpy", lambda: False)
    with pytest.raises(settings.InvalidSettings, match=r"tianfu\[waveform\].*PACKAGE_MISSING"):
        parse(RECORD)


def test_a_missing_record_is_said() -> None:
    found = settings.missing_files(parse(RECORD), file="a.toml")
    assert found is not None
    assert "clc.v1" in str(found)


def test_the_channel_follows_from_the_source_alone() -> None:
    fields = set(SeismicSettings.__dataclass_fields__)
    assert fields == {"name", "source"}


# -- queue -----------------------------------------------------------------------------------------


def queue() -> tuple[FeatureQueue, FakeClock, Counters]:
    clock, counters = FakeClock(), Counters()
    return FeatureQueue(5, clock=clock, counters=counters), clock, counters


async def test_features_go_in_order_and_are_let_go_when_the_stream_has_them() -> None:
    waiting, _, _ = queue()
    for number in range(4):
        waiting.put(bytes([number]), f"id-{number}")
    rows = await waiting.turn(5, [], 0, 3)
    assert [row.payload for row in rows] == [b"\0", b"\1", b"\2"]
    assert [waiting.message_id(row) for row in rows] == ["id-0", "id-1", "id-2"]
    assert [row.sequence for row in await waiting.turn(5, [1, 2], 3, 9)] == [4]
    assert len(waiting) == 2
    await waiting.refuse(5, 3)
    await waiting.refuse(6, 4)
    assert len(waiting) == 1


async def test_a_late_feature_is_let_go_and_counted() -> None:
    waiting, clock, counters = queue()
    waiting.put(b"old", "old")
    clock.advance(LATE_S - 1)
    waiting.put(b"new", "new")
    assert len(await waiting.turn(5, [], 0, 9)) == 2
    clock.advance(1)
    assert [row.payload for row in await waiting.turn(5, [], 0, 9)] == [b"new"]
    assert counters.of("FEATURE_LATE") == 1


async def test_the_oldest_gives_way() -> None:
    waiting, _, counters = queue()
    waiting.put(b"", "first")
    (first,) = await waiting.turn(5, [], 0, 9)
    for number in range(WAITING_MAX):
        waiting.put(b"", str(number))
    assert len(waiting) == WAITING_MAX
    assert counters.of("FEATURE_LATE") == 1
    assert waiting.message_id(first).startswith("late-")


# -- messages --------------------------------------------------------------------------------------

FEATURES = Features(
    station=NODE,
    pick_id=77,
    latitude=31.0,
    longitude=103.4,
    pick_time_s=1_780_000_000.25,
    elapsed_s=2.0,
    pd_cm=0.1,
    tau_c_s=1.2,
    pga_mps2=0.3,
    pgv_mps=0.02,
    intensity=5.1,
    vertical_intensity=4.2,
    snr=30.0,
    dominant_hz=4.0,
    quality=Quality.CLIPPED,
)


def test_features_are_written_whole() -> None:
    found = message(FEATURES, NOON_US, 1500)
    assert (found.station, found.pick_id, found.elapsed_s) == (NODE, 77, 2.0)
    assert found.pick_time_us == 1_780_000_000_250_000
    assert found.quality == pb.RECORD_QUALITY_CLIPPED
    assert (found.send_time_us, found.clock_offset_us) == (NOON_US, 1500)
    for name in ("pd_cm", "tau_c_s", "pga_mps2", "pgv_mps", "intensity", "snr", "dominant_hz"):
        assert getattr(found, name) == pytest.approx(getattr(FEATURES, name), rel=1e-6)
    assert message_id(NODE, FEATURES) == "gw-1-77-2.00"


def test_an_unmeasured_clock_is_left_out() -> None:
    assert not message(FEATURES, NOON_US, None).HasField("clock_offset_us")


# -- blocks ----------------------------------------------------------------------------------------


def block(start_us: int, counts: list[list[int]], magic: bytes = MAGIC) -> bytes:
    flat = [count for row in counts for count in row]
    head = HEADER.pack(magic, len(counts[0]), 0, start_us)
    return head + struct.pack(f">{len(flat)}i", *flat)


@asynccontextmanager
async def digitiser(*said: bytes, stays: bool = False) -> AsyncIterator[StreamSource]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.writelines(said)
        if stays:
            await reader.read()
        await connections.end(writer)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield StreamSource("127.0.0.1", port, 100.0, 1000.0, Place(31, 103), None)


async def test_blocks_are_read_in_metres_per_second_squared() -> None:
    counts = [[1000, -2000], [0, MISSING], [5, 6]]
    async with digitiser(block(NOON_US, counts), block(NOON_US + 20_000, counts)) as source:
        blocks = block_stream.blocks(source)
        found = [await anext(blocks), await anext(blocks)]
        with pytest.raises(DriverFailed) as caught:
            await anext(blocks)
    assert caught.value.reason == "SEISMIC_CLOSED"
    assert [one.start_s for one in found] == [NOON_US / 1e6, NOON_US / 1e6 + 0.02]
    samples = found[0].samples
    assert samples.shape == (3, 2)
    assert list(samples[0]) == [1.0, -2.0]
    assert math.isnan(samples[1, 1])
    assert np.isfinite(samples[2]).all()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(block(0, [[1]] * 3, b"TFS2"), "SEISMIC_MALFORMED", id="magic"),
        pytest.param(HEADER.pack(MAGIC, 0, 0, 0), "SEISMIC_MALFORMED", id="empty"),
        pytest.param(HEADER.pack(MAGIC, 60_000, 0, 0), "SEISMIC_MALFORMED", id="long"),
        pytest.param(HEADER.pack(MAGIC, 5, 0, 0), "SEISMIC_CLOSED", id="cut"),
    ],
)
async def test_a_stream_that_is_none_is_refused(said: bytes, reason: str) -> None:
    async with digitiser(said) as source:
        with pytest.raises(DriverFailed) as caught:
            await anext(block_stream.blocks(source))
    assert caught.value.reason == reason


async def test_a_silent_digitiser_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_stream, "SILENT_S", 0.05)
    async with digitiser(stays=True) as source:
        with pytest.raises(DriverFailed) as caught:
            await anext(block_stream.blocks(source))
    assert caught.value.reason == "SEISMIC_SILENT"


async def test_no_digitiser_is_said(unused: Callable[[], int]) -> None:
    source = StreamSource("127.0.0.1", unused(), 100.0, 1.0, Place(31, 103), None)
    with pytest.raises(DriverFailed) as caught:
        await anext(block_stream.blocks(source))
    assert caught.value.reason == "SEISMIC_UNREACHABLE"


@pytest.fixture
def unused() -> Callable[[], int]:
    def port() -> int:
        import socket

        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            return int(held.getsockname()[1])

    return port
