"""Gauges of the local platform: a rain gauge and a river, invented, on the first gateway.

It pours: some 2 mm a minute, so that a rainstorm is drafted after some minutes; and the river
swings above its warning stage, so that a flood is drafted with the first minute. What is drafted
waits for people: `tianfu warnings list`, `tianfu gauges show COUNTY`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from cli.local.folder import Folder, write_private
from tianfu.subjects import NodeId

SPAN_MINUTES: Final = 1
SERIES: Final = (
    # id, unit, base, amplitude, period in s.
    ("rain-1.amount", "mm", 2.0, 1.0, 600.0),
    ("river-1.stage", "m", 10.9, 0.7, 900.0),
)
STAGES: Final = {"warning_m": 10.0, "guarantee_m": 12.0, "highest_m": 14.0}
"""Made up, as the readings are."""


def agent_lines() -> list[str]:
    """Return the settings of the gauges' driver on their gateway."""
    lines = [
        "",
        "[[driver]]",
        'kind = "simulated"',
        'name = "gauges"',
        f"interval_s = {SPAN_MINUTES * 60}",
    ]
    for name, unit, base, amplitude, period_s in SERIES:
        lines += [
            "[[driver.series]]",
            f"id = {json.dumps(name)}",
            f"unit = {json.dumps(unit)}",
            'priority = "important"',
            f"base = {base}",
            f"amplitude = {amplitude}",
            f"period_s = {period_s}",
        ]
    return lines


def write_list(folder: Folder, node: NodeId, county: str) -> Path:
    """Write the list of gauges that disaster warning watches, and return its path."""
    common = [f"node = {json.dumps(node)}", f"county = {json.dumps(county)}"]
    common.append(f"span_minutes = {SPAN_MINUTES}")
    (rain, *_), (river, *_) = SERIES
    lines = [
        "# Written by `tianfu up` at each start; changes here are lost.",
        "[[gauge]]",
        'kind = "rain"',
        f"series = {json.dumps(rain)}",
        *common,
        "[[gauge]]",
        'kind = "level"',
        f"series = {json.dumps(river)}",
        *common,
        *(f"{name} = {level}" for name, level in STAGES.items()),
    ]
    path = folder.settings / "gauges.toml"
    write_private(path, "\n".join(lines) + "\n")
    return path
