"""The wake of an earthquake: all that a station picks after P while the ground still moves there.

A picker that takes coda for P sends picks for a minute and more, at every station, and some two of
them agree with a source by chance. What shakes more than the earthquake itself did is no wake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake import association
from services.disaster_warning.model.earthquake.event import Event, State
from services.disaster_warning.model.earthquake.features import PickKey
from services.disaster_warning.model.earthquake.intensity import user_intensity
from services.disaster_warning.model.earthquake.picks import Pick
from services.disaster_warning.model.earthquake.travel_time import TravelTimes

WAKE_DEGREES: Final = 1.0
"""What shakes no more than this above an earthquake's own intensity at a place may be its wake: by
so much do single stations scatter around the relation."""

WAKE_S: Final = 60.0
"""From S on. Of a magnitude 7 nine tenths of the shaking come within half of that, out to 100 km
(significant duration, 5 to 95 % of the energy: Kempton and Stewart 2006); what is as strong after
it is another earthquake."""

WAKE_MAGNITUDE: Final = 6.5
"""A smaller earthquake shakes for seconds, and may be a greater one's foreshock: it has no wake."""


def in_wake(
    picks: Sequence[Pick], events: Iterable[Event], times: TravelTimes
) -> frozenset[PickKey]:
    """Return the picks that may be the wake of an earthquake that is known: it passed there."""
    found: set[PickKey] = set()
    onsets = np.array([pick.time for pick in picks])
    shaken = np.array([pick.latest.intensity for pick in picks])
    for event in events if picks else ():
        if event.state is State.FALSE or event.published is None:
            continue
        if event.published.magnitude.value < WAKE_MAGNITUDE:
            continue
        location = event.location
        away, _ = association.hypocentral(location, picks)
        after = onsets - location.origin_time
        weights = location.depth_weights()
        late = after - times.p_at_depths(away, weights)
        is_over = after - times.s_at_depths(away, weights) > WAKE_S
        felt = user_intensity(event.published.magnitude.value, away)
        is_after = late > association.tolerance_s(away, location)
        is_wake = is_after & ~is_over & (shaken <= felt + WAKE_DEGREES)
        found |= {pick.key for pick, is_one in zip(picks, is_wake, strict=True) if is_one}
    return frozenset(found)
