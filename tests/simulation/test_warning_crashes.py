"""A warning's way killed at every statement, before it and after it: published by people and by
the automatic route, drafted by gauges, its bulletins, and the receipts of nodes.

The database is a real PostgreSQL: a statement that "kills" either never reaches it or reaches it
without the service learning of it; the commit is one of them. Whatever the place, once somebody has
tried again there is one version, each county has its notice once, and one event is in the outbox.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from services.disaster_warning import build
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.gauge_judge import Grounds
from services.disaster_warning.model.level_changes import Change, Hazard, Proposal
from services.disaster_warning.model.level_changes import Route as Way
from services.disaster_warning.model.receipts import (
    NodePlace,
    Receipt,
    ReceiptState,
    Report,
    ReportKey,
    SinkKey,
)
from services.disaster_warning.model.warning import Channel
from services.disaster_warning.store import tables
from services.disaster_warning.store.bulletins import due_bulletins, mark_published
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import automatic, drafting, gauge_watch, receiving
from services.plumbing.postgres import Database
from tests.support.drafted_warnings import (
    NOW,
    SIGNER,
    create,
    desk,
    draft,
    emitted,
    issue,
    published,
    signed_off,
)
from tests.support.schema import make_schema
from tianfu.disaster_warning.v1 import notice_pb2

pytestmark = pytest.mark.integration

STATEMENTS_MAX = 60


class Killed(BaseException):
    """The process is gone. No handler of errors takes it for one."""


class Death:
    """Kills at the n-th statement on a connection, before it or after it; the commit counts."""

    def __init__(self, database: Database, at: int, *, after: bool) -> None:
        self.left, self.after = at, after
        self.engine = database.engine.sync_engine
        self.happened = False
        self.hooks: list[tuple[str, Callable[..., None]]] = [
            ("before_cursor_execute", self._before),
            ("after_cursor_execute", self._after),
        ]

    def _before(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            self.happened = True
            raise Killed

    def _after(self, *_: Any) -> None:
        if self.left == 0 and self.after:
            self.happened = True
            raise Killed

    async def during(self, work: Callable[[], Awaitable[Any]]) -> bool:
        """Do the work and say whether it was killed."""
        for name, hook in self.hooks:
            event.listen(self.engine, name, hook)
        try:
            await work()
        except Killed:
            return True
        finally:
            for name, hook in self.hooks:
                event.remove(self.engine, name, hook)
        return False


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    schema = await make_schema(database_url, build.NAME, build.MIGRATIONS)
    database = await schema.connect()
    yield database
    await database.close()


async def rows(database: Database, table: sa.Table) -> list[Any]:
    query = sa.select(table).order_by(*table.primary_key)
    found: list[Any] = await database.transact(lambda c: list(c.execute(query).all()))
    return found


async def check_once(database: Database, warning_id: str, counties: int) -> None:
    """Everything of one version is there, once."""
    versions = [r for r in await rows(database, tables.versions) if r.warning_id == warning_id]
    assert [row.version for row in versions] == [1]
    told = [r for r in await rows(database, tables.county_notices) if r.warning_id == warning_id]
    assert len(told) == counties
    for row in told:
        assert notice_pb2.Notice.FromString(row.notice).version == 1
    ids = [message_id for _, _, message_id in await emitted(database)]
    assert ids.count(f"{warning_id}-1-warning-issued") == 1
    due = {row.county for row in await rows(database, tables.bulletins)}
    assert {row.county for row in told} <= due


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_publishing_killed_at_every_statement(database: Database, after: bool) -> None:
    transactor = Transactor(database)
    for number in itertools.count(1):
        assert number < STATEMENTS_MAX
        warning_id = f"w-{number}"
        await create(transactor, draft(warning_id))
        await signed_off(transactor, warning_id)

        async def publish(warning_id: str = warning_id) -> None:
            await transactor.write(drafting.publish, desk(), warning_id, "", SIGNER, now=NOW)

        killed = await Death(database, number, after=after).during(publish)
        versions = [r for r in await rows(database, tables.versions) if r.warning_id == warning_id]
        if killed:
            assert versions == []  # all or nothing
            await publish()  # as whoever asked does again
        await check_once(database, warning_id, 2)
        await publish()
        await check_once(database, warning_id, 2)
        if not killed:
            break
    assert number > 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_an_earthquake_killed_at_every_statement(database: Database, after: bool) -> None:
    transactor = Transactor(database)
    for number in itertools.count(1):
        assert number < STATEMENTS_MAX
        earthquake = f"eq-{number}"
        picks = tuple(
            type(pick)(f"{pick.station}-{number}", pick.pick_id) for pick in issue().picks
        )
        now = NOW + number * timedelta(seconds=1)

        async def tell(
            solution: int, earthquake: str = earthquake, picks: Any = picks, now: Any = now
        ) -> Any:
            said = issue(solution, earthquake_id=earthquake, picks=picks)
            return await transactor.write(automatic.issue_automatic, desk(), said, now=now)

        killed = await Death(database, number, after=after).during(lambda: tell(1))
        await tell(1)
        await check_once(database, f"{earthquake}-w", 3)
        assert (await tell(2)).version == 2
        assert not (await tell(1)).changed  # what the stream brings again
        if not killed:
            break
    assert number > 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_receipts_killed_at_every_statement(database: Database, after: bool) -> None:
    transactor = Transactor(database)
    await published(transactor, draft("w-1"))
    for number in itertools.count(1):
        assert number < STATEMENTS_MAX
        node = f"gw-{number}"
        await transactor.write_receipts(
            receiving.record_places, {node: NodePlace(node, "510104", NOW)}
        )
        key = SinkKey("w-1", 1, node, notice_pb2.SINK_SIREN)
        acked = Receipt(key, Channel.LIVE, ReceiptState.ACKED, "510104", NOW)
        report = Report(ReportKey(node, 7, 1), "510104", (acked,), NOW)

        async def take(report: Report = report) -> receiving.Taken:
            found: receiving.Taken = await transactor.write_receipts(
                receiving.record_receipts, [report], now=NOW
            )
            return found

        killed = await Death(database, number, after=after).during(take)
        taken = await take()  # as the stream brings it again
        assert (taken.reports, taken.repeated) == ((1, 0) if killed else (0, 1))
        _, (first, _) = await transactor.read(receiving.get_receipts, "w-1")
        assert (first.acknowledged, first.nodes) == (number, number)
        if not killed:
            break
    assert number > 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_place_told_late_killed_at_every_statement(database: Database, after: bool) -> None:
    transactor = Transactor(database)
    await published(transactor, draft("w-1"))
    for number in itertools.count(1):
        assert number < STATEMENTS_MAX
        node = f"gw-{number}"
        key = SinkKey("w-1", 1, node, notice_pb2.SINK_SIREN)
        acked = Receipt(key, Channel.LIVE, ReceiptState.ACKED, "510104", NOW)
        report = Report(ReportKey(node, 7, 1), "510104", (acked,), NOW)
        await transactor.write_receipts(receiving.record_receipts, [report], now=NOW)

        async def place(node: str = node) -> None:
            told = {node: NodePlace(node, "510104", NOW)}
            await transactor.write_receipts(receiving.record_places, told)

        killed = await Death(database, number, after=after).during(place)
        _, (first, _) = await transactor.read(receiving.get_receipts, "w-1")
        counted = number - 1 if killed else number
        assert (first.acknowledged, first.apart) == (counted, number - counted)
        await place()  # as the bucket brings it again
        _, (first, _) = await transactor.read(receiving.get_receipts, "w-1")
        assert (first.acknowledged, first.nodes, first.apart) == (number, number, 0)
        calls = {row.county: row.due_time for row in await rows(database, tables.calls)}
        assert calls["510104"] is None
        if not killed:
            break
    assert number > 4


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_gauge_s_draft_killed_at_every_statement(database: Database, after: bool) -> None:
    transactor = Transactor(database)
    for number in itertools.count(1):
        assert number < STATEMENTS_MAX
        state = f"state {number}".encode()
        asked = heavy_rain(f"rainstorm/513221/{number}/1", number)

        now = NOW + number * timedelta(minutes=1)

        async def stand(asked: Grounds = asked, state: bytes = state, now: Any = now) -> None:
            await transactor.write(gauge_watch.stand, desk(), [asked], state, now=now)

        killed = await Death(database, number, after=after).during(stand)
        kept = [row.body for row in await rows(database, tables.gauge_states)]
        assert (state in kept) is not killed  # the draft and what it came of, or neither
        await stand()
        await stand()
        [row] = await rows(database, tables.gauge_states)
        assert row.body == state
        drafts = await rows(database, tables.warnings)
        assert len(drafts) == 1, "raised or renewed, and never a second one"
        assert await emitted(database) == []
        if not killed:
            break
    assert number > 5


def heavy_rain(proposal_id: str, minute: int) -> Grounds:
    proposal = Proposal(
        proposal_id=proposal_id,
        hazard=Hazard.RAINSTORM,
        county="513221",
        change=Change.BEGUN,
        colour=Colour.ORANGE if minute % 2 else Colour.YELLOW,
        previous=Colour.NONE,
        route=Way.REVIEW,
        episode=1,
        minute=minute,
        gauges=(0,),
        gauge_count=1,
        rule_version="level-changes/CN/2020-11-27",
    )
    return Grounds(proposal, "so much rain", ("rainstorm-colours/CN/2020-11-27",))


async def test_bulletins_killed_between_reading_publishing_and_marking(database: Database) -> None:
    transactor = Transactor(database)
    published: dict[str, list[tuple[int, int]]] = {}
    for number in range(1, 4):
        said = issue(number)
        await transactor.write(
            automatic.issue_automatic, desk(), said, now=NOW + number * timedelta(seconds=1)
        )
        for step in range(3):  # dies after reading; after publishing; not at all
            async with database.engine.connect() as plain:
                connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                due = await due_bulletins(connection, Channel.LIVE, 200)
                if step == 0:
                    continue
                for each in due:
                    notice = notice_pb2.Notice.FromString(each.notices[0])
                    published.setdefault(each.county, []).append((each.revision, notice.version))
                if step == 1:
                    continue
                done = [(each.county, each.revision) for each in due]
                await mark_published(connection, Channel.LIVE, done)
                assert await due_bulletins(connection, Channel.LIVE, 200) == []
    assert len(published) == 3
    for seen in published.values():
        # Each twice under one revision, and revisions rise with the versions.
        assert [version for _, version in seen] == [1, 1, 2, 2, 3, 3]
        assert [revision for revision, _ in seen] == sorted(revision for revision, _ in seen)
        assert len({revision for revision, _ in seen}) == 3
