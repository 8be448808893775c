"""Letting a version out: CAP, what each county is told, the event and the calls, all in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.disaster_warning.cap.event_codes import EVENT_CODES_RULE
from services.disaster_warning.model.escalation import RULE_ID as ESCALATION
from services.disaster_warning.model.escalation import Calls, Level
from services.disaster_warning.model.warning import (
    CountyTarget,
    HazardWarning,
    NoticeType,
    Step,
    Version,
)
from services.disaster_warning.ports import Desk, Transaction
from services.disaster_warning.usecases import cap_message, encoding
from services.disaster_warning.usecases.refused import WarningExists
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2, notice_pb2, warning_pb2

AREA: Final = "disaster-warning"
"""Of the subjects of events."""

NoticeOf = Callable[[HazardWarning, CountyTarget, datetime], bytes]
"""Makes what a county is told, of the warning with its identifier, sent at that time: a Notice."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version that is to go out: the warning before and after the step that makes it."""

    before: HazardWarning
    after: HazardWarning
    step: Step
    kind: NoticeType
    # How long it holds; of a cancellation, how long it is told.
    expire_time: datetime
    notice_of: NoticeOf | None = None
    # Of an earthquake: what other services learn of its shaking.
    shaking: events_pb2.EarthquakeFacts | None = None


def release(tx: Transaction, desk: Desk, out: Release, *, now: datetime) -> HazardWarning:
    """Let a version out in this transaction, and return the warning.

    The CAP message is validated and signed first: what may not go out changes nothing.
    """
    # First of all: whoever else writes waits here, or runs anew, and never draws our identifier.
    tx.change([out.after.warning_id], now)
    identifier = cap_message.message_id(tx, desk.office, out.after.channel, now)
    references = tx.references(out.after.warning_id) if out.before.version else ()
    warning = replace(
        out.after,
        cap_identifier=str(identifier),
        rule_versions=_rules(desk, out.after, now),
    )
    alert = cap_message.alert_of(
        desk, warning, out.kind, identifier, references, expire_time=out.expire_time
    )
    document = desk.presses[warning.channel].print(alert, now=now)
    notices = _notices(desk, warning, out, now)
    facts = facts_of(warning, now, out.expire_time)
    if out.shaking is not None:
        facts.shaking.CopyFrom(out.shaking)
    calling = _calling(desk, warning, out.kind, now)
    # What was told is hundreds of notices: where nobody is called, only those left out count.
    besides = () if calling else notices.keys()
    told = tx.told(warning.channel, warning.warning_id, besides) if out.before.version else {}
    # From here on it is only written, which the store does all at once.
    _store(tx, out.before, warning)
    tx.add_step(warning, out.step)
    tx.add_version(
        Version(
            warning_id=warning.warning_id,
            version=warning.version,
            channel=warning.channel,
            notice_type=out.kind,
            cap_identifier=str(identifier),
            cap_xml=document,
            send_time=identifier.time,
            expire_time=out.expire_time,
            facts=facts.SerializeToString(deterministic=True),
            notices=notices,
            rule_versions=warning.rule_versions,
        )
    )
    _tell_counties(tx, warning, out, notices, told, calling, now)
    _emit(tx, warning, out.kind, facts, now)
    return warning


def _store(tx: Transaction, before: HazardWarning, warning: HazardWarning) -> None:
    if before.revision:
        tx.replace_warning(warning)
    elif not tx.add_warning(warning):
        raise WarningExists(f"there is a warning {warning.warning_id!r} of another event")


def facts_of(
    warning: HazardWarning, send_time: datetime, expire_time: datetime
) -> events_pb2.WarningFacts:
    """Return what other services learn of a warning's version."""
    facts = events_pb2.WarningFacts(
        warning=warning.warning_id,
        version=warning.version,
        channel=encoding.CHANNEL_NUMBERS[warning.channel],
        event_code=warning.event_code,
        colour=warning_pb2.Colour.ValueType(warning.content.colour),
        counties=encoding.counties_to(warning.counties),
        earthquake=warning.earthquake_id,
        cap_identifier=warning.cap_identifier,
    )
    facts.send_time.FromDatetime(send_time)
    facts.expire_time.FromDatetime(expire_time)
    return facts


def _rules(desk: Desk, warning: HazardWarning, now: datetime) -> tuple[str, ...]:
    """Return the versions of the rules that have decided, those of the release included."""
    used = (
        desk.rules.in_force(rule_id, desk.office.jurisdiction, now).version
        for rule_id in (ESCALATION, EVENT_CODES_RULE)
    )
    return tuple(dict.fromkeys((*warning.rule_versions, *used)))


def _notices(desk: Desk, warning: HazardWarning, out: Release, now: datetime) -> dict[str, bytes]:
    notice_of = out.notice_of or _by_wording(desk, out.kind, out.expire_time)
    counties = sorted(warning.counties, key=lambda county: county.place_code)
    return {county.place_code: notice_of(warning, county, now) for county in counties}


def _by_wording(desk: Desk, kind: NoticeType, expire_time: datetime) -> NoticeOf:
    def notice(warning: HazardWarning, county: CountyTarget, now: datetime) -> bytes:
        message = encoding.notice_to(
            warning,
            kind,
            county.colour,
            desk.wording.county_texts(warning, county, kind),
            send_time=now,
            expire_time=expire_time,
        )
        return bytes(message.SerializeToString())

    return notice


def _calling(
    desk: Desk, warning: HazardWarning, kind: NoticeType, now: datetime
) -> timedelta | None:
    """Return after which time the first level is called, None when nobody is."""
    if kind is NoticeType.CANCEL:
        return None
    calls = Calls.of(desk.rules.in_force(ESCALATION, desk.office.jurisdiction, now))
    first = calls.next_call(warning.event_code, warning.content.colour, Level.NONE)
    return None if first is None else first[1]


def _tell_counties(
    tx: Transaction,
    warning: HazardWarning,
    out: Release,
    notices: Mapping[str, bytes],
    told: Mapping[str, bytes],
    calling: timedelta | None,
    now: datetime,
) -> None:
    channel, warning_id, version = warning.channel, warning.warning_id, warning.version
    if notices:
        tx.put_notices(channel, warning_id, version, out.expire_time, notices, now)
    left = _left_out(warning, told.keys() - notices.keys(), told, now)
    if left and out.before.holds_until is not None:
        tx.put_notices(channel, warning_id, version, out.before.holds_until, left, now)
    if out.kind is NoticeType.CANCEL:
        tx.end_calls(warning_id)
        return
    if left:
        tx.end_calls(warning_id, sorted(left))
    if calling is None:
        return
    # Who has answered for a warning is called again only when it has become graver there.
    fresh = sorted(code for code, data in notices.items() if _is_graver(data, told.get(code)))
    if fresh:
        tx.put_calls(warning_id, channel, version, fresh, Level.NONE, now + calling)


def _is_graver(notice: bytes, before: bytes | None) -> bool:
    """Say whether a county is told of more than it was; what was taken back counts as nothing."""
    if before is None:
        return True
    earlier = notice_pb2.Notice.FromString(before)
    if earlier.notice_type == notice_pb2.NOTICE_TYPE_CANCEL:
        return True
    return bool(notice_pb2.Notice.FromString(notice).colour > earlier.colour)


def _left_out(
    warning: HazardWarning, counties: set[str], told: Mapping[str, bytes], now: datetime
) -> dict[str, bytes]:
    """Return the notices that take the warning back where the new version no longer holds."""
    taken_back = {}
    for county in sorted(counties):
        notice = notice_pb2.Notice.FromString(told[county])
        if notice.notice_type == notice_pb2.NOTICE_TYPE_CANCEL:
            continue  # was left out by an earlier version
        notice.notice_type = notice_pb2.NOTICE_TYPE_CANCEL
        notice.version = warning.version
        notice.cap_identifier = warning.cap_identifier
        notice.send_time_us = encoding.microseconds(now)
        for text in notice.texts:
            prefix = cap_message.CANCELLED.get(text.language, "")
            text.headline, text.voice = prefix + text.headline, prefix + text.headline
            text.board = prefix + text.board
        taken_back[county] = notice.SerializeToString()
    return taken_back


def _emit(
    tx: Transaction,
    warning: HazardWarning,
    kind: NoticeType,
    facts: events_pb2.WarningFacts,
    now: datetime,
) -> None:
    event: events_pb2.WarningIssued | events_pb2.WarningUpdated | events_pb2.WarningCancelled
    if kind is NoticeType.ALERT:
        name, event = "warning-issued", events_pb2.WarningIssued(facts=facts)
    elif kind is NoticeType.UPDATE:
        name, event = "warning-updated", events_pb2.WarningUpdated(facts=facts)
    else:
        name = "warning-cancelled"
        event = events_pb2.WarningCancelled(facts=facts, reason=warning.state_reason)
    event.event_time.FromDatetime(now)
    message_id = f"{warning.warning_id}-{warning.version}-{name}"
    tx.emit(subjects.event(AREA, name), event, message_id)
