"""Which batches of monitors' nodes have come; scores that were made too early are withdrawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, with room in its pages: each row is rewritten every second."""
    op.create_table(
        "arrivals",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute("ALTER TABLE arrivals SET (fillfactor = 50)")
    op.add_column(
        "scores", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Refuse: without the column, scores that were withdrawn would stand again."""
    raise NotImplementedError("restore a backup instead")
