"""A record with what has become of it: its standing, and every decision about it, to be replayed.

What is kept of an ended record is its hash. So whoever wants a decision of back then made again
brings the record: its hash says whether it is the one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from services.credit_supervision.model import records
from services.credit_supervision.model.records import (
    COUNTRY,
    PERIODS,
    Decision,
    InvalidRecord,
    Record,
    Standing,
    Use,
)
from services.plumbing.rules import RuleBook


@dataclass(frozen=True)
class Stored:
    """A record as it is kept. ``look_on`` is the day on which it has to be decided about anew."""

    record: Record
    standing: Standing
    decision: Decision
    revision: int
    entered_by: str
    created: datetime
    updated: datetime
    look_on: date | None
    # Who has corrected it since, in order; of corrections from before that was kept, nobody.
    corrected_by: tuple[str, ...] = ()

    @property
    def editors(self) -> tuple[str, ...]:
        """Who has said what it says: who entered it, and who corrected it since."""
        return (self.entered_by, *self.corrected_by)


@dataclass(frozen=True)
class Decided:
    """One decision: what it was made of, and what came out. ``sha256`` is of the content."""

    record_id: str
    number: int
    day: date
    standing: Standing
    decision: Decision
    sha256: str
    decided: datetime


class NotTheRecord(ValueError):
    """What was brought is not what was decided about."""

    reason = "RECORD_DIFFERENT"


def on_day(book: RuleBook, stored: Stored, today: date) -> Stored:
    """Return a record with what may be done with it on a day.

    What is kept was decided before, and is decided anew on its day: by a timer, a moment late at
    the best. Nobody is shown a record, nor uses one, that has ended meanwhile.
    """
    if stored.look_on is None or today < stored.look_on:
        return stored
    return replace(stored, decision=records.decide(book, stored.record, stored.standing, today))


def look_on(book: RuleBook, record: Record, decision: Decision, today: date) -> date | None:
    """Return the next day on which a decision may come out otherwise by itself, None for none.

    That is its end, or the day on which a later rule comes into force if that is before.
    """
    if decision.use is Use.ENDED:
        return None
    ends = [decision.end] if decision.end is not None else []
    if record.kind in records.TIMED:
        ends.append(records.period_of(book, record, today).end)
        ends += [
            rule.valid_from
            for rule in book.list()
            if (rule.rule_id, rule.jurisdiction) == (PERIODS, COUNTRY) and rule.valid_from > today
        ]
    if record.kind is not records.Kind.PENALTY and record.valid_to is not None:
        ends.append(record.valid_to + timedelta(days=1))
    return min((each for each in ends if each > today), default=None)


def replay(book: RuleBook, decided: Decided, record: Record) -> Decision:
    """Make a decision again under the rules of its day; raise NotTheRecord for another content."""
    found = records.digest(record)
    if found != decided.sha256:
        raise NotTheRecord(f"its hash is {found}; decided was about {decided.sha256}")
    # Entries in lists were once decided without a period, hence under no rule.
    lists_end = bool(decided.decision.versions)
    return records.decide(book, record, decided.standing, decided.day, lists_end=lists_end)


def standing_to(standing: Standing) -> dict[str, Any]:
    """Return a standing as it is kept with a decision."""
    return {
        "repaired": standing.repaired and standing.repaired.isoformat(),
        "revoked": standing.revoked and standing.revoked.isoformat(),
        "objections_open": standing.objections_open,
        "suspended_until": standing.suspended_until and standing.suspended_until.isoformat(),
    }


def standing_from(values: Mapping[str, Any]) -> Standing:
    """Return a standing from what is kept with a decision."""
    until = values["suspended_until"]
    return Standing(
        repaired=_time(values["repaired"]),
        revoked=_time(values["revoked"]),
        objections_open=int(values["objections_open"]),
        suspended_until=date.fromisoformat(until) if until else None,
    )


def check_correction(old: Record, new: Record) -> None:
    """Raise InvalidRecord for a correction that makes another record of it, or changes nothing."""
    if (old.code, old.kind) != (new.code, new.kind):
        raise InvalidRecord("record", "entity and kind stay; revoke it and enter another instead")
    if records.digest(old) == records.digest(new):
        raise InvalidRecord("record", "says what it said before")


def moves_period(old: Record, new: Record) -> bool:
    """Return whether a correction may change how long a record is shown."""
    return (old.day, old.severities, old.fields, old.valid_to) != (
        new.day, new.severities, new.fields, new.valid_to,
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
