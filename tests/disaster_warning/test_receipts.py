"""Receipts only move forwards, whatever the order in which they come; calls go by the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.build import rule_book
from services.disaster_warning.model.escalation import RULE_ID, Calls, Level
from services.disaster_warning.model.receipts import (
    COUNTY_MISMATCH,
    NODE_UNKNOWN,
    RANKS,
    NodePlace,
    Receipt,
    ReceiptState,
    SinkKey,
    Summary,
    apart,
    event_time,
    merged,
    moves,
    placed,
    total,
)
from services.disaster_warning.model.warning import Channel, Colour

NOW = datetime(2026, 5, 12, 6, 28, tzinfo=UTC)
KEY = SinkKey("w", 1, "gw-1", 1)
MINUTE = timedelta(minutes=1)


def receipt(state: ReceiptState, apart: str = "") -> Receipt:
    return Receipt(KEY, Channel.LIVE, state, "510104", NOW, apart=apart)


@pytest.mark.parametrize(
    ("before", "after", "does"),
    [
        (ReceiptState.SENT, ReceiptState.DELIVERED, True),
        (ReceiptState.DELIVERED, ReceiptState.SENT, False),
        (ReceiptState.DELIVERED, ReceiptState.ACKED, True),
        (ReceiptState.ACKED, ReceiptState.DELIVERED, False),
        (ReceiptState.SENT, ReceiptState.FAILED, True),
        (ReceiptState.FAILED, ReceiptState.SENT, False),
        (ReceiptState.FAILED, ReceiptState.DELIVERED, True),
        (ReceiptState.REFUSED, ReceiptState.DELIVERED, True),
        (ReceiptState.DELIVERED, ReceiptState.FAILED, False),
        (ReceiptState.FAILED, ReceiptState.REFUSED, False),
    ],
)
def test_a_state_moves_forwards_only(before: ReceiptState, after: ReceiptState, does: bool) -> None:
    assert moves(receipt(before), receipt(after)) is does


@given(st.sampled_from(list(ReceiptState)), st.sampled_from(list(ReceiptState)))
def test_what_is_kept_apart_takes_nothing_away(
    counted: ReceiptState, claimed: ReceiptState
) -> None:
    here, elsewhere = receipt(counted), receipt(claimed, COUNTY_MISMATCH)
    assert merged([here, elsewhere]) == merged([elsewhere, here]) == {KEY: here}


HOME = NodePlace("gw-1", "510104", NOW)
MOVED = NodePlace("gw-1", "510105", NOW, "510104")


@pytest.mark.parametrize(
    ("county", "happened", "place", "reason"),
    [
        pytest.param("510104", NOW, HOME, "", id="at-home"),
        pytest.param("510104", NOW - MINUTE, HOME, "", id="at-home-before-it-was-told"),
        pytest.param("510105", NOW, HOME, COUNTY_MISMATCH, id="elsewhere"),
        pytest.param("510104", NOW, None, NODE_UNKNOWN, id="unknown"),
        pytest.param("510105", NOW, MOVED, "", id="moved"),
        pytest.param("510104", NOW - MINUTE, MOVED, "", id="before-it-was-moved"),
        pytest.param("510104", NOW, MOVED, COUNTY_MISMATCH, id="where-it-was-once"),
    ],
)
def test_a_receipt_counts_where_the_fleet_has_its_node(
    county: str, happened: datetime, place: NodePlace | None, reason: str
) -> None:
    assert apart(county, happened, place) == reason


def test_a_node_remembers_the_county_before() -> None:
    there = replace(HOME, county="510105", change_time=NOW + MINUTE)
    moved = placed(HOME, there)
    assert moved == replace(there, previous_county="510104")
    assert placed(moved, there) == moved
    assert placed(None, HOME) == HOME
    assert placed(moved, replace(HOME, change_time=NOW + 2 * MINUTE)).previous_county == "510105"


@given(st.permutations(list(ReceiptState)))
def test_the_order_makes_no_difference(states: list[ReceiptState]) -> None:
    assert merged(map(receipt, states))[KEY].state is ReceiptState.ACKED


@given(st.lists(st.sampled_from(list(ReceiptState)), min_size=1))
def test_the_highest_rank_stands(states: list[ReceiptState]) -> None:
    stands = merged(map(receipt, states))[KEY].state
    assert RANKS[stands] == max(RANKS[each] for each in states)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        pytest.param(None, NOW - MINUTE, id="unmeasured"),
        pytest.param(30 * timedelta(seconds=1), NOW - MINUTE / 2, id="mended"),
        pytest.param(timedelta(hours=1), NOW, id="not-after-it-was-heard-of"),
        pytest.param(timedelta(days=40_000), NOW - MINUTE, id="absurd"),
    ],
)
def test_when_it_happened_is_mended_and_bounded(
    offset: timedelta | None, expected: datetime
) -> None:
    assert event_time(NOW - MINUTE, offset, NOW) == expected


def test_all_counties_together() -> None:
    one = Summary("510104", 1, nodes=3, delivered=2, failed=1, first_delivery=NOW)
    other = replace(one, county="510105", level=2, first_delivery=NOW - MINUTE, last_delivery=NOW)
    both = total([one, other], 1)
    assert (both.nodes, both.delivered, both.failed, both.level) == (6, 4, 2, 2)
    assert (both.first_delivery, both.last_delivery) == (NOW - MINUTE, NOW)
    assert total([], 1).nodes == 0


@pytest.fixture(scope="module")
def calls() -> Calls:
    return Calls.of(rule_book().in_force(RULE_ID, "CN-51", NOW))


def test_who_is_called_when_nobody_answers(calls: Calls) -> None:
    levels, waits, level = [], [], Level.NONE
    while (following := calls.next_call("11B03", Colour.RED, level)) is not None:
        level, wait = following
        levels.append(level)
        waits.append(wait / MINUTE)
    assert levels == [Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY]
    assert waits == [0, 10, 5]


def test_nobody_is_called_for_an_earthquake_or_a_blue_warning(calls: Calls) -> None:
    assert calls.next_call("11C02", Colour.RED, Level.NONE) is None
    assert calls.next_call("11B03", Colour.BLUE, Level.NONE) is None


@pytest.mark.parametrize(
    ("event", "colour", "clock", "voice"),
    [
        pytest.param("11B03", Colour.RED, time(22, 0), True, id="night"),
        pytest.param("11B03", Colour.RED, time(5, 59), True, id="before-dawn"),
        pytest.param("11B03", Colour.RED, time(6, 0), False, id="day"),
        pytest.param("11B03", Colour.ORANGE, time(23, 0), False, id="not-red"),
        pytest.param("11B09", Colour.RED, time(23, 0), False, id="heat"),
    ],
)
def test_red_rain_at_night_is_called_by_voice(
    calls: Calls, event: str, colour: Colour, clock: time, voice: bool
) -> None:
    beijing = datetime.combine(NOW.date(), clock, UTC) - timedelta(hours=8)
    assert calls.by_voice(event, colour, beijing) is voice
