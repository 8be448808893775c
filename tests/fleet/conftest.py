"""The fleet's schema in a real PostgreSQL, and use cases on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.fleet import build
from services.fleet.store import SCHEMA, Transactor
from services.plumbing.postgres import Database
from tests.support.schema import make_schema


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield the fleet's database, empty."""
    schema = await make_schema(database_url, SCHEMA, build.MIGRATIONS)
    database = await schema.connect()
    yield database
    await database.close()


@pytest.fixture
def transactor(database: Database) -> Transactor:
    """Run use cases on it."""
    return Transactor(database)
