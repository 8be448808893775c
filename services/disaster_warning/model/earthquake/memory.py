"""What a tracker is given once, and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.disaster_warning.model.earthquake.counties import Counties
from services.disaster_warning.model.earthquake.event import Event
from services.disaster_warning.model.earthquake.features import PickKey
from services.disaster_warning.model.earthquake.picks import Pick
from services.disaster_warning.model.earthquake.screening import Exclusion
from services.disaster_warning.model.earthquake.stations import Network
from services.disaster_warning.model.earthquake.thresholds import Home, Thresholds


@dataclass(frozen=True)
class Setting:
    """What stays while a tracker lives: places, home, thresholds and the rule they come from."""

    counties: Counties
    home: Home
    thresholds: Thresholds
    rule_version: str


@dataclass(frozen=True)
class TrackerState:
    """A tracker's memory: immutable, so that it may be kept, compared and restored."""

    network: Network
    now: float
    picks: Mapping[PickKey, Pick]
    owner: Mapping[PickKey, str]
    fresh: frozenset[PickKey]
    coda: frozenset[PickKey]
    events: Mapping[str, Event]
    excluded: Mapping[str, tuple[Exclusion, float]]
