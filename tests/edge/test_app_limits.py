"""An app is held to what its plan says, for real: by the launcher, and where given by cgroups."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge import doctor
from edge.apps import limits
from edge.apps.process import LAUNCHER, Process
from edge.doctor import Verdict
from tests.edge.test_service_manager import UNIT
from tests.support.waiting import until

MEBIBYTE = 1 << 20
BOTH = 2
MEMORY = 300_000_000_000
"""Of an app, in thousandths of a byte."""


def ran(program: str, stated: dict[str, int]) -> subprocess.CompletedProcess[str]:
    """Run a program as the agent runs an app's."""
    told = json.dumps(limits.launch(stated, None))
    command = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), told]
    command += [sys.executable, "-I", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_an_app_that_eats_memory_gets_no_more_than_it_may() -> None:
    eats = "held = []\nwhile True:\n    held.append(bytearray(1 << 20))\n    print(len(held))"
    done = ran(eats, {"memory": MEMORY})
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("MemoryError")
    assert 0 < int(done.stdout.split()[-1]) * MEBIBYTE < MEMORY // 1000


def test_an_app_that_opens_files_gets_no_more_than_it_may() -> None:
    opens = "held = []\nwhile True:\n    held.append(open('/dev/null'))\n    print(len(held))"
    done = ran(opens, {})
    assert "Too many open files" in done.stderr
    assert int(done.stdout.split()[-1]) < limits.FILES_MAX


def test_an_app_can_not_raise_its_limits_and_runs_behind_the_agent() -> None:
    tries = (
        "import json, os, resource\n"
        "def may(kind, most):\n"
        "    try:\n        resource.setrlimit(kind, (most, most))\n"
        "    except (OSError, ValueError):\n        pass\n"
        "    return resource.getrlimit(kind)[0]\n"
        "print(json.dumps([may(resource.RLIMIT_CORE, 1), os.getpriority(os.PRIO_PROCESS, 0)]))\n"
    )
    found = json.loads(ran(tries, {}).stdout)
    if os.geteuid():  # whoever is root raises what it likes; the packaged agent is not
        assert found[0] == 0
    assert found[1] == min(os.getpriority(os.PRIO_PROCESS, 0) + limits.NICE, 19)


async def test_an_app_that_eats_the_processor_is_ended_with_all_that_it_started(
    tmp_path: Path,
) -> None:
    eats = "import os\nos.fork()\nprint(os.getpid(), flush=True)\nwhile True: pass"
    environment = {"TIANFU_DATA_DIR": str(tmp_path)}
    log = tmp_path / "log.txt"
    process = await Process.start(
        [sys.executable, "-I", "-c", eats], environment, limits.launch({"cpu": 500}, None), log
    )
    try:
        await until(lambda: len(pids(log)) == BOTH, 60)
        found = pids(log)
    finally:
        await process.stop()
    await until(lambda: not any(map(runs, found)), 60)


def pids(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_nothing_holds_an_app_to_is_said(tmp_path: Path) -> None:
    stated = {"cpu": 500, "memory": MEMORY, "gpu": 1}
    assert limits.unenforced(stated, None) == ("cpu", "gpu")
    assert limits.unenforced(stated, tmp_path) == ("gpu",)
    said = {"name": "pump", "state": "READY", "revision": 3, "reason": "", "message": ""}
    (good,) = doctor.apps({"apps": [{**said, "unenforced": []}]})
    assert (good.verdict, good.says) == (Verdict.GOOD, "ready, revision 3")
    (found,) = doctor.apps({"apps": [{**said, "unenforced": ["cpu"]}]})
    assert (found.reason, found.verdict) == ("APP_LIMITS_UNENFORCED", Verdict.DOUBTFUL)
    assert "cpu" in found.says
    (bad,) = doctor.apps({"apps": [{**said, "reason": "APP_CRASHED", "message": "status 1"}]})
    assert (bad.reason, bad.verdict) == ("APP_CRASHED", Verdict.BAD)
    assert doctor.apps(None) == []


# -- cgroups --------------------------------------------------------------------------------------


class Tree:
    """Files where the kernel has a tree; what is written to a list of processes moves them."""

    def __init__(self, root: Path, place: str, controllers: str = "cpu io memory pids") -> None:
        self.root, self.own = root, root / place
        self.own.mkdir(parents=True)
        for folder in (self.own, self.own.parent):
            (folder / "cgroup.controllers").write_text(controllers)
            (folder / "cgroup.procs").write_text("")
        self.self_file = root / "self"
        self.self_file.write_text(f"1:name=systemd:/x\n0::/{place}\n")

    def find(self, **environ: str) -> limits.Cgroups | None:
        return limits.find(self.self_file, self.root, environ)


def test_an_agent_in_its_subgroup_has_the_tree_above(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "system.slice/tianfu-edge.service/agent")
    found = tree.find()
    assert found is not None
    assert found.folder == tree.own.parent
    assert (found.folder / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    made = found.make("pump", {"cpu": 500, "memory": MEMORY})
    assert (made / "cpu.max").read_text() == "50000 100000"
    assert (made / "memory.max").read_text() == str(MEMORY // 1000)
    assert (made / "pids.max").read_text() == str(limits.PROCESSES_MAX)


def test_an_agent_that_was_given_its_group_moves_into_a_subgroup_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path, "system.slice/tianfu-edge.service")
    (tree.own / "cgroup.procs").write_text("41\n42\n")
    write, order = limits._write, []

    def written(file: Path, text: str) -> None:
        order.append((file.relative_to(tree.own).as_posix(), text))
        left = [pid for pid in (tree.own / "cgroup.procs").read_text().split() if pid != text]
        if file.name == "cgroup.procs":
            write(tree.own / "cgroup.procs", "\n".join(left))
        write(file, text)

    monkeypatch.setattr(limits, "_write", written)
    found = tree.find(TIANFU_EDGE_CGROUP="delegated")
    assert found is not None
    assert found.folder == tree.own
    assert order == [
        ("agent/cgroup.procs", "41"),
        ("agent/cgroup.procs", "42"),
        ("cgroup.subtree_control", "+cpu +memory +pids"),
    ]


@pytest.mark.parametrize(
    ("controllers", "environ"),
    [
        pytest.param("cpu io memory pids", {}, id="nobody-said-that-it-is-ours"),
        pytest.param("memory pids", {"TIANFU_EDGE_CGROUP": "delegated"}, id="no-cpu"),
    ],
)
def test_no_tree_is_touched_that_is_not_given(
    tmp_path: Path, controllers: str, environ: dict[str, str]
) -> None:
    tree = Tree(tmp_path, "user.slice/session.scope", controllers)
    before = sorted(tmp_path.rglob("*"))
    assert tree.find(**environ) is None
    assert sorted(tmp_path.rglob("*")) == before


def test_a_machine_without_cgroup_v2_has_no_tree(tmp_path: Path) -> None:
    (tmp_path / "self").write_text("4:memory:/x\n")
    given: dict[str, Any] = {limits.DELEGATED: "delegated"}
    assert limits.find(tmp_path / "self", tmp_path, given) is None
    assert limits.find(tmp_path / "none", tmp_path, given) is None


def test_the_packaged_unit_lets_apps_be_started_and_held() -> None:
    lines = UNIT.read_text().splitlines()
    assert "Delegate=cpu memory pids" in lines
    assert f"Environment={limits.DELEGATED}=delegated" in lines
    assert "ProtectControlGroups=no" in lines
    filters = [line for line in lines if line.startswith("SystemCallFilter=")]
    # The launcher's nice(2) and setrlimit(2): denied with @resources, permitted after it.
    assert filters[-1] == "SystemCallFilter=setpriority setrlimit"
