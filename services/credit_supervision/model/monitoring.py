"""Monitors of polluters and hospitals that are watched: what of theirs is a lead for a person."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.plumbing.rules import Rule

LEADS: Final = "monitoring-leads"
HOUR_S: Final = 3_600


class State(enum.IntEnum):
    """Where a monitoring point stands; numbered as in the contract."""

    ACTIVE = 1
    RETIRED = 2


@dataclass(frozen=True)
class Point:
    """What is watched: a series with its greatest mean of an hour, or a hospital."""

    point_id: str
    code: str
    matter: str
    place: str
    permit_sha256: str
    created: datetime
    node: str = ""
    series: str = ""
    hour_mean_max: float = 0.0
    hospital: str = ""
    state: State = State.ACTIVE


@dataclass(frozen=True)
class Hour:
    """What a series showed in a clock hour: ``hour`` counts hours since 1970."""

    point_id: str
    hour: int
    count: int
    total: float

    @property
    def mean(self) -> float:
        """The mean of its readings."""
        return self.total / self.count


def is_lead(rule: Rule, point: Point, hour: Hour) -> bool:
    """Return whether an hour is above what the permit allows, by enough readings."""
    if hour.count < rule.number("readings_min"):
        return False
    return hour.mean > point.hour_mean_max * rule.number("share_of_limit")


def settled_before(rule: Rule, now: datetime) -> int:
    """Return the first hour that may still have readings on their way."""
    return int((now.timestamp() - 60 * rule.number("settle_minutes")) // HOUR_S)


def evidence(point: Point, hour: Hour) -> str:
    """Return what was seen, in one form for ever: its hash goes with the lead."""
    return (
        f"{point.point_id}|{point.node}/{point.series}|hour {hour.hour}|count {hour.count}"
        f"|mean {hour.mean!r}|max {point.hour_mean_max!r}|permit {point.permit_sha256}"
    )
