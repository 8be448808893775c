"""A pick as the features of its seconds add up, whatever order they come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.disaster_warning.model.earthquake.features import PickKey, StationFeatures

LAW_WINDOW_S: Final = 3.0
"""Window for which the relations of Pd and tau_c were fitted (Wu & Zhao 2006; Kanamori 2005)."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One P pick: the newest features, and the last that lie within the first three seconds."""

    initial: StationFeatures
    latest: StationFeatures

    @property
    def key(self) -> PickKey:
        """Return the identity of the pick."""
        return self.latest.key

    @property
    def station(self) -> str:
        """Return the station."""
        return self.latest.station

    @property
    def time(self) -> float:
        """Return the time of the P onset, as refined last."""
        return self.latest.pick_time

    def with_features(self, features: StationFeatures) -> Pick:
        """Return the pick with one more second known; itself when that tells nothing new."""
        latest = self.latest if _rank(features) <= _rank(self.latest) else features
        initial = self.initial if not _better_initial(features, self.initial) else features
        if latest is self.latest and initial is self.initial:
            return self
        return Pick(initial, latest)


def order(pick: Pick) -> tuple[float, str, int]:
    """Return the key that sorts picks the same way whatever order they came in."""
    return (pick.time, pick.station, pick.latest.pick_id)


def in_order(picks: Mapping[PickKey, Pick], keys: Sequence[PickKey]) -> tuple[PickKey, ...]:
    """Return keys as ``order`` sorts picks; of hundreds, so without a property's call each."""
    return tuple([key for _, key in sorted([(picks[key].latest.pick_time, key) for key in keys])])


def _rank(features: StationFeatures) -> tuple[float, int]:
    return (features.elapsed_s, features.sequence)


def _better_initial(new: StationFeatures, old: StationFeatures) -> bool:
    inside_new, inside_old = new.elapsed_s <= LAW_WINDOW_S, old.elapsed_s <= LAW_WINDOW_S
    if inside_new != inside_old:
        return inside_new
    # Both inside: the longer window; both outside (the first seconds were lost): the shorter.
    return _rank(new) > _rank(old) if inside_new else _rank(new) < _rank(old)
