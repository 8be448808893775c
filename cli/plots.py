"""A series as a plot of characters. Pure: points in, lines out.

Each character is eight dots of Unicode's braille, two across and four down, so 80 columns show 160
moments; with ``ascii_only`` each is one star.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

DOTS_ACROSS: Final = 2
DOTS_DOWN: Final = 4
BRAILLE: Final = 0x2800
# The bit of each dot of a braille character, by row and column.
BITS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
HEIGHT: Final = 12
WIDTH_MIN: Final = 20
DAY_S: Final = 86_400

Point = tuple[float, float]
"""Unix time in seconds, and a value."""


def plot(
    points: Sequence[Point], *, width: int, height: int = HEIGHT, ascii_only: bool = False
) -> list[str]:
    """Return a plot of points that are in order of time; values that are no numbers are gaps.

    ``width`` is of the whole in columns. Without a point there is nothing to plot: no line.
    """
    known = [(at, value) for at, value in points if math.isfinite(value)]
    if not known:
        return []
    low, high = bounds([value for _, value in known])
    labels = [f"{low + (high - low) * row / (height - 1):.6g}" for row in range(height)][::-1]
    margin = max(len(label) for label in labels) + 1
    columns = max(WIDTH_MIN, width - margin - 1)
    across, down = (1, 1) if ascii_only else (DOTS_ACROSS, DOTS_DOWN)
    grid = _grid(points, low, high, columns * across, height * down)
    rows = [_row(grid[row * down : (row + 1) * down], columns, across) for row in range(height)]
    lines = [
        f"{label:>{margin - 1}} ┤{row}".rstrip() for label, row in zip(labels, rows, strict=True)
    ]
    axis = f"{'':>{margin - 1}} └{'─' * columns}"
    first, last = clock(known[0][0], known), clock(known[-1][0], known)
    times = f"{'':>{margin + 1}}{first}{last:>{max(1, columns - len(first))}}"
    found = [*lines, axis, times]
    plain = str.maketrans("┤└─", "|+-")
    return [line.translate(plain) for line in found] if ascii_only else found


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and greatest value of the axis; apart, even where all values are one."""
    low, high = min(values), max(values)
    if low == high:
        apart = abs(low) * 0.05 or 1.0
        return low - apart, high + apart
    return low, high


def clock(at: float, points: Sequence[Point]) -> str:
    """Return a moment as the axis states it, in UTC: with its day when the plot is longer."""
    moment = datetime.fromtimestamp(at, UTC)
    form = "%H:%M:%SZ" if points[-1][0] - points[0][0] < DAY_S else "%m-%d %H:%MZ"
    return moment.strftime(form)


def _grid(
    points: Sequence[Point], low: float, high: float, across: int, down: int
) -> list[list[bool]]:
    """Return which dots are set: a line through the points, broken where a value is missing."""
    grid = [[False] * across for _ in range(down)]
    begin, end = points[0][0], points[-1][0]
    before: tuple[int, int] | None = None
    for at, value in points:
        if not math.isfinite(value):
            before = None
            continue
        x = round((at - begin) / (end - begin) * (across - 1)) if end > begin else 0
        y = round((high - value) / (high - low) * (down - 1))
        for column, row in _between(before or (x, y), (x, y)):
            grid[row][column] = True
        before = (x, y)
    return grid


def _between(first: tuple[int, int], last: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the dots of a straight line."""
    steps = max(abs(last[0] - first[0]), abs(last[1] - first[1]), 1)
    return [
        (
            round(first[0] + (last[0] - first[0]) * step / steps),
            round(first[1] + (last[1] - first[1]) * step / steps),
        )
        for step in range(steps + 1)
    ]


def _row(dots: Sequence[Sequence[bool]], columns: int, across: int) -> str:
    """Return a line of characters for as many rows of dots as one has."""
    if across == 1:
        return "".join("*" if each else " " for each in dots[0])
    return "".join(_character(dots, column * across) for column in range(columns))


def _character(dots: Sequence[Sequence[bool]], left: int) -> str:
    bits = sum(
        BITS[row][column]
        for row in range(DOTS_DOWN)
        for column in range(DOTS_ACROSS)
        if dots[row][left + column]
    )
    return chr(BRAILLE + bits) if bits else " "
