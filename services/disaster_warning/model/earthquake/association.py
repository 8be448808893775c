"""Which picks are of one earthquake (震相关联): by travel time, and by who ought to have seen it.

Picks make an earthquake when

- three stations or more agree with one source (``NETWORK``), or
- two do, and one of them shows damage-bearing motion on its own: tau_c and Pd (``ON_SITE``), or
- two within 30 km do, and both observe strong shaking (``OBSERVED``),

and of the stations online that the wave has passed by now, half at least have picked it. That
last condition is what keeps noise, of which a thousand stations have plenty, from adding up.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake.features import PickKey, StationFeatures
from services.disaster_warning.model.earthquake.geodesy import (
    KM_PER_DEGREE,
    Floats,
    Plane,
    distance_km,
)
from services.disaster_warning.model.earthquake.location import (
    SEARCH_KM,
    SILENT_MAX,
    Arrivals,
    Location,
    Silence,
    locate,
)
from services.disaster_warning.model.earthquake.no_attenuation import SECOND_BELOW
from services.disaster_warning.model.earthquake.picks import Pick, order
from services.disaster_warning.model.earthquake.stations import Network
from services.disaster_warning.model.earthquake.thresholds import Thresholds
from services.disaster_warning.model.earthquake.travel_time import TravelTimes

STATIONS_MIN: Final = 3
"""Stations that make an earthquake without further evidence."""

PAIR_KM: Final = 120.0
"""Farthest apart that two stations begin an event together; an inland network is denser."""

SLOWEST_P_KM_S: Final = 5.8
"""Onsets of one wave differ by no more than their distance at this speed (the upper crust's)."""

ONSET_ERROR_S: Final = 1.0
"""What an onset, and the crust under its station, may be off (Ridgecrest's CLC: 1.0 s)."""

SIMULTANEOUS_S: Final = 0.1
"""Onsets all within this are a calibration pulse, until a station later than that agrees."""

PASSED_SHARE_MIN: Final = 0.5
"""Least share of the stations passed by the wave that have picked it."""

CODA_STATIONS_MIN: Final = 5
"""Picks that an earthquake's coda explains make another one from so many stations on: what strikes
while the last still shakes is told as well, and coda does not cross a network as P does."""

CODA_SHARE_MIN: Final = 0.7
"""Of the stations near by that picked something lately, so many must have done so in time for P
to have crossed them: S takes nearly twice as long."""

CODA_NEAR_KM: Final = 60.0
"""Near by, for that."""

SLOWEST_S_KM_S: Final = 3.3
"""Speed of S in the upper crust: 5.8 km/s by the square root of three."""

LATENCY_S: Final = 2.0
"""A pick's first second of record, then 0.3 s to process and 0.7 s for a slow link."""

DELAY_S: Final = 1.0
"""Of LATENCY_S what comes after the record's end."""

LATE_MOST_S: Final = 10.0
"""What slow links may excuse: false events have to be cancelled within 30 s."""

LET_GO_MAX: Final = 4
"""Picks let go in one go: each costs another location, and the budget is a few."""

MEMBERS_MAX: Final = 16
"""Most picks that an event begins with."""

PAIRS_MAX: Final = 6
"""Pairs that one search looks at, the nearest first: where more than a few stations are near, three
of them make an earthquake sooner, and each pair costs a location or more."""

PLANE_WAVE_PICKS: Final = 5
"""From so many picks on, a plane wave is told from a near source."""

PLANE_WAVE_KM_S: Final = 10.0
"""Apparent speed above any P wave of the crust and its mantle (8.04 km/s)."""

PLANE_WAVE_SPREAD_KM: Final = 60.0
"""Least extent of the stations for that: right above a source, waves run fast everywhere."""

OUTSIDE_KM: Final = 50.0
"""A source farther than this from each station lies outside the network."""

OUTSIDE_STATIONS_MIN: Final = 5
"""Stations that a source outside needs: three chance onsets fit one far away all too easily."""

ORDER_S: Final = 0.5
"""Onsets this close may come in either order: pick errors and the crust's unevenness."""

OBSERVED_SECOND: Final = SECOND_BELOW
"""How much weaker the second of two stations may shake for ``OBSERVED`` (Cochran et al. 2019)."""


class Basis(enum.StrEnum):
    """What made picks an earthquake."""

    NETWORK = "NETWORK"
    ON_SITE = "ON_SITE"
    OBSERVED = "OBSERVED"


@dataclass(frozen=True)
class Candidate:
    """Picks that make an earthquake, and where it is."""

    picks: tuple[Pick, ...]
    location: Location
    basis: Basis


@dataclass(frozen=True)
class Scene:
    """What picks are judged against: the network, who has spoken, and the time."""

    network: Network
    spoken: frozenset[str]
    """Stations whose silence means nothing: they have picked something, or are left out."""
    now: float
    times: TravelTimes
    thresholds: Thresholds

    def as_heard(self, picks: Iterable[Pick]) -> Scene:
        """Return the scene of the time up to which messages as late as these picks' are here."""
        return replace(self, now=self.now - lateness_s(picks))


def apart_km(one: StationFeatures, other: StationFeatures) -> float:
    """Return the distance of two stations, flat."""
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return math.hypot(east, one.latitude - other.latitude) * KM_PER_DEGREE


def is_on_site(features: StationFeatures, thresholds: Thresholds) -> bool:
    """Return whether one station alone shows motion that will do damage (Wu & Kanamori 2005)."""
    return (
        features.tau_c_s > thresholds.on_site_tau_c_s and features.pd_cm > thresholds.on_site_pd_cm
    )


def strength(features: StationFeatures, thresholds: Thresholds) -> int:
    """Return how much a station shows towards two stations sufficing; more is worth a new look."""
    observed = thresholds.observed_intensity
    return (
        is_on_site(features, thresholds)
        + (features.intensity >= observed)
        + (features.intensity >= observed - OBSERVED_SECOND)
    )


def tolerance_s(distance_km: Floats, location: Location) -> Floats:
    """Return how far an onset may be off: pick, crust, and the error of the location itself."""
    result: Floats = ONSET_ERROR_S + 0.02 * distance_km + min(location.error_km, 20.0) / 8.0
    return result


def hypocentral(location: Location, picks: Sequence[Pick]) -> tuple[Floats, Floats]:
    """Return epicentral and hypocentral distances in km."""
    away = distance_km(
        location.latitude,
        location.longitude,
        np.array([pick.latest.latitude for pick in picks]),
        np.array([pick.latest.longitude for pick in picks]),
    )
    return away, np.hypot(away, location.depth_km)


def epicentres_apart_km(one: Location, other: Location) -> float:
    """Return the distance between two epicentres."""
    plane = Plane(one.latitude, one.longitude)
    east, north = plane.project(np.array([other.latitude]), np.array([other.longitude]))
    return math.hypot(float(east[0]), float(north[0]))


def residuals_s(location: Location, picks: Sequence[Pick], times: TravelTimes) -> Floats:
    """Return by how much each onset comes later than the location says."""
    away, _ = hypocentral(location, picks)
    travel = times.p_at_depths(away, location.depth_weights())
    return np.array([pick.time for pick in picks]) - location.origin_time - travel


def earliest_s(location: Location) -> float:
    """Return when the first onset may be that a location explains: nobody picks P before it."""
    return location.origin_time - ONSET_ERROR_S - min(location.error_km, 20.0) / 8.0


def felt(location: Location, picks: Sequence[Pick], times: TravelTimes) -> set[str]:
    """Return the stations of those picks that came when this location's P had to."""
    late = np.abs(residuals_s(location, picks, times))
    away, _ = hypocentral(location, picks)
    fits = late <= tolerance_s(away, location)
    return {pick.station for pick, is_due in zip(picks, fits, strict=True) if is_due}


def fit(picks: Sequence[Pick], scene: Scene, least: int) -> tuple[tuple[Pick, ...], Location]:
    """Return the picks that agree with one source, and the source.

    The pick that disagrees most is let go, one after another, while more than ``least`` stay,
    at most ``LET_GO_MAX``: picks that disagree more are no event.
    """
    members = tuple(sorted(picks, key=order))
    enough = max(least, len(members) - LET_GO_MAX)
    while True:
        location = place(members, scene)
        away, _ = hypocentral(location, members)
        excess = np.abs(residuals_s(location, members, scene.times)) - tolerance_s(away, location)
        worst = int(np.argmax(excess))
        if excess[worst] <= 0.0 or len(members) <= enough:
            return members, location
        members = members[:worst] + members[worst + 1 :]


def place(picks: Sequence[Pick], scene: Scene) -> Location:
    """Return the location of these picks, given the silence of the others."""
    first = picks[0].latest
    members = {pick.station for pick in picks}
    near = scene.network.near(first.latitude, first.longitude, SEARCH_KM, 4 * SILENT_MAX)
    silent = near.without(scene.spoken | members)
    arrivals = Arrivals(
        np.array([pick.latest.latitude for pick in picks]),
        np.array([pick.latest.longitude for pick in picks]),
        np.array([pick.time for pick in picks]),
    )
    silence = Silence(silent.latitude, silent.longitude, scene.now - LATENCY_S)
    return locate(arrivals, silence, scene.times)


@dataclass(frozen=True)
class Passed:
    """Stations online that the P wave has passed: those that picked it, and those that did not.

    ``early`` are those that picked it though their messages did not have to be here by now.
    """

    heard: int
    silent: int
    early: int = 0

    @property
    def share(self) -> float:
        """Return the share that picked it, 1 when there was none to ask."""
        return self.heard / (self.heard + self.silent) if self.heard + self.silent else 1.0


def passed(
    location: Location,
    heard: Iterable[str],
    within_km: float,
    scene: Scene,
    *,
    by: float = -math.inf,
) -> Passed:
    """Return who has picked the wave of those within a distance that it has passed by now.

    ``by`` is an onset whose message is here: what came before it should be here as well.
    """
    near = scene.network.near(location.latitude, location.longitude, within_km, 64)
    if not near.names:
        return Passed(0, 0)
    away = distance_km(location.latitude, location.longitude, near.latitude, near.longitude)
    travel = scene.times.p_at_depths(away, location.depth_weights())
    # A margin for the location's own error, at the speed of P.
    margin = ORDER_S + min(location.error_km, 20.0) / SLOWEST_P_KM_S
    until = max(scene.now - LATENCY_S - margin, by - ORDER_S)
    due = location.origin_time + travel < until
    stations = frozenset(heard)
    has_picked = np.array([name in stations for name in near.names], np.bool_)
    heard_of = int(np.count_nonzero(due & has_picked))
    silent = int(np.count_nonzero(due)) - heard_of
    return Passed(heard_of, silent, int(np.count_nonzero(has_picked)) - heard_of)


def lateness_s(picks: Iterable[Pick]) -> float:
    """Return by how much messages come later than LATENCY_S allows for, as these picks did.

    Where messages are late, stations are silent everywhere, and it is an earthquake all the same.
    """
    # Written out, for there are thousands and each decision asks: ``delay_s`` of the features.
    delays = [
        said.received_time - said.pick_time - said.elapsed_s
        for pick in picks
        for said in (pick.initial, pick.latest)
    ]
    return min(max(max(delays, default=0.0) - DELAY_S, 0.0), LATE_MOST_S)


def find(
    seed: Pick, pending: Iterable[Pick], scene: Scene, wake: Collection[PickKey] = frozenset()
) -> Candidate | None:
    """Return the earthquake that a pick completes, None if it completes none.

    Picks of a ``wake`` may be of an earthquake that is known: they bear others out, and make
    nothing by themselves.
    """
    partners = _partners(seed, pending)
    found = _network(seed, partners, scene, STATIONS_MIN)
    if found is not None and sum(one.key not in wake for one in found.picks) >= STATIONS_MIN:
        return found
    pairs = 0
    for partner in partners if seed.key not in wake else ():
        if partner.key in wake:
            continue
        basis = _pair_basis(seed, partner, scene.thresholds)
        if basis is None or abs(seed.time - partner.time) <= SIMULTANEOUS_S:
            continue
        members, location = fit((seed, partner), scene, 2)
        if _is_source(members, location, scene):
            return Candidate(members, location, basis)
        pairs += 1
        if pairs == PAIRS_MAX:
            break
    return None


def find_in_coda(seed: Pick, pending: Iterable[Pick], scene: Scene) -> Candidate | None:
    """Return the earthquake that a pick completes while another shakes the ground, None if none.

    ``pending`` are also picks that the other explains, by S or coda. Most of them are no P, and
    some fit one by chance: so more stations are asked for. S crosses stations too slowly for P:
    that is found out before anything is located.
    """
    pending = list(pending)
    partners = _partners(seed, pending)
    if len(partners) + 1 < CODA_STATIONS_MIN or not _runs_as_p(seed, partners, pending):
        return None
    return _network(seed, partners, scene, CODA_STATIONS_MIN)


def _runs_as_p(seed: Pick, partners: Iterable[Pick], pending: Iterable[Pick]) -> bool:
    """Return whether most of the stations around that picked something lately may have picked P."""
    lately = CODA_NEAR_KM / SLOWEST_S_KM_S + ONSET_ERROR_S
    around = {
        pick.station
        for pick in pending
        if abs(pick.time - seed.time) <= lately
        and apart_km(seed.latest, pick.latest) <= CODA_NEAR_KM
    }
    might = sum(partner.station in around for partner in partners)
    return might >= CODA_SHARE_MIN * len(around - {seed.station})


def _network(seed: Pick, partners: Sequence[Pick], scene: Scene, least: int) -> Candidate | None:
    clique = [seed]
    for partner in partners:
        if len(clique) < MEMBERS_MAX and all(_feasible(partner, member) for member in clique):
            clique.append(partner)
    if len(clique) < least:
        return None
    members, location = fit(clique, scene, least)
    if seed in members and _is_source(members, location, scene):
        return Candidate(members, location, Basis.NETWORK)
    return None


def _partners(seed: Pick, pending: Iterable[Pick]) -> list[Pick]:
    """Return the first feasible pick of each other station, the nearest station first."""
    first: dict[str, Pick] = {}
    reach = PAIR_KM / SLOWEST_P_KM_S + 2.0 * ONSET_ERROR_S
    began = seed.time - reach
    near = [
        p for p in pending if 0.0 <= p.time - began <= 2.0 * reach and p.station != seed.station
    ]
    for pick in sorted(near, key=order):
        if pick.station not in first and _feasible(seed, pick):
            first[pick.station] = pick
    return sorted(
        first.values(), key=lambda pick: (apart_km(seed.latest, pick.latest), order(pick))
    )


def _feasible(one: Pick, other: Pick) -> bool:
    away = apart_km(one.latest, other.latest)
    limit = away / SLOWEST_P_KM_S + ONSET_ERROR_S
    return away <= PAIR_KM and abs(one.time - other.time) <= limit


def _pair_basis(one: Pick, other: Pick, thresholds: Thresholds) -> Basis | None:
    pair = (one.latest, other.latest)
    if any(is_on_site(features, thresholds) for features in pair):
        return Basis.ON_SITE
    near = apart_km(*pair) <= thresholds.observed_radius_km
    strongest = max(features.intensity for features in pair)
    weakest = min(features.intensity for features in pair)
    if (
        near
        and strongest >= thresholds.observed_intensity
        and weakest >= thresholds.observed_intensity - OBSERVED_SECOND
    ):
        return Basis.OBSERVED
    return None


def _is_source(members: Sequence[Pick], location: Location, scene: Scene) -> bool:
    """Return whether these onsets are of a near source: they fit, move out, and lack nobody."""
    away, _ = hypocentral(location, members)
    # The location was made to fit these, so its own error excuses none of them.
    excess = np.abs(residuals_s(location, members, scene.times)) - ONSET_ERROR_S - 0.01 * away
    onsets = [pick.time for pick in members]
    if excess.max() > 0.0 or max(onsets) - min(onsets) <= SIMULTANEOUS_S:
        return False
    if away.min() > OUTSIDE_KM and len(members) < OUTSIDE_STATIONS_MIN:
        return False
    if is_plane_wave(members):
        return False
    heard = {pick.station for pick in members}
    asked = passed(location, heard, float(away.max()), scene, by=max(onsets))
    return asked.share >= PASSED_SHARE_MIN


def is_plane_wave(members: Sequence[Pick]) -> bool:
    """Return whether the onsets cross the network as those of a distant earthquake do."""
    if len(members) < PLANE_WAVE_PICKS:
        return False
    first = members[0].latest
    east, north = Plane(first.latitude, first.longitude).project(
        np.array([pick.latest.latitude for pick in members]),
        np.array([pick.latest.longitude for pick in members]),
    )
    if math.hypot(float(np.ptp(east)), float(np.ptp(north))) < PLANE_WAVE_SPREAD_KM:
        return False
    onsets = np.array([pick.time - members[0].time for pick in members])
    design = np.column_stack([np.ones(len(members)), east, north])
    wave, *_ = np.linalg.lstsq(design, onsets, rcond=None)
    misfit = float(np.sqrt(np.mean((onsets - design @ wave) ** 2)))
    return misfit < ONSET_ERROR_S / 2.0 and math.hypot(wave[1], wave[2]) < 1.0 / PLANE_WAVE_KM_S
