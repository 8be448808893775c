"""Closed loops (危急值闭环): somebody is told, a named person answers, or the next one is told.

One mechanism for critical values and for early-warning scores. A loop knows who has been told
under which rule; ``due`` says what falls due, so that a timer, a restart and a replay agree.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.plumbing.refusal import FailedPrecondition, InvalidArgument
from services.plumbing.rules import Rule

RULE: Final = "closed-loops"

NOTE_CHARACTERS_MAX: Final = 500
"""Of what a clinician writes on taking over: a sentence or two, not a record."""


class LoopState(enum.IntEnum):
    """How far a loop has come; numbered as in the contract."""

    OPEN = 1
    ACKNOWLEDGED = 2
    EXHAUSTED = 3
    """Everybody was told and nobody answered: it stays on every screen, and may be answered."""
    WITHDRAWN = 4
    """What it was opened for turned out wrong: a corrected result."""


class AlreadyAnswered(FailedPrecondition):
    """Somebody has taken it over, or it was withdrawn."""

    reason = "ALERT_CLOSED"


class NoClinician(InvalidArgument):
    """A loop is closed by a named person."""

    reason = "CLINICIAN_REQUIRED"


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told, and how long they have to answer."""

    role: str
    answer_within: timedelta


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who is told one after the other; the rule's version goes with it."""

    version: str
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, rule: Rule, kind: str) -> Ladder:
        """Read the ladder of one kind of alert; raise InvalidRule for what cannot be."""
        found = rule.table(kind).get("steps", ())
        steps = []
        for place, step in enumerate(found):
            role, minutes = step.get("role"), step.get("minutes")
            if not isinstance(role, str) or not role:
                raise rule.invalid(f"{kind}.steps[{place}].role", "need a role")
            if not isinstance(minutes, int | float) or minutes <= 0:
                raise rule.invalid(f"{kind}.steps[{place}].minutes", "need more than 0")
            steps.append(Step(role, timedelta(minutes=minutes)))
        if not steps:
            raise rule.invalid(f"{kind}.steps", "need at least one step")
        return cls(rule.version, tuple(steps))


@dataclass(frozen=True, slots=True)
class Loop:
    """An alert's way. ``step`` is the place in the ladder of who was told last."""

    state: LoopState
    open_time: datetime
    step: int
    told_role: str
    told_time: datetime
    answer_by: datetime | None
    rule_version: str
    clinician: str = ""
    note: str = ""
    close_time: datetime | None = None

    @property
    def answer_took(self) -> timedelta | None:
        """Return how long it was open, None while it is."""
        return None if self.close_time is None else self.close_time - self.open_time


def opened(ladder: Ladder, now: datetime) -> Loop:
    """Return a loop whose first step has just been told."""
    first = ladder.steps[0]
    return Loop(LoopState.OPEN, now, 0, first.role, now, now + first.answer_within, ladder.version)


def due(loop: Loop, ladder: Ladder, now: datetime) -> Loop | None:
    """Return the loop one step on, None while nothing is due.

    After a pause of any length it goes up one step at a time, each with its full time to answer:
    a service that was down for an hour does not skip the person next in line.
    """
    if loop.state is not LoopState.OPEN or loop.answer_by is None or now < loop.answer_by:
        return None
    following = loop.step + 1
    if following >= len(ladder.steps):
        return replace(loop, state=LoopState.EXHAUSTED, answer_by=None)
    step = ladder.steps[following]
    return replace(
        loop,
        step=following,
        told_role=step.role,
        told_time=now,
        answer_by=now + step.answer_within,
    )


def acknowledged(loop: Loop, clinician: str, note: str, now: datetime) -> Loop:
    """Return the loop as a named clinician has taken it over.

    The same clinician may say so again, which changes nothing. Raises NoClinician, AlreadyAnswered.
    """
    if not clinician.strip():
        raise NoClinician("an alert is taken over by a named clinician", field="clinician")
    if loop.state is LoopState.ACKNOWLEDGED and loop.clinician == clinician:
        return loop
    if loop.state not in (LoopState.OPEN, LoopState.EXHAUSTED):
        raise AlreadyAnswered(f"the alert is {loop.state.name.lower()} already; read it again")
    return replace(
        loop,
        state=LoopState.ACKNOWLEDGED,
        clinician=clinician,
        note=note[:NOTE_CHARACTERS_MAX],
        close_time=now,
        answer_by=None,
    )


def withdrawn(loop: Loop, now: datetime) -> Loop:
    """Return the loop as it ends when its cause was wrong; one answered or ended stays as it is."""
    if loop.state not in (LoopState.OPEN, LoopState.EXHAUSTED):
        return loop
    return replace(loop, state=LoopState.WITHDRAWN, close_time=now, answer_by=None)
