"""The pins of a board, with gpiozero's mock factory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory

from edge.bus_settings import Pin
from edge.driver_settings import SeriesSettings
from edge.drivers.driver import DriverFailed
from edge.drivers.gpio import GpioDriver, board
from edge.reading import Priority, Scaling
from edge.sampling import Sampling

DOOR = Pin(4, "up", is_active_high=False, is_counted=False, bounce_s=0)
FLOAT = Pin(5, "none", is_active_high=True, is_counted=False, bounce_s=0)
METER = Pin(17, "up", is_active_high=False, is_counted=True, bounce_s=0)


def series(name: str, pin: Pin) -> SeriesSettings:
    return SeriesSettings(name, "1", 0, Priority.ROUTINE, Sampling(1.0), Scaling(), pin=pin)


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.close()


def driver(pins: MockFactory) -> GpioDriver:
    wanted = [series("door", DOOR), series("float", FLOAT), series("meter", METER)]
    return GpioDriver(wanted, lambda: pins)


async def values(reader: GpioDriver) -> list[float]:
    return [one.value for one in await reader.read(["door", "float", "meter"])]


async def test_levels_and_pulses(pins: MockFactory) -> None:
    reader = driver(pins)
    await reader.connect()
    assert await values(reader) == [0, 0, 0]
    pins.pin(4).drive_low()
    pins.pin(5).drive_high()
    for _ in range(3):
        pins.pin(17).drive_low()
        pins.pin(17).drive_high()
    assert await values(reader) == [1, 1, 3]
    await reader.close()


async def test_a_counter_goes_on_after_a_reconnection(pins: MockFactory) -> None:
    reader = driver(pins)
    await reader.connect()
    pins.pin(17).drive_low()
    await reader.close()
    pins.pin(17).drive_high()
    await reader.connect()
    pins.pin(17).drive_low()
    assert (await values(reader))[2] == 2
    await reader.close()


async def test_a_pin_that_is_taken(pins: MockFactory) -> None:
    first, second = driver(pins), driver(pins)
    await first.connect()
    with pytest.raises(DriverFailed, match="GPIOPinInUse") as failed:
        await second.connect()
    assert failed.value.reason == "GPIO_UNAVAILABLE"
    await first.close()
    await second.connect()
    await second.close()


async def test_a_machine_without_pins() -> None:
    reader = GpioDriver([series("door", DOOR)], board)
    with pytest.warns() as warned, pytest.raises(DriverFailed) as failed:
        await reader.connect()
    assert failed.value.reason == "GPIO_UNAVAILABLE"
    assert warned
    with pytest.raises(DriverFailed):
        await reader.read(["door"])
