"""Credit repair (信用修复): from the application to the last receiver's receipt.

    APPLIED ──► GRANTED ──► (each receiver acknowledges) ──► COMPLETE
       │  └──► REJECTED (reason)
       └─────► WITHDRAWN (by the applicant)

A grant ends publication, sharing and use everywhere; it is *complete* only when every receiver of
the record has acknowledged that it has let go of it, and is *late* when one has not in time.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.credit_supervision.model.calendar import WorkingDays
from services.credit_supervision.model.records import (
    COUNTRY,
    TIMED,
    Decision,
    Period,
    Record,
    Use,
    noon,
)
from services.plumbing.rules import Rule, RuleBook, day_of

TERMS: Final = "repair-terms"


class State(enum.IntEnum):
    """Where an application stands; numbered as in the contract."""

    APPLIED = 1
    GRANTED = 2
    REJECTED = 3
    WITHDRAWN = 4
    COMPLETE = 5


class RepairRefused(ValueError):
    """The step is not open. ``reason`` is a stable code, ``missing`` what is not there yet."""

    def __init__(self, reason: str, message: str, missing: Collection[str] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.missing = tuple(sorted(missing))


@dataclass(frozen=True)
class Repair:
    """An application to end a record before its time.

    ``evidence`` maps each condition to the SHA-256 of what shows it. ``receivers`` are those who
    had the record when it was granted, ``receipts`` when each let go of it.
    """

    repair_id: str
    record_id: str
    applied: datetime
    decide_by: date
    evidence: Mapping[str, str]
    version: str
    # Who brought it; empty of applications from before that was kept.
    applicant: str = ""
    state: State = State.APPLIED
    decider: str = ""
    reason: str = ""
    decided: datetime | None = None
    withdraw_by: datetime | None = None
    receivers: tuple[str, ...] = ()
    receipts: Mapping[str, datetime] = field(default_factory=dict)


def apply(
    book: RuleBook,
    record: Record,
    decision: Decision,
    period: Period,
    repair_id: str,
    evidence: Mapping[str, str],
    applicant: str,
    now: datetime,
) -> Repair:
    """Return the application; raise RepairRefused when it is too early or something is missing."""
    today = day_of(now)
    if record.kind not in TIMED:
        raise RepairRefused(
            "REPAIR_NOT_APPLICABLE", "only penalties and entries in lists are repaired"
        )
    if decision.use is Use.ENDED:
        raise RepairRefused("RECORD_ENDED", "the record has ended; there is nothing to repair")
    _not_too_early(period, today)
    terms = book.in_force(TERMS, COUNTRY, noon(today))
    missing = set(terms.texts("conditions")) - evidence.keys()
    if missing:
        raise RepairRefused(
            "REPAIR_EVIDENCE_MISSING", f"no evidence of {', '.join(sorted(missing))}", missing
        )
    days = int(terms.number("decision_working_days"))
    return Repair(
        repair_id=repair_id,
        record_id=record.record_id,
        applied=now,
        decide_by=WorkingDays.read(book).after(today, days),
        evidence=dict(evidence),
        version=terms.version,
        applicant=applicant,
    )


def grant(
    book: RuleBook,
    repair: Repair,
    decider: str,
    receivers: Collection[str],
    period: Period | None,
    now: datetime,
) -> Repair:
    """Return a granted application: every receiver is to let go of the record in time.

    ``period`` is the record's as it is now, None of one that has ended: a record that was corrected
    after the application may have to be published for longer.
    """
    _open(repair)
    _by_another(repair, decider)
    if period is not None:
        _not_too_early(period, day_of(now))
    terms = book.of_version(repair.version)
    granted = replace(
        repair,
        state=State.GRANTED,
        decider=decider,
        decided=now,
        withdraw_by=withdrawal_due(terms, now),
        receivers=tuple(sorted(receivers)),
    )
    return _complete(granted)


def reject(repair: Repair, decider: str, reason: str, now: datetime) -> Repair:
    """Return a rejected application; who applied is told why."""
    _open(repair)
    _by_another(repair, decider)
    if not reason.strip():
        raise RepairRefused("REASON_MISSING", "a rejection says why")
    return replace(repair, state=State.REJECTED, decider=decider, reason=reason, decided=now)


def withdraw(repair: Repair, actor: str, now: datetime) -> Repair:
    """Return an application that its applicant took back."""
    _open(repair)
    if repair.applicant not in {"", actor}:
        raise RepairRefused("APPLICANT_REQUIRED", "who brought an application takes it back")
    return replace(repair, state=State.WITHDRAWN, decided=now)


def acknowledge(repair: Repair, receiver: str, now: datetime) -> Repair:
    """Note that a receiver let go of the record; once is as good as often."""
    if repair.state is State.COMPLETE or receiver in repair.receipts:
        return repair
    if repair.state is not State.GRANTED or receiver not in repair.receivers:
        raise RepairRefused("RECEIPT_UNEXPECTED", f"no receipt of {receiver!r} is waited for")
    return _complete(replace(repair, receipts={**repair.receipts, receiver: now}))


def withdrawal_due(terms: Rule, now: datetime) -> datetime:
    """Return by when a receiver is to have done what it was told."""
    return now + timedelta(hours=terms.number("withdrawal_hours"))


def late(repair: Repair, now: datetime) -> tuple[str, ...]:
    """Return the receivers that should have let go of the record by now and have not."""
    if repair.state is not State.GRANTED or repair.withdraw_by is None or now < repair.withdraw_by:
        return ()
    return tuple(each for each in repair.receivers if each not in repair.receipts)


def _complete(repair: Repair) -> Repair:
    done = all(each in repair.receipts for each in repair.receivers)
    return replace(repair, state=State.COMPLETE) if done else repair


def _by_another(repair: Repair, decider: str) -> None:
    if decider == repair.applicant:
        raise RepairRefused(
            "OTHER_PERSON_REQUIRED", "who brought an application does not decide it"
        )


def _not_too_early(period: Period, today: date) -> None:
    if today < period.repair_from:
        raise RepairRefused(
            "REPAIR_TOO_EARLY", f"is open from {period.repair_from} on, not on {today}"
        )


def _open(repair: Repair) -> None:
    if repair.state is not State.APPLIED:
        raise RepairRefused("REPAIR_DECIDED", f"the application is {repair.state.name} already")
