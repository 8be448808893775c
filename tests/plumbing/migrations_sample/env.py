"""Alembic's entry."""

from services.plumbing import migrations

migrations.run()
