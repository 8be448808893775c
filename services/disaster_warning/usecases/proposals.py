"""What gauges call for, made into warnings: drafted for people, or let out where a rule allows it.

What stands for a hazard in a county is one row, held while it is changed. So whoever proposes what
stands already, after a crash or beside another process, changes nothing, and there is no second
open warning of the same weather.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.disaster_warning.model import lifecycle
from services.disaster_warning.model.gauge_judge import Grounds
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.level_changes import Route as Way
from services.disaster_warning.model.warning import (
    Area,
    Certainty,
    Channel,
    Colour,
    Content,
    HazardWarning,
    NoticeType,
    Person,
    Role,
    Route,
    State,
    Step,
)
from services.disaster_warning.ports import Desk, Standing, Transaction
from services.disaster_warning.usecases import cap_message
from services.disaster_warning.usecases.drafting import (
    Because,
    Draft,
    drafted,
    max_validity_of,
    revised,
    taken_back,
    targeted,
    worded,
)
from services.disaster_warning.usecases.evaluating import EVENT_OF
from services.disaster_warning.usecases.release import Release, release
from tianfu import subjects

VALIDITY: Final = "proposal-validity"
"""The dated rule that says how long such a warning is drafted to hold."""

ROLES: Final = frozenset({int(Role.DUTY_OFFICER), int(Role.WARNING_SIGNER)})
"""What a rule may do: draft, revise, and drop a draft of its own. It never reviews nor signs."""


class Outcome(enum.Enum):
    """What became of a proposal."""

    UNCHANGED = "unchanged"
    DRAFTED = "drafted"
    REVISED = "revised"
    ISSUED = "issued"
    DROPPED = "dropped"
    CANCELLED = "cancelled"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a proposal, and of which warning; "" when there is none."""

    outcome: Outcome
    warning_id: str = ""


def actor_of(hazard: Hazard) -> str:
    """Return who acts in the steps: the rule; its versions stand in the warning."""
    return f"{subjects.token(hazard.value.replace('_', '-'))}-watch"


def propose(tx: Transaction, desk: Desk, grounds: Grounds, *, now: datetime) -> Told:
    """Have a hazard's colour in a county stand as proposed; what stands so already stays.

    It begins as a draft, changes as a draft of the next version, and ends by dropping what is not
    out. What people have let out is theirs to cancel: they are told, and it ends by itself. Where
    the rule allows it, all of this goes out at once, and is reviewed afterwards.
    """
    proposal = grounds.proposal
    standing = tx.standing(proposal.hazard, proposal.county)
    if proposal.colour is (Colour.NONE if standing is None else standing.colour):
        return Told(Outcome.UNCHANGED, "" if standing is None else standing.warning_id)
    if standing is not None and proposal.colour is Colour.NONE:
        # The row stays: weather that begins anew goes on with a warning that is still out.
        tx.put_standing(replace(standing, colour=Colour.NONE, renew_time=None))
        return _end(tx, desk, standing, grounds.reason, now)
    warning = None if standing is None else _open(tx, standing, now)
    reason = f"{proposal.change.value}: {grounds.reason}"
    call = _Call(
        proposal.hazard, proposal.county, proposal.colour, reason, grounds.rule_versions, now
    )
    automatic = proposal.route is Way.AUTOMATIC
    return _stand(tx, desk, call, warning, automatic=automatic)


def renew_due(tx: Transaction, desk: Desk, *, now: datetime) -> list[Told]:
    """Draft what follows on warnings that end although gauges still call for them."""
    return [_renew(tx, desk, standing, now) for standing in tx.due_standings(now)]


@dataclass(frozen=True, slots=True)
class _Call:
    """What is to stand where, why, and by which rules."""

    hazard: Hazard
    county: str
    colour: Colour
    reason: str
    rule_versions: tuple[str, ...]
    now: datetime

    @property
    def actor(self) -> str:
        return actor_of(self.hazard)

    @property
    def warning_id(self) -> str:
        minute = int(self.now.timestamp() // 60)
        return subjects.token(f"{self.hazard.value.replace('_', '-')}-{self.county}-{minute}")


def _renew(tx: Transaction, desk: Desk, standing: Standing, now: datetime) -> Told:
    warning = tx.warning(standing.warning_id)
    if warning is not None and warning.state is State.CANCELLED:
        # People have decided. The next word of the gauges is for when their colour changes.
        tx.put_standing(replace(standing, renew_time=None))
        return Told(Outcome.UNCHANGED, standing.warning_id)
    reason = f"renewed: gauges still call for {standing.colour.name.lower()}"
    versions = () if warning is None else warning.rule_versions
    call = _Call(standing.hazard, standing.county, standing.colour, reason, versions, now)
    automatic = warning is not None and warning.route is Route.AUTOMATIC
    return _stand(tx, desk, call, _open(tx, standing, now), automatic=automatic)


def _open(tx: Transaction, standing: Standing, now: datetime) -> HazardWarning | None:
    """Return the warning of what stands, unless it has ended or its end has come."""
    warning = tx.warning(standing.warning_id)
    if warning is None or warning.end_time is None or warning.end_time <= now:
        return None
    return warning


def _stand(
    tx: Transaction, desk: Desk, call: _Call, before: HazardWarning | None, *, automatic: bool
) -> Told:
    validity, renew_before, version = _validity(desk, call)
    call = replace(call, rule_versions=tuple(dict.fromkeys((*call.rule_versions, version))))
    expire_time = call.now + validity
    # What a rule has let out is changed by the rule: people only review it.
    if automatic or (before is not None and before.route is Route.AUTOMATIC):
        warning, outcome = _issued(tx, desk, call, before, expire_time), Outcome.ISSUED
    elif before is None:
        warning, outcome = _drafted(tx, desk, call, expire_time), Outcome.DRAFTED
    else:
        warning, outcome = _revised(tx, desk, call, before, expire_time), Outcome.REVISED
    ends = warning.end_time or expire_time
    early = ends - renew_before
    tx.put_standing(
        Standing(
            call.hazard,
            call.county,
            call.colour,
            warning.warning_id,
            early if early > call.now else ends,
        )
    )
    return Told(outcome, warning.warning_id)


def _content(call: _Call, expire_time: datetime) -> Content:
    return Content(
        colour=call.colour,
        area=Area(place_codes=(call.county,)),
        expire_time=expire_time,
        certainty=Certainty.OBSERVED,
    )


def _drafted(tx: Transaction, desk: Desk, call: _Call, expire_time: datetime) -> HazardWarning:
    draft = Draft(
        warning_id=call.warning_id,
        channel=Channel.LIVE,
        event_code=EVENT_OF[call.hazard],
        content=_content(call, expire_time),
        reason=call.reason,
        rule_versions=call.rule_versions,
    )
    return drafted(tx, desk, draft, Person(call.actor, ROLES), now=call.now)


def _revised(
    tx: Transaction, desk: Desk, call: _Call, before: HazardWarning, expire_time: datetime
) -> HazardWarning:
    content = replace(before.content, colour=call.colour, expire_time=expire_time)
    # A draft that a person has taken over stays theirs: nobody reviews their own words because a
    # rule has changed the colour.
    theirs = before.state is not State.PUBLISHED
    because = Because(
        call.reason, call.rule_versions, before.drafter if theirs and before.drafter else call.actor
    )
    person = Person(call.actor, ROLES)
    return revised(tx, desk, before, content, person, now=call.now, because=because)[0]


def _issued(
    tx: Transaction,
    desk: Desk,
    call: _Call,
    before: HazardWarning | None,
    expire_time: datetime,
) -> HazardWarning:
    """Let a version out by the rule, whatever of it was drafted."""
    event_code, now = EVENT_OF[call.hazard], call.now
    versions = (cap_message.check_event(desk, event_code, now), *call.rule_versions)
    if before is None:
        before = HazardWarning(
            warning_id=call.warning_id,
            channel=Channel.LIVE,
            event_code=event_code,
            state=State.DRAFT,
            content=_content(call, expire_time),
            create_time=now,
            update_time=now,
            revision=0,
            drafter=call.actor,
        )
    after = replace(
        before,
        state=State.PUBLISHED,
        content=_content(call, expire_time),
        route=Route.AUTOMATIC,
        version=before.version + 1,
        revision=before.revision + 1,
        update_time=now,
        publish_time=now,
        holds_until=expire_time,
        reviewer="",
        signer="",
        state_reason=call.reason,
        rule_versions=tuple(dict.fromkeys(versions)),
    )
    after = worded(desk, targeted(desk, after, now))
    step = Step(before.state, State.PUBLISHED, call.actor, now, call.reason, after.version)
    kind = NoticeType.UPDATE if before.version else NoticeType.ALERT
    return release(tx, desk, Release(before, after, step, kind, expire_time), now=now)


def _end(tx: Transaction, desk: Desk, standing: Standing, why: str, now: datetime) -> Told:
    before = _open(tx, standing, now)
    if before is None:
        return Told(Outcome.UNCHANGED, standing.warning_id)
    actor, reason = actor_of(standing.hazard), f"all clear: {why}"
    if before.route is Route.AUTOMATIC:
        after, step = lifecycle.cancel_automatically(before, actor, reason, now=now)
        outcome = Outcome.CANCELLED
    elif before.version == 0 and before.drafter == actor:
        after, step = lifecycle.cancel(before, Person(actor, ROLES), reason, now=now)
        outcome = Outcome.DROPPED
    else:
        return _noted(tx, before, actor, reason, now)
    taken_back(tx, desk, before, after, step, now=now)
    return Told(outcome, before.warning_id)


def _noted(tx: Transaction, before: HazardWarning, actor: str, reason: str, now: datetime) -> Told:
    """Tell people that gauges no longer call for what they wrote or let out."""
    noted = replace(before, state_reason=reason, update_time=now, revision=before.revision + 1)
    tx.replace_warning(noted)
    tx.add_step(noted, Step(before.state, before.state, actor, now, reason))
    tx.change([noted.warning_id], now)
    return Told(Outcome.NOTED, noted.warning_id)


def _validity(desk: Desk, call: _Call) -> tuple[timedelta, timedelta, str]:
    """Return how long a warning is to hold, how long before its end it is renewed, and by what."""
    rule = desk.rules.in_force(VALIDITY, desk.office.jurisdiction, call.now)
    wanted = timedelta(hours=rule.number("hours", call.hazard.value))
    most, _ = max_validity_of(desk, EVENT_OF[call.hazard], call.now)
    before = timedelta(hours=rule.number("renew_before_hours"))
    return min(wanted, most), before, rule.version
