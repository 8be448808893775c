"""Declared disasters: what rests in the area meanwhile, and what is left of it afterwards.

ACTIVE ──► ENDED       deadlines stay put off by the days it lasted, no more
   └─────► CANCELLED   deadlines are as if it had not been
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.plumbing.rules import Rule

MEASURES: Final = "emergency-measures"
EXTENSIONS: Final = "process-extensions"
DAY_S: Final = 86_400


class State(enum.IntEnum):
    """Where an emergency stands; numbered as in the contract."""

    ACTIVE = 1
    ENDED = 2
    CANCELLED = 3


class Process(enum.Enum):
    """What has a deadline that a disaster puts off, beside clues; the rule's names."""

    OBJECTION = "objection"
    REPAIR = "repair"
    ADVERSE_USE = "adverse-use"


@dataclass(frozen=True)
class Deadline:
    """The day by which a process is decided or, of an adverse use, from which on it may be."""

    process: Process
    key: str
    due: date


@dataclass(frozen=True)
class Emergency:
    """A disaster declared in some counties; ``warning`` is the id of the warning it is of."""

    emergency_id: str
    places: tuple[str, ...]
    ground: str
    warning: str
    began: datetime
    version: str
    state: State = State.ACTIVE
    ended: datetime | None = None
    clues: int = 0

    def covers(self, place: str, at: datetime) -> bool:
        """Return whether its measures held in a county at a time; one cancelled held nowhere."""
        if self.state is State.CANCELLED or place not in self.places:
            return False
        return self.began <= at and (self.ended is None or at < self.ended)


def places_declared(rule: Rule, colours: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the counties in which a warning declares one, from (county, colour) of each."""
    grave = set(rule.texts("colours"))
    return tuple(sorted({place for place, colour in colours if colour in grave}))


def ended(emergency: Emergency, state: State, now: datetime) -> Emergency:
    """Return an emergency that is over; again, it stays as it is."""
    if emergency.state is not State.ACTIVE:
        return emergency
    return replace(emergency, state=state, ended=now)


def put_off(rule: Rule, deadline: Deadline) -> tuple[Deadline, int]:
    """Return a deadline as a declared disaster puts it off, and by how many days."""
    days = int(rule.number(deadline.process.value))
    return replace(deadline, due=deadline.due + timedelta(days=days)), days


def days_rested(
    emergencies: Iterable[Emergency], place: str, since: datetime, now: datetime
) -> int:
    """Return for how many days visits to a place have rested; a day that was begun counts whole."""
    total = timedelta()
    for each in emergencies:
        if each.state is not State.CANCELLED and place in each.places:
            end = now if each.ended is None else each.ended
            total += max(timedelta(), end - max(since, each.began))
    return math.ceil(total.total_seconds() / DAY_S)


def days_kept(emergency: Emergency, put_off: int) -> int:
    """Return by how many days a deadline stays put off that was put off by ``put_off``.

    A day that it had begun counts whole: nobody worked on it.
    """
    if emergency.state is State.CANCELLED:
        return 0
    if emergency.ended is None:
        return put_off
    lasted: timedelta = emergency.ended - emergency.began
    return min(put_off, math.ceil(lasted.total_seconds() / DAY_S))
