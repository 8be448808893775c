"""Who declared a draw and who revealed for it, which departments it is of, why it is void."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep them. Of earlier draws they are not known: empty."""
    for name, kind, empty in (
        ("departments", postgresql.JSONB(), "[]"),
        ("declared_by", sa.Text(), ""),
        ("revealed_by", postgresql.JSONB(), "{}"),
        ("void_reason", sa.Text(), ""),
    ):
        op.add_column("draws", sa.Column(name, kind, nullable=False, server_default=empty))
    op.add_column("draws", sa.Column("voided", sa.DateTime(timezone=True), nullable=True))
