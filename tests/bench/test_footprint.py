"""What bench.footprint counts by: the meters' answers, and which of them have arrived."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from bench import footprint, thingsboard_peer
from edge.driver_settings import ModbusSource
from edge.settings import parse
from tests.support.batches import batch


async def test_a_meter_says_how_often_each_point_was_read() -> None:
    meters = footprint.Meters()
    meters.begin()
    client = AsyncModbusTcpClient("127.0.0.1", port=meters.port)
    assert await client.connect()
    try:
        first = await client.read_holding_registers(2, count=2, device_id=7)
        both = await client.read_holding_registers(0, count=4, device_id=7)
    finally:
        client.close()
    assert first.registers == [0, 1]
    assert both.registers == [0, 1, 0, 2]
    assert meters.readings == 3


@pytest.mark.parametrize(
    ("arrived", "lost"),
    [
        pytest.param({("meter-1", "p0", 1.0), ("meter-1", "p0", 2.0)}, 0, id="all"),
        pytest.param({("meter-1", "p0", 2.0)}, 1, id="one-missing"),
        pytest.param({("meter-2", "p0", 1.0), ("meter-1", "p1", 1.0)}, 2, id="of-others"),
    ],
)
def test_what_was_given_away_and_did_not_arrive_is_lost(
    arrived: set[thingsboard_peer.Value], lost: int
) -> None:
    meters = footprint.Meters()
    meters.read[1, 0] = 2
    assert footprint.lost(meters, arrived) == lost


def test_a_batch_is_read_by_device_and_point() -> None:
    found = list(footprint.of_batch(batch(readings=2)))
    assert found == [("active-power", "", 1.5), ("energy", "", 2.5)]


def test_both_are_set_up_for_the_same_meters(tmp_path: Path) -> None:
    text = footprint.settings("nats://127.0.0.1:1", tmp_path / "creds", tmp_path, 502)
    ours = parse(text, {}, file="bench", folder=tmp_path)
    thingsboard_peer.configure(
        tmp_path / "peer", mqtt_port=1, modbus_port=502, devices=footprint.DEVICES,
        points=footprint.POINTS,
    )  # fmt: skip
    theirs = json.loads((tmp_path / "peer" / "modbus.json").read_text())["master"]["slaves"]
    units = [one.source.unit_id for one in ours.drivers if isinstance(one.source, ModbusSource)]
    assert units == [one["unitId"] for one in theirs]
    registers = {one.register.address for one in ours.drivers[0].series if one.register}
    assert registers == {one["address"] for one in theirs[0]["timeseries"]}
