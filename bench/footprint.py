"""The agent beside thingsboard-gateway on the same Modbus meters: ``python -m bench.footprint``.

50 devices with 20 points each, read each second, by both at once, each over a line of its own to
its own cloud (nats-server; mosquitto). First a quiet time, in which CPU and memory are taken. Then
both lines are cut for a time (``--outage``, 600 s), half-way through it both are killed (SIGKILL)
and started again. Each device answers with how often this point has been read, so that a reading
that never arrives is known by its number, and so is one that arrives twice.

A reading counts from the moment that the device answered. So what is in an agent's hands at the
kill, not yet on its disk, counts as lost for either: for ours no more than the open batch. Needs
mosquitto, and a package index for the peer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nats
import psutil
from nats.js.api import StreamConfig
from typing_extensions import override

from bench import thingsboard_peer as peer
from bench.thingsboard_peer import Value
from tests.support.nats_server import NatsServer, nats_server
from tests.support.relay import CLEAR, Condition, Relay
from tests.support.waiting import until_blocking
from tianfu import batch_decoder, subjects

ROOT: Final = Path(__file__).resolve().parent.parent
NODE: Final = subjects.node_id("bench-node")
DEVICES: Final = 50
POINTS: Final = 20
SETTLE_S: Final = 20.0
QUIET_S: Final = 60.0
OUTAGE_S: Final = 600.0
DRAIN_S: Final = 300.0
RSS_TARGET_MB: Final = 60.0
CPU_TARGET: Final = 0.5
"""Of the peer's."""
OPEN_BATCH: Final = 2 * DEVICES * POINTS
"""Readings in memory at a kill: a batch stays open for a second, storing takes a moment."""
CUT: Final = Condition(is_cut=True)


class Meters(threading.Thread):
    """Fifty Modbus units behind one port; a point's value is how often it has been read."""

    def __init__(self) -> None:
        super().__init__(name="meters", daemon=True)
        self.port = 0
        self.is_silent = False
        self.read: Counter[tuple[int, int]] = Counter()
        self._is_ready = threading.Event()

    def begin(self) -> None:
        """Answer from now on."""
        self.start()
        if not self._is_ready.wait(30):
            raise TimeoutError("the meters did not start")

    @property
    def readings(self) -> int:
        """How many readings have been given away."""
        return self.read.total()

    @override
    def run(self) -> None:
        """Run the loop that answers."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readexactly(7)
                body = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
                if self.is_silent:
                    continue
                unit = head[6]
                first, count = (int.from_bytes(body[at : at + 2], "big") for at in (1, 3))
                words = bytearray()
                for point in range(first // 2, (first + count) // 2):
                    self.read[unit, point] += 1
                    words += self.read[unit, point].to_bytes(4, "big")
                reply = bytes((unit, body[0], len(words))) + words
                writer.write(head[:4] + len(reply).to_bytes(2, "big") + reply)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()  # who reads was killed, or has gone


@dataclass
class Gateway:
    """One of the two, as a process that can be killed and started again."""

    name: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str]
    meters: Meters
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """Kill it as a power cut does."""
        for one in self._tree():
            one.kill()
        if self.process is not None:
            self.process.wait()

    def cpu_s(self) -> float:
        """CPU time so far, of all its processes."""
        return float(sum(sum(one.cpu_times()[:2]) for one in self._tree()))

    def rss_mb(self) -> float:
        """Resident memory of all its processes."""
        return float(sum(one.memory_info().rss for one in self._tree()) / 2**20)

    def _tree(self) -> list[psutil.Process]:
        if self.process is None or self.process.poll() is not None:
            said = (self.folder / f"{self.name}.log").read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"{self.name} has ended:\n{said}")
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


# -- ours --------------------------------------------------------------------------------------


def settings(url: str, credentials: Path, folder: Path, port: int) -> str:
    """Return the agent's settings: a driver a device, as in the field."""
    lines = [
        f'[node]\nid = "{NODE}"\ndata_dir = "{folder}/data"\nlog_level = "error"',
        f'[nats]\nurl = "{url}"\ncredentials_file = "{credentials}"',
    ]
    for unit in range(1, DEVICES + 1):
        lines.append(
            f'[[driver]]\nkind = "modbus-tcp"\nname = "meter-{unit}"\nhost = "127.0.0.1"\n'
            f"port = {port}\nunit_id = {unit}\ninterval_s = 1"
        )
        lines += [
            f'[[driver.series]]\nid = "meter-{unit}.p{point}"\nunit = "1"\ntype = "uint32"\n'
            f"register = {2 * point}"
            for point in range(POINTS)
        ]
    return "\n".join(lines) + "\n"


async def make_stream(server: NatsServer) -> None:
    """Make the stream of readings."""
    client = await nats.connect(
        server.url, user_credentials=str(server.credentials("test", "admin"))
    )
    await client.jetstream().add_stream(
        StreamConfig(name=subjects.READINGS, subjects=[subjects.READINGS_ALL])
    )
    await client.close()


async def stored(server: NatsServer) -> tuple[set[Value], int]:
    """Return what the stream of readings has, and how many of them twice."""
    client = await nats.connect(
        server.url, user_credentials=str(server.credentials("test", "admin"))
    )
    js = client.jetstream()
    left = (await js.stream_info(subjects.READINGS)).state.messages
    subscription = await js.pull_subscribe(subjects.READINGS_ALL, "bench", stream=subjects.READINGS)
    found: set[Value] = set()
    twice = 0
    while left > 0:
        for message in await subscription.fetch(min(left, 100), timeout=30):
            left -= 1
            for one in of_batch(message.data):
                twice += one in found
                found.add(one)
            await message.ack()
    await client.close()
    return found, twice


def of_batch(payload: bytes) -> Iterator[Value]:
    """Yield what a batch holds."""
    batch = batch_decoder.decode(payload)
    names = [one.series.partition(".") for one in batch.series]
    for series, value in zip(batch.series_index.tolist(), batch.value.tolist(), strict=True):
        device, _, point = names[series]
        yield device, point, value


def waiting(folder: Path) -> int:
    """Return how many batches the agent's spool still has."""
    text = (folder / "data" / "status.json").read_text(encoding="utf-8")
    return int(json.loads(text)["spool"]["waiting_batches"])


@contextmanager
def both(folder: Path, lines: list[Relay], server: NatsServer) -> Iterator[list[Gateway]]:
    """Set both up and run them; what is still running is killed at the end."""
    ours, theirs = folder / "ours", folder / "theirs"
    ours.mkdir()
    meters = [Meters(), Meters()]
    for one in meters:
        one.begin()
    text = settings(
        f"nats://127.0.0.1:{lines[0].port}",
        server.credentials("node", NODE),
        ours,
        meters[0].port,
    )
    (ours / "edge.toml").write_text(text, encoding="utf-8")
    peer.configure(
        theirs,
        mqtt_port=lines[1].port,
        modbus_port=meters[1].port,
        devices=DEVICES,
        points=POINTS,
    )
    print("installing the peer", flush=True)
    python = peer.install(folder)
    gateways = [
        Gateway(
            "agent",
            [sys.executable, "-m", "edge", "run", "--config", str(ours / "edge.toml")],
            ours,
            os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto'}"},
            meters[0],
        ),
        Gateway(
            "peer",
            [str(python.parent / "thingsboard-gateway")],
            theirs,
            os.environ | {"TB_GW_CONFIG_DIR": str(theirs)},
            meters[1],
        ),
    ]
    try:
        for gateway in gateways:
            gateway.start()
        yield gateways
    finally:
        for gateway in gateways:
            if gateway.process is not None and gateway.process.poll() is None:
                gateway.kill()


# -- the run -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quiet:
    """What a gateway took in the quiet time."""

    cores: float
    rss_mb: float
    readings_per_s: float


def quiet(gateways: list[Gateway], lasting_s: float) -> list[Quiet]:
    """Measure both for a time."""
    began = time.monotonic()
    before = [(one.cpu_s(), one.meters.readings) for one in gateways]
    time.sleep(lasting_s)
    elapsed = time.monotonic() - began
    return [
        Quiet(
            (one.cpu_s() - cpu_s) / elapsed,
            one.rss_mb(),
            (one.meters.readings - readings) / elapsed,
        )
        for one, (cpu_s, readings) in zip(gateways, before, strict=True)
    ]


def outage(gateways: list[Gateway], lines: list[Relay], lasting_s: float) -> None:
    """Cut both lines; kill both half-way and start them again; let the lines be whole again."""
    for line in lines:
        line.be(CUT)
    time.sleep(lasting_s / 2)
    for gateway in gateways:
        gateway.kill()
    for gateway in gateways:
        gateway.start()
    time.sleep(lasting_s / 2)
    for line in lines:
        line.be(CLEAR)


def settled(amount: Callable[[], int]) -> Callable[[], bool]:
    """Return a condition that holds when an amount has not changed for a quarter of a minute."""
    seen = [amount(), time.monotonic()]

    def condition() -> bool:
        now = amount()
        if now != seen[0]:
            seen[:] = [now, time.monotonic()]
        return time.monotonic() - seen[1] > 15

    return condition


def lost(meters: Meters, arrived: set[Value]) -> int:
    """Return how many readings were given away and never arrived."""
    return sum(
        (f"meter-{unit}", f"p{point}", float(number)) not in arrived
        for (unit, point), most in list(meters.read.items())
        for number in range(1, most + 1)
    )


def measure(folder: Path, quiet_s: float, outage_s: float) -> list[dict[str, Any]]:
    """Run both side by side; return the figures."""
    with (
        nats_server(nodes=(NODE,)) as server,
        peer.broker(folder) as port,
        Relay(server.port, 1) as to_nats,
        Relay(port, 2) as to_broker,
    ):
        asyncio.run(make_stream(server))
        cloud = peer.Cloud(port)
        cloud.start()
        lines = [to_nats, to_broker]
        with both(folder, lines, server) as gateways:
            until_blocking(lambda: bool(cloud.arrived), 120)
            time.sleep(SETTLE_S)
            taken = quiet(gateways, quiet_s)
            for one, figures in zip(gateways, taken, strict=True):
                print(f"{one.name}: {figures}", flush=True)
            outage(gateways, lines, outage_s)
            # Then the devices fall silent, and what is under way has the time it needs.
            until_blocking(lambda: waiting(folder / "ours") <= 1, DRAIN_S)
            for one in gateways:
                one.meters.is_silent = True
            time.sleep(SETTLE_S)
            until_blocking(lambda: waiting(folder / "ours") == 0, DRAIN_S)
            until_blocking(settled(lambda: len(cloud.arrived)), DRAIN_S)
            ours, twice = asyncio.run(stored(server))
            cloud.is_over = True
            losses = [lost(gateways[0].meters, ours), lost(gateways[1].meters, cloud.arrived)]
            given = [one.meters.readings for one in gateways]
    print(f"agent: {given[0]:,} read, {losses[0]:,} lost, {twice} twice")
    print(f"peer: {given[1]:,} read, {losses[1]:,} lost, {cloud.twice} twice")
    return report(taken, losses, (twice, cloud.twice))


def report(taken: list[Quiet], losses: list[int], twice: tuple[int, int]) -> list[dict[str, Any]]:
    """Return the figures."""
    ours, theirs = taken
    return [
        figure("footprint.rss", ours.rss_mb, "MB", theirs.rss_mb, RSS_TARGET_MB),
        figure("footprint.cpu", ours.cores, "cores", theirs.cores, CPU_TARGET * theirs.cores),
        figure("footprint.read", ours.readings_per_s, "readings/s", theirs.readings_per_s, None),
        figure("footprint.lost", losses[0], "readings", losses[1], OPEN_BATCH),
        figure("footprint.twice", twice[0], "readings", twice[1], 0),
    ]


def figure(
    name: str, value: float, unit: str, baseline: float, target: float | None
) -> dict[str, Any]:
    """Return one figure; less is better where there is a target."""
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "baseline": round(baseline, 4),
        "ratio": round(value / baseline, 4) if baseline else None,
        "target": None if target is None else f"<= {target:.4g}",
        "met": None if target is None else value <= target,
    }


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quiet", type=float, default=QUIET_S, help="seconds that CPU is taken in")
    parser.add_argument("--outage", type=float, default=OUTAGE_S, help="seconds without a line")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tianfu-bench-footprint-") as folder:
        figures = measure(Path(folder), given.quiet, given.outage)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
