"""Warnings as values: pure, frozen. Times are aware UTC, places WGS84 degrees.

A warning keeps its id through all its versions. ``version`` counts what was published: a warning of
version 2 in state DRAFT is one whose third version is being written while the second holds.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from services.disaster_warning.model.colours import Colour
from tianfu.subjects import Channel

__all__ = [
    "EARTHQUAKE_EVENT",
    "Area",
    "AutomaticIssue",
    "Certainty",
    "Channel",
    "Circle",
    "Colour",
    "Content",
    "CountyShaking",
    "CountyTarget",
    "CountyText",
    "Earthquake",
    "EarthquakeState",
    "HazardWarning",
    "Issued",
    "NoticeType",
    "Person",
    "PickKey",
    "Point",
    "Role",
    "Route",
    "Source",
    "State",
    "Step",
    "Text",
    "Verdict",
    "Version",
]

EARTHQUAKE_EVENT: Final = "11C02"
"""Event code of an earthquake (地震), GB/T 35561-2017."""


class State(enum.IntEnum):
    """Where a warning stands; numbered as in the contract."""

    DRAFT = 1
    REVIEWED = 2
    SIGNED_OFF = 3
    PUBLISHED = 4
    CANCELLED = 5
    EXPIRED = 6


ENDED: Final = frozenset({State.CANCELLED, State.EXPIRED})
"""States that a warning never leaves."""


class Certainty(enum.IntEnum):
    """How sure a warning is; numbered as in the contract."""

    UNSTATED = 0
    OBSERVED = 1
    LIKELY = 2
    POSSIBLE = 3


class Route(enum.IntEnum):
    """How a warning was let out; numbered as in the contract."""

    NONE = 0
    FOUR_EYES = 1
    AUTOMATIC = 2


class NoticeType(enum.IntEnum):
    """What a version does to those before it; numbered as in the contract."""

    ALERT = 1
    UPDATE = 2
    CANCEL = 3


class Role(enum.IntEnum):
    """What a person may be to a warning; numbered as in the contract's authz."""

    SERVICE = 3
    DUTY_OFFICER = 6
    WARNING_SIGNER = 7
    WARNING_AUTHORITY = 8


class Verdict(enum.IntEnum):
    """What a person finds; numbered as in the contract."""

    APPROVE = 1
    REJECT = 2


class EarthquakeState(enum.IntEnum):
    """What is thought of an earthquake; numbered as in the contract."""

    ONGOING = 1
    FINAL = 2
    FALSE = 3


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: the subject of a token, and the roles that it holds."""

    subject: str
    roles: frozenset[int] = frozenset()


class Point(NamedTuple):
    """A place, WGS84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Circle:
    """A centre, and a radius in kilometres."""

    centre: Point
    radius_km: float


@dataclass(frozen=True, slots=True)
class Area:
    """Where: rings of points whose last repeats the first, circles, and GB/T 2260 codes."""

    description: str = ""
    polygons: tuple[tuple[Point, ...], ...] = ()
    circles: tuple[Circle, ...] = ()
    place_codes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said of where."""
        return not (self.polygons or self.circles or self.place_codes)


@dataclass(frozen=True, slots=True)
class Text:
    """What people are told in one language (BCP 47)."""

    language: str
    headline: str
    description: str = ""
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class CountyTarget:
    """A county that a warning is for: its share in the area (0 to 1), colour and people there."""

    place_code: str
    display_name: str
    share: float
    colour: Colour
    population: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What a drafter writes, and what another version may change."""

    colour: Colour
    area: Area
    expire_time: datetime
    texts: tuple[Text, ...] = ()
    effective_time: datetime | None = None
    onset_time: datetime | None = None
    certainty: Certainty = Certainty.UNSTATED


@dataclass(frozen=True, slots=True)
class HazardWarning:
    """A warning as it stands."""

    warning_id: str
    channel: Channel
    event_code: str
    state: State
    content: Content
    create_time: datetime
    update_time: datetime
    counties: tuple[CountyTarget, ...] = ()
    population: int = 0
    version: int = 0
    drafter: str = ""
    reviewer: str = ""
    signer: str = ""
    route: Route = Route.NONE
    earthquake_id: str = ""
    cap_identifier: str = ""
    rule_versions: tuple[str, ...] = ()
    state_reason: str = ""
    publish_time: datetime | None = None
    revision: int = 1
    # Until when what was published holds; None while nothing does.
    holds_until: datetime | None = None

    @property
    def etag(self) -> str:
        """Changes with each change of the warning."""
        return f'"{self.revision}"'

    @property
    def end_time(self) -> datetime | None:
        """When the timer ends it: a draft's own end, or that of what was published."""
        if self.state in ENDED:
            return None
        return self.content.expire_time if self.version == 0 else self.holds_until


@dataclass(frozen=True, slots=True)
class CountyText:
    """What people of one county are told in one language: in full, spoken, and on a board."""

    language: str
    headline: str
    description: str = ""
    instruction: str = ""
    voice: str = ""
    board: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step that a warning has taken. ``version`` is the version it made, or 0."""

    from_state: State
    to_state: State
    actor: str
    step_time: datetime
    comment: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """What was published once and never changes: the CAP message, and each county's notice.

    ``notices`` maps county codes to serialised Notices; ``facts`` is a serialised WarningFacts.
    """

    warning_id: str
    version: int
    channel: Channel
    notice_type: NoticeType
    cap_identifier: str
    cap_xml: bytes
    send_time: datetime
    expire_time: datetime
    facts: bytes
    notices: Mapping[str, bytes] = field(default_factory=dict)
    rule_versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where an earthquake was, and how strong: WGS84 degrees, kilometres."""

    origin_time: datetime
    latitude: float
    longitude: float
    depth_km: float
    magnitude: float


@dataclass(frozen=True, slots=True)
class CountyShaking:
    """What one county is to expect of an earthquake (预估烈度, S 波到时)."""

    place_code: str
    display_name: str
    colour: Colour
    intensity: float
    s_arrival_time: datetime
    distance_km: float
    population: int = 0


class PickKey(NamedTuple):
    """Identity of a pick: the station, and the number that it never gives again."""

    station: str
    pick_id: int


@dataclass(frozen=True, slots=True)
class AutomaticIssue:
    """What the tracker has made of an earthquake: one solution, and whom to warn.

    ``counties`` are those to be warned, the gravest first; without any, the solution is only
    recorded. ``solution`` is a serialised tianfu.disaster_warning.v1.Solution of that ``number``.
    """

    earthquake_id: str
    channel: Channel
    number: int
    solution: bytes
    source: Source
    picks: tuple[PickKey, ...]
    counties: tuple[CountyShaking, ...]
    expire_time: datetime
    rule_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earthquake:
    """An earthquake as it is stored: ``solution`` is the serialised Solution of ``number``."""

    earthquake_id: str
    channel: Channel
    state: EarthquakeState
    number: int
    solution: bytes
    origin_time: datetime
    magnitude: float
    create_time: datetime
    update_time: datetime
    warning_id: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of an automatic issue.

    ``changed`` says whether a version was published; without it the call was a repetition, or late,
    or of an earthquake that warrants no warning, and ``warning_id`` is then the one there is or "".
    ``earthquake_id`` is the one that the picks belong to: another than asked for, if they were
    known already.
    """

    warning_id: str
    version: int
    earthquake_id: str
    changed: bool
    # The latest solution there is: an issue of a number that is not greater changes nothing.
    number: int = 0
