"""Outputs on real protocols: a coil behind a Modbus TCP server, a pin of gpiozero's mock board."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from gpiozero.pins.mock import MockFactory
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.node_rules import devices
from edge.node_rules.devices import OutputFailed
from edge.node_rules.settings import OutputSettings


@pytest.fixture
async def port() -> AsyncIterator[int]:
    coils = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    device = SimDevice(
        id=1,
        simdata=(
            coils,
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=[0], datatype=DataType.REGISTERS)],
            [SimData(0, values=[0], datatype=DataType.REGISTERS)],
        ),
    )
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await server.listen()
    assert server.transport is not None
    yield server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # a server
    await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus has it so


@pytest.mark.integration
async def test_a_coil_is_switched_and_read_back(port: int) -> None:
    settings = OutputSettings("pump", "modbus", host="127.0.0.1", port=port, coil=3)
    device = devices.make(settings)
    for is_on in (True, False, True):
        await device.switch(is_on=is_on)
    device.close()


@pytest.mark.integration
async def test_a_coil_that_is_not_there_is_no_success(port: int) -> None:
    settings = OutputSettings("pump", "modbus", host="127.0.0.1", port=port, coil=900)
    with pytest.raises(OutputFailed, match="refuses") as caught:
        await devices.make(settings).switch(is_on=True)
    assert caught.value.reason == "OUTPUT_REFUSED"


async def test_a_pin_is_driven_and_let_go() -> None:
    factory = MockFactory()
    settings = OutputSettings("lamp", "gpio", pin=17, is_active_high=False)
    device = devices.make(settings, lambda: factory)
    await device.switch(is_on=True)
    assert factory.pin(17).state == 0
    await device.switch(is_on=False)
    assert factory.pin(17).state == 1
    device.close()
    factory.close()


async def test_a_board_without_pins_is_said() -> None:
    def no_board() -> MockFactory:
        raise OSError("no pins")

    with pytest.raises(OutputFailed) as caught:
        await devices.make(OutputSettings("lamp", "gpio", pin=17), no_board).switch(is_on=True)
    assert caught.value.reason == "OUTPUT_UNREACHABLE"
