"""One earthquake after another, and what follows P: each is told once, and nothing else is."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from services.disaster_warning.model.earthquake import association
from services.disaster_warning.model.earthquake.decisions import Decision, Kind
from services.disaster_warning.model.earthquake.tracker import SEARCHES_AT_ONCE, Tracker
from tests.disaster_warning.earthquake.simulator import (
    SETTING,
    T0,
    Quake,
    aftermath,
    at,
    in_order,
    network,
    run,
    shake,
)

PLACES = ((31.0, 103.4), (30.3, 102.9), (31.9, 104.2), (30.9, 102.2))
"""Some 100 to 220 km apart: after a minute, the S wave of one strikes where the next begins."""


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> Counter[float]:
    """Count the locations that searches made, by the time of the tracker."""
    made: Counter[float] = Counter()
    place = association.place

    def counted(*given: object) -> object:
        made[given[1].now] += 1  # type: ignore[attr-defined]
        return place(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(association, "place", counted)
    return made


@pytest.mark.parametrize("apart_s", [20.0, 40.0, 60.0])
def test_what_strikes_while_the_last_one_shakes_is_told_as_soon(
    apart_s: float, searches: Counter[float]
) -> None:
    rng = np.random.default_rng(11)
    net = network(rng, side=32)
    quakes = [Quake(7.0, *where, 12.0, T0 + n * apart_s) for n, where in enumerate(PLACES)]
    sent = [
        one
        for n, quake in enumerate(quakes)
        for one in shake(quake, net, rng, seconds=5, within_km=320.0, pick_id=n + 1)
    ]

    decisions = run(Tracker(SETTING, net), in_order(sent), until=quakes[-1].origin + 30.0)

    told = [each.solution.time for each in decisions if each.kind is Kind.ISSUE]
    assert [round(at_s - quake.origin) for at_s, quake in zip(told, quakes, strict=True)] == (
        pytest.approx([5] * len(quakes), abs=2)
    )
    assert not any(each.kind is Kind.CANCEL and each.is_warning for each in decisions)
    # A search of the network, one in coda, a few pairs, each letting go of a few picks; and the
    # events' own. A location is some 8 ms: what is known is told meanwhile.
    assert max(searches.values()) <= 12 * SEARCHES_AT_ONCE


@pytest.mark.parametrize(
    ("seed", "side", "spacing_km"), [(1, 19, 13.0), (2, 12, 25.0), (3, 8, 40.0)]
)
@pytest.mark.parametrize("coda", [0.0, 0.3, 1.0])
def test_s_and_coda_make_no_other_earthquake(
    seed: int, side: int, spacing_km: float, coda: float
) -> None:
    rng = np.random.default_rng(seed)
    net = network(rng, side=side, spacing_km=spacing_km)
    quake = Quake(7.0, *at(*rng.uniform(-60.0, 60.0, 2)), 10.0, T0)
    sent = shake(quake, net, rng, within_km=320.0, seconds=8)

    decisions = run(
        Tracker(SETTING, net),
        in_order(sent + aftermath(quake, net, rng, coda=coda)),
        until=T0 + 150.0,
    )

    assert kinds(decisions)[Kind.ISSUE] == 1
    assert {each.event_id for each in decisions} == {decisions[0].event_id}


def test_what_follows_a_foreshock_is_told_as_soon() -> None:
    rng = np.random.default_rng(5)
    net = network(rng, side=8, spacing_km=25.0)
    fore, main = (Quake(m, *at(4.0, -7.0), 10.0, T0 + s) for m, s in ((5.2, 0.0), (7.0, 30.0)))
    sent = shake(fore, net, rng, within_km=150.0, seconds=8) + aftermath(fore, net, rng, coda=0.3)
    alone = shake(main, net, rng, within_km=150.0, seconds=8, pick_id=2)

    told = run(Tracker(SETTING, net), in_order(sent + alone), until=T0 + 60.0)
    without = run(Tracker(SETTING, net), in_order(alone), until=T0 + 60.0)

    first = [
        one.solution.time for one in told if one.kind is Kind.ISSUE and one.solution.time > T0 + 30
    ]
    assert first[0] <= without[0].solution.time + 2.0
    assert not any(one.kind is Kind.CANCEL and one.is_warning for one in told)


def test_the_same_earthquake_again_after_the_wake_is_told_by_three_stations() -> None:
    rng = np.random.default_rng(7)
    net = network(rng, side=2, spacing_km=30.0)
    first, again = (Quake(7.1, *at(3.0, -2.0), 12.0, T0 + s) for s in (0.0, 90.0))
    sent = [
        one
        for n, quake in enumerate((first, again), start=1)
        for one in shake(quake, net, rng, within_km=150.0, seconds=8, pick_id=n)
    ]

    decisions = run(Tracker(SETTING, net), in_order(sent), until=T0 + 130.0)

    assert kinds(decisions)[Kind.ISSUE] == 2
    told = [one.solution.time for one in decisions if one.kind is Kind.ISSUE]
    assert told[1] - again.origin == pytest.approx(told[0] - first.origin, abs=1.5)


def kinds(decisions: list[Decision]) -> Counter[Kind]:
    return Counter(each.kind for each in decisions)
