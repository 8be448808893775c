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

FOLDER: Final = "update"
FILE: Final = "state.json"
ATTEMPTS_MAX: Final = 3
"""Starts of a new release before it was well: a power cut in the first minute is not its fault."""

REFUSED_MAX: Final = 32
MESSAGE_MAX: Final = 400

UNCONNECTED: Final = "AGENT_UNCONNECTED"
UNSTEADY: Final = "AGENT_UNSTEADY"
ENVIRONMENT_GONE: Final = "UPDATE_ENVIRONMENT_GONE"


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


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be started, and whether it has yet to show that it is well."""

    state: State
    version: str
    is_trial: bool


def start(state: State, package: str) -> Start:
    """Return what to start now; its state is to be kept before it is started.

    ``package`` is the version of the package. Whoever installs another package means it to run.
    """
    if state.package != package:
        state = State(package=package, refused=state.refused)
    if state.candidate and state.attempts >= ATTEMPTS_MAX:
        text = f"it ended {state.attempts} times before the platform had answered it"
        state = failed(state, UNSTEADY, text)
    if state.candidate:
        state = replace(state, attempts=state.attempts + 1)
        return Start(state, state.candidate, is_trial=True)
    return Start(state, state.current, is_trial=False)


def staged(state: State, version: str) -> State:
    """Return the state once a release is installed, to be tried at the next start."""
    return replace(state, candidate=version, attempts=0)


def confirmed(state: State) -> State:
    """Return the state once the release that is tried is well."""
    return replace(state, current=state.candidate, candidate="", attempts=0)


def failed(state: State, reason: str, message: str) -> State:
    """Return the state once the release that is tried is known not to be well."""
    return refused(replace(state, candidate="", attempts=0), state.candidate, reason, message)


def refused(state: State, version: str, reason: str, message: str) -> State:
    """Return the state in which a version is not tried again."""
    kept = {k: v for k, v in state.refused.items() if k != version}
    kept[version] = (reason, message[:MESSAGE_MAX])
    return replace(state, refused=dict(list(kept.items())[-REFUSED_MAX:]))


def back_to_package(state: State, gone: str) -> State:
    """Return the state once a release's environment is not there: the package always is."""
    state = refused(state, gone, ENVIRONMENT_GONE, "its environment is gone or damaged")
    if state.candidate == gone:
        return replace(state, candidate="", attempts=0)
    return replace(state, current="")


def read(folder: Path) -> State:
    """Return what is kept; what can't be read is nothing, and the package runs."""
    try:
        table: Any = json.loads((folder / FILE).read_bytes())
        found = {version: (str(why[0]), str(why[1])) for version, why in table["refused"].items()}
        texts = {name: str(table[name]) for name in ("package", "current", "candidate")}
        return State(**texts, attempts=int(table["attempts"]), refused=found)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return State()


def write(folder: Path, state: State) -> None:
    """Keep a state; raise OSError when the disk takes no more."""
    durable_file.replace(folder / FILE, json.dumps(asdict(state), indent=1).encode())
    durable_file.sync_folder(folder)
