"""Filters: what they mean, and what is wrong with those that mean nothing."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fleet.model import (
    FILTER_TERMS_MAX,
    InvalidFilter,
    Node,
    NodeClass,
    Presence,
    parse_filter,
)

NOW = datetime(2026, 5, 12, tzinfo=UTC)
NODE = Node(
    node_id="gw-1",
    node_class=NodeClass.GATEWAY,
    place_code="510104",
    create_time=NOW,
    update_time=NOW,
    presence_change_time=NOW,
    labels={"ward": "3", "a/b.c": "x=y"},
    presence=Presence.ONLINE,
)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        pytest.param(True, "", id="all"),
        pytest.param(True, "node_class=GATEWAY", id="class"),
        pytest.param(True, "node_class=NODE_CLASS_GATEWAY", id="class-in-full"),
        pytest.param(False, "node_class=BASE_STATION", id="other-class"),
        pytest.param(True, "presence=ONLINE AND place_code=51", id="province"),
        pytest.param(True, "place_code=5101", id="prefecture"),
        pytest.param(True, "place_code=510104", id="county"),
        pytest.param(False, "place_code=5102", id="other-prefecture"),
        pytest.param(True, 'labels.ward="3"', id="label-quoted"),
        pytest.param(False, "labels.ward=4", id="other-label"),
        pytest.param(False, "labels.none=3", id="no-label"),
        pytest.param(False, "presence=ONLINE AND labels.ward=4", id="all-terms-must-hold"),
    ],
)
def test_filters(expected: bool, text: str) -> None:
    assert parse_filter(text).matches(NODE) is expected


@pytest.mark.parametrize(
    "text",
    [
        "node_class",
        "node_class=HOUSE",
        "presence=",
        "place_code=5",
        "place_code=051",
        "colour=red",
        "labels.=x",
        "presence=ONLINE OR presence=SILENT",
        " AND ".join(["presence=ONLINE"] * (FILTER_TERMS_MAX + 1)),
    ],
)
def test_filters_that_mean_nothing_say_why(text: str) -> None:
    with pytest.raises(InvalidFilter, match=r".+"):
        parse_filter(text)


@given(st.text(max_size=512))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidFilter):
        parse_filter(text).matches(NODE)
