from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry import resample
from services.telemetry.series_query import QUALITY_SUBSTITUTED, GapHandling, Points

NAN = math.nan
Row = tuple[float, int, int]
"""Value, quality and readings of a step."""

present = st.builds(
    lambda v, q, n: (v, q, n),
    st.floats(-1e6, 1e6),
    st.integers(0, 5),
    st.integers(1, 1000),
)
steps = st.lists(st.none() | present, min_size=1, max_size=40)


def points_of(rows: list[Row | None], *, step_us: int, first: int) -> Points:
    there = [(i, r) for i, r in enumerate(rows) if r is not None]
    return Points(
        np.array([(first + i) * step_us for i, _ in there], np.int64),
        np.array([r[0] for _, r in there], np.float64),
        np.array([r[1] for _, r in there], np.uint8),
        np.array([r[2] for _, r in there], np.uint32),
    )


def naive_fill(rows: list[Row | None], gaps: GapHandling) -> list[Row | None]:
    """The rule, step by step."""
    filled: list[Row | None] = []
    for i, row in enumerate(rows):
        before = next((j for j in range(i, -1, -1) if rows[j] is not None), None)
        after = next((j for j in range(i, len(rows)) if rows[j] is not None), None)
        if row is not None or gaps is GapHandling.OMIT:
            filled.append(row)
        elif gaps is GapHandling.PREVIOUS and before is not None:
            filled.append((rows[before][0], QUALITY_SUBSTITUTED, 0))  # type: ignore[index]
        elif gaps is GapHandling.LINEAR and before is not None and after is not None:
            left, right = rows[before][0], rows[after][0]  # type: ignore[index]
            share = (i - before) / (after - before)
            filled.append((left + (right - left) * share, QUALITY_SUBSTITUTED, 0))
        else:
            filled.append((NAN, 0, 0))
    return filled


@given(
    rows=steps,
    gaps=st.sampled_from(GapHandling),
    step_us=st.sampled_from([1_000, 1_000_000, 900_000_000]),
    first=st.integers(0, 10**6),
)
def test_fill_agrees_with_the_naive_rule(
    rows: list[Row | None], gaps: GapHandling, step_us: int, first: int
) -> None:
    points = points_of(rows, step_us=step_us, first=first)
    filled = resample.fill(
        points, step_us=step_us, first=first, last=first + len(rows) - 1, gaps=gaps
    )
    naive = [(first + i, r) for i, r in enumerate(naive_fill(rows, gaps)) if r is not None]
    assert filled.time_us.tolist() == [i * step_us for i, _ in naive]
    np.testing.assert_allclose(filled.value, [r[0] for _, r in naive], rtol=1e-9, atol=1e-6)
    assert filled.quality.tolist() == [r[1] for _, r in naive]
    assert filled.readings.tolist() == [r[2] for _, r in naive]


@given(rows=steps, gaps=st.sampled_from(GapHandling))
def test_fill_changes_no_step_that_has_readings(rows: list[Row | None], gaps: GapHandling) -> None:
    points = points_of(rows, step_us=1_000_000, first=7)
    filled = resample.fill(points, step_us=1_000_000, first=7, last=6 + len(rows), gaps=gaps)
    there = filled.readings > 0
    assert filled.time_us[there].tolist() == points.time_us.tolist()
    assert filled.value[there].tolist() == points.value.tolist()
    assert filled.readings.sum() == points.readings.sum()


def naive_extremes(readings: list[tuple[int, float, int]], span: int) -> list[tuple[int, float]]:
    spans: dict[int, list[tuple[int, float]]] = {}
    for time, value, _ in readings:
        spans.setdefault(time // span, []).append((time, value))
    chosen = set()
    for rows in spans.values():
        chosen.add(min(rows, key=lambda r: (r[1], r[0])))
        chosen.add(max(rows, key=lambda r: (r[1], -r[0])))
    return sorted(chosen)


@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.floats(-1e3, 1e3), st.integers(0, 5)),
        min_size=1,
        max_size=80,
        unique_by=lambda r: r[0],
    ),
    st.integers(1, 3_000),
)
def test_extremes_keep_every_spike(readings: list[tuple[int, float, int]], span: int) -> None:
    spans: dict[int, list[tuple[int, float, int]]] = {}
    for row in readings:
        spans.setdefault(row[0] // span, []).append(row)
    least = [min(rows, key=lambda r: (r[1], r[0])) for rows in spans.values()]
    greatest = [max(rows, key=lambda r: (r[1], -r[0])) for rows in spans.values()]
    points = resample.extremes(
        np.array([r[0] for r in least], np.int64),
        np.array([r[1] for r in least]),
        np.array([r[0] for r in greatest], np.int64),
        np.array([r[1] for r in greatest]),
        np.array([max(q for _, _, q in rows) for rows in spans.values()], np.uint8),
        np.array([len(rows) for rows in spans.values()], np.uint64),
    )
    got = list(zip(points.time_us.tolist(), points.value.tolist(), strict=True))
    assert got == naive_extremes(readings, span)
    assert points.readings.sum() == len(readings)
    assert points.value.min() == min(r[1] for r in readings)
    assert points.value.max() == max(r[1] for r in readings)
    assert points.quality.max() == max(r[2] for r in readings)


@pytest.mark.parametrize("gaps", GapHandling)
def test_fill_of_nothing(gaps: GapHandling) -> None:
    points = points_of([], step_us=1000, first=0)
    filled = resample.fill(points, step_us=1000, first=5, last=7, gaps=gaps)
    if gaps is GapHandling.OMIT:
        assert len(filled) == 0
    else:
        assert np.isnan(filled.value).tolist() == [True] * 3
        assert filled.time_us.tolist() == [5000, 6000, 7000]
