"""How a draw is weighted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep it. All earlier draws were even, 1 in the contract."""
    column = sa.Column("weighting", sa.SmallInteger(), nullable=False, server_default="1")
    op.add_column("draws", column)
    # When an entity was visited last.
    op.create_index("findings_code", "findings", ["code"])
