"""A warning's life (预警信息发布流程): which steps there are, who may take them, and when.

::

    DRAFT ──approve──► REVIEWED ──approve──► SIGNED_OFF ──publish──► PUBLISHED ──► EXPIRED
      ▲                   │                      │                    │   │ └────► CANCELLED
      └─────reject────────┘      revise: from any of them back ◄──────┘   │
                                               automatic update: itself ◄─┘

Steps are undone only forwards: what is out is replaced by another version or cancelled, and what
has ended stays so. Four eyes (domain.md 2C.3): drafter, reviewer and signer are three people.
Level II and above are signed by the higher authority alone (after Chongqing's rule that counties
issue levels III and IV). Earthquakes go out by a rule that was approved beforehand; people review
them afterwards.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.disaster_warning.model.warning import (
    ENDED,
    Colour,
    Content,
    HazardWarning,
    Person,
    Role,
    Route,
    State,
    Step,
    Verdict,
)
from services.plumbing.refusal import (
    Aborted,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
)

AUTHORITY_FROM: Final = Colour.ORANGE
"""Level II: from here on the higher authority signs."""

LEVELS: Final = {Colour.BLUE: "IV", Colour.YELLOW: "III", Colour.ORANGE: "II", Colour.RED: "I"}
"""Levels (预警级别) as they are written."""


class Action(enum.Enum):
    """What can be done to a warning."""

    APPROVE_REVIEW = "ReviewWarning approving"
    REJECT_REVIEW = "ReviewWarning rejecting"
    APPROVE_SIGNATURE = "SignWarning approving"
    REJECT_SIGNATURE = "SignWarning rejecting"
    PUBLISH = "PublishWarning"
    REVISE = "UpdateWarning"
    CANCEL = "CancelWarning"
    CONFIRM = "ConfirmAutomaticWarning"
    UPDATE_AUTOMATICALLY = "an automatic update"
    CANCEL_AUTOMATICALLY = "an automatic cancellation"
    EXPIRE = "expiry"


_OPEN: Final = (State.DRAFT, State.REVIEWED, State.SIGNED_OFF, State.PUBLISHED)

TRANSITIONS: Final[Mapping[tuple[State, Action], State]] = {
    (State.DRAFT, Action.APPROVE_REVIEW): State.REVIEWED,
    (State.DRAFT, Action.REJECT_REVIEW): State.DRAFT,
    (State.REVIEWED, Action.APPROVE_SIGNATURE): State.SIGNED_OFF,
    (State.REVIEWED, Action.REJECT_SIGNATURE): State.DRAFT,
    (State.SIGNED_OFF, Action.PUBLISH): State.PUBLISHED,
    **{(state, Action.REVISE): State.DRAFT for state in _OPEN},
    **{(state, Action.CANCEL): State.CANCELLED for state in _OPEN},
    **{(state, Action.EXPIRE): State.EXPIRED for state in _OPEN},
    # The review of an automatic warning may come after its end.
    **{(state, Action.CONFIRM): state for state in (State.PUBLISHED, *sorted(ENDED))},
    (State.PUBLISHED, Action.UPDATE_AUTOMATICALLY): State.PUBLISHED,
    (State.PUBLISHED, Action.CANCEL_AUTOMATICALLY): State.CANCELLED,
}
"""All there are. A pair that is not here is WARNING_STATE_WRONG."""

_DRAFTERS: Final = frozenset({Role.DUTY_OFFICER, Role.WARNING_SIGNER, Role.WARNING_AUTHORITY})
_SIGNERS: Final = frozenset({Role.WARNING_SIGNER, Role.WARNING_AUTHORITY})

ROLES: Final[Mapping[Action, frozenset[Role]]] = {
    Action.APPROVE_REVIEW: _DRAFTERS,
    Action.REJECT_REVIEW: _DRAFTERS,
    Action.APPROVE_SIGNATURE: _SIGNERS,
    Action.REJECT_SIGNATURE: _SIGNERS,
    Action.PUBLISH: _SIGNERS,
    Action.REVISE: _DRAFTERS,
    Action.CANCEL: _SIGNERS,
    Action.CONFIRM: _DRAFTERS,
}
"""Which roles may take a step. The contract says the same of the RPCs; here it is the rule."""


class StateWrong(FailedPrecondition):
    """The warning does not stand where this step begins."""

    reason = "WARNING_STATE_WRONG"


class SamePerson(FailedPrecondition):
    """Somebody would check their own work."""

    reason = "SAME_PERSON"


class AuthorityRequired(PermissionDenied):
    """Level II and above need the higher authority."""

    reason = "AUTHORITY_REQUIRED"


class RoleWrong(PermissionDenied):
    """The person holds none of the roles that may take this step."""

    reason = "ROLE_MISSING"


class WarningExpired(FailedPrecondition):
    """The warning's end has come."""

    reason = "WARNING_EXPIRED"


class ExpiryInvalid(InvalidArgument):
    """The end is not after now, after the beginning, and after the onset."""

    reason = "EXPIRY_INVALID"


class ExpiryTooLate(InvalidArgument):
    """The end is later than the rule of greatest validity allows."""

    reason = "EXPIRY_TOO_LATE"


class AreaEmpty(InvalidArgument):
    """The area says nothing of where, or takes in no county."""

    reason = "AREA_EMPTY"


class CommentMissing(InvalidArgument):
    """A rejection says why."""

    reason = "COMMENT_MISSING"


class RouteAutomatic(FailedPrecondition):
    """An automatic warning is changed by its rule, not by hand."""

    reason = "ROUTE_AUTOMATIC"


class NotAutomatic(FailedPrecondition):
    """Only what a rule let out is reviewed afterwards."""

    reason = "NOT_AUTOMATIC"


class EtagMismatch(Aborted):
    """Somebody else changed it meanwhile."""

    reason = "ETAG_MISMATCH"


def possible(state: State) -> tuple[Action, ...]:
    """Return what can be done in a state, in the order of ``Action``."""
    return tuple(action for action in Action if (state, action) in TRANSITIONS)


def next_state(state: State, action: Action) -> State:
    """Return where a step leads; raise StateWrong saying where it stands and what is possible."""
    found = TRANSITIONS.get((state, action))
    if found is None:
        ways = ", ".join(each.value for each in possible(state)) or "nothing"
        raise StateWrong(
            f"the warning is {state.name}, where {action.value} is not possible; possible: {ways}",
            metadata={
                "state": state.name,
                "possible": ",".join(each.name for each in possible(state)),
            },
        )
    return found


def admit(action: Action, person: Person) -> None:
    """Raise RoleWrong unless the person's roles let them take this step."""
    allowed = ROLES[action]
    if allowed.isdisjoint(person.roles):
        names = ", ".join(sorted(f"ROLE_{role.name}" for role in allowed))
        raise RoleWrong(f"{action.value} needs one of the roles {names}")


def check_etag(given: str, warning: HazardWarning) -> None:
    """Raise EtagMismatch when an etag was given that is not the current one."""
    if given and given != warning.etag:
        raise EtagMismatch("the warning has changed since it was read; read it again", field="etag")


def check_times(content: Content, *, now: datetime, max_validity: timedelta) -> None:
    """Raise ExpiryInvalid or ExpiryTooLate for times that no warning can have."""
    begin = content.effective_time or now
    latest_begin = max(now, begin, content.onset_time or begin)
    if content.expire_time <= latest_begin:
        raise ExpiryInvalid(
            "expire_time must be later than now, than effective_time and than onset_time",
            field="warning.expire_time",
        )
    if content.expire_time - max(now, begin) > max_validity:
        hours = max_validity / timedelta(hours=1)
        raise ExpiryTooLate(
            f"a warning of this event holds {hours:g} hours at most; update it later instead",
            field="warning.expire_time",
            metadata={"max_validity_hours": f"{hours:g}"},
        )


def check_not_over(warning: HazardWarning, now: datetime) -> None:
    """Raise WarningExpired when the content's end has come, or that of what was published."""
    ends = (warning.content.expire_time, warning.holds_until or warning.content.expire_time)
    if min(ends) <= now:
        raise WarningExpired(
            f"the warning ended at {min(ends).isoformat(timespec='seconds')}; "
            "draft another, or set a later expire_time while it is a draft"
        )


def review(
    warning: HazardWarning, verdict: Verdict, person: Person, comment: str, *, now: datetime
) -> tuple[HazardWarning, Step]:
    """Return the warning after a review, and the step; the reviewer is not the drafter."""
    approve = verdict is Verdict.APPROVE
    action = Action.APPROVE_REVIEW if approve else Action.REJECT_REVIEW
    state = next_state(warning.state, action)
    admit(action, person)
    _other_than(person, {"drafter": warning.drafter}, "reviewer")
    if approve:
        check_not_over(warning, now)
        changed = replace(warning, state=state, reviewer=person.subject, state_reason="")
    else:
        changed = _sent_back(warning, comment)
    return _step(warning, changed, person.subject, comment, now)


def sign(
    warning: HazardWarning, verdict: Verdict, person: Person, comment: str, *, now: datetime
) -> tuple[HazardWarning, Step]:
    """Return the warning after a signature, and the step.

    The signer is neither drafter nor reviewer; level II and above need the higher authority.
    """
    approve = verdict is Verdict.APPROVE
    action = Action.APPROVE_SIGNATURE if approve else Action.REJECT_SIGNATURE
    state = next_state(warning.state, action)
    admit(action, person)
    _other_than(person, {"drafter": warning.drafter, "reviewer": warning.reviewer}, "signer")
    if approve:
        _check_authority(warning.content.colour, person)
        check_not_over(warning, now)
        changed = replace(warning, state=state, signer=person.subject, state_reason="")
    else:
        changed = _sent_back(warning, comment)
    return _step(warning, changed, person.subject, comment, now)


def publish(warning: HazardWarning, person: Person, *, now: datetime) -> tuple[HazardWarning, Step]:
    """Return the warning with its next version out, and the step."""
    state = next_state(warning.state, Action.PUBLISH)
    admit(Action.PUBLISH, person)
    check_not_over(warning, now)
    changed = replace(
        warning,
        state=state,
        version=warning.version + 1,
        route=Route.FOUR_EYES,
        publish_time=now,
        holds_until=warning.content.expire_time,
    )
    return _step(warning, changed, person.subject, "", now, version=changed.version)


def revise(
    warning: HazardWarning,
    content: Content,
    person: Person,
    *,
    now: datetime,
    max_validity: timedelta,
) -> tuple[HazardWarning, Step]:
    """Return the warning as a draft of other content, and the step.

    Who changes it is its drafter from now on: nobody reviews or signs what they have changed.
    """
    state = next_state(warning.state, Action.REVISE)
    admit(Action.REVISE, person)
    if warning.route is Route.AUTOMATIC:
        raise RouteAutomatic(
            "an automatic warning is updated by its rule; cancel it and draft another instead"
        )
    if warning.holds_until is not None and warning.holds_until <= now:
        check_not_over(warning, now)
    check_times(content, now=now, max_validity=max_validity)
    changed = replace(
        warning,
        state=state,
        content=content,
        drafter=person.subject,
        reviewer="",
        signer="",
        state_reason="",
    )
    before, after = warning.content.colour, content.colour
    comment = ""
    if after is not before:
        comment = f"{'raised' if after > before else 'lowered'} from {before.name} to {after.name}"
    return _step(warning, changed, person.subject, comment, now)


def cancel(
    warning: HazardWarning, person: Person, reason: str, *, now: datetime
) -> tuple[HazardWarning, Step]:
    """Return the warning taken back, or dropped when nothing of it is out, and the step."""
    next_state(warning.state, Action.CANCEL)
    admit(Action.CANCEL, person)
    return _cancelled(warning, person.subject, reason, now)


def cancel_automatically(
    warning: HazardWarning, actor: str, reason: str, *, now: datetime
) -> tuple[HazardWarning, Step]:
    """Return an automatic warning taken back by its rule, and the step."""
    next_state(warning.state, Action.CANCEL_AUTOMATICALLY)
    return _cancelled(warning, actor, reason, now)


def update_automatically(
    warning: HazardWarning, content: Content, actor: str, *, now: datetime
) -> tuple[HazardWarning, Step]:
    """Return an automatic warning with its next version out, and the step."""
    next_state(warning.state, Action.UPDATE_AUTOMATICALLY)
    changed = replace(
        warning,
        content=content,
        version=warning.version + 1,
        publish_time=now,
        holds_until=content.expire_time,
    )
    return _step(warning, changed, actor, "", now, version=changed.version)


def confirm(
    warning: HazardWarning, verdict: Verdict, person: Person, comment: str, *, now: datetime
) -> tuple[HazardWarning, Step]:
    """Return an automatic warning after its review by people, and the step.

    A rejection cancels it, if it holds; otherwise it is recorded and changes nothing.
    """
    next_state(warning.state, Action.CONFIRM)
    admit(Action.CONFIRM, person)
    if warning.route is not Route.AUTOMATIC:
        raise NotAutomatic("this warning was reviewed before it was published; cancel it instead")
    if verdict is Verdict.APPROVE:
        changed = replace(warning, reviewer=person.subject)
        return _step(warning, changed, person.subject, comment or "confirmed", now)
    _check_comment(comment)
    reviewed = replace(warning, reviewer=person.subject)
    if warning.state is State.PUBLISHED:
        return _cancelled(reviewed, person.subject, comment, now)
    return _step(warning, reviewed, person.subject, f"rejected: {comment}", now)


def expire(warning: HazardWarning, *, now: datetime) -> tuple[HazardWarning, Step]:
    """Return the warning at its end, and the step."""
    state = next_state(warning.state, Action.EXPIRE)
    changed = replace(warning, state=state, holds_until=None)
    return _step(warning, changed, "expiry", "", now)


def _cancelled(
    warning: HazardWarning, actor: str, reason: str, now: datetime
) -> tuple[HazardWarning, Step]:
    out = warning.holds_until is not None and warning.holds_until > now
    changed = replace(
        warning,
        state=State.CANCELLED,
        state_reason=reason,
        version=warning.version + 1 if out else warning.version,
        publish_time=now if out else warning.publish_time,
        holds_until=None,
    )
    return _step(warning, changed, actor, reason, now, version=changed.version if out else 0)


def _sent_back(warning: HazardWarning, comment: str) -> HazardWarning:
    _check_comment(comment)
    return replace(warning, state=State.DRAFT, reviewer="", signer="", state_reason=comment)


def _check_comment(comment: str) -> None:
    if not comment.strip():
        raise CommentMissing("a rejection needs a comment that says why", field="comment")


def _check_authority(colour: Colour, person: Person) -> None:
    if colour >= AUTHORITY_FROM and Role.WARNING_AUTHORITY not in person.roles:
        raise AuthorityRequired(
            f"a warning of level {LEVELS[colour]} ({colour.name}) is signed by "
            "ROLE_WARNING_AUTHORITY; ask the higher authority",
            metadata={"role": "ROLE_WARNING_AUTHORITY"},
        )


def _other_than(person: Person, others: Mapping[str, str], becomes: str) -> None:
    for role, subject in others.items():
        if _as_one(subject) == _as_one(person.subject):
            raise SamePerson(
                f"the {becomes} must be another person than the {role}; ask somebody else"
            )


def _as_one(subject: str) -> str:
    """Return what is alike in a name's spellings: issuers that ignore case let in all of them."""
    return unicodedata.normalize("NFKC", subject).casefold().strip()


def _step(
    before: HazardWarning,
    changed: HazardWarning,
    actor: str,
    comment: str,
    now: datetime,
    *,
    version: int = 0,
) -> tuple[HazardWarning, Step]:
    after = replace(changed, update_time=now, revision=before.revision + 1)
    return after, Step(before.state, after.state, actor, now, comment, version)
