"""Nodes and their presence: pure values. Times are aware UTC, durations timedelta."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

SILENT_AFTER_INTERVALS: Final = 3
"""Heartbeats missed until a node counts as silent: two may be lost by chance."""

OFFLINE_AFTER_INTERVALS: Final = 10
"""Heartbeats missed until a node counts as offline."""

SILENT_AFTER_MIN: Final = timedelta(seconds=5)
"""However short its interval, a node is not called silent sooner: a reconnect takes this long."""

INTERVAL_DEFAULT: Final = timedelta(seconds=30)
"""Interval of a node whose heartbeats do not state one."""

INTERVAL_MAX: Final = timedelta(hours=1)
"""Longest interval that is believed; beyond it a dead node would count as online for a day."""

ALTERNATIONS: Final = 2
"""Returns of an instance that another had replaced, from which on there are two agents. A restart
never brings the former instance back; a copied card does so at every second heartbeat."""

INSTANCES_KEPT: Final = 4
"""Former instances remembered of a node: as many copies of one card are told from restarts."""

SINGLE_AGAIN_AFTER: Final = timedelta(minutes=10)
"""With no alternation for so long, there is one agent again."""

FILTER_TERMS_MAX: Final = 16
"""Terms of a filter."""


_Member = TypeVar("_Member", bound=enum.IntEnum)


class Presence(enum.IntEnum):
    """Whether a node is heard from; numbered as in the contract."""

    NEVER_SEEN = 1
    ONLINE = 2
    SILENT = 3
    OFFLINE = 4


class NodeClass(enum.IntEnum):
    """What a node is; numbered as in the contract."""

    BASE_STATION = 1
    GATEWAY = 2


class Identity(enum.IntEnum):
    """Whether a node's identity is used by one agent; numbered as in the contract."""

    UNKNOWN = 0
    SINGLE = 1
    DUPLICATED = 2


class BucketMark(NamedTuple):
    """Which bucket, by when it was made, and how far it had come: its last message's number."""

    created: datetime
    last_sequence: int


@dataclass(frozen=True)
class Node:
    """A registered node."""

    node_id: str
    node_class: NodeClass
    place_code: str
    create_time: datetime
    update_time: datetime
    presence_change_time: datetime
    display_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    presence: Presence = Presence.NEVER_SEEN
    identity: Identity = Identity.UNKNOWN
    agent_version: str = ""
    clock_offset: timedelta | None = None
    revision: int = 1

    @property
    def etag(self) -> str:
        """Changes with each change of the registration."""
        return f'"{self.revision}"'


@dataclass(frozen=True)
class Plan:
    """A node's plan: ``body`` is the serialised NodePlan, ``report`` the last PlanReport."""

    node_id: str
    generation: int
    body: bytes
    update_time: datetime
    report: bytes = b""
    number: int = 0
    """Of its last change, be it of the plan or of the report; later ones are higher."""

    @property
    def etag(self) -> str:
        """Changes with each change of the plan."""
        return f'"{self.generation}"'


def silence_limits(interval: timedelta) -> tuple[timedelta, timedelta]:
    """Return from which silence on a node that reports this often is silent, and offline."""
    return (
        max(SILENT_AFTER_MIN, interval * SILENT_AFTER_INTERVALS),
        max(SILENT_AFTER_MIN * 2, interval * OFFLINE_AFTER_INTERVALS),
    )


def judge(last_seen: datetime, interval: timedelta, now: datetime) -> Presence:
    """Return what a node is that reports this often and was last heard from then."""
    silent, offline = silence_limits(interval)
    silence = now - last_seen
    if silence < silent:
        return Presence.ONLINE
    return Presence.SILENT if silence < offline else Presence.OFFLINE


class InvalidFilter(ValueError):
    """The filter can't be read; the message says which term."""


@dataclass(frozen=True)
class Filter:
    """Which nodes are meant: all of the terms must hold."""

    node_class: NodeClass | None = None
    presence: Presence | None = None
    place_prefix: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def matches(self, node: Node) -> bool:
        """Say whether a node is meant."""
        return (
            (self.node_class is None or node.node_class is self.node_class)
            and (self.presence is None or node.presence is self.presence)
            and node.place_code.startswith(self.place_prefix)
            and all(node.labels.get(k) == v for k, v in self.labels.items())
        )


_TERM: Final = re.compile(r"(?P<field>[a-z_]+|labels\.[a-z0-9./_-]+)=(?P<value>[^=]*)")
_PLACE: Final = re.compile(r"[1-9][0-9](?:[0-9]{2}){0,2}")


def parse_filter(text: str) -> Filter:
    """Return a filter of terms ``field=value`` joined by `` AND ``; raise InvalidFilter."""
    terms = [t.strip() for t in text.split(" AND ")] if text.strip() else []
    if len(terms) > FILTER_TERMS_MAX:
        raise InvalidFilter(f"{len(terms)} terms; at most {FILTER_TERMS_MAX} may be given")
    node_class: NodeClass | None = None
    presence: Presence | None = None
    place, labels = "", dict[str, str]()
    for term in terms:
        match = _TERM.fullmatch(term)
        if match is None:
            raise InvalidFilter(f"term {term!r}: need field=value")
        name, value = match["field"], match["value"].strip('"')
        if name == "node_class":
            node_class = _member(NodeClass, value.removeprefix("NODE_CLASS_"), term)
        elif name == "presence":
            presence = _member(Presence, value.removeprefix("PRESENCE_"), term)
        elif name == "place_code":
            if not _PLACE.fullmatch(value):
                raise InvalidFilter(f"term {term!r}: need 2, 4 or 6 digits of GB/T 2260")
            place = value
        elif name.startswith("labels."):
            labels[name.removeprefix("labels.")] = value
        else:
            known = "node_class, presence, place_code, labels.KEY"
            raise InvalidFilter(f"term {term!r}: unknown field; there are {known}")
    return Filter(node_class, presence, place, labels)


def _member(members: type[_Member], name: str, term: str) -> _Member:
    try:
        return members[name]
    except KeyError:
        known = ", ".join(m.name for m in members)
        raise InvalidFilter(f"term {term!r}: there are {known}") from None
