"""thingsboard-gateway, the peer of bench.footprint: installed, configured, listened to.

It is no dependency of ours: it goes into an environment of its own, at the versions named here, and
talks to a mosquitto as it would to ThingsBoard (telemetry of all devices on one topic, QoS 1).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import aiomqtt

from tests.support.waiting import until_blocking
from tools.ports import free_port

PACKAGES: Final = (
    "thingsboard-gateway==3.8.5",
    # What its Modbus connector would install by itself at its first start.
    "pymodbus==3.9.2",
    "pyserial==3.5",
    "pyserial-asyncio==0.6",
)
TOPIC: Final = "v1/gateway/telemetry"
NO_LIMIT: Final = "0:0,"
"""Its rate limits are those of a tenant of ThingsBoard's cloud; none are asked for here."""
ASKED: Final = "v1/devices/me/rpc/request/"
LIMITS: Final = json.dumps(
    {"maxPayloadSize": 65536, "maxInflightMessages": 100, "rateLimits": {}, "gatewayRateLimits": {}}
)
"""What it asks for when it has connected, and sends nothing before; as ThingsBoard answers."""

Value = tuple[str, str, float]
"""Device, point, value."""


def install(folder: Path) -> Path:
    """Return the peer's interpreter, installed into a folder."""
    environment = folder / "peer"
    uv = Path(sys.executable).parent / "uv"
    python = environment / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
    return python


def configure(folder: Path, *, mqtt_port: int, modbus_port: int, devices: int, points: int) -> None:
    """Write the peer's settings: its own defaults, without limits and log files."""
    folder.mkdir(parents=True)
    gateway = {
        "thingsboard": {
            "host": "127.0.0.1",
            "port": mqtt_port,
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False},
            "minPackSendDelayMS": 50,
            "minPackSizeToSend": 500,
            "handleDeviceRenaming": False,
            "security": {"type": "accessToken", "accessToken": "bench"},
            "qos": 1,
            "reportStrategy": {"type": "ON_RECEIVED"},
            **dict.fromkeys(
                (
                    "rateLimits",
                    "dpRateLimits",
                    "messagesRateLimits",
                    "deviceMessagesRateLimits",
                    "deviceRateLimits",
                    "deviceDpRateLimits",
                ),
                NO_LIMIT,
            ),
        },
        # Of its two kinds of storage the one that a restart does not empty.
        "storage": {
            "type": "sqlite",
            "data_file_path": "./data/data.db",
            "messages_ttl_check_in_hours": 1,
            "messages_ttl_in_days": 7,
            "max_read_records_count": 1000,
            "read_records_count": 1000,
        },
        "grpc": {"enabled": False},
        "connectors": [{"type": "modbus", "name": "meters", "configuration": "modbus.json"}],
    }
    slaves = [_slave(modbus_port, unit, points) for unit in range(1, devices + 1)]
    logs = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler", "level": "ERROR"}},
        "root": {"level": "ERROR", "handlers": ["console"]},
    }
    for name, content in (
        ("tb_gateway.json", gateway),
        ("modbus.json", {"master": {"slaves": slaves}, "logLevel": "ERROR"}),
        ("logs.json", logs),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _slave(port: int, unit: int, points: int) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "type": "tcp",
        "method": "socket",
        "unitId": unit,
        "deviceName": f"meter-{unit}",
        "deviceType": "default",
        "timeout": 35,
        "byteOrder": "BIG",
        "wordOrder": "BIG",
        "retries": True,
        "retryOnEmpty": True,
        "retryOnInvalid": True,
        "pollPeriod": 1000,
        "connectAttemptTimeMs": 5000,
        "connectAttemptCount": 5,
        "waitAfterFailedAttemptsMs": 5000,
        "attributes": [],
        "attributeUpdates": [],
        "rpc": [],
        "timeseries": [
            {
                "tag": f"p{point}",
                "type": "32uint",
                "functionCode": 3,
                "objectsCount": 2,
                "address": 2 * point,
            }
            for point in range(points)
        ],
    }


class Cloud:
    """What has arrived at the peer's cloud."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: set[Value] = set()
        self.twice = 0
        self.is_over = False
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cloud", daemon=True)

    def start(self) -> None:
        """Listen from now on."""
        self._thread.start()
        if not self._is_ready.wait(30):
            raise TimeoutError("nobody listens at the peer's cloud")

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
        except aiomqtt.MqttError:
            if not self.is_over:
                raise

    async def _listen(self) -> None:
        async with aiomqtt.Client("127.0.0.1", self.port, identifier="cloud") as client:
            await client.subscribe("v1/#", qos=1)
            self._is_ready.set()
            async for message in client.messages:
                topic = str(message.topic)
                if topic == TOPIC and isinstance(message.payload, bytes):
                    self._take(json.loads(message.payload))
                elif topic.startswith(ASKED):
                    await client.publish(topic.replace("request", "response"), LIMITS, qos=1)

    def _take(self, telemetry: dict[str, list[dict[str, Any]]]) -> None:
        for device, rows in telemetry.items():
            for row in rows:
                for point, value in row["values"].items():
                    one = (device, point, float(value))
                    self.twice += one in self.arrived
                    self.arrived.add(one)


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run a mosquitto; yield its port."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        raise SystemExit("bench.footprint needs mosquitto: apt-get install mosquitto")
    port = free_port()
    settings = folder / "mosquitto.conf"
    # The same as a cloud's: nothing is thrown away while somebody who listens is slow.
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type error\n"
    )
    with subprocess.Popen([program, "-c", settings], stderr=subprocess.DEVNULL) as process:
        try:
            until_blocking(lambda: _answers(port))
            yield port
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
