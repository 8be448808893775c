"""Real servers as fixtures: PostgreSQL once a session with a database a test, NATS once a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer, postgres_server


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what fails fastest first; within a kind, the order stays random."""
    items.sort(
        key=lambda item: (
            item.get_closest_marker("chaos") is not None,
            item.get_closest_marker("integration") is not None,
        )
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Yield a PostgreSQL that all tests of the session share: do not kill it."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Yield a PostgreSQL of the test's own, to be killed at will."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """Superuser's URL of an empty database."""
    name = postgres.create_database()
    try:
        yield postgres.url(name)
    finally:
        postgres.drop_database(name)


@pytest.fixture
def nats() -> Iterator[NatsServer]:
    """Yield a nats-server of the test's own, to be killed at will."""
    with nats_server(nodes=("node-a", "node-b")) as server:
        yield server
