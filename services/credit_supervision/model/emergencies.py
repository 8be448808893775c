"""Declared disasters: what rests in the area meanwhile, and what is left of it afterwards.

ACTIVE ──► ENDED       deadlines stay put off by the days it lasted, no more
   └─────► CANCELLED   deadlines are as if it had not been

Of disasters that overlap no day counts twice: a deadline is the one that it would be without any,
later by the days of their union. So it is no matter which of them came, ended or was taken back
first, and what one taken back leaves is what the others alone give.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.plumbing.rules import Rule, day_of

MEASURES: Final = "emergency-measures"
EXTENSIONS: Final = "process-extensions"


class State(enum.IntEnum):
    """Where an emergency stands; numbered as in the contract."""

    ACTIVE = 1
    ENDED = 2
    CANCELLED = 3


class Process(enum.Enum):
    """What has a deadline that a disaster puts off; the rule's names, clues have their own rule."""

    CLUE = "clue"
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


@dataclass(frozen=True)
class Rest:
    """A disaster as it puts one deadline off.

    ``base`` is the deadline without any disaster, ``since`` when this one began to put it off, for
    ``days`` at the most; ``state`` and ``ended`` are the disaster's.
    """

    emergency_id: str
    base: date
    since: datetime
    days: int
    state: State = State.ACTIVE
    ended: datetime | None = None

    @property
    def until(self) -> datetime:
        """The end of what it puts off: known of one that is over, else the most there may be."""
        most = self.since + timedelta(days=self.days)
        return most if self.ended is None else max(self.since, min(self.ended, most))


def days_off(rule: Rule, process: Process) -> int:
    """Return by how many days a disaster puts off the deadline of a process, at the most."""
    return int(rule.number(process.value))


def put_off(base: date, rests: Iterable[Rest]) -> date:
    """Return a deadline as the disasters that it ran into put it off, by the days of their union.

    A day that was begun counts whole: nobody worked on it. One that had run out before a disaster
    began is not put off by it.
    """
    due, total, last = base, timedelta(), None
    held = sorted((e.since, e.until) for e in rests if e.state is not State.CANCELLED)
    for began, over in held:
        if day_of(began) > due:
            break
        start = began if last is None else max(began, last)
        total += max(timedelta(), over - start)
        last = over if last is None else max(over, last)
        due = base + timedelta(days=_days(total))
    return due


def days_rested(
    emergencies: Iterable[Emergency], place: str, since: datetime, now: datetime
) -> int:
    """Return for how many days visits to a place have rested; a day that was begun counts whole."""
    total, last = timedelta(), since
    held = sorted(
        (each.began, now if each.ended is None else each.ended)
        for each in emergencies
        if each.state is not State.CANCELLED and place in each.places
    )
    for began, over in held:
        total += max(timedelta(), over - max(began, last))
        last = max(over, last)
    return _days(total)


def _days(total: timedelta) -> int:
    return math.ceil(total / timedelta(days=1))
