"""``python -m services.energy``: the energy service, set by the environment.

``python -m services.energy migrate`` makes the database and the service's role and schema, as
an administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

import argparse
import asyncio

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from services.energy import build
from services.energy.settings import EnergySettings
from services.energy.store.tables import SCHEMA
from services.plumbing import migrations, service, settings


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


async def migrate(chosen: MigrateSettings) -> None:
    """Make database, role and schema, then bring the schema to the newest version."""
    own = chosen.database_url.get_secret_value()
    admin = chosen.database_admin_url.get_secret_value()
    await migrations.ensure_database(admin)
    await migrations.provision(admin, SCHEMA, make_url(own).password or "")
    await migrations.upgrade(own, SCHEMA, build.MIGRATIONS)


def main() -> None:
    """Serve until stopped, or migrate."""
    parser = argparse.ArgumentParser(prog="python -m services.energy", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("run", "migrate"), default="run")
    if parser.parse_args().command == "migrate":
        asyncio.run(migrate(settings.load(MigrateSettings)))
        return
    chosen = settings.load(EnergySettings)

    async def serve(stop: asyncio.Event) -> None:
        await build.run(chosen, stop)

    service.run(serve)


if __name__ == "__main__":
    main()
