"""A primary of PostgreSQL and its standby, as profile ha runs them, and their deaths."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cli.local import stores
from cli.local.folder import Folder
from cli.local.postgres_pair import MEMBERS, Pair, other_of
from cli.local.state import Profile, prepare
from cli.local.supervisor import Supervisor
from services.plumbing.postgres import Database, DatabaseUnavailable, make_engine
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

DEADLINE_S = 120.0
INIT_S = 90.0
KEEPER = "postgres-keeper"
WRITTEN = sa.text("INSERT INTO written (number) VALUES (:number)")


@dataclass
class World:
    """The pair, who supervises it, and somebody who writes all the time."""

    supervisor: Supervisor
    pair: Pair
    database: Database
    acknowledged: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def kill(self, name: str) -> None:
        running = self.supervisor.running[name]
        assert running.pid is not None
        os.kill(running.pid, signal.SIGKILL)

    async def in_sync(self) -> None:
        await until(lambda: self.pair.read().in_sync, DEADLINE_S)

    async def write_on(self) -> None:
        """Return when some more has been acknowledged."""
        before = len(self.acknowledged)
        await until(lambda: len(self.acknowledged) > before + 10, DEADLINE_S)

    async def write(self) -> None:
        """Write numbers, each until it is acknowledged or it is unknown whether it is."""
        number = 0
        while True:
            number += 1

            def one(connection: sa.Connection, number: int = number) -> None:
                connection.execute(WRITTEN, {"number": number})

            with contextlib.suppress(DatabaseUnavailable):
                await self.database.transact(one)
                self.acknowledged.append(number)

    async def found(self) -> list[int]:
        async with self.database.engine.connect() as connection:
            return list(await connection.scalars(sa.text("SELECT number FROM written")))


@contextlib.asynccontextmanager
async def started(folder: Folder) -> AsyncIterator[World]:
    state = prepare(folder, now_s=1e9, nodes=1, meters=1, new_ports=False, profile=Profile.HA)
    said: list[str] = []
    supervisor = Supervisor(folder, said.append)
    init = stores.postgres_init(folder, state)
    assert init is not None
    await supervisor.run_once(init, INIT_S)
    url = stores.database_url(state, "postgres").replace("/tianfu?", "/postgres?")
    database = Database(make_engine(url, "public"))
    world = World(supervisor, Pair(folder.postgres), database, said=said)
    try:
        for program in stores.postgres_pair(folder, state):
            await supervisor.start(program)
        yield world
    finally:
        await database.close()
        await supervisor.stop()


async def made(world: World) -> None:
    async def is_made() -> bool:
        try:
            async with world.database.engine.begin() as connection:
                await connection.execute(
                    sa.text("CREATE TABLE IF NOT EXISTS written (number bigint PRIMARY KEY)")
                )
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    await until(is_made, DEADLINE_S)


async def test_nothing_acknowledged_goes_with_any_process(tmp_path: Path) -> None:
    folder = Folder.at(tmp_path / "data")
    folder.make()
    async with started(folder) as world:
        await made(world)
        writing = asyncio.create_task(world.write())
        try:
            await world.in_sync()
            await a_primary_dies(world)
            await a_keeper_dies(world)
            await a_standby_dies(world)
            await a_primary_dies_alone(world)
            await world.in_sync()
            await a_primary_dies(world)
            await world.write_on()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        found = await world.found()
    assert len(found) == len(set(found))
    assert set(world.acknowledged) <= set(found)
    assert len(world.acknowledged) > 50


async def a_primary_dies(world: World) -> None:
    """Its standby takes over, and it is a standby itself from then on."""
    before = world.pair.read()
    world.kill(before.primary)
    await world.write_on()
    after = world.pair.read()
    assert (after.primary, after.generation) == (other_of(before.primary), before.generation + 1)
    await world.in_sync()


async def a_keeper_dies(world: World) -> None:
    before = world.pair.read()
    world.kill(KEEPER)
    await world.write_on()
    assert world.pair.read().primary == before.primary


async def a_standby_dies(world: World) -> None:
    """Writers wait for it no longer than until it is away; back, it is waited for again."""
    before = world.pair.read()
    world.kill(other_of(before.primary))
    await world.write_on()
    await world.in_sync()
    after = world.pair.read()
    assert (after.primary, after.generation) == (before.primary, before.generation)


async def a_primary_dies_alone(world: World) -> None:
    """A standby that lacks something never takes over, whatever becomes of its primary."""
    before = world.pair.read()
    standby = world.supervisor.running[other_of(before.primary)]
    await world.supervisor.stop(standby.program.name)
    await until(lambda: not world.pair.read().in_sync, DEADLINE_S)
    await world.write_on()
    world.kill(before.primary)
    await world.supervisor.start(standby.program)
    await world.write_on()
    after = world.pair.read()
    assert (after.primary, after.generation) == (before.primary, before.generation)


def test_only_one_that_is_in_sync_takes_over_from_the_dead(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    first, second = MEMBERS
    lives = {name: pair.live(name) for name in MEMBERS}
    record = pair.write(pair.read())

    assert pair.hand_over_from_the_dead(record) == record  # the primary lives
    os.close(lives.pop(first))
    assert pair.hand_over_from_the_dead(record) == record  # the standby may lack something
    synced = pair.write(type(record)(in_sync=True))
    assert pair.hand_over_from_the_dead(record) == synced  # what was seen is no longer so
    handed = pair.hand_over_from_the_dead(synced)
    assert (handed.primary, handed.generation, handed.in_sync) == (second, 2, False)
    os.close(lives.pop(second))
