"""What China's national release system asks of an alert, on top of CAP 1.2.

Message identifiers of 31 characters, times in +08:00, the same told in zh-CN and en-US, national
event codes (GB/T 35561-2017), areas as GB/T 2260 codes, and the colour of the warning kept as a
parameter beside the severity that it means (GB/T 35965.1-2018, GB/T 34283-2017). The names of the
profile's ``code`` and of the colour's parameter are this platform's own: the standards' exchange
format is not CAP, and leaves them open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from services.disaster_warning.cap.document import (
    Alert,
    Area,
    EventCode,
    Geocode,
    Info,
    MessageType,
    Parameter,
    Severity,
)
from services.disaster_warning.cap.event_codes import EVENT_CODE_NAME, Event, EventCodes
from services.disaster_warning.cap.findings import Finding, Gravity
from services.disaster_warning.cap.message_id import InvalidMessageId, MessageId
from services.disaster_warning.model.colours import Colour

PROFILE_CODE: Final = "profile:CAP-CN:tianfu:1.0"
"""``code`` of an alert that follows this profile; the grammar is CAP-CP's."""

COLOUR_PARAMETER: Final = "profile:CAP-CN:Colour"
"""``valueName`` of the parameter with the colour: red, orange, yellow or blue."""

GEOCODE_NAME: Final = "GB/T 2260"
"""``valueName`` of a geocode with a code of six digits."""

LANGUAGES: Final = ("zh-CN", "en-US")
"""The info blocks that there must be."""

SEVERITIES: Final[Mapping[Colour, Severity]] = MappingProxyType(
    {
        Colour.RED: Severity.EXTREME,
        Colour.ORANGE: Severity.SEVERE,
        Colour.YELLOW: Severity.MODERATE,
        Colour.BLUE: Severity.MINOR,
    }
)
"""Levels I, II, III and IV in the words of CAP."""

COLOUR_OF_SEVERITY: Final[Mapping[Severity, Colour]] = MappingProxyType(
    {severity: colour for colour, severity in SEVERITIES.items()}
)
"""The other way round; Unknown has none."""

CHINA_OFFSET: Final = timedelta(hours=8)
"""In which every time is written."""

_GEOCODE: Final = re.compile(r"[1-8][0-9]{5}")
_TELLING: Final = frozenset({MessageType.ALERT, MessageType.UPDATE})


def colour_parameter(colour: Colour) -> Parameter:
    """Return the parameter that keeps the colour; raise ValueError for no colour."""
    if colour not in SEVERITIES:
        raise ValueError("a warning has a colour from blue to red")
    return Parameter(COLOUR_PARAMETER, colour.name.lower())


def colour_of(info: Info) -> Colour | None:
    """Return the colour that the info block says, None if it says none."""
    said = info.parameter(COLOUR_PARAMETER)
    return next((colour for colour in SEVERITIES if colour.name.lower() == said), None)


def event_code(event: Event) -> EventCode:
    """Return the element with the event's national code."""
    return EventCode(EVENT_CODE_NAME, event.code)


def geocodes(codes: Iterable[str]) -> tuple[Geocode, ...]:
    """Return the elements with these GB/T 2260 codes; raise ValueError for one that is none."""
    made = tuple(Geocode(GEOCODE_NAME, code) for code in codes)
    for each in made:
        if not _GEOCODE.fullmatch(each.value):
            raise ValueError(f"{each.value!r} is no GB/T 2260 code of six digits")
    return made


def counties_of(areas: Iterable[Area]) -> tuple[str, ...]:
    """Return the GB/T 2260 codes of ``areas``, each once, in their order."""
    found = (each.value for area in areas for each in area.geocodes if each.name == GEOCODE_NAME)
    return tuple(dict.fromkeys(found))


def check_profile(alert: Alert, events: EventCodes) -> tuple[Finding, ...]:
    """Return how ``alert`` departs from the profile; CAP's own rules are for ``validate``."""
    found = [*_identity(alert)]
    for path, moment in _moments(alert):
        if moment.utcoffset() != CHINA_OFFSET:
            found.append(Finding("cn-offset", path, "times are written in +08:00"))
    if alert.message_type in _TELLING:
        found.extend(_languages(alert))
    for number, info in enumerate(alert.infos, 1):
        found.extend(_info(f"alert/info[{number}]", info, events))
    return tuple(found)


def _identity(alert: Alert) -> Iterator[Finding]:
    path = "alert/identifier"
    try:
        message_id = MessageId.parse(alert.identifier)
    except InvalidMessageId as refusal:
        yield Finding("cn-message-id", path, refusal.message)
    else:
        if message_id.time != alert.sent:
            message = f"says {message_id.time.isoformat()}, but sent is another time"
            yield Finding("cn-message-id-time", path, message, Gravity.WARNING)
    if PROFILE_CODE not in alert.codes:
        yield Finding("cn-code", "alert/code", f"one must be {PROFILE_CODE}")


def _moments(alert: Alert) -> Iterator[tuple[str, datetime]]:
    yield "alert/sent", alert.sent
    for each in alert.references:
        yield "alert/references", each.sent
    for number, info in enumerate(alert.infos, 1):
        for name, moment in (
            ("effective", info.effective),
            ("onset", info.onset),
            ("expires", info.expires),
        ):
            if moment is not None:
                yield f"alert/info[{number}]/{name}", moment


def _languages(alert: Alert) -> Iterator[Finding]:
    told: dict[str, set[tuple[object, ...]]] = {}
    for info in alert.infos:
        told.setdefault(info.language, set()).add(_essence(info))
    for language in LANGUAGES:
        if language not in told:
            yield Finding("cn-languages", "alert/info", f"there is no info in {language}")
    if any(essences != told[alert.infos[0].language] for essences in told.values()):
        message = "the languages differ in event, colour, times or area"
        yield Finding("cn-languages-agree", "alert/info", message)


def _essence(info: Info) -> tuple[object, ...]:
    """Return what must be the same in every language."""
    codes = frozenset(info.event_codes)
    shapes = tuple((area.polygons, area.circles, area.geocodes) for area in info.areas)
    times = (info.effective, info.onset, info.expires)
    return codes, info.urgency, info.severity, info.certainty, colour_of(info), times, shapes


def _info(path: str, info: Info, events: EventCodes) -> Iterator[Finding]:
    national = [each.value for each in info.event_codes if each.name == EVENT_CODE_NAME]
    if len(national) != 1:
        message = f"need one {EVENT_CODE_NAME} code, not {len(national)}"
        yield Finding("cn-event-code", f"{path}/eventCode", message)
    elif national[0] not in events.events:
        message = f"{national[0][:20]!r} is no event of {events.rule_version}"
        yield Finding("cn-event-code", f"{path}/eventCode", message)
    elif events.events[national[0]].category not in info.categories:
        message = f"an event {national[0]} is of {events.events[national[0]].category.value}"
        yield Finding("cn-category", f"{path}/category", message)
    yield from _colour(path, info)
    for name, text in (
        ("senderName", info.sender_name),
        ("headline", info.headline),
        ("description", info.description),
        ("instruction", info.instruction),
        ("expires", info.expires),
    ):
        if not text:
            yield Finding("cn-required", f"{path}/{name}", "is missing; the profile needs it")
    yield from _geocodes(path, info)


def _colour(path: str, info: Info) -> Iterator[Finding]:
    colour = colour_of(info)
    if colour is None:
        message = f"need a parameter {COLOUR_PARAMETER} of red, orange, yellow or blue"
        yield Finding("cn-colour", f"{path}/parameter", message)
    elif SEVERITIES[colour] is not info.severity:
        message = f"{colour.name.lower()} is {SEVERITIES[colour].value}, not {info.severity.value}"
        yield Finding("cn-colour-severity", f"{path}/severity", message)


def _geocodes(path: str, info: Info) -> Iterator[Finding]:
    if not counties_of(info.areas):
        message = f"need a geocode of {GEOCODE_NAME}: messages go out by county"
        yield Finding("cn-geocode", f"{path}/area", message)
    for number, area in enumerate(info.areas, 1):
        for each in area.geocodes:
            if each.name == GEOCODE_NAME and not _GEOCODE.fullmatch(each.value):
                where = f"{path}/area[{number}]/geocode"
                message = f"{each.value[:20]!r} is no code of six digits"
                yield Finding("cn-geocode", where, message)
