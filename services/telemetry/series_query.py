"""What may be asked of a series, and from where it is best answered: pure values and one rule."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.plumbing.refusal import InvalidArgument, NotFound, ResourceExhausted

MAX_POINTS_DEFAULT: Final = 2_000
"""Points of an answer when the caller does not say: a plot as wide as a screen has pixels."""

STEPS_MAX: Final = 100_000
"""Steps of an answer: 2 MB of columns, half of what a gRPC client takes by default."""

ROWS_READ_MAX: Final = 500_000_000
"""Rows one query may read: some seconds of work; more is an export, or a longer step's business."""

ROLLUP_WORTH_US: Final = 2 * 86_400_000_000
"""Range from which rollups are read when they could be: two days of 1 s readings are read and
thinned out in under 20 ms, so a shorter range gains nothing and the readings are exact."""

TIME_MAX_US: Final = (2**32 - 1) * 1_000_000
"""Last time the store's seconds can say (2106); the first is 1970. A query beyond is cut to it."""

QUALITY_SUBSTITUTED: Final = 4
"""Quality of a point that no reading stands behind (the contract's QUALITY_SUBSTITUTED)."""


class SeriesUnknown(NotFound):
    """No reading of this series was ever stored."""

    reason = "SERIES_UNKNOWN"


class ResultTooLarge(ResourceExhausted):
    """The answer, or what had to be read for it, is beyond the limit."""

    reason = "RESULT_TOO_LARGE"


class QueryTooLong(ResourceExhausted):
    """The query ran into the time limit."""

    reason = "QUERY_TOO_LONG"


class QueryInvalid(InvalidArgument):
    """The query contradicts itself."""

    reason = "QUERY_INVALID"


class Aggregate(enum.Enum):
    """What each step gives."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"
    FIRST = "first"
    LAST = "last"


class GapHandling(enum.Enum):
    """What a step without readings gives."""

    OMIT = "omit"
    NAN = "nan"
    PREVIOUS = "previous"
    LINEAR = "linear"


class Source(enum.Enum):
    """What a query reads. The value is the table's name."""

    READINGS = "readings"
    MINUTES = "minutes"
    QUARTER_HOURS = "quarter_hours"


WINDOW_US: Final[Mapping[Source, int]] = {
    Source.MINUTES: 60_000_000,
    Source.QUARTER_HOURS: 900_000_000,
}
"""Length of a rollup's windows."""


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """A checked question: readings from ``start_us`` up to and not at ``end_us``."""

    start_us: int
    end_us: int
    aggregate: Aggregate | None = None
    step_us: int = 0
    gap_handling: GapHandling = GapHandling.OMIT
    max_points: int = MAX_POINTS_DEFAULT

    def __post_init__(self) -> None:
        """Raise a Refusal for a question that contradicts itself or is answered by too much."""
        if self.start_us >= self.end_us:
            raise QueryInvalid("end_time must be after start_time", field="end_time")
        if (self.aggregate is None) != (self.step_us == 0) or self.step_us < 0:
            raise QueryInvalid("an aggregate needs a step, and a step an aggregate", field="step")
        if self.aggregate and self.last_step - self.first_step >= STEPS_MAX:
            raise ResultTooLarge(
                f"the range has {self.last_step - self.first_step + 1} steps, and an answer at "
                f"most {STEPS_MAX}: ask for a longer step or a shorter range",
                field="step",
                metadata={"steps_max": str(STEPS_MAX)},
            )

    @property
    def first_step(self) -> int:
        """Number of the step that the range begins in, counted from 1970."""
        return self.start_us // self.step_us

    @property
    def last_step(self) -> int:
        """Number of the step that the range ends in."""
        return (self.end_us - 1) // self.step_us


@dataclass(frozen=True, slots=True)
class Points:
    """Columns of equal length, in order of time."""

    time_us: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    readings: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.time_us)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave, and what was read for it."""

    points: Points
    unit: str
    source: Source


def source_of(query: SeriesQuery, *, kept_from_us: int) -> Source:
    """Return what to read; readings from before ``kept_from_us`` may have been dropped.

    Rollups can answer when a step is made of whole windows. They are read when the readings are
    no longer all there, or when the range is so long that they spare much work.
    """
    if query.aggregate is None:
        return Source.READINGS
    dropped = query.start_us < kept_from_us
    if not dropped and query.end_us - query.start_us < ROLLUP_WORTH_US:
        return Source.READINGS
    for source in (Source.QUARTER_HOURS, Source.MINUTES):
        if query.step_us % WINDOW_US[source] == 0:
            return source
    return Source.READINGS
