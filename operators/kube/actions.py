"""What a plan wants done, as data. Each does nothing the second time; none leaves a choice."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from operators.kube.kinds import Key, Kind, Object, key_of, kind_of

NOTE_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Apply:
    """Make an object so, by server-side apply under our field manager.

    What others have set in fields that ``manifest`` states is set back; their other fields stay.
    """

    manifest: Object

    @property
    def kind(self) -> Kind:
        """Return its kind."""
        return kind_of(self.manifest)

    @property
    def key(self) -> Key:
        """Return its key."""
        return key_of(self.manifest)


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object, if it is still the one of that uid."""

    kind: Kind
    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Make an object's status so, if nobody has written the object since ``observed``."""

    kind: Kind
    observed: Object
    status: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WriteFinalizers:
    """Make an object's finalizers so, if nobody has written the object since ``observed``."""

    kind: Kind
    observed: Object
    finalizers: tuple[str, ...]


class EventType(enum.StrEnum):
    """Whether an Event is a matter of course."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True)
class Emit:
    """Record an Event on an object; the same ``occurrence`` is recorded once."""

    kind: Kind
    observed: Object
    type: EventType
    reason: str
    action: str
    note: str
    occurrence: str


Action = Apply | Delete | WriteStatus | WriteFinalizers | Emit


def with_finalizer(observed: Object, finalizer: str) -> tuple[str, ...] | None:
    """Return an object's finalizers with ours, None when it is among them already."""
    present = tuple(observed["metadata"].get("finalizers") or ())
    return None if finalizer in present else (*present, finalizer)


def without_finalizer(observed: Object, finalizer: str) -> tuple[str, ...] | None:
    """Return an object's finalizers without ours, None when it is not among them."""
    present = tuple(observed["metadata"].get("finalizers") or ())
    return tuple(one for one in present if one != finalizer) if finalizer in present else None
