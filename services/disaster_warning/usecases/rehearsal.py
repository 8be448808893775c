"""The first earthquake must not be the slow one: its whole path is walked at the start, and undone.

What is done for the first time takes three times as long: statements are prepared, types looked
up, schemas read. So a made-up exercise of all counties goes through the automatic route twice, as
a first version and an update, in a transaction that is rolled back. Nobody hears or sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.disaster_warning.model.warning import (
    AutomaticIssue,
    Channel,
    Colour,
    CountyShaking,
    PickKey,
    Source,
)
from services.disaster_warning.ports import Desk, Transaction
from services.disaster_warning.usecases.automatic import issue_automatic

EARTHQUAKE_ID: Final = "rehearsal"
HOLDS: Final = timedelta(minutes=3)


def rehearse(
    tx: Transaction, desk: Desk, counties: Iterable[tuple[str, str]], *, now: datetime
) -> None:
    """Warn all counties (code, name) of what never was: whoever calls this undoes it."""
    issue = made_up(counties, now)
    issue_automatic(tx, desk, issue, now=now)
    issue_automatic(tx, desk, replace(issue, number=2), now=now + timedelta(seconds=1))


def made_up(counties: Iterable[tuple[str, str]], now: datetime) -> AutomaticIssue:
    """Return an exercise's first version for all counties (code, name)."""
    told = tuple(
        CountyShaking(
            place_code=code,
            display_name=name,
            colour=Colour.YELLOW,
            intensity=4.0,
            s_arrival_time=now + timedelta(seconds=10 + n),
            distance_km=50.0 + n,
        )
        for n, (code, name) in enumerate(counties)
    )
    return AutomaticIssue(
        earthquake_id=EARTHQUAKE_ID,
        channel=Channel.DRILL,
        number=1,
        solution=b"",
        source=Source(now - timedelta(seconds=5), 31.0, 103.4, 10.0, 6.5),
        picks=(PickKey(EARTHQUAKE_ID, 1),),
        counties=told,
        expire_time=now + HOLDS,
        rule_versions=(),
    )
