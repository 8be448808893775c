"""What an outsider would try: floods, storms, absurd areas, times and characters."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from services.disaster_warning.bus.receipts import (
    NodeMismatch,
    ReceiptTaker,
    ReportMalformed,
    report_of,
)
from services.disaster_warning.bus.timers import Timer
from services.disaster_warning.cap.trust import TrustStore
from services.disaster_warning.geography.targeting import targeting
from services.disaster_warning.model.warning import Area, Circle, Point, Text
from services.disaster_warning.rpc.servicer import WarningServicer
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import drafting, timing
from services.disaster_warning.usecases.places import CountyTargeting
from services.disaster_warning.usecases.receiving import Taken
from services.plumbing.bell import Bell
from services.plumbing.postgres import Database
from services.plumbing.refusal import InvalidArgument
from tests.support.drafted_warnings import (
    DRAFTER,
    NOW,
    content,
    create,
    desk,
    draft,
    encoded,
)
from tianfu.disaster_warning.v1 import notice_pb2

CIRCLE = Area(circles=(Circle(Point(30.66, 104.06), 30.0),))
INT64 = st.integers(-(2**63), 2**63 - 1)


def test_an_area_is_asked_for_once_however_often_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, asked = targeting(), []
    places = CountyTargeting(desk().rules, here, jurisdiction="CN-51")
    real = type(here).target

    def counted(self: Any, *args: Any) -> Any:
        asked.append(args)
        return real(self, *args)

    monkeypatch.setattr(type(here), "target", counted)
    colour = content().colour
    first = places.target(CIRCLE, colour, now=NOW)
    assert places.target(replace(CIRCLE, description="again"), colour, now=NOW) == first
    assert len(asked) == 1
    codes = places.target(replace(CIRCLE, place_codes=("510104",)), colour, now=NOW)
    assert codes.counties[0].share == 1.0


async def test_an_area_of_thousands_of_spikes_holds_nobody_up() -> None:
    threads = []

    class Slow:
        def target(self, *_: Any, **__: Any) -> None:
            threads.append(threading.get_ident())

    servicer = WarningServicer(
        cast("Any", None),
        replace(desk(), targeting=cast("Any", Slow())),
        targeting().counties,
        TrustStore.of(()),
        lambda: NOW,
        Bell(),
    )
    await servicer._aim(CIRCLE)
    await servicer._aim(Area(place_codes=("51",)))  # takes no time, and is not asked for
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


@pytest.mark.integration
@pytest.mark.parametrize(
    "said", [pytest.param("a\x0bb", id="control"), pytest.param("a\x00", id="nul"), "\ufffe"]
)
async def test_what_no_cap_message_can_hold_is_refused_at_the_door(
    transactor: Transactor, said: str
) -> None:
    text = Text("zh-CN", "暴雨", said)
    with pytest.raises(InvalidArgument, match="texts") as caught:
        await create(transactor, draft(texts=(text,)))
    assert caught.value.reason == "TEXT_UNWRITABLE"
    with pytest.raises(InvalidArgument, match="area"):
        await create(transactor, draft(area=Area(said, place_codes=("510104",))))
    await create(transactor, draft())
    with pytest.raises(InvalidArgument, match="texts"):
        await transactor.write(
            drafting.update,
            desk(),
            "w-1",
            "",
            lambda current: replace(current, texts=(text,)),
            DRAFTER,
            drafting.Request(),
            encoded,
            now=NOW,
        )


@pytest.mark.integration
async def test_warnings_that_end_together_end_a_few_at_a_time(
    transactor: Transactor, database: Database
) -> None:
    count = 2 * timing.WARNINGS_AT_ONCE + 1
    for number in range(count):
        await create(transactor, draft(f"w-{number}"))
    end = NOW + timedelta(hours=7)
    first: timing.Ended = await transactor.write(timing.expire_due, now=end)
    assert first.warnings == timing.WARNINGS_AT_ONCE
    registry = CollectorRegistry()
    timer = Timer(transactor, desk(), lambda: end, lambda: 0.0, registry)
    await timer.tick()
    ended = registry.get_sample_value("tianfu_warning_expired_total")
    assert ended == count - first.warnings
    assert not await transactor.read(timing.is_due, now=end)


async def test_a_flood_of_malformed_reports_keeps_no_good_one_waiting() -> None:
    done: list[str] = []

    class Letters:
        async def settle(self, message: Any, _: Exception) -> None:
            done.append(f"letter {message.data!r}")

    class Store:
        async def write_receipts(self, _: Any, reports: list[Any], *, now: datetime) -> Taken:
            assert now == NOW
            done.append(f"stored {len(reports)}")
            return Taken(len(reports), 0, 0)

    class Said(SimpleNamespace):
        async def ack(self) -> None:
            done.append("ack")

    def said(data: bytes) -> Any:
        return Said(subject="tianfu.v1.receipt.gw-1", data=data, published=NOW)

    good = notice_pb2.ReceiptReport(node="gw-1", place_code="510104").SerializeToString()
    store, letters = cast("Any", Store()), cast("Any", Letters())
    source = cast("Any", None)
    taker = ReceiptTaker(source, store, letters, lambda: NOW, CollectorRegistry())
    await taker.take([said(b"\xff"), said(b"\xfe"), said(good)])
    assert done[:2] == ["stored 1", "ack"]
    assert len(done) == 4


@given(
    st.lists(
        st.builds(
            notice_pb2.Receipt,
            warning=st.sampled_from(["w-1", "", "W", "w" * 64, "w-1' OR 1=1 --"]),
            version=st.integers(-(2**31), 2**31 - 1),
            channel=st.integers(0, 3),
            sink=st.integers(0, 9),
            state=st.integers(0, 9),
            event_time_us=INT64,
            clock_offset_us=INT64,
            reason=st.sampled_from(["", "NOTICE_EXPIRED", "a;b", "X" * 64, "A\n"]),
        ),
        max_size=3,
    ),
    st.integers(0, 2**64 - 1),
    st.sampled_from(["510104", "", "51", "\uff15\uff11\uff10\uff11\uff10\uff14", "510104\n"]),
)
def test_a_report_is_believed_or_refused_whatever_it_says(
    receipts: list[Any], sequence: int, county: str
) -> None:
    message = notice_pb2.ReceiptReport(
        node="gw-1", epoch=2**64 - 1, sequence=sequence, place_code=county, receipts=receipts
    )
    try:
        report = report_of("tianfu.v1.receipt.gw-1", message.SerializeToString(), NOW)
    except ReportMalformed:
        return
    assert report.county == "510104"
    assert all(each.event_time <= NOW for each in report.receipts)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_report_or_refused(data: bytes) -> None:
    with contextlib.suppress(ReportMalformed, NodeMismatch):
        assert report_of("tianfu.v1.receipt.gw-1", data, NOW).key.node == "gw-1"
