"""The tracker on single scenes: what must alarm, what must not, and what never matters."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.disaster_warning.model.earthquake.association import Basis
from services.disaster_warning.model.earthquake.decisions import Kind
from services.disaster_warning.model.earthquake.geodesy import distance_km
from services.disaster_warning.model.earthquake.screening import Exclusion
from services.disaster_warning.model.earthquake.stations import Network, Station
from services.disaster_warning.model.earthquake.tracker import Tracker
from tests.disaster_warning.earthquake.simulator import (
    SETTING,
    T0,
    Quake,
    Way,
    at,
    features,
    in_order,
    network,
    noise,
    run,
    shake,
)

CLEAN = Way(loss=0.0, twice=0.0, dead=0.0)
NET = network(np.random.default_rng(3), side=13)
QUAKE = Quake(6.2, *at(4.0, -7.0), 11.0, T0 + 10.0)


def kinds(decisions: Any) -> Any:
    return [decision.kind for decision in decisions]


def shaken(seed: Any = 5, *, quake: Any = QUAKE, way: Any = CLEAN, **more: Any) -> Any:
    return shake(quake, NET, np.random.default_rng(seed), way=way, **more)


def error_km(decision: Any, quake: Any = QUAKE) -> Any:
    found = decision.solution.location
    return float(
        distance_km(
            quake.latitude, quake.longitude, np.array([found.latitude]), np.array([found.longitude])
        )[0]
    )


def test_an_earthquake_is_told_once_updated_and_brought_to_an_end() -> None:
    decisions = run(Tracker(SETTING, NET), shaken(), until=T0 + 80.0)
    assert kinds(decisions)[0] is Kind.ISSUE
    assert kinds(decisions)[-1] is Kind.FINAL
    assert set(kinds(decisions)[1:-1]) <= {Kind.UPDATE}
    assert len({decision.event_id for decision in decisions}) == 1
    assert [each.solution.number for each in decisions] == list(range(1, len(decisions) + 1))
    gaps = np.diff([each.solution.time for each in decisions])
    assert np.all(gaps >= 1.0 - 1e-6)
    last = decisions[-1].solution
    assert abs(last.magnitude.value - 6.2) <= 0.5
    assert error_km(decisions[-1]) <= 3.0
    assert abs(last.location.origin_time - QUAKE.origin) <= 1.0
    assert last.rule_version == SETTING.rule_version
    assert len(last.stations) == len(set(last.stations)) == len(last.picks)


def test_replaying_remakes_the_same_decisions() -> None:
    def told(tracker: Any) -> Any:
        return [
            (each.kind, each.event_id, each.reason, each.solution.time, each.solution.magnitude)
            for each in run(tracker, shaken(), until=T0 + 60.0)
        ]

    assert told(Tracker(SETTING, NET)) == told(Tracker(SETTING, NET))


def test_a_tracker_restored_in_the_middle_goes_on_as_if_nothing_had_happened() -> None:
    stream = shaken()
    whole = run(Tracker(SETTING, NET), stream, until=T0 + 40.0)
    for cut in (1, 7, 40, len(stream) // 2):
        first = Tracker(SETTING, NET)
        before = []
        for one in stream[:cut]:
            first.take(one)
            before += first.advance(one.received_time)
        second = Tracker.restore(SETTING, first.state())
        for one in stream[cut:]:
            changed = second.take(one)
            assert changed == first.take(one)
            after = second.advance(one.received_time)
            assert [(d.kind, d.solution.magnitude) for d in after] == [
                (d.kind, d.solution.magnitude) for d in first.advance(one.received_time)
            ]
    assert whole


def test_messages_that_come_again_change_nothing() -> None:
    stream = shaken()
    tracker = Tracker(SETTING, NET)
    for one in stream[:200]:
        tracker.take(one)
        tracker.advance(one.received_time)
    before = tracker.state()
    for one in (*stream[:200], *reversed(stream[:200])):
        assert not tracker.take(one)
    assert tracker.state() == before
    once = [(d.kind, d.solution.time) for d in run(Tracker(SETTING, NET), stream, until=T0 + 60)]
    twice = [one for one in stream for _ in range(2)]
    again = [(d.kind, d.solution.time) for d in run(Tracker(SETTING, NET), twice, until=T0 + 60)]
    assert once == again


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_within_a_batch_makes_no_difference(random: Any) -> None:
    batch = [one for one in shaken() if one.received_time < T0 + 18.0]
    expected = Tracker(SETTING, NET)
    other = Tracker(SETTING, NET)
    for one in batch:
        expected.take(one)
    random.shuffle(batch)
    for one in batch:
        other.take(one)
    (first,), (second,) = expected.advance(T0 + 18.0), other.advance(T0 + 18.0)
    assert first.solution.picks == second.solution.picks
    assert first.solution.location == second.solution.location
    assert first.solution.magnitude == second.solution.magnitude


@pytest.mark.parametrize("seed", [*range(6), 1093, 54708])
def test_whatever_the_delays_the_end_is_the_same_within_the_errors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    late = in_order(
        [
            replace(one, received_time=one.received_time + float(rng.exponential(2.0)))
            for one in shaken(seconds=12)
        ]
    )
    decisions = run(Tracker(SETTING, NET), late, until=T0 + 80.0)
    assert kinds(decisions).count(Kind.ISSUE) == 1
    # Two stations may be given up before anybody was told; what was told is never taken back.
    assert [one for one in decisions if one.kind is Kind.CANCEL and one.is_warning] == []
    assert error_km(decisions[-1]) <= 5.0


def test_late_picks_join_their_event() -> None:
    stream = shaken()
    late = [one for one in stream if one.station == stream[0].station]
    rest = [one for one in stream if one.station != stream[0].station]
    delayed = in_order(rest + [replace(one, received_time=one.received_time + 9.0) for one in late])
    decisions = run(Tracker(SETTING, NET), delayed, until=T0 + 80.0)
    assert kinds(decisions).count(Kind.ISSUE) == 1
    assert stream[0].station in decisions[-1].solution.stations
    assert len({decision.event_id for decision in decisions}) == 1


def test_two_earthquakes_apart_are_two_events_and_share_no_pick() -> None:
    other = Quake(5.8, *at(60.0, 55.0), 10.0, QUAKE.origin + 6.0)
    one = Quake(5.8, *at(-60.0, -55.0), 10.0, QUAKE.origin)
    stream = in_order(
        shaken(quake=one, within_km=45.0) + shaken(6, quake=other, within_km=45.0, pick_id=2)
    )
    decisions = run(Tracker(SETTING, NET), stream, until=T0 + 80.0)
    issued = [decision for decision in decisions if decision.kind is Kind.ISSUE]
    assert len(issued) == 2
    last = {decision.event_id: decision.solution for decision in decisions}
    first_picks, second_picks = (set(solution.picks) for solution in last.values())
    assert not first_picks & second_picks


def test_an_aftershock_in_the_network_is_an_event_of_its_own() -> None:
    after = replace(QUAKE, magnitude=5.5, origin=QUAKE.origin + 45.0)
    stream = in_order(shaken(within_km=70.0) + shaken(9, quake=after, within_km=70.0, pick_id=2))
    decisions = run(Tracker(SETTING, NET), stream, until=T0 + 120.0)
    assert kinds(decisions).count(Kind.ISSUE) == 2
    assert Kind.CANCEL not in kinds(decisions)


@pytest.mark.parametrize("fault_s", [-240.0, -90.0, 75.0, 180.0])
def test_a_clock_wrong_by_minutes_is_left_out_and_named(fault_s: Any) -> None:
    stream = shaken()
    wrong = stream[0].station
    spoilt = [
        replace(one, pick_time=one.pick_time + fault_s) if one.station == wrong else one
        for one in stream
    ]
    decisions = run(Tracker(SETTING, NET), spoilt, until=T0 + 80.0)
    assert kinds(decisions).count(Kind.ISSUE) == 1
    assert wrong not in decisions[-1].solution.stations
    reasons = {each.station: each.reason for each in decisions[-1].solution.excluded}
    assert reasons[wrong] in {Exclusion.CLOCK_SUSPECT, Exclusion.TOO_LATE}
    assert error_km(decisions[-1]) <= 3.0


def test_a_clock_wrong_by_seconds_is_found_by_its_residual() -> None:
    stream = shaken()
    wrong = stream[60].station
    spoilt = [
        replace(one, pick_time=one.pick_time - 15.0) if one.station == wrong else one
        for one in stream
    ]
    decisions = run(Tracker(SETTING, NET), spoilt, until=T0 + 80.0)
    assert kinds(decisions).count(Kind.ISSUE) == 1
    assert wrong not in decisions[-1].solution.stations
    reasons = {each.station: each.reason for each in decisions[-1].solution.excluded}
    assert reasons[wrong] is Exclusion.CLOCK_SUSPECT


def scene(onsets: Any, **values: Any) -> Any:
    """Return features of one to six seconds at the stations named, with the onsets given."""
    sent = []
    for name, onset in onsets.items():
        place = NET.index[name]
        sent += [
            features(
                station=name,
                latitude=float(NET.latitude[place]),
                longitude=float(NET.longitude[place]),
                pick_time=onset,
                elapsed_s=float(elapsed),
                **values,
            )
            for elapsed in range(1, 7)
        ]
    return in_order(sent)


STRONG = {"pd_cm": 2.0, "tau_c_s": 2.5, "intensity": 7.0, "dominant_hz": 2.0}


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(scene({"bs-06-06": T0 + 5.0}, **STRONG), id="one-station-however-strong"),
        pytest.param(scene(dict.fromkeys(NET.names, T0 + 5.0), **STRONG), id="pulse-everywhere"),
        pytest.param(
            scene({"bs-06-06": T0 + 5.0, "bs-06-07": T0 + 5.03}, **STRONG), id="pulse-at-two"
        ),
        pytest.param(
            scene({"bs-06-06": T0 + 5.0, "bs-06-07": T0 + 20.0}, **STRONG), id="two-far-in-time"
        ),
        pytest.param(
            scene(
                {
                    name: T0 + 5.0 + (float(east) - 103.0) * 95.0 / 18.0
                    for name, east in zip(NET.names, NET.longitude, strict=True)
                },
                pd_cm=0.03,
                tau_c_s=6.0,
                dominant_hz=0.3,
            ),
            id="teleseism",
        ),
        pytest.param(
            scene(
                {
                    name: T0 + 5.0 + (float(east) - 103.0) * 95.0 / 18.0
                    for name, east in zip(NET.names, NET.longitude, strict=True)
                },
                # 20 micrometres at short periods are what a deep M 7 leaves at 30 degrees.
                pd_cm=0.002,
                tau_c_s=0.8,
            ),
            id="deep-and-far-with-short-periods",
        ),
    ],
)
def test_what_is_no_earthquake_near_by_does_not_alarm(stream: Any) -> None:
    decisions = run(Tracker(SETTING, NET), stream, until=T0 + 60.0)
    assert not [decision for decision in decisions if decision.is_warning]


def test_a_strong_plane_wave_is_cancelled_at_once() -> None:
    onsets = {
        name: T0 + 5.0 + (float(east) - 103.0) * 95.0 / 18.0
        for name, east in zip(NET.names, NET.longitude, strict=True)
    }
    stream = scene(onsets, pd_cm=0.03, tau_c_s=0.8)
    decisions = run(Tracker(SETTING, NET), stream, until=T0 + 60.0)
    told = [decision for decision in decisions if decision.is_warning]
    assert kinds(told) in ([], [Kind.ISSUE, Kind.CANCEL])


def test_a_blast_is_recorded_and_told_nobody() -> None:
    blast = Quake(2.9, *at(0.0, 0.0), 2.0, T0 + 10.0)
    decisions = run(Tracker(SETTING, NET), shaken(quake=blast), until=T0 + 80.0)
    assert not [decision for decision in decisions if decision.is_warning]


def test_two_stations_suffice_when_one_shows_damaging_motion() -> None:
    near = scene({"bs-06-06": T0 + 5.0}, **STRONG) + scene({"bs-06-07": T0 + 6.6}, pd_cm=0.1)
    decisions = run(Tracker(SETTING, NET), in_order(near), until=T0 + 9.0)
    assert kinds(decisions)[0] is Kind.ISSUE
    assert decisions[0].solution.basis is Basis.ON_SITE
    weak = scene({"bs-06-06": T0 + 5.0, "bs-06-07": T0 + 6.6}, pd_cm=0.1)
    assert run(Tracker(SETTING, NET), weak, until=T0 + 9.0) == []


def test_a_false_alarm_of_two_stations_is_cancelled_within_thirty_seconds() -> None:
    stream = scene({"bs-06-06": T0 + 5.0, "bs-06-07": T0 + 6.6}, **STRONG)
    decisions = run(Tracker(SETTING, NET), stream, until=T0 + 60.0)
    assert kinds(decisions)[0] is Kind.ISSUE
    assert kinds(decisions)[-1] is Kind.CANCEL
    assert decisions[-1].solution.time - decisions[0].solution.time <= 30.0
    assert decisions[-1].reason.startswith("STATIONS_SILENT")


def test_stations_that_are_offline_cancel_nothing() -> None:
    dark = {name: float(lat) for name, lat in zip(NET.names, NET.latitude, strict=True)}
    keep = {"bs-06-06", "bs-06-07"}
    few = Network.of(
        Station(name, dark[name], float(NET.longitude[NET.index[name]])) for name in keep
    )
    stream = scene({"bs-06-06": T0 + 5.0, "bs-06-07": T0 + 6.6}, **STRONG)
    decisions = run(Tracker(SETTING, few), stream, until=T0 + 60.0)
    assert Kind.CANCEL not in kinds(decisions)


def test_strong_shaking_is_passed_on_whatever_the_source_model_says() -> None:
    decisions = run(Tracker(SETTING, NET), shaken(), until=T0 + 40.0)
    table = decisions[-1].solution.counties
    assert np.all(table.intensity >= np.maximum(table.observed_intensity, 0.0) - 0.051)
    assert np.all(table.intensity >= table.source_intensity - 0.051)


def test_memory_is_given_back() -> None:
    tracker = Tracker(SETTING, NET)
    stream = in_order(
        shaken() + noise(NET, np.random.default_rng(1), begin=T0, seconds=60.0, per_hour=60.0)
    )
    run(tracker, stream, until=T0 + 300.0)
    tracker.advance(T0 + 1_000.0)
    state = tracker.state()
    assert (state.picks, state.owner, state.events, state.excluded) == ({}, {}, {}, {})
    assert not tracker.is_active
    assert math.isfinite(state.now)
