"""Settings of the scores that a node counts itself: whose series, and on which SpO2 scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.settings_table import Table

NAME_PATTERN: Final = r"[a-z][a-z0-9-]{0,62}"
NAME_NEED: Final = "1 to 63 of a-z, 0-9 and '-', beginning with a letter"
PREFIX_PATTERN: Final = r"[a-z0-9][a-z0-9._-]{0,99}"
PREFIX_NEED: Final = "what the series of the monitor begin with, such as 'stretcher.'"
MONITORS_MAX: Final = 64
"""Beds of one gateway; an ambulance has one or two."""

SCALES: Final = {"1": "1", "2": "2"}


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """One monitor: ``prefix`` and a sign's name of ``tianfu.scores.monitor`` are a series."""

    name: str
    prefix: str
    oxygen_scale: str


def parse(root: Table) -> tuple[MonitorSettings, ...]:
    """Return the monitors whose patients are scored here, none when the file has no such table."""
    found: list[MonitorSettings] = []
    for number, table in enumerate(root.tables("early_warning")):
        name = table.text("name", pattern=NAME_PATTERN, need=NAME_NEED)
        prefix = table.text("series_prefix", pattern=PREFIX_PATTERN, need=PREFIX_NEED)
        oxygen_scale = table.choice("oxygen_scale", SCALES, "1")
        if number >= MONITORS_MAX:
            table.fail("name", "TOO_MANY", f"a node scores {MONITORS_MAX} monitors at most")
        if any(name == each.name or prefix == each.prefix for each in found):
            table.fail("name", "REPEATED", "another monitor has this name or series_prefix")
        table.done()
        found.append(MonitorSettings(name, prefix, oxygen_scale))
    return tuple(found)
