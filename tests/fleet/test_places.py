"""Where nodes stand is told to the bucket of places, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from prometheus_client import CollectorRegistry

from services.fleet import usecases
from services.fleet.model import BucketMark
from services.fleet.place_keeping import PlaceKeeper
from services.fleet.store import Transactor
from services.plumbing import outbox
from services.plumbing.postgres import Database
from tests.support.registered_nodes import LATER, NOW, change, create, node, places

pytestmark = pytest.mark.integration


async def test_where_a_node_stands_is_told_when_it_changes(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node())
    for fields in ({"display_name": "x"}, {"place_code": "510105"}, {"place_code": "510105"}):
        await transactor.write(
            usecases.update_node,
            "gw-1",
            "",
            lambda n, fields=fields: replace(n, **fields),
            now=LATER,
        )
    await transactor.write(usecases.record_changes, [change()], now=LATER)
    await transactor.write(usecases.delete_node, "gw-1", "", now=LATER)
    assert await places(database) == [("gw-1", "510104"), ("gw-1", "510105"), ("gw-1", "")]


async def test_the_places_of_nodes_that_were_there_before_are_told_once(
    transactor: Transactor, database: Database
) -> None:
    for node_id in ("gw-1", "gw-2"):
        await create(transactor, node(node_id))
    migration = importlib.import_module("services.fleet.migrations.versions.0004_node_places")

    def upgrade(connection: sa.Connection) -> None:
        connection.execute(sa.delete(outbox.table))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()

    await database.transact(upgrade)
    assert await places(database) == [("gw-1", "510104"), ("gw-2", "510104")]


async def test_a_bucket_is_told_of_all_places_page_by_page_and_then_noted(
    transactor: Transactor, database: Database
) -> None:
    for number, place in enumerate(("510104", "510105", "511702"), 1):
        await create(transactor, node(f"gw-{number}", place_code=place))
    told = await places(database)

    async def retell(after: str, mark: BucketMark) -> Any:
        return await transactor.write(usecases.retell_places, after, mark, 2)

    first, put_back, other = BucketMark(NOW, 9), BucketMark(NOW, 4), BucketMark(LATER, 9)

    assert await transactor.read(usecases.places_told) is None
    assert await retell("", first) == "gw-2"
    assert await transactor.read(usecases.places_told) is None  # a crash here begins anew
    assert await retell("gw-2", first) is None
    assert await transactor.read(usecases.places_told) == first
    assert await places(database) == [*told, *told]
    assert await retell("gw-2", put_back) is None
    assert await transactor.read(usecases.places_told) == put_back
    assert await retell("gw-2", other) is None
    assert await transactor.read(usecases.places_told) == other
    query = sa.select(outbox.table.c.message_id).order_by(outbox.table.c.id)
    ids = await database.transact(lambda c: c.execute(query).scalars().all())
    # The same bucket has it once, whoever tells it again; another one has it, too, and the
    # same one that was put back.
    assert len(set(ids)) == len(ids)
    assert ids[-1].startswith("gw-3-1-place-")


async def test_what_a_node_is_moved_to_stands_behind_what_is_told_again(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node())
    many = [
        transactor.write(usecases.retell_places, "", BucketMark(NOW + timedelta(seconds=n), 0), 2)
        for n in range(5)
    ]
    other = Transactor(database)  # of another process: it does not wait in this one's queue
    moved = other.write(
        usecases.update_node, "gw-1", "", lambda n: replace(n, place_code="510105"), now=LATER
    )
    await asyncio.gather(*many[:3], moved, *many[3:])
    assert (await places(database))[-1] == ("gw-1", "510105")


class Bucket:
    """What JetStream says of the bucket."""

    def __init__(self, mark: BucketMark) -> None:
        self.mark = mark

    async def stream_info(self, _stream: str) -> Any:
        state = SimpleNamespace(last_seq=self.mark.last_sequence)
        return SimpleNamespace(created=self.mark.created, state=state)


async def test_a_bucket_that_was_put_back_is_told_anew_though_it_was_made_when_it_was(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node())
    bucket = Bucket(BucketMark(NOW, 3))

    async def told_after(*looks: int) -> int:
        for last_sequence in looks:
            bucket.mark = BucketMark(NOW, last_sequence)
            # Made anew each time: what it knows stands in the database.
            keeper = PlaceKeeper(cast("Any", bucket), transactor, never, CollectorRegistry())
            await keeper.look()
        return len(await places(database))

    async def never() -> None:
        raise AssertionError("there is a bucket")

    assert await told_after(3) == 2, "as it was registered, and the bucket for the first time"
    assert await told_after(3, 5, 5, 9) == 2, "it only went on"
    assert await told_after(4) == 3, "what came behind 4 is lost"
    assert await told_after(4, 5) == 3
