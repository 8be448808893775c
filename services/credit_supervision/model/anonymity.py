"""Statistics that name nobody: no cell of fewer than five, and none that can be worked out.

Hiding small cells is not enough: with a total and the other cells given, the hidden one is their
difference. So when one cell of a row is hidden, another is too, and a total that would undo it is
not given. And two questions whose answers differ by a few entities would tell of those few, so
counts are asked for by fixed partitions of place and class, never by a filter of the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

K: Final = 5
"""Fewest entities that a number may stand for (k-anonymity)."""

FEWEST_HIDDEN: Final = 2
"""Of a line: one alone is the difference of the sum and the others."""

Cell = tuple[str, str]
"""Row and column of a table."""


def suppress(counts: Mapping[str, int], k: int = K) -> dict[str, int | None]:
    """Return counts of one group that are given together with their sum; None for a hidden one.

    What is hidden, taken together, stands for at least k: so the sum less what is shown tells of
    no fewer than k entities. And it is never a single cell, which that difference would name.
    """
    hidden = {name for name, count in counts.items() if 0 < count < k}
    if hidden:
        rest = sorted(
            (name for name, count in counts.items() if count >= k),
            key=lambda name: (counts[name], name),
        )
        while rest and (sum(counts[each] for each in hidden) < k or len(hidden) < FEWEST_HIDDEN):
            hidden.add(rest.pop(0))
    return {name: None if name in hidden else count for name, count in counts.items()}


def table(cells: Mapping[Cell, int], k: int = K) -> dict[Cell, int | None]:
    """Return a table of two dimensions whose row and column sums are given too.

    Each row and each column is made safe by itself. That alone would leave a cell that joins two
    parts of the table which are hidden otherwise apart: the sums of one part give it away. Such a
    cell is a bridge of the graph that has rows and columns for nodes and hidden cells for edges.
    """
    rows = sorted({row for row, _ in cells})
    columns = sorted({column for _, column in cells})
    lines = [
        *([(row, column) for column in columns if (row, column) in cells] for row in rows),
        *([(row, column) for row in rows if (row, column) in cells] for column in columns),
    ]
    hidden = {cell for cell, count in cells.items() if 0 < count < k}
    while True:
        before = len(hidden)
        for line in lines:
            _protect(line, cells, hidden, k)
        for cell in sorted(hidden):
            if _is_bridge(cell, hidden):
                _hide_smallest(
                    [c for c in cells if c[0] == cell[0] or c[1] == cell[1]], cells, hidden
                )
        if len(hidden) == before:
            return {cell: None if cell in hidden else count for cell, count in cells.items()}


def steadied(counts: Mapping[Cell, int], shown: Mapping[Cell, int], k: int = K) -> dict[Cell, int]:
    """Return the counts to make a table of, given those of the table before.

    A cell moves only once it has changed by k or more. Otherwise whoever asks before and after one
    entity comes or goes has it as the difference of two answers, each of which was safe.
    """
    found = {}
    for cell in {*counts, *shown}:
        now, before = counts.get(cell, 0), shown.get(cell, 0)
        found[cell] = now if abs(now - before) >= k else before
    return found


def released(
    counts: Mapping[Cell, int], shown: Mapping[Cell, int], k: int = K
) -> tuple[dict[Cell, int], dict[Cell, int | None]]:
    """Return what a table is made of, to be kept for the next one, and the table as it is shown.

    None is few or nobody, which look alike: that somebody is there is already telling of few.
    """
    steady = steadied(counts, shown, k)
    return steady, {cell: count or None for cell, count in table(steady, k).items()}


def total(counts: Iterable[int], k: int = K) -> int | None:
    """Return a sum, None when it stands for fewer than k and for somebody."""
    found = sum(counts)
    return None if 0 < found < k else found


def _protect(line: Sequence[Cell], cells: Mapping[Cell, int], hidden: set[Cell], k: int) -> None:
    """Hide more of a line of cells until what is hidden in it can't be worked out from its sum."""
    while mine := [each for each in line if each in hidden]:
        if len(mine) >= FEWEST_HIDDEN and sum(cells[each] for each in mine) >= k:
            return
        if not _hide_smallest(line, cells, hidden):
            return


def _hide_smallest(line: Iterable[Cell], cells: Mapping[Cell, int], hidden: set[Cell]) -> bool:
    """Hide the smallest cell of a line that is shown; return False when none is."""
    rest = [each for each in line if each not in hidden]
    if not rest:
        return False
    hidden.add(min(rest, key=lambda each: (cells[each] == 0, cells[each], each)))
    return True


def _is_bridge(cell: Cell, hidden: set[Cell]) -> bool:
    """Return whether a hidden cell's row and column are joined by no other hidden cells."""
    reached, new = {("row", cell[0])}, [("row", cell[0])]
    while new:
        kind, name = new.pop()
        for row, column in hidden - {cell}:
            here, there = ("row", row), ("column", column)
            if kind == "column":
                here, there = there, here
            if here == (kind, name) and there not in reached:
                reached.add(there)
                new.append(there)
    return ("column", cell[1]) not in reached
