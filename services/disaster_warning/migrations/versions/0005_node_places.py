"""Where nodes stand is the fleet's word; what counts for no county is kept apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column; what was counted stays so. Nodes' own word is dropped."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "node_places",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("county", sa.Text, nullable=False),
        sa.Column("change_time", time, nullable=False),
        sa.Column("previous_county", sa.Text, nullable=False),
    )
    op.add_column("receipts", sa.Column("apart", sa.Text, nullable=False, server_default=""))
    op.alter_column("receipts", "apart", server_default=None)
    op.create_index("receipts_apart", "receipts", ["node"], postgresql_where=sa.text("apart <> ''"))
    op.drop_column("reporting_nodes", "county")
    op.drop_column("reporting_nodes", "move_time")


def downgrade() -> None:
    """Refuse: the record of what people were warned of is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
