"""The schema of warnings in a real PostgreSQL, and use cases on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from services.disaster_warning import build
from services.disaster_warning.store.transaction import Transactor
from services.plumbing.postgres import Database
from tests.disaster_warning.gauge_scenes import GAUGES, T0
from tests.support.gauge_world import GaugeWorld, emptied
from tests.support.postgres import PostgresServer
from tests.support.schema import Schema, make_schema


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield the service's database, empty."""
    schema = await make_schema(database_url, build.NAME, build.MIGRATIONS)
    database = await schema.connect()
    yield database
    await database.close()


@pytest.fixture
def transactor(database: Database) -> Transactor:
    """Run use cases on it."""
    return Transactor(database)


@pytest.fixture(scope="module")
def gauge_schema(postgres: PostgresServer) -> Iterator[Schema]:
    """One schema for all of them: making it takes a second."""
    name = postgres.create_database()
    yield asyncio.run(make_schema(postgres.url(name), build.NAME, build.MIGRATIONS))
    postgres.drop_database(name)


@pytest.fixture
async def gauge_database(gauge_schema: Schema) -> AsyncIterator[Database]:
    """Yield that schema, empty."""
    found = await gauge_schema.connect()
    await emptied(found)
    yield found
    await found.close()


@pytest.fixture
async def world(gauge_database: Database) -> GaugeWorld:
    """Return gauges that have told nothing yet."""
    made = GaugeWorld(gauge_database, GAUGES, T0)
    await made.watch.load()
    return made
