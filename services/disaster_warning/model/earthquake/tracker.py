"""The tracker: features in, decisions out. It owns its state and reads no clock.

The service calls ``take`` for each message and ``advance(now)`` after it, or after a batch, and at
least every half second while ``is_active``. What is done depends on the features taken and on the
times given to ``advance``, and on nothing else: replaying both remakes the same decisions.
Features that came between two ``advance`` may be in any order, and repeated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake import association
from services.disaster_warning.model.earthquake import event as events
from services.disaster_warning.model.earthquake.association import Basis, Scene
from services.disaster_warning.model.earthquake.counties import expect
from services.disaster_warning.model.earthquake.decisions import (
    Decision,
    ExcludedStation,
    Kind,
    Solution,
)
from services.disaster_warning.model.earthquake.event import Event, State
from services.disaster_warning.model.earthquake.features import PickKey, StationFeatures
from services.disaster_warning.model.earthquake.location import ARRIVALS_MAX
from services.disaster_warning.model.earthquake.magnitude import Magnitude, estimate
from services.disaster_warning.model.earthquake.memory import Setting, TrackerState
from services.disaster_warning.model.earthquake.no_attenuation import (
    Observed,
    confirmed_maximum,
    observe,
    supported,
)
from services.disaster_warning.model.earthquake.picks import LAW_WINDOW_S, Pick, in_order, order
from services.disaster_warning.model.earthquake.screening import (
    Exclusion,
    clock_fault,
    is_teleseism,
)
from services.disaster_warning.model.earthquake.standing import stand
from services.disaster_warning.model.earthquake.stations import Network
from services.disaster_warning.model.earthquake.travel_time import TravelTimes, sichuan
from services.disaster_warning.model.earthquake.wake import in_wake

PENDING_S: Final = 60.0
"""Picks without an event are kept so long: 20 s across a pair of stations, and 30 s of lateness."""

PENDING_MAX: Final = 4096
"""Most picks without an event: a minute in which each of a thousand stations picks four times."""

EVENT_S: Final = 180.0
"""An event explains picks for so long after its origin: surface waves cross the province in it."""

EXCLUDED_S: Final = 600.0
"""A station's fault is reported in solutions for so long."""

SOLVE_EVERY_S: Final = 1.0
"""Solutions are made once a second at most, when the public has been told."""

SOLVE_EVERY_UNTOLD_S: Final = 0.25
"""And so often while it has not: an event may cross the threshold any moment."""

CODA_S: Final = 10.0
"""Picks at a station are of the same event until so long after S."""

FALSE_WITHIN_KM: Final = 60.0
"""Stations nearer than this see each earthquake of magnitude 4."""

SAME_EVENT_S: Final = 10.0
"""Two sources that begin within this, and within ``SAME_EVENT_KM``, are one badly located."""

SAME_EVENT_KM: Final = 100.0

SEARCHES_AT_ONCE: Final = 6
"""Searches for a new source in one ``advance``, of some 20 ms each: what many earthquakes at once
leave unexplained waits for the next, and holds up no decision on those that are known."""

TRIAL_S: Final = 6.0
"""A pick off by less than this may be right, and the location of a few picks wrong."""

TRIAL_MEMBERS: Final = 6
"""So few picks."""


class Tracker:
    """Follows the earthquakes of one network. Live and exercise have one each."""

    def __init__(self, setting: Setting, network: Network) -> None:
        self._setting = setting
        self._times: TravelTimes = sichuan()
        self._network = network
        self._now = 0.0
        self._picks: dict[PickKey, Pick] = {}
        self._owner: dict[PickKey, str] = {}
        self._fresh: set[PickKey] = set()
        # Of the picks that events explain: those that might as well be another's P.
        self._coda: set[PickKey] = set()
        self._events: dict[str, Event] = {}
        self._excluded: dict[str, tuple[Exclusion, float]] = {}

    @property
    def is_active(self) -> bool:
        """Return whether time alone may bring a decision."""
        return any(event.is_open for event in self._events.values())

    @property
    def events(self) -> tuple[Event, ...]:
        """Return the events in memory, the earliest first."""
        return tuple(self._events.values())

    @property
    def excluded(self) -> dict[str, Exclusion]:
        """Return the stations left out of late, and why."""
        return {station: reason for station, (reason, _) in sorted(self._excluded.items())}

    def state(self) -> TrackerState:
        """Return what the tracker remembers."""
        return TrackerState(
            self._network,
            self._now,
            dict(self._picks),
            dict(self._owner),
            frozenset(self._fresh),
            frozenset(self._coda),
            dict(self._events),
            dict(self._excluded),
        )

    @classmethod
    def restore(cls, setting: Setting, state: TrackerState) -> Tracker:
        """Return a tracker that goes on from ``state``."""
        tracker = cls(setting, state.network)
        tracker._now = state.now
        tracker._picks = dict(state.picks)
        tracker._owner = dict(state.owner)
        tracker._fresh = set(state.fresh)
        tracker._coda = set(state.coda)
        tracker._events = dict(state.events)
        tracker._excluded = dict(state.excluded)
        return tracker

    def use_network(self, network: Network) -> None:
        """Take note of which stations are online now: only their silence means anything."""
        self._network = network

    def take(self, features: StationFeatures) -> bool:
        """Take one message; return whether it told anything new. Decides nothing."""
        fault = clock_fault(features)
        if fault is not None:
            self._excluded[features.station] = (fault, features.received_time)
            return False
        key = features.key
        old = self._picks.get(key)
        new = Pick(features, features) if old is None else old.with_features(features)
        if new is old:
            return False
        self._picks[key] = new
        owner = self._owner.get(key)
        if owner is not None:
            self._put(self._events[owner].touched())
        elif old is None or self._strength(new) > self._strength(old):
            self._fresh.add(key)
        return True

    def advance(self, now: float) -> list[Decision]:
        """Return what there is to decide at ``now`` (Unix seconds; never goes back)."""
        before, self._now = self._now, max(now, self._now)
        now = self._now
        # Once a second will do: what is too old by then was too old to begin anything before.
        if math.floor(now) > math.floor(before):
            self._forget()
        self._associate()
        decisions = []
        for event in list(self._events.values()):
            every = SOLVE_EVERY_UNTOLD_S if event.issued_at is None else SOLVE_EVERY_S
            if event.is_open and now - event.solved_at >= every:
                decisions += self._solve(event)
        return decisions

    def _strength(self, pick: Pick) -> int:
        return association.strength(pick.latest, self._setting.thresholds)

    # -- association ---------------------------------------------------------------------------

    def _associate(self) -> None:
        """Give each pick that is new to whom it belongs, and look for what those left make."""
        fresh = sorted((self._picks[key] for key in self._fresh), key=order)
        self._fresh.clear()
        scene, near, searches = None, [], 0
        for pick in fresh:
            if pick.key in self._owner:
                continue
            explained = self._explained(pick)
            if explained and pick.key not in self._coda:
                continue
            if searches < SEARCHES_AT_ONCE:
                searches += 1
                if scene is None:
                    # All picks are in memory by now: who has spoken stays the same.
                    scene = self._scene()
                    near = [p for p in self._picks.values() if not is_teleseism(p.latest)]
                self._search(pick, near, scene)
            elif not explained:
                self._fresh.add(pick.key)

    def _explained(self, pick: Pick) -> bool:
        """Give a pick to the event that explains it, if there is one, or leave it out."""
        if is_teleseism(pick.latest):
            self._excluded[pick.station] = (Exclusion.TELESEISM, self._now)
            return True
        return any(self._join(event, pick) for event in self._by_fit(pick))

    def _search(self, pick: Pick, near: Sequence[Pick], scene: Scene) -> None:
        """Look for the earthquake that a pick completes."""
        candidate = None
        free = [other for other in near if other.key not in self._owner]
        wake = in_wake(free, self._events.values(), self._times)
        if pick.key not in self._coda:
            candidate = association.find(pick, free, scene, wake)
        if candidate is None and (self._coda or wake):
            self._search_in_coda(pick, near, scene)
        if candidate is None:
            return
        same = self._same_as(candidate)
        if same is None or same.was_real(candidate):
            event = events.begin(candidate, self._now)
            self._events[event.event_id] = event
            self._own(event.event_id, candidate.picks)
        elif same.is_open:
            self._own(same.event_id, candidate.picks)
            members = tuple(dict.fromkeys((*same.members, *(p.key for p in candidate.picks))))
            self._put(replace(same, members=members, needs_location=True, is_dirty=True))

    def _search_in_coda(self, pick: Pick, near: Sequence[Pick], scene: Scene) -> None:
        """Look for an earthquake that struck while the last one still shook."""
        free = [one for one in near if one.key in self._coda or one.key not in self._owner]
        found = association.find_in_coda(pick, free, scene)
        # A second view of an earthquake that is known would be its own coda after all.
        if found is None or self._same_as(found) is not None:
            return
        keys = frozenset(one.key for one in found.picks)
        for event in list(self._events.values()):
            if event.absorbed & keys:
                self._put(replace(event, absorbed=event.absorbed - keys))
        self._coda -= keys
        event = events.begin(found, self._now)
        self._put(event)
        self._own(event.event_id, found.picks)

    def _by_fit(self, pick: Pick) -> list[Event]:
        """Return the events, the one that predicts the pick best first."""
        misfits = {
            event.event_id: abs(
                float(association.residuals_s(event.location, [pick], self._times)[0])
            )
            for event in self._events.values()
            if event.state is not State.FALSE
        }
        return [self._events[event_id] for event_id in sorted(misfits, key=misfits.__getitem__)]

    def _join(self, event: Event, pick: Pick) -> bool:
        """Give a pick to an event if its P, S or coda explains it; return whether it does."""
        location = event.location
        away, _ = association.hypocentral(location, [pick])
        late = float(association.residuals_s(location, [pick], self._times)[0])
        weights = location.depth_weights()
        s_after_p = float(
            (self._times.s_at_depths(away, weights) - self._times.p_at_depths(away, weights))[0]
        )
        allowed = float(association.tolerance_s(away, location)[0])
        if event.has(pick.station):
            if not -allowed <= late <= s_after_p + CODA_S:
                return False
            # What comes as P does was sent twice; anything later might as well be another's P, and
            # be it S: an aftershock's waves meet the last one's S somewhere.
            if late > allowed:
                self._coda.add(pick.key)
            return self._absorb(event, pick)
        if abs(late) <= allowed:
            members = in_order(self._picks, (*event.members, pick.key))
            needs = event.needs_location or pick.key in members[:ARRIVALS_MAX]
            self._put(replace(event, members=members, needs_location=needs, is_dirty=True))
            self._own(event.event_id, [pick])
            return True
        if abs(late - s_after_p) <= allowed:
            self._coda.add(pick.key)
            return self._absorb(event, pick)
        self._suspect_clock(pick, late)
        return (
            event.is_open
            and abs(late) <= TRIAL_S
            and len(event.members) <= TRIAL_MEMBERS
            and self._try(event, pick)
        )

    def _try(self, event: Event, pick: Pick) -> bool:
        """Give a pick to an event of few picks if one source explains them all."""
        keys = in_order(self._picks, (*event.members, pick.key))
        picks = [self._picks[key] for key in keys]
        members, location = association.fit(picks, self._scene(), len(picks))
        away, _ = association.hypocentral(location, members)
        misfit = np.abs(association.residuals_s(location, members, self._times))
        if np.any(misfit > association.tolerance_s(away, location)):
            return False
        self._put(replace(event, members=keys, location=location, is_dirty=True))
        self._own(event.event_id, [pick])
        return True

    def _absorb(self, event: Event, pick: Pick) -> bool:
        self._put(replace(event, absorbed=event.absorbed | {pick.key}))
        self._own(event.event_id, [pick])
        return True

    def _suspect_clock(self, pick: Pick, late: float) -> None:
        """Report a station whose message came when its wave did, but whose onset says otherwise."""
        first = pick.initial
        came = late + first.delay_s - association.LATENCY_S / 2.0
        if abs(came) < association.LATENCY_S and abs(late) > TRIAL_S:
            self._excluded[pick.station] = (Exclusion.CLOCK_SUSPECT, self._now)

    def _same_as(self, candidate: association.Candidate) -> Event | None:
        """Return the event that a candidate is a second view of."""
        for event in self._events.values():
            apart_s = abs(event.location.origin_time - candidate.location.origin_time)
            away = association.epicentres_apart_km(event.location, candidate.location)
            if apart_s <= SAME_EVENT_S and away <= SAME_EVENT_KM:
                return event
        return None

    # -- solutions -----------------------------------------------------------------------------

    def _solve(self, event: Event) -> list[Decision]:
        """Make the newest solution of an event, and decide about it."""
        event = self._located(event)
        event, magnitude = self._weighed(event)
        solution = self._solution(event, magnitude)
        # By all picks at hand, not the event's alone: two say little of how late others may be.
        scene = self._scene().as_heard(self._picks.values())
        heard = event.stations | {station for station, _ in event.absorbed} | self._others(event)
        passed = association.passed(event.location, heard, FALSE_WITHIN_KM, scene)
        verdict = events.verdict(
            event,
            solution,
            passed,
            self._setting.thresholds,
            is_distant=self._is_distant(event),
        )
        event = replace(event, solved_at=self._now, is_dirty=False)
        kind = verdict.kind
        if kind is None:
            self._put(event)
            return []
        if kind is Kind.ISSUE:
            event = replace(event, issued_at=self._now)
        if kind is not Kind.FINAL:
            event = replace(event, changed_at=self._now)
        state = {Kind.CANCEL: State.FALSE, Kind.FINAL: State.FINAL}.get(kind, State.ONGOING)
        self._put(replace(event, published=solution, state=state))
        is_warning = event.issued_at is not None
        return [Decision(kind, event.event_id, solution, is_warning, verdict.reason)]

    def _located(self, event: Event) -> Event:
        """Return the event with its location brought up to date; picks that disagree are let go."""
        few = len(event.members) < ARRIVALS_MAX // 2  # silence still tells something
        if not (event.needs_location or few):
            return event
        picks = [self._picks[key] for key in event.members]
        least = min(len(picks), association.STATIONS_MIN)
        members, location = association.fit(picks, self._scene(), least)
        kept = {pick.key for pick in members}
        for key in event.members:
            if key not in kept:
                del self._owner[key]
        basis = Basis.NETWORK if len(members) >= association.STATIONS_MIN else event.basis
        return replace(
            event,
            members=tuple(pick.key for pick in members),
            location=location,
            basis=basis,
            needs_location=False,
        )

    def _weighed(self, event: Event) -> tuple[Event, Magnitude]:
        """Return the magnitude to tell, and the event with what stands of it."""
        picks = [self._picks[key] for key in event.members]
        away, slant = association.hypocentral(event.location, picks)
        nearest = np.argsort(away, kind="stable")[:ARRIVALS_MAX]
        weights = event.location.depth_weights()
        p, s = (read(away, weights) for read in (self._times.p_at_depths, self._times.s_at_depths))
        used = [picks[n] for n in nearest]
        found = estimate(used, slant[nearest], (s - p)[nearest])
        whole = sum(pick.latest.elapsed_s >= LAW_WINDOW_S for pick in used)
        magnitude, standing = stand(
            found,
            event.location,
            event.stations,
            whole,
            event.standing,
            self._setting.thresholds.change_km,
        )
        return replace(event, standing=standing), magnitude

    def _solution(self, event: Event, magnitude: Magnitude) -> Solution:
        setting, thresholds = self._setting, self._setting.thresholds
        picks = [self._picks[key] for key in event.members]
        observed = self._observed(event)
        counties = expect(setting.counties, event.location, magnitude.value, observed, thresholds)
        where = (event.location.latitude, event.location.longitude)
        # Counties' points are sparse in the west, so the stations themselves are asked.
        strongest = confirmed_maximum(observed)
        number = 1 if event.published is None else event.published.number + 1
        return Solution(
            number=number,
            time=self._now,
            location=event.location,
            magnitude=magnitude,
            basis=event.basis,
            stations=tuple(pick.station for pick in picks),
            picks=event.members,
            excluded=tuple(
                ExcludedStation(station, reason)
                for station, reason in self.excluded.items()
                if not event.has(station)
            ),
            observed=observed,
            counties=counties,
            rule_version=setting.rule_version,
            warrants_warning=not self._is_distant(event)
            and thresholds.warrants(setting.home, *where, magnitude.value, strongest),
        )

    def _is_distant(self, event: Event) -> bool:
        """Return whether the first picks have turned out to be of a distant earthquake."""
        picks = [self._picks[key] for key in event.members[:ARRIVALS_MAX]]
        from_afar = sum(is_teleseism(pick.latest) for pick in picks)
        return 2 * from_afar >= len(picks) or association.is_plane_wave(picks)

    def _observed(self, event: Event) -> Observed:
        """Return what stations feel that counts: the event's, and others a neighbour confirms."""
        keys = [key for key in self._picks if self._owner.get(key) in {None, event.event_id}]
        picks = [self._picks[key] for key in keys]
        belongs = np.array([key in self._owner for key in keys], np.bool_)
        thresholds = self._setting.thresholds
        return supported(
            observe(picks),
            radius_km=thresholds.observed_radius_km,
            support=thresholds.observed_support,
            belongs=belongs,
        )

    def _others(self, event: Event) -> set[str]:
        """Return the stations that felt it when they should, in picks that others explain too."""
        if len(self._events) == 1:
            return set()
        ours, since = event.event_id, association.earliest_s(event.location)
        lately = [p for p in self._picks.values() if p.latest.pick_time >= since]
        picks = [pick for pick in lately if self._owner.get(pick.key, ours) != ours]
        return association.felt(event.location, picks, self._times) if picks else set()

    # -- memory --------------------------------------------------------------------------------

    def _scene(self) -> Scene:
        spoken = frozenset(station for station, _ in self._picks) | self._excluded.keys()
        return Scene(self._network, spoken, self._now, self._times, self._setting.thresholds)

    def _own(self, event_id: str, picks: Sequence[Pick]) -> None:
        self._owner.update((pick.key, event_id) for pick in picks)

    def _put(self, event: Event) -> None:
        self._events[event.event_id] = event

    def _forget(self) -> None:
        """Drop what is too old to matter, and the oldest of what is too much."""
        now = self._now
        for event in list(self._events.values()):
            if not event.is_open and now - event.location.origin_time > EVENT_S:
                del self._events[event.event_id]
                for key in (*event.members, *event.absorbed):
                    self._drop(key)
        pending = [pick for key, pick in self._picks.items() if key not in self._owner]
        for pick in pending:
            if now - pick.time > PENDING_S:
                self._drop(pick.key)
        if len(pending) > PENDING_MAX:
            for pick in sorted(pending, key=order)[:-PENDING_MAX]:
                self._drop(pick.key)
        for station, (_, since) in list(self._excluded.items()):
            if now - since > EXCLUDED_S:
                del self._excluded[station]

    def _drop(self, key: PickKey) -> None:
        self._picks.pop(key, None)
        self._owner.pop(key, None)
        self._fresh.discard(key)
        self._coda.discard(key)
