"""The frame of a service process: exit statuses and signals, in real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from services.plumbing import service
from services.plumbing.metrics import MetricsServer, new_registry
from services.plumbing.startup import AddressUnusable, PortInUse

ROOT = Path(__file__).parents[2]


def start(body: str) -> subprocess.Popen[str]:
    """Run a service whose main has this body, in a process."""
    lines = [
        "import asyncio, sys",
        "from services.plumbing import service",
        "from services.plumbing.startup import PortInUse",
        "def say(x): print(x, flush=True)",
        "async def main(stop):",
        textwrap.indent(textwrap.dedent(body), "    "),
        "service.run(main, grace_s=GRACE)".replace("GRACE", "0.2" if "stuck" in body else "20"),
    ]
    return subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}"},
    )


def end(process: subprocess.Popen[str], *signals: signal.Signals) -> tuple[int, str, str]:
    """Send signals once the process says it is up; return status, stdout, stderr."""
    with process:
        if signals:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
        for number in signals:
            process.send_signal(number)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_gracefully(number: signal.Signals) -> None:
    status, out, _ = end(start("say('up'); await stop.wait(); say('stopped')"), number)
    assert (status, out) == (0, "stopped\n")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        pytest.param("pass", 0, "", id="returns"),
        pytest.param("raise PortInUse('h:1: taken')", 3, "PORT_IN_USE: h:1: taken\n", id="port"),
        pytest.param("raise SystemExit(2)", 2, "", id="settings"),
        pytest.param("raise RuntimeError", 1, "service failed", id="failure"),
    ],
)
def test_exit_status(body: str, status: int, said: str) -> None:
    process = start(body)
    found, out, err = end(process)
    assert found == status
    if said.endswith("\n"):
        assert err == said
    else:
        assert said in out + err


def test_grace_is_bounded() -> None:
    body = "say('up'); await stop.wait(); await asyncio.Event().wait()  # stuck"
    assert end(start(body), signal.SIGTERM)[0] == 1


async def test_second_signal_ends_the_grace() -> None:
    stopped = asyncio.Event()

    async def main(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    assert await asyncio.wait_for(service.supervise(main), 20) == 1
    assert stopped.is_set()


def test_metrics_endpoint() -> None:
    registry = new_registry()
    Counter("tianfu_example", "An example.", registry=registry).inc()
    server = MetricsServer(registry, "127.0.0.1:0")
    server.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as response:
            text = response.read().decode()
    finally:
        server.stop()
        server.stop()  # twice does no harm
    assert "tianfu_example_total 1.0" in text
    assert "process_resident_memory_bytes" in text


def test_metrics_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = MetricsServer(CollectorRegistry(), f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(PortInUse, match="TIANFU_METRICS_ADDRESS"):
            server.start()
    with pytest.raises(AddressUnusable):
        MetricsServer(CollectorRegistry(), "192.0.2.1:9090").start()


async def test_a_signal_before_the_start_is_over_ends_with_status_0() -> None:
    """As while it waits for a server that does not answer."""

    async def main(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await service.unless_stopped(stop, asyncio.Event().wait())

    assert await asyncio.wait_for(service.supervise(main), 20) == 0


async def test_work_that_is_done_first_gives_its_result_or_error() -> None:
    async def work() -> int:
        return 7

    async def failing() -> int:
        raise PortInUse("taken")

    assert await service.unless_stopped(asyncio.Event(), work()) == 7
    with pytest.raises(PortInUse):
        await service.unless_stopped(asyncio.Event(), failing())
