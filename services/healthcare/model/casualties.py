"""From casualties, beds and roads to an incident that can be solved, and back to each person.

The programme distributes counts; who of one class and place goes where is then by who was looked at
first. Each is told why: the minutes, and what stood against the nearer hospital.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from services.healthcare.model.beds import COLOURS, Emergency
from services.healthcare.model.distribution import Incident, Move, Plan
from services.healthcare.model.triage import Tag
from services.plumbing.rules import Rule

RULE: Final = "travel-estimate"
EARTH_KM: Final = 6371.0
COLUMN: Final = {tag: number for number, tag in enumerate(COLOURS)}


@dataclass(frozen=True, slots=True)
class Travel:
    """How minutes are estimated where nobody has reported them."""

    version: str
    detour: float
    km_per_hour: float

    @classmethod
    def parse(cls, rule: Rule) -> Travel:
        """Read the rule; raise InvalidRule for what cannot be."""
        detour, speed = rule.number("detour"), rule.number("km_per_hour")
        if detour < 1 or speed <= 0:
            raise rule.invalid("detour", "need detour >= 1 and km_per_hour > 0")
        return cls(rule.version, detour, speed)

    def minutes(self, start: Point, end: Point) -> float:
        """Return the estimated minutes between two points."""
        return _kilometres(start, end) * self.detour / self.km_per_hour * 60


@dataclass(frozen=True, slots=True)
class Point:
    """WGS-84, degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Taker:
    """A hospital as a plan sees it: what it can take by class, and when it said so."""

    hospital: str
    point: Point
    emergency: Emergency
    free: Mapping[Tag, int]
    report_time: datetime
    stale: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A casualty with a tag. ``hospital`` is set for one who is on the way or there."""

    casualty: str
    place: str
    tag: Tag
    seen_time: datetime
    hospital: str = ""
    arrived_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the plan sends a person, and why; no hospital when there is none for it yet."""

    casualty: str
    hospital: str
    minutes: float
    explanation: str


def incident(
    places: Mapping[str, Point],
    takers: Sequence[Taker],
    people: Sequence[Person],
    stated: Mapping[tuple[str, str], float],
    travel: Travel,
) -> Incident:
    """Return what there is to distribute.

    Who is on the way takes up a place, as does who arrived after the hospital counted. A hospital
    that is full or diverts has no free place; one that is closed can't be reached at all.
    ``stated`` are reported minutes by (place, hospital), below 0 where no road leads.
    """
    origins, hospitals = list(places), [each.hospital for each in takers]
    row = {name: number for number, name in enumerate(origins)}
    column = {name: number for number, name in enumerate(hospitals)}
    casualties = np.zeros((len(origins), len(COLOURS)), np.int64)
    capacity = np.zeros((len(hospitals), len(COLOURS)), np.int64)
    minutes = np.full((len(origins), len(hospitals)), np.inf)
    for number, taker in enumerate(takers):
        if taker.emergency is Emergency.OPEN:
            capacity[number] = [taker.free.get(tag, 0) for tag in COLOURS]
        if taker.emergency is Emergency.CLOSED:
            continue
        for place, point in places.items():
            said = stated.get((place, taker.hospital))
            found = travel.minutes(point, taker.point) if said is None else said
            minutes[row[place], number] = np.inf if found < 0 else found
    for person in people:
        if person.tag not in COLUMN:
            continue
        if not person.hospital:
            casualties[row[person.place], COLUMN[person.tag]] += 1
        elif person.hospital in column:
            number = column[person.hospital]
            counted = takers[number].report_time
            if person.arrived_time is None or person.arrived_time > counted:
                left = capacity[number, COLUMN[person.tag]] - 1
                capacity[number, COLUMN[person.tag]] = max(0, left)
    return Incident(origins, hospitals, casualties, capacity, minutes)


def assign(people: Sequence[Person], plan: Plan, takers: Sequence[Taker]) -> list[Sent]:
    """Return where each person who waits is sent; the nearest places go to who was seen first."""
    queues: dict[tuple[str, Tag], list[Person]] = {}
    for person in sorted(people, key=lambda each: (each.seen_time, each.casualty)):
        if not person.hospital:
            queues.setdefault((person.place, person.tag), []).append(person)
    stale = {each.hospital for each in takers if each.stale}
    sent = []
    for move in sorted(plan.moves, key=lambda each: (each.minutes, each.hospital)):
        queue = queues.get((move.origin, move.tag), [])
        going, queues[(move.origin, move.tag)] = queue[: move.count], queue[move.count :]
        within = move.count - move.over_capacity
        for number, person in enumerate(going):
            why = _why(move, beyond=number >= within, stale=move.hospital in stale)
            sent.append(Sent(person.casualty, move.hospital, move.minutes, why))
    for (place, tag), queue in queues.items():
        why = f"{tag.name.lower()} at {place}: {_no_way(tag)}"
        sent += [Sent(person.casualty, "", 0.0, why) for person in queue]
    return sent


def _why(move: Move, *, beyond: bool, stale: bool) -> str:
    parts = [
        f"{move.tag.name.lower()} from {move.origin} to {move.hospital}, {move.minutes:.0f} min"
    ]
    if move.passed_over:
        parts.append(f"nearest is {move.nearest}: {move.passed_over}")
    else:
        parts.append("the nearest that can be reached")
    if beyond:
        parts.append("beyond what it reported free: no other is better")
    if stale:
        parts.append("its report is older than it is believed: ask before leaving")
    return "; ".join(parts)


def _no_way(tag: Tag) -> str:
    if tag is Tag.GREY:
        return "expectant, stays until there is more than enough for the others"
    return "no hospital can be reached within the time for this class; treat here"


def _kilometres(start: Point, end: Point) -> float:
    """Return the great-circle distance (haversine)."""
    north = math.radians(end.latitude - start.latitude)
    east = math.radians(end.longitude - start.longitude)
    one, two = math.radians(start.latitude), math.radians(end.latitude)
    part = math.sin(north / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(part)))
