"""The schema of warnings in a real PostgreSQL, and use cases on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.disaster_warning import build
from services.disaster_warning.store.transaction import Transactor
from services.plumbing.postgres import Database
from tests.support.schema import make_schema


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
