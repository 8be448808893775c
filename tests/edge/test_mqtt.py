"""The MQTT driver against a real broker, and what payloads can say."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from amqtt.broker import Broker
from hypothesis import given
from hypothesis import strategies as st

from edge.driver_settings import SeriesSettings
from edge.drivers.driver import DriverFailed
from edge.drivers.mqtt import MqttDriver
from edge.drivers.mqtt_payload import BadPayload, parse
from edge.meter_settings import MqttSource, Topic
from edge.reading import Priority, Quality, RawValue, Scaling
from edge.sampling import Sampling
from tests.support.waiting import until
from tools.ports import free_port

TIME_US = 1_790_000_000_000_000
FULL = b'{"time": 1790000000, "power": {"total": 12.5, "phases": [4, 4.25, 4.25]}}'


@pytest.mark.parametrize(
    ("payload", "field", "time_field", "expected"),
    [
        pytest.param(b"12.5", "", "", (12.5, None), id="plain"),
        pytest.param(b'"12.5"', "", "", (12.5, None), id="text"),
        pytest.param(b"true", "", "", (1.0, None), id="switch"),
        pytest.param(FULL, "power.total", "time", (12.5, TIME_US), id="object"),
        pytest.param(FULL, "power.phases.1", "", (4.25, None), id="list"),
        pytest.param(b'{"v":1,"t":1790000000000}', "v", "t", (1.0, TIME_US), id="milliseconds"),
        pytest.param(
            b'{"v":1,"t":"2026-09-21T22:13:20+08:00"}', "v", "t", (1.0, TIME_US), id="iso-8601"
        ),
    ],
)
def test_what_a_payload_says(
    payload: bytes, field: str, time_field: str, expected: tuple[float, int | None]
) -> None:
    assert parse(payload, field, time_field) == expected


@pytest.mark.parametrize(
    ("payload", "field", "time_field", "reason"),
    [
        pytest.param(b"\xff", "", "", "MQTT_SYNTAX", id="bytes"),
        pytest.param(b"[" * 60_000, "", "", "MQTT_SYNTAX", id="deep"),
        pytest.param(b"NaN", "", "", "MQTT_VALUE", id="nan"),
        pytest.param(b"1" + b"0" * 400, "", "", "MQTT_VALUE", id="huge"),
        pytest.param(FULL, "power", "", "MQTT_VALUE", id="not-a-leaf"),
        pytest.param(FULL, "power.phases.9", "", "MQTT_VALUE", id="beyond"),
        pytest.param(b'{"v":1,"t":"noon"}', "v", "t", "MQTT_TIME", id="no-time"),
        pytest.param(b'{"v":1,"t":"2026-09-21T14:13:20"}', "v", "t", "MQTT_TIME", id="no-zone"),
        pytest.param(b'{"v":1}', "v", "t", "MQTT_TIME", id="time-missing"),
        pytest.param(b"1" * 70_000, "", "", "MQTT_TOO_LONG", id="long"),
    ],
)
def test_what_says_nothing_has_its_reason(
    payload: bytes, field: str, time_field: str, reason: str
) -> None:
    with pytest.raises(BadPayload) as bad:
        parse(payload, field, time_field)
    assert bad.value.reason == reason


@given(st.binary(max_size=200), st.sampled_from(["", "a", "a.b", "0"]))
def test_no_payload_breaks_the_reader(payload: bytes, field: str) -> None:
    try:
        value, time_us = parse(payload, field, "")
    except BadPayload:
        return
    assert isinstance(value, float)
    assert time_us is None


# -- against a broker ------------------------------------------------------------------------------

SERIES = (
    SeriesSettings(
        "hall.power", "kW", 0, Priority.ROUTINE, Sampling(1.0), Scaling(),
        topic=Topic("park/hall/meter", "power.total", "time"),
    ),
)  # fmt: skip


MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


@asynccontextmanager
async def broker(port: int) -> AsyncIterator[None]:
    """Run a broker: Debian's mosquitto where it is there, as in CI, else one in Python."""
    async with mosquitto(port) if MOSQUITTO else amqtt_broker(port):
        yield


@asynccontextmanager
async def mosquitto(port: int) -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        process = await asyncio.create_subprocess_exec(
            str(MOSQUITTO), "-c", str(config), stderr=asyncio.subprocess.DEVNULL
        )

        async def answers() -> bool:
            try:
                async with aiomqtt.Client("127.0.0.1", port):
                    return True
            except aiomqtt.MqttError:
                return False

        try:
            await until(answers)
            yield
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def amqtt_broker(port: int) -> AsyncIterator[None]:
    running = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
        }
    )
    await running.start()
    try:
        yield
    finally:
        await running.shutdown()


async def publish(port: int, payload: bytes, *, retain: bool = False) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.publish("park/hall/meter", payload, qos=1, retain=retain)


async def read_one(driver: MqttDriver) -> RawValue:
    found: list[RawValue] = []

    async def came() -> bool:
        found.extend(await driver.read(["hall.power"]))
        return bool(found)

    await until(came)
    return found[0]


async def test_what_is_published_is_read_once_with_its_time() -> None:
    port = free_port()
    async with broker(port):
        driver = MqttDriver(MqttSource("127.0.0.1", port, "gw-1"), SERIES, 5.0)
        await driver.connect()
        await publish(port, FULL)
        value = await read_one(driver)
        again = await driver.read(["hall.power"])
        await driver.close()

    assert value == RawValue("hall.power", 12.5, Quality.GOOD, TIME_US)
    assert again == []


async def test_what_was_retained_is_stale() -> None:
    port = free_port()
    async with broker(port):
        await publish(port, FULL, retain=True)
        driver = MqttDriver(MqttSource("127.0.0.1", port, "gw-1"), SERIES, 5.0)
        await driver.connect()
        value = await read_one(driver)
        await driver.close()

    assert value.quality is Quality.STALE


async def test_a_payload_without_sense_is_told() -> None:
    port = free_port()
    async with broker(port):
        driver = MqttDriver(MqttSource("127.0.0.1", port, "gw-1"), SERIES, 5.0)
        await driver.connect()
        await publish(port, b"{}")
        with pytest.raises(DriverFailed) as failed:
            await read_one(driver)
        await publish(port, FULL)
        assert (await read_one(driver)).value == 12.5
        await driver.close()

    assert failed.value.reason == "MQTT_VALUE"


async def test_a_broker_that_goes_is_told_and_found_again() -> None:
    port = free_port()
    driver = MqttDriver(MqttSource("127.0.0.1", port, "gw-1"), SERIES, 5.0)
    with pytest.raises(DriverFailed) as unreachable:
        await driver.connect()
    async with broker(port):
        await driver.connect()
    with pytest.raises(DriverFailed) as gone:
        await read_one(driver)
    async with broker(port):
        await driver.connect()
        await publish(port, FULL)
        assert (await read_one(driver)).value == 12.5
        await driver.close()

    assert {unreachable.value.reason, gone.value.reason} == {"MQTT_UNREACHABLE"}


# The broker in Python keeps no message for a session that did not acknowledge it; CI has mosquitto.
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


@needs_mosquitto
async def test_what_was_not_settled_comes_again_and_what_was_does_not() -> None:
    port = free_port()
    async with broker(port):
        driver = MqttDriver(MqttSource("127.0.0.1", port, "gw-1"), SERIES, 5.0)
        await driver.connect()
        await publish(port, FULL)
        await read_one(driver)
        # As a kill would: nothing was said of the message before the connection ended.
        await driver.close()
        await driver.connect()
        again = await read_one(driver)
        await driver.settle(driver.handed_over(), is_kept=True)
        await publish(port, FULL.replace(b"12.5", b"13.5"))
        after = await read_one(driver)
        await driver.settle(driver.handed_over(), is_kept=True)
        await driver.close()
        await driver.connect()
        await publish(port, FULL.replace(b"12.5", b"14.5"))
        last = await read_one(driver)
        await driver.close()

    assert [again.value, after.value, last.value] == [12.5, 13.5, 14.5]


@needs_mosquitto
async def test_lost_readings_are_asked_for_on_a_new_connection() -> None:
    port = free_port()
    async with broker(port):
        driver = MqttDriver(MqttSource("127.0.0.1", port, "gw-1"), SERIES, 5.0)
        await driver.connect()
        await publish(port, FULL)
        await read_one(driver)
        await driver.settle(driver.handed_over(), is_kept=False)
        with pytest.raises(DriverFailed, match="not kept") as failed:
            await read_one(driver)
        await driver.connect()
        assert (await read_one(driver)).value == 12.5
        await driver.close()
    assert failed.value.reason == "MQTT_UNREACHABLE"


async def test_a_burst_larger_than_the_brokers_window_comes_through() -> None:
    port = free_port()
    pressed = asyncio.Event()
    values: list[float] = []
    async with broker(port):
        driver = MqttDriver(MqttSource("127.0.0.1", port, "gw-1"), SERIES, 5.0)
        driver.when_pressing(pressed.set)
        await driver.connect()
        async with aiomqtt.Client("127.0.0.1", port) as client:
            for number in range(100):
                payload = FULL.replace(b"12.5", str(number).encode())
                await client.publish("park/hall/meter", payload, qos=1)

        async def came() -> bool:
            values.extend(one.value for one in await driver.read(["hall.power"]))
            await driver.settle(driver.handed_over(), is_kept=True)
            return len(values) == 100

        await until(came)
        await driver.close()
    assert values == list(range(100))
    assert pressed.is_set()
