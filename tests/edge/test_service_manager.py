"""The agent under systemd: what it says there, and how it is fenced in."""

from __future__ import annotations

import asyncio
import configparser
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.service_manager import ServiceManager

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "packaging" / "systemd" / "tianfu-edge.service"
DEADLINE_S = 60.0
CONFIG = """\
[node]
id = "gw-1"
[[driver]]
kind = "simulated"
name = "m"
interval_s = 60
[[driver.series]]
id = "s"
unit = "V"
"""


@pytest.fixture
def door(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(DEADLINE_S)
        yield listening


def heard(door: socket.socket) -> str:
    return door.recv(4096).decode()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ServiceManager()),
        ({"NOTIFY_SOCKET": "/run/x"}, ServiceManager("/run/x")),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "3000000"}, ServiceManager("/x", 3.0)),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"}, ServiceManager("", 3.0)),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"}, ServiceManager()),
        ({"WATCHDOG_USEC": "soon"}, ServiceManager()),
    ],
)
def test_what_the_environment_says(environ: dict[str, str], expected: ServiceManager) -> None:
    assert ServiceManager.of(environ, 7) == expected


async def test_ready_alive_stopping(door: socket.socket) -> None:
    stop = asyncio.Event()
    manager = ServiceManager(door.getsockname(), watchdog_s=0.03)
    watching = asyncio.create_task(manager.watch(stop))
    assert await asyncio.to_thread(heard, door) == "READY=1"
    assert await asyncio.to_thread(heard, door) == "WATCHDOG=1"
    stop.set()
    await watching
    said = heard(door)
    while said == "WATCHDOG=1":
        said = heard(door)
    assert said == "STOPPING=1"


def test_nobody_there_stops_nobody(tmp_path: Path) -> None:
    ServiceManager(str(tmp_path / "none")).tell("READY=1")
    ServiceManager("@tianfu-none").tell("READY=1")
    ServiceManager().tell("READY=1")


@pytest.mark.integration
def test_the_agent_tells_systemd(door: socket.socket, tmp_path: Path) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(CONFIG)
    notices = {"NOTIFY_SOCKET": door.getsockname(), "WATCHDOG_USEC": "300000"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--config", str(file)],
            env={**os.environ, **notices},
            stdout=log,
            stderr=log,
        )
    try:
        assert heard(door) == "READY=1"
        assert heard(door) == "WATCHDOG=1"
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
        assert "STOPPING=1" in iter(lambda: heard(door), "")
    finally:
        process.kill()
        process.wait()


def test_the_unit_is_fenced_in() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text())
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["CapabilityBoundingSet"] == ""
    assert service["DynamicUser"] == service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["Restart"] == "always"
    assert int(service["WatchdogSec"].removesuffix("s")) >= 30


@pytest.mark.integration
def test_systemd_finds_it_safe() -> None:
    """Exposure of at most 4.0, as `systemd-analyze security` counts it."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=40", "--no-pager", UNIT],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr


def test_the_unit_reloads_by_the_signal_that_the_agent_takes(
    tmp_path: Path, door: socket.socket
) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    parser.read_string(UNIT.read_text())
    assert parser["Service"]["ExecReload"] == "/bin/kill -HUP $MAINPID"
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG)
    environ = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL) as agent:
        try:
            assert heard(door) == "READY=1"
            config.write_text(CONFIG + "noize = 1\n")
            agent.send_signal(signal.SIGHUP)
            assert heard(door).startswith("RELOADING=1\nMONOTONIC_USEC=")
            assert "noise" in heard(door)  # STATUS= says what is wrong
            config.write_text(CONFIG)
            agent.send_signal(signal.SIGHUP)
            assert heard(door).startswith("RELOADING=1")
            assert heard(door) == "READY=1\nSTATUS=settings read again"
        finally:
            agent.terminate()
            assert agent.wait(DEADLINE_S) == 0
