"""Alerts to test with: a small valid one to break, and four after the kinds in CAP's Appendix A."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final

from services.disaster_warning.cap.document import (
    Alert,
    Area,
    Category,
    Certainty,
    Circle,
    EventCode,
    Geocode,
    Info,
    MessageType,
    Parameter,
    Point,
    Polygon,
    Reference,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)
from services.disaster_warning.cap.event_codes import EventCodes
from services.disaster_warning.cap.profile import (
    PROFILE_CODE,
    colour_parameter,
    event_code,
    geocodes,
)
from services.disaster_warning.cap.times import CHINA_STANDARD_TIME
from services.disaster_warning.model.colours import Colour
from services.plumbing.rules import RuleBook

DATA: Final = Path(__file__).parent / "data"
SENT: Final = datetime(2026, 3, 1, 8, 30, tzinfo=CHINA_STANDARD_TIME)
HOUR: Final = timedelta(hours=1)

SMALL: Final = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>A-1</identifier>
  <sender>duty@example.org</sender>
  <sent>2026-03-01T08:30:00+08:00</sent>
  <status>Actual</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
  <info>
    <language>zh-CN</language>
    <category>Met</category>
    <event>暴雨</event>
    <urgency>Expected</urgency>
    <severity>Severe</severity>
    <certainty>Likely</certainty>
    <effective>2026-03-01T08:30:00+08:00</effective>
    <onset>2026-03-01T09:00:00+08:00</onset>
    <expires>2026-03-01T14:30:00+08:00</expires>
    <headline>暴雨橙色预警</headline>
    <area>
      <areaDesc>攀枝花市东区</areaDesc>
      <polygon>26.5,101.6 26.5,101.8 26.7,101.8 26.7,101.6 26.5,101.6</polygon>
      <circle>26.6,101.7 12.5</circle>
      <geocode><valueName>GB/T 2260</valueName><value>510402</value></geocode>
    </area>
  </info>
</alert>
"""


def small(*changes: tuple[str, str]) -> bytes:
    """Return the small alert with each first text replaced by the second, which must be there."""
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def event_codes() -> EventCodes:
    book = RuleBook.read(resources.files("services.disaster_warning") / "rules")
    return EventCodes.of(
        book.in_force("event-codes", "CN-51", SENT),
        book.in_force("foreign-event-codes", "CN-51", SENT),
    )


def chinese(counties: int = 2, status: Status = Status.ACTUAL) -> Alert:
    """Return an earthquake warning after China's profile, in two languages."""
    event = event_codes().event("11C02")
    codes = geocodes(str(510402 + number) for number in range(counties))
    info = Info(
        language="zh-CN",
        categories=(event.category,),
        event=event.chinese,
        response_types=(ResponseType.SHELTER,),
        urgency=Urgency.IMMEDIATE,
        severity=Severity.EXTREME,
        certainty=Certainty.OBSERVED,
        event_codes=(event_code(event),),
        effective=SENT,
        onset=SENT,
        expires=SENT + timedelta(minutes=5),
        sender_name="四川省地震局",
        headline="地震红色预警",
        description="预计烈度 7 度。",
        instruction="就近避险。",
        parameters=(colour_parameter(Colour.RED),),
        areas=(Area("攀枝花市", geocodes=codes),),
    )
    english = replace(
        info,
        language="en-US",
        event=event.english,
        sender_name="Sichuan Earthquake Agency",
        headline="Earthquake: red warning",
        description="Intensity VII is expected.",
        instruction="Take cover where you are.",
        areas=(Area("Panzhihua", geocodes=codes),),
    )
    return Alert(
        identifier="51040041600000_20260301083000_0",
        sender="warning@sichuan.example",
        sent=SENT,
        status=status,
        message_type=MessageType.ALERT,
        codes=(PROFILE_CODE,),
        infos=(info, english),
    )


def threat_level() -> Alert:
    """A national threat level goes up; nowhere in particular."""
    return Alert(
        identifier="LEVEL-2026-17",
        sender="watch@security.example",
        sent=SENT,
        status=Status.ACTUAL,
        message_type=MessageType.ALERT,
        source="Duty room 4",
        codes=("internal:2",),
        infos=(
            Info(
                categories=(Category.SECURITY,),
                event="Raised threat level",
                urgency=Urgency.IMMEDIATE,
                severity=Severity.SEVERE,
                certainty=Certainty.LIKELY,
                audience="Operators of critical infrastructure",
                expires=SENT + 24 * HOUR,
                sender_name="Office for Public Security",
                headline="The threat level is raised to orange",
                description="Reports of planned sabotage against substations.",
                instruction="Check seals & fences; report what is new < 1 day old.",
                web="https://security.example/level",
                contact="+86 28 0000 0000",
                parameters=(Parameter("LEVEL", "ORANGE"),),
                resources=(
                    Resource(
                        "Map of sites",
                        mime_type="image/png",
                        size_bytes=68,
                        uri="https://security.example/map.png",
                        digest="da39a3ee5e6b4b0d3255bfef95601890afd80709",
                    ),
                ),
                areas=(Area("Whole country"),),
            ),
        ),
    )


def thunderstorm() -> Alert:
    """A storm cell on its way, drawn as a polygon, after a watch."""
    return Alert(
        identifier="STORM-88.2",
        sender="storms@weather.example",
        sent=SENT,
        status=Status.ACTUAL,
        message_type=MessageType.UPDATE,
        references=(Reference("storms@weather.example", "STORM-88.1", SENT - HOUR),),
        incidents=("STORM-88", "hail over the river"),
        infos=(
            Info(
                categories=(Category.MET,),
                event="Severe thunderstorm",
                response_types=(ResponseType.SHELTER, ResponseType.AVOID),
                urgency=Urgency.IMMEDIATE,
                severity=Severity.SEVERE,
                certainty=Certainty.OBSERVED,
                event_codes=(EventCode("SAME", "SVR"),),
                expires=SENT + HOUR,
                headline="Hail and gusts of 30 m/s within the hour",
                description='A line of cells moves "south-east" at 40 km/h.',
                areas=(
                    Area(
                        "The valley between both passes",
                        polygons=(
                            Polygon(
                                (
                                    Point(38.47, -120.14),
                                    Point(38.34, -119.95),
                                    Point(38.52, -119.74),
                                    Point(38.62, -119.89),
                                    Point(38.47, -120.14),
                                )
                            ),
                        ),
                        geocodes=(Geocode("UGC", "XXZ001"), Geocode("SAME", "000001")),
                        altitude_ft=0.0,
                        ceiling_ft=45_000.0,
                    ),
                ),
            ),
        ),
    )


def earthquake_report() -> Alert:
    """What is known after an earthquake, as a circle, in UTC."""
    sent = datetime(2026, 3, 1, 0, 40, tzinfo=UTC)
    return Alert(
        identifier="EQ-551122",
        sender="network@seismo.example",
        sent=sent,
        status=Status.ACTUAL,
        message_type=MessageType.ALERT,
        infos=(
            Info(
                language="en-US",
                categories=(Category.GEO,),
                event="Earthquake",
                urgency=Urgency.PAST,
                severity=Severity.MINOR,
                certainty=Certainty.OBSERVED,
                onset=sent - HOUR,
                expires=sent + 24 * HOUR,
                headline="M 3.4, 9 km deep",
                parameters=(Parameter("Magnitude", "3.4 Ml"), Parameter("Depth", "9 km")),
                areas=(Area("Epicentre", circles=(Circle(Point(32.9525, -115.5527), 0.0),)),),
            ),
        ),
    )


def missing_child() -> Alert:
    """A child is missing: two languages, restricted to those who search."""
    english = Info(
        language="en-US",
        categories=(Category.RESCUE,),
        event="Missing child",
        urgency=Urgency.IMMEDIATE,
        severity=Severity.SEVERE,
        certainty=Certainty.LIKELY,
        expires=SENT + 12 * HOUR,
        headline="A boy of eight is missing",
        description="Last seen at the north gate, in a yellow coat.",
        contact="110",
        areas=(Area("Old town", geocodes=(Geocode("GB/T 2260", "510104"),)),),
    )
    return Alert(
        identifier="CHILD.2026.3",
        sender="police@city.example",
        sent=SENT,
        status=Status.ACTUAL,
        message_type=MessageType.ALERT,
        scope=Scope.RESTRICTED,
        restriction="Police and bus drivers",
        addresses=("control@bus.example", "North Gate Post"),
        infos=(english, replace(english, language="zh-CN", event="儿童走失")),
    )


EXAMPLES: Final = {
    "threat-level": threat_level,
    "thunderstorm": thunderstorm,
    "earthquake-report": earthquake_report,
    "missing-child": missing_child,
    "chinese": chinese,
}
