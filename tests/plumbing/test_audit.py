"""The audit log on a real PostgreSQL: written with the act, sealed once, changed by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from services.plumbing import audit
from services.plumbing.audit import Sealer
from services.plumbing.audit_chain import EMPTY, Entry, Fault, Head
from services.plumbing.postgres import Database, DatabaseFault
from tests.support.schema import make_schema
from tests.support.waiting import until

pytestmark = pytest.mark.integration

ENTRY = Entry(datetime(2026, 4, 1, tzinfo=UTC), "inspector-7", "records.read", "records/1")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    schema = await make_schema(database_url, "fleet")
    database = await schema.connect()
    await database.transact(audit.create)
    yield database
    await database.close()


async def write(database: Database, *resources: str) -> None:
    entries = [replace(ENTRY, resource=each) for each in resources]
    await database.transact(audit.append_all, entries)


async def test_an_act_that_is_undone_leaves_no_entry(database: Database) -> None:
    def undone(connection: sa.Connection) -> None:
        audit.append(connection, ENTRY)
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await database.transact(undone)

    assert await database.transact(audit.of_resource, "records/1", 10) == []
    assert await database.transact(audit.verify) == EMPTY


async def test_a_sealer_seals_what_is_written_and_the_rest_when_it_stops(
    database: Database,
) -> None:
    sealer, stop = Sealer(database, registry=CollectorRegistry()), asyncio.Event()
    database.after_commit(sealer.wake)
    running = asyncio.create_task(sealer.run(stop))
    await write(database, "records/1", "records/2")

    async def is_sealed() -> bool:
        return (await database.transact(audit.head)).number == 2

    await until(is_sealed)
    await write(database, "records/3")
    stop.set()
    await running

    head = await database.transact(audit.verify)
    assert isinstance(head, Head)
    assert head.number == 3
    assert await database.transact(audit.of_resource, "records/3", 10) == [
        replace(ENTRY, resource="records/3")
    ]


async def test_sealers_side_by_side_make_one_chain(database: Database) -> None:
    await write(database, *(f"records/{n}" for n in range(300)))

    async def some() -> None:
        for _ in range(5):
            await database.transact(audit.seal, 20)

    await asyncio.gather(some(), some())
    while await database.transact(audit.seal, 200):
        pass

    head = await database.transact(audit.verify)
    assert isinstance(head, Head)
    assert head.number == 300


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
async def test_a_sealed_entry_is_neither_changed_nor_deleted(
    database: Database, statement: str
) -> None:
    await write(database, "records/1")
    await database.transact(audit.seal)

    with pytest.raises(DatabaseFault, match="23001"):
        await database.transact(lambda connection: connection.execute(sa.text(statement)))


async def test_who_removes_the_guard_is_found_out(database: Database) -> None:
    await write(database, "records/1", "records/2", "records/3")
    await database.transact(audit.seal)
    published = await database.transact(audit.head)

    async def tamper(*statements: str) -> Head | Fault:
        def use(connection: sa.Connection) -> None:
            for statement in ("ALTER TABLE audit DISABLE TRIGGER ALL", *statements):
                connection.execute(sa.text(statement))

        await database.transact(use)
        return await database.transact(audit.verify, published)

    changed = await tamper("UPDATE audit SET entry = 'x' WHERE number = 2")
    assert isinstance(changed, Fault)
    assert changed.number == 2
    cut = await tamper("DELETE FROM audit WHERE number > 1")
    assert isinstance(cut, Fault)
    assert cut.number == 2
    # The keeper also sets the head back, so that all agrees but the head that was published.
    kept = "UPDATE audit_head SET number = 1, hash = (SELECT hash FROM audit WHERE number = 1)"
    covered = await tamper(kept)
    assert isinstance(covered, Fault)
    assert isinstance(await database.transact(audit.verify), Head)
