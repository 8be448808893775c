"""Due process: objections, courts' rulings, and the use of a record against an entity.

    objection     OPEN ──► UPHELD (record corrected or revoked) | REJECTED | WITHDRAWN
    adverse use   NOTICED ──(time for an answer)──► APPROVED | DROPPED
                     └───────────(its record ends)─────┴──► LIFTED

Whoever decides is a person, and another one than who made what is decided about.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.credit_supervision.model.calendar import WorkingDays
from services.credit_supervision.model.records import Use
from services.plumbing.rules import Rule, day_of

OBJECTION_TERMS = "objection-terms"
DUE_PROCESS = "due-process"


class ProcessRefused(ValueError):
    """The step is not open. ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ObjectionState(enum.IntEnum):
    """Where an objection stands; numbered as in the contract."""

    OPEN = 1
    UPHELD = 2
    REJECTED = 3
    WITHDRAWN = 4


@dataclass(frozen=True)
class Objection:
    """An objection to a record. ``evidence`` are SHA-256 in hex."""

    objection_id: str
    record_id: str
    ground: str
    evidence: tuple[str, ...]
    raised: datetime
    raised_by: str
    decide_by: date
    version: str
    state: ObjectionState = ObjectionState.OPEN
    decider: str = ""
    reason: str = ""
    decided: datetime | None = None


def raise_objection(
    rule: Rule,
    calendar: WorkingDays,
    objection_id: str,
    record_id: str,
    use: Use,
    ground: str,
    evidence: Collection[str],
    actor: str,
    now: datetime,
) -> Objection:
    """Return an open objection; raise ProcessRefused when the record is used by nobody any more."""
    if use is Use.ENDED:
        raise ProcessRefused("RECORD_ENDED", "the record has ended; there is nothing to object to")
    days = int(rule.number("decision_working_days"))
    return Objection(
        objection_id=objection_id,
        record_id=record_id,
        ground=ground,
        evidence=tuple(sorted(set(evidence))),
        raised=now,
        raised_by=actor,
        decide_by=calendar.after(day_of(now), days),
        version=rule.version,
    )


def decide_objection(
    objection: Objection,
    state: ObjectionState,
    reason: str,
    decider: str,
    editors: Collection[str],
    now: datetime,
) -> Objection:
    """Return a decided objection; raise ProcessRefused unless another person decides it once."""
    if objection.state is not ObjectionState.OPEN:
        raise ProcessRefused("OBJECTION_DECIDED", f"the objection is {objection.state.name}")
    if decider in {objection.raised_by, *editors}:
        raise ProcessRefused(
            "OTHER_PERSON_REQUIRED",
            "neither who raised it nor who entered or corrected the record decides it",
        )
    if not reason.strip():
        raise ProcessRefused("REASON_MISSING", "a decision says why")
    return replace(objection, state=state, decider=decider, reason=reason.strip(), decided=now)


def withdraw_objection(objection: Objection, actor: str, now: datetime) -> Objection:
    """Return an objection taken back by who raised it."""
    if objection.state is not ObjectionState.OPEN:
        raise ProcessRefused("OBJECTION_DECIDED", f"the objection is {objection.state.name}")
    if actor != objection.raised_by:
        raise ProcessRefused("OTHER_PERSON_REFUSED", "only who raised it takes it back")
    return replace(objection, state=ObjectionState.WITHDRAWN, decider=actor, decided=now)


class Effect(enum.IntEnum):
    """What a ruling does; numbered as in the contract."""

    SUSPEND = 1
    SET_ASIDE = 2


@dataclass(frozen=True)
class Ruling:
    """A court's ruling. ``until`` is a suspension's last day; no ``records`` mean all penalties."""

    ruling_id: str
    code: str
    court: str
    case_number: str
    effect: Effect
    records: tuple[str, ...]
    until: date | None
    entered: datetime

    def __post_init__(self) -> None:
        """Raise ProcessRefused unless it says what it must."""
        if (self.effect is Effect.SUSPEND) != (self.until is not None):
            raise ProcessRefused(
                "RULING_INVALID", "a suspension states its last day, and nothing else does"
            )
        if self.effect is Effect.SET_ASIDE and not self.records:
            raise ProcessRefused("RULING_INVALID", "what is set aside is named")


class AdverseState(enum.IntEnum):
    """Where an adverse use stands; numbered as in the contract."""

    NOTICED = 1
    APPROVED = 2
    DROPPED = 3
    LIFTED = 4


@dataclass(frozen=True)
class AdverseUse:
    """What is to be done against an entity because of a record."""

    adverse_use_id: str
    record_id: str
    measure: str
    notice_sha256: str
    noticed: datetime
    officer: str
    decide_from: date
    version: str
    state: AdverseState = AdverseState.NOTICED
    decider: str = ""
    reason: str = ""
    decided: datetime | None = None


def give_notice(
    rule: Rule,
    calendar: WorkingDays,
    adverse_use_id: str,
    record_id: str,
    use: Use,
    measure: str,
    notice_sha256: str,
    officer: str,
    now: datetime,
) -> AdverseUse:
    """Return an adverse use that notice was given of; raise ProcessRefused for a record not to use.

    The entity has until ``decide_from`` for its answer: the first day after its working days.
    """
    _usable(use)
    days = int(rule.number("answer_working_days"))
    return AdverseUse(
        adverse_use_id=adverse_use_id,
        record_id=record_id,
        measure=measure,
        notice_sha256=notice_sha256,
        noticed=now,
        officer=officer,
        decide_from=calendar.after(day_of(now), days + 1),
        version=rule.version,
    )


def decide_adverse_use(
    adverse: AdverseUse,
    state: AdverseState,
    use: Use,
    reason: str,
    decider: str,
    now: datetime,
) -> AdverseUse:
    """Return a decided adverse use: by another person, in time, and of a record still in use.

    Dropping one is open to that person at once, and of any record.
    """
    if adverse.state is not AdverseState.NOTICED:
        raise ProcessRefused("ADVERSE_USE_DECIDED", f"it is {adverse.state.name}")
    if decider == adverse.officer:
        raise ProcessRefused("OTHER_PERSON_REQUIRED", "who gave notice does not decide")
    if not reason.strip():
        raise ProcessRefused("REASON_MISSING", "a decision says why")
    if state is AdverseState.APPROVED:
        _usable(use)
        if day_of(now) < adverse.decide_from:
            raise ProcessRefused(
                "ANSWER_AWAITED", f"the entity may answer; decide from {adverse.decide_from} on"
            )
    return replace(adverse, state=state, decider=decider, reason=reason.strip(), decided=now)


def lift(adverse: AdverseUse) -> AdverseUse:
    """Return an adverse use whose ground is gone: what nobody may use holds against nobody."""
    if adverse.state in {AdverseState.NOTICED, AdverseState.APPROVED}:
        return replace(adverse, state=AdverseState.LIFTED)
    return adverse


def _usable(use: Use) -> None:
    if use not in {Use.PUBLISHED, Use.SHARED}:
        raise ProcessRefused("RECORD_NOT_USABLE", f"the record is {use.name}: nobody may use it")
