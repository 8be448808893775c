"""From draft to signature: create, review, sign, update; and what is out, by people's hands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.disaster_warning.model import lifecycle
from services.disaster_warning.model.warning import (
    Channel,
    Content,
    HazardWarning,
    NoticeType,
    Person,
    State,
    Step,
    Text,
    Verdict,
)
from services.disaster_warning.ports import Desk, Transaction
from services.disaster_warning.usecases import cap_message
from services.disaster_warning.usecases.refused import (
    RequestIdReused,
    TextUnwritable,
    WarningExists,
    WarningUnknown,
)
from services.disaster_warning.usecases.release import Release, release

VALIDITY: Final = "warning-validity"
"""The dated rule that says how long a warning may hold."""

UNWRITABLE: Final = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What is no Char of XML 1.0."""

REQUESTS_KEPT: Final = timedelta(days=7)
"""A request repeated later than this is a new one."""

Encode = Callable[[HazardWarning, Sequence[Step]], bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """What makes a call repeatable: the caller's id, and the digest of what was asked."""

    request_id: str = ""
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked for when a warning is drafted."""

    warning_id: str
    channel: Channel
    event_code: str
    content: Content
    # Why, and by which rules, when it is a rule that drafts.
    reason: str = ""
    rule_versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Because:
    """Why a rule revises a warning, by which rules, and who answers for the draft."""

    reason: str
    rule_versions: tuple[str, ...]
    drafter: str


def get_warning(tx: Transaction, warning_id: str) -> HazardWarning:
    """Return a warning; raise WarningUnknown."""
    warning = tx.warning(warning_id)
    if warning is None:
        raise WarningUnknown(f"there is no warning {warning_id!r}", field="name")
    return warning


def get_with_steps(tx: Transaction, warning_id: str) -> tuple[HazardWarning, Sequence[Step]]:
    """Return a warning and its steps; raise WarningUnknown."""
    return get_warning(tx, warning_id), tx.steps(warning_id)


def create(
    tx: Transaction,
    desk: Desk,
    draft: Draft,
    person: Person,
    request: Request,
    encode: Encode,
    *,
    now: datetime,
) -> bytes:
    """Draft a warning and return the encoded answer; a repeated request gets the first one."""
    earlier = _answered(tx, request)
    if earlier is not None:
        return earlier
    made = drafted(tx, desk, draft, person, now=now)
    return _answer(tx, request, encode(made, tx.steps(made.warning_id)), now)


def drafted(
    tx: Transaction, desk: Desk, draft: Draft, person: Person, *, now: datetime
) -> HazardWarning:
    """Draft a warning; raise WarningExists, or what is wrong with it."""
    rule_version = cap_message.check_event(desk, draft.event_code, now)
    max_validity, validity_version = max_validity_of(desk, draft.event_code, now)
    lifecycle.check_times(draft.content, now=now, max_validity=max_validity)
    check_characters(draft.content)
    warning = HazardWarning(
        warning_id=draft.warning_id,
        channel=draft.channel,
        event_code=draft.event_code,
        state=State.DRAFT,
        content=draft.content,
        create_time=now,
        update_time=now,
        drafter=person.subject,
        rule_versions=(rule_version, validity_version, *draft.rule_versions),
        state_reason=draft.reason,
    )
    warning = worded(desk, targeted(desk, warning, now))
    if not tx.add_warning(warning):
        raise WarningExists(
            f"there is a warning {draft.warning_id!r}; choose another id", field="warning_id"
        )
    tx.add_step(
        warning, Step(State.DRAFT, State.DRAFT, person.subject, now, draft.reason or "drafted")
    )
    tx.change([warning.warning_id], now)
    return warning


def review(
    tx: Transaction,
    warning_id: str,
    etag: str,
    verdict: Verdict,
    person: Person,
    comment: str,
    *,
    now: datetime,
) -> tuple[HazardWarning, Sequence[Step]]:
    """Find a draft right, or send it back."""
    warning = _asked_for(tx, warning_id, etag)
    return _stored(tx, *lifecycle.review(warning, verdict, person, comment, now=now))


def sign(
    tx: Transaction,
    warning_id: str,
    etag: str,
    verdict: Verdict,
    person: Person,
    comment: str,
    *,
    now: datetime,
) -> tuple[HazardWarning, Sequence[Step]]:
    """Sign a reviewed warning off, or send it back."""
    warning = _asked_for(tx, warning_id, etag)
    return _stored(tx, *lifecycle.sign(warning, verdict, person, comment, now=now))


def update(
    tx: Transaction,
    desk: Desk,
    warning_id: str,
    etag: str,
    changed: Callable[[Content], Content],
    person: Person,
    request: Request,
    encode: Encode,
    *,
    now: datetime,
) -> bytes:
    """Change a draft, or draft the next version of what is published; the earlier one holds on."""
    earlier = _answered(tx, request)
    if earlier is not None:
        return earlier
    before = _asked_for(tx, warning_id, etag)
    return _answer(
        tx,
        request,
        encode(*revised(tx, desk, before, changed(before.content), person, now=now)),
        now,
    )


def revised(
    tx: Transaction,
    desk: Desk,
    before: HazardWarning,
    content: Content,
    person: Person,
    *,
    now: datetime,
    because: Because | None = None,
) -> tuple[HazardWarning, Sequence[Step]]:
    """Store a warning as a draft of other content, drafted by ``person``, and return it."""
    max_validity, validity_version = max_validity_of(desk, before.event_code, now)
    check_characters(content)
    if content.texts == before.content.texts:
        # What was worded here is worded anew; what people wrote stays.
        ours = desk.wording.texts(before)
        content = replace(content, texts=tuple(each for each in content.texts if each not in ours))
    after, step = lifecycle.revise(before, content, person, now=now, max_validity=max_validity)
    after = replace(after, rule_versions=(*_event_rules(desk, after, now), validity_version))
    if because is not None:
        after = replace(
            after,
            drafter=because.drafter,
            state_reason=because.reason,
            rule_versions=(*after.rule_versions, *because.rule_versions),
        )
        step = replace(step, comment="; ".join(filter(None, (step.comment, because.reason))))
    return _stored(tx, worded(desk, targeted(desk, after, now)), step)


def publish(
    tx: Transaction, desk: Desk, warning_id: str, etag: str, person: Person, *, now: datetime
) -> tuple[HazardWarning, Sequence[Step]]:
    """Let a signed version out. What is out already is returned as it is."""
    before = get_warning(tx, warning_id)
    if before.state is not State.PUBLISHED:
        lifecycle.check_etag(etag, before)
        after, step = lifecycle.publish(before, person, now=now)
        kind = NoticeType.UPDATE if before.version else NoticeType.ALERT
        out = Release(before, after, step, kind, after.content.expire_time)
        before = release(tx, desk, out, now=now)
    return before, tx.steps(warning_id)


def cancel(
    tx: Transaction,
    desk: Desk,
    warning_id: str,
    etag: str,
    person: Person,
    reason: str,
    *,
    now: datetime,
) -> tuple[HazardWarning, Sequence[Step]]:
    """Take back what is out, or drop what is not."""
    before = _asked_for(tx, warning_id, etag)
    after, step = lifecycle.cancel(before, person, reason, now=now)
    return taken_back(tx, desk, before, after, step, now=now), tx.steps(warning_id)


def confirm(
    tx: Transaction,
    desk: Desk,
    warning_id: str,
    verdict: Verdict,
    person: Person,
    comment: str,
    *,
    now: datetime,
) -> tuple[HazardWarning, Sequence[Step]]:
    """Record the review of an automatic warning; a rejection takes it back if it holds."""
    before = get_warning(tx, warning_id)
    after, step = lifecycle.confirm(before, verdict, person, comment, now=now)
    if after.state is before.state:
        return _stored(tx, after, step)
    return taken_back(tx, desk, before, after, step, now=now), tx.steps(warning_id)


def taken_back(
    tx: Transaction,
    desk: Desk,
    before: HazardWarning,
    after: HazardWarning,
    step: Step,
    *,
    now: datetime,
) -> HazardWarning:
    """Store a cancellation, and tell everybody who was told of the warning."""
    until = before.holds_until
    if until is None or after.version == before.version:
        return _stored(tx, after, step)[0]
    if before.state is not State.PUBLISHED:
        # The counties of a draft may be others than those that were told.
        after = _as_published(tx, after)
    out = Release(before, after, step, NoticeType.CANCEL, until)
    return release(tx, desk, out, now=now)


def _as_published(tx: Transaction, warning: HazardWarning) -> HazardWarning:
    told = tx.told(warning.channel, warning.warning_id)
    known = {each.place_code: each for each in warning.counties}
    counties = tuple(known[code] for code in sorted(told) if code in known)
    return replace(warning, counties=counties or warning.counties)


def _asked_for(tx: Transaction, warning_id: str, etag: str) -> HazardWarning:
    warning = get_warning(tx, warning_id)
    lifecycle.check_etag(etag, warning)
    return warning


def _stored(
    tx: Transaction, warning: HazardWarning, step: Step
) -> tuple[HazardWarning, Sequence[Step]]:
    tx.replace_warning(warning)
    tx.add_step(warning, step)
    tx.change([warning.warning_id], step.step_time)
    return warning, tx.steps(warning.warning_id)


def targeted(desk: Desk, warning: HazardWarning, now: datetime) -> HazardWarning:
    """Return the warning with the counties of its area; raise AreaEmpty, InvalidArea, ..."""
    content = warning.content
    if content.area.is_empty:
        raise lifecycle.AreaEmpty(
            "the area needs a polygon, a circle or a place code", field="warning.area"
        )
    found = desk.targeting.target(content.area, content.colour, now=now)
    if not found.counties:
        raise lifecycle.AreaEmpty(
            "the area takes in no county that is known here; check latitude and longitude",
            field="warning.area",
        )
    return replace(
        warning,
        counties=found.counties,
        population=found.population,
        rule_versions=tuple(dict.fromkeys((*warning.rule_versions, *found.rule_versions))),
    )


def check_characters(content: Content) -> None:
    """Raise TextUnwritable for a character that no CAP message can hold (XML 1.0, section 2.2).

    At the door: otherwise it would be found when the warning is published, in a hurry.
    """
    said = [("warning.area.description", content.area.description)]
    for number, text in enumerate(content.texts):
        where = f"warning.texts[{number}]"
        said.append((f"{where}.headline", text.headline))
        said.append((f"{where}.description", text.description))
        said.append((f"{where}.instruction", text.instruction))
    for field, value in said:
        found = UNWRITABLE.search(value)
        if found is not None:
            raise TextUnwritable(
                f"{field}: character U+{ord(found[0]):04X} at {found.start()} can't be written in "
                "a CAP message; leave it out",
                field=field,
            )


def worded(desk: Desk, warning: HazardWarning) -> HazardWarning:
    """Return the warning with texts in every language: what nobody wrote is made here."""
    written = {each.language: each for each in warning.content.texts}
    texts = tuple(_filled(written.get(ours.language), ours) for ours in desk.wording.texts(warning))
    return replace(warning, content=replace(warning.content, texts=texts))


def _filled(written: Text | None, ours: Text) -> Text:
    if written is None:
        return ours
    return Text(
        written.language,
        written.headline.strip() or ours.headline,
        written.description.strip() or ours.description,
        written.instruction.strip() or ours.instruction,
    )


def _event_rules(desk: Desk, warning: HazardWarning, now: datetime) -> tuple[str, ...]:
    return (cap_message.check_event(desk, warning.event_code, now),)


def max_validity_of(desk: Desk, event_code: str, now: datetime) -> tuple[timedelta, str]:
    """Return how long a warning of an event may hold, and the version of the rule."""
    rule = desk.rules.in_force(VALIDITY, desk.office.jurisdiction, now)
    own = rule.parameters["hours"].get(event_code)
    hours = rule.number("default_hours") if own is None else float(own)
    return timedelta(hours=hours), rule.version


def _answered(tx: Transaction, request: Request) -> bytes | None:
    earlier = tx.answer(request.request_id) if request.request_id else None
    if earlier is None:
        return None
    if earlier[0] != request.digest:
        raise RequestIdReused(
            "request_id was used for another request; draw a new one", field="request_id"
        )
    return earlier[1]


def _answer(tx: Transaction, request: Request, answer: bytes, now: datetime) -> bytes:
    if request.request_id:
        tx.remember(request.request_id, request.digest, answer, now)
    return answer
