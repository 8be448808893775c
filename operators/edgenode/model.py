"""What is known of a node when it is planned, and what a plan says: pure values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from operators.fleet.model import Enrolment, FleetNode, Registration
from operators.kube.actions import Action
from operators.kube.kinds import Object


class Workload(enum.Enum):
    """How the pod of a node's agent is."""

    ABSENT = "Absent"
    STARTING = "Starting"
    AVAILABLE = "Available"
    FAILING = "Failing"


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """How the other nodes of the same county are: tells a dead device from a cut line."""

    online: int = 0
    lost: int = 0
    """Not heard from, though they were once."""

    is_station_online: bool | None = None
    """Whether its base station is heard from; one of the county, if it names none, None without."""


@dataclass(frozen=True, slots=True)
class TokenSecret:
    """The Secret with a node's enrolment token. ``expire_time`` is None if nobody can tell."""

    observed: Object
    expire_time: datetime | None


@dataclass(frozen=True, slots=True)
class LeafSecret:
    """The Secret with the credentials of a station's leaf server.

    ``renew_time`` is None when it is to be made anew at once.
    """

    observed: Object
    renew_time: datetime | None
    speaks_for: str
    enrolled: str = ""
    """When the device enrolled that the station was then; empty before any had."""


@dataclass(frozen=True, slots=True)
class Observed:
    """All that a plan looks at beside the EdgeNode itself."""

    node: FleetNode | None = None
    enrolment: Enrolment | None = None
    """None when it was not asked for: the node is heard from, and has no leaf server."""

    secret: TokenSecret | None = None
    leaf_secret: LeafSecret | None = None
    gateways: tuple[tuple[str, str], ...] = ()
    """Gateways that name it as their station, as (id, place)."""

    children: Mapping[str, Object] = field(default_factory=dict)
    """What we have made for it, by KIND/NAME."""

    workload: Workload = Workload.ABSENT
    neighbourhood: Neighbourhood = field(default_factory=Neighbourhood)
    granted: tuple[tuple[str, int], ...] = ()
    """What claims hold of it now, in milli-units by resource."""

    shares_end: datetime | None = None
    """When the last share that is held on it ends; None when none is held."""

    awaits_turn: bool = False
    """As many agents are being replaced as may be at once: its own waits."""

    obstacle: str = ""
    """What of somebody else's stands where something is to be made; empty when nothing does."""

    trouble: str = ""
    """Why the fleet service did not do what the last plan asked it for; empty when it did."""


@dataclass(frozen=True, slots=True)
class Register:
    """Register the node with the fleet service."""

    registration: Registration


@dataclass(frozen=True, slots=True)
class Update:
    """Change the node's registration."""

    registration: Registration


@dataclass(frozen=True, slots=True)
class Wish:
    """Write into a standalone node's plan which agent it is to run; no version is the newest."""

    node_id: str
    channel: str
    version: str


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Have a one-time token made, and put it into the node's Secret."""

    node_id: str


@dataclass(frozen=True, slots=True)
class IssueLeaf:
    """Have credentials signed for the node's leaf server, and put them into its Secret."""

    node_id: str
    speaks_for: str
    enrolled: str = ""
    keeps_key: bool = False
    """For the key that it has, since only what it may do has changed."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the node from the fleet service, which turns its device out."""

    node_id: str
    is_best_effort: bool
    """Go on if the fleet service can't be reached: the node was given up."""


Step = Action | Register | Update | Wish | IssueToken | IssueLeaf | Remove


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done first, then what to say.

    While there are ``steps`` they are carried out and a new plan is made; the status is written by
    the plan that has none left. ``after`` follows the status: Events, and letting go.
    """

    steps: tuple[Step, ...] = ()
    status: Mapping[str, Any] | None = None
    after: tuple[Action, ...] = ()
    look_again: datetime | None = None
