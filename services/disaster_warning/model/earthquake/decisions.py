"""What the tracker decides: solutions of earthquakes, and what is to become of their warnings."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from services.disaster_warning.model.earthquake.association import Basis
from services.disaster_warning.model.earthquake.counties import CountyTable
from services.disaster_warning.model.earthquake.features import PickKey
from services.disaster_warning.model.earthquake.location import Location
from services.disaster_warning.model.earthquake.magnitude import Magnitude
from services.disaster_warning.model.earthquake.no_attenuation import Observed
from services.disaster_warning.model.earthquake.screening import Exclusion


class Kind(enum.StrEnum):
    """What a decision does."""

    DETECT = "DETECT"
    """There is an earthquake, too weak or too far to tell. May become ISSUE."""
    ISSUE = "ISSUE"
    """Tell the public."""
    UPDATE = "UPDATE"
    """The solution has changed so much that whoever has the last must have this one."""
    CANCEL = "CANCEL"
    """There was no earthquake: stations that had to see it have not."""
    FINAL = "FINAL"
    """This is the last solution."""


@dataclass(frozen=True)
class ExcludedStation:
    """A station left out, and why."""

    station: str
    reason: Exclusion


@dataclass(frozen=True)
class Solution:
    """All that is known of an earthquake at ``time``. Times are Unix seconds.

    ``stations`` and ``picks`` are those that the location rests on, the earliest first.
    ``observed`` are the stations that the no-attenuation method used.
    """

    number: int
    time: float
    location: Location
    magnitude: Magnitude
    basis: Basis
    stations: tuple[str, ...]
    picks: tuple[PickKey, ...]
    excluded: tuple[ExcludedStation, ...]
    observed: Observed
    counties: CountyTable
    rule_version: str
    warrants_warning: bool


@dataclass(frozen=True)
class Decision:
    """One step of an earthquake's life. ``is_warning``: the public has been or is being told."""

    kind: Kind
    event_id: str
    solution: Solution
    is_warning: bool
    reason: str
