"""Whether a later, lower magnitude may take the place of the one that stands.

Displacement within a window is a running maximum: at one distance it never falls, and since a
window shows no more than the part of the rupture that it holds (saturation), what a whole window
has shown is a lower bound of the earthquake. What falls afterwards is made by the joining of
stations and by what is taken off for S waves, whose error is as large as the fall. So a magnitude
that rests on whole windows stands until it is exceeded, or until one of three things says why it
was too high:

- ``PICKS_LET_GO``: a station that it rested on is no longer thought to be of this earthquake;
- ``EPICENTRE``: the source has moved so far that its distances were wrong;
- ``STATIONS``: half as many stations again have seen whole windows.

Before any station has seen three seconds, for which the relations were made, nothing stands.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final

from services.disaster_warning.model.earthquake.association import epicentres_apart_km
from services.disaster_warning.model.earthquake.location import Location
from services.disaster_warning.model.earthquake.magnitude import Magnitude

GROWN: Final = 1.5
"""By so much more stations with whole windows, a lower magnitude is the better one."""


class Fall(enum.StrEnum):
    """Why a magnitude differs from the one that these features give, or is below the last."""

    NONE = ""
    HELD = "HELD"
    PICKS_LET_GO = "PICKS_LET_GO"
    EPICENTRE = "EPICENTRE"
    STATIONS = "STATIONS"


@dataclass(frozen=True, slots=True)
class Standing:
    """The magnitude that stands, and what it rested on. ``whole``: stations with whole windows."""

    value: float
    location: Location
    stations: frozenset[str]
    whole: int


def stand(
    found: Magnitude,
    location: Location,
    stations: frozenset[str],
    whole: int,
    before: Standing | None,
    move_km: float,
) -> tuple[Magnitude, Standing | None]:
    """Return the magnitude to tell, and what stands from now on.

    ``found`` is what the features give now; ``move_km`` is how far a source moves before its
    distances count as wrong.
    """
    if whole == 0:
        return found, before
    now = Standing(found.value, location, stations, whole)
    if before is None or found.value >= before.value:
        return found, now
    fall = _why(now, before, move_km)
    if fall is Fall.HELD:
        return replace(found, value=before.value, fall=fall), before
    return replace(found, fall=fall), now


def _why(now: Standing, before: Standing, move_km: float) -> Fall:
    if before.stations - now.stations:
        return Fall.PICKS_LET_GO
    if epicentres_apart_km(now.location, before.location) >= move_km:
        return Fall.EPICENTRE
    return Fall.STATIONS if now.whole >= GROWN * before.whole else Fall.HELD
