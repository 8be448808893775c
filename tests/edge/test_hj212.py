"""HJ 212-2017: the published frame, loggers that call, repeat, err and lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.counters import Counters
from edge.driver_settings import DriverSettings, SeriesSettings
from edge.drivers.driver import DriverFailed
from edge.drivers.hj212 import Hj212Driver
from edge.drivers.hj212_frame import BadFrame, answer, encode, number, take
from edge.meter_settings import Factor, Hj212Source
from edge.poller import Poller
from edge.reading import Priority, Quality, RawValue, Scaling
from edge.sampling import Sampling
from tests.edge.doubles import FakeClock
from tests.support.waiting import until
from tools.ports import free_port

DEVICE, PASSWORD = "010000A8900016F000169DC0", "100000"
PUBLISHED = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;"
    b"Flag=5;CP=&&RtdInterval=30&&1C80\r\n"
)
# 2016-08-01 08:58:57 in China.
TIME_US = 1_470_013_137_000_000


def report(
    value: str = "12.5", *, flag: str = "N", time: str = "20160801085857", device: str = DEVICE
) -> bytes:
    return encode(
        f"QN=20160801085857223;ST=32;CN=2011;PW={PASSWORD};MN={device};Flag=5;"
        f"CP=&&DataTime={time};w01018-Rtd={value},w01018-Flag={flag};w00000-Rtd=1.5&&"
    )


def test_the_published_frame() -> None:
    buffer = bytearray(PUBLISHED)
    frame = take(buffer)

    assert frame is not None
    assert (frame.command, frame.device, frame.flag) == ("1062", DEVICE, 5)
    assert not buffer
    assert encode(PUBLISHED[6:-6].decode()) == PUBLISHED


def test_a_report_has_times_of_china_and_values_by_factor() -> None:
    frame = take(bytearray(report()))

    assert frame is not None
    assert frame.time_us == TIME_US
    assert number(frame.factors["w01018"], "Rtd") == (12.5, True)
    assert number(frame.factors["w00000"], "Avg") is None
    assert b"CN=9014" in answer(frame)
    assert b"Flag=4;CP=&&&&" in answer(frame)


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        pytest.param(PUBLISHED.replace(b"1C80", b"1C81"), "HJ212_CHECKSUM", id="crc"),
        pytest.param(PUBLISHED.replace(b"\r\n", b"\n\n"), "HJ212_FRAMING", id="tail"),
        pytest.param(b"##9999" + b"x" * 20, "HJ212_LENGTH", id="too-long"),
        pytest.param(b"##12x4" + b"x" * 20, "HJ212_LENGTH", id="no-length"),
        pytest.param(b"GET / HTTP/1.1\r\n", "HJ212_NOISE", id="noise"),
        pytest.param(encode("ST=32;CN=2011"), "HJ212_SYNTAX", id="no-content"),
        pytest.param(encode("ST=32;CN=2011;CP=&&&&"), "HJ212_SYNTAX", id="nobody"),
        pytest.param(report(time="20161301000000"), "HJ212_TIME", id="month-13"),
        pytest.param(report(time="2016-08-01"), "HJ212_TIME", id="no-time"),
    ],
)
def test_what_is_spoilt_is_told_and_the_next_is_read(spoilt: bytes, reason: str) -> None:
    buffer = bytearray(spoilt + report())
    reasons, frames = [], []
    while buffer:
        try:
            frames.append(take(buffer))
        except BadFrame as error:
            reasons.append(error.reason)

    assert reasons == [reason]
    assert [frame.command for frame in frames if frame] == ["2011"]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    buffer = bytearray(noise)
    for _ in range(len(noise) + 1):
        before = len(buffer)
        try:
            if take(buffer) is None:
                break
        except BadFrame:
            assert len(buffer) < before


# -- loggers that call -----------------------------------------------------------------------------


def series(name: str, code: str, field: str = "Rtd", command: str = "2011") -> SeriesSettings:
    return SeriesSettings(
        name,
        "mg/L",
        0,
        Priority.ROUTINE,
        Sampling(1.0),
        Scaling(),
        factor=Factor(code, field, command),
    )


SERIES = (series("cod", "w01018"), series("so2", "a21026", "Avg", "2061"))


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Hj212Driver, int]]:
    port = free_port()
    driver = Hj212Driver(Hj212Source("127.0.0.1", port, DEVICE, PASSWORD), SERIES)
    await driver.connect()
    try:
        yield driver, port
    finally:
        await driver.close()


async def read_some(driver: Hj212Driver) -> list[RawValue]:
    found: list[RawValue] = []

    async def came() -> bool:
        found.extend(await driver.read(["cod"]))
        return bool(found)

    await until(came)
    return found


async def test_a_report_is_read_with_its_own_time_and_answered_then() -> None:
    async with listening() as (driver, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(report()[:40])
        await writer.drain()
        writer.write(report()[40:])
        values = await read_some(driver)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readuntil(b"\r\n"), 0.2)
        await driver.settle(driver.handed_over(), is_kept=True)
        answered = await asyncio.wait_for(reader.readuntil(b"\r\n"), 30)
        writer.close()
        await writer.wait_closed()

    assert values == [RawValue("cod", 12.5, Quality.GOOD, TIME_US)]
    assert b"CN=9014" in answered


async def test_a_report_that_was_lost_is_taken_anew_when_it_comes_again() -> None:
    async with listening() as (driver, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(report())
        await read_some(driver)
        await driver.settle(driver.handed_over(), is_kept=False)
        writer.write(report())
        values = await read_some(driver)
        await driver.settle(driver.handed_over(), is_kept=True)
        assert b"CN=9014" in await asyncio.wait_for(reader.readuntil(b"\r\n"), 30)
        assert [each.value for each in values] == [12.5]
        assert reader.at_eof() is False
        writer.close()
        await writer.wait_closed()


async def test_a_report_that_comes_twice_is_answered_twice_and_read_once() -> None:
    async with listening() as (driver, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(report() + report() + report("13.0", time="20160801085957"))
        values = await read_some(driver)
        await driver.settle(driver.handed_over(), is_kept=True)
        for _ in range(3):
            while True:
                try:
                    async with asyncio.timeout(0.05):
                        await reader.readuntil(b"\r\n")
                    break
                except TimeoutError:
                    values += await driver.read(["cod"])
                    await driver.settle(driver.handed_over(), is_kept=True)
        writer.close()
        await writer.wait_closed()

    assert [each.value for each in values] == [12.5, 13.0]


async def test_an_instrument_that_is_out_of_order_says_so() -> None:
    async with listening() as (driver, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(report(flag="D"))
        values = await read_some(driver)
        writer.close()
        await writer.wait_closed()

    assert [each.quality for each in values] == [Quality.BAD]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(report(device="X" * 24) * 2, "HJ212_STRANGER", id="stranger"),
        pytest.param(PUBLISHED.replace(b"1C80", b"0000") * 2, "HJ212_CHECKSUM", id="crc"),
        pytest.param(
            report("low") + report("low", time="20160801085957"), "HJ212_VALUE", id="no-number"
        ),
    ],
)
async def test_every_refused_report_is_counted_by_its_reason(sent: bytes, reason: str) -> None:
    clock, counters = FakeClock(), Counters()
    port = free_port()
    source = Hj212Source("127.0.0.1", port, DEVICE, PASSWORD)
    settings = DriverSettings("outfall", source, 5.0, is_stale_sent=False, series=SERIES)

    async def sink(_: object, _ticket: object = None) -> None:
        return None

    driver = Hj212Driver(source, SERIES)
    poller = Poller(settings, driver, sink, clock=clock, counters=counters, jitter=lambda: 0.5)
    await poller.poll()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)

    async def counted() -> bool:
        clock.advance(2)
        await poller.poll()
        return counters.of(reason) == 2

    await until(counted)
    assert poller.state.is_connected
    writer.close()
    await writer.wait_closed()
    await driver.close()


async def test_a_port_that_is_taken_is_told() -> None:
    async with listening() as (_, port):
        other = Hj212Driver(Hj212Source("127.0.0.1", port, DEVICE, PASSWORD), SERIES)
        with pytest.raises(DriverFailed) as failed:
            await other.connect()

    assert failed.value.reason == "HJ212_PORT"


def test_a_password_is_in_no_printed_settings() -> None:
    assert PASSWORD not in repr(Hj212Source("127.0.0.1", 1, "X" * 14, PASSWORD))
