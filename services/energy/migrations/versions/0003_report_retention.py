"""Retention of reports: what finds those that changed long ago; settlements found by their unit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    op.create_index(
        "openadr_reports_by_change",
        "openadr_objects",
        ["change_time", "object_id"],
        postgresql_where=sa.text("kind = 'reports'"),
    )
    op.create_index(
        "documents_reports_by_time",
        "documents",
        ["create_time"],
        postgresql_where=sa.text("kind = 'demand-response-report'"),
    )
    # A settlement is named EVENT/units/UNIT, an event demandResponseEvents/ID.
    op.create_index(
        "documents_settlements_of",
        "documents",
        [sa.text("split_part(name, '/', 4)"), "name"],
        postgresql_where=sa.text("kind = 'settlement' AND parent = ''"),
    )


def downgrade() -> None:
    """Refuse: accounts of energy are not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
