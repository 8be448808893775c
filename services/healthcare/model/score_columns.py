"""Early-warning scores of many at once: the same tables as ``tianfu.scores.scale``, as columns.

A column of a measure is float64 with NaN for not measured; one of a coded item or a context is
int8, the place of the code in the table, -1 for not known. The result agrees with the scalar to
the bit: totals, bounds, what is missing and the band.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tianfu.scores.scale import Coded, InvalidInput, Measure, Scale, Steps, Value

Column = npt.NDArray[np.float64] | npt.NDArray[np.int8]
Points = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

UNKNOWN: Final = -1
"""Code of a coded item that was not measured, and points of an item that are not known."""

BLOCK: Final = 16_384
"""Rows done together: ten columns of them stay in a core's own cache."""


@dataclass(frozen=True)
class ScoreColumns:
    """Scores as columns of one length: see ``tianfu.scores.scale.Score``.

    ``parts`` is (items, rows), -1 where not known; ``missing`` and ``implausible`` hold a bit for
    each item in the scale's order, contexts after the items; ``band`` is a place in ``bands``.
    """

    version: str
    bands: tuple[str, ...]
    total: Points
    high: Points
    band: Points
    parts: npt.NDArray[np.int8]
    missing: npt.NDArray[np.uint32]
    implausible: npt.NDArray[np.uint32]


@dataclass(frozen=True)
class _Looked:
    """A measure's tables as arrays: points of ``first``, ``first + 1``, ... in resolution units."""

    first: int
    points: tuple[Points, ...]


class ColumnScorer:
    """Scores columns by one scale. Made once a rule version: it holds the tables spelt out."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._looked = {
            each.name: _looked(each) for each in scale.items if isinstance(each, Measure)
        }
        single = () if scale.single is None else (scale.single.band,)
        self._bands = (*(band.name for band in scale.bands), *single)
        self._codes = dict(scale.codes())

    def encode(self, name: str, values: list[Value]) -> npt.NDArray[np.int8]:
        """Return the column of a coded item or a context; raise InvalidInput for other codes."""
        places = {code: place for place, code in enumerate(self._codes[name])}
        try:
            codes = [UNKNOWN if v is None else places[str(v)] for v in values]
        except KeyError as error:
            raise InvalidInput(f"{self._scale.version}: {name} has no code {error}") from None
        return np.array(codes, np.int8)

    def score(self, columns: Mapping[str, Column]) -> ScoreColumns:
        """Return the scores of rows; raise InvalidInput unless the columns are the scale's."""
        wanted = {*self._codes, *self._looked}
        if set(columns) != wanted:
            raise InvalidInput(f"{self._scale.version}: need columns {', '.join(sorted(wanted))}")
        rows = {len(column) for column in columns.values()}
        if len(rows) != 1:
            raise InvalidInput(f"{self._scale.version}: columns differ in length: {sorted(rows)}")
        count = rows.pop()
        for name, codes in self._codes.items():
            column = columns[name]
            if count and not (column.min() >= UNKNOWN and column.max() < len(codes)):
                raise InvalidInput(
                    f"{self._scale.version}: {name} needs codes -1..{len(codes) - 1}"
                )
        made = ScoreColumns(
            self._scale.version,
            self._bands,
            total=np.zeros(count, np.int8),
            high=np.zeros(count, np.int8),
            band=np.zeros(count, np.int8),
            parts=np.empty((len(self._scale.items), count), np.int8),
            missing=np.zeros(count, np.uint32),
            implausible=np.zeros(count, np.uint32),
        )
        for start in range(0, count, BLOCK):
            part = slice(start, min(start + BLOCK, count))
            self._block({name: column[part] for name, column in columns.items()}, made, part)
        return made

    def _block(self, columns: Mapping[str, Column], made: ScoreColumns, part: slice) -> None:
        total, high, parts = made.total[part], made.high[part], made.parts[:, part]
        missing, implausible = made.missing[part], made.implausible[part]
        for place, item in enumerate(self._scale.items):
            bit = np.uint32(1 << place)
            column = columns[item.name]
            if isinstance(item, Coded):
                absent = column < 0
                low, most = _coded(item, column)
                unknown = absent
            else:
                absent = np.isnan(column)
                with np.errstate(invalid="ignore"):
                    outside = ~absent & ~((column >= item.low) & (column <= item.high))
                unknown = absent | outside
                low, most = self._measured(item, column, unknown, columns)
                if outside.any():
                    implausible |= outside * bit
            if absent.any():
                missing |= absent * bit
            total += low
            high += most
            parts[place] = np.where((low == most) & ~unknown, low, np.int8(UNKNOWN))
        for place, name in enumerate(self._scale.context, len(self._scale.items)):
            missing |= (columns[name] < 0) * np.uint32(1 << place)
        made.band[part] = self._band(total, parts)

    def _measured(
        self, item: Measure, column: Column, unknown: Flags, columns: Mapping[str, Column]
    ) -> tuple[Points, Points]:
        """Return the least and the most points of each row."""
        looked = self._looked[item.name]
        some = bool(unknown.any())
        value = np.where(unknown, item.low, column) if some else column
        keys = np.rint(value * item.per_unit).astype(np.int32) - looked.first
        if len(item.tables) == 1:
            low = looked.points[0].take(keys)
            most = low
            if some:
                points = item.tables[0].points
                low = np.where(unknown, np.int8(min(points)), low)
                most = np.where(unknown, np.int8(max(points)), most)
            return low, most
        low = np.full(len(keys), 127, np.int8)
        most = np.full(len(keys), -1, np.int8)
        for table, spelt in zip(item.tables, looked.points, strict=True):
            applies = self._applies(table, columns)
            of_table = spelt.take(keys)
            least, greatest = of_table, of_table
            if some:
                least = np.where(unknown, np.int8(min(table.points)), of_table)
                greatest = np.where(unknown, np.int8(max(table.points)), of_table)
            low = np.where(applies, np.minimum(low, least), low)
            most = np.where(applies, np.maximum(most, greatest), most)
        return low, most

    def _applies(self, table: Steps, columns: Mapping[str, Column]) -> Flags:
        rows = len(next(iter(columns.values())))
        applies = np.ones(rows, np.bool_)
        for name, code in table.when:
            column = columns[name]
            applies &= (column == self._codes[name].index(code)) | (column < 0)
        return applies

    def _band(self, total: Points, parts: npt.NDArray[np.int8]) -> Points:
        starts = [band.from_total for band in self._scale.bands]
        band = (np.searchsorted(starts, total, side="right") - 1).astype(np.int8)
        single = self._scale.single
        if single is not None:
            lifted = (parts == single.points).any(axis=0) & (total < single.below)
            band[lifted] = len(starts)
        return band


def _looked(item: Measure) -> _Looked:
    first, last = round(item.low * item.per_unit), round(item.high * item.per_unit)
    keys = range(first, last + 1)
    return _Looked(
        first, tuple(np.array([each.of(key) for key in keys], np.int8) for each in item.tables)
    )


def _coded(item: Coded, column: Column) -> tuple[Points, Points]:
    # The last place stands for -1, not known.
    least = np.array([*item.points, min(item.points)], np.int8)
    most = np.array([*item.points, max(item.points)], np.int8)
    return least[column], most[column]
