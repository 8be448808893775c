"""Settings of a node that an inspector carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.settings_table import Table

STORE_BYTES_MIN: Final = 1 << 20
STORE_BYTES_DEFAULT: Final = 64 << 20
"""Thousands of forms: months of an inspector without a link."""


@dataclass(frozen=True, slots=True)
class InspectionSettings:
    """What a handheld may keep."""

    bytes_max: int


def parse(root: Table) -> InspectionSettings | None:
    """Return the settings, None when the file has no table of inspections."""
    if not root.has("inspections"):
        root.table("inspections")
        return None
    table = root.table("inspections")
    bytes_max = table.integer(
        "store_bytes_max", STORE_BYTES_DEFAULT, low=STORE_BYTES_MIN, high=1 << 40
    )
    table.done()
    return InspectionSettings(bytes_max)
