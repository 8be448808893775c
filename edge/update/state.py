"""Which release runs, which is tried, which are not tried again: one file, replaced as a whole.

That file is the switch. What was not written has not happened: a power cut at any moment leaves the
release before or the new one, never a half of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from edge import durable_file
from edge.clock import MICROSECONDS

FOLDER: Final = "update"
FILE: Final = "state.json"
ATTEMPTS_MAX: Final = 3
"""Starts of a new release before it was well: a power cut in the first minute is not its fault."""

START_S: Final = 30.0
"""What a release has at least until it runs at all: half of it is a slow card on a small Pi."""

HANGS_S: Final = 60.0
"""One that ended after so long without running at all hung, whoever ended it: systemd does it after
90 s, which may be before its alarm."""

SAME_BOOT_US: Final = 10 * MICROSECONDS
"""Both clocks went on by the same within so much: nobody cut the power or set the clock."""

REFUSED_MAX: Final = 32
MESSAGE_MAX: Final = 400

UNCONNECTED: Final = "AGENT_UNCONNECTED"
UNSTEADY: Final = "AGENT_UNSTEADY"
ENVIRONMENT_GONE: Final = "UPDATE_ENVIRONMENT_GONE"


@dataclass(frozen=True, slots=True)
class Moment:
    """What both clocks of a machine say: monotonic seconds, and Unix microseconds."""

    at_s: float
    wall_us: int

    def since_s(self, earlier: Moment) -> float | None:
        """Return the seconds since then, None when the machine was off or set its clock."""
        passed_s = self.at_s - earlier.at_s
        differs_us = abs((self.wall_us - earlier.wall_us) - passed_s * MICROSECONDS)
        return passed_s if passed_s >= 0 and differs_us <= SAME_BOOT_US else None


@dataclass(frozen=True, slots=True)
class State:
    """What is kept; a version that is empty is that of the package."""

    package: str = ""
    """Version of the package over which releases were installed."""

    current: str = ""
    candidate: str = ""
    attempts: int = 0
    refused: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Reason and message by version: what was not well, and is not tried again."""

    began: Moment | None = None
    """When the last trial began."""

    is_up: bool = False
    """Whether the release on trial has come so far as to look after itself."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be started, and whether it has yet to show that it is well."""

    state: State
    version: str
    is_trial: bool


def window_s(health_s: float) -> float:
    """Return what a release on trial has until its alarm, before it looks after itself."""
    return max(health_s, START_S)


def start(state: State, package: str, now: Moment, health_s: float) -> Start:
    """Return what to start now; its state is to be kept before it is started.

    ``package`` is the version of the package. Whoever installs another package means it to run.
    A trial that lasted its window and did not end well hung: it is not tried again.
    """
    if state.package != package:
        state = State(package=package, refused=state.refused)
    if state.candidate and (lasted_s := _hung_s(state, now, health_s)):
        what = "was not well" if state.is_up else "did not come up"
        state = failed(state, UNSTEADY, f"it {what} in {lasted_s:.0f} s, and was ended")
    if state.candidate and state.attempts >= ATTEMPTS_MAX:
        text = f"it ended {state.attempts} times before the platform had answered it"
        state = failed(state, UNSTEADY, text)
    if state.candidate:
        state = replace(state, attempts=state.attempts + 1, began=now, is_up=False)
        return Start(state, state.candidate, is_trial=True)
    return Start(state, state.current, is_trial=False)


def _hung_s(state: State, now: Moment, health_s: float) -> float | None:
    """Return how long the last trial lasted, if so long that it hung."""
    lasted_s = None if state.began is None else now.since_s(state.began)
    window = window_s(health_s)
    most_s = window if state.is_up else min(window, HANGS_S)
    return lasted_s if lasted_s is not None and lasted_s >= most_s else None


def up(state: State) -> State:
    """Return the state once the release that is tried runs, and looks after itself."""
    return replace(state, is_up=True)


def staged(state: State, version: str) -> State:
    """Return the state once a release is installed, to be tried at the next start."""
    return replace(state, candidate=version, attempts=0, began=None)


def confirmed(state: State) -> State:
    """Return the state once the release that is tried is well."""
    return replace(state, current=state.candidate, candidate="", attempts=0, began=None)


def failed(state: State, reason: str, message: str) -> State:
    """Return the state once the release that is tried is known not to be well."""
    kept = replace(state, candidate="", attempts=0, began=None)
    return refused(kept, state.candidate, reason, message)


def refused(state: State, version: str, reason: str, message: str) -> State:
    """Return the state in which a version is not tried again."""
    kept = {k: v for k, v in state.refused.items() if k != version}
    kept[version] = (reason, message[:MESSAGE_MAX])
    return replace(state, refused=dict(list(kept.items())[-REFUSED_MAX:]))


def back_to_package(state: State, gone: str) -> State:
    """Return the state once a release's environment is not there: the package always is."""
    state = refused(state, gone, ENVIRONMENT_GONE, "its environment is gone or damaged")
    if state.candidate == gone:
        return replace(state, candidate="", attempts=0, began=None)
    return replace(state, current="")


def read(folder: Path) -> State:
    """Return what is kept; what can't be read is nothing, and the package runs."""
    try:
        table: Any = json.loads((folder / FILE).read_bytes())
        found = {version: (str(why[0]), str(why[1])) for version, why in table["refused"].items()}
        texts = {name: str(table[name]) for name in ("package", "current", "candidate")}
        began = table.get("began")  # not in what earlier releases wrote
        return State(
            **texts,
            attempts=int(table["attempts"]),
            refused=found,
            began=None if began is None else Moment(float(began["at_s"]), int(began["wall_us"])),
            is_up=bool(table.get("is_up", False)),
        )
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return State()


def write(folder: Path, state: State) -> None:
    """Keep a state; raise OSError when the disk takes no more."""
    durable_file.replace(folder / FILE, json.dumps(asdict(state), indent=1).encode())
    durable_file.sync_folder(folder)
