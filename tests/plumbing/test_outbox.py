"""The outbox: nothing lost, nothing out of order, one effect, whoever is killed when."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import nats.errors
import pytest
import sqlalchemy as sa
from nats.aio.client import Client
from nats.js.api import StorageType, StreamConfig
from prometheus_client import CollectorRegistry

from services.plumbing import bulk_publisher, inbox, outbox
from services.plumbing.nats_link import close, connect
from services.plumbing.outbox import (
    PAYLOAD_BYTES_MAX,
    MessageTooLarge,
    Outgoing,
    Relay,
    emit,
    emit_all,
)
from services.plumbing.postgres import Database, DatabaseUnavailable
from services.plumbing.refusal import Refusal
from services.plumbing.streams import ensure_stream, jetstream
from tests.support.nats_server import NatsServer
from tests.support.postgres import PostgresServer
from tests.support.schema import Schema, effects, make_schema
from tests.support.waiting import until
from tianfu import subjects, tasks

pytestmark = pytest.mark.integration

SUBJECT = subjects.event("fleet", "node-created")
STREAM = StreamConfig(
    name=subjects.EVENTS, subjects=[subjects.EVENTS_ALL], storage=StorageType.FILE
)


@dataclass
class World:
    """A database with an outbox, a connection as fleet, and the relays that a test runs."""

    database: Database
    link: Client
    schema: Schema
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def relay(self, **bounds: Any) -> Relay:
        return Relay(
            self.database.engine,
            self.link,
            registry=CollectorRegistry(),
            **bounds,
        )

    def run(self, relay: Relay) -> None:
        task = asyncio.create_task(relay.run())
        self.tasks.append(task)

    async def emit(self, *names: str) -> None:
        def use(connection: sa.Connection) -> None:
            for name in names:
                emit(connection, SUBJECT, name.encode(), {"content-type": "text/plain"}, name)

        await self.database.transact(use)

    async def waiting(self) -> int:
        query = sa.select(sa.func.count()).select_from(outbox.table)
        return await self.database.transact(lambda c: int(c.execute(query).scalar_one()))

    async def empty(self) -> bool:
        return await self.waiting() == 0

    async def published(self) -> list[str]:
        js = jetstream(self.link)
        state = (await js.stream_info(subjects.EVENTS)).state
        if not state.messages:
            return []
        found = []
        for sequence in range(state.first_seq, state.last_seq + 1):
            message = await js.get_msg(subjects.EVENTS, sequence)
            found.append((message.data or b"").decode())
        return found


@contextlib.asynccontextmanager
async def world_of(nats: NatsServer, admin_url: str, **stream: float) -> AsyncIterator[World]:
    schema = await make_schema(admin_url, "fleet")
    database = await schema.connect()
    link = await connect(
        nats.url,
        nats.credentials("service", "fleet"),
        "service",
        "fleet",
        registry=CollectorRegistry(),
    )
    await ensure_stream(jetstream(link), STREAM.evolve(**stream))
    world = World(database, link, schema)
    try:
        yield world
    finally:
        await tasks.end(world.tasks)
        await close(link)
        await database.close()


@pytest.fixture
async def world(nats: NatsServer, database_url: str) -> AsyncIterator[World]:
    async with world_of(nats, database_url) as world:
        yield world


async def test_publishes_in_order_and_deletes(world: World) -> None:
    await world.emit("a", "b")
    await world.emit("c")
    world.run(world.relay())
    await until(world.empty)
    assert await world.published() == ["a", "b", "c"]


async def test_what_was_rolled_back_is_never_published(world: World) -> None:
    def fail(connection: sa.Connection) -> None:
        emit(connection, SUBJECT, b"never", {}, "never")
        raise Refusal("no")

    with pytest.raises(Refusal):
        await world.database.transact(fail)
    await world.emit("a")
    assert await world.relay().drain()
    assert await world.published() == ["a"]


async def test_a_wake_is_enough(world: World) -> None:
    relay = world.relay(interval_s=600.0)
    world.database.after_commit(relay.wake)
    world.run(relay)
    await world.emit("a")
    await until(world.empty)
    await world.emit("b")
    await until(world.empty)
    assert await world.published() == ["a", "b"]


async def test_what_is_more_urgent_goes_first(world: World) -> None:
    asked, free = asyncio.Event(), asyncio.Event()

    async def turn() -> None:
        asked.set()
        await free.wait()

    await world.emit("a")
    world.run(world.relay(turn=turn))
    await asyncio.wait_for(asked.wait(), 60)
    assert await world.published() == []
    free.set()
    await until(world.empty)
    assert await world.published() == ["a"]


async def test_what_nobody_woke_for_goes_out_by_the_interval(world: World) -> None:
    world.run(world.relay(interval_s=0.05))
    await world.emit("a")
    await until(world.empty)


async def test_ids_are_in_order_of_commit(world: World) -> None:
    """A transaction that drew its id first and commits last must not be overtaken."""
    first_drew, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with world.database.engine.begin() as connection:
            await connection.run_sync(emit, SUBJECT, b"slow", {}, "slow")
            first_drew.set()
            await go_on.wait()

    task = asyncio.create_task(slow())
    await first_drew.wait()
    quick = asyncio.create_task(world.emit("quick"))
    # Nothing of the later one may be out while the earlier one is undecided.
    await asyncio.wait({quick}, timeout=0.3)
    assert not quick.done()
    assert await world.relay().drain()
    assert await world.published() == []
    go_on.set()
    await asyncio.gather(task, quick)
    assert await world.relay().drain()
    assert await world.published() == ["slow", "quick"]


async def test_many_at_once_are_all_published_once(world: World) -> None:
    relay = world.relay()
    world.database.after_commit(relay.wake)
    world.run(relay)
    names = [f"n{i}" for i in range(60)]
    for start in range(0, len(names), 6):
        await asyncio.gather(*(world.emit(name) for name in names[start : start + 6]))
    await until(world.empty)
    assert sorted(await world.published()) == sorted(names)


async def test_one_relay_a_database(world: World) -> None:
    async with world.database.engine.connect() as plain:
        holder = await plain.execution_options(isolation_level="AUTOCOMMIT")
        assert await outbox._lock(holder)
        await world.emit("a")
        assert not await world.relay().drain()
        assert await world.waiting() == 1
        await outbox._unlock(holder)
    assert await world.relay().drain()
    assert await world.waiting() == 0


async def test_a_second_relay_takes_over(world: World) -> None:
    world.run(world.relay(interval_s=0.05))
    await world.emit("a")
    await until(world.empty)
    world.run(world.relay(interval_s=0.05))
    world.tasks[0].cancel()
    await world.emit("b")
    await until(world.empty)
    assert await world.published() == ["a", "b"]


class Killed(BaseException):
    """The process is gone."""


async def _crash_between_confirmation_and_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = world.relay()
    publish = relay._publish

    async def then_die(row: sa.Row[tuple[object, ...]]) -> None:
        await publish(row)
        raise Killed

    monkeypatch.setattr(relay, "_publish", then_die)
    async with world.database.engine.connect() as connection:
        with pytest.raises(Killed):
            await relay.publish_batch(connection)
        await connection.rollback()
    assert await world.waiting() == 1


async def test_resent_inside_the_duplicate_window_is_one_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.emit("a")
    await _crash_between_confirmation_and_deletion(world, monkeypatch)
    assert await world.relay().drain()
    assert await world.published() == ["a"]


async def test_resent_after_the_duplicate_window_is_one_effect(
    nats: NatsServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world_of(nats, database_url, duplicate_window=0.1) as world:
        await world.emit("a")
        await _crash_between_confirmation_and_deletion(world, monkeypatch)

        async def twice() -> bool:
            await world.emit("a")
            assert await world.relay().drain()
            return len(await world.published()) > 1

        # Resent until the window is over: the stream then holds it twice.
        await until(twice)

        def take(connection: sa.Connection, name: str) -> None:
            if inbox.first_time(connection, "consumer", name):
                connection.execute(sa.insert(effects).values(name=name))

        for name in await world.published():
            await world.database.transact(take, name)
        query = sa.select(effects.c.name)
        done = await world.database.transact(lambda c: list(c.execute(query).scalars()))
        assert done == ["a"]


async def test_stops_at_the_first_failure_and_goes_on_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.emit("a", "b", "c")
    relay = world.relay()
    publish, failures = relay._publish, iter([False, True])

    async def second_fails(row: sa.Row[tuple[object, ...]]) -> None:
        if next(failures, False):
            raise nats.errors.TimeoutError
        await publish(row)

    monkeypatch.setattr(relay, "_publish", second_fails)
    assert not await relay.drain()
    assert await world.published() == ["a"]
    assert await world.waiting() == 2
    assert await relay.drain()
    assert await world.published() == ["a", "b", "c"]


async def test_a_group_goes_out_at_once_and_nothing_after_it_before_it_is_all_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def use(connection: sa.Connection) -> None:
        groups = {"a": "", "b": "g", "c": "g", "d": "g", "e": ""}
        messages = [
            Outgoing(SUBJECT, name.encode(), {}, name, group) for name, group in groups.items()
        ]
        emit_all(connection, messages)

    await world.database.transact(use)
    relay = world.relay()
    publish, failing = relay._bulk.publish, iter([True])
    sizes = []

    async def one_fails(
        messages: Sequence[bulk_publisher.Outgoing], timeout_s: float
    ) -> list[Exception | None]:
        sizes.append(len(messages))
        if not next(failing, False):
            return await publish(messages, timeout_s)
        done = await publish([messages[0], messages[2]], timeout_s)
        return [done[0], nats.errors.TimeoutError(), done[1]]

    monkeypatch.setattr(relay._bulk, "publish", one_fails)
    assert not await relay.drain()
    assert await world.published() == ["a", "b", "d"]
    assert await relay.drain()
    assert await world.published() == ["a", "b", "d", "c", "e"]
    assert sizes == [3, 1]
    message = await jetstream(world.link).get_msg(subjects.EVENTS, 2)
    assert message.headers == {"Nats-Msg-Id": "b"}


async def test_goes_on_after_nats_was_killed(world: World, nats: NatsServer) -> None:
    relay = world.relay(interval_s=0.05)
    world.run(relay)
    await world.emit("a")
    await until(world.empty)
    nats.kill()
    await world.emit("b", "c")
    nats.start()
    await until(world.empty)
    assert await world.published() == ["a", "b", "c"]


async def test_goes_on_after_postgresql_was_killed(
    nats: NatsServer, own_postgres: PostgresServer
) -> None:
    admin_url = own_postgres.url(own_postgres.create_database())
    async with world_of(nats, admin_url) as world:
        world.run(world.relay(interval_s=0.05))
        for n in range(3):
            await world.emit(f"{n}")
            own_postgres.restart()

            async def published(n: int = n) -> bool:
                with contextlib.suppress(DatabaseUnavailable):
                    return await world.empty() and f"{n}" in await world.published()
                return False

            await until(published)
        assert await world.published() == ["0", "1", "2"]


async def test_what_nats_would_not_carry_is_refused_at_once(world: World) -> None:
    def use(connection: sa.Connection) -> None:
        emit(connection, SUBJECT, b"x" * (PAYLOAD_BYTES_MAX + 1), {}, "large")

    with pytest.raises(MessageTooLarge) as caught:
        await world.database.transact(use)
    assert caught.value.reason == "MESSAGE_TOO_LARGE"

    def largest(connection: sa.Connection) -> None:
        emit(connection, SUBJECT, b"x" * PAYLOAD_BYTES_MAX, {}, "largest")

    await world.database.transact(largest)
    assert await world.relay().drain()
    assert world.link.is_connected
