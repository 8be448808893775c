"""Draws as they are kept: declared, then published or void, and never anything else."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.plumbing.rules import Rule, day_of

REVEAL_TERM: Final = timedelta(hours=24)
"""For departments to reveal, from the declaration on; after it a draw may be declared void."""

BEACON_DELAY: Final = timedelta(seconds=60)
"""From a declaration to the round that decides it: twice what a proof must show, so that the
commitment has gone out to everybody before the randomness is there."""


ENTITIES_MAX: Final = 500_000
"""Of one draw: a prefecture has fewer in supervision; a province is drawn prefecture by prefecture.
Its proof has some forty bytes for each."""


class State(enum.IntEnum):
    """Where a draw stands; numbered as in the contract."""

    DECLARED = 1
    PUBLISHED = 2
    VOID = 3


class Weighting(enum.IntEnum):
    """How likely the entities of a stratum are drawn beside each other (抽取权重).

    Numbered as in the contract.
    """

    EVEN = 1
    UNVISITED = 2


class Candidate(NamedTuple):
    """Who may be drawn: its code, its stratum, and when it was visited last, None for never.

    Of an even draw no visit is known.
    """

    code: str
    stratum: str
    visited: datetime | None = None


class Outcome(enum.IntEnum):
    """Outcome of an inspection (抽查结果); numbered as in the contract."""

    NO_PROBLEM = 1
    CORRECTION_ORDERED = 2
    CASE_OPENED = 3
    NOT_FOUND = 4
    REFUSED = 5


@dataclass(frozen=True)
class Draw:
    """A draw without its long texts. ``asked`` is the SHA-256 of what was asked for, in hex.

    ``commitments`` are departments' hashes, ``nonces`` what they have revealed, in hex, and
    ``revealed_by`` who did; all are empty with a beacon. ``named`` are the departments that a void
    draw fails for, ``void_reason`` is why it is void. ``departments`` are who takes part; of draws
    from before that was kept it is empty.
    """

    draw_id: str
    asked: str
    place: str
    commitment: str
    rule: str
    declared: datetime
    entities: int
    round: int | None
    commitments: Mapping[str, str] = field(default_factory=dict)
    nonces: Mapping[str, str] = field(default_factory=dict)
    state: State = State.DECLARED
    visits: int = 0
    published: datetime | None = None
    named: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    declared_by: str = ""
    revealed_by: Mapping[str, str] = field(default_factory=dict)
    void_reason: str = ""
    voided: datetime | None = None
    weighting: Weighting = Weighting.EVEN

    def shares(self, place: str, departments: Collection[str]) -> bool:
        """Return whether a draw of a place by departments has entities and a department of this.

        Who may choose between two such draws, once their outcomes are known, has drawn nothing.
        """
        is_near = self.place.startswith(place) or place.startswith(self.place)
        return is_near and (
            not self.departments or not set(departments).isdisjoint(self.departments)
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """Departments that have not revealed."""
        return tuple(sorted(self.commitments.keys() - self.nonces.keys()))


@dataclass(frozen=True)
class Finding:
    """What a department found on a visit."""

    department: str
    badge: str
    outcome: Outcome
    matters: tuple[str, ...]
    form_sha256: str
    found: datetime


@dataclass(frozen=True)
class Inspection:
    """One visit of a draw; ``inspectors`` are badges by department."""

    draw_id: str
    code: str
    stratum: str
    inspectors: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...] = ()

    @property
    def is_reported(self) -> bool:
        """Whether every department that goes has reported."""
        return self.inspectors.keys() <= {each.department for each in self.findings}


def weight(rule: Rule, visited: datetime | None, now: datetime) -> int:
    """Return the weight of who was visited then: 1, and more for each whole year since.

    Who was never visited has the most there is.
    """
    most = int(rule.number("most"))
    if visited is None:
        return most
    then, today = day_of(visited), day_of(now)
    is_short = (today.month, today.day) < (then.month, then.day)
    years = max(0, today.year - then.year - is_short)
    return min(most, 1 + years * int(rule.number("per_year")))
