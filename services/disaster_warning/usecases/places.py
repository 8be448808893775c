"""From a warning's area to its counties: shapes by overlap, codes by what lies below them."""

from __future__ import annotations

from datetime import datetime

from services.disaster_warning.geography import area as shapes
from services.disaster_warning.geography.codes import expand
from services.disaster_warning.geography.targeting import RULE, Criteria, Overlap, Targeting
from services.disaster_warning.model.warning import Area, Colour, CountyTarget
from services.disaster_warning.ports import Targeted
from services.plumbing.rules import RuleBook


class CountyTargeting:
    """Implements ``ports.Targeting``."""

    def __init__(self, rules: RuleBook, targeting: Targeting, *, jurisdiction: str) -> None:
        self._rules = rules
        self._targeting = targeting
        self._jurisdiction = jurisdiction

    def target(self, area: Area, colour: Colour, *, now: datetime) -> Targeted:
        """Return the counties of an area, by share; raise InvalidArea or UnknownPlace.

        A county that is named by code counts whole, whatever part of it a shape takes in.
        """
        rule = self._rules.in_force(RULE, self._jurisdiction, now)
        counties = self._targeting.counties
        found: dict[str, tuple[float, int]] = {}
        drawn: list[shapes.Polygon | shapes.Circle] = [
            *(
                shapes.Polygon(tuple((each.latitude, each.longitude) for each in ring))
                for ring in area.polygons
            ),
            *(
                shapes.Circle(each.centre.latitude, each.centre.longitude, each.radius_km)
                for each in area.circles
            ),
        ]
        if drawn:
            overlaps: tuple[Overlap, ...] = self._targeting.target(
                drawn, Criteria.of(rule)
            ).counties
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
