"""The supervisor with tiny programs: restarts, stops, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cli.failures import Failure
from cli.local import folder as folders
from cli.local.folder import Folder
from cli.local.supervisor import (
    Program,
    Supervisor,
    base_environment,
    left_behind,
    rotate,
    sweep,
)
from cli.local.write_errors import WriteErrors, restart_when_there_is_room
from tests.support.waiting import until, until_blocking

DEADLINE_S = 90.0
SLEEPER = "import time; time.sleep(600)"


def program(root: Path, name: str, code: str, **changes: object) -> Program:
    return Program(
        name=name,
        arguments=(sys.executable, "-I", "-c", code),
        environment=base_environment(),
        folder=root,
        stop_timeout_s=changes.pop("stop_timeout_s", 5.0),  # type: ignore[arg-type]
        **changes,  # type: ignore[arg-type]
    )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder.at(tmp_path / "data")
    made.make()
    return made


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(folder: Folder, said: list[str]) -> Supervisor:
    return Supervisor(folder, said.append)


async def test_a_crashed_program_is_restarted_and_counted(
    supervisor: Supervisor, folder: Folder, said: list[str]
) -> None:
    running = await supervisor.start(program(folder.root, "sleeper", SLEEPER))
    first = running.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    await until(lambda: running.pid not in {None, first})

    assert running.restarts == supervisor.restarts == 1
    assert "killed by SIGKILL" in said[0]
    await supervisor.stop()
    assert supervisor.running == {}
    assert left_behind(folder) == []


@pytest.mark.parametrize(("status", "why"), [(2, "settings"), (3, "port")])
async def test_what_a_restart_cannot_mend_is_not_restarted(
    supervisor: Supervisor, folder: Folder, status: int, why: str
) -> None:
    running = await supervisor.start(program(folder.root, "wrong", f"raise SystemExit({status})"))

    await asyncio.wait_for(running.changed.wait(), DEADLINE_S)

    assert why in running.failed
    assert running.restarts == 0
    await supervisor.stop()


async def test_a_program_that_ignores_the_request_to_stop_is_killed_with_its_children(
    supervisor: Supervisor, folder: Folder, said: list[str]
) -> None:
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('ready', child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    running = await supervisor.start(program(folder.root, "stubborn", stubborn, stop_timeout_s=0.2))
    await until(lambda: bool(running.tail()))
    child = int(running.tail()[0].split()[1])

    await supervisor.stop("stubborn")

    assert running.killed
    assert "did not stop" in said[-1]
    await until(lambda: not psutil.pid_exists(child) or is_zombie(child))


def is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def test_a_program_run_once_that_fails_shows_the_end_of_its_log(
    supervisor: Supervisor, folder: Folder
) -> None:
    with pytest.raises(Failure) as caught:
        await supervisor.run_once(
            program(folder.root, "migrate", "print('no such table'); raise SystemExit(1)"), 10
        )

    assert caught.value.reason == "PROCESS_FAILED"
    assert "no such table" in caught.value.message
    assert "migrate.log" in caught.value.fix


async def test_a_program_run_once_that_hangs_is_killed(
    supervisor: Supervisor, folder: Folder
) -> None:
    with pytest.raises(Failure, match="did not end within"):
        await supervisor.run_once(program(folder.root, "hang", SLEEPER), 0.2)

    assert left_behind(folder) == []


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from cli.local.folder import Folder
from cli.local.supervisor import Program, Supervisor, base_environment

async def main():
    folder = Folder.at(Path(sys.argv[1])); folder.make()
    supervisor = Supervisor(folder, print)
    for name in ("one", "two"):
        code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        running = await supervisor.start(Program(
            name, (sys.executable, "-I", "-c", code), base_environment(), folder.root))
        print(running.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_killing_the_supervisor_leaves_nothing_running(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, tmp_path / "data"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(supervisor.stdout.readline()) for _ in range(2)]
        # The launcher has asked the kernel only once it has become the program.
        until_blocking(lambda: all("launch.py" not in " ".join(command(pid)) for pid in pids))
        supervisor.kill()

    until_blocking(lambda: all(not psutil.pid_exists(pid) or is_zombie(pid) for pid in pids))


def command(pid: int) -> list[str]:
    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.NoSuchProcess:
        return []


def test_the_next_start_kills_what_was_left_behind(folder: Folder) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True) as left:
        entry = {
            "name": "left",
            "pid": left.pid,
            "started": psutil.Process(left.pid).create_time(),
        }
        folders.write_json(folder.pids, {"supervisor": 1, "processes": [entry]})

        assert sweep(folder) == 1
        assert not psutil.pid_exists(left.pid)


def test_a_process_id_that_was_given_to_another_program_is_left_alone(folder: Folder) -> None:
    entry = {"name": "other", "pid": os.getpid(), "started": 1.0}
    folders.write_json(folder.pids, {"supervisor": 1, "processes": [entry]})

    assert sweep(folder) == 0


def test_one_supervisor_a_folder(folder: Folder) -> None:
    with folders.locked(folder):
        assert folders.holder(folder) == os.getpid()
        with pytest.raises(Failure) as caught, folders.locked(folder):
            pass

    assert caught.value.reason == "STACK_RUNNING"
    assert str(os.getpid()) in caught.value.message
    assert folders.holder(folder) is None


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "agent.log"
    log.write_text("yesterday")

    rotate(log)

    assert not log.exists()
    assert (tmp_path / "agent.before.log").read_text() == "yesterday"


MEETS_A_FULL_DISK = """
import sys, time
print("[ERR] write: no space left on device", flush=True)
time.sleep(600)
"""


async def test_a_program_that_met_a_full_disk_is_started_anew_once_there_is_room(
    supervisor: Supervisor, folder: Folder, said: list[str]
) -> None:
    full = 1 << 62
    running = await supervisor.start(program(folder.root, "nats", MEETS_A_FULL_DISK))
    first = running.pid
    waiting = asyncio.create_task(
        restart_when_there_is_room(
            running, folder.root, said.append, interval_s=0.01, room_bytes=full
        )
    )
    await until(lambda: "no space left" in running.log.read_text())
    assert (running.pid, said) == (first, []), "no restart while the disk is full"
    waiting.cancel()

    waiting = asyncio.create_task(
        restart_when_there_is_room(running, folder.root, said.append, interval_s=0.01, room_bytes=0)
    )
    await until(lambda: running.pid not in {None, first})

    assert "room again" in said[0]
    waiting.cancel()
    await supervisor.stop()


def test_the_sign_of_a_full_disk_is_seen_once_and_survives_a_log_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    errors = WriteErrors(log)
    assert not errors.look()
    log.write_text("all is well\n")
    assert not errors.look()
    log.write_text("all is well\nno space left on device\n")
    assert errors.look()
    errors.forget()
    assert not errors.look()
    log.write_text("no space left on device\n")  # shorter than before: begun anew
    assert errors.look()
