"""``python -m services.NAME [migrate]``: what is the same for every service with a database."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from services.plumbing import migrations, service, settings

_Settings = TypeVar("_Settings", bound=BaseSettings)


class MigrateSettings(BaseSettings):
    """What ``migrate`` needs."""

    model_config = SettingsConfigDict(
        env_prefix=settings.PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True
    )
    database_admin_url: SecretStr = Field(
        description="PostgreSQL as an administrator, as postgresql+asyncpg://USER:PASSWORD@HOST/DB"
    )
    database_url: SecretStr = Field(
        description="PostgreSQL as the service's own role; its password becomes the role's"
    )


async def migrate(chosen: MigrateSettings, name: str, versions: Path) -> None:
    """Make database, role and schema of service ``name``; bring the schema to the newest version.

    ``versions`` is the folder of its migrations. May be repeated.
    """
    own = chosen.database_url.get_secret_value()
    admin = chosen.database_admin_url.get_secret_value()
    await migrations.ensure_database(admin)
    await migrations.provision(admin, name, make_url(own).password or "")
    await migrations.upgrade(own, _schema(name), versions)


def main(
    name: str,
    purpose: str | None,
    kind: type[_Settings],
    run: Callable[[_Settings, asyncio.Event], Awaitable[None]],
    versions: Path,
) -> None:
    """Serve service ``name`` until stopped, or migrate; ``purpose`` is what ``--help`` says."""
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{_schema(name)}", description=purpose
    )
    parser.add_argument("command", nargs="?", choices=("run", "migrate"), default="run")
    if parser.parse_args().command == "migrate":
        asyncio.run(migrate(settings.load(MigrateSettings), name, versions))
        return
    chosen = settings.load(kind)

    async def serve(stop: asyncio.Event) -> None:
        await run(chosen, stop)

    service.run(serve)


def _schema(name: str) -> str:
    """Return a service's schema, which is named as its package is."""
    return name.replace("-", "_")
