"""Nodes, plans, the log of changes, remembered requests, outbox and inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.plumbing import inbox, outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything. Later versions change it; this one never changes again."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "nodes",
        sa.Column("node_id", sa.Text, primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("node_class", sa.SmallInteger, nullable=False),
        sa.Column("place_code", sa.Text, nullable=False, index=True),
        sa.Column("labels", postgresql.JSONB, nullable=False),
        sa.Column("presence", sa.SmallInteger, nullable=False),
        sa.Column("presence_change_time", time, nullable=False),
        sa.Column("identity", sa.SmallInteger, nullable=False),
        sa.Column("agent_version", sa.Text, nullable=False),
        sa.Column("clock_offset_us", sa.BigInteger, nullable=True),
        sa.Column("create_time", time, nullable=False),
        sa.Column("update_time", time, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "plans",
        # No foreign key: the generation outlives the node.
        sa.Column("node_id", sa.Text, primary_key=True),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("report", sa.LargeBinary, nullable=False),
        sa.Column("update_time", time, nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("create_time", time, nullable=False, index=True),
    )
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("node_id", sa.Text, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("change_time", time, nullable=False),
    )
    counter = op.create_table(
        "change_counter",
        sa.Column("only", sa.Boolean, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counter, [{"only": True, "number": 0}])
    outbox.create(op.get_bind())
    inbox.create(op.get_bind())


def downgrade() -> None:
    """Refuse: a fleet's register is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
