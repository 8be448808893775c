"""China's profile: identifiers, codes, colours, languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.cap.document import (
    Alert,
    Area,
    Category,
    Info,
    MessageType,
    Severity,
)
from services.disaster_warning.cap.event_codes import UnknownEvent
from services.disaster_warning.cap.message_id import InvalidMessageId, MessageId
from services.disaster_warning.cap.profile import (
    SEVERITIES,
    check_profile,
    colour_of,
    colour_parameter,
    counties_of,
    event_code,
    geocodes,
)
from services.disaster_warning.cap.times import CHINA_STANDARD_TIME
from services.disaster_warning.model.colours import COLOURS, Colour
from tests.disaster_warning.cap.examples import SENT, chinese, event_codes

EVENTS = event_codes()
LISTED = """
    11A01 11A02 11A51 11B01 11B03 11B04 11B05 11B06 11B07 11B09 11B14 11B15 11B16 11B17 11B19
    11B20 11B21 11B22 11B25 11B29 11B37 11C02 11D01 11D02 11E02 11E06 11G01 11G05
"""


def both(alert: Alert, **changes: Any) -> Alert:
    return replace(alert, infos=tuple(replace(info, **changes) for info in alert.infos))


def rules(alert: Alert) -> set[str]:
    return {each.rule for each in check_profile(alert, EVENTS)}


def test_the_published_example_is_read_in_its_parts() -> None:
    message_id = MessageId.parse("51040041600000_20260301083000_0")
    assert message_id == MessageId("510400", "416", SENT)
    assert (message_id.unit, message_id.extension, message_id.sequence) == ("000", "00", 0)
    assert str(message_id) == "51040041600000_20260301083000_0"


@given(
    st.from_regex(r"[1-8][0-9]{5}", fullmatch=True),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
    st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the offset follows
    st.integers(0, 9),
)
def test_an_identifier_has_31_characters_and_reads_back(
    area: str, agency: str, moment: datetime, sequence: int
) -> None:
    time = moment.replace(microsecond=0, tzinfo=UTC)
    message_id = MessageId(area, agency, time, sequence)
    assert len(str(message_id)) == 31
    assert MessageId.parse(str(message_id)) == message_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "51040041600000_20260301083000_",
        "51040041600000_20260301083000_10",
        "51040041600000-20260301083000-0",
        "51040041600000_20260230083000_0",
        "51040041600000_20260301250000_0",
        "01040041600000_20260301083000_0",
        "5104004160000_20260301083000_0",
        "\uff151040041600000_20260301083000_0",
        " 51040041600000_20260301083000_0",
    ],
)
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessageId):
        MessageId.parse(text)


@pytest.mark.parametrize(
    "change",
    [
        {"area": "5104"},
        {"agency": "41"},
        {"sequence": 10},
        {"sequence": -1},
        {"unit": "0"},
        {"time": SENT.replace(tzinfo=None)},
        {"time": SENT.replace(microsecond=1)},
    ],
)
def test_parts_that_make_no_identifier_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageId):
        replace(MessageId("510400", "416", SENT), **change)


def test_every_listed_event_has_two_names_and_a_category() -> None:
    assert sorted(EVENTS.events) == LISTED.split()
    for event in EVENTS.events.values():
        assert event.name("zh-CN") == event.chinese
        assert event.name("en-US") == event.english
        assert event.chinese != event.english
    assert EVENTS.event("11C02").category is Category.GEO
    with pytest.raises(UnknownEvent):
        EVENTS.event("11C99")


def test_colours_and_severities_go_both_ways() -> None:
    assert [SEVERITIES[colour].value for colour in reversed(COLOURS)] == [
        "Extreme",
        "Severe",
        "Moderate",
        "Minor",
    ]
    info = chinese().infos[0]
    for colour in COLOURS:
        assert colour_of(replace(info, parameters=(colour_parameter(colour),))) is colour
    with pytest.raises(ValueError, match="colour"):
        colour_parameter(Colour.NONE)


def test_counties_are_listed_once_in_their_order() -> None:
    areas = [
        Area("a", geocodes=geocodes(["510402", "510403"])),
        Area("b", geocodes=geocodes(["510402"])),
    ]
    assert counties_of(areas) == ("510402", "510403")
    with pytest.raises(ValueError, match="2260"):
        geocodes(["5104"])


def test_a_warning_after_the_profile_has_no_findings() -> None:
    assert check_profile(chinese(counties=183), EVENTS) == ()


def test_one_document_may_tell_several_levels_in_both_languages() -> None:
    alert = chinese()
    yellow = both(alert, severity=Severity.MODERATE, parameters=(colour_parameter(Colour.YELLOW),))
    assert rules(replace(alert, infos=alert.infos + yellow.infos)) == set()
    assert rules(replace(alert, infos=alert.infos + yellow.infos[:1])) == {"cn-languages-agree"}


def test_a_cancel_needs_no_info() -> None:
    cancel = replace(
        chinese(), message_type=MessageType.CANCEL, infos=(), references=(chinese().reference,)
    )
    assert rules(cancel) == set()


def _english_only(alert: Alert) -> Alert:
    return replace(alert, infos=alert.infos[1:])


def _utc(alert: Alert) -> Alert:
    return both(alert, expires=(SENT + timedelta(minutes=5)).astimezone(UTC))


def _second(alert: Alert, **changes: Any) -> Alert:
    first: Info = alert.infos[0]
    return replace(alert, infos=(first, replace(alert.infos[1], **changes)))


BROKEN = {
    "identifier": (lambda alert: replace(alert, identifier="A-1"), "cn-message-id"),
    "time in identifier": (
        lambda alert: replace(alert, sent=SENT + timedelta(seconds=1)),
        "cn-message-id-time",
    ),
    "code": (lambda alert: replace(alert, codes=()), "cn-code"),
    "offset": (_utc, "cn-offset"),
    "one language": (_english_only, "cn-languages"),
    "languages that differ": (
        lambda alert: _second(alert, expires=SENT + timedelta(minutes=6)),
        "cn-languages-agree",
    ),
    "no event code": (lambda alert: both(alert, event_codes=()), "cn-event-code"),
    "event of no table": (
        lambda alert: both(
            alert, event_codes=(replace(event_code(EVENTS.event("11C02")), value="11Z99"),)
        ),
        "cn-event-code",
    ),
    "category of another event": (
        lambda alert: both(alert, categories=(Category.HEALTH,)),
        "cn-category",
    ),
    "no colour": (lambda alert: both(alert, parameters=()), "cn-colour"),
    "colour of another severity": (
        lambda alert: both(alert, severity=Severity.MINOR),
        "cn-colour-severity",
    ),
    "no end": (lambda alert: both(alert, expires=None), "cn-required"),
    "no instruction": (lambda alert: both(alert, instruction=None), "cn-required"),
    "no county": (lambda alert: both(alert, areas=(Area("somewhere"),)), "cn-geocode"),
}


@pytest.mark.parametrize(("change", "rule"), BROKEN.values(), ids=BROKEN.keys())
def test_a_departure_is_found_by_its_name(change: Any, rule: str) -> None:
    assert rule in rules(change(chinese()))


def test_times_of_another_offset_are_the_same_moment_but_not_the_profile() -> None:
    utc = SENT.astimezone(UTC)
    assert utc.tzinfo is not CHINA_STANDARD_TIME
    assert "cn-offset" in rules(replace(chinese(), sent=utc))
