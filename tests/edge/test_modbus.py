"""The Modbus driver against real servers."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.counters import Counters
from edge.driver_settings import (
    REGISTERS,
    DriverSettings,
    ModbusSource,
    Register,
    SeriesSettings,
    Wave,
)
from edge.drivers import registers
from edge.drivers.driver import DriverFailed
from edge.drivers.modbus import ModbusDriver
from edge.poller import Poller
from edge.reading import Priority, Quality, Scaling
from edge.sampling import Sampling
from tests.edge.doubles import FakeClock


def register(
    address: int, kind: str = "uint16", *, function: str = "holding", words: bool = True,
    octets: bool = True,
) -> Register:  # fmt: skip
    return Register(address, kind, function, words, octets)


def series(name: str, at: Register, scale: float = 1.0) -> SeriesSettings:
    return SeriesSettings(name, "V", 0, Priority.ROUTINE, Sampling(1.0), Scaling(scale), Wave(), at)


# -- registers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("octets", [True, False], ids=["big-bytes", "little-bytes"])
@pytest.mark.parametrize("words", [True, False], ids=["big-words", "little-words"])
@pytest.mark.parametrize(
    ("kind", "code", "number"),
    [
        ("int16", "h", -12_345),
        ("uint16", "H", 54_321),
        ("int32", "i", -1_234_567_890),
        ("uint32", "I", 4_000_000_000),
        ("int64", "q", -(2**50) - 3),
        ("uint64", "Q", 2**52 + 5),
        ("float32", "f", 229.75),
        ("float64", "d", 12_345.678_9),
    ],
)
def test_words_become_the_number_that_was_meant(
    kind: str, code: str, number: float, *, words: bool, octets: bool
) -> None:
    packed = struct.pack(f">{code}", number)
    parts = [packed[i : i + 2] for i in range(0, len(packed), 2)]
    sent = parts if words else parts[::-1]
    on_wire = [int.from_bytes(part, "big" if octets else "little") for part in sent]
    assert registers.value(register(0, kind, words=words, octets=octets), on_wire) == number


def test_neighbours_are_asked_for_together() -> None:
    wanted = [
        ("a", register(0, "float32")),
        ("b", register(2)),
        ("c", register(9)),
        ("far", register(100)),
        ("input", register(3, function="input")),
        ("wide", register(220, "float64")),
    ]
    found = registers.grouped(wanted)
    assert [(r.function, r.address, r.count, [s for s, _ in r.series]) for r in found] == [
        ("holding", 0, 10, ["a", "b", "c"]),
        ("holding", 100, 1, ["far"]),
        ("holding", 220, 4, ["wide"]),
        ("input", 3, 1, ["input"]),
    ]


def test_no_request_is_longer_than_the_protocol_allows() -> None:
    found = registers.grouped([(str(n), register(2 * n, "int32")) for n in range(200)])
    assert [r.count for r in found] == [124, 124, 124, 28]
    assert sum(len(r.series) for r in found) == 200


def test_overlapping_series_share_a_request() -> None:
    found = registers.grouped([("whole", register(0, "int64")), ("part", register(1))])
    assert [(r.address, r.count) for r in found] == [(0, 4)]


# -- a device ----------------------------------------------------------------------------------


class Meter:
    """A device with 40 registers, 10 to 13 of which it has not got."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[tuple[int, int]] = []
        self.busy = False

    async def _action(
        self, function: int, start: int, address: int, count: int, current: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:  # fmt: skip
        del function, start, current, values
        self.requests.append((address, count))
        return ExcCodes.DEVICE_BUSY if self.busy else None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        blocks = [
            SimData(0, values=[2301, 0x4365, 0xC000, 0xC000, 0x4365], datatype=DataType.REGISTERS),
            SimData(5, count=5, values=7, datatype=DataType.REGISTERS),
            SimData(14, count=26, values=9, datatype=DataType.REGISTERS),
        ]
        device = SimDevice(id=1, simdata=blocks, action=self._action)
        server = ModbusTcpServer(device, address=("127.0.0.1", self.port))
        await server.listen()
        assert server.transport is not None
        self.port = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # a server
        try:
            yield
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus has it so


@pytest.fixture
async def meter() -> AsyncIterator[Meter]:
    meter = Meter()
    async with meter.serving():
        yield meter


def driver_of(meter: Meter, *wanted: SeriesSettings, unit_id: int = 1) -> ModbusDriver:
    return ModbusDriver(ModbusSource("127.0.0.1", meter.port, unit_id), wanted, 0.5)


@pytest.mark.integration
async def test_values_of_a_real_server_in_one_request(meter: Meter) -> None:
    driver = driver_of(
        meter,
        series("v", register(0)),
        series("big", register(1, "float32")),
        series("little", register(3, "float32", words=False)),
    )
    await driver.connect()
    found = await driver.read(["v", "big", "little"])
    await driver.close()
    assert {v.series: v.value for v in found} == {"v": 2301.0, "big": 229.75, "little": 229.75}
    assert meter.requests == [(0, 5)]


@pytest.mark.integration
async def test_a_wrong_word_order_shows_as_another_value(meter: Meter) -> None:
    driver = driver_of(meter, series("x", register(1, "float32", words=False)))
    await driver.connect()
    found = await driver.read(["x"])
    await driver.close()
    assert found[0].value != 229.75


@pytest.mark.integration
async def test_a_hole_in_a_range_costs_only_the_series_in_it(meter: Meter) -> None:
    driver = driver_of(meter, series("a", register(9)), series("hole", register(11)),
                       series("b", register(14)))  # fmt: skip
    await driver.connect()
    with pytest.raises(DriverFailed, match="exception 2"):
        await driver.read(["a", "hole", "b"])
    found = await driver.read(["a", "hole", "b"])
    await driver.close()
    assert {v.series: v.value for v in found} == {"a": 7.0, "b": 9.0}


@pytest.mark.integration
async def test_a_busy_device_is_asked_for_ranges_again(meter: Meter) -> None:
    driver = driver_of(meter, series("a", register(5)), series("b", register(6)))
    await driver.connect()
    meter.busy = True
    with pytest.raises(DriverFailed) as caught:
        await driver.read(["a", "b"])
    assert caught.value.reason == "MODBUS_REFUSED"
    meter.busy = False
    meter.requests.clear()
    assert len(await driver.read(["a", "b"])) == 2
    await driver.close()
    assert meter.requests == [(5, 2)]


@pytest.mark.integration
async def test_nobody_at_the_address(unused_port: int) -> None:
    meter = Meter()
    meter.port = unused_port
    driver = driver_of(meter, series("a", register(0)))
    with pytest.raises(DriverFailed) as caught:
        await driver.connect()
    assert caught.value.reason == "MODBUS_UNREACHABLE"
    with pytest.raises(DriverFailed):
        await driver.read(["a"])


@pytest.fixture
async def unused_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.mark.integration
async def test_a_device_that_never_answers_takes_no_longer_than_its_timeout() -> None:
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, w: held.append(w), "127.0.0.1", 0)
    meter = Meter()
    meter.port = server.sockets[0].getsockname()[1]
    driver = driver_of(meter, series("a", register(0)))
    await driver.connect()
    with pytest.raises(DriverFailed) as caught:
        await driver.read(["a"])
    assert caught.value.reason == "MODBUS_NO_ANSWER"
    await driver.close()
    for writer in held:
        writer.close()
    server.close()


@pytest.mark.integration
async def test_a_meter_that_goes_and_comes_back_is_read_again() -> None:
    meter, clock, counters = Meter(), FakeClock(), Counters()
    async with meter.serving():
        source = ModbusSource("127.0.0.1", meter.port, 1)
        settings = DriverSettings("m", source, 0.5, is_stale_sent=True, series=(
            series("v", register(0), 0.1),))  # fmt: skip
        driver = ModbusDriver(source, settings.series, 0.5)

        async def nowhere(_: object, _ticket: object = None) -> None:
            pytest.fail("nobody runs the task")

        poller = Poller(
            settings, driver, nowhere, clock=clock, counters=counters, jitter=lambda: 0.0
        )

        async def value() -> tuple[float, Quality]:
            found = await poller.poll()
            clock.advance(1)
            return round(found[0].reading.value, 6), found[0].reading.quality

        assert await value() == (230.1, Quality.GOOD)
    assert await value() == (230.1, Quality.STALE)
    assert await value() == (230.1, Quality.STALE)
    async with meter.serving():
        clock.advance(60)
        assert await value() == (230.1, Quality.GOOD)
        await driver.close()
    assert sum(counters.counts.values()) >= 2


def test_every_type_of_register_has_a_size_and_a_format() -> None:
    for kind, count in REGISTERS.items():
        assert registers.value(register(0, kind), [0] * count) == 0.0
