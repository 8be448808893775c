"""Which bucket was told of all nodes' places: one that is made anew is told again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; without a row, the bucket that there is is told once more."""
    op.create_table(
        "told_places",
        sa.Column("only", sa.Boolean, primary_key=True),
        sa.Column("bucket_time", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Refuse: a fleet's register is not changed back by a command."""
    raise NotImplementedError("restore a backup instead")
