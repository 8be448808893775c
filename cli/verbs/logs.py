"""``tianfu logs``: what the processes of a platform here write."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import output
from cli.failures import FIXES, Exit, Failure
from cli.local.folder import Folder, read_json
from cli.verbs.completing import data_of

LINES: Final = 50
LOOK_S: Final = 0.3
BEFORE: Final = ".before"

app = typer.Typer(rich_markup_mode=None, add_completion=False)


def complete_process(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return processes whose name begins so."""
    try:
        folder = Folder.at(data_of(ctx))
    except Failure:
        return []
    return [name for name in known(folder) if name.startswith(incomplete)]


@app.command()
def logs(
    processes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROCESS]...",
            help="Such as fleet, or a node: nodes/jinjiang-1; without, all are listed.",
            autocompletion=complete_process,
            show_default=False,
        ),
    ] = None,
    lines: Annotated[
        int, typer.Option("--tail", min=0, help="How many of the last lines.")
    ] = LINES,
    data: output.DataOption = output.DATA_DEFAULT,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Then what is added, until Ctrl-C.")
    ] = False,
    before: Annotated[bool, typer.Option("--previous", help="Of the run before this one.")] = False,
) -> None:
    """Print the end of logs of a platform on this machine; several are told apart by their name.

    A platform elsewhere keeps its own: on Kubernetes `kubectl logs` has them.
    """
    folder = folder_of(data)
    if not processes:
        sys.stdout.write("".join(f"{name}\n" for name in known(folder)))
        return
    paths = {name: path_of(folder, name, before=before) for name in processes}
    prefix = len(paths) > 1
    # Before the ends are printed: a line that comes in between is printed twice, and never missed.
    tails = Tails(paths)
    for name, path in paths.items():
        with path.open(encoding="utf-8", errors="replace") as file:
            _print(name, deque(file, maxlen=lines), prefix=prefix)
    if follow:
        with output.until_interrupted():
            while True:
                for name, line in tails.added():
                    _print(name, [line], prefix=prefix)
                time.sleep(LOOK_S)


def folder_of(data: Path) -> Folder:
    """Return the data folder of a platform here; raise Failure for one elsewhere, or none."""
    folder = Folder.at(data)
    if (read_json(folder.context) or {}).get("elsewhere"):
        raise Failure(
            "LOGS_ELSEWHERE",
            "the platform of this context is elsewhere, and so are its logs",
            "on Kubernetes: kubectl logs; on a machine of its own: journalctl",
            status=Exit.USAGE,
        )
    if not folder.logs.exists():
        raise Failure(
            "CONTEXT_MISSING",
            f"no platform was ever started in {folder.root}",
            FIXES["CONTEXT_MISSING"],
            status=Exit.UNAVAILABLE,
        )
    return folder


def known(folder: Folder) -> list[str]:
    """Return the processes that have logs."""
    stems = (path.stem for path in folder.logs.glob("*.log"))
    return sorted(stem for stem in stems if not stem.endswith(BEFORE))


def path_of(folder: Folder, process: str, *, before: bool = False) -> Path:
    """Return the log of a process, or of a node's agent; raise Failure where there is none."""
    name = process.removeprefix("nodes/")
    found = [each for each in known(folder) if each in {name, f"edge-{name}"}]
    path = folder.logs / f"{found[0]}{BEFORE if before else ''}.log" if found else None
    if path is None or not path.exists():
        raise Failure(
            "LOG_UNKNOWN",
            f"there is no log of {process!r}{' before this run' if before else ''}",
            "`tianfu logs` lists the processes",
            status=Exit.NOT_FOUND,
        )
    return path


class Tails:
    """The ends of logs, from now on."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._ends = {name: path.stat().st_size for name, path in paths.items()}
        self._rest = dict.fromkeys(paths, b"")

    def added(self) -> Iterator[tuple[str, str]]:
        """Yield whole lines that were added since the last look.

        A log that was begun anew, as at a restart, is read from its start.
        """
        for name, path in self._paths.items():
            size = path.stat().st_size if path.exists() else 0
            if size < self._ends[name]:
                self._ends[name], self._rest[name] = 0, b""
            if size == self._ends[name]:
                continue
            with path.open("rb") as file:
                file.seek(self._ends[name])
                self._rest[name] += file.read()
                self._ends[name] = file.tell()
            *whole, self._rest[name] = self._rest[name].split(b"\n")
            yield from ((name, line.decode(errors="replace") + "\n") for line in whole)


def _print(name: str, lines: deque[str] | list[str], *, prefix: bool) -> None:
    for line in lines:
        sys.stdout.write(f"{name}: {line}" if prefix else line)
    sys.stdout.flush()
