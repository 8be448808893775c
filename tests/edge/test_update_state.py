"""Which release is started: cut off at every write, the one before or the new one."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from edge import durable_file
from edge.apps.wheels import MARKER
from edge.clock import Clock
from edge.update import environment, launcher, state
from edge.update.state import State
from tests.edge.doubles import FakeClock

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "0.1.0"
AS_STARTED = State(package=PACKAGE)


class PowerCut(Exception):
    pass


class Node:
    """A node's disk and what it starts; ``cut_at`` is the write that the power does not outlast."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / state.FOLDER
        self.folder.mkdir()
        self.settings = folder / "edge.toml"
        self.settings.write_text(f'[node]\ndata_dir = "{folder}"\n[update]\nhealth_s = 9\n')
        state.write(self.folder, AS_STARTED)
        self.cut_at = -1
        self.writes = 0
        self.alarms: list[int] = []
        self.clock = FakeClock()
        self.is_broken: Callable[[str], bool] = lambda _: False
        replace = durable_file.replace

        def replaced(path: Path, data: bytes) -> None:
            self.writes += 1
            if self.writes == self.cut_at:
                path.with_name(f"{path.name}.new").write_bytes(data[: len(data) // 2])
                raise PowerCut
            replace(path, data)

        monkeypatch.setattr(durable_file, "replace", replaced)
        monkeypatch.setattr(signal, "alarm", self.alarms.append)

    def install(self, version: str) -> None:
        home = environment.place(self.folder, version)
        home.mkdir(parents=True, exist_ok=True)
        (home / MARKER).touch()

    def start(self) -> tuple[str, bool]:
        """Return the release that was started, and whether on trial."""
        started: list[tuple[str, bool]] = []

        def become(python: str, command: list[str], environ: dict[str, str]) -> None:
            assert command[1:] == ["-I", "-m", "edge", "run", "--config", str(self.settings)]
            assert environ[launcher.PACKAGE_PYTHON] == sys.executable
            if self.is_broken(python):
                raise FileNotFoundError(2, "no such file", python)
            version = "" if python == sys.executable else Path(python).parents[1].name
            started.append((version, environ[launcher.TRIAL] == version and version != ""))

        launcher.start(self.settings, PACKAGE, become, cast("Clock", self.clock))
        return started[0]

    def keep(self, step: Callable[[State], State]) -> None:
        state.write(self.folder, step(state.read(self.folder)))


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    return Node(tmp_path, monkeypatch)


def test_a_release_is_tried_and_then_kept(node: Node) -> None:
    assert node.start() == ("", False)
    node.install("0.2.0")
    node.keep(lambda kept: state.staged(kept, "0.2.0"))
    assert node.start() == ("0.2.0", True)
    assert node.alarms == [0, state.START_S]
    node.keep(state.confirmed)
    assert node.start() == ("0.2.0", False)
    assert node.alarms[-1] == 0


def test_a_release_that_is_not_well_is_not_tried_again(node: Node) -> None:
    node.install("0.2.0")
    node.install("0.3.0")
    for version in ("0.2.0", "0.3.0"):
        node.keep(partial(state.staged, version=version))
        assert node.start() == (version, True)
        if version == "0.2.0":
            node.keep(state.confirmed)
    node.keep(lambda kept: state.failed(kept, state.UNCONNECTED, "silence"))
    assert node.start() == ("0.2.0", False)
    assert state.read(node.folder).refused == {"0.3.0": (state.UNCONNECTED, "silence")}


def test_a_release_that_ends_each_time_is_given_up(node: Node) -> None:
    node.install("0.2.0")
    node.keep(lambda kept: state.staged(kept, "0.2.0"))
    assert [node.start() for _ in range(4)] == [("0.2.0", True)] * 3 + [("", False)]
    assert state.read(node.folder).refused["0.2.0"][0] == state.UNSTEADY


def tried(node: Node, *, is_up: bool = False) -> None:
    """Have a release on trial started, which comes up or does not."""
    node.install("0.2.0")
    node.keep(lambda kept: state.staged(kept, "0.2.0"))
    assert node.start() == ("0.2.0", True)
    if is_up:
        node.keep(state.up)


@pytest.mark.parametrize("is_up", [True, False])
def test_a_release_that_hung_for_its_window_is_given_up_at_once(node: Node, is_up: bool) -> None:
    tried(node, is_up=is_up)
    node.clock.advance(state.START_S)
    assert node.start() == ("", False)
    reason, text = state.read(node.folder).refused["0.2.0"]
    assert reason == state.UNSTEADY
    assert ("was not well in 30 s" if is_up else "did not come up in 30 s") in text


def test_one_that_a_service_manager_ended_before_it_came_up_hung_too(node: Node) -> None:
    node.settings.write_text(node.settings.read_text().replace("health_s = 9", "health_s = 300"))
    tried(node)
    assert node.alarms == [300]
    node.clock.advance(90)  # TimeoutStartSec of its unit
    assert node.start() == ("", False)
    tried(node, is_up=True)
    node.clock.advance(90)  # it came up: this is no hang, and somebody started it anew
    assert node.start() == ("0.2.0", True)


@pytest.mark.parametrize(
    ("wall_s", "running_s"),
    [
        pytest.param(3_600, 400, id="off-for-an-hour"),
        pytest.param(3_600, -50, id="another-boot"),
        pytest.param(-900, 400, id="clock-set-back"),
        pytest.param(20, 20, id="ended-early"),
    ],
)
def test_what_a_power_cut_ended_did_not_hang(node: Node, wall_s: int, running_s: int) -> None:
    tried(node)
    node.clock.wall += wall_s * 1_000_000
    node.clock.running += running_s
    assert node.start() == ("0.2.0", True)


def test_a_process_that_hangs_is_ended_by_the_kernel_whatever_its_parent_ignored(
    node: Node, tmp_path: Path
) -> None:
    """The real alarm over a real execve: the release never gives the processor back."""
    node.install("0.2.0")
    node.keep(lambda kept: state.staged(kept, "0.2.0"))
    program = f"""
import os, signal, sys
from pathlib import Path
from edge.update import launcher, state
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGALRM}})
state.START_S = 1.0
hang = [sys.executable, "-I", "-c", "while True: pass"]
launcher.start(Path({str(node.settings)!r}), {PACKAGE!r}, lambda *_: os.execv(hang[0], hang))
"""
    node.settings.write_text(node.settings.read_text().replace("health_s = 9", "health_s = 1"))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGALRM, done.stderr


def test_whose_environment_is_gone_the_package_runs(node: Node) -> None:
    node.keep(lambda kept: state.confirmed(state.staged(kept, "0.2.0")))
    node.keep(lambda kept: State(PACKAGE, kept.current))
    assert node.start() == ("", False)
    node.install("0.3.0")
    node.keep(lambda kept: state.staged(kept, "0.3.0"))
    node.is_broken = lambda python: python != sys.executable
    assert node.start() == ("", False)
    node.is_broken = lambda _: False
    assert node.start() == ("", False)
    assert {why[0] for why in state.read(node.folder).refused.values()} == {state.ENVIRONMENT_GONE}


def test_another_package_takes_the_place_of_releases(node: Node) -> None:
    node.install("0.2.0")
    node.keep(lambda _: State("0.0.9", current="0.2.0", refused={"0.1.5": ("R", "m")}))
    assert node.start() == ("", False)
    assert state.read(node.folder) == State(PACKAGE, refused={"0.1.5": ("R", "m")})


@pytest.mark.parametrize("is_well", [True, False])
def test_power_is_cut_at_every_write(
    is_well: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cut_at in itertools.count(1):
        home = tmp_path / str(cut_at)
        home.mkdir()
        with monkeypatch.context() as patch:
            node = Node(home, patch)
            node.install("0.2.0")
            node.install("0.3.0")
            state.write(node.folder, State(PACKAGE, current="0.2.0"))
            node.writes, node.cut_at = 0, cut_at
            started: list[str] = []
            was_cut = False
            for _ in range(4):  # lives of the agent
                try:
                    version, is_trial = node.start()
                    started.append(version)
                    kept = state.read(node.folder)
                    if is_trial and is_well:
                        node.keep(state.confirmed)
                    elif is_trial:
                        node.keep(lambda k: state.failed(k, state.UNCONNECTED, ""))
                    elif version != "0.3.0" and "0.3.0" not in kept.refused:
                        node.keep(lambda k: state.staged(k, "0.3.0"))
                except PowerCut:
                    was_cut = True
            node.cut_at = -1
            version, is_trial = node.start()
            assert (version, is_trial) == (("0.3.0", False) if is_well else ("0.2.0", False))
            assert set(started) <= {"0.2.0", "0.3.0"}
            json.loads((node.folder / state.FILE).read_text())
            if not was_cut:
                return


def test_a_state_that_is_damaged_is_that_of_the_package(node: Node) -> None:
    for damage in (b"", b"{", b"[]", b'{"refused": {"a": []}}', b'{"refused": []}', b"\xff"):
        (node.folder / state.FILE).write_bytes(damage)
        assert node.start() == ("", False)


@pytest.mark.parametrize("text", ["[node]\n", "", "]", "[update]\n", "update = 1\n[node]\n"])
def test_without_updates_the_agent_itself_runs(tmp_path: Path, text: str) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(text)
    became: list[list[str]] = []
    launcher.start(file, PACKAGE, lambda _, command, __: became.append(command))
    assert became == [[sys.executable, "-I", "-m", "edge", "run", "--config", str(file)]]
    assert list(tmp_path.iterdir()) == [file]
