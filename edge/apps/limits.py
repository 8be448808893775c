"""What an app is held to: by cgroup v2 where the agent was given one, by rlimits everywhere."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

FILES_MAX: Final = 256
"""Open files of an app."""

CORE_BYTES: Final = 0
"""Of a core dump: it would fill the card, and hold what the app held."""

PROCESSES_MAX: Final = 64
"""Processes and threads of an app, where a cgroup counts them."""

NICE: Final = 10
"""Behind the agent itself, which has readings to keep."""

PERIOD_US: Final = 100_000
CPU: Final = "cpu"
MEMORY: Final = "memory"

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
SELF: Final = Path("/proc/self/cgroup")
DELEGATED: Final = "TIANFU_EDGE_CGROUP"
"""Variable of a unit that gives its tree to the agent: `delegated`. Without that word, or a place
in a subgroup ``agent``, no tree is touched: root may write to all of them."""

OWN: Final = "agent"
MOVES_MAX: Final = 8
"""Times that what runs in the unit's own group is looked for: a child may be born meanwhile."""

CONTROLLERS: Final = frozenset({CPU, MEMORY, "pids"})


@dataclass(frozen=True)
class Cgroups:
    """The part of the tree that the service manager has given to the agent (``Delegate=``)."""

    folder: Path

    def make(self, name: str, limits: Mapping[str, int]) -> Path:
        """Return an app's cgroup, with its limits; raise OSError when the kernel refuses."""
        folder = self.folder / f"app-{name}"
        folder.mkdir(exist_ok=True)
        cpu, memory = limits.get(CPU), limits.get(MEMORY)
        quota = "max" if cpu is None else str(max(1_000, cpu * PERIOD_US // 1000))
        _write(folder / "cpu.max", f"{quota} {PERIOD_US}")
        _write(folder / "memory.max", "max" if memory is None else str(max(1, memory // 1000)))
        _write(folder / "memory.swap.max", "0")
        _write(folder / "pids.max", str(PROCESSES_MAX))
        return folder

    def kill(self, name: str) -> None:
        """Kill whatever an app has left behind, and remove its cgroup."""
        folder = self.folder / f"app-{name}"
        with contextlib.suppress(OSError):
            _write(folder / "cgroup.kill", "1")
        with contextlib.suppress(OSError):
            folder.rmdir()


def find(
    self_file: Path = SELF,
    root: Path = CGROUP_ROOT,
    environ: Mapping[str, str] = MappingProxyType({}),
) -> Cgroups | None:
    """Return where apps may have cgroups, None where the agent was given no tree of its own.

    A group that holds a process may have no limited children. So the agent has to be in a subgroup
    ``agent``: newer systemd puts it there (``DelegateSubgroup=``), else it moves there by itself.
    """
    try:
        lines = self_file.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    path = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    own = root / path
    is_ours = environ.get(DELEGATED) == "delegated"
    if own.name != OWN and not is_ours:
        return None
    folder = own.parent if own.name == OWN else own
    try:
        there = set((folder / "cgroup.controllers").read_text(encoding="ascii").split())
        if not there >= CONTROLLERS:
            return None
        if folder == own:
            _move_aside(own)
        wanted = " ".join(f"+{name}" for name in sorted(CONTROLLERS))
        _write(folder / "cgroup.subtree_control", wanted)
    except OSError:
        return None
    return Cgroups(folder)


def _move_aside(group: Path) -> None:
    """Move all that runs in a group into its subgroup ``agent``; raise OSError."""
    inner = group / OWN
    inner.mkdir(exist_ok=True)
    for _ in range(MOVES_MAX):
        there = (group / "cgroup.procs").read_text(encoding="ascii").split()
        if not there:
            return
        for pid in there:
            with contextlib.suppress(ProcessLookupError):
                _write(inner / "cgroup.procs", pid)


def launch(limits: Mapping[str, int], cgroup: Path | None) -> dict[str, Any]:
    """Return what the launcher is told: see ``launcher``."""
    rlimits = {"NOFILE": FILES_MAX, "CORE": CORE_BYTES}
    if MEMORY in limits:
        # Of addresses, where there is no cgroup that counts pages: stricter, and everywhere.
        rlimits["AS" if cgroup is None else "DATA"] = max(1, limits[MEMORY] // 1000)
    return {"rlimits": rlimits, "cgroup": "" if cgroup is None else str(cgroup), "nice": NICE}


def unenforced(limits: Mapping[str, int], cgroup: Path | None) -> tuple[str, ...]:
    """Return the stated limits that nothing here holds an app to."""
    held = {MEMORY} if cgroup is None else {CPU, MEMORY}
    return tuple(sorted(set(limits) - held))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="ascii")
