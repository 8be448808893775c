"""Every process of the platform killed at random moments under load, round after round.

``tianfu up`` runs the real thing: nats-server, PostgreSQL, telemetry, fleet, edge agents reading
meters by Modbus TCP. Each round waits for some progress, kills one process (-9) and lets the
supervisor start it again. At the end nothing acknowledged may be missing and nothing may be there
twice: by what the spools say they produced, by GetDelivery, and by the rows in ClickHouse.

Track record:

| bug | found by |
|---|---|
| accounts of a block that failed were written at the stop | test_ingest_crashes, change 11 |
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.waiting import until_blocking

pytestmark = [pytest.mark.integration, pytest.mark.chaos, pytest.mark.timeout(1800)]

ROUNDS = int(os.environ.get("TIANFU_TEST_KILL_ROUNDS", "30"))
"""Kills in one run; a long night may ask for more."""

DEADLINE_S = 240.0
NODES = 5
LEFT = 20
"""Batches on a node that has caught up: an agent that stops sends as many in its last moment."""
VICTIMS = ("edge", "edge", "nats", "telemetry", "telemetry", "postgres", "fleet")


class Up:
    """A running ``tianfu up``, seen from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder.parent / "up.out"
        self.errors = folder.parent / "up.err"
        command = [sys.executable, "-m", "cli", "up", "--data", str(folder), "--json"]
        with self.output.open("wb") as out, self.errors.open("wb") as err:
            self.process = subprocess.Popen([*command, "--for", "2h"], stdout=out, stderr=err)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Return when a condition holds."""

        def holds() -> bool:
            assert self.process.poll() is None, f"ended, and not {what}:\n{self.said()}"
            return condition()

        try:
            until_blocking(holds, DEADLINE_S)
        except TimeoutError as error:
            raise TimeoutError(f"not {what}:\n{self.said()}") from error

    def said(self) -> str:
        """Return the end of what it wrote for people."""
        return self.errors.read_text()[-6000:]

    def pids(self) -> dict[str, int]:
        """Return the processes that run now."""
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            found = json.loads((self.folder / "pids.json").read_text())
            return {one["name"]: one["pid"] for one in found["processes"]}
        return {}

    def named(self, kind: str) -> list[str]:
        """Return the names of the processes of a kind that run now."""
        return sorted(name for name in self.pids() if name.startswith(kind))

    def produced(self) -> int:
        """Return how many readings the agents said they had taken, some seconds ago at most."""
        total = 0
        for path in (self.folder / "edge").glob("*/status.json"):
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError, KeyError):
                total += json.loads(path.read_text())["spool"]["produced"]
        return total

    def is_ready(self) -> bool:
        """Say whether the start is over: what dies in its midst is a start that failed."""
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return bool(json.loads((self.folder / "context.json").read_text())["ready"])
        return False

    def is_well(self) -> bool:
        """Say whether every node is heard from, has little left to send, and services answer."""
        for name in self.named("edge-"):
            path = self.folder / "edge" / name.removeprefix("edge-") / "status.json"
            status = json.loads(path.read_text())
            if not status["connection"]["connected"] or status["spool"]["waiting_batches"] > LEFT:
                return False
        nodes = self.asked("nodes", "list") or []  # with those of the drill, which are no agents
        heard = sum(node["presence"] == "online" for node in nodes)
        return heard >= NODES and self.asked("delivery", "list") is not None

    def asked(self, *command: str) -> Any:
        """Return what a command prints, None when it fails."""
        words = [*command, "-o", "json", "--data", str(self.folder)]
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words], capture_output=True, text=True, check=False
        )
        return json.loads(done.stdout) if done.returncode == 0 else None

    def spools(self) -> list[Path]:
        """Return the nodes' spools."""
        return sorted((self.folder / "edge").glob("*/spool.db"))

    def kill(self, name: str) -> int | None:
        """Kill a process and those below it; return its id, None when it was not there."""
        pid = self.pids().get(name)
        with contextlib.suppress(psutil.NoSuchProcess, TypeError):
            process = psutil.Process(pid)
            for one in (*process.children(recursive=True), process):
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            return pid
        return None


def spooled(path: Path) -> int:
    """Return the readings that a spool has taken, from its own tables: its agent has ended."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT produced FROM state").fetchone()[0])


@pytest.mark.parametrize("seed", [20261123])
def test_nothing_is_lost_or_doubled_whatever_is_killed(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    top = tmp_path_factory.mktemp("kills")
    top.chmod(0o755)  # PostgreSQL runs as another user when the test runs as root
    dice = random.Random(seed)
    up = Up(top / "data")
    try:
        summary = _play(up, dice)
    finally:
        if up.process.poll() is None:
            up.process.send_signal(signal.SIGTERM)
            up.process.wait(DEADLINE_S)
    _check(up, summary)


def _play(up: Up, dice: random.Random) -> dict[str, Any]:
    up.wait(lambda: up.is_ready() and up.produced() > 100, "started")
    assert len(up.spools()) == NODES
    for number in range(ROUNDS):
        kind = dice.choice(VICTIMS)
        target = up.produced() + dice.randrange(10, 200)
        up.wait(lambda target=target: up.produced() >= target, f"producing in round {number}")  # type: ignore[misc]
        up.wait(lambda kind=kind: bool(up.named(kind)), f"running: {kind}")  # type: ignore[misc]
        name = dice.choice(up.named(kind))
        killed = up.kill(name)
        print(f"round {number}: killed {name} ({killed})")
        up.wait(
            lambda name=name, killed=killed: up.pids().get(name, killed) != killed,  # type: ignore[misc]
            f"started again: {name}",
        )
    up.wait(up.is_well, "well again")
    up.process.send_signal(signal.SIGINT)
    up.process.wait(2 * DEADLINE_S)
    lines = up.output.read_text().splitlines()
    assert lines, up.said()
    summary: dict[str, Any] = json.loads(lines[-1])
    assert up.process.returncode == 0, (summary, up.said())
    return summary


def _check(up: Up, summary: dict[str, Any]) -> None:
    produced = sum(map(spooled, up.spools()))
    assert (summary["missing"], summary["duplicates"]) == (0, 0)
    assert summary["restarts"] >= ROUNDS
    assert summary["produced"] == produced
    assert summary["stored"] + summary["dropped"] == produced
    assert _rows(up.folder) == {"rows": summary["stored"], "different": summary["stored"]}


def _rows(folder: Path) -> dict[str, int]:
    """Count in ClickHouse, with nothing of ours between."""
    code = (
        "import chdb, sys; print(chdb.connect(sys.argv[1]).query("
        "'SELECT count() AS rows, uniqExact(series, time) AS different FROM tianfu.readings',"
        "'JSONEachRow'))"
    )
    path = str(folder / "telemetry" / "chdb")
    found = subprocess.run(
        [sys.executable, "-c", code, path], check=True, capture_output=True, text=True
    )
    counts: dict[str, str] = json.loads(found.stdout.splitlines()[0])
    return {name: int(number) for name, number in counts.items()}
