"""Where the audit log begins, once the rule of retention has let go of what was before."""

from __future__ import annotations

from alembic import op

from services.plumbing import audit_retention

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    audit_retention.create(op.get_bind())


def downgrade() -> None:
    """Refuse: without it what is gone is not accounted for."""
    raise NotImplementedError("restore a backup instead")
