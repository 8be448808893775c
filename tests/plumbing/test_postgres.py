"""Use cases in transactions on a real PostgreSQL, which is killed while it is used."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection

from services.plumbing import migrations, postgres
from services.plumbing.postgres import (
    ATTEMPTS_MAX,
    Database,
    DatabaseContended,
    DatabaseFault,
    DatabaseTimeout,
    DatabaseUnavailable,
)
from services.plumbing.refusal import Refusal
from tests.support.postgres import PostgresServer
from tests.support.schema import MIGRATIONS, Schema, effects, make_schema, service_url

pytestmark = pytest.mark.integration

DEADLINE_S = 30


@pytest.fixture
async def schema(database_url: str) -> Schema:
    return await make_schema(database_url, "alpha")


@pytest.fixture
async def database(schema: Schema) -> AsyncIterator[Database]:
    database = await schema.connect()
    yield database
    await database.close()


def add(connection: sa.Connection, name: str) -> int:
    statement = sa.insert(effects).values(name=name).returning(effects.c.id)
    return int(connection.execute(statement).scalar_one())


def names(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(effects.c.name).order_by(effects.c.id)).scalars())


async def test_commits_what_a_use_case_did(database: Database) -> None:
    assert await database.transact(add, name="a") == 1
    assert await database.transact(names) == ["a"]


async def test_a_refusal_rolls_back_and_comes_out_as_it_is(database: Database) -> None:
    def refuse(connection: sa.Connection) -> None:
        add(connection, "a")
        raise Refusal("not today")

    with pytest.raises(Refusal, match="not today"):
        await database.transact(refuse)
    assert await database.transact(names) == []


async def test_calls_back_after_commits_only(database: Database) -> None:
    calls: list[str] = []
    database.after_commit(lambda: calls.append("committed"))
    await database.transact(add, "a")

    def fail(connection: sa.Connection) -> None:
        raise Refusal("no")

    with pytest.raises(Refusal):
        await database.transact(fail)
    assert calls == ["committed"]


async def test_who_is_late_runs_anew_on_the_new_state(database: Database) -> None:
    await database.transact(add, "0")
    seen: list[list[str]] = []

    def rename(connection: sa.Connection) -> None:
        now = names(connection)
        seen.append(now)
        connection.execute(sa.update(effects).values(name=str(int(now[0]) + 1)))

    await asyncio.gather(*(database.transact(rename) for _ in range(4)))
    assert await database.transact(names) == ["4"]


async def test_two_that_enter_one_id_at_once_see_each_other_the_next_time(
    database: Database,
) -> None:
    def enter(connection: sa.Connection) -> str:
        if "one" in names(connection):
            return "there already"
        connection.execute(
            sa.text("INSERT INTO effects (id, name) OVERRIDING SYSTEM VALUE VALUES (7, 'one')")
        )
        return "entered"

    said = await asyncio.gather(*(database.transact(enter) for _ in range(8)))

    assert sorted(said) == ["entered", *["there already"] * 7]


async def test_gives_up_after_a_bounded_number_of_runs(database: Database) -> None:
    runs = itertools.count()

    def unlucky(connection: sa.Connection) -> None:
        next(runs)
        connection.execute(
            sa.text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$")
        )

    with pytest.raises(DatabaseContended) as caught:
        await database.transact(unlucky)
    assert caught.value.reason == "DATABASE_CONTENDED"
    assert next(runs) == ATTEMPTS_MAX


async def test_a_slow_statement_is_cut_off(schema: Schema) -> None:
    database = await schema.connect(statement_s=0.1)
    try:
        with pytest.raises(DatabaseTimeout) as caught:
            await database.transact(lambda c: c.execute(sa.text("SELECT pg_sleep(60)")))
        assert caught.value.reason == "DATABASE_TIMEOUT"
    finally:
        await database.close()


async def test_a_full_pool_refuses(schema: Schema) -> None:
    database = await schema.connect(pool_size=1, pool_wait_s=0.1)
    try:
        async with database.engine.connect():
            with pytest.raises(DatabaseUnavailable) as caught:
                await database.transact(names)
        assert caught.value.reason == "DATABASE_UNAVAILABLE"
        assert caught.value.retry_after is not None
    finally:
        await database.close()


async def test_a_fault_of_ours_says_nothing_of_the_row(database: Database) -> None:
    def wrong(connection: sa.Connection) -> None:
        # It clashes with itself, however often it is run.
        for _ in range(2):
            connection.execute(
                sa.text("INSERT INTO effects (id, name) OVERRIDING SYSTEM VALUE VALUES (1, :n)"),
                {"n": "secret of a person"},
            )

    with pytest.raises(DatabaseFault) as caught:
        await database.transact(wrong)
    assert "23505" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_no_server_is_a_refusal_without_driver_text() -> None:
    url = "postgresql+asyncpg://nobody:secret@127.0.0.1:1/nowhere"
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database.connect(url, "alpha")
    assert "secret" not in str(caught.value)
    assert "refused" not in str(caught.value).lower()


async def test_a_killed_server_is_a_refusal_and_comes_back(own_postgres: PostgresServer) -> None:
    admin_url = own_postgres.url(own_postgres.create_database())
    schema = await make_schema(admin_url, "alpha")
    database = await schema.connect()
    try:
        await database.transact(add, "before")
        own_postgres.kill()
        with pytest.raises(DatabaseUnavailable):
            await database.transact(add, "while")
        own_postgres.start()
        await database.transact(add, "after")
        assert await database.transact(names) == ["before", "after"]
    finally:
        await database.close()


async def test_a_connection_is_asked_whether_it_is_there_only_after_a_long_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backend(connection: sa.Connection) -> int:
        return int(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())

    asked: list[object] = []

    def dead(connection: object) -> None:
        asked.append(connection)
        raise OSError("forgotten on the way")

    monkeypatch.setattr(AsyncAdapt_asyncpg_connection, "ping", dead)
    first = await database.transact(backend)
    assert (await database.transact(backend), asked) == (first, [])
    monkeypatch.setattr(postgres, "PING_AFTER_S", 0.0)
    # It does not answer: another one takes its place, and the caller notices nothing.
    assert await database.transact(backend) != first
    assert len(asked) == 1


async def test_killed_in_the_middle_of_a_transaction_leaves_nothing(
    own_postgres: PostgresServer,
) -> None:
    admin_url = own_postgres.url(own_postgres.create_database())
    schema = await make_schema(admin_url, "alpha")
    database = await schema.connect()

    def killed_midway(connection: sa.Connection) -> None:
        add(connection, "half")
        own_postgres.kill()
        add(connection, "other half")

    try:
        with pytest.raises(DatabaseUnavailable):
            await database.transact(killed_midway)
        own_postgres.start()
        assert await database.transact(names) == []
    finally:
        await database.close()


async def test_a_service_sees_no_table_of_another(database_url: str, schema: Schema) -> None:
    other = await make_schema(database_url, "beta")
    connection = await asyncpg.connect(other.url.replace("+asyncpg", ""))
    try:
        for statement in (
            "SELECT * FROM alpha.effects",
            "INSERT INTO alpha.effects (name) VALUES ('mine')",
            "DROP TABLE alpha.effects",
            "CREATE TABLE alpha.mine ()",
            "CREATE TABLE public.mine ()",
            "CREATE SCHEMA mine",
            "CREATE ROLE mine",
            "SET ROLE alpha",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_wrong_password_is_refused(schema: Schema, database_url: str) -> None:
    with pytest.raises((DatabaseUnavailable, DatabaseFault)) as caught:
        await Database.connect(service_url(database_url, "alpha", "guessed"), "alpha")
    assert "guessed" not in str(caught.value)


async def test_provision_and_upgrade_may_be_repeated_and_run_at_once(database_url: str) -> None:
    await asyncio.gather(*(migrations.provision(database_url, "alpha", "p") for _ in range(3)))
    url = service_url(database_url, "alpha", "p")
    await asyncio.gather(*(migrations.upgrade(url, "alpha", MIGRATIONS) for _ in range(3)))
    await migrations.upgrade(url, "alpha", MIGRATIONS)
    database = await Schema("alpha", url).connect()
    try:
        version = await database.transact(
            lambda c: c.execute(sa.text("SELECT version_num FROM schema_version")).scalar_one()
        )
        assert version == "0001"
    finally:
        await database.close()
