"""Where alembic begins: the connection and the schema come from ``migrations.upgrade``."""

from services.plumbing import migrations

migrations.run()
