"""Completion of commands, kinds and names; logs of a platform here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.failures import Exit, Failure
from cli.local.folder import Folder, write_json
from cli.verbs import logs

ROOT = Path(__file__).parents[2]


def tianfu(
    *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "100", **(environment or {})},
    )


def completed(shell: str, line: str) -> str:
    environment = {
        "_TIANFU_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        # Nowhere: names are not offered, and nothing is said of it.
        "TIANFU_DATA": "/nonexistent",
    }
    done = tianfu(environment=environment)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("tianfu desc", "describe"),
        ("tianfu get sleep", "sleep-plans"),
        ("tianfu explain recognitions.h", "recognitions.healthcare"),
    ],
)
def test_every_shell_is_offered_commands_and_kinds(shell: str, line: str, offered: str) -> None:
    assert offered in completed(shell, line)


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("bash", "complete -o default -F _tianfu_completion tianfu"),
        ("zsh", "compdef _tianfu_completion tianfu"),
        ("fish", "complete --command tianfu"),
    ],
)
def test_the_script_of_each_shell(shell: str, said: str) -> None:
    assert said in tianfu("completion", shell).stdout


def test_bash_itself_completes_by_the_script(tmp_path: Path) -> None:
    program = tmp_path / "tianfu"
    program.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -P -m cli "$@"\n')
    program.chmod(0o755)
    script = (
        "source <(tianfu completion bash); COMP_WORDS=(tianfu get demand-response-p); COMP_CWORD=2;"
        ' _tianfu_completion tianfu; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{tmp_path}:{os.defpath}"},
    )

    assert (done.stdout, done.stderr) == ("demand-response-programs\n", "")


# -- logs ------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder.at(tmp_path)
    found.make()
    for name in ("fleet", "fleet.before", "edge-gw-1"):
        (found.logs / f"{name}.log").write_text(f"of {name}\n" * 3)
    return found


def test_processes_that_have_logs(folder: Folder) -> None:
    assert logs.known(folder) == ["edge-gw-1", "fleet"]
    assert logs.path_of(folder, "nodes/gw-1") == logs.path_of(folder, "edge-gw-1")
    assert logs.path_of(folder, "fleet", before=True).name == "fleet.before.log"
    for name, before in (("none", False), ("edge-gw-1", True), ("../state", False)):
        with pytest.raises(Failure) as caught:
            logs.path_of(folder, name, before=before)
        assert caught.value.status is Exit.NOT_FOUND


def test_what_is_added_is_told_by_whole_lines_and_a_log_begun_anew_from_its_start(
    folder: Folder,
) -> None:
    path = logs.path_of(folder, "fleet")
    tails = logs.Tails({"fleet": path})
    assert list(tails.added()) == []

    with path.open("ab") as file:
        file.write("a\n天".encode()[:-1])
    assert list(tails.added()) == [("fleet", "a\n")]
    with path.open("ab") as file:
        file.write("天\n".encode()[2:])
    assert list(tails.added()) == [("fleet", "天\n")]

    path.write_text("anew\n")
    assert list(tails.added()) == [("fleet", "anew\n")]
    path.unlink()
    assert list(tails.added()) == []


def test_logs_by_the_command_line(folder: Folder) -> None:
    data = ("--data", str(folder.root))

    assert tianfu("logs", *data).stdout == "edge-gw-1\nfleet\n"
    assert tianfu("logs", "fleet", "--tail", "2", *data).stdout == "of fleet\n" * 2
    both = tianfu("logs", "fleet", "nodes/gw-1", "--tail", "1", *data).stdout
    assert both == "fleet: of fleet\nnodes/gw-1: of edge-gw-1\n"
    assert tianfu("logs", "none", *data).returncode == Exit.NOT_FOUND


def test_a_platform_elsewhere_has_its_logs_elsewhere(folder: Folder) -> None:
    write_json(folder.context, {"elsewhere": True})

    shown = tianfu("logs", "fleet", "--data", str(folder.root))
    assert shown.returncode == Exit.USAGE
    assert "LOGS_ELSEWHERE" in shown.stderr
