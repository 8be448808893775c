"""DL/T 645-2007: published frames, a simulator of meters, and lines that spoil things."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from dlt645.aio import AsyncMeterServerService
from hypothesis import given
from hypothesis import strategies as st

from edge.counters import Counters
from edge.driver_settings import DriverSettings, SeriesSettings
from edge.drivers import dlt645_frame
from edge.drivers.dlt645 import Dlt645Driver
from edge.drivers.dlt645_frame import BadFrame, Frame, encode, read_request, take, value_of
from edge.drivers.driver import DriverFailed
from edge.meter_settings import Dlt645Source
from edge.poller import Poller
from edge.reading import Priority, RawValue, Scaling
from edge.sampling import Sampling
from tests.edge.doubles import FakeClock
from tools.ports import free_port

METER = "000000000161"
ENERGY, REVERSE, REACTIVE, VOLTAGE = 0x00010000, 0x00020000, 0x00030000, 0x02010100


@pytest.mark.parametrize(
    ("identifier", "frame"),
    [
        (ENERGY, "68610100000000681104333334331416"),
        (VOLTAGE, "68610100000000681104333434351716"),
    ],
)
def test_published_questions(identifier: int, frame: str) -> None:
    assert read_request(METER, identifier).hex() == frame


@pytest.mark.parametrize(
    ("identifier", "frame", "value"),
    [
        (ENERGY, "6861010000000068910833333433593333338A16", 0.26),
        (VOLTAGE, "68610100000000689106333434353443 1016", 100.1),
        (REVERSE, "6861010000000068910833333533593433338C16", 1.26),
        (REACTIVE, "6861010000000068910833333633593334338D16", 100.26),
    ],
)
def test_published_answers(identifier: int, frame: str, value: float) -> None:
    buffer = bytearray.fromhex("fefefefe" + frame)
    taken = take(buffer)

    assert taken is not None
    assert value_of(taken, METER, identifier) == value
    assert value_of(taken, dlt645_frame.ANY_ADDRESS, identifier) == value
    assert not buffer


def answer(data: str, control: int = 0x91, address: str = METER) -> Frame:
    return Frame(address, control, bytes.fromhex(data))


@pytest.mark.parametrize(
    ("frame", "identifier", "reason"),
    [
        pytest.param(answer("0000", 0x81), ENERGY, "DLT645_1997", id="1997"),
        pytest.param(answer("02", 0xD1), ENERGY, "DLT645_REFUSED", id="refused"),
        pytest.param(
            answer("0000010026000000", address="000000000162"),
            ENERGY,
            "DLT645_WRONG_ADDRESS",
            id="neighbour",
        ),
        pytest.param(answer("0000020026000000"), ENERGY, "DLT645_UNEXPECTED", id="other-item"),
        pytest.param(answer("000001002600"), ENERGY, "DLT645_UNEXPECTED", id="short"),
        pytest.param(answer("0000010026000000", 0xB1), ENERGY, "DLT645_UNEXPECTED", id="more"),
        pytest.param(answer("00000100ffffffff"), ENERGY, "DLT645_NOT_BCD", id="no-value"),
        pytest.param(answer("000001000a000000"), ENERGY, "DLT645_NOT_BCD", id="hexadecimal"),
        pytest.param(answer("00ff0102"), 0x0201FF00, "DLT645_ITEM_UNKNOWN", id="block"),
    ],
)
def test_an_answer_to_something_else_is_no_value(
    frame: Frame, identifier: int, reason: str
) -> None:
    with pytest.raises(BadFrame) as refused:
        value_of(frame, METER, identifier)
    assert refused.value.reason == reason


def test_the_top_bit_is_the_sign_of_power() -> None:
    # 2.5 kW that flow back to the grid.
    assert value_of(answer("00000302005082"), METER, 0x02030000) == -2.5


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        pytest.param("6861010000000068910833333433593333338B16", "DLT645_CHECKSUM", id="sum"),
        pytest.param("6861010000000068910833333433593333338A17", "DLT645_FRAMING", id="end"),
        pytest.param("6861010000000067910833333433593333338A16", "DLT645_FRAMING", id="68"),
        pytest.param("68610100000000 6891C9", "DLT645_LENGTH", id="length"),
    ],
)
def test_a_spoilt_frame_is_told_and_the_next_is_read(spoilt: str, reason: str) -> None:
    good = encode(answer("0000010026000000"))
    buffer = bytearray.fromhex(spoilt) + good
    reasons, frames = [], []
    while buffer:
        try:
            frames.append(take(buffer))
        except BadFrame as error:
            reasons.append(error.reason)

    assert reasons[0] == reason
    assert frames[-1] == answer("0000010026000000")


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    buffer = bytearray(noise)
    for _ in range(len(noise) + 1):
        before = len(buffer)
        try:
            if take(buffer) is None:
                break
        except BadFrame:
            assert len(buffer) < before


@given(st.text("0123456789", min_size=12, max_size=12), st.binary(max_size=200))
def test_what_is_encoded_is_taken(address: str, data: bytes) -> None:
    frame = Frame(address, 0x91, data)

    assert take(bytearray(encode(frame))) == frame


# -- against a simulator of meters -----------------------------------------------------------------


def series(name: str, identifier: int) -> SeriesSettings:
    return SeriesSettings(
        name, "kW.h", 0, Priority.ROUTINE, Sampling(1.0), Scaling(), identifier=identifier
    )


SERIES = (series("energy", ENERGY), series("voltage", VOLTAGE))


@asynccontextmanager
async def meter(port: int, energy: float = 123456.78) -> AsyncIterator[None]:
    service = AsyncMeterServerService.new_tcp_server("127.0.0.1", port)
    # The simulator takes it as it stands on the wire: the low byte first.
    service.set_address(bytes.fromhex(METER)[::-1])
    service.set_00(ENERGY, energy)
    service.set_02(VOLTAGE, 229.7)
    async with service:
        yield


async def test_a_simulated_meter_is_read() -> None:
    port = free_port()
    async with meter(port):
        driver = Dlt645Driver(Dlt645Source("127.0.0.1", port, METER), SERIES)
        await driver.connect()
        values = await driver.read(["energy", "voltage"])
        await driver.close()

    assert values == [RawValue("energy", 123456.78), RawValue("voltage", 229.7)]


async def test_a_meter_that_comes_back_is_read_again() -> None:
    clock, counters = FakeClock(), Counters()
    port = free_port()
    settings = DriverSettings(
        "meter", Dlt645Source("127.0.0.1", port, METER), 5.0, is_stale_sent=False, series=SERIES
    )

    async def sink(_: object, _ticket: object = None) -> None:
        return None

    poller = Poller(
        settings,
        Dlt645Driver(Dlt645Source("127.0.0.1", port, METER), SERIES),
        sink,
        clock=clock,
        counters=counters,
        jitter=lambda: 0.5,
    )
    assert await poller.poll() == []
    assert counters.of("DLT645_UNREACHABLE") == 1
    clock.advance(120)
    async with meter(port):
        assert len(await poller.poll()) == 2
    clock.advance(120)
    assert await poller.poll() == []
    assert poller.state.failures_in_row == 1


async def talk_to(answers: bytes) -> DriverFailed:
    """Return how the driver fails on a line that answers with these bytes, whatever it is asked."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.write(answers)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        driver = Dlt645Driver(Dlt645Source("127.0.0.1", port, METER), SERIES)
        await driver.connect()
        with pytest.raises(DriverFailed) as failed:
            await driver.read(["energy"])
        await driver.close()
    return failed.value


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        pytest.param(encode(answer("0000", 0x81)), "DLT645_1997", id="1997"),
        pytest.param(
            encode(answer("0000010026000000", address="000000000162")),
            "DLT645_WRONG_ADDRESS",
            id="neighbour",
        ),
        pytest.param(encode(answer("0000010026000000"))[:-3], "DLT645_CLOSED", id="cut"),
        pytest.param(b"HTTP/1.1 400", "DLT645_CLOSED", id="no-meter"),
        pytest.param(encode(answer("02", 0xD1)), "DLT645_REFUSED", id="refused"),
    ],
)
async def test_each_failure_has_its_reason(answers: bytes, reason: str) -> None:
    failed = await talk_to(answers)

    assert failed.reason == reason
    assert METER in str(failed)
