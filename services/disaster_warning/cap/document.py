"""A CAP message as values: what an alert says, free of how it is written (CAP 1.2, section 3.2).

Times are aware datetimes, places are WGS84 degrees, an absent element is None or an empty tuple.
These classes hold what a document says; whether it may say so is for ``validate`` and ``profile``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

LANGUAGE_DEFAULT: Final = "en-US"
"""What ``language`` means when a document leaves it out (CAP 1.2, section 3.2.2)."""


class Version(enum.Enum):
    """Versions of CAP that are read, by their namespaces. Only 1.2 is written."""

    CAP_1_1 = "urn:oasis:names:tc:emergency:cap:1.1"
    CAP_1_2 = "urn:oasis:names:tc:emergency:cap:1.2"


class Status(enum.Enum):
    """How the message is to be handled."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MessageType(enum.Enum):
    """What the message does to those before it."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class Scope(enum.Enum):
    """For whom the message is."""

    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class Category(enum.Enum):
    """What sort of event it is."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(enum.Enum):
    """What the audience should do. ``Avoid`` and ``AllClear`` are new in CAP 1.2."""

    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(enum.Enum):
    """How soon to respond."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(enum.Enum):
    """How bad it is."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(enum.Enum):
    """How sure it is."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class Point(NamedTuple):
    """A place in WGS84 degrees; latitude first, as CAP writes it."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """A ring of points; the last repeats the first."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    """A centre, and a radius in kilometres."""

    centre: Point
    radius_km: float


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value in a vocabulary named by ``name``."""

    name: str
    value: str


class EventCode(NamedValue):
    """The event in some system's code."""

    __slots__ = ()


class Parameter(NamedValue):
    """Something more that a system says of the event."""

    __slots__ = ()


class Geocode(NamedValue):
    """The area in some system's code."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message, by the three that make it unique (``sender,identifier,sent``)."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Resource:
    """Something attached. Nothing here ever fetches ``uri``; ``deref_uri`` is base64."""

    description: str
    mime_type: str | None = None
    size_bytes: int | None = None
    uri: str | None = None
    deref_uri: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """Where: shapes and codes together, a point being in the area when it is in any of them.

    ``altitude_ft`` and ``ceiling_ft`` are feet above mean sea level (WGS84), as CAP has them.
    """

    description: str
    polygons: tuple[Polygon, ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[Geocode, ...] = ()
    altitude_ft: float | None = None
    ceiling_ft: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What is to be told, in one language."""

    categories: tuple[Category, ...]
    event: str
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    language: str = LANGUAGE_DEFAULT
    response_types: tuple[ResponseType, ...] = ()
    audience: str | None = None
    event_codes: tuple[EventCode, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[Parameter, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()

    def parameter(self, name: str) -> str | None:
        """Return the first parameter of that name, None without one."""
        return next((each.value for each in self.parameters if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One CAP message."""

    identifier: str
    sender: str
    sent: datetime
    status: Status
    message_type: MessageType
    scope: Scope = Scope.PUBLIC
    source: str | None = None
    restriction: str | None = None
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()

    @property
    def reference(self) -> Reference:
        """What a later message refers to this one by."""
        return Reference(self.sender, self.identifier, self.sent)

    @property
    def expires(self) -> datetime | None:
        """When the last of its info blocks expires; None if one of them (or all) says nothing."""
        ends = [info.expires for info in self.infos]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None
