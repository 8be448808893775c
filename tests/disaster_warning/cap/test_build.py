"""Writing: canonical, valid, and read back as it was."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from services.disaster_warning.cap import document as cap
from services.disaster_warning.cap.build import UnwritableAlert, build
from services.disaster_warning.cap.findings import errors_of
from services.disaster_warning.cap.parse import parse
from services.disaster_warning.cap.times import InvalidCapTime, format_time, parse_time
from services.disaster_warning.cap.validate import check
from tests.disaster_warning.cap.examples import EXAMPLES, SENT, chinese, earthquake_report

MINUTES = st.integers(-14 * 60, 14 * 60)
moments = st.builds(
    lambda moment, minutes: moment.replace(
        microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)) if minutes else UTC
    ),
    st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the offset follows
    MINUTES,
)
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: text == text.strip())
words = texts.filter(lambda text: '"' not in text)
ids = st.text(string.ascii_letters + string.digits + "-.:@/", min_size=1, max_size=30)
numbers = st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda value: round(value, 9) + 0.0)
points = st.builds(cap.Point, numbers, numbers)


def several(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(strategy, max_size=3).map(tuple)


def pairs(kind: type) -> st.SearchStrategy:
    return several(st.builds(kind, st.one_of(st.just(""), texts), st.one_of(st.just(""), texts)))


maybe = st.none() | texts
areas = st.builds(
    cap.Area,
    description=texts,
    polygons=several(st.builds(cap.Polygon, st.lists(points, min_size=1, max_size=5).map(tuple))),
    circles=several(st.builds(cap.Circle, points, numbers)),
    geocodes=pairs(cap.Geocode),
    altitude_ft=st.none() | numbers,
    ceiling_ft=st.none() | numbers,
)
resources = st.builds(
    cap.Resource,
    description=texts,
    mime_type=maybe,
    size_bytes=st.none() | st.integers(0, 10**12 - 1),
    uri=maybe,
    deref_uri=maybe,
    digest=maybe,
)
infos = st.builds(
    cap.Info,
    categories=several(st.sampled_from(cap.Category)),
    event=texts,
    urgency=st.sampled_from(cap.Urgency),
    severity=st.sampled_from(cap.Severity),
    certainty=st.sampled_from(cap.Certainty),
    language=st.sampled_from(["zh-CN", "en-US", "ii"]),
    response_types=several(st.sampled_from(cap.ResponseType)),
    audience=maybe,
    event_codes=pairs(cap.EventCode),
    effective=st.none() | moments,
    onset=st.none() | moments,
    expires=st.none() | moments,
    sender_name=maybe,
    headline=maybe,
    description=maybe,
    instruction=maybe,
    web=maybe,
    contact=maybe,
    parameters=pairs(cap.Parameter),
    resources=several(resources),
    areas=several(areas),
)
alerts = st.builds(
    cap.Alert,
    identifier=ids,
    sender=ids,
    sent=moments,
    status=st.sampled_from(cap.Status),
    message_type=st.sampled_from(cap.MessageType),
    scope=st.sampled_from(cap.Scope),
    source=maybe,
    restriction=maybe,
    addresses=several(words),
    codes=several(texts),
    note=maybe,
    references=several(st.builds(cap.Reference, ids, ids, moments)),
    incidents=several(words),
    infos=several(infos),
)


@given(alerts)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_is_written_reads_back_the_same_and_has_one_writing(alert: cap.Alert) -> None:
    written = build(alert)
    assert parse(written) == alert
    assert build(parse(written)) == written


@given(moments)
def test_a_time_reads_back_as_the_same_moment_in_the_same_offset(moment: datetime) -> None:
    text = format_time(moment)
    assert not text.endswith(("Z", "+00:00"))
    assert (parse_time(text), parse_time(text).utcoffset()) == (moment, moment.utcoffset())


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_examples_are_valid_and_read_back_the_same(make: Callable[[], cap.Alert]) -> None:
    alert = make()
    assert errors_of(check(alert)) == ()
    assert parse(build(alert)) == alert


def test_times_are_in_chinas_offset_and_utc_has_a_minus() -> None:
    assert b"<sent>2026-03-01T08:30:00+08:00</sent>" in build(chinese())
    assert b"<sent>2026-03-01T00:40:00-00:00</sent>" in build(earthquake_report())


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(SENT.replace(microsecond=1), id="fraction"),
        pytest.param(SENT.replace(tzinfo=None), id="no-offset"),
        pytest.param(SENT.replace(tzinfo=timezone(timedelta(seconds=29_999))), id="odd-offset"),
    ],
)
def test_a_time_that_would_change_is_not_written(moment: datetime) -> None:
    with pytest.raises(InvalidCapTime):
        format_time(moment)
    with pytest.raises(UnwritableAlert) as refused:
        build(replace(chinese(), sent=moment))
    assert refused.value.field == "sent"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"note": "bell\a"}, "note"),
        ({"note": " padded "}, "note"),
        ({"source": "\ud800"}, "source"),
        ({"addresses": ('a "b"',)}, "addresses"),
        ({"references": (cap.Reference("a b", "c", SENT),)}, "references"),
        ({"references": (cap.Reference("a", "b,c", SENT),)}, "references"),
    ],
)
def test_what_would_not_read_back_is_not_written(change: dict[str, Any], field: str) -> None:
    with pytest.raises(UnwritableAlert) as refused:
        build(replace(chinese(), **change))
    assert refused.value.field == field


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_not_written(value: float) -> None:
    area = cap.Area("x", circles=(cap.Circle(cap.Point(1.0, 2.0), value),))
    alert = chinese()
    with pytest.raises(UnwritableAlert):
        build(replace(alert, infos=(replace(alert.infos[0], areas=(area,)),)))


def test_the_writing_is_canonical_xml_after_the_declaration() -> None:
    written = build(chinese())
    first, _, rest = written.partition(b"\n")
    assert first == b'<?xml version="1.0" encoding="UTF-8"?>'
    canonical = etree.tostring(etree.fromstring(written), method="c14n", exclusive=True)
    assert rest == canonical
