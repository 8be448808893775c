"""Keys of base stations' leaf servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "station_keys",
        sa.Column("public_key", sa.Text, primary_key=True),
        sa.Column("node_id", sa.Text, nullable=False, index=True),
        sa.Column("issue_time", time, nullable=False),
        sa.Column("expire_time", time, nullable=False),
        sa.Column("retire_time", time, nullable=True, index=True),
        sa.Column("is_former", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Refuse: who was turned out must not come back by a command."""
    raise NotImplementedError("restore a backup instead")
