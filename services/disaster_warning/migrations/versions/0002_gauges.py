"""Gauges: what stands for each hazard and county, and what the watch keeps over a restart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the watch over gauges."""
    op.create_table(
        "hazard_standings",
        # One a hazard and county.
        sa.Column("hazard", sa.Text, primary_key=True),
        sa.Column("county", sa.Text, primary_key=True),
        sa.Column("colour", sa.SmallInteger, nullable=False),
        sa.Column("warning_id", sa.Text, nullable=False),
        sa.Column("renew_time", TIME, nullable=True),
    )
    op.create_table(
        "gauge_states",
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("save_time", TIME, nullable=False),
    )
    # It is compressed already: TOAST would only try again.
    op.execute("ALTER TABLE gauge_states ALTER COLUMN body SET STORAGE EXTERNAL")
    op.create_table(
        "gauge_journal",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("take_time", TIME, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Refuse: the record of what people were warned of is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
