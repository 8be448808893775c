"""Since when a node says that it stands in another county than before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: NULL for a node that has never moved."""
    time = sa.DateTime(timezone=True)
    op.add_column("reporting_nodes", sa.Column("move_time", time, nullable=True))


def downgrade() -> None:
    """Refuse: the record of what people were warned of is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
