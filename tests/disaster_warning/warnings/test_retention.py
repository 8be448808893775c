"""What is no longer kept goes, by rule and in bounded parts; what holds or is younger stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from services.disaster_warning.bus.timers import FORGET_EVERY_S, Timer
from services.disaster_warning.model.receipts import (
    Receipt,
    ReceiptState,
    Report,
    ReportKey,
    SinkKey,
)
from services.disaster_warning.model.retention import RULE_ID, Retention
from services.disaster_warning.model.warning import Channel
from services.disaster_warning.store import tables
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import receiving, retention, timing
from services.disaster_warning.usecases.refused import ReceiptsForgotten
from services.plumbing.postgres import Database
from services.plumbing.rules import InvalidRule
from tests.disaster_warning.made_rules import made, rule
from tests.support.drafted_warnings import NOW, desk, draft, published

DAY = timedelta(days=1)
ENDED = NOW + timedelta(hours=6)
LIVE = Retention.of(rule(RULE_ID)).channels[Channel.LIVE]
DRILL = Retention.of(rule(RULE_ID)).channels[Channel.DRILL]


async def receipted(
    transactor: Transactor,
    warning_id: str,
    nodes: int = 3,
    *,
    channel: Channel = Channel.LIVE,
    now: datetime = NOW,
) -> int:
    """Take a receipt of a warning from each of some nodes; return how many were believed."""
    reports = []
    for number in range(nodes):
        node = f"n-{number}"
        key = SinkKey(warning_id, 1, node, 1)
        one = Receipt(key, channel, ReceiptState.DELIVERED, "510104", now)
        report = ReportKey(node, 7, hash((warning_id, now)) % 10**9)
        reports.append(Report(report, "510104", (one,), now))
    taken: receiving.Taken = await transactor.write_receipts(
        receiving.record_receipts, reports, now=now
    )
    return taken.reports - taken.unknown_receipts


async def forget(transactor: Transactor, now: datetime) -> retention.Forgotten:
    found: retention.Forgotten = await transactor.write(retention.forget_records, desk(), now=now)
    return found


async def rows(database: Database, *names: sa.Table) -> list[int]:
    def counted(connection: sa.Connection) -> list[int]:
        queries = [sa.select(sa.func.count()).select_from(each) for each in names]
        return [connection.execute(query).scalar_one() for query in queries]

    return await database.transact(counted)


RECORD = (tables.warnings, tables.steps, tables.versions, tables.receipts)


@pytest.mark.integration
async def test_receipts_go_first_and_the_record_later(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft())
    assert await receipted(transactor, "w-1") == 3
    await transactor.write(timing.expire_due, now=ENDED)
    before = await rows(database, *RECORD)
    gone = await forget(transactor, ENDED + LIVE.receipts - DAY)
    assert (gone.receipts, gone.warnings, gone.is_all) == (0, 0, True)
    assert await rows(database, *RECORD) == before
    later = ENDED + LIVE.receipts + DAY
    gone = await forget(transactor, later)
    assert (gone.receipts, gone.warnings) == (3, 0)
    assert await rows(database, *RECORD) == [*before[:3], 0]
    with pytest.raises(ReceiptsForgotten):
        await transactor.read(receiving.get_receipts, "w-1")
    # A late one would be kept for ever: it is passed over.
    assert await receipted(transactor, "w-1", 1, now=later) == 0
    gone = await forget(transactor, ENDED + LIVE.records + DAY)
    assert gone.warnings == 1
    assert await rows(database, *RECORD) == [0, 0, 0, 0]


@pytest.mark.integration
async def test_what_has_not_ended_stays_whatever_its_age(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft())
    await receipted(transactor, "w-1")
    before = await rows(database, *RECORD)
    gone = await forget(transactor, NOW + 10 * LIVE.records)
    assert (gone.receipts, gone.warnings) == (0, 0)
    assert await rows(database, *RECORD) == before


@pytest.mark.integration
async def test_exercises_have_times_of_their_own(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft("w-live"))
    await published(transactor, draft("w-drill", channel=Channel.DRILL))
    await receipted(transactor, "w-live")
    await receipted(transactor, "w-drill", channel=Channel.DRILL)
    await transactor.write(timing.expire_due, now=ENDED)
    await forget(transactor, ENDED + DRILL.records + DAY)
    await forget(transactor, ENDED + DRILL.records + DAY)
    query = sa.select(tables.receipts.c.warning_id).distinct()
    left = await database.transact(lambda c: c.execute(query).scalars().all())
    assert left == ["w-live"]
    query = sa.select(tables.warnings.c.warning_id)
    assert await database.transact(lambda c: c.execute(query).scalars().all()) == ["w-live"]


@pytest.mark.integration
async def test_a_mountain_of_receipts_goes_in_parts(
    transactor: Transactor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "RECEIPTS_AT_ONCE", 4)
    await published(transactor, draft())
    await receipted(transactor, "w-1", 10)
    await transactor.write(timing.expire_due, now=ENDED)
    now = ENDED + LIVE.receipts + DAY
    parts = []
    while not (gone := await forget(transactor, now)).is_all:
        parts.append(gone.receipts)
    assert parts == [4, 4, 2]
    assert await rows(database, tables.receipts) == [0]


@pytest.mark.integration
async def test_nodes_that_fell_silent_no_longer_stand_in_a_county(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft())
    await receipted(transactor, "w-1")
    silent = Retention.of(rule(RULE_ID)).silent_nodes
    assert (await forget(transactor, NOW + silent - DAY)).nodes == 0
    assert (await forget(transactor, NOW + silent + DAY)).nodes == 3
    assert await rows(database, tables.nodes) == [0]


@pytest.mark.integration
async def test_the_timer_goes_on_at_each_look_until_all_is_gone(
    transactor: Transactor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "RECEIPTS_AT_ONCE", 2)
    await published(transactor, draft())
    await receipted(transactor, "w-1", 5)
    await transactor.write(timing.expire_due, now=ENDED)
    elapsed = 0.0
    now = ENDED + LIVE.receipts + DAY
    registry = CollectorRegistry()
    timer = Timer(transactor, desk(), lambda: now, lambda: elapsed, registry)
    await timer.tick()
    assert await rows(database, tables.receipts) == [5]  # not yet
    elapsed = FORGET_EVERY_S
    left = []
    for _ in range(4):
        await timer.tick()
        left += await rows(database, tables.receipts)
    assert left == [3, 1, 0, 0]
    assert registry.get_sample_value("tianfu_warning_forgotten_total", {"what": "receipt"}) == 5


@pytest.mark.parametrize(
    ("path", "days"),
    [
        pytest.param(("live", "receipts"), 179, id="shorter-than-the-law"),
        pytest.param(("drill", "records"), 179, id="before-its-receipts"),
        pytest.param(("silent_nodes",), -1, id="negative"),
    ],
)
def test_a_rule_that_keeps_too_little_is_refused(path: tuple[str, ...], days: int) -> None:
    with pytest.raises(InvalidRule):
        Retention.of(made(rule(RULE_ID), path, days))


def test_a_record_is_never_gone_before_its_receipts() -> None:
    with pytest.raises(InvalidRule, match="at least as many days"):
        Retention.of(made(rule(RULE_ID), ("live", "records"), 1_000))
