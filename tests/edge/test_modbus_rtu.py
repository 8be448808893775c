"""Modbus RTU on a serial line made of a pair of pseudo-terminals, against pymodbus's own server."""

from __future__ import annotations

import os
import tty
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.bus_settings import ModbusRtuSource
from edge.driver_settings import Register, SeriesSettings, Wave
from edge.drivers.driver import DriverFailed
from edge.drivers.modbus import ModbusDriver
from edge.reading import Priority, Scaling
from edge.sampling import Sampling
from tests.support.serial_line import SerialLine

pytestmark = pytest.mark.integration


def series(name: str, address: int, unit: int, kind: str = "uint16") -> SeriesSettings:
    at = Register(address, kind, "holding", big_words=True, big_bytes=True, unit_id=unit)
    return SeriesSettings(name, "V", 0, Priority.ROUTINE, Sampling(1.0), Scaling(), Wave(), at)


def driver(device: Path, *wanted: SeriesSettings) -> ModbusDriver:
    return ModbusDriver(ModbusRtuSource(device, 19_200, "N", 1, 1, 0.3), wanted, 3.0)


@pytest.fixture
def line() -> Iterator[SerialLine]:
    with SerialLine() as made:
        yield made


@pytest.fixture
async def meters(line: SerialLine) -> AsyncIterator[None]:
    """Units 1 and 7 of one line."""
    devices = [
        SimDevice(id=unit, simdata=[SimData(0, values=values, datatype=DataType.REGISTERS)])
        for unit, values in ((1, [2301, 0x4365, 0xC000, 5]), (7, [77, 78, 79, 80]))
    ]
    server = ModbusSerialServer(
        devices,
        framer=FramerType.RTU,
        port=str(line.far),
        baudrate=19_200,
    )
    await server.listen()
    yield
    await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus has it so


@pytest.mark.usefixtures("meters")
async def test_all_units_of_a_line(line: SerialLine) -> None:
    wanted = (series("v", 0, 0), series("f", 1, 1, "float32"), series("other", 2, 7))
    reader = driver(line.near, *wanted)
    await reader.connect()
    for _ in range(3):
        found = await reader.read(["v", "f", "other"])
        assert {v.series: v.value for v in found} == {"v": 2301.0, "f": 229.75, "other": 79.0}
    await reader.close()


@pytest.mark.usefixtures("meters")
async def test_a_silent_unit_costs_only_its_own_series(line: SerialLine) -> None:
    line.muted = frozenset({5})
    reader = driver(line.near, series("gone", 0, 5), series("gone-too", 100, 5), series("b", 1, 7))
    await reader.connect()
    found = await reader.read(["gone", "gone-too", "b"])
    assert [(v.series, v.value) for v in found] == [("b", 78.0)]
    with pytest.raises(DriverFailed, match="unit 5") as failed:
        await reader.read(["gone"])
    assert failed.value.reason == "MODBUS_NO_ANSWER"
    await reader.close()


@pytest.mark.usefixtures("meters")
async def test_an_address_that_a_unit_has_not(line: SerialLine) -> None:
    reader = driver(line.near, series("none", 500, 7))
    await reader.connect()
    with pytest.raises(DriverFailed, match="unit 7") as failed:
        await reader.read(["none"])
    assert failed.value.reason == "MODBUS_REFUSED"
    await reader.close()


async def test_noise_on_the_line_is_no_value(line: SerialLine) -> None:
    reader = driver(line.near, series("v", 0, 1))
    await reader.connect()
    far = os.open(line.far, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(far)
    try:
        os.write(far, bytes(range(256)))
        with pytest.raises(DriverFailed) as failed:
            await reader.read(["v"])
        assert failed.value.reason == "MODBUS_NO_ANSWER"
    finally:
        os.close(far)
    await reader.close()


async def test_a_line_that_is_not_there(tmp_path: Path) -> None:
    reader = driver(tmp_path / "ttyUSB9", series("v", 0, 1))
    with pytest.raises(DriverFailed) as failed:
        await reader.connect()
    assert failed.value.reason == "MODBUS_UNREACHABLE"
