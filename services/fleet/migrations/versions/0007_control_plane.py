"""What operators say of rollouts and pools."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "control_plane_objects",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("is_wanted", sa.Boolean, nullable=False),
    )
    op.create_index("control_plane_objects_kind_name", "control_plane_objects", ["kind", "name"])


def downgrade() -> None:
    """Drop it: operators tell of all of it again."""
    op.drop_table("control_plane_objects")
