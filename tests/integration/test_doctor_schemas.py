"""The doctor's look at a real database: the version of each service's schema."""

from __future__ import annotations

import pytest

from cli.backup import database
from cli.doctor_stores import SERVICES, compared, newest
from tests.support.postgres import PostgresServer
from tests.support.schema import make_schema

pytestmark = pytest.mark.integration


async def test_versions_are_those_of_this_release(postgres: PostgresServer) -> None:
    admin = postgres.url(postgres.create_database())
    server = database.Server.of(admin)
    known = newest(SERVICES)
    assert database.versions(server) == {}
    for service in known:
        folder = SERVICES / service / "migrations"
        await make_schema(admin, service.replace("_", "-"), folder)
    assert database.versions(server) == known
    assert compared(database.versions(server), known).ok
