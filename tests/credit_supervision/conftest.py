"""The service's schema in a real PostgreSQL, and use cases on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.credit_supervision import build
from services.credit_supervision.store.transaction import Transactor
from tests.support.schema import make_schema


@pytest.fixture
async def transactor(database_url: str) -> AsyncIterator[Transactor]:
    """Run use cases on an empty database."""
    schema = await make_schema(database_url, build.NAME, build.MIGRATIONS)
    database = await schema.connect()
    yield Transactor(database)
    await database.close()
