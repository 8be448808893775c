"""``python -m services.NAME [migrate]``: what is the same for every service with a database."""

from __future__ import annotations

import argparse
import asyncio
import importlib
from importlib.resources import files
from pathlib import Path
from typing import Protocol, TypeVar, cast

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from services.plumbing import migrations, service, settings

_Settings = TypeVar("_Settings", bound=BaseSettings)
_Given_contra = TypeVar("_Given_contra", bound=BaseSettings, contravariant=True)


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


async def migrate(chosen: MigrateSettings, package: str) -> None:
    """Make database, role and schema of a package's service, and the schema's newest version.

    The schema is named as the package is, and its migrations are in it. May be repeated.
    """
    own = chosen.database_url.get_secret_value()
    admin = chosen.database_admin_url.get_secret_value()
    schema = package.rpartition(".")[2]
    await migrations.ensure_database(admin)
    await migrations.provision(admin, schema.replace("_", "-"), make_url(own).password or "")
    versions = Path(str(files(package))) / "migrations"
    await migrations.upgrade(own, schema, versions)


class Build(Protocol[_Given_contra]):
    """Module ``build`` of a service's package."""

    async def run(self, chosen: _Given_contra, stop: asyncio.Event) -> None:
        """Serve until told to stop."""
        ...


def main(package: str, purpose: str | None, kind: type[_Settings]) -> None:
    """Serve the service of a package until stopped, or migrate; ``--help`` says ``purpose``.

    The service itself is read only to be served: to migrate takes a third of the time so.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=purpose)
    parser.add_argument("command", nargs="?", choices=("run", "migrate"), default="run")
    if parser.parse_args().command == "migrate":
        asyncio.run(migrate(settings.load(MigrateSettings), package))
        return
    chosen = settings.load(kind)
    build = cast("Build[_Settings]", importlib.import_module(f"{package}.build"))

    async def serve(stop: asyncio.Event) -> None:
        await build.run(chosen, stop)

    service.run(serve)
