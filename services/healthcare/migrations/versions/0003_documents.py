"""Documents (hospitals, recognitions, consultations, casualty plans), and the feed of changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "documents",
        sa.Column("kind", sa.SmallInteger, primary_key=True),
        sa.Column("document_id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("parent", "label", "place", "cause", "request")
        ),
        sa.Column("due_time", TIME, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("update_time", TIME, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("documents_of", "documents", ["kind", "parent", "create_time"])
    op.create_index("documents_labelled", "documents", ["kind", "label", "create_time"])
    op.create_index("documents_at", "documents", ["kind", "place"])
    for column in ("cause", "request"):
        op.create_index(
            f"documents_{column}",
            "documents",
            ["kind", column],
            unique=column == "request",
            postgresql_where=sa.text(f"{column} <> ''"),
        )
    op.create_index(
        "documents_due",
        "documents",
        ["kind", "due_time"],
        postgresql_where=sa.text("due_time IS NOT NULL"),
    )
    op.execute("CREATE SEQUENCE mark_numbers")
    op.create_table(
        "marks",
        sa.Column("kind", sa.SmallInteger, primary_key=True),
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("parent", sa.Text, nullable=False),
        sa.Column(
            "transaction",
            sa.BigInteger,
            nullable=False,
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
        ),
        sa.Column(
            "number",
            sa.BigInteger,
            nullable=False,
            server_default=sa.text("nextval('mark_numbers')"),
        ),
    )
    op.create_index("marks_in_order", "marks", ["kind", "transaction", "number"])


def downgrade() -> None:
    """Refuse: decisions and consents are not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
