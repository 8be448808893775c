"""Outbox, inbox and a table of effects."""

import sqlalchemy as sa
from alembic import op

from services.plumbing import inbox, outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    outbox.create(op.get_bind())
    inbox.create(op.get_bind())
    op.create_table(
        "effects",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
