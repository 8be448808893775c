"""The inbox: one effect a message, also when two deliveries meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.plumbing import inbox
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal
from tests.support.schema import effects, make_schema

pytestmark = pytest.mark.integration


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await (await make_schema(database_url, "alpha")).connect()
    yield database
    await database.close()


def take(connection: sa.Connection, consumer: str, message_id: str) -> bool:
    if not inbox.first_time(connection, consumer, message_id):
        return False
    connection.execute(sa.insert(effects).values(name=f"{consumer}:{message_id}"))
    return True


async def count(database: Database) -> int:
    query = sa.select(sa.func.count()).select_from(effects)
    return await database.transact(lambda c: int(c.execute(query).scalar_one()))


async def test_a_repeat_has_no_effect(database: Database) -> None:
    assert await database.transact(take, "consumer", "m1")
    assert not await database.transact(take, "consumer", "m1")
    assert await count(database) == 1


async def test_each_consumer_has_its_own_effect(database: Database) -> None:
    assert await database.transact(take, "one", "m1")
    assert await database.transact(take, "two", "m1")
    assert await count(database) == 2


async def test_what_was_rolled_back_is_still_to_come(database: Database) -> None:
    def fail(connection: sa.Connection) -> None:
        take(connection, "consumer", "m1")
        raise Refusal("later")

    with pytest.raises(Refusal):
        await database.transact(fail)
    assert await database.transact(take, "consumer", "m1")


async def test_deliveries_that_meet_are_one_effect(database: Database) -> None:
    outcomes = await asyncio.gather(*(database.transact(take, "consumer", "m") for _ in range(6)))
    assert sorted(outcomes) == [False] * 5 + [True]
    assert await count(database) == 1


async def test_prunes_by_age(database: Database) -> None:
    await database.transact(take, "consumer", "m1")
    now = datetime.now(UTC)
    assert await database.transact(inbox.prune, now) == 0
    assert await database.transact(inbox.prune, now + inbox.KEPT + timedelta(hours=1)) == 1
