"""Ambulances that are on their way to a hospital: the place each holds, and for how long."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.healthcare.model.triage import Tag
from services.plumbing.refusal import FailedPrecondition, InvalidArgument
from services.plumbing.rules import Rule

RULE: Final = "arrival-holds"

AHEAD_MAX: Final = timedelta(hours=24)
"""No ambulance is on the road for longer: a later time is a mistake of the date."""

PAST_MAX: Final = timedelta(hours=1)
"""A notice may have waited for a link; one that is older is of another day."""


class EtaImplausible(InvalidArgument):
    """The ambulance can't be expected then."""

    reason = "ETA_IMPLAUSIBLE"


class ArrivalOver(FailedPrecondition):
    """The ambulance is there, or has gone elsewhere."""

    reason = "ARRIVAL_OVER"


class State(enum.Enum):
    """How far it has come; numbered as in the contract."""

    ANNOUNCED = 1
    ARRIVED = 2
    DIVERTED = 3


@dataclass(frozen=True, slots=True)
class Holds:
    """How long a place is held after the time that the ambulance was expected at."""

    version: str
    after: timedelta

    @classmethod
    def parse(cls, rule: Rule) -> Holds:
        """Read the rule; raise InvalidRule for what cannot be."""
        minutes = rule.number("hold_minutes_after_eta")
        if minutes <= 0:
            raise rule.invalid("hold_minutes_after_eta", "need more than 0")
        return cls(rule.version, timedelta(minutes=minutes))


def checked(eta: datetime, now: datetime) -> datetime:
    """Return when an ambulance is expected; raise EtaImplausible."""
    if not now - PAST_MAX <= eta <= now + AHEAD_MAX:
        raise EtaImplausible("need at most 1 h ago and 24 h ahead", field="eta_time")
    return eta


def advanced(state: State, wanted: State) -> bool:
    """Return whether a state becomes another; raise ArrivalOver when it can't any more."""
    if state is wanted:
        return False
    if state is not State.ANNOUNCED:
        raise ArrivalOver(f"the arrival is {state.name.lower()} already", field="state")
    return True


def left(free: Mapping[Tag, int], held: Iterable[Tag]) -> dict[Tag, int]:
    """Return the places that are left when ambulances hold some, never fewer than none."""
    counts = Counter(held)
    return {tag: max(0, count - counts[tag]) for tag, count in free.items()}
