"""CAN: signals as DBC files count them, and a driver on a virtual bus."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus_settings import CanSource, Signal
from edge.driver_settings import SeriesSettings
from edge.drivers import can_signal
from edge.drivers.can_bus import CanDriver
from edge.drivers.driver import DriverFailed
from edge.reading import Priority, RawValue, Scaling
from edge.sampling import Sampling
from tests.edge.doubles import FakeClock
from tests.support.waiting import until


def signal(
    start: int,
    length: int,
    *,
    big: bool = False,
    kind: str = "unsigned",
    frame: int = 0x123,
    mask: int = 0x7FF,
    extended: bool = False,
) -> Signal:
    return Signal(frame & mask, mask, extended, start, length, big, kind)


# The engine speed of SAE J1939's EEC1: bytes 4 and 5, 0.125 rpm a bit, any source address.
ENGINE = signal(24, 16, frame=0x0CF00400, mask=0x00FFFF00, extended=True)


@pytest.mark.parametrize(
    ("at", "data", "expected"),
    [
        pytest.param(signal(0, 8), "ff01", 255.0, id="first-byte"),
        pytest.param(signal(4, 8), "f50a", 175.0, id="across-bytes"),
        pytest.param(signal(0, 16), "3412", 0x1234, id="little"),
        pytest.param(signal(7, 16, big=True), "1234", 0x1234, id="big"),
        pytest.param(signal(3, 12, big=True), "1234", 0x234, id="big-within-a-byte"),
        pytest.param(signal(0, 8, kind="signed"), "80", -128.0, id="signed"),
        pytest.param(signal(7, 4, big=True, kind="signed"), "f0", -1.0, id="signed-nibble"),
        pytest.param(signal(0, 64), "ff" * 8, 2.0**64, id="whole-frame"),
        pytest.param(
            signal(0, 32, kind="float32"), struct.pack("<f", 229.75).hex(), 229.75, id="f"
        ),
        pytest.param(
            signal(7, 64, big=True, kind="float64"), struct.pack(">d", -1.5).hex(), -1.5, id="d"
        ),
        pytest.param(ENGINE, "ffffff0020ffffff", 0x2000, id="j1939"),
        pytest.param(signal(8, 8), "01", None, id="too-short"),
        pytest.param(signal(3, 12, big=True), "12", None, id="too-short-big"),
        pytest.param(signal(0, 1), "", None, id="empty"),
    ],
)
def test_what_a_frame_says(at: Signal, data: str, expected: float | None) -> None:
    assert can_signal.value(at, bytes.fromhex(data)) == expected


@given(
    st.binary(max_size=64),
    st.integers(0, 511),
    st.integers(1, 64),
    st.booleans(),
    st.sampled_from(["unsigned", "signed"]),
)
def test_no_frame_breaks_it_and_each_bit_is_its_own(
    data: bytes, start: int, length: int, big: bool, kind: str
) -> None:
    number = can_signal.value(signal(start, length, big=big, kind=kind), data)
    if number is not None:
        assert -(2.0 ** (length - 1)) <= number <= 2.0**length


def test_frames_match_by_the_masked_id() -> None:
    assert can_signal.matches(ENGINE, 0x0CF00400, is_extended=True)
    assert can_signal.matches(ENGINE, 0x18F00421, is_extended=True)
    assert not can_signal.matches(ENGINE, 0x0CF00500, is_extended=True)
    assert not can_signal.matches(ENGINE, 0x0CF00400, is_extended=False)


# -- a bus -----------------------------------------------------------------------------------------


def series(name: str, at: Signal) -> SeriesSettings:
    return SeriesSettings(name, "1", 0, Priority.ROUTINE, Sampling(1.0), Scaling(), signal=at)


class Bus:
    """A bus with the driver on it and a device that sends."""

    def __init__(self, channel: str) -> None:
        self.clock = FakeClock()
        wanted = [series("speed", ENGINE), series("door", signal(0, 1)), series("t", signal(8, 8))]
        self.driver = CanDriver(CanSource("virtual", channel, False, 10.0), wanted, self.clock)
        self.device = can.Bus(interface="virtual", channel=channel)

    def send(self, frame: int, data: str, *, extended: bool = False) -> None:
        self.device.send(
            can.Message(arbitration_id=frame, data=bytes.fromhex(data), is_extended_id=extended)
        )

    async def heard(self, *names: str) -> dict[str, RawValue]:
        found: dict[str, RawValue] = {}

        async def has_all() -> bool:
            found.update({one.series: one for one in await self.driver.read(names)})
            return set(names) <= found.keys()

        await until(has_all)
        return found


@pytest.fixture
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    made = Bus(request.node.name)
    await made.driver.connect()
    yield made
    await made.driver.close()
    made.device.shutdown()


async def test_the_newest_value_of_each_signal_once(bus: Bus) -> None:
    bus.send(0x123, "0015")
    bus.send(0x123, "0116")
    bus.send(0x0CF00400, "ffffff0020ffffff", extended=True)
    found = await bus.heard("speed", "door", "t")
    assert {name: one.value for name, one in found.items()} == {"speed": 8192, "door": 1, "t": 22}
    assert all(one.time_us is not None for one in found.values())
    assert await bus.driver.read(["speed", "door", "t"]) == []


async def test_a_short_frame_is_told_once(bus: Bus) -> None:
    bus.send(0x123, "01")
    await bus.heard("door")
    with pytest.raises(DriverFailed, match="123 of 1 bytes") as failed:
        await bus.driver.read(["t"])
    assert failed.value.reason == "CAN_SHORT"
    assert await bus.driver.read(["t"]) == []


async def test_silence_is_told_and_ends_with_a_frame(bus: Bus) -> None:
    bus.send(0x124, "00")  # nobody asked for it
    bus.clock.advance(10.5)
    with pytest.raises(DriverFailed) as failed:
        await bus.driver.read(["door"])
    assert failed.value.reason == "CAN_SILENT"
    bus.send(0x123, "01")
    found: list[RawValue] = []

    async def is_heard() -> bool:
        try:
            found.extend(await bus.driver.read(["door"]))
        except DriverFailed:
            return False
        return bool(found)

    await until(is_heard)


async def test_an_interface_that_is_not_there() -> None:
    driver = CanDriver(CanSource("socketcan", "nocan7", False, 10.0), [], FakeClock())
    with pytest.raises(DriverFailed) as failed:
        await driver.connect()
    assert failed.value.reason == "CAN_UNREACHABLE"
    with pytest.raises(DriverFailed):
        await driver.read([])
