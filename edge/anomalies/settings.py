"""Settings of what a node watches for odd hours."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from edge.settings_table import Table
from tianfu.anomaly import Tuning
from tianfu.batch_limits import SERIES_ID_PATTERN

USUAL: Final = Tuning()
SUFFIX: Final = ".anomaly"
"""A series' verdicts are a series of this name."""

SERIES_NEED: Final = "a series of this node's drivers"
SERIES_MAX: Final = 200
"""A memory of some 30 kB each."""

SERIES_BYTES_MAX: Final = 100
Z_LEAST: Final = 3.0
Z_MOST: Final = 50.0


PACKAGE: Final = "river"


class Model(enum.Enum):
    """What knows the usual."""

    BASELINE = "baseline"
    """The service's own detector: medians of the hour, CUSUM drift."""

    RIVER = "river"
    """An online model by river, which fades what is old: extra [river]."""


@dataclass(frozen=True, slots=True)
class AnomalySettings:
    """One series: ``deviations`` from what is usual are odd."""

    series: str
    deviations: float = USUAL.z
    model: Model = Model.BASELINE


def parse(root: Table) -> tuple[AnomalySettings, ...]:
    """Return the series that are watched, none when the file has no such table."""
    found: list[AnomalySettings] = []
    for number, table in enumerate(root.tables("anomalies")):
        series = table.text("series", pattern=SERIES_ID_PATTERN, need=SERIES_NEED)
        deviations = table.number("deviations", USUAL.z, low=Z_LEAST, high=Z_MOST)
        model = table.choice("model", {each.value: each for each in Model}, Model.BASELINE.value)
        if model is Model.RIVER and not _has_river():
            need = f"needs {PACKAGE}: install the extra, pip install 'tianfu[{PACKAGE}]'"
            table.fail("model", "PACKAGE_MISSING", need)
        if number >= SERIES_MAX:
            table.fail("series", "TOO_MANY", f"a node watches {SERIES_MAX} series at most")
        if len(series) > SERIES_BYTES_MAX:
            table.fail("series", "ID_INVALID", f"need {SERIES_BYTES_MAX} characters or fewer here")
        if any(series == each.series for each in found):
            table.fail("series", "REPEATED", "this series is watched already")
        table.done()
        found.append(AnomalySettings(series, deviations, model))
    return tuple(found)


def _has_river() -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - only who needs an extra pays for it

    return find_spec(PACKAGE) is not None
