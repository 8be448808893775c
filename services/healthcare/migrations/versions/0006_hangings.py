"""Whom monitors hung on, and since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; a monitor that hangs on somebody already has no row until it is moved."""
    op.create_table(
        "hangings",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("prefix", sa.Text, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("patient_id", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take the table away: readings are then those of whoever is there when they come."""
    op.drop_table("hangings")
