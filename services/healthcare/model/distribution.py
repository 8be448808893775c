"""Casualty distribution: how many of each class go from each place to each hospital.

A mixed-integer programme. ``x[o, h, c]`` whole people of class ``c`` go from origin ``o`` to
hospital ``h``; those for whom there is no way wait. It minimises weighted minutes, where a place
beyond a hospital's capacity and a wait each cost more than any journey, the gravest most. The same
input gives the same plan: HiGHS runs on one thread with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np
import numpy.typing as npt

from services.healthcare.model.beds import COLOURS
from services.healthcare.model.triage import Tag
from services.plumbing.highs import QuietHighs
from services.plumbing.refusal import InvalidArgument, Unavailable
from services.plumbing.rules import Rule

RULE: Final = "casualty-distribution"

SOLVE_S_MAX: Final = 20.0
"""Ten times what the largest province takes: a plan that is late helps nobody."""

Minutes = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class InvalidIncident(InvalidArgument):
    """Casualties, capacities and travel times that do not fit together."""

    reason = "INVALID_INCIDENT"


class NotSolved(Unavailable):
    """No plan in time; the former one holds."""

    reason = "DISTRIBUTION_NOT_SOLVED"


@dataclass(frozen=True, slots=True)
class Weights:
    """What a minute costs by class, how far each may go, and what a shortage costs in minutes."""

    version: str
    per_minute: Mapping[Tag, float]
    minutes_max: Mapping[Tag, float]
    overload_minutes: float
    waiting_minutes: float

    @classmethod
    def parse(cls, rule: Rule) -> Weights:
        """Read the rule; raise InvalidRule for what cannot be."""
        per_minute = {tag: rule.number("weight", tag.name.lower()) for tag in COLOURS}
        longest = {tag: rule.number("minutes_max", tag.name.lower()) for tag in COLOURS}
        overload, waiting = rule.number("overload_minutes"), rule.number("waiting_minutes")
        if list(per_minute.values()) != sorted(per_minute.values(), reverse=True):
            raise rule.invalid("weight", "the graver must weigh at least as much")
        if not max(longest.values()) <= overload <= waiting:
            raise rule.invalid("overload_minutes", "need minutes_max <= it <= waiting_minutes")
        return cls(rule.version, per_minute, longest, overload, waiting)


@dataclass(frozen=True)
class Incident:
    """What there is to distribute.

    ``casualties`` (origins, classes), ``capacity`` (hospitals, classes) and ``minutes``
    (origins, hospitals; inf where no road leads) in the order of the names; classes as COLOURS.
    """

    origins: Sequence[str]
    hospitals: Sequence[str]
    casualties: Counts
    capacity: Counts
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class Move:
    """So many of one class go from one place to one hospital, and why there.

    ``nearest`` is the hospital that is nearest to the place; ``passed_over`` says why they do not
    all go there, empty when they do. ``over_capacity`` are people beyond what was reported free.
    """

    origin: str
    hospital: str
    tag: Tag
    count: int
    minutes: float
    nearest: str
    passed_over: str
    over_capacity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everybody goes, and who waits: (origin, class, people)."""

    rule_version: str
    moves: tuple[Move, ...]
    waiting: tuple[tuple[str, Tag, int], ...]
    cost: float


def distribute(incident: Incident, weights: Weights) -> Plan:
    """Return the best distribution; raise InvalidIncident or NotSolved."""
    _check(incident)
    places = np.argwhere(incident.casualties > 0)
    if not len(places):
        return Plan(weights.version, (), (), 0.0)
    model = _Programme(incident, weights, places)
    values, cost = model.solve()
    return model.plan(values, cost)


class _Programme:
    """Columns: each journey, then a wait for each (origin, class), then overload of (h, class)."""

    def __init__(self, incident: Incident, weights: Weights, places: Counts) -> None:
        self._incident = incident
        self._weights = weights
        self._places = places
        longest = np.array([weights.minutes_max[tag] for tag in COLOURS])
        weight = np.array([weights.per_minute[tag] for tag in COLOURS])
        reach = incident.minutes[places[:, 0]] <= longest[places[:, 1], None]
        self._row, self._hospital = np.nonzero(reach)
        self._minutes = incident.minutes[places[self._row, 0], self._hospital]
        self._class = places[self._row, 1]
        hospitals, classes = len(incident.hospitals), len(COLOURS)
        self._cost = np.concatenate(
            [
                weight[self._class] * self._minutes,
                weight[places[:, 1]] * weights.waiting_minutes,
                np.tile(weight * weights.overload_minutes, hospitals),
            ]
        )
        supply = incident.casualties[places[:, 0], places[:, 1]].astype(np.float64)
        free = incident.capacity.astype(np.float64).reshape(hospitals * classes)
        self._lower = np.concatenate([supply, np.full(len(free), -np.inf)])
        self._upper = np.concatenate([supply, free])

    def solve(self) -> tuple[Counts, float]:
        """Return the columns' values and the cost; raise NotSolved."""
        journeys, waits = len(self._row), len(self._places)
        overloads = len(self._upper) - waits
        served = waits + self._hospital * len(COLOURS) + self._class
        columns = journeys + waits + overloads
        starts = np.concatenate(
            [np.arange(journeys) * 2, journeys * 2 + np.arange(waits + overloads)]
        )
        index = np.concatenate(
            [np.column_stack([self._row, served]).ravel(), np.arange(waits + overloads)]
        )
        value = np.concatenate([np.ones(journeys * 2 + waits), -np.ones(overloads)])
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = columns, waits + overloads
        programme.col_cost_ = self._cost
        programme.col_lower_ = np.zeros(columns)
        programme.col_upper_ = np.full(columns, np.inf)
        programme.row_lower_, programme.row_upper_ = self._lower, self._upper
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_ = np.append(starts, len(index)).astype(np.int32)
        programme.a_matrix_.index_ = index.astype(np.int32)
        programme.a_matrix_.value_ = value
        programme.integrality_ = [highspy.HighsVarType.kInteger] * columns
        return _solved(programme)

    def plan(self, values: Counts, cost: float) -> Plan:
        """Return what the columns' values mean, with the reasons."""
        journeys, waits = len(self._row), len(self._places)
        classes = len(COLOURS)
        going = np.flatnonzero(values[:journeys])
        over = values[journeys + waits :].reshape(len(self._incident.hospitals), classes).copy()
        sent = np.zeros_like(over)
        np.add.at(sent, (self._hospital[going], self._class[going]), values[going])
        moves = []
        # The nearest are taken as those for whom there is room: who comes from farther is over.
        for column in sorted(going.tolist(), key=lambda c: -float(self._minutes[c])):
            hospital, of_class = int(self._hospital[column]), int(self._class[column])
            count = int(values[column])
            beyond = min(count, int(over[hospital, of_class]))
            over[hospital, of_class] -= beyond
            moves.append(self._move(column, count, beyond, sent))
        moves.sort(key=lambda m: (m.tag, m.origin, m.minutes, m.hospital))
        waiting = tuple(
            (self._incident.origins[origin], COLOURS[of_class], int(count))
            for (origin, of_class), count in zip(
                self._places.tolist(), values[journeys : journeys + waits], strict=True
            )
            if count
        )
        return Plan(self._weights.version, tuple(moves), waiting, cost)

    def _move(self, column: int, count: int, beyond: int, sent: Counts) -> Move:
        origin, of_class = self._places[self._row[column]].tolist()
        hospital = int(self._hospital[column])
        row = self._incident.minutes[origin]
        nearest = int(np.argmin(row))
        reason = ""
        if nearest != hospital and row[nearest] < row[hospital]:
            free = int(self._incident.capacity[nearest, of_class])
            reason = (
                f"takes none of this class (0 free), {row[nearest]:.0f} min"
                if free == 0
                else f"its {free} places go to {int(sent[nearest, of_class])} others, "
                f"{row[nearest]:.0f} min"
            )
        return Move(
            self._incident.origins[origin],
            self._incident.hospitals[hospital],
            COLOURS[of_class],
            count,
            float(row[hospital]),
            self._incident.hospitals[nearest],
            reason,
            beyond,
        )


def _solved(programme: Any) -> tuple[Counts, float]:
    solver = QuietHighs()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("time_limit", SOLVE_S_MAX)
    solver.passModel(programme)
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise NotSolved(f"HiGHS ended with {solver.modelStatusToString(status)}")
    values = np.rint(np.array(solver.getSolution().col_value)).astype(np.int64)
    return values, float(solver.getInfo().objective_function_value)


def _check(incident: Incident) -> None:
    origins, hospitals, classes = len(incident.origins), len(incident.hospitals), len(COLOURS)
    shapes = {
        "casualties": (incident.casualties.shape, (origins, classes)),
        "capacity": (incident.capacity.shape, (hospitals, classes)),
        "minutes": (incident.minutes.shape, (origins, hospitals)),
    }
    for name, (found, wanted) in shapes.items():
        if found != wanted:
            raise InvalidIncident(f"{name} has the shape {found}, not {wanted}", field=name)
    if not hospitals:
        raise InvalidIncident("there is no hospital to send anybody to", field="hospitals")
    if (incident.casualties < 0).any() or (incident.capacity < 0).any():
        raise InvalidIncident("counts must not be negative", field="casualties")
    if np.isnan(incident.minutes).any() or (incident.minutes < 0).any():
        raise InvalidIncident("minutes must not be negative", field="minutes")
