"""Retention: which warnings' receipts were deleted, and what finds the next that ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the index."""
    time = sa.DateTime(timezone=True)
    op.add_column("warnings", sa.Column("receipts_forget_time", time, nullable=True))
    op.create_index(
        "warnings_ended",
        "warnings",
        ["channel", "update_time"],
        postgresql_where=sa.text("end_time IS NULL"),
    )


def downgrade() -> None:
    """Refuse: the record of what people were warned of is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
