"""The real records: true place, and moved rigidly to Longmenshan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge.waveform.replay import Epicentre
from services.disaster_warning.model.earthquake.decisions import Decision, Kind
from services.disaster_warning.model.earthquake.features import StationFeatures
from services.disaster_warning.model.earthquake.stations import Network, Station
from services.disaster_warning.model.earthquake.thresholds import Home
from services.disaster_warning.model.earthquake.tracker import Tracker
from tests.disaster_warning.earthquake.ridgecrest import EPICENTRE, LONGMENSHAN, ORIGIN, stream
from tests.disaster_warning.earthquake.simulator import SETTING, in_order, run


def decisions_at(epicentre: Epicentre, *, until: float = ORIGIN + 60.0) -> list[Decision]:
    received = [one for one in stream(epicentre) if one.received_time <= until]
    return decisions_on(received, epicentre, until=until)


def decisions_on(
    received: Sequence[StationFeatures], epicentre: Epicentre, *, until: float
) -> list[Decision]:
    stations = {
        one.station: Station(one.station, one.latitude, one.longitude) for one in stream(epicentre)
    }
    around = np.array([-1.0, -1.0, 1.0, 1.0]), np.array([-1.0, 1.0, 1.0, -1.0])
    home = Home(epicentre.latitude + around[0], epicentre.longitude + around[1])
    tracker = Tracker(replace(SETTING, home=home), Network.of(stations.values()))
    return run(tracker, received, until=until)


@pytest.mark.parametrize(
    ("epicentre", "latest"),
    [pytest.param(EPICENTRE, 7.0, id="true"), pytest.param(LONGMENSHAN, 6.5, id="moved")],
)
def test_the_first_alert_leaves_in_time_and_is_the_only_one(epicentre: Any, latest: Any) -> None:
    decisions = decisions_at(epicentre)
    assert decisions[0].kind is Kind.ISSUE
    assert 0.0 < decisions[0].solution.time - ORIGIN <= latest
    assert [each.kind for each in decisions].count(Kind.ISSUE) == 1
    assert len({each.event_id for each in decisions}) == 1
    assert decisions[-1].kind is Kind.FINAL
    assert decisions[-1].solution.stations == ("clc", "tow2", "ccc")


@pytest.mark.parametrize("epicentre", [EPICENTRE, LONGMENSHAN])
def test_the_magnitude_is_right_ten_seconds_after_the_origin_and_stays_so(epicentre: Any) -> None:
    decisions = decisions_at(epicentre)
    by_then = [each for each in decisions if each.solution.time <= ORIGIN + 10.0]
    for decision in (by_then[-1], decisions[-1]):
        assert abs(decision.solution.magnitude.value - 7.1) <= 0.6


def test_twenty_runs_of_the_drill_with_uneven_delays_all_alert_in_time() -> None:
    firsts = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        late = [
            replace(one, received_time=one.received_time + float(rng.exponential(0.2)))
            for one in stream(LONGMENSHAN)
        ]
        decisions = decisions_on(in_order(late), LONGMENSHAN, until=ORIGIN + 12.0)
        assert [each.kind for each in decisions].count(Kind.ISSUE) == 1, seed
        firsts.append(decisions[0].solution.time - ORIGIN)
    assert max(firsts) <= 6.5


def test_the_coda_of_the_foreshock_makes_no_event() -> None:
    # CLC's record begins in the coda of an M 5, strong enough for an on-site alarm by itself.
    before = [one for one in stream() if one.received_time < ORIGIN]
    assert max(one.intensity for one in before) >= 5.0
    assert {one.pick_id for one in before if one.station == "clc"} >= {0, 1}
    assert decisions_at(EPICENTRE, until=ORIGIN) == []


def test_the_farthest_station_has_seconds_before_it_shakes() -> None:
    alert = decisions_at(LONGMENSHAN)[0].solution.time
    at_ccc = [one for one in stream(LONGMENSHAN) if one.station == "ccc"]
    strong = next(one.pick_time + one.elapsed_s for one in at_ccc if one.intensity >= 6.0)
    assert strong - alert >= 8.0


@pytest.mark.parametrize("epicentre", [EPICENTRE, LONGMENSHAN])
def test_the_magnitude_that_whole_windows_have_shown_stands(epicentre: Any) -> None:
    told = [each.solution.magnitude for each in decisions_at(epicentre)]
    values = [each.value for each in told]
    assert values == sorted(values), "no station was let go, and the epicentre has not moved"
    assert told[-1].fall == "HELD"
    assert told[-1].estimate < told[-1].value - 0.1, "which the last windows alone would deny"
