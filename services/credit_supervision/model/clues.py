"""Clues of unlawful acts (违法线索): where they come from, what becomes of them, and by when.

    NEW ──► ACCEPTED ──► INVESTIGATING ──► RESULT ──► CLOSED
      └───► REFUSED (reason)                 └─► recognised by other departments, one by one

A clue is a lead. One that a sensor or a computation made says that somebody should look, and can
never lead to a penalty by itself: its result needs a person's finding.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.credit_supervision.model.calendar import WorkingDays
from services.plumbing.rules import Rule, day_of

TERMS: Final = "clue-terms"
EVIDENCE_MAX: Final = 32
"""Hashes of evidence of one clue."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Source(enum.IntEnum):
    """Who noticed; numbered as in the contract."""

    COMPLAINT = 1
    DEPARTMENT = 2
    REGION = 3
    SENSOR = 4
    ACCESS_LOG = 5


MACHINES: Final = frozenset({Source.SENSOR, Source.ACCESS_LOG})
"""Sources without a person's judgement."""


class State(enum.IntEnum):
    """Where a clue stands; numbered as in the contract."""

    NEW = 1
    ACCEPTED = 2
    REFUSED = 3
    INVESTIGATING = 4
    RESULT = 5
    CLOSED = 6


NEXT: Final[Mapping[State, frozenset[State]]] = {
    State.NEW: frozenset({State.ACCEPTED, State.REFUSED}),
    State.ACCEPTED: frozenset({State.INVESTIGATING}),
    State.INVESTIGATING: frozenset({State.RESULT}),
    State.RESULT: frozenset({State.CLOSED}),
    State.REFUSED: frozenset(),
    State.CLOSED: frozenset(),
}


class Outcome(enum.IntEnum):
    """What a person found; numbered as in the contract."""

    FOUNDED = 1
    UNFOUNDED = 2


_TERM_OF: Final = {
    State.NEW: "accept_working_days",
    State.ACCEPTED: "investigate_working_days",
    State.INVESTIGATING: "result_working_days",
    State.RESULT: "recognise_working_days",
}


class ClueRefused(ValueError):
    """The step is not open to this clue. ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Step:
    """One change of a clue's state: who, when, why."""

    state: State
    actor: str
    when: datetime
    reason: str = ""


@dataclass(frozen=True)
class Clue:
    """A lead about an entity (``code``) and a matter of the inspection list (检查事项清单)."""

    clue_id: str
    source: Source
    code: str
    matter: str
    place: str
    received: datetime
    due: date
    evidence: tuple[str, ...]
    version: str
    state: State = State.NEW
    reports: int = 1
    steps: tuple[Step, ...] = ()
    recognised_by: Mapping[str, datetime] = field(default_factory=dict)
    # None before the result, and of results from before it was kept.
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        """Raise ClueRefused for evidence that is no hash, or too much of it."""
        if len(self.evidence) > EVIDENCE_MAX or not all(map(_SHA256.fullmatch, self.evidence)):
            raise ClueRefused(
                "EVIDENCE_INVALID", f"need up to {EVIDENCE_MAX} SHA-256 hashes in small hex"
            )


def open_clue(
    rule: Rule,
    calendar: WorkingDays,
    clue_id: str,
    source: Source,
    code: str,
    matter: str,
    place: str,
    evidence: Collection[str],
    now: datetime,
) -> Clue:
    """Return a new clue with its first deadline."""
    return Clue(
        clue_id=clue_id,
        source=source,
        code=code,
        matter=matter,
        place=place,
        received=now,
        due=due(rule, calendar, State.NEW, now),
        evidence=tuple(sorted(set(evidence))),
        version=rule.version,
    )


def is_same(rule: Rule, clue: Clue, code: str, matter: str, now: datetime) -> bool:
    """Return whether what is reported now is what an open clue says already."""
    window = timedelta(days=rule.number("same_within_days"))
    return (
        (clue.code, clue.matter) == (code, matter)
        and clue.state not in {State.REFUSED, State.CLOSED}
        and abs(now - clue.received) <= window
    )


def joined(clue: Clue, evidence: Collection[str]) -> Clue:
    """Return a clue that was reported once more: its evidence grows, its deadline stays."""
    merged = tuple(sorted({*clue.evidence, *evidence}))
    return replace(clue, evidence=merged[:EVIDENCE_MAX], reports=clue.reports + 1)


def step(
    rule: Rule,
    calendar: WorkingDays,
    clue: Clue,
    to: State,
    actor: str,
    now: datetime,
    *,
    reason: str = "",
    outcome: Outcome | None = None,
    is_person: bool = True,
) -> Clue:
    """Return a clue in its next state; raise ClueRefused where that is not next.

    A refusal and a result say why, a result what was found as well; it is a person's, whoever or
    whatever noticed.
    """
    if to not in NEXT[clue.state]:
        allowed = ", ".join(sorted(each.name for each in NEXT[clue.state])) or "nothing"
        raise ClueRefused(
            "CLUE_STATE_WRONG", f"the clue is {clue.state.name}; next may be {allowed}"
        )
    if to in {State.REFUSED, State.RESULT} and not reason.strip():
        raise ClueRefused("REASON_MISSING", f"{to.name} says why")
    if to is State.RESULT and not is_person:
        raise ClueRefused("HUMAN_REQUIRED", "a result is found by a person, not by a sensor")
    if (to is State.RESULT) != (outcome is not None):
        raise ClueRefused("OUTCOME_INVALID", "a result says what was found, and nothing else does")
    last = due(rule, calendar, to, now) if to in _TERM_OF else clue.due
    return replace(
        clue,
        state=to,
        due=last,
        steps=(*clue.steps, Step(to, actor, now, reason.strip())),
        outcome=outcome or clue.outcome,
    )


def counts(clue: Clue) -> bool:
    """Return whether a clue tells of its entity: a person has found that it is founded.

    One of the access log tells of who looked.
    """
    return clue.outcome is Outcome.FOUNDED and clue.source is not Source.ACCESS_LOG


def recognise(clue: Clue, department: str, now: datetime) -> Clue:
    """Return a clue whose result another department takes as its own; once is as good as often."""
    if clue.state not in {State.RESULT, State.CLOSED}:
        raise ClueRefused("RESULT_MISSING", f"the clue is {clue.state.name}: no result yet")
    return replace(clue, recognised_by={department: now, **clue.recognised_by})


def due(rule: Rule, calendar: WorkingDays, state: State, now: datetime) -> date:
    """Return the last day, in China, on which a clue may stay in a state."""
    days = int(rule.number(_TERM_OF[state]))
    return calendar.after(day_of(now), days)


def days_off(rule: Rule, clue: Clue, urgent: Collection[str]) -> int:
    """Return by how many days a disaster puts a clue's deadline off, at the most.

    None, of one that has ended and of matters that are ``urgent`` in a disaster: of price gouging
    that somebody told of an hour before it was declared no less than of that an hour after.
    """
    if clue.state not in _TERM_OF or clue.matter in urgent:
        return 0
    return int(rule.number("disaster_days"))


def is_overdue(clue: Clue, now: datetime) -> bool:
    """Return whether somebody should have acted on a clue by now."""
    return clue.state in _TERM_OF and day_of(now) > clue.due
