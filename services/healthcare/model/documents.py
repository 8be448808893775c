"""Resources that are kept whole, as their contract's message, with what they are looked up by."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


class Kind(enum.IntEnum):
    """What is kept; numbered as in the contract's WatchKind, as far as that goes."""

    PATIENT = 1
    OBSERVATION = 2
    SCORE = 3
    REPORT = 4
    RECOGNITION = 5
    CONSULTATION = 6
    BED_REPORT = 7
    CASUALTY_PLAN = 8
    CASUALTY = 9
    SURGE_PLAN = 10
    HOSPITAL = 11
    CONSENT = 12
    MONITOR = 13
    ARRIVAL = 14


@dataclass(frozen=True, slots=True)
class Document:
    """One resource. ``body`` is the contract's message, serialised.

    ``parent`` is whom it belongs to (a patient, a plan), ``label`` its state or sort, ``place`` a
    GB/T 2260 code, of a report what was asked for, ``cause`` what it came of. ``due_time`` is when
    somebody has to look again, ``request`` the UUID that it was made under, ``version`` counts its
    changes from 1.
    """

    kind: Kind
    document_id: str
    body: bytes
    create_time: datetime
    update_time: datetime
    parent: str = ""
    label: str = ""
    place: str = ""
    cause: str = ""
    request: str = ""
    due_time: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents are meant: all of the terms must hold; an empty one is none.

    ``place`` is a beginning, ``code`` all that stands there; ``party`` stands as place or as cause.
    """

    parent: str = ""
    label: str = ""
    place: str = ""
    cause: str = ""
    party: str = ""
    from_time: datetime | None = None
    until_time: datetime | None = None
    code: str = ""

    def matches(self, document: Document) -> bool:
        """Say whether a document is meant."""
        made = document.create_time
        return (
            all(
                getattr(self, name) in ("", getattr(document, name))
                for name in ("parent", "label", "cause")
            )
            and document.place.startswith(self.place)
            and self.code in ("", document.place)
            and self.party in ("", document.place, document.cause)
            and (self.from_time is None or made >= self.from_time)
            and (self.until_time is None or made < self.until_time)
        )


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the order of changes: by transaction, then within it."""

    transaction: int
    number: int


@dataclass(frozen=True, slots=True)
class AsOf:
    """What was there of a kind when it was read: all below the horizon, and these beyond it."""

    horizon: Mark
    beyond: Sequence[Mark]
