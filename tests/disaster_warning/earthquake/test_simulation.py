"""Hundreds of seeded earthquakes, days of noise, and a thousand stations at once.

Figures of the run that set the bounds (seeds 0..199, M 4.6-7.4, 169 stations 13 km apart, 2 % of
messages lost, 3 % of stations dead, 3 % with wrong clocks, noise at 6 picks an hour and station)
are printed when a bound breaks.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from services.disaster_warning.model.earthquake.counties import expect
from services.disaster_warning.model.earthquake.decisions import Decision, Kind
from services.disaster_warning.model.earthquake.geodesy import distance_km
from services.disaster_warning.model.earthquake.location import (
    Arrivals,
    Location,
    Silence,
    locate,
)
from services.disaster_warning.model.earthquake.no_attenuation import Observed
from services.disaster_warning.model.earthquake.tracker import Tracker
from services.disaster_warning.model.earthquake.travel_time import sichuan
from tests.disaster_warning.earthquake.simulator import (
    CENTRE,
    SETTING,
    T0,
    THRESHOLDS,
    Quake,
    Way,
    at,
    counties,
    in_order,
    network,
    noise,
    run,
    shake,
)

QUAKES = 200
BATCHES = 8


@dataclass(frozen=True)
class Outcome:
    """How one simulated earthquake was told."""

    seed: int
    issued: int
    false: int
    cancelled: int
    first_s: float
    magnitude_error: float
    first_km: float
    last_km: float


def epicentre_error_km(decision: Decision, quake: Quake) -> float:
    found = decision.solution.location
    there = np.array([found.latitude]), np.array([found.longitude])
    return float(distance_km(quake.latitude, quake.longitude, *there)[0])


def simulate(seed: int) -> Outcome:
    rng = np.random.default_rng(seed)
    net = network(rng, side=13)
    quake = Quake(
        float(rng.uniform(4.6, 7.4)),
        *at(*rng.uniform(-50.0, 50.0, 2)),
        float(rng.uniform(6.0, 18.0)),
        T0 + 20.0,
    )
    shaking = shake(quake, net, rng, way=Way(clock_fault=0.03), seconds=8, within_km=70.0)
    stream = in_order(shaking + noise(net, rng, begin=T0, seconds=45.0))
    decisions = run(Tracker(SETTING, net), stream, until=quake.origin + 45.0)
    told = [decision for decision in decisions if decision.is_warning]
    issues = [decision for decision in told if decision.kind is Kind.ISSUE]
    true = [issue for issue in issues if epicentre_error_km(issue, quake) <= 60.0]
    last = [each for each in told if true and each.event_id == true[0].event_id]
    return Outcome(
        seed,
        len(true),
        len(issues) - len(true),
        sum(decision.kind is Kind.CANCEL for decision in told),
        true[0].solution.time - quake.origin if true else np.inf,
        last[-1].solution.magnitude.value - quake.magnitude if last else np.inf,
        epicentre_error_km(true[0], quake) if true else np.inf,
        epicentre_error_km(last[-1], quake) if last else np.inf,
    )


@pytest.mark.parametrize("batch", range(BATCHES))
def test_earthquakes_are_told_once_in_time_and_rightly(batch: Any) -> None:
    outcomes = [simulate(seed) for seed in range(batch, QUAKES, BATCHES)]
    print(*outcomes, sep="\n")  # shown when a bound breaks: the seeds are in it
    assert [each.seed for each in outcomes if each.issued != 1] == []
    assert [each.seed for each in outcomes if each.false or each.cancelled] == []
    column = {
        name: np.array([getattr(each, name) for each in outcomes])
        for name in ("first_s", "magnitude_error", "first_km", "last_km")
    }
    assert np.median(column["first_s"]) <= 5.5
    assert column["first_s"].max() <= 8.0
    assert np.abs(column["magnitude_error"]).max() <= 0.7
    assert abs(column["magnitude_error"].mean()) <= 0.2
    assert np.median(column["first_km"]) <= 5.0
    assert np.median(column["last_km"]) <= 1.5
    assert column["last_km"].max() <= 6.0


@pytest.mark.parametrize("seed", range(2))
def test_a_day_of_noise_alarms_nobody(seed: Any) -> None:
    rng = np.random.default_rng(10_000 + seed)
    net = network(rng, side=13)
    stream = noise(net, rng, begin=T0, seconds=86_400.0, per_hour=1.5)
    decisions = run(Tracker(SETTING, net), stream, until=T0 + 86_500.0, tick_s=2.0)
    assert [decision for decision in decisions if decision.is_warning] == []


def test_noise_at_a_thousand_stations_alarms_nobody() -> None:
    rng = np.random.default_rng(77)
    net = network(rng, side=32)
    stream = noise(net, rng, begin=T0, seconds=300.0)
    decisions = run(Tracker(SETTING, net), stream, until=T0 + 400.0, tick_s=1.0)
    assert [decision for decision in decisions if decision.is_warning] == []


@pytest.mark.parametrize("seed", range(6))
def test_an_event_outside_the_network_is_told_once_and_its_error_is_stated(seed: Any) -> None:
    rng = np.random.default_rng(500 + seed)
    net = network(rng, side=13)
    # The network ends 78 km east of the centre.
    quake = Quake(6.5, *at(105.0, float(rng.uniform(-30.0, 30.0))), 10.0, T0 + 10.0)
    stream = shake(quake, net, rng, seconds=12, within_km=160.0)
    decisions = run(Tracker(SETTING, net), stream, until=T0 + 90.0)
    assert [each.kind for each in decisions].count(Kind.ISSUE) == 1
    last = decisions[-1]
    assert last.kind is Kind.FINAL
    assert epicentre_error_km(last, quake) <= max(10.0, 3.0 * last.solution.location.error_km)


def test_a_thousand_stations_leave_time_to_spare() -> None:
    rng = np.random.default_rng(4)
    net = network(rng, side=32)
    quake = Quake(7.0, *at(5.0, 5.0), 10.0, T0 + 10.0)
    stream = in_order(
        shake(quake, net, rng, within_km=300.0, seconds=10)
        + noise(net, rng, begin=T0, seconds=40.0)
    )
    assert len({one.station for one in stream}) >= 950
    tracker = Tracker(SETTING, net)
    taken = []
    for one in stream:
        begin = time.thread_time()
        tracker.take(one)
        tracker.advance(one.received_time)
        taken.append(time.thread_time() - begin)
    # 20 ms of the 100 ms from pick to messages; a tenth of it here when nothing else runs.
    assert np.quantile(taken, 0.99) <= 0.020


def fastest_s(work: Any, times: Any = 20) -> Any:
    taken = []
    for _ in range(times):
        begin = time.thread_time()
        work()
        taken.append(time.thread_time() - begin)
    return min(taken)


def test_a_location_and_a_table_of_counties_keep_their_budgets() -> None:
    rng = np.random.default_rng(5)
    net = network(rng, side=13)
    away = distance_km(*CENTRE, net.latitude, net.longitude)
    order = np.argsort(away)
    onsets = T0 + sichuan().p(away, 2)
    arrivals = Arrivals(net.latitude[order[:16]], net.longitude[order[:16]], onsets[order[:16]])
    silence = Silence(
        net.latitude[order[16:60]], net.longitude[order[16:60]], float(onsets[order[16]])
    )
    assert fastest_s(lambda: locate(arrivals, silence, sichuan())) <= 0.015
    location = Location(*CENTRE, 10.0, T0, 1.0, 0.3)
    felt = Observed(
        tuple(f"s{n}" for n in range(32)),
        net.latitude[:32],
        net.longitude[:32],
        np.full(32, 5.0),
    )
    places = counties()
    assert fastest_s(lambda: expect(places, location, 7.0, felt, THRESHOLDS)) <= 0.001


@pytest.mark.parametrize("apart_s", [5.0, 25.0])
def test_four_strong_earthquakes_at_once_are_each_told_once(apart_s: float) -> None:
    rng = np.random.default_rng(5)
    net = network(rng, side=32)
    places = ((31.0, 103.4), (30.3, 102.2), (32.1, 104.4), (29.9, 104.4))
    quakes = [Quake(7.0, *where, 12.0, T0 + 20.0 + n * apart_s) for n, where in enumerate(places)]
    sent = [
        one
        for n, quake in enumerate(quakes)
        for one in shake(quake, net, rng, seconds=14, within_km=200.0, pick_id=n + 1)
    ]
    decisions = run(Tracker(SETTING, net), in_order(sent), until=quakes[-1].origin + 40.0)

    issues = [each for each in decisions if each.kind is Kind.ISSUE]
    print(*((each.event_id, each.solution.time - T0) for each in issues), sep="\n")
    assert len(issues) == len(quakes)
    assert not any(each.kind is Kind.CANCEL and each.is_warning for each in decisions)
    for issue in issues:
        quake = min(quakes, key=lambda one: epicentre_error_km(issue, one))
        assert epicentre_error_km(issue, quake) <= 15.0
        assert issue.solution.time - quake.origin <= 8.0
        last = [each for each in decisions if each.event_id == issue.event_id][-1]
        assert abs(last.solution.magnitude.value - quake.magnitude) <= 0.6
