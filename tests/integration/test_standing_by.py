"""Of two processes of telemetry the one that stands by has all but the store in its hands."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from tests.support.nats_server import nats_server
from tests.support.telemetry_process import TelemetryProcess
from tianfu import turn_lock

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

LIBRARY = "chdb"


def test_who_stands_by_has_loaded_its_engine_and_is_connected(tmp_path: Path) -> None:
    turn = tmp_path / "turn"
    descriptor = os.open(turn, os.O_RDWR | os.O_CREAT, 0o600)
    with nats_server() as server:
        telemetry = TelemetryProcess(tmp_path, server)
        telemetry.environment["TIANFU_TURN_FILE"] = str(turn)
        try:
            assert turn_lock.take(descriptor)
            telemetry.spawn()
            telemetry.wait(lambda: b"standing by" in telemetry.log.read_bytes(), "standing by")

            assert telemetry.process is not None
            process = psutil.Process(telemetry.process.pid)
            assert any(LIBRARY in each.path for each in process.memory_maps())
            (nats,) = [each for each in process.net_connections() if each.status == "ESTABLISHED"]
            assert server.url.endswith(f":{nats.raddr.port}")
            assert not (tmp_path / "data").exists()

            os.close(descriptor)
            telemetry.wait(lambda: b'"ready"' in telemetry.log.read_bytes(), "ready")
            assert telemetry.stop() == 0
        finally:
            if telemetry.process is not None:
                telemetry.kill()
