"""What the local risk signal is counted from, with where each count is from; and its drift."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.credit_supervision.model import clues as clue_model
from services.credit_supervision.model import scorecard
from services.credit_supervision.model.clues import Clue
from services.credit_supervision.model.draws import Inspection, Outcome
from services.credit_supervision.model.grades import NATIONAL, Grade
from services.credit_supervision.model.record_log import Stored
from services.credit_supervision.model.records import Kind, Severity, Use
from services.credit_supervision.model.scorecard import Item, Reason, Scorecard
from services.plumbing.rules import Rule, day_of

PREFIX: Final = "scorecard-"
"""Begins the ids of the rules that are scorecards."""

LOCAL_RISK: Final = "local-risk"
CLUES_OF: Final = timedelta(days=365)
VISITS_OF: Final = timedelta(days=730)
CLASSES: Final = ("A", "B", "C")
LAST_CLASS: Final = "D"
VALUES_MIN: Final = 200
"""Fewer values than this have no distribution worth a stability index."""


Bins = Mapping[str, Mapping[int, int]]
"""How many values fell into each bin of each item."""


class Reference(NamedTuple):
    """Shares of an attribute's bins, the missing value's last, that others are compared with.

    ``month`` is the one they are of, YYYY-MM; empty for what the table was fitted on.
    """

    shares: tuple[float, ...]
    month: str = ""


@dataclass(frozen=True)
class Drift:
    """How far an attribute is from its reference: index, level, and of how many values."""

    item: str
    index: float
    level: str
    total: int
    reference: Reference


@dataclass(frozen=True)
class Counted:
    """A value, and the names of what it was counted from."""

    value: float
    lineage: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """What one item gave; ``counted`` is None where there is no value."""

    item: str
    counted: Counted | None
    points: float


@dataclass(frozen=True)
class Signal:
    """A score with all that it is made of: the points of the parts and the base are the score."""

    score: float
    planning_class: str
    parts: tuple[Part, ...]
    reasons: tuple[Reason, ...]
    version: str


def counted(
    records: Iterable[Stored],
    clues: Iterable[Clue],
    visits: Iterable[Inspection],
    grades: Iterable[Grade],
    now: datetime,
) -> dict[str, Counted]:
    """Return the values of the local risk signal: of what may be used today, nothing else."""
    usable = [each for each in records if each.decision.use in {Use.PUBLISHED, Use.SHARED}]
    penalties = [each for each in usable if each.record.kind is Kind.PENALTY]
    serious = [each for each in penalties if Severity.SERIOUS in each.record.severities]
    general = [each for each in penalties if each not in serious]
    found = [each for each in clues if clue_model.counts(each) and now - each.received <= CLUES_OF]
    cases = [
        f"draws/{each.draw_id}/inspections/{each.code}"
        for each in visits
        for finding in each.findings
        if finding.outcome in {Outcome.CASE_OPENED, Outcome.REFUSED}
        and now - finding.found <= VISITS_OF
    ]
    values = {
        "penalties_general": _of_records(general),
        "penalties_serious": _of_records(serious),
        "list_entries": _of_records(e for e in usable if e.record.kind is Kind.LIST_ENTRY),
        "honours": _of_records(e for e in usable if e.record.kind is Kind.HONOUR),
        "clue_results": _named(f"clues/{each.clue_id}" for each in found),
        "inspection_cases": _named(cases),
    }
    for grade in grades:
        if grade.scheme == NATIONAL and grade.holds(day_of(now)):
            name = f"entities/{grade.code}/grades/{grade.scheme}"
            values["national_grade"] = Counted(5.0 - int(grade.letter), (name,))
    return values


def of(card: Scorecard, rule: Rule, values: Mapping[str, Counted]) -> Signal:
    """Return the signal of some values by a scorecard."""
    numbers = {name: each.value for name, each in values.items()}
    parts = tuple(
        Part(item.name, values.get(item.name), item.points_of(numbers.get(item.name)))
        for item in card.items
    )
    score = card.base_points + sum(part.points for part in parts)
    return Signal(score, class_of(rule, score), parts, tuple(card.reasons(numbers)), card.version)


def of_rows(
    card: Scorecard, rule: Rule, rows: Sequence[Mapping[str, float]]
) -> tuple[list[Signal], Bins]:
    """Return the signal of each row of values, and how many values fell into each bin of each item.

    Whole columns are scored at once: a signal comes out as ``of`` makes it of its row alone.
    """
    values = {item.name: [row.get(item.name) for row in rows] for item in card.items}
    columns = {
        name: np.asarray([math.nan if each is None else each for each in column], float)
        for name, column in values.items()
    }
    bins = {item.name: item.bins(columns[item.name]) for item in card.items}
    parts = [
        [
            Part(item.name, None if value is None else Counted(value, ()), points)
            for value, points in zip(
                values[item.name], item.table()[bins[item.name]].tolist(), strict=True
            )
        ]
        for item in card.items
    ]
    scores = card.scores(columns)
    bounds = [rule.number("class_from", name) for name in CLASSES]
    classes = np.select([scores >= bound for bound in bounds], CLASSES, LAST_CLASS).tolist()
    by_row = zip(
        scores.tolist(),
        classes,
        zip(*parts, strict=True),
        card.reasons_of_rows(bins),
        strict=True,
    )
    found = [Signal(*each, card.version) for each in by_row]
    counts = {name: dict(zip(*_counts(each), strict=True)) for name, each in bins.items()}
    return found, counts


def bins_of(card: Scorecard, signal: Signal) -> Bins:
    """Return the bin of each of a signal's values, once each."""
    values = {each.item: each.counted.value if each.counted else None for each in signal.parts}
    return {item.name: {item.bin_of(values[item.name]): 1} for item in card.items}


def class_of(rule: Rule, score: float) -> str:
    """Return the class that a score plans with."""
    reached = (name for name in CLASSES if score >= rule.number("class_from", name))
    return next(reached, LAST_CLASS)


def references(card: Scorecard, months: Mapping[str, Bins]) -> dict[str, Reference]:
    """Return what each attribute's distribution is compared with, by item; none while too few.

    That is what its table was fitted on. An expert's table was fitted on nothing: there it is the
    first month, of those given, that has enough values.
    """
    found = {}
    for item in card.items:
        if item.expected:
            found[item.name] = Reference(item.expected)
            continue
        for month, bins in sorted(months.items()):
            seen = _seen(item, bins)
            if (total := sum(seen)) >= VALUES_MIN:
                found[item.name] = Reference(tuple(each / total for each in seen), month)
                break
    return found


def drift(card: Scorecard, counts: Bins, known: Mapping[str, Reference]) -> list[Drift]:
    """Return how far each attribute is from what it is compared with."""
    found = []
    for item in card.items:
        seen, reference = _seen(item, counts), known.get(item.name, Reference(()))
        total = sum(seen)
        if not reference.shares or total < VALUES_MIN:
            found.append(Drift(item.name, 0.0, "TOO_FEW", total, reference))
            continue
        index = scorecard.stability_index(reference.shares, seen)
        found.append(Drift(item.name, index, scorecard.stability(index), total, reference))
    return found


def _seen(item: Item, bins: Bins) -> list[int]:
    counts = bins.get(item.name, {})
    return [counts.get(number, 0) for number in range(len(item.table()))]


def _counts(bins: npt.NDArray[np.intp]) -> tuple[list[int], list[int]]:
    numbers, counts = np.unique(bins, return_counts=True)
    return numbers.tolist(), counts.tolist()


def _of_records(records: Iterable[Stored]) -> Counted:
    return _named(f"records/{each.record.record_id}" for each in records)


def _named(names: Iterable[str]) -> Counted:
    listed = tuple(sorted(names))
    return Counted(float(len(listed)), listed)
