"""Receipts and calls on a real PostgreSQL: each report once, thousands a second, calls by rule."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from services.disaster_warning.bus.places import PlaceMalformed, place_of
from services.disaster_warning.bus.receipt_board import STATES, ReceiptBoard
from services.disaster_warning.bus.receipts import NodeMismatch, ReportMalformed, report_of
from services.disaster_warning.model.receipts import (
    NodePlace,
    Receipt,
    ReceiptState,
    Report,
    ReportKey,
    SinkKey,
    Summary,
)
from services.disaster_warning.model.warning import Channel, Colour
from services.disaster_warning.store import tables
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import drafting, receiving, timing
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal, Unavailable
from tests.support.drafted_warnings import (
    AUTHORITY,
    DRAFTER,
    NOW,
    SIGNER,
    content,
    desk,
    draft,
    emitted,
    encoded,
    published,
    signed_off,
)
from tianfu.disaster_warning.v1 import events_pb2, notice_pb2
from tianfu.fleet.v1.events_pb2 import NodePlace as NodePlaceMessage

pytestmark = pytest.mark.integration

MINUTE = timedelta(minutes=1)
DELIVERED, ACKED, FAILED = ReceiptState.DELIVERED, ReceiptState.ACKED, ReceiptState.FAILED


def receipt(state: ReceiptState, node: str = "gw-1", **fields: Any) -> Receipt:
    key = SinkKey(
        fields.get("warning", "w-1"), fields.get("version", 1), node, fields.get("sink", 1)
    )
    return Receipt(
        key,
        fields.get("channel", Channel.LIVE),
        state,
        fields.get("county", "510104"),
        fields.get("event_time", NOW),
        fields.get("reason", ""),
    )


def report(sequence: int, *receipts: Receipt, node: str = "gw-1", county: str = "510104") -> Report:
    return Report(ReportKey(node, 7, sequence), county, receipts, NOW)


async def take(transactor: Transactor, *reports: Report) -> receiving.Taken:
    found: receiving.Taken = await transactor.write_receipts(
        receiving.record_receipts, reports, now=NOW
    )
    return found


async def place(
    transactor: Transactor, *nodes: str, county: str = "510104", since: Any = NOW
) -> None:
    """Have the fleet say where nodes stand; "" for nodes that are no more."""
    told = {node: NodePlace(node, county, since) if county else None for node in nodes}
    await transactor.write_receipts(receiving.record_places, told)


async def counts(transactor: Transactor) -> dict[str, tuple[int, int, int, int]]:
    """Return nodes, delivered, acknowledged, apart by county."""
    return {
        each.county: (each.nodes, each.delivered, each.acknowledged, each.apart)
        for each in await summaries(transactor)
    }


async def summaries(transactor: Transactor) -> Sequence[Summary]:
    _, found = await transactor.read(receiving.get_receipts, "w-1")
    result: Sequence[Summary] = found
    return result


async def test_a_report_is_taken_once(transactor: Transactor) -> None:
    await published(transactor, draft())
    await place(transactor, "gw-1")
    one = report(1, receipt(DELIVERED))
    assert await take(transactor, one, one) == receiving.Taken(1, 1, 0)
    assert await take(transactor, one) == receiving.Taken(0, 1, 0)
    first, second = await summaries(transactor)
    assert (first.county, first.nodes, first.delivered) == ("510104", 1, 1)
    assert (second.county, second.delivered) == ("510105", 0)


async def test_a_state_never_goes_back_whatever_comes_when(transactor: Transactor) -> None:
    await published(transactor, draft())
    await place(transactor, "gw-1")
    await take(transactor, report(3, receipt(ACKED, event_time=NOW + MINUTE)))
    await take(transactor, report(1, receipt(ReceiptState.SENT)), report(2, receipt(DELIVERED)))
    await take(transactor, report(4, receipt(FAILED)))
    (first, _) = await summaries(transactor)
    assert (first.delivered, first.acknowledged, first.failed) == (1, 1, 0)


async def test_a_sink_that_failed_and_did_it_later_has_done_it(transactor: Transactor) -> None:
    await published(transactor, draft())
    await place(transactor, "gw-1")
    await take(transactor, report(1, receipt(FAILED, sink=2)))
    assert (await summaries(transactor))[0].failed == 1
    await take(transactor, report(2, receipt(DELIVERED, sink=2)))
    assert (await summaries(transactor))[0].failed == 0


async def test_receipts_of_what_was_never_published_are_passed_over(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft())
    made_up = [
        receipt(DELIVERED, warning="w-none"),
        receipt(DELIVERED, version=9),
        receipt(DELIVERED, channel=Channel.DRILL),
    ]
    taken = await take(transactor, report(1, *made_up, receipt(DELIVERED)))
    assert taken.unknown_receipts == 3
    query = sa.select(sa.func.count()).select_from(tables.receipts)
    assert await database.transact(lambda c: c.execute(query).scalar_one()) == 1


async def test_ten_thousand_nodes_are_taken_in_seconds(
    transactor: Transactor, capsys: pytest.CaptureFixture[str]
) -> None:
    await published(transactor, draft())
    reports = [
        report(1, *(receipt(DELIVERED, f"n-{n}", sink=sink) for sink in (1, 2, 4)), node=f"n-{n}")
        for n in range(10_000)
    ]
    await place(transactor, *(f"n-{n}" for n in range(10_000)))
    began = time.perf_counter()
    for start in range(0, len(reports), 500):
        await take(transactor, *reports[start : start + 500])
    took = time.perf_counter() - began
    read = time.perf_counter()
    (first, _) = await summaries(transactor)
    read = time.perf_counter() - read
    with capsys.disabled():
        print(
            f"\n10,000 reports, 30,000 receipts in {took:.2f} s ({10_000 / took:,.0f} reports/s); "
            f"their summary in {read * 1e3:.0f} ms"
        )
    assert (first.nodes, first.delivered) == (10_000, 10_000)


# -- calls ----------------------------------------------------------------------------------------


async def called(database: Database) -> list[tuple[str, int, bool]]:
    found = []
    for kind, payload, _ in await emitted(database):
        if kind == "receipt-escalated":
            event = events_pb2.ReceiptEscalated.FromString(payload)
            found.append((event.place_code, int(event.level), event.voice_call))
    return found


async def escalate(transactor: Transactor, minutes: int) -> int:
    found: int = await transactor.write(timing.escalate_due, desk(), now=NOW + minutes * MINUTE)
    return found


async def test_calls_go_up_until_somebody_answers(
    transactor: Transactor, database: Database
) -> None:
    await place(transactor, "gw-1")
    # 06:28 UTC is the afternoon in Sichuan: no voice calls.
    await published(transactor, draft(colour=Colour.RED), signer=AUTHORITY)
    assert await escalate(transactor, 0) == 2
    assert await escalate(transactor, 9) == 0
    await take(transactor, report(1, receipt(ACKED)))
    assert await escalate(transactor, 10) == 1
    assert await escalate(transactor, 15) == 1
    assert await escalate(transactor, 600) == 0
    assert await called(database) == [
        ("510104", 1, False),
        ("510105", 1, False),
        ("510105", 2, False),
        ("510105", 3, False),
    ]
    assert [each.level for each in await summaries(transactor)] == [1, 3]


async def test_who_answered_before_it_became_graver_is_called_all_the_same(
    transactor: Transactor, database: Database
) -> None:
    await place(transactor, "gw-1")
    await published(transactor, draft(colour=Colour.ORANGE), signer=AUTHORITY)
    await transactor.write(
        drafting.update,
        desk(),
        "w-1",
        "",
        lambda _: content(colour=Colour.RED),
        DRAFTER,
        drafting.Request(),
        encoded,
        now=NOW,
    )
    await signed_off(transactor, "w-1", signer=AUTHORITY)
    await transactor.write(drafting.publish, desk(), "w-1", "", SIGNER, now=NOW)
    # A node that was cut off says now that somebody had acknowledged the first version.
    await take(transactor, report(1, receipt(ACKED, version=1)))
    assert await escalate(transactor, 0) == 2
    await take(transactor, report(2, receipt(ACKED, version=2)))
    assert await escalate(transactor, 10) == 1
    assert [each[:2] for each in await called(database)] == [
        ("510104", 1),
        ("510105", 1),
        ("510105", 2),
    ]


async def test_nobody_has_had_a_warning_before_it_was_sent(transactor: Transactor) -> None:
    await published(transactor, draft())
    await place(transactor, "gw-1")
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    await take(transactor, report(1, receipt(DELIVERED, event_time=long_ago)))
    (first, _) = await summaries(transactor)
    assert first.first_delivery is not None
    assert abs(first.first_delivery - NOW) < timedelta(seconds=2)


async def test_a_node_that_answers_for_every_county_answers_for_its_own(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft(colour=Colour.RED), signer=AUTHORITY)
    await place(transactor, "gw-1")
    await take(transactor, report(1, receipt(DELIVERED)))
    for number, county in enumerate(("510105", "510108", "110101"), 2):
        said = receipt(ACKED, county=county, sink=number)
        taken = await take(transactor, report(number, said, county=county))
        assert taken.apart == (("COUNTY_MISMATCH", "gw-1"),)
    # A foreign county's word takes nothing from what counts already, either.
    await take(transactor, report(8, receipt(ACKED, county="510105"), county="510105"))
    assert await counts(transactor) == {
        "110101": (0, 0, 0, 1),
        "510104": (1, 1, 0, 0),
        "510105": (0, 0, 0, 1),
        "510108": (0, 0, 0, 1),
    }
    assert await escalate(transactor, 0) == 2
    assert len(await called(database)) == 2
    # The fleet says that it was moved: from then on it answers there.
    await place(transactor, "gw-1", county="510105", since=NOW + MINUTE)
    later = receipt(ACKED, county="510105", sink=9, event_time=NOW + MINUTE)
    one = Report(ReportKey("gw-1", 7, 9), "510105", (later,), NOW + MINUTE)
    await take(transactor, one)
    assert (await counts(transactor))["510105"] == (1, 1, 1, 1)
    assert await escalate(transactor, 10) == 1


async def test_a_node_that_the_fleet_tells_of_later_counts_then(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft(colour=Colour.RED), signer=AUTHORITY)
    taken = await take(
        transactor, report(1, receipt(ACKED)), report(1, receipt(ACKED, "gw-2"), node="gw-2")
    )
    assert taken.apart == (("NODE_UNKNOWN", "gw-1"), ("NODE_UNKNOWN", "gw-2"))
    assert await counts(transactor) == {"510104": (0, 0, 0, 2), "510105": (0, 0, 0, 0)}
    assert await escalate(transactor, 0) == 2  # nobody knows whose answer that is
    for _ in range(2):
        await place(transactor, "gw-1")
        await place(transactor, "gw-2", county="510105")
    assert await counts(transactor) == {"510104": (1, 1, 1, 1), "510105": (1, 0, 0, 0)}
    assert await escalate(transactor, 10) == 1
    assert (await called(database))[-1][:2] == ("510105", 2)


async def test_a_node_that_was_moved_answers_for_what_happened_before(
    transactor: Transactor,
) -> None:
    await published(transactor, draft())
    await place(transactor, "gw-1")
    await place(transactor, "gw-1", county="510105", since=NOW + MINUTE)
    # Its spool kept the first of these while it was cut off; the second it can't have done there.
    before, after = NOW, NOW + 2 * MINUTE
    one = receipt(DELIVERED, event_time=before)
    two = receipt(DELIVERED, event_time=after, sink=2)
    assert (await take(transactor, report(1, one, two))).apart == (("COUNTY_MISMATCH", "gw-1"),)
    assert await counts(transactor) == {"510104": (0, 1, 0, 1), "510105": (1, 0, 0, 0)}


async def test_a_move_that_is_told_late_counts_from_when_it_was(transactor: Transactor) -> None:
    await published(transactor, draft())
    await place(transactor, "gw-1")
    said = receipt(DELIVERED, event_time=NOW + 2 * MINUTE, county="510105")
    early = receipt(DELIVERED, event_time=NOW, county="510105", sink=2)
    await take(transactor, report(1, said, early, county="510105"))
    await place(transactor, "gw-1", county="510105", since=NOW + MINUTE)
    assert await counts(transactor) == {"510104": (0, 0, 0, 0), "510105": (1, 1, 0, 1)}


async def test_a_node_that_is_no_more_counts_no_more(transactor: Transactor) -> None:
    await published(transactor, draft())
    await place(transactor, "gw-1")
    await take(transactor, report(1, receipt(DELIVERED)))
    await place(transactor, "gw-1", county="")
    taken = await take(transactor, report(2, receipt(ACKED, sink=2)))
    assert taken.apart == (("NODE_UNKNOWN", "gw-1"),)
    assert await counts(transactor) == {"510104": (0, 1, 0, 1), "510105": (0, 0, 0, 0)}


@pytest.mark.parametrize(
    ("key", "fields", "headers"),
    [
        pytest.param("gw-2", {}, {}, id="another-node"),
        pytest.param("gw-1", {"place_code": "5101"}, {}, id="no-county"),
        pytest.param("gw-1", {"node": ""}, {}, id="nothing"),
    ],
)
def test_a_place_that_can_not_be_is_refused(
    key: str, fields: dict[str, Any], headers: dict[str, str]
) -> None:
    data = NodePlaceMessage(**{"node": "gw-1", "place_code": "510104", **fields})
    with pytest.raises(PlaceMalformed):
        place_of(f"$KV.NODE_PLACES.{key}", data.SerializeToString(), headers)


def test_a_place_and_its_end_are_read() -> None:
    message = NodePlaceMessage(node="gw-1", place_code="510104")
    message.change_time.FromDatetime(NOW)
    subject = "$KV.NODE_PLACES.gw-1"
    stands = NodePlace("gw-1", "510104", NOW)
    assert place_of(subject, message.SerializeToString(), {}) == ("gw-1", stands)
    assert place_of(subject, b"", {"KV-Operation": "DEL"}) == ("gw-1", None)
    with pytest.raises(PlaceMalformed):
        place_of(subject, b"\xff", {})


async def test_nobody_is_called_for_what_has_ended(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft(colour=Colour.RED), signer=AUTHORITY)
    await transactor.write(timing.expire_due, now=NOW + timedelta(hours=6))
    assert await escalate(transactor, 361) == 0
    assert await called(database) == []


# -- what is shown of them ------------------------------------------------------------------------


async def test_receipts_of_what_holds_are_shown_by_county(transactor: Transactor) -> None:
    registry = CollectorRegistry()
    board = ReceiptBoard(transactor, {"510104": "锦江区", "510105": "青羊区"}, registry)

    async def shown(county: str) -> tuple[dict[str, float | None], float | None]:
        await board.look()
        labels = {"county": county, "name": {"510104": "锦江区", "510105": "青羊区"}[county]}
        level = registry.get_sample_value("tianfu_warning_receipts_unanswered_level", labels)
        states = {
            state: registry.get_sample_value("tianfu_warning_receipts", {**labels, "state": state})
            for state in STATES
        }
        return states, level

    nothing = dict.fromkeys(STATES), None
    await place(transactor, *(f"gw-{n}" for n in range(1, 7)))
    assert await shown("510104") == nothing
    await published(transactor, draft(colour=Colour.RED), signer=AUTHORITY)
    await take(
        transactor,
        report(1, receipt(ACKED), receipt(FAILED, sink=2)),
        report(1, receipt(DELIVERED, "gw-2"), receipt(ACKED, "gw-2", sink=2), node="gw-2"),
        report(1, receipt(DELIVERED, "gw-3"), node="gw-3"),
        report(1, receipt(ReceiptState.SENT, "gw-4"), node="gw-4"),
        report(1, node="gw-5"),
        # Of none that is known, and of a county that is not its own.
        report(1, receipt(ACKED, "gw-9"), node="gw-9"),
        report(1, receipt(ACKED, "gw-6", county="510105"), node="gw-6", county="510105"),
    )
    await escalate(transactor, 0)
    await escalate(transactor, 10)
    here = {"sent": 1, "delivered": 3, "acknowledged": 2, "failed": 1, "outstanding": 3}
    assert await shown("510104") == (here, 0)
    assert await shown("510105") == (dict.fromkeys(STATES, 0), 2)
    # An exercise is no one's business here, nor what is over.
    await published(transactor, draft("w-drill", channel=Channel.DRILL))
    assert (await shown("510104"))[0] == here
    await transactor.write(timing.expire_due, now=NOW + timedelta(hours=6))
    assert await shown("510104") == nothing


async def test_counts_that_can_not_be_read_are_not_shown() -> None:
    class Away:
        async def read(self, _: Any) -> Any:
            stop.set()
            raise Unavailable("no database")

    registry, stop = CollectorRegistry(), asyncio.Event()
    board = ReceiptBoard(Away(), {"510104": "锦江区"}, registry)  # type: ignore[arg-type]
    await board.run(stop)
    assert [family.samples for family in board.collect()] == [[], []]


# -- reports as they come -------------------------------------------------------------------------


def message(**fields: Any) -> notice_pb2.ReceiptReport:
    values = {"node": "gw-1", "epoch": 7, "sequence": 1, "place_code": "510104", **fields}
    return notice_pb2.ReceiptReport(**values)


GOOD: dict[str, Any] = {
    "warning": "w-1",
    "version": 1,
    "channel": 1,
    "sink": 1,
    "state": 2,
    "event_time_us": 10**15,
}


def test_a_report_is_read() -> None:
    data = message(receipts=[notice_pb2.Receipt(**GOOD)]).SerializeToString()
    found = report_of("tianfu.v1.receipt.gw-1", data, NOW)
    assert found.key.message_id == "gw-1-7-1"
    assert found.receipts[0].state is DELIVERED


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        pytest.param("tianfu.v1.receipt.gw-2", {}, id="another-node"),
        pytest.param("tianfu.v1.receipt.gw-1", {"place_code": "5101"}, id="no-county"),
        pytest.param("tianfu.v1.receipt.gw-1", {"place_code": "x"}, id="no-code"),
        *(
            pytest.param(
                "tianfu.v1.receipt.gw-1",
                {"receipts": [notice_pb2.Receipt(**{**GOOD, **wrong})]},
                id=f"{next(iter(wrong))}",
            )
            for wrong in (
                {"warning": "UPPER"},
                {"version": 0},
                {"channel": 0},
                {"sink": 0},
                {"sink": 99, "channel": 1},
                {"state": 0},
                {"state": 77, "channel": 1},
                {"event_time_us": 2**62},
                {"reason": "free text"},
            )
        ),
        pytest.param(
            "tianfu.v1.receipt.gw-1",
            {"receipts": [notice_pb2.Receipt(**GOOD)] * 3_001},
            id="too-many",
        ),
    ],
)
def test_a_report_that_can_not_be_is_refused(subject: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        report_of(subject, message(**fields).SerializeToString(), NOW)
    assert isinstance(caught.value, NodeMismatch | ReportMalformed)


def test_bytes_that_are_no_report_are_refused() -> None:
    with pytest.raises(ReportMalformed):
        report_of("tianfu.v1.receipt.gw-1", b"\xff\xff", NOW)
