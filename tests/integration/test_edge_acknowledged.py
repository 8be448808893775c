"""What a data logger was answered for is on the node's disk: kill -9 the moment it is answered."""

from __future__ import annotations

import asyncio
import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.drivers.hj212_frame import encode
from tests.integration.edge_world import ROOT, AgentProcess
from tests.support.nats_server import NatsServer, nats_server
from tests.support.waiting import until
from tools.ports import free_port

pytestmark = pytest.mark.chaos

KILLS = 3

SETTINGS = """
[node]
id = "node-a"
data_dir = "data"
[[driver]]
kind = "hj212"
host = "127.0.0.1"
port = {port}
device = "010000A8900016F000169DC0"
password = "100000"
interval_s = 0.05
[[driver.series]]
id = "cod"
unit = "mg/L"
factor = "w01018"
report = "real-time"
"""


def report(minute: int) -> bytes:
    return encode(
        "QN=20160801085857223;ST=32;CN=2011;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
        f"CP=&&DataTime=2016080108{minute:02d}57;w01018-Rtd={minute}&&"
    )


@pytest.fixture
def nowhere() -> Iterator[NatsServer]:
    """A server that is stopped: everything stays in the spool."""
    with nats_server(nodes=("node-a",)) as server:
        server.stop()
        yield server


async def answered(port: int, minute: int) -> bool:
    """Send a report; tell whether it was answered."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(report(minute))
    try:
        async with asyncio.timeout(60):
            return b"CN=9014" in await reader.readuntil(b"\r\n")
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return False
    finally:
        writer.transport.abort()


def waiting(file: Path) -> int:
    """Return how many readings the spool of a stopped agent holds."""
    shown = subprocess.run(
        [sys.executable, "-m", "edge", "spool", "--config", str(file), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(json.loads(shown.stdout)["waiting_readings"])


async def test_no_answered_report_is_lost_by_killing_the_agent(
    nowhere: NatsServer, tmp_path: Path
) -> None:
    port = free_port()
    file = tmp_path / "edge.toml"
    file.write_text(SETTINGS.format(port=port))
    agent = AgentProcess(file, nowhere)
    for minute in range(KILLS):
        agent.start()
        await until(functools.partial(answered, port, minute), 60)
        agent.kill()
        assert waiting(file) == minute + 1
