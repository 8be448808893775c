"""Beds and casualty distribution: the best plan, its reasons, and nobody lost on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from services.healthcare.model import beds, distribution
from services.healthcare.model.beds import COLOURS, Beds, BedType, Capacity, Emergency, Staleness
from services.healthcare.model.distribution import Incident, Plan, Weights, distribute
from services.healthcare.model.triage import Tag
from tests.healthcare.rulebook import BOOK, NOW

WEIGHTS: Final = Weights.parse(BOOK.in_force(distribution.RULE, "CN-51", NOW))
STALENESS: Final = Staleness.parse(BOOK.in_force(beds.RULE, "CN", NOW))


def incident(casualties: Any, capacity: Any, minutes: Any) -> Incident:
    people, free = np.array(casualties, np.int64), np.array(capacity, np.int64)
    return Incident(
        [f"o{n}" for n in range(len(people))],
        [f"h{n}" for n in range(len(free))],
        people,
        free,
        np.array(minutes, np.float64),
    )


def sent(plan: Plan) -> dict[tuple[str, str, Tag], int]:
    return {(m.origin, m.hospital, m.tag): m.count for m in plan.moves}


def test_the_gravest_get_the_nearest_beds_and_the_reason_is_stated() -> None:
    plan = distribute(
        incident([[3, 0, 0, 0]], [[2, 0, 0, 0], [9, 0, 0, 0]], [[10.0, 30.0]]), WEIGHTS
    )

    assert sent(plan) == {("o0", "h0", Tag.RED): 2, ("o0", "h1", Tag.RED): 1}
    near, far = plan.moves
    assert (near.passed_over, far.passed_over) == ("", "its 2 places go to 2 others, 10 min")
    assert ("h0", WEIGHTS.version) == (far.nearest, plan.rule_version)


def test_where_there_is_no_room_they_go_beyond_it_and_the_plan_says_so() -> None:
    plan = distribute(incident([[5, 0, 0, 0]], [[2, 0, 0, 0]], [[10.0]]), WEIGHTS)

    assert (plan.moves[0].count, plan.moves[0].over_capacity) == (5, 3)
    assert plan.waiting == ()


def test_where_no_road_leads_they_wait_and_are_counted() -> None:
    plan = distribute(
        incident([[1, 0, 0, 0], [0, 2, 0, 0]], [[9, 9, 9, 9]], [[np.inf], [241.0]]), WEIGHTS
    )

    assert plan.moves == ()
    assert plan.waiting == (("o0", Tag.RED, 1), ("o1", Tag.YELLOW, 2))


def test_nobody_hurt_needs_no_plan() -> None:
    assert distribute(incident([[0, 0, 0, 0]], [[1, 1, 1, 1]], [[5.0]]), WEIGHTS).moves == ()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), origins=st.integers(1, 5), hospitals=st.integers(1, 4))
def test_everybody_is_accounted_for_at_the_cost_of_another_solver(
    seed: int, origins: int, hospitals: int
) -> None:
    draw = np.random.default_rng(seed)
    minutes = draw.uniform(1, 300, (origins, hospitals))
    minutes[draw.random((origins, hospitals)) < 0.2] = np.inf
    given_ = incident(
        draw.integers(0, 9, (origins, 4)), draw.integers(0, 9, (hospitals, 4)), minutes
    )

    plan = distribute(given_, WEIGHTS)

    people = np.zeros_like(given_.casualties)
    for move in plan.moves:
        people[int(move.origin[1:]), COLOURS.index(move.tag)] += move.count
        assert move.minutes <= WEIGHTS.minutes_max[move.tag]
    for origin, tag, count in plan.waiting:
        people[int(origin[1:]), COLOURS.index(tag)] += count
    assert given_.casualties.tolist() == people.tolist()
    assert reference_cost(given_) == pytest.approx(plan.cost, rel=1e-6, abs=1e-6)
    assert plan == distribute(given_, WEIGHTS)


def reference_cost(given_: Incident) -> float:
    """Solve each class by itself as a plain linear programme: it is a transport problem."""
    total = 0.0
    origins, hospitals = given_.minutes.shape
    for place, tag in enumerate(COLOURS):
        weight, longest = WEIGHTS.per_minute[tag], WEIGHTS.minutes_max[tag]
        reach = given_.minutes <= longest
        journey = np.where(reach, given_.minutes, WEIGHTS.waiting_minutes * 10) * weight
        cost = [
            *journey.ravel(),
            *[weight * WEIGHTS.waiting_minutes] * origins,
            *[weight * WEIGHTS.overload_minutes] * hospitals,
        ]
        equal = np.hstack(
            [
                np.kron(np.eye(origins), np.ones(hospitals)),
                np.eye(origins),
                np.zeros((origins, hospitals)),
            ]
        )
        upper = np.hstack(
            [
                np.kron(np.ones(origins), np.eye(hospitals)),
                np.zeros((hospitals, origins)),
                -np.eye(hospitals),
            ]
        )
        solved = linprog(cost, upper, given_.capacity[:, place], equal, given_.casualties[:, place])
        total += solved.fun
    return total


@pytest.mark.parametrize(
    "wrong",
    [
        incident([[1, 0, 0]], [[1, 0, 0, 0]], [[1.0]]),
        incident([[1, 0, 0, 0]], np.empty((0, 4)), np.empty((1, 0))),
        incident([[-1, 0, 0, 0]], [[1, 0, 0, 0]], [[1.0]]),
        incident([[1, 0, 0, 0]], [[1, 0, 0, 0]], [[np.nan]]),
        incident([[1, 0, 0, 0]], [[1, 0, 0, 0]], [[1.0, 2.0]]),
    ],
)
def test_what_does_not_fit_together_is_refused(wrong: Incident) -> None:
    with pytest.raises(distribution.InvalidIncident):
        distribute(wrong, WEIGHTS)


REPORT: Final = Capacity(
    "h0", Emergency.OPEN, {BedType.ICU: Beds(10, 2, 3, 4)}, {Tag.RED: 2}, 20.0, NOW
)


def test_a_report_ages_faster_in_an_incident() -> None:
    later = NOW + timedelta(minutes=5)

    assert not STALENESS.is_stale(NOW, later, incident=True)
    assert STALENESS.is_stale(NOW, later + timedelta(microseconds=1), incident=True)
    assert not STALENESS.is_stale(NOW, NOW + timedelta(minutes=15), incident=False)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"report_time": NOW + timedelta(hours=1)}, beds.InvalidCapacity),
        ({"report_time": NOW - timedelta(hours=1)}, beds.ReportOutdated),
        ({"beds": {BedType.ICU: Beds(1, -1, 0, 0)}}, beds.InvalidCapacity),
        ({"beds": {BedType.ICU: Beds(1, 1, 9, 3)}}, beds.InvalidCapacity),
        ({"casualties": {Tag.RED: 1_000_000}}, beds.InvalidCapacity),
        ({"casualties": {Tag.GREY: 1}}, beds.InvalidCapacity),
        ({"offload_minutes": -1.0}, beds.InvalidCapacity),
    ],
)
def test_reports_that_cannot_be_are_refused(
    change: dict[str, Any], refusal: type[Exception]
) -> None:
    from dataclasses import replace

    with pytest.raises(refusal):
        beds.checked(replace(REPORT, **change), REPORT, NOW)
    assert REPORT is beds.checked(REPORT, REPORT, NOW)
