"""A schema of a service's own in a fresh database, with outbox, inbox and a table of effects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import make_url

from services.plumbing import migrations
from services.plumbing.postgres import Database

MIGRATIONS = Path(__file__).parent.parent / "plumbing" / "migrations_sample"
PASSWORD = "of-a-service"

metadata = sa.MetaData()
effects = sa.Table(
    "effects",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)


@dataclass
class Schema:
    """Where a service's schema is."""

    name: str
    url: str

    async def connect(self, **bounds: float) -> Database:
        """Return an open database with metrics of its own."""
        return await Database.connect(
            self.url,
            self.name,
            registry=CollectorRegistry(),
            **bounds,  # type: ignore[arg-type]
        )


def service_url(admin_url: str, service: str, password: str = PASSWORD) -> str:
    """Return the URL with which a service connects to the administrator's database."""
    url = make_url(admin_url).set(username=service, password=password)
    return url.render_as_string(hide_password=False)


async def make_schema(admin_url: str, service: str, folder: Path = MIGRATIONS) -> Schema:
    """Provision a service and bring its schema to the newest version."""
    await migrations.provision(admin_url, service, PASSWORD)
    name = service.replace("-", "_")  # as provision names role and schema
    schema = Schema(name, service_url(admin_url, name))
    await migrations.upgrade(schema.url, name, folder)
    return schema
