"""The packaged unit under a real systemd: it starts, says that it is ready, reloads and stops."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.simulated_room import ROOM
from tests.support.systemd import UNIT, Systemd, lacking, systemd
from tests.support.waiting import until_blocking

pytestmark = pytest.mark.integration

NAME = "tianfu-edge.service"
WAIT_S = 120.0
SETTINGS = f"""\
[node]
id = "gw-unit"
[nats]
url = "nats://127.0.0.1:1"
{ROOM}"""


@pytest.fixture(scope="module")
def booted() -> Iterator[Systemd]:
    why = lacking()
    if why:
        pytest.skip(why)
    with systemd(SETTINGS) as process:
        yield process


def test_it_starts_notifies_reloads_is_started_again_and_stops(booted: Systemd) -> None:
    started = booted.run("systemctl", "start", NAME)  # Type=notify: returns when it is ready
    log = booted.run("cat", "/run/unit.log").stdout
    assert started.returncode == 0, (started.stderr, log)
    found = booted.properties(NAME)
    assert (found["ActiveState"], found["SubState"], found["Result"]) == (
        *("active", "running"),
        "success",
    )
    assert found["User"] == "tianfu-edge"
    assert found["WatchdogUSec"] == "1min"
    # What is read is in the spool, in the folder that the unit gives it.
    spool = "/var/lib/private/tianfu-edge"
    until_blocking(lambda: "spool" in booted.run("ls", spool).stdout, WAIT_S)

    assert booted.run("systemctl", "reload", NAME).returncode == 0
    assert booted.properties(NAME)["MainPID"] == found["MainPID"]

    booted.run("systemctl", "kill", "--signal=SIGKILL", NAME)

    def is_back() -> bool:
        now = booted.properties(NAME)
        return now["SubState"] == "running" and now["MainPID"] != found["MainPID"]

    until_blocking(is_back, WAIT_S)
    stopped = booted.run("systemctl", "stop", NAME)
    assert stopped.returncode == 0, stopped.stderr
    now = booted.properties(NAME)
    assert (now["ActiveState"], now["Result"], now["ExecMainStatus"]) == (
        *("inactive", "success"),
        "0",
    )


def test_its_exposure_is_what_was_promised() -> None:
    why = lacking()
    if why:
        pytest.skip(why)
    shown = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=40", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout[-500:] + shown.stderr
