"""Roles, schemas and their versions: a service owns one schema, and sees no other.

``provision`` is run by an administrator: it makes the role and the schema. ``upgrade`` is run as
the service: it brings the schema to the newest version with alembic, under a lock, so that several
starting processes do it once. ``run`` is what a service's ``migrations/env.py`` calls.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog
from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.plumbing.postgres import hold, make_engine, translate
from tianfu.subjects import token

UPGRADE_LOCK: Final = 0x7469616E6675_0003
"""Advisory lock of a schema's upgrade."""

UPGRADE_S: Final = 300.0
"""One statement of an upgrade: an index on a large table takes minutes."""

MAINTENANCE: Final = "postgres"
"""The database that every server has."""

VERSIONS: Final = "schema_version"
"""Table in which alembic keeps the schema's version."""

NEWEST: Final = "head"
"""What alembic calls the newest version that this code has."""

log = structlog.get_logger(__name__)

_CONNECTION: Final = "connection"
_SCHEMA: Final = "schema"


async def ensure_database(admin_url: str) -> None:
    """Make the database of ``admin_url`` if it is not there, by way of the maintenance database."""
    url = make_url(admin_url)
    engine = make_engine(url.set(database=MAINTENANCE), "pg_catalog", pool_size=1)
    try:
        async with engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            known = await connection.scalar(
                sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database}
            )
            if not known:
                quoted = await connection.scalar(sa.select(sa.func.quote_ident(url.database)))
                await connection.exec_driver_sql(f"CREATE DATABASE {quoted}")
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise translate(error) from None
    finally:
        await engine.dispose()


async def provision(admin_url: str, service: str, password: str) -> None:
    """Make the service's role and schema in the database of ``admin_url``; may be repeated.

    The role can log in and own things in its schema, nothing else. Nobody but it may use the
    schema, and ``public`` is closed to all.
    """
    role = token(service).replace("-", "_")
    engine = _engine(admin_url, "pg_catalog")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_provision, role, password)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise translate(error) from None
    finally:
        await engine.dispose()


def _engine(url: str, schema: str) -> AsyncEngine:
    # READ COMMITTED: who has waited for the lock must see what its former holder did.
    return make_engine(url, schema, pool_size=1, statement_s=UPGRADE_S, isolation="READ COMMITTED")


def _provision(connection: sa.Connection, role: str, password: str) -> None:
    # Roles are the server's, not the database's: two may be provisioned at once.
    hold(connection, UPGRADE_LOCK)
    known = connection.scalar(
        sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
    )
    # A role's statement takes no parameters: PostgreSQL itself quotes the password for us.
    quoted = connection.scalar(sa.select(sa.func.quote_literal(password)))
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    verb = "ALTER" if known else "CREATE"
    database = connection.scalar(sa.select(sa.func.quote_ident(sa.func.current_database())))
    for statement in (
        f'{verb} ROLE "{role}" {rights} PASSWORD {quoted}',
        f'CREATE SCHEMA IF NOT EXISTS "{role}" AUTHORIZATION "{role}"',
        f'REVOKE ALL ON SCHEMA "{role}" FROM PUBLIC',
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f'GRANT CONNECT ON DATABASE {database} TO "{role}"',
    ):
        connection.exec_driver_sql(statement)


async def upgrade(url: str, schema: str, folder: Path, to: str = NEWEST) -> None:
    """Bring ``schema`` to a version of the migrations in ``folder``, or to the newest.

    A schema of a later release is left as it is: this code works on it, since a release takes
    nothing that the one before uses, and so ``helm rollback`` is a way back.
    """
    engine = _engine(url, schema)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, schema, folder, to)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise translate(error) from None
    finally:
        await engine.dispose()


def _upgrade(connection: sa.Connection, schema: str, folder: Path, to: str) -> None:
    # Waits for another that upgrades, at most for the time of one lock; then finds it done.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(UPGRADE_S)}s'")
    hold(connection, UPGRADE_LOCK)
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes[_CONNECTION] = connection
    config.attributes[_SCHEMA] = schema
    later = _later(connection, schema, config)
    if later and to == NEWEST:
        log.warning("schema is of a later release, left as it is", schema=schema, versions=later)
        return
    command.upgrade(config, to)


def _later(connection: sa.Connection, schema: str, config: Config) -> list[str]:
    """Return the versions of a schema that the migrations of this code do not know."""
    options = {"version_table": VERSIONS, "version_table_schema": schema}
    heads = MigrationContext.configure(connection, opts=options).get_current_heads()
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    return sorted(set(heads) - known)


def run() -> None:
    """Run the migrations on the connection of ``upgrade``: the whole of an ``env.py``."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes[_CONNECTION],
        version_table=VERSIONS,
        version_table_schema=attributes[_SCHEMA],
        transactional_ddl=True,
    )
    # The transaction is upgrade's: all versions, or none.
    context.run_migrations()
