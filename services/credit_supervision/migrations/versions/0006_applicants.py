"""An application for repair is decided by another person than who brought it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep who brought an application. Of earlier ones that is not known: empty."""
    op.add_column("repairs", sa.Column("applicant", sa.Text(), nullable=False, server_default=""))
