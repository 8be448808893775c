"""Recognition of results between departments and regions (结果互认): one visit, many departments.

The engine has the shape of the one that healthcare recognises reports with; each service has its
own code, and the rules' data are alike: items with windows, and regions with members. It advises:
who has a reason to look again states it, and goes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.plumbing.rules import Rule, RuleBook, jurisdiction_of, widening

MATTERS: Final = "recognition-matters"
REGIONS: Final = "recognition-regions"


class Scope(enum.IntEnum):
    """How far a result reaches, from narrow to wide; numbered as in the contract."""

    COUNTY = 1
    CITY = 2
    PROVINCE = 3
    REGION = 4
    NATIONAL = 5


class Outcome(enum.IntEnum):
    """What is advised; numbered as in the contract."""

    RECOGNISED = 1
    NOT_RECOGNISED = 2
    REPEAT_ALLOWED = 3
    NOT_APPLICABLE = 4


class Step(enum.IntEnum):
    """The step that a decision ended at; numbered as in the contract."""

    STATUS = 1
    MATTER = 2
    DEPARTMENT = 3
    SCOPE = 4
    WINDOW = 5
    EXCEPTION = 6
    DONE = 7


@dataclass(frozen=True)
class Result:
    """What a department found, where, when, and how far it says that it reaches."""

    code: str
    matter: str
    department: str
    place: str
    scope: Scope
    region: str
    form_sha256: str
    is_final: bool
    found: datetime


@dataclass(frozen=True)
class Matter:
    """A matter of the list: for how long results count, and whose."""

    window: timedelta
    departments: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """The rules in force where the receiving department is, at the moment of the decision."""

    versions: tuple[str, ...]
    matters: Mapping[str, Matter]
    regions: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, book: RuleBook, place: str, now: datetime) -> Rules:
        """Look up and parse; raise RuleNotFound or InvalidRule."""
        matters = book.in_force(MATTERS, jurisdiction_of(place), now)
        regions = book.in_force(REGIONS, "CN", now)
        return cls(
            (matters.version, regions.version),
            {name: _matter(matters, name) for name in matters.table("matters")},
            {name: tuple(members) for name, members in regions.table("regions").items()},
        )


@dataclass(frozen=True)
class Recognition:
    """A decision: what was asked for by whom, what is advised, why, and on what grounds."""

    recognition_id: str
    result: Result
    receiver: str
    receiver_place: str
    repeat_reason: str
    outcome: Outcome
    step: Step
    why: str
    versions: tuple[str, ...]
    decided: datetime


@dataclass(frozen=True)
class Wanted:
    """Which decisions are asked for; what is empty holds for all."""

    code: str = ""
    receiver_place: str = ""
    outcome: Outcome | None = None


class _Stop(NamedTuple):
    outcome: Outcome
    step: Step
    why: str


def decide(
    rules: Rules,
    recognition_id: str,
    result: Result,
    receiver: str,
    receiver_place: str,
    repeat_reason: str,
    now: datetime,
) -> Recognition:
    """Decide whether a result stands in where it is received.

    ``repeat_reason`` is looked at only when it would.
    """
    matter = rules.matters.get(result.matter)
    stop = (
        _of_the_result(result)
        or _of_the_matter(result, matter)
        or _of_the_reach(result, receiver_place, rules)
        or _of_the_age(result, matter, now)
    )
    if not stop and repeat_reason.strip():
        stop = _Stop(Outcome.REPEAT_ALLOWED, Step.EXCEPTION, repeat_reason.strip())
    outcome, step, why = stop or _Stop(Outcome.RECOGNISED, Step.DONE, "")
    return Recognition(
        recognition_id,
        result,
        receiver,
        receiver_place,
        repeat_reason.strip(),
        outcome,
        step,
        why,
        rules.versions,
        now,
    )


def reaches(
    scope: Scope, place: str, region: str, there: str, regions: Mapping[str, tuple[str, ...]]
) -> bool:
    """Return whether a result of ``place`` reaches ``there``; both have six digits."""
    if scope is Scope.NATIONAL:
        return True
    if scope is Scope.REGION:
        members = set(regions.get(region, ()))
        here = set(widening(jurisdiction_of(place)))
        around = set(widening(jurisdiction_of(there)))
        return not members.isdisjoint(here) and not members.isdisjoint(around)
    digits = {Scope.COUNTY: 6, Scope.CITY: 4, Scope.PROVINCE: 2}[scope]
    return place[:digits] == there[:digits]


def _of_the_result(result: Result) -> _Stop | None:
    if not result.is_final:
        return _Stop(Outcome.NOT_APPLICABLE, Step.STATUS, "the result is not final")
    return None


def _of_the_matter(result: Result, matter: Matter | None) -> _Stop | None:
    if matter is None:
        return _Stop(Outcome.NOT_RECOGNISED, Step.MATTER, "the matter is not on the list")
    if result.department not in matter.departments:
        why = "the list does not name the department for this matter"
        return _Stop(Outcome.NOT_RECOGNISED, Step.DEPARTMENT, why)
    return None


def _of_the_reach(result: Result, there: str, rules: Rules) -> _Stop | None:
    if reaches(result.scope, result.place, result.region, there, rules.regions):
        return None
    return _Stop(Outcome.NOT_RECOGNISED, Step.SCOPE, "the result does not reach this place")


def _of_the_age(result: Result, matter: Matter | None, now: datetime) -> _Stop | None:
    age = now - result.found
    if age < timedelta(0):
        return _Stop(Outcome.NOT_RECOGNISED, Step.WINDOW, "it was found in the future")
    if matter is not None and age > matter.window:
        why = f"older than {matter.window.days} days"
        return _Stop(Outcome.NOT_RECOGNISED, Step.WINDOW, why)
    return None


def _matter(rule: Rule, name: str) -> Matter:
    days = rule.number("matters", name, "window_days")
    if days <= 0:
        raise rule.invalid(f"matters.{name}.window_days", "need more than 0")
    return Matter(timedelta(days=days), rule.texts("matters", name, "departments"))
