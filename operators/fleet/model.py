"""A node as the fleet service has it: pure values, without the wire's types."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tianfu import node_labels

LABEL_NAMESPACE: Final = node_labels.NAMESPACE
"""Label of a node in the fleet: the namespace of the EdgeNode that it belongs to."""

LABEL_CHANNEL: Final = "edge.tianfu.dev/agent-channel"
LABEL_VERSION: Final = "edge.tianfu.dev/agent-version"
"""Which agent a node is to run; whoever updates agents reads them."""

LABEL_WISH: Final = "edge.tianfu.dev/agent-wish"
"""What a standalone node's plan says of its agent, where that is not the newest stable release."""

LABEL_STATION: Final = node_labels.STATION


class Presence(enum.Enum):
    """Whether a node is heard from."""

    NEVER_SEEN = "NeverSeen"
    ONLINE = "Online"
    SILENT = "Silent"
    OFFLINE = "Offline"


class EnrolmentState(enum.Enum):
    """Where a node stands with its identity."""

    NONE = "None"
    ENROLLED = "Enrolled"
    REVOKED = "Revoked"


@dataclass(frozen=True, slots=True)
class Registration:
    """What is stated of a node when it is registered."""

    node_id: str
    is_base_station: bool
    place: str
    display_name: str
    labels: tuple[tuple[str, str], ...]

    def label(self, key: str) -> str:
        """Return a label's value, empty when there is none."""
        return dict(self.labels).get(key, "")

    def without(self, key: str) -> Registration:
        """Return it without a label."""
        return replace(self, labels=tuple(one for one in self.labels if one[0] != key))


@dataclass(frozen=True, slots=True)
class FleetNode:
    """A registered node."""

    registration: Registration
    presence: Presence
    presence_change_time: datetime
    agent_version: str = ""
    is_duplicated: bool = False
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A node's identity; ``cause`` says why it was revoked, ``since`` when its device enrolled."""

    state: EnrolmentState
    cause: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A one-time token, until when it is good, and which root a device is handed with it."""

    text: str
    expire_time: datetime
    root_sha256: str = ""


@dataclass(frozen=True, slots=True)
class StationCredentials:
    """What a station's leaf server shows beside its key, and for how long."""

    token: str
    renew_time: datetime
    expire_time: datetime


def labels_of(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return labels as a registration has them."""
    return tuple(sorted(mapping.items()))
