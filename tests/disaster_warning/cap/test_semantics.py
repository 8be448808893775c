"""Each rule that the schema cannot say: a document that breaks it, and one that just keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import pytest

from services.disaster_warning.cap.document import Reference, Version
from services.disaster_warning.cap.findings import Gravity, errors_of
from services.disaster_warning.cap.parse import read
from services.disaster_warning.cap.semantics import broken_rules
from services.disaster_warning.cap.validate import validate
from tests.disaster_warning.cap.examples import SENT, small

POLYGON = "26.5,101.6 26.5,101.8 26.7,101.8 26.7,101.6 26.5,101.6"
CIRCLE = "26.6,101.7 12.5"
SCOPE = "<scope>Public</scope>"
ALERT = "<msgType>Alert</msgType>"
INFO = "<info>"
AREA_END = "</area>"
EXPIRES = "<expires>2026-03-01T14:30:00+08:00</expires>"
RESOURCE = "<resource><resourceDesc>map</resourceDesc><mimeType>{}</mimeType>{}</resource>"
AREA = "    <area>"

Changes = tuple[tuple[str, str], ...]


class Case(NamedTuple):
    rule: str
    broken: Changes
    kept: Changes
    gravity: Gravity = Gravity.ERROR


def _references(kind: str, text: str) -> Changes:
    return (
        (ALERT, f"<msgType>{kind}</msgType>"),
        (INFO, f"<references>{text}</references>{INFO}"),
    )


def _polygon(text: str) -> Changes:
    return ((POLYGON, text),)


def _circle(text: str) -> Changes:
    return ((CIRCLE, text),)


def _resource(mime: str, rest: str = "") -> Changes:
    return ((AREA, RESOURCE.format(mime, rest) + AREA),)


EARLIER = "duty@example.org,A-0,2026-03-01T08:00:00+08:00"
WARNING = Gravity.WARNING
CASES = {
    "identifier with a blank": Case(
        "identifier-characters", (("A-1", "A 1"),), (("A-1", "tag:example.org:1"),)
    ),
    "identifier with a comma": Case("identifier-characters", (("A-1", "A,1"),), (("A-1", "A.1"),)),
    "identifier empty": Case("identifier-characters", (("A-1", ""),), (("A-1", "1"),)),
    "sender with an ampersand": Case(
        "sender-characters", (("duty@", "du&amp;ty@"),), (("duty@", "du+ty@"),)
    ),
    "sender with a less-than": Case(
        "sender-characters", (("duty@", "du&lt;ty@"),), (("duty@", "du;ty@"),)
    ),
    "restricted to nobody": Case(
        "restricted-needs-restriction",
        ((SCOPE, "<scope>Restricted</scope>"),),
        ((SCOPE, "<scope>Restricted</scope><restriction>staff</restriction>"),),
    ),
    "restriction of the public": Case(
        "restriction-without-restricted",
        ((SCOPE, f"{SCOPE}<restriction>staff</restriction>"),),
        ((SCOPE, f"{SCOPE}<restriction/>"),),
        WARNING,
    ),
    "private to nobody": Case(
        "private-needs-addresses",
        ((SCOPE, "<scope>Private</scope><addresses> </addresses>"),),
        ((SCOPE, "<scope>Private</scope><addresses>a@example.org</addresses>"),),
    ),
    **{
        f"{kind} of nothing": Case(
            "references-required", _references(kind, " "), _references(kind, EARLIER)
        )
        for kind in ("Update", "Cancel", "Ack", "Error")
    },
    "reference of two parts": Case(
        "references-form",
        _references("Update", "duty@example.org,A-0"),
        _references("Update", f"{EARLIER}\n {EARLIER.replace('A-0', 'A-00')}"),
    ),
    "reference with Z": Case(
        "references-form",
        _references("Update", "duty@example.org,A-0,2026-03-01T00:00:00Z"),
        _references("Update", "duty@example.org,A-0,2026-03-01T00:00:00-00:00"),
    ),
    "reference to itself": Case(
        "references-self",
        _references("Update", "duty@example.org,A-1,2026-03-01T00:30:00-00:00"),
        _references("Update", "duty@example.org,A-1,2026-03-01T00:29:00-00:00"),
    ),
    "reference to the future": Case(
        "references-later",
        _references("Update", "duty@example.org,A-0,2026-03-01T08:30:01+08:00"),
        _references("Update", "duty@example.org,A-0,2026-03-01T08:30:00+08:00"),
    ),
    "error without a note": Case(
        "error-needs-note",
        _references("Error", EARLIER),
        (
            (ALERT, "<msgType>Error</msgType>"),
            (INFO, f"<note>unreadable</note><references>{EARLIER}</references>{INFO}"),
        ),
    ),
    "language left out": Case(
        "language-missing", (("<language>zh-CN</language>", ""),), (("zh-CN", "en-US"),), WARNING
    ),
    "language that is none": Case("language-form", (("zh-CN", "zh_CN"),), (("zh-CN", "zh"),)),
    "event empty": Case("text-empty", (("<event>暴雨<", "<event> <"),), (("暴雨<", "雨<"),)),
    "area without a name": Case("text-empty", (("攀枝花市东区", ""),), (("攀枝花市东区", "东区"),)),
    "headline too long": Case(
        "headline-length",
        (("暴雨橙色预警", "雨" * 161),),
        (("暴雨橙色预警", "雨" * 160),),
        WARNING,
    ),
    "web that is relative": Case(
        "web-absolute",
        (("    <area>", "<web>/warnings</web><area>"),),
        (("    <area>", "<web>https://example.org/w</web><area>"),),
        WARNING,
    ),
    "no end": Case("expires-missing", ((EXPIRES, ""),), ((EXPIRES, EXPIRES),), WARNING),
    "ends when effective": Case(
        "expires-after-effective", (("T14:30", "T08:30"),), (("T14:30:00", "T09:00:01"),)
    ),
    "ends before onset": Case(
        "expires-after-onset", (("T14:30", "T08:59"),), (("T14:30:00", "T09:00:01"),)
    ),
    "ends before it is sent": Case(
        "expires-after-sent",
        (("<sent>2026-03-01T08", "<sent>2026-03-01T15"),),
        (
            ("<sent>2026-03-01T08", "<sent>2026-03-01T14"),
            ("T14:30:00+08:00</sent>", "T14:29:59+08:00</sent>"),
        ),
    ),
    "time in no calendar": Case(
        "time-form", (("T14:30:00+08", "T25:30:00+08"),), (("T14:30:00+08", "T06:30:00-00"),)
    ),
    "polygon of words": Case("polygon-form", _polygon("here and there"), _polygon(POLYGON)),
    "polygon with exponents": Case(
        "polygon-form", _polygon(POLYGON.replace("26.5,101.8", "2.65e1,101.8")), _polygon(POLYGON)
    ),
    "polygon of three points": Case(
        "polygon-points", _polygon("26,101 27,101 26,101"), _polygon("26,101 27,101 27,102 26,101")
    ),
    "polygon left open": Case(
        "polygon-closed",
        _polygon("26,101 27,101 27,102 26,102"),
        _polygon("26,101 27,101 27,102 26,102 26.0,101.00"),
    ),
    "polygon like an hourglass": Case(
        "polygon-crossing",
        _polygon("26,101 27,102 26,102 27,101 26,101"),
        _polygon("26,101 26,102 27,102 27,101 26,101"),
    ),
    "polygon without an inside": Case(
        "polygon-flat",
        _polygon("26,101 27,102 28,103 26,101"),
        _polygon("26,101 27,102 28,103.1 26,101"),
    ),
    "polygon with longitude first": Case(
        "polygon-range",
        _polygon("101,26 102,26 102,27 101,26"),
        _polygon("90,180 -90,180 -90,-180 90,180"),
    ),
    "polygon in too much detail": Case(
        "polygon-form", _polygon("0,0 " * 5_001), _polygon("26,101 26,102 27,102 26,101")
    ),
    "circle without a radius": Case("circle-form", _circle("26.6,101.7"), _circle("26.6,101.7 1")),
    "circle less than nothing": Case(
        "circle-radius", _circle("26.6,101.7 -0.1"), _circle("26.6,101.7 0")
    ),
    "circle nowhere": Case("circle-range", _circle("90.1,0 1"), _circle("90,-180 1")),
    "ceiling without altitude": Case(
        "ceiling-needs-altitude",
        ((AREA_END, f"<ceiling>1000</ceiling>{AREA_END}"),),
        ((AREA_END, f"<altitude>0</altitude><ceiling>1000</ceiling>{AREA_END}"),),
    ),
    "ceiling below altitude": Case(
        "ceiling-below-altitude",
        ((AREA_END, f"<altitude>10</altitude><ceiling>9</ceiling>{AREA_END}"),),
        ((AREA_END, f"<altitude>10</altitude><ceiling>10</ceiling>{AREA_END}"),),
    ),
    "area by name alone": Case(
        "area-without-shape",
        (
            (f"<polygon>{POLYGON}</polygon>", ""),
            (f"<circle>{CIRCLE}</circle>", ""),
            ("<geocode><valueName>GB/T 2260</valueName><value>510402</value></geocode>", ""),
        ),
        ((f"<polygon>{POLYGON}</polygon>", ""), (f"<circle>{CIRCLE}</circle>", "")),
        WARNING,
    ),
    "value of no vocabulary": Case(
        "value-name-empty", (("GB/T 2260", " "),), (("GB/T 2260", "UGC"),)
    ),
    "resource less than nothing": Case(
        "resource-size",
        _resource("image/png", "<size>-1</size>"),
        _resource("image/png", "<size>0</size>"),
    ),
    "resource of no type": Case(
        "resource-mime-type", _resource("picture"), _resource("image/svg+xml"), WARNING
    ),
    "resource with another digest": Case(
        "resource-digest",
        _resource("image/png", f"<digest>{'0' * 64}</digest>"),
        _resource("image/png", f"<digest>{'0' * 40}</digest>"),
        WARNING,
    ),
    "resource that is nowhere": Case(
        "resource-uri",
        _resource("image/png", "<uri>map.png</uri>"),
        _resource("image/png", "<uri>map.png</uri><derefUri>AAAA</derefUri>"),
    ),
}


def rules(document: bytes) -> dict[str, Gravity]:
    return {each.rule: each.severity for each in validate(read(document))}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_broken_rule_is_found_by_its_name(case: Case) -> None:
    assert rules(small(*case.broken)).get(case.rule) is case.gravity


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_kept_rule_is_not_found(case: Case) -> None:
    assert case.rule not in rules(small(*case.kept))


def test_the_small_alert_breaks_no_rule() -> None:
    assert validate(read(small())) == ()


@pytest.mark.parametrize("kind", ["Alert", "Update"])
def test_telling_without_info_is_an_error(kind: str) -> None:
    text = small().decode()
    start, end = text.index("<info>"), text.index("</info>") + len("</info>")
    bare = text[:start] + text[end:]
    assert "info-required" in rules(bare.replace(ALERT, f"<msgType>{kind}</msgType>").encode())


def test_cancelling_without_info_is_not_an_error() -> None:
    text = small(*_references("Cancel", EARLIER)).decode()
    start, end = text.index("<info>"), text.index("</info>") + len("</info>")
    assert rules((text[:start] + text[end:]).encode()) == {}


def test_a_message_seen_before_is_a_duplicate_whatever_the_offset_it_is_written_in() -> None:
    seen = {Reference("duty@example.org", "A-1", SENT)}
    again = small(("2026-03-01T08:30:00+08:00</sent>", "2026-03-01T00:30:00-00:00</sent>"))
    found = {each.rule for each in validate(read(again), seen=seen)}
    assert found == {"duplicate-message"}
    later = {Reference("duty@example.org", "A-1", SENT + timedelta(seconds=1))}
    assert validate(read(again), seen=later) == ()


def test_all_faults_are_told_at_once_with_their_places() -> None:
    changes = (*CASES["restricted to nobody"].broken, *CASES["polygon left open"].broken)
    changes += (*CASES["circle less than nothing"].broken, ("<severity>Severe", "<severity>Bad"))
    found = {(each.rule, each.path) for each in errors_of(validate(read(small(*changes))))}
    assert found >= {
        ("restricted-needs-restriction", "alert/restriction"),
        ("polygon-closed", "alert/info[1]/area[1]/polygon[1]"),
        ("circle-radius", "alert/info[1]/area[1]/circle[1]"),
        ("xsd", "alert/info[1]/severity[1]"),
    }


def test_points_of_all_polygons_together_are_limited() -> None:
    steps = 4_990
    ring = " ".join(f"{26 + step / steps:.6f},101" for step in range(steps)) + " 27,102 26,101"
    many = "</polygon><polygon>".join([ring] * 3)
    source = read(small((POLYGON, many)))
    found = {each.rule for each in broken_rules(source.root, Version.CAP_1_2)}
    assert found == {"polygon-detail"}


def test_a_document_of_nothing_but_faults_is_not_read_to_its_end() -> None:
    areas = "<area><areaDesc>x</areaDesc></area>" * 5_000
    found = validate(read(small((AREA_END, AREA_END + areas))))
    assert len(found) == 1_001
    assert [each.rule for each in errors_of(found)] == ["too-many-findings"]
