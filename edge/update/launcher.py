"""``tianfu-edge start``: become the agent, of the release whose turn it is.

It does not stay: the agent takes its place in the same process, so that a service manager sees one.
A release on trial has an alarm set by the one who starts it, which the kernel keeps: it ends a
release that hangs, too, however it fails. Once it runs it sets another one (`updater`), so that it
can stop well by itself before.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from edge import logs
from edge.clock import Clock, SystemClock
from edge.update import environment, state
from edge.update.settings import HEALTH_S
from edge.update.state import Start

PACKAGE_PYTHON: Final = "TIANFU_EDGE_PACKAGE_PYTHON"
"""The interpreter of the package, which makes the environments of releases."""

TRIAL: Final = "TIANFU_EDGE_TRIAL"
"""The version that is on trial; empty when none is."""

DATA_DIR: Final = "TIANFU_EDGE_DATA_DIR"
NOT_STARTED: Final = 3

log = logging.getLogger(__name__)
Become = Callable[[str, list[str], dict[str, str]], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the settings is asked here: a release may know others than this one does."""

    data_dir: Path
    health_s: float


def asked(file: Path, environ: Mapping[str, str]) -> Asked | None:
    """Return what settings say of releases, None when nothing: the agent says what is wrong."""
    try:
        table: Any = tomllib.loads(file.read_text(encoding="utf-8"))
        named = environ.get(DATA_DIR) or table["node"].get("data_dir", "data")
        health_s = float(table["update"].get("health_s", HEALTH_S))
        return Asked(file.parent / Path(named).expanduser(), max(1.0, health_s))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def start(file: Path, package: str, become: Become = os.execve, clock: Clock | None = None) -> int:
    """Start the agent's release whose turn it is; return only when none can be."""
    logs.set_up("info")
    settings = asked(file, os.environ)
    if settings is None:
        _become(sys.executable, file, {}, become)
        return NOT_STARTED
    folder = settings.data_dir / state.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    reads, window = clock or SystemClock(), settings.health_s
    now = state.Moment(reads.monotonic(), reads.wall_us())
    chosen = state.start(state.read(folder), package, now, window)
    if chosen.version and not environment.is_installed(folder, chosen.version):
        kept = state.back_to_package(chosen.state, chosen.version)
        chosen = replace(state.start(kept, package, now, window), is_trial=False)
    state.write(folder, chosen.state)
    python = _python(folder, chosen)
    log.info("starting", extra={"release": chosen.version or package, "trial": chosen.is_trial})
    marks = {
        PACKAGE_PYTHON: sys.executable,
        TRIAL: chosen.version if chosen.is_trial else "",
    }
    # Kept over execve(2); the release takes it back once it is well.
    _alarm_after(math.ceil(state.window_s(window)) if chosen.is_trial else 0)
    if not _become(python, file, marks, become) and chosen.version:
        # Its interpreter is not there, or can't be run: the package's can, since it runs this.
        state.write(folder, state.back_to_package(chosen.state, chosen.version))
        signal.alarm(0)
        _become(sys.executable, file, marks | {TRIAL: ""}, become)
    return NOT_STARTED


def _alarm_after(seconds: int) -> None:
    """Have the kernel end this process then, whatever it becomes; 0 takes that back."""
    # What a parent ignored or blocked would be ignored over execve(2), too.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.alarm(seconds)


def _python(folder: Path, chosen: Start) -> str:
    return str(environment.python(folder, chosen.version)) if chosen.version else sys.executable


def _become(python: str, file: Path, marks: dict[str, str], become: Become) -> bool:
    """Become an interpreter that runs the agent; tell that it was not possible."""
    command = [python, "-I", "-m", "edge", "run", "--config", str(file)]
    try:
        become(python, command, {**os.environ, **marks})  # does not come back
    except OSError as error:
        log.warning("not started", extra={"python": python, "detail": str(error.strerror)})
        return False
    return True
