"""Orders of an SpO2 scale."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "oxygen_scale_orders",
        sa.Column("patient_id", sa.Text, primary_key=True),
        sa.Column("order_id", sa.Text, primary_key=True),
        sa.Column("scale", sa.SmallInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("clinician", sa.Text, nullable=False),
        sa.Column("visit", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("oxygen_scale_orders_of", "oxygen_scale_orders", ["patient_id", "create_time"])


def downgrade() -> None:
    """Refuse: clinicians' orders are not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
