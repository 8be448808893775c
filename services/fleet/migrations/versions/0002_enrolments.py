"""The identities of nodes: enrolments, one-time tokens, keys that were turned out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "enrolments",
        sa.Column("node_id", sa.Text, primary_key=True),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("previous_key", sa.Text, nullable=False),
        sa.Column("enrol_time", time, nullable=True),
        sa.Column("renew_time", time, nullable=True),
        sa.Column("expire_time", time, nullable=True),
        sa.Column("revoke_time", time, nullable=True),
        sa.Column("revoke_cause", sa.Text, nullable=False),
    )
    op.create_table(
        "enrolment_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("node_id", sa.Text, nullable=False),
        sa.Column("expire_time", time, nullable=False, index=True),
        sa.Column("public_key", sa.Text, nullable=False),
    )
    op.create_table(
        "turned_out_keys",
        sa.Column("public_key", sa.Text, primary_key=True),
        sa.Column("node_id", sa.Text, nullable=False, index=True),
        sa.Column("revoke_time", time, nullable=False, index=True),
        sa.Column("applied", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Refuse: who was turned out must not come back by a command."""
    raise NotImplementedError("restore a backup instead")
