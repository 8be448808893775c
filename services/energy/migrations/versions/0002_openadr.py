"""OpenADR 3: its objects, what VENs reported, what subscribers are still to be told, one key."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KEY_BYTES = 32


def upgrade() -> None:
    """Make the tables, and draw the key that access tokens are signed with."""
    op.create_table(
        "openadr_objects",
        sa.Column("object_id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("unique_name", sa.Text, nullable=True),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("program_id", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("change_time", TIME, nullable=False),
    )
    op.create_index(
        "openadr_names",
        "openadr_objects",
        ["kind", "unique_name"],
        unique=True,
        postgresql_where=sa.text("unique_name IS NOT NULL"),
    )
    op.create_index("openadr_in_order", "openadr_objects", ["kind", "number"])
    op.create_index("openadr_of_client", "openadr_objects", ["kind", "client_id"])
    op.create_index("openadr_of_parent", "openadr_objects", ["kind", "parent_id"])
    op.create_table(
        "openadr_notices",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("subscription_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_time", TIME, nullable=False),
        sa.Column("create_time", TIME, nullable=False),
    )
    op.create_index("openadr_notices_of", "openadr_notices", ["subscription_id", "url", "number"])
    op.create_table(
        "reported_usage",
        sa.Column("unit_id", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("slot", sa.BigInteger, primary_key=True),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("kwh", sa.Float, nullable=False),
    )
    op.create_index("reported_usage_at", "reported_usage", ["unit_id", "slot"])
    op.create_index("reported_usage_of", "reported_usage", ["report_id"])
    keys = op.create_table("openadr_keys", sa.Column("key", sa.LargeBinary, nullable=False))
    op.bulk_insert(keys, [{"key": secrets.token_bytes(KEY_BYTES)}])
    counters = sa.table("counters", sa.column("log", sa.Text), sa.column("number", sa.BigInteger))
    op.bulk_insert(
        counters,
        [{"log": "openadr_objects", "number": 0}, {"log": "openadr_notices", "number": 0}],
    )


def downgrade() -> None:
    """Refuse: accounts of energy are not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
