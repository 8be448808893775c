"""A linear or mixed-integer program, built column by column and handed to HiGHS whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import highspy
import numpy as np
from numpy.typing import NDArray

from services.plumbing.highs import QuietHighs
from services.plumbing.refusal import FailedPrecondition, ResourceExhausted

INFINITY: Final = float("inf")
GAP: Final = 1e-4
"""Relative gap at which a mixed-integer plan is good enough: forecasts of load err by per cents."""
NODES_MAX: Final = 20_000
"""Branches looked at before the best plan so far is taken. Counted, not timed: the same input gives
the same plan on any machine."""
SEED: Final = 0


class DispatchInfeasible(FailedPrecondition):
    """No plan keeps all limits."""

    reason = "DISPATCH_INFEASIBLE"


class DispatchUnsolved(ResourceExhausted):
    """The optimiser gave up before it had any plan."""

    reason = "DISPATCH_UNSOLVED"


@dataclass(frozen=True, slots=True)
class Solved:
    """Column values and reduced costs, row prices (change of cost a unit of right-hand side)."""

    objective: float
    columns: NDArray[np.float64]
    reduced: NDArray[np.float64]
    rows: NDArray[np.float64]


@dataclass(slots=True)
class Program:
    """Columns with costs and bounds, rows with bounds, coefficients by row."""

    costs: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    integers: list[int] = field(default_factory=list)
    row_low: list[float] = field(default_factory=list)
    row_high: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def column(self, cost: float, low: float, high: float, *, integer: bool = False) -> int:
        """Add a variable and return its number."""
        self.costs.append(cost)
        self.low.append(low)
        self.high.append(high)
        if integer:
            self.integers.append(len(self.costs) - 1)
        return len(self.costs) - 1

    def row(self, low: float, high: float, terms: Sequence[tuple[int, float]]) -> int:
        """Add ``low <= sum of terms <= high`` and return its number."""
        self.row_low.append(low)
        self.row_high.append(high)
        for column, coefficient in terms:
            self.index.append(column)
            self.value.append(coefficient)
        self.starts.append(len(self.index))
        return len(self.row_low) - 1

    def solve(self, start: Sequence[float] | None = None) -> Solved:
        """Return the cheapest values; raise DispatchInfeasible or DispatchUnsolved.

        ``start`` are values to begin from (an earlier plan, shifted): they speed, never change,
        what is found. Prices of a mixed-integer program are those with its integers held.
        """
        solver = self._loaded()
        if start is not None and self.integers:
            first = highspy.HighsSolution()
            first.col_value = list(start)
            solver.setSolution(first)
        _run(solver)
        values = np.asarray(solver.getSolution().col_value)
        if self.integers:
            numbers = np.asarray(self.integers, dtype=np.int32)
            held = np.round(values[numbers])
            solver.changeColsIntegrality(
                len(numbers), numbers, np.full(len(numbers), highspy.HighsVarType.kContinuous)
            )
            solver.changeColsBounds(len(numbers), numbers, held, held)
            _run(solver)
        found = solver.getSolution()
        return Solved(
            float(solver.getInfo().objective_function_value),
            np.asarray(found.col_value),
            np.asarray(found.col_dual),
            np.asarray(found.row_dual),
        )

    def _loaded(self) -> highspy.Highs:
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.costs), len(self.row_low)
        program.col_cost_ = np.asarray(self.costs)
        program.col_lower_ = np.asarray(self.low)
        program.col_upper_ = np.asarray(self.high)
        program.row_lower_ = np.asarray(self.row_low)
        program.row_upper_ = np.asarray(self.row_high)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.asarray(self.starts, dtype=np.int32)
        program.a_matrix_.index_ = np.asarray(self.index, dtype=np.int32)
        program.a_matrix_.value_ = np.asarray(self.value)
        if self.integers:
            kinds = [highspy.HighsVarType.kContinuous] * len(self.costs)
            for number in self.integers:
                kinds[number] = highspy.HighsVarType.kInteger
            program.integrality_ = kinds
        solver = QuietHighs()
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", SEED)
        solver.setOptionValue("mip_rel_gap", GAP)
        solver.setOptionValue("mip_max_nodes", NODES_MAX)
        solver.passModel(program)
        return solver


def _run(solver: highspy.Highs) -> None:
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise DispatchInfeasible("no plan keeps all limits of the site")
    limited = {highspy.HighsModelStatus.kSolutionLimit, highspy.HighsModelStatus.kIterationLimit}
    has_plan = (
        solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    )
    if status != highspy.HighsModelStatus.kOptimal and not (status in limited and has_plan):
        raise DispatchUnsolved(f"the optimiser ended with {solver.modelStatusToString(status)}")
