"""Statistics attacked: whatever linear combination of what is shown, no small cell comes out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.model import anonymity
from services.credit_supervision.model.anonymity import Cell, K

COUNTS = st.integers(0, 40)


@given(st.dictionaries(st.sampled_from("abcdefgh"), COUNTS, min_size=1))
def test_a_hidden_cell_is_not_the_difference_of_the_sum_and_the_others(
    counts: dict[str, int],
) -> None:
    shown = anonymity.suppress(counts)
    hidden = [name for name, count in shown.items() if count is None]

    assert all(count is None or count == 0 or count >= K for count in shown.values())
    assert all(count is None or count == counts[name] for name, count in shown.items())
    if hidden and any(count is not None and count >= K for count in shown.values()):
        assert len(hidden) >= 2
        assert sum(counts[name] for name in hidden) >= K


def determined(shown: dict[Cell, int | None]) -> set[Cell]:
    """Return the hidden cells that follow from all row and column sums: by linear algebra."""
    hidden = sorted(cell for cell, count in shown.items() if count is None)
    if not hidden:
        return set()
    lines = {("r", c[0]) for c in hidden} | {("c", c[1]) for c in hidden}
    system = np.array(
        [[float(line in {("r", c[0]), ("c", c[1])}) for c in hidden] for line in sorted(lines)]
    )
    rank = np.linalg.matrix_rank(system)
    found = set()
    for n, cell in enumerate(hidden):
        unit = np.zeros(len(hidden))
        unit[n] = 1.0
        if np.linalg.matrix_rank(np.vstack([system, unit])) == rank:
            found.add(cell)
    return found


@given(st.integers(2, 6), st.integers(2, 5), st.data())
def test_no_small_cell_of_a_table_is_worked_out_from_all_its_sums(
    rows: int, columns: int, data: st.DataObject
) -> None:
    cells = {(f"r{r}", f"c{c}"): data.draw(COUNTS) for r in range(rows) for c in range(columns)}

    shown = anonymity.table(cells)

    assert all(count is None or count == 0 or count >= K for count in shown.values())
    assert {cell for cell in determined(shown) if 0 < cells[cell] < K} == set()


def test_a_bridge_between_two_hidden_parts_is_no_way_in() -> None:
    # Rows 1-2 with columns 1-2, rows 3-4 with columns 3-4, joined by one small cell alone.
    small = {("r1", "c1"), ("r1", "c2"), ("r2", "c1"), ("r2", "c2")}
    small |= {("r3", "c3"), ("r3", "c4"), ("r4", "c3"), ("r4", "c4"), ("r1", "c3")}
    cells = {
        (f"r{r}", f"c{c}"): 3 if (f"r{r}", f"c{c}") in small else 30
        for r in range(1, 5)
        for c in range(1, 5)
    }
    only_small: dict[Cell, int | None] = {
        cell: None if cell in small else count for cell, count in cells.items()
    }

    assert ("r1", "c3") in determined(only_small)
    assert determined(anonymity.table(cells)) == set()


def test_a_total_of_a_few_is_not_given() -> None:
    assert [anonymity.total(x) for x in ([], [0, 0], [1, 3], [4, 1])] == [0, 0, None, 5]
