"""The audit log: who asked which node about itself."""

from __future__ import annotations

from alembic import op

from services.plumbing import audit

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    audit.create(op.get_bind())


def downgrade() -> None:
    """Refuse: an audit log is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
