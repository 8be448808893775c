"""What a hospital can take, after OASIS EDXL-HAVE: by bed and by triage colour, with its age.

A report is believed for a while only. Later it still counts, as what was last known, and every
plan that used it says so: no answer is not the same as no bed.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.healthcare.model.triage import Tag
from services.plumbing.refusal import Aborted, InvalidArgument
from services.plumbing.rules import Rule

RULE: Final = "bed-reports"

BEDS_MAX: Final = 100_000
"""Of one type in one hospital: more is a mistake of units."""

CLOCK_AHEAD_MAX: Final = timedelta(minutes=5)
"""How far a report may be ahead of us: clocks differ, a report from tomorrow is wrong."""

COLOURS: Final = (Tag.RED, Tag.YELLOW, Tag.GREEN, Tag.BLACK)
"""Classes that are sent to hospitals, gravest first."""


class InvalidCapacity(InvalidArgument):
    """A report that can't be."""

    reason = "INVALID_CAPACITY"


class ReportOutdated(Aborted):
    """A newer report of this hospital is known."""

    reason = "REPORT_OUTDATED"


class Emergency(enum.IntEnum):
    """Whether the emergency department takes people in; numbered as in the contract."""

    OPEN = 1
    FULL = 2
    DIVERTING = 3
    CLOSED = 4


class BedType(enum.StrEnum):
    """Beds that are counted apart."""

    ICU = "icu"
    WARD = "ward"
    BURN = "burn"
    PAEDIATRIC = "paediatric"
    ISOLATION = "isolation"


@dataclass(frozen=True, slots=True)
class Beds:
    """Of one type: set up, free now, and free within a day and three if need be."""

    baseline: int
    available: int
    surge_24h: int
    surge_72h: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """One hospital's report at ``report_time``. ``casualties`` is what it can take, by colour."""

    hospital_id: str
    emergency: Emergency
    beds: Mapping[BedType, Beds]
    casualties: Mapping[Tag, int]
    offload_minutes: float
    report_time: datetime


@dataclass(frozen=True, slots=True)
class Staleness:
    """How long a report is believed."""

    version: str
    usually: timedelta
    in_incident: timedelta

    @classmethod
    def parse(cls, rule: Rule) -> Staleness:
        """Read the rule; raise InvalidRule for what cannot be."""
        usually, incident = rule.number("stale_minutes"), rule.number("stale_minutes_in_incident")
        if not 0 < incident <= usually:
            raise rule.invalid("stale_minutes_in_incident", "need 0 < it <= stale_minutes")
        return cls(rule.version, timedelta(minutes=usually), timedelta(minutes=incident))

    def is_stale(self, report_time: datetime, now: datetime, *, incident: bool) -> bool:
        """Return whether a report is older than it is believed."""
        return now - report_time > (self.in_incident if incident else self.usually)


def checked(new: Capacity, known: Capacity | None, now: datetime) -> Capacity:
    """Return a report that may replace what is known; raise InvalidCapacity or ReportOutdated."""
    if new.report_time > now + CLOCK_AHEAD_MAX:
        raise InvalidCapacity("the report is from the future", field="report_time")
    if known is not None and new.report_time < known.report_time:
        raise ReportOutdated("a newer report is known; read it again", field="report_time")
    for kind, beds in new.beds.items():
        counts = (beds.baseline, beds.available, beds.surge_24h, beds.surge_72h)
        if not all(0 <= count <= BEDS_MAX for count in counts):
            raise InvalidCapacity(f"need 0 to {BEDS_MAX} beds", field=f"beds.{kind.value}")
        if beds.surge_72h < beds.surge_24h:
            raise InvalidCapacity(
                "three days can't give fewer beds than one", field=f"beds.{kind.value}.surge_72h"
            )
    for tag, count in new.casualties.items():
        if tag not in COLOURS or not 0 <= count <= BEDS_MAX:
            raise InvalidCapacity(
                f"need 0 to {BEDS_MAX} of a class", field=f"casualties.{tag.name.lower()}"
            )
    if not 0 <= new.offload_minutes <= timedelta(days=1) / timedelta(minutes=1):
        raise InvalidCapacity("need 0 to 1440 minutes", field="offload_minutes")
    return new
