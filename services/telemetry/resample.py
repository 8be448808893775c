"""Steps without readings, filled in as the caller asked: pure functions over numpy columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.telemetry.series_query import QUALITY_SUBSTITUTED, GapHandling, Points


def fill(points: Points, *, step_us: int, first: int, last: int, gaps: GapHandling) -> Points:
    """Return one point for each step from ``first`` to ``last``, both included.

    ``points`` begin at whole multiples of ``step_us``, in order, each in that range. A point that
    is filled in stands for 0 readings; its quality is SUBSTITUTED where a rule gave the value and
    0 where it is NaN. OMIT leaves ``points`` as they are.
    """
    if gaps is GapHandling.OMIT:
        return points
    count = last - first + 1
    place = points.time_us // step_us - first
    value = np.full(count, np.nan)
    value[place] = points.value
    quality = np.zeros(count, np.uint8)
    quality[place] = points.quality
    readings = np.zeros(count, np.uint32)
    readings[place] = points.readings
    empty = np.ones(count, np.bool_)
    empty[place] = False
    if len(points):
        if gaps is GapHandling.PREVIOUS:
            value = _previous(value, empty)
        elif gaps is GapHandling.LINEAR:
            steps = np.flatnonzero(empty)
            value[steps] = np.interp(steps, place, points.value, left=np.nan, right=np.nan)
        quality[empty & ~np.isnan(value)] = QUALITY_SUBSTITUTED
    time_us = np.arange(first, last + 1, dtype=np.int64) * step_us
    return Points(time_us, value, quality, readings)


def _previous(
    value: npt.NDArray[np.float64], empty: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return values in which each empty step has that of the last step before it that is not."""
    source = np.where(empty, -1, np.arange(len(value)))
    np.maximum.accumulate(source, out=source)
    return np.where(source >= 0, value[source], np.nan)


def extremes(
    least_us: npt.NDArray[np.int64],
    least: npt.NDArray[np.float64],
    greatest_us: npt.NDArray[np.int64],
    greatest: npt.NDArray[np.float64],
    quality: npt.NDArray[np.uint8],
    readings: npt.NDArray[np.uint64],
) -> Points:
    """Return each span's least and greatest at their own times, in order of time.

    A span whose two are one and the same gives one point. The two share the span's readings, and
    both carry its worst quality, so that nothing bad hides between the extremes.
    """
    single = (least_us == greatest_us) & (least == greatest)
    both = ~single
    half = readings // 2
    time_us = np.concatenate([least_us, greatest_us[both]])
    value = np.concatenate([least, greatest[both]])
    worst = np.concatenate([quality, quality[both]])
    counts = np.concatenate([np.where(single, readings, readings - half), half[both]])
    order = np.argsort(time_us, kind="stable")
    return Points(
        time_us[order], value[order], worst[order], counts[order].astype(np.uint32, copy=False)
    )
