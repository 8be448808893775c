"""An earthquake in the making, and the judgement of what its newest solution calls for."""

from __future__ import annotations

import enum
import zlib
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake.association import (
    PASSED_SHARE_MIN,
    Basis,
    Candidate,
    Passed,
    epicentres_apart_km,
)
from services.disaster_warning.model.earthquake.decisions import Kind, Solution
from services.disaster_warning.model.earthquake.features import PickKey
from services.disaster_warning.model.earthquake.location import Location
from services.disaster_warning.model.earthquake.standing import Standing
from services.disaster_warning.model.earthquake.thresholds import Thresholds

STABLE_S: Final = 10.0
"""A solution without change for so long is final: a rupture of M 7 grows for 15 s in all."""

ONGOING_LEAST_S: Final = 20.0
"""No solution is final sooner after the origin: S has reached 70 km, and Pd its full window."""

ONGOING_MOST_S: Final = 120.0
"""The last solution is final by then: Wenchuan 2008, M 8, ruptured for 90 s."""

FALSE_SHARE: Final = 0.4
"""With less than this share of the passed stations having picked, there was no earthquake."""

FALSE_SILENT_MIN: Final = 2
"""So many stations must be silent for that: one may be broken."""


_STATION: Final = itemgetter(0)


class State(enum.StrEnum):
    """What is thought of an event."""

    ONGOING = "ONGOING"
    FINAL = "FINAL"
    FALSE = "FALSE"


@dataclass(frozen=True)
class Event:
    """An earthquake as known so far. ``published`` is the last solution that was decided on.

    ``members`` are the picks of its location, the earliest first; ``absorbed`` other picks that
    it explains: S waves, and the coda at stations that have picked P.
    """

    event_id: str
    members: tuple[PickKey, ...]
    absorbed: frozenset[PickKey]
    location: Location
    basis: Basis
    created: float
    state: State = State.ONGOING
    is_dirty: bool = True
    needs_location: bool = False
    issued_at: float | None = None
    solved_at: float = -np.inf
    changed_at: float = -np.inf
    published: Solution | None = None
    standing: Standing | None = None

    @property
    def stations(self) -> frozenset[str]:
        """Return the stations of the members."""
        return frozenset(station for station, _ in self.members)

    def touched(self) -> Event:
        """Return the event with something new to solve; itself, if there was already."""
        return self if self.is_dirty else replace(self, is_dirty=True)

    def has(self, station: str) -> bool:
        """Return whether a station is one of the members': asked of each pick, of hundreds."""
        return station in map(_STATION, self.members)

    def was_real(self, candidate: Candidate) -> bool:
        """Return whether an event that was called false was not: more stations say so now."""
        return self.state is State.FALSE and len(candidate.picks) > len(self.members)

    @property
    def is_open(self) -> bool:
        """Return whether solutions are still made."""
        return self.state is State.ONGOING


def begin(candidate: Candidate, now: float) -> Event:
    """Return the event of a candidate; a replay gives it the same id."""
    first = candidate.picks[0]
    digest = zlib.crc32(f"{first.station}/{first.latest.pick_id}".encode())
    return Event(
        event_id=f"eq-{round(first.time * 1000)}-{digest:08x}",
        members=tuple(pick.key for pick in candidate.picks),
        absorbed=frozenset(),
        location=candidate.location,
        basis=candidate.basis,
        created=now,
    )


def is_false(event: Event, passed: Passed, now: float, cancel_within_s: float) -> bool:
    """Return whether an event has turned out to be none.

    ``passed`` tells of the stations that must have seen it by ``now``. Two stations alone need
    half of those passed to agree, more need less; what stands ``cancel_within_s`` after it was
    told, stands. Where messages are late, the nearest stations' may be the latest of all: from
    three stations on, those speak for an earthquake too that did not have to yet.
    """
    if event.issued_at is not None and now - event.issued_at > cancel_within_s:
        return False
    if passed.silent < FALSE_SILENT_MIN:
        return False
    if event.basis is not Basis.NETWORK:
        return passed.share < PASSED_SHARE_MIN + 0.05
    agreed = passed.heard + passed.early
    return agreed < FALSE_SHARE * (agreed + passed.silent)


def change(old: Solution, new: Solution, thresholds: Thresholds) -> str:
    """Return in what a solution differs so much that it must go out, '' if in nothing."""
    if abs(new.magnitude.value - old.magnitude.value) >= thresholds.change_magnitude:
        return "MAGNITUDE"
    if epicentres_apart_km(old.location, new.location) >= thresholds.change_km:
        return "EPICENTRE"
    more = new.counties.max_intensity - old.counties.max_intensity
    if abs(more) >= thresholds.change_intensity:
        return "INTENSITY"
    if np.any(new.counties.colour > old.counties.colour):
        return "COLOUR"
    return ""


def verdict(
    event: Event, solution: Solution, passed: Passed, thresholds: Thresholds, *, is_distant: bool
) -> Verdict:
    """Return what the newest solution calls for; ``is_distant``: the waves come from far away."""
    now, age = solution.time, solution.time - solution.location.origin_time
    if is_false(event, passed, now, thresholds.cancel_within_s):
        return Verdict(Kind.CANCEL, f"STATIONS_SILENT {passed.silent} OF {_asked(passed)}")
    if is_distant and event.issued_at is not None:
        return Verdict(Kind.CANCEL, "DISTANT")
    is_backed = passed.silent < FALSE_SILENT_MIN or passed.share >= PASSED_SHARE_MIN
    if event.issued_at is None and solution.warrants_warning and is_backed:
        return Verdict(Kind.ISSUE, solution.basis)
    if event.published is None:
        return Verdict(Kind.DETECT, "BELOW_THRESHOLDS")
    reason = change(event.published, solution, thresholds)
    if reason and age < ONGOING_MOST_S:
        return Verdict(Kind.UPDATE, reason)
    return _end(event, now, age)


def _end(event: Event, now: float, age: float) -> Verdict:
    """Return whether an unchanged solution is the last."""
    is_stable = age >= ONGOING_LEAST_S and now - event.changed_at >= STABLE_S
    if is_stable or age >= ONGOING_MOST_S:
        return Verdict(Kind.FINAL, "STABLE" if is_stable else "AGE")
    return Verdict(None, "")


@dataclass(frozen=True)
class Verdict:
    """What to do about a solution (None: nothing yet), and the reason code."""

    kind: Kind | None
    reason: str


def _asked(passed: Passed) -> int:
    return passed.heard + passed.silent
