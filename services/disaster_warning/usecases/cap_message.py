"""A warning's version as a CAP 1.2 message of the China profile, unsigned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from services.disaster_warning.cap import document as cap
from services.disaster_warning.cap import profile
from services.disaster_warning.cap.event_codes import EVENT_CODES_RULE, EventCodes
from services.disaster_warning.cap.message_id import SEQUENCE_MAX, MessageId
from services.disaster_warning.cap.times import CHINA_STANDARD_TIME
from services.disaster_warning.model.warning import (
    EARTHQUAKE_EVENT,
    Area,
    Certainty,
    Channel,
    HazardWarning,
    NoticeType,
    Text,
)
from services.disaster_warning.ports import Desk, Office, Transaction
from services.disaster_warning.usecases.refused import EventCodeUnknown, IdentifiersExhausted

EXTENSIONS: Final = {Channel.LIVE: "00", Channel.DRILL: "99"}
"""Of identifiers: the public's messages and those of exercises can't have the same one."""

STATUSES: Final = {Channel.LIVE: cap.Status.ACTUAL, Channel.DRILL: cap.Status.EXERCISE}
"""Of messages. A press signs those of its own channel only."""

SECONDS_AHEAD: Final = 5
"""Seconds that a message may be dated ahead when all identifiers of a second are taken."""

EXPECTED_WITHIN: Final = timedelta(hours=1)
"""What begins so soon is Expected (CAP 1.2, 3.2.2: responsive action within the next hour)."""

COUNTY_COLOURS: Final = "profile:CAP-CN:CountyColours"
"""``valueName`` of the parameter with each county's colour, where counties differ."""

KINDS: Final = {
    NoticeType.ALERT: cap.MessageType.ALERT,
    NoticeType.UPDATE: cap.MessageType.UPDATE,
    NoticeType.CANCEL: cap.MessageType.CANCEL,
}
CERTAINTIES: Final = {
    Certainty.UNSTATED: cap.Certainty.LIKELY,
    Certainty.OBSERVED: cap.Certainty.OBSERVED,
    Certainty.LIKELY: cap.Certainty.LIKELY,
    Certainty.POSSIBLE: cap.Certainty.POSSIBLE,
}
CANCELLED: Final = {"zh-CN": "【解除】", "en-US": "CANCELLED: "}
"""Before the headline of what is taken back."""


def events_at(desk: Desk, at: datetime) -> EventCodes:
    """Return the events that there are by the rule in force."""
    return EventCodes.of(desk.rules.in_force(EVENT_CODES_RULE, desk.office.jurisdiction, at))


def check_event(desk: Desk, code: str, at: datetime) -> str:
    """Return the version of the rule that has an event; raise EventCodeUnknown."""
    events = events_at(desk, at)
    if code not in events.events:
        raise EventCodeUnknown(
            f"{code!r} is no event of {events.rule_version}; ListRules shows them",
            field="warning.event_code",
        )
    return events.rule_version


def message_id(tx: Transaction, office: Office, channel: Channel, now: datetime) -> MessageId:
    """Return an identifier that no message has; its time is the message's."""
    for ahead in range(SECONDS_AHEAD):
        time = now.replace(microsecond=0) + timedelta(seconds=ahead)
        ids = [
            MessageId(office.area, office.agency, time, n, office.unit, EXTENSIONS[channel])
            for n in range(SEQUENCE_MAX + 1)
        ]
        taken = tx.cap_identifiers([str(each) for each in ids])
        for each in ids:
            if str(each) not in taken:
                return each
    raise IdentifiersExhausted(
        "all identifiers of these seconds are taken; try again", retry_after=timedelta(seconds=1)
    )


def alert_of(
    desk: Desk,
    warning: HazardWarning,
    kind: NoticeType,
    identifier: MessageId,
    references: Sequence[tuple[str, datetime]],
    *,
    expire_time: datetime,
) -> cap.Alert:
    """Return the message of a version. ``references`` are its predecessors', first and last."""
    sent = identifier.time
    events = events_at(desk, sent)
    return cap.Alert(
        identifier=str(identifier),
        sender=desk.office.sender,
        sent=sent,
        status=STATUSES[warning.channel],
        message_type=KINDS[kind],
        codes=(profile.PROFILE_CODE,),
        note=warning.state_reason or None if kind is NoticeType.CANCEL else None,
        references=tuple(
            cap.Reference(desk.office.sender, earlier, time.astimezone(CHINA_STANDARD_TIME))
            for earlier, time in dict(references).items()
        ),
        incidents=(warning.earthquake_id,) if warning.earthquake_id else (),
        infos=tuple(
            _info(desk, warning, kind, text, events, sent, expire_time)
            for text in warning.content.texts
        ),
    )


def _info(
    desk: Desk,
    warning: HazardWarning,
    kind: NoticeType,
    text: Text,
    events: EventCodes,
    sent: datetime,
    expire_time: datetime,
) -> cap.Info:
    content = warning.content
    event = events.event(warning.event_code)
    cancelled = kind is NoticeType.CANCEL
    # What is dated before the message would have held before anybody could know of it.
    effective = max(content.effective_time or sent, sent)
    return cap.Info(
        language=text.language,
        categories=(event.category,),
        event=event.name(text.language),
        response_types=(cap.ResponseType.ALL_CLEAR,) if cancelled else (),
        urgency=_urgency(warning, kind, sent),
        severity=profile.SEVERITIES[content.colour],
        certainty=CERTAINTIES[content.certainty],
        event_codes=(profile.event_code(event),),
        effective=_china(min(effective, expire_time)),
        onset=None if content.onset_time is None else _china(content.onset_time),
        expires=_china(expire_time),
        sender_name=desk.office.names[text.language],
        headline=(CANCELLED[text.language] if cancelled else "") + text.headline,
        description=text.description,
        instruction=text.instruction,
        parameters=(profile.colour_parameter(content.colour), *_county_colours(warning)),
        areas=(_area(warning),),
    )


def _county_colours(warning: HazardWarning) -> tuple[cap.Parameter, ...]:
    colours = {each.colour for each in warning.counties}
    if len(colours) < 2:  # noqa: PLR2004 - all alike: the colour parameter has said it
        return ()
    said = (
        f"{colour.name.lower()}:"
        + " ".join(each.place_code for each in warning.counties if each.colour is colour)
        for colour in sorted(colours, reverse=True)
    )
    return (cap.Parameter(COUNTY_COLOURS, ";".join(said)),)


def _urgency(warning: HazardWarning, kind: NoticeType, sent: datetime) -> cap.Urgency:
    if kind is NoticeType.CANCEL:
        return cap.Urgency.PAST
    onset = warning.content.onset_time
    if warning.event_code == EARTHQUAKE_EVENT or onset is None or onset <= sent:
        return cap.Urgency.IMMEDIATE
    return cap.Urgency.EXPECTED if onset - sent <= EXPECTED_WITHIN else cap.Urgency.FUTURE


def _area(warning: HazardWarning) -> cap.Area:
    area: Area = warning.content.area
    names = "、".join(each.display_name for each in warning.counties)
    return cap.Area(
        description=area.description.strip() or names,
        polygons=tuple(
            cap.Polygon(tuple(cap.Point(*each) for each in ring)) for ring in area.polygons
        ),
        circles=tuple(cap.Circle(cap.Point(*each.centre), each.radius_km) for each in area.circles),
        geocodes=profile.geocodes(each.place_code for each in warning.counties),
    )


def _china(time: datetime) -> datetime:
    """Return a time as CAP's profile writes it: in +08:00, of whole seconds."""
    return time.astimezone(CHINA_STANDARD_TIME).replace(microsecond=0)
