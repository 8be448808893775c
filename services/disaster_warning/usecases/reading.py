"""Lists, watches and single things to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.disaster_warning.model.filters import EarthquakeFilter, WarningFilter
from services.disaster_warning.model.warning import Earthquake, HazardWarning, Version
from services.disaster_warning.ports import Transaction
from services.disaster_warning.usecases.drafting import get_warning
from services.disaster_warning.usecases.refused import (
    EarthquakeUnknown,
    ResumeTokenExpired,
    VersionUnknown,
)

WATCH_BATCH: Final = 200
"""Changes read at a time by a watch."""


def list_warnings(
    tx: Transaction, meant: WarningFilter, before: tuple[datetime, str] | None, limit: int
) -> tuple[Sequence[HazardWarning], bool]:
    """Return a page of warnings, the latest drafted first, and whether there are more."""
    found = tx.warnings(meant, before, limit + 1)
    return found[:limit], len(found) > limit


def open_warnings(
    tx: Transaction, meant: WarningFilter, after: str
) -> tuple[Sequence[HazardWarning], bool]:
    """Return warnings that are drafts or hold, after an id, and whether there are more."""
    found = tx.open_warnings(meant, after, WATCH_BATCH + 1)
    return found[:WATCH_BATCH], len(found) > WATCH_BATCH


def changes_after(tx: Transaction, number: int) -> list[tuple[int, HazardWarning]]:
    """Return changes after a number, each with the warning as it is now.

    Raise ResumeTokenExpired when some of them are no longer in the log.
    """
    first = tx.first_change()
    # A number that was never given out comes of a database that was set back.
    if first > number + 1 or number > tx.last_change():
        raise ResumeTokenExpired(
            "the changes since this token are not all kept; begin again without it",
            field="resume_token",
        )
    found = tx.changes(number, WATCH_BATCH)
    present = tx.warnings_of(sorted({warning_id for _, warning_id in found}))
    return [(one, present[warning_id]) for one, warning_id in found if warning_id in present]


def export_cap(tx: Transaction, warning_id: str, version: int) -> Version:
    """Return a version with its signed CAP message; raise VersionUnknown."""
    warning = get_warning(tx, warning_id)
    found = tx.version(warning_id, version)
    if found is None:
        raise VersionUnknown(
            f"warning {warning_id!r} has {warning.version} published versions", field="version"
        )
    return found


def list_earthquakes(
    tx: Transaction, meant: EarthquakeFilter, before: tuple[datetime, str] | None, limit: int
) -> tuple[Sequence[Earthquake], bool]:
    """Return a page of earthquakes, the latest first, and whether there are more."""
    found = tx.earthquakes(meant, before, limit + 1)
    return found[:limit], len(found) > limit


def get_earthquake(tx: Transaction, earthquake_id: str) -> tuple[Earthquake, Sequence[bytes]]:
    """Return an earthquake and its serialised solutions; raise EarthquakeUnknown."""
    found = tx.earthquake(earthquake_id)
    if found is None:
        raise EarthquakeUnknown(f"there is no earthquake {earthquake_id!r}", field="name")
    return found, tx.solutions(earthquake_id)
