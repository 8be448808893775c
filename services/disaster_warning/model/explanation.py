"""Why a gauge has the level it has: a record that stands by itself, and one line to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.rain import RainEvent

WELL_KNOWN: Final = 0.995
"""Coverage from which a line does not mention it."""


@dataclass(frozen=True)
class Explanation:
    """Inputs, threshold and rules of one level of one gauge.

    ``observed_mm`` fell within the last ``hours`` (and is expected to, where a forecast decided);
    ``threshold_mm`` is after the factors for an earthquake and wet ground, both 1 where nothing is
    lowered. ``coverage`` is the part of those hours that is known. ``event`` is the rain event's
    extent in minutes of the epoch. ``verified`` says whether every rule's source has been read.
    """

    gauge_id: str
    county: str
    hazard: Hazard
    time: datetime
    colour: Colour
    hours: int
    observed_mm: float
    threshold_mm: float
    ratio: float
    coverage: float
    antecedent_mm: float
    antecedent_factor: float
    earthquake_factor: float
    region: str
    extrapolated: bool
    event: RainEvent | None
    rule_versions: tuple[str, ...]
    verified: bool

    @property
    def text(self) -> str:
        """One line in English, for logs and the command line; the public gets other wording."""
        if not self.hours:
            return f"{self.gauge_id} in {self.county}: no rain is known, so no level"
        notes = [self.region] if self.region else []
        if self.earthquake_factor < 1:
            notes.append(f"lowered to {self.earthquake_factor:.0%} after an earthquake")
        if self.antecedent_factor < 1:
            notes.append(f"lowered to {self.antecedent_factor:.0%} on wet ground")
        if self.extrapolated:
            notes.append("continued beyond the hours of its fit")
        beside = f" ({', '.join(notes)})" if notes else ""
        known = "" if self.coverage >= WELL_KNOWN else f", {self.coverage:.0%} of the time known"
        return (
            f"{self.gauge_id} in {self.county}: {self.observed_mm:.1f} mm in {self.hours} h is "
            f"{self.ratio:.2f} of {self.threshold_mm:.1f} mm{beside}{known}: "
            f"{self.colour.name.lower()} by {', '.join(self.rule_versions)}"
        )
