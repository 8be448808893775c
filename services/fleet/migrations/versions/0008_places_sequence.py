"""How far the bucket had come that knows all nodes' places: one that was put back is told again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number; 0 is below any bucket's, so the one that there is is not told again."""
    op.add_column(
        "told_places",
        sa.Column("last_sequence", sa.BigInteger, nullable=False, server_default="0"),
    )


def downgrade() -> None:
    """Refuse: a fleet's register is not changed back by a command."""
    raise NotImplementedError("restore a backup instead")
