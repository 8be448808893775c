"""Sessions of browsers, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.plumbing import audit

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make everything. Later versions change it; this one never changes again."""
    op.create_table(
        "sessions",
        # SHA-256 of what the browser holds: who reads the table can't use it.
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("shown_name", sa.Text, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("access_token", sa.Text, nullable=False),
        sa.Column("access_expire_time", _TIME, nullable=False),
        sa.Column("refresh_token", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("seen_time", _TIME, nullable=False),
    )
    op.create_index("sessions_seen", "sessions", ["seen_time"])
    audit.create(op.get_bind())


def downgrade() -> None:
    """Refuse: an audit log is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
