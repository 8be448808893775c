"""Remote consultation (远程会诊): a machine of states with its guards.

The inviting hospital keeps the decision and the liability; the expert gives advice. Nobody is
invited without consent, unless it is an emergency and the reason is written down; only the invited
doctor signs. ::

    DRAFT ─ SUBMITTED ─ MATERIALS_CHECK ─ CONSENT_RECORDED ─ INVITED ─ ACCEPTED ─ SCHEDULED ─
              ↑──── RETURNED_FOR_MORE ┘                       ↑ └ DECLINED, TIMED_OUT ┘ (another)
    ─ IN_SESSION ─ OPINION_DRAFT ─ OPINION_SIGNED ─ RETURNED ─ ADOPTED | NOT_ADOPTED ─ CLOSED
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from services.plumbing.refusal import FailedPrecondition, InvalidArgument, PermissionDenied
from services.plumbing.rules import Rule

RULE: Final = "consultation-times"

INVITATIONS_MAX: Final = 20
"""Of one consultation: by then a person has to look for an expert."""


class State(enum.IntEnum):
    """Where a consultation stands; numbered as in the contract."""

    DRAFT = 1
    SUBMITTED = 2
    MATERIALS_CHECK = 3
    RETURNED_FOR_MORE = 4
    CONSENT_RECORDED = 5
    INVITED = 6
    ACCEPTED = 7
    DECLINED = 8
    TIMED_OUT = 9
    SCHEDULED = 10
    IN_SESSION = 11
    OPINION_DRAFT = 12
    OPINION_SIGNED = 13
    RETURNED = 14
    ADOPTED = 15
    NOT_ADOPTED = 16
    CLOSED = 17
    CANCELLED = 18


class Action(enum.IntEnum):
    """What somebody does; numbered as in the contract."""

    SUBMIT = 1
    CHECK_MATERIALS = 2
    RETURN_FOR_MORE = 3
    RECORD_CONSENT = 4
    DEFER_CONSENT = 5
    INVITE = 6
    ACCEPT = 7
    DECLINE = 8
    TIME_OUT = 9
    SCHEDULE = 10
    START = 11
    DRAFT_OPINION = 12
    SIGN_OPINION = 13
    RETURN_OPINION = 14
    ADOPT = 15
    NOT_ADOPT = 16
    CLOSE = 17
    CANCEL = 18


class Consent(enum.IntEnum):
    """Whether the patient has agreed; numbered as in the contract."""

    NONE = 1
    RECORDED = 2
    DEFERRED = 3


class Urgency(enum.StrEnum):
    """How soon an answer is needed."""

    EMERGENCY = "emergency"
    ROUTINE = "routine"


class ActionNotAllowed(FailedPrecondition):
    """The state does not allow it."""

    reason = "ACTION_NOT_ALLOWED"


class ConsentMissing(FailedPrecondition):
    """Nobody is invited before the patient has agreed."""

    reason = "CONSENT_MISSING"


class NotTheInvited(PermissionDenied):
    """Only the invited doctor may do this."""

    reason = "NOT_THE_INVITED_DOCTOR"


class NotTheInviting(PermissionDenied):
    """Only the inviting hospital may do this."""

    reason = "NOT_THE_INVITING_HOSPITAL"


class DetailRequired(InvalidArgument):
    """The action needs a reason, a doctor or a time."""

    reason = "DETAIL_REQUIRED"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a doctor of a hospital; the service itself is no doctor of none."""

    doctor: str
    hospital: str


SYSTEM: Final = Actor("", "")
"""The service's own timer."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What an action is given: each needs some of it."""

    reason: str = ""
    doctor: str = ""
    hospital: str = ""
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consultation as it stands. ``asked`` holds every doctor who has been invited so far."""

    consultation_id: str
    urgency: Urgency
    inviting_hospital: str
    state: State
    change_time: datetime
    consent: Consent = Consent.NONE
    consent_reason: str = ""
    doctor: str = ""
    hospital: str = ""
    asked: tuple[str, ...] = field(default_factory=tuple)
    answer_by: datetime | None = None
    scheduled_time: datetime | None = None
    reason: str = ""
    rule_version: str = ""


_ALLOWED: Final[Mapping[Action, tuple[frozenset[State], State]]] = {
    Action.SUBMIT: (frozenset({State.DRAFT, State.RETURNED_FOR_MORE}), State.SUBMITTED),
    Action.CHECK_MATERIALS: (frozenset({State.SUBMITTED}), State.MATERIALS_CHECK),
    Action.RETURN_FOR_MORE: (frozenset({State.MATERIALS_CHECK}), State.RETURNED_FOR_MORE),
    Action.RECORD_CONSENT: (frozenset({State.MATERIALS_CHECK}), State.CONSENT_RECORDED),
    Action.DEFER_CONSENT: (frozenset({State.MATERIALS_CHECK}), State.MATERIALS_CHECK),
    Action.INVITE: (
        frozenset({State.MATERIALS_CHECK, State.CONSENT_RECORDED, State.DECLINED, State.TIMED_OUT}),
        State.INVITED,
    ),
    Action.ACCEPT: (frozenset({State.INVITED}), State.ACCEPTED),
    Action.DECLINE: (frozenset({State.INVITED}), State.DECLINED),
    Action.TIME_OUT: (frozenset({State.INVITED}), State.TIMED_OUT),
    Action.SCHEDULE: (frozenset({State.ACCEPTED, State.SCHEDULED}), State.SCHEDULED),
    Action.START: (frozenset({State.SCHEDULED}), State.IN_SESSION),
    Action.DRAFT_OPINION: (frozenset({State.IN_SESSION}), State.OPINION_DRAFT),
    Action.SIGN_OPINION: (frozenset({State.OPINION_DRAFT}), State.OPINION_SIGNED),
    Action.RETURN_OPINION: (frozenset({State.OPINION_SIGNED}), State.RETURNED),
    Action.ADOPT: (frozenset({State.RETURNED}), State.ADOPTED),
    Action.NOT_ADOPT: (frozenset({State.RETURNED}), State.NOT_ADOPTED),
    Action.CLOSE: (frozenset({State.ADOPTED, State.NOT_ADOPTED}), State.CLOSED),
    Action.CANCEL: (frozenset(s for s in State if s < State.IN_SESSION), State.CANCELLED),
}

_BY_INVITED: Final = frozenset(
    {
        Action.ACCEPT,
        Action.DECLINE,
        Action.DRAFT_OPINION,
        Action.SIGN_OPINION,
        Action.RETURN_OPINION,
    }
)
_BY_EITHER: Final = frozenset({Action.SCHEDULE, Action.START})
_NEED_REASON: Final = frozenset(
    {Action.RETURN_FOR_MORE, Action.DEFER_CONSENT, Action.DECLINE, Action.NOT_ADOPT, Action.CANCEL}
)


@dataclass(frozen=True, slots=True)
class Times:
    """How long an invited doctor has to answer, by urgency."""

    version: str
    answer_within: Mapping[Urgency, timedelta]

    @classmethod
    def parse(cls, rule: Rule) -> Times:
        """Read the rule; raise InvalidRule for what cannot be."""
        minutes = {each: rule.number("answer_minutes", each.value) for each in Urgency}
        for urgency, value in minutes.items():
            if value <= 0:
                raise rule.invalid(f"answer_minutes.{urgency.value}", "need more than 0")
        return cls(rule.version, {u: timedelta(minutes=m) for u, m in minutes.items()})


def act(
    consultation: Consultation,
    action: Action,
    actor: Actor,
    detail: Detail,
    times: Times,
    now: datetime,
) -> Consultation:
    """Return the consultation after an action; raise the refusal that says what stands in the way.

    Consent that was deferred may be recorded in any later state, without moving on.
    """
    late_consent = action is Action.RECORD_CONSENT and consultation.consent is Consent.DEFERRED
    sources, target = _ALLOWED[action]
    if consultation.state not in sources and not (
        late_consent and consultation.state not in (State.CLOSED, State.CANCELLED)
    ):
        raise ActionNotAllowed(
            f"{action.name} is not possible in state {consultation.state.name}",
            metadata={"state": consultation.state.name, "action": action.name},
        )
    _check_actor(consultation, action, actor, now)
    if action in _NEED_REASON and not detail.reason.strip():
        raise DetailRequired(f"{action.name} needs a reason", field="reason")
    if late_consent and consultation.state is not State.MATERIALS_CHECK:
        return replace(consultation, consent=Consent.RECORDED, change_time=now)
    moved = replace(
        consultation, state=target, change_time=now, answer_by=None, reason=detail.reason
    )
    match action:
        case Action.RECORD_CONSENT:
            return replace(moved, consent=Consent.RECORDED)
        case Action.DEFER_CONSENT:
            return _deferred(moved, detail)
        case Action.INVITE:
            return _invited(moved, detail, times, now)
        case Action.SCHEDULE:
            return _scheduled(moved, detail, now)
        case Action.CLOSE if moved.consent is not Consent.RECORDED and not detail.reason.strip():
            raise DetailRequired("say why consent was never recorded", field="reason")
        case _:
            return moved


def timed_out(consultation: Consultation, times: Times, now: datetime) -> Consultation | None:
    """Return the consultation after its invitation ran out, None while it has time."""
    by = consultation.answer_by
    if consultation.state is not State.INVITED or by is None or now < by:
        return None
    return act(consultation, Action.TIME_OUT, SYSTEM, Detail(), times, now)


def _check_actor(consultation: Consultation, action: Action, actor: Actor, now: datetime) -> None:
    if action is Action.TIME_OUT:
        by = consultation.answer_by
        if actor != SYSTEM or by is None or now < by:
            raise ActionNotAllowed("the invitation has not run out")
        return
    is_invited = bool(actor.doctor) and actor == Actor(consultation.doctor, consultation.hospital)
    is_inviting = bool(actor.doctor) and actor.hospital == consultation.inviting_hospital
    if action in _BY_INVITED and not is_invited:
        raise NotTheInvited(f"{action.name} is for the invited doctor alone")
    if action in _BY_EITHER and not (is_invited or is_inviting):
        raise NotTheInviting(f"{action.name} is for the two sides of the consultation")
    if action not in _BY_INVITED | _BY_EITHER and not is_inviting:
        raise NotTheInviting(f"{action.name} is for the inviting hospital")


def _deferred(moved: Consultation, detail: Detail) -> Consultation:
    if moved.urgency is not Urgency.EMERGENCY:
        raise ConsentMissing("consent may be deferred in an emergency only; record it")
    return replace(moved, consent=Consent.DEFERRED, consent_reason=detail.reason)


def _invited(moved: Consultation, detail: Detail, times: Times, now: datetime) -> Consultation:
    if moved.consent is Consent.NONE:
        raise ConsentMissing("record the patient's consent before inviting anybody")
    if not detail.doctor or not detail.hospital:
        raise DetailRequired("name the doctor and the hospital invited", field="doctor")
    if detail.doctor in moved.asked:
        raise ActionNotAllowed("this doctor has been asked already; invite another")
    if len(moved.asked) >= INVITATIONS_MAX:
        raise ActionNotAllowed(f"{INVITATIONS_MAX} doctors have been asked; begin a new one")
    return replace(
        moved,
        doctor=detail.doctor,
        hospital=detail.hospital,
        asked=(*moved.asked, detail.doctor),
        answer_by=now + times.answer_within[moved.urgency],
        rule_version=times.version,
    )


def _scheduled(moved: Consultation, detail: Detail, now: datetime) -> Consultation:
    if detail.time is None or detail.time < now:
        raise DetailRequired("give a time that is not past", field="time")
    return replace(moved, scheduled_time=detail.time)
