"""Whom a monitor hung on, and when: a reading is that patient's of whom it was taken.

What a cut link or a killed server held back comes after a monitor has gone on to the next bed; it
belongs to whoever was there when it was measured, and not to whoever is there when it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when the first patient's is: whoever is put on a stretcher is known to us later."""

KEPT: Final = timedelta(days=31)
"""How long it is remembered who was there before: a node keeps its readings for thirty days."""


class Hanging(NamedTuple):
    """Since when a monitor hangs on a patient; on nobody when the id is empty."""

    since: datetime
    patient_id: str


def after(
    known: Sequence[Hanging], before: str, patient_id: str, now: datetime
) -> Sequence[Hanging]:
    """Return what is to be added to ``known``, ``before`` being whom it hangs on so far.

    ``known`` is empty for a monitor of before there was a history, and for a new one.
    """
    added = [] if known or not before else [Hanging(BEGINNING, before)]
    if known or added:
        return [*added, Hanging(now, patient_id)]
    return [Hanging(BEGINNING, patient_id)] if patient_id else []


def whose(known: Sequence[Hanging], at_s: float) -> str:
    """Return whose a reading of a moment (Unix seconds) is, empty when nobody's.

    ``known`` is in order of time.
    """
    found = ""
    for since, patient_id in known:
        if since.timestamp() > at_s:
            break
        found = patient_id
    return found
