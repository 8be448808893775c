"""Plans have the number of their last change, by which they are watched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the plans that there are have changed before every watch."""
    op.add_column("plans", sa.Column("number", sa.BigInteger, nullable=False, server_default="0"))
    op.alter_column("plans", "number", server_default=None)
    op.create_index("ix_plans_number", "plans", ["number"])


def downgrade() -> None:
    """Refuse: a fleet's register is not changed back by a command."""
    raise NotImplementedError("restore a backup instead")
