"""When a level has really changed, and which drafts that makes: one a county, not one a gauge."""

from __future__ import annotations

import enum
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.colours import Colour
from services.plumbing.rules import Rule

CHANGES: Final = "level-changes"
GAUGES_SHOWN: Final = 10
"""Gauges named in a proposal, the gravest first; how many there are is told beside."""

FORMAT: Final = 1

Levels = npt.NDArray[np.int8]


class Hazard(enum.Enum):
    """What is watched; the value is its name in rules and ids."""

    RAINSTORM = "rainstorm"
    DEBRIS_FLOW = "debris_flow"
    FLOOD = "flood"
    FOREST_FIRE_WEATHER = "forest_fire_weather"


class Change(enum.Enum):
    """What has become of a county's level."""

    BEGUN = "begun"
    RAISED = "raised"
    LOWERED = "lowered"
    ENDED = "ended"


class Route(enum.Enum):
    """Who sees a proposal first: a reviewer, or nobody because a rule says so beforehand."""

    REVIEW = "review"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class ChangeRule:
    """How long and how surely a level must be below before it falls, and what needs no review."""

    version: str
    falling_minutes: float
    coverage_min: float
    automatic: Mapping[Hazard, frozenset[Colour]]

    @classmethod
    def parse(cls, rule: Rule) -> ChangeRule:
        """Read the rule; raise InvalidRule for a hazard or colour that is none."""
        falling = rule.number("falling_minutes")
        coverage = rule.number("coverage_min")
        if falling < 0 or not 0 <= coverage <= 1:
            raise rule.invalid("falling_minutes", "need 0 or more, and coverage_min of 0..1")
        automatic = {}
        for name, colours in rule.table("automatic").items():
            try:
                hazard = Hazard(name)
                automatic[hazard] = frozenset(Colour[str(each).upper()] for each in colours)
            except (ValueError, KeyError) as error:
                raise rule.invalid(f"automatic.{name}", f"{error} is not known") from error
            if Colour.NONE in automatic[hazard]:
                raise rule.invalid(f"automatic.{name}", "none is no colour to issue")
        return cls(rule.version, falling, coverage, automatic)

    def route(self, hazard: Hazard, colour: Colour) -> Route:
        """Return who sees a proposal first. What ends or falls below every colour is reviewed."""
        allowed = colour in self.automatic.get(hazard, frozenset())
        return Route.AUTOMATIC if allowed else Route.REVIEW


@dataclass(frozen=True)
class Proposal:
    """A draft warning for one county, or a change of one.

    ``proposal_id`` is the same whenever the same state is evaluated again. ``episode`` is the
    minute of the epoch at which the county's level left NONE: one warning, with its updates.
    ``gauges`` are indexes, the gravest first, at most :data:`GAUGES_SHOWN` of ``gauge_count``.
    """

    proposal_id: str
    hazard: Hazard
    county: str
    change: Change
    colour: Colour
    previous: Colour
    route: Route
    episode: int
    minute: int
    gauges: tuple[int, ...]
    gauge_count: int
    rule_version: str


class LevelChanges:
    """Levels of gauges held against flapping, and of counties as they were last proposed.

    ``counties`` (gauges): the GB/T 2260 code of each gauge. State is a few bytes a gauge.
    """

    def __init__(self, hazard: Hazard, counties: Sequence[str]) -> None:
        self.hazard: Final = hazard
        self.counties, place = np.unique(np.asarray(counties, np.str_), return_inverse=True)
        self._county = place.astype(np.int64)
        gauges, areas = len(counties), len(self.counties)
        self._held = np.zeros(gauges, np.int8)
        self._peak = np.zeros(gauges, np.int8)
        self._below_since = np.full(gauges, -1, np.int64)
        self._proposed = np.zeros(areas, np.int8)
        self._episode = np.full(areas, -1, np.int64)
        self._number = np.zeros(areas, np.int64)

    @property
    def held(self) -> Levels:
        """Each gauge's level, as held: (gauges,). Not to be changed."""
        return self._held

    @property
    def proposed(self) -> dict[str, Colour]:
        """Each county's colour as it was last proposed, NONE where nothing stands."""
        return {
            str(county): Colour(int(colour))
            for county, colour in zip(self.counties, self._proposed, strict=True)
        }

    def step(
        self,
        level: Levels,
        severity: npt.NDArray[np.floating[Any]],
        certain: npt.NDArray[np.bool_],
        minute: int,
        rule: ChangeRule,
    ) -> list[Proposal]:
        """Take one evaluation of all gauges; return what has changed, by county.

        ``level`` (gauges,) as evaluated, ``severity`` orders gauges of one level, ``certain`` says
        where enough is known to lower a level, ``minute`` is of the epoch.
        """
        self._hold(level, certain, minute, rule)
        grave = np.zeros(len(self.counties), np.int8)
        np.maximum.at(grave, self._county, self._held)
        return [
            self._propose(int(place), Colour(int(grave[place])), severity, minute, rule)
            for place in np.flatnonzero(grave != self._proposed)
        ]

    def _hold(
        self, level: Levels, certain: npt.NDArray[np.bool_], minute: int, rule: ChangeRule
    ) -> None:
        """Raise at once; lower, to the highest seen meanwhile, after long enough below."""
        lower = (level < self._held) & certain
        starts = lower & (self._below_since < 0)
        self._below_since[starts] = minute
        self._peak[starts] = 0
        np.maximum(self._peak, level, out=self._peak, where=lower)
        falls = lower & (minute - self._below_since >= rule.falling_minutes)
        self._held[falls] = self._peak[falls]
        # A level lowered to what was passed meanwhile may have to fall on: its time starts anew.
        self._below_since[falls | ~lower] = -1
        np.maximum(self._held, level, out=self._held)

    def _propose(
        self,
        place: int,
        colour: Colour,
        severity: npt.NDArray[np.floating[Any]],
        minute: int,
        rule: ChangeRule,
    ) -> Proposal:
        previous = Colour(int(self._proposed[place]))
        if previous is Colour.NONE:
            self._episode[place], self._number[place] = minute, 0
        self._number[place] += 1
        self._proposed[place] = colour
        county = str(self.counties[place])
        members = np.flatnonzero((self._county == place) & (self._held > Colour.NONE))
        order = np.lexsort((-severity[members], -self._held[members].astype(np.int64)))
        episode = int(self._episode[place])
        return Proposal(
            proposal_id=f"{self.hazard.value}/{county}/{episode}/{self._number[place]}",
            hazard=self.hazard,
            county=county,
            change=_change(previous, colour),
            colour=colour,
            previous=previous,
            route=rule.route(self.hazard, colour),
            episode=episode,
            minute=minute,
            gauges=tuple(int(each) for each in members[order][:GAUGES_SHOWN]),
            gauge_count=len(members),
            rule_version=rule.version,
        )

    def rearranged(
        self, counties: Sequence[str], source: npt.NDArray[np.integer[Any]]
    ) -> LevelChanges:
        """Return levels of gauges in a new order: as ``source`` was here, NONE where that is -1.

        Counties keep what was proposed for them; a county without a gauge left is forgotten.
        """
        changes = LevelChanges(self.hazard, counties)
        new = np.flatnonzero(source >= 0)
        old = source[new]
        changes._held[new] = self._held[old]
        changes._peak[new] = self._peak[old]
        changes._below_since[new] = self._below_since[old]
        _, to, kept = np.intersect1d(changes.counties, self.counties, return_indices=True)
        changes._proposed[to] = self._proposed[kept]
        changes._episode[to] = self._episode[kept]
        changes._number[to] = self._number[kept]
        return changes

    def to_bytes(self) -> bytes:
        """Return the state, for a restart."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            format=np.int64(FORMAT),
            hazard=np.str_(self.hazard.value),
            counties=self.counties[self._county],
            held=self._held,
            peak=self._peak,
            below_since=self._below_since,
            proposed=self._proposed,
            episode=self._episode,
            number=self._number,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Return levels as :meth:`to_bytes` left them; raise ValueError for another format."""
        with np.load(io.BytesIO(state), allow_pickle=False) as stored:
            if int(stored["format"]) != FORMAT:
                raise ValueError(f"level state of format {stored['format']}, need {FORMAT}")
            changes = cls(Hazard(str(stored["hazard"])), [str(each) for each in stored["counties"]])
            changes._held[:] = stored["held"]
            changes._peak[:] = stored["peak"]
            changes._below_since[:] = stored["below_since"]
            changes._proposed[:] = stored["proposed"]
            changes._episode[:] = stored["episode"]
            changes._number[:] = stored["number"]
        return changes


def _change(previous: Colour, colour: Colour) -> Change:
    if previous is Colour.NONE:
        return Change.BEGUN
    if colour is Colour.NONE:
        return Change.ENDED
    return Change.RAISED if colour > previous else Change.LOWERED
