"""A rollout: what is wanted, what nodes say, what is decided. Plain values; times are aware UTC."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from operators.kube.conditions import Condition


@dataclass(frozen=True, slots=True)
class Template:
    """What nodes are told of an app in one revision; ``text`` is canonical JSON."""

    revision: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Circle:
    """Nodes within so many metres of a point; degrees of WGS 84."""

    latitude: float
    longitude: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Selector:
    """Which nodes are meant: all that is stated must hold."""

    labels: Mapping[str, str] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    within: Circle | None = None


class OnFailure(enum.Enum):
    """What to do when a node is not ready with the new revision."""

    ROLL_BACK = "RollBack"
    PAUSE = "Pause"


class Offline(enum.Enum):
    """What a node that returns runs."""

    CATCH_UP = "CatchUp"
    KEEP = "Keep"


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a new revision gets to the nodes. ``steps`` are percents that rise to 100."""

    steps: tuple[int, ...] = (100,)
    is_paused: bool = False
    max_unavailable: int = 1
    health_window: timedelta = timedelta(minutes=2)
    on_failure: OnFailure = OnFailure.ROLL_BACK
    offline: Offline = Offline.CATCH_UP


@dataclass(frozen=True, slots=True)
class EdgeApp:
    """What is wanted. ``asked_revision`` names the wanted template; ``asked`` is its text."""

    name: str
    generation: int
    asked_revision: str
    asked: str
    selector: Selector
    rollout: Rollout
    is_deleted: bool = False
    back_to: str = ""
    """Revision that a person wants back, whatever the spec says."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it was when it was last looked at: what the status keeps."""

    revision: str = ""
    stable: str = ""
    failed: str = ""
    failed_reason: str = ""
    number: int = 0
    step: int = 0
    ready: int = 0
    progress_time: datetime | None = None
    history: tuple[Template, ...] = ()

    def template(self, revision: str) -> Template | None:
        """Return a revision that is remembered."""
        return next((one for one in self.history if one.revision == revision), None)


class State(enum.Enum):
    """What a node says of the app."""

    UNKNOWN = "Unknown"
    PREPARING = "Preparing"
    STARTING = "Starting"
    READY = "Ready"
    BACKING_OFF = "BackingOff"
    FAILED = "Failed"
    ROLLED_BACK = "RolledBack"
    WAITING = "Waiting"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is selected, what its plan says, and what it says itself.

    ``assigned`` and ``spoken_of`` are numbers of revisions, 0 for none: what the plan wants, and
    what the node's report is about. ``since`` is when its state began, by the node's clock.
    """

    node_id: str
    is_online: bool = True
    offline_since: datetime | None = None
    takes_more: bool = True
    assigned: int = 0
    spoken_of: int = 0
    running: int = 0
    state: State = State.UNKNOWN
    since: datetime | None = None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is written into a node's plan; no template takes the app away."""

    node_id: str
    template: Template | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Nodes by what they are."""

    desired: int = 0
    updated: int = 0
    ready: int = 0
    offline: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done now: the status comes first, since nodes are told numbers that it keeps."""

    progress: Progress
    counts: Counts
    conditions: tuple[Condition, ...]
    assignments: tuple[Assignment, ...]
    look_again: timedelta | None = None
    notes: Sequence[tuple[str, str]] = ()
    """Events as (reason, text), for what happens once."""


Status = Mapping[str, Any]
