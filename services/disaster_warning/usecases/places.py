"""From a warning's area to its counties: shapes by overlap, codes by what lies below them."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Final

from services.disaster_warning.geography import area as shapes
from services.disaster_warning.geography.codes import expand
from services.disaster_warning.geography.targeting import RULE, Criteria, Overlap, Targeting
from services.disaster_warning.model.warning import Area, Circle, Colour, CountyTarget, Point
from services.disaster_warning.ports import Targeted
from services.plumbing.rules import RuleBook

AREAS_REMEMBERED: Final = 64
"""Drafts that are being written at the same time, generously."""


class CountyTargeting:
    """Implements ``ports.Targeting``."""

    def __init__(self, rules: RuleBook, targeting: Targeting, *, jurisdiction: str) -> None:
        self._rules = rules
        self._targeting = targeting
        self._jurisdiction = jurisdiction
        # Asked twice of one area: aside, where it may take seconds, and within the transaction.
        self._overlaps = functools.lru_cache(AREAS_REMEMBERED)(self._drawn)

    def target(self, area: Area, colour: Colour, *, now: datetime) -> Targeted:
        """Return the counties of an area, by share; raise InvalidArea or UnknownPlace.

        A county that is named by code counts whole, whatever part of it a shape takes in.
        """
        rule = self._rules.in_force(RULE, self._jurisdiction, now)
        counties = self._targeting.counties
        found: dict[str, tuple[float, int]] = {}
        drawn = bool(area.polygons or area.circles)
        if drawn:
            overlaps = self._overlaps(area.polygons, area.circles, Criteria.of(rule))
            found = {each.code: (each.share, each.people) for each in overlaps}
        for code in expand(area.place_codes, counties.codes):
            found[code] = (1.0, counties[code].population)
        targets = [
            CountyTarget(code, counties[code].name_zh, share, colour, people)
            for code, (share, people) in found.items()
        ]
        targets.sort(key=lambda each: (-each.share, each.place_code))
        population = sum(each.population for each in targets)
        return Targeted(tuple(targets), population, (rule.version,) if drawn else ())

    def _drawn(
        self,
        polygons: tuple[tuple[Point, ...], ...],
        circles: tuple[Circle, ...],
        criteria: Criteria,
    ) -> tuple[Overlap, ...]:
        drawn: list[shapes.Polygon | shapes.Circle] = [
            *(
                shapes.Polygon(tuple((each.latitude, each.longitude) for each in ring))
                for ring in polygons
            ),
            *(
                shapes.Circle(each.centre.latitude, each.centre.longitude, each.radius_km)
                for each in circles
            ),
        ]
        return self._targeting.target(drawn, criteria).counties
