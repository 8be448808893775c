"""The tables of energy in a real PostgreSQL, and use cases on them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.energy import build
from services.energy.store.transaction import Transactor
from services.energy.usecases.desk import RuleDesk
from tests.energy.shipped_rules import BOOK
from tests.support.schema import make_schema


class Signer:
    """Signs so that nobody takes it for a signature."""

    public_key = "nobody"

    def sign(self, data: bytes) -> bytes:
        """Return the first bytes of what is signed."""
        return data[:64]


@pytest.fixture
async def transactor(database_url: str) -> AsyncIterator[Transactor]:
    """Run use cases on an empty database."""
    schema = await make_schema(database_url, build.NAME, build.MIGRATIONS)
    database = await schema.connect()
    yield Transactor(database)
    await database.close()


@pytest.fixture
def desk() -> RuleDesk:
    """Decide by the rules that are shipped, by quarters of an hour."""
    return RuleDesk(BOOK, "CN-51", 900, Signer())
