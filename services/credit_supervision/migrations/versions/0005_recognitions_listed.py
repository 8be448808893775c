"""Decisions about recognition are listed by entity, place and outcome, the latest first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = (
    ("code", sa.Text(), "content->'result'->>'code'"),
    ("receiver_place", sa.Text(), "content->>'receiver_place'"),
    ("outcome", sa.SmallInteger(), "(content->>'outcome')::smallint"),
    ("decided", sa.DateTime(timezone=True), "(content->>'decided')::timestamptz"),
)


def upgrade() -> None:
    """Put beside the content what is asked for. Later versions change it; this one never again."""
    for name, kind, _ in COLUMNS:
        op.add_column("recognitions", sa.Column(name, kind, nullable=True))
    stated = ", ".join(f"{name} = {source}" for name, _, source in COLUMNS)
    op.execute(f"UPDATE recognitions SET {stated}")  # noqa: S608 - names of this file alone
    for name, _, _ in COLUMNS:
        op.alter_column("recognitions", name, nullable=False)
    op.create_index(
        "recognitions_latest", "recognitions", [sa.text("decided DESC"), "recognition_id"]
    )
    op.create_index(
        "recognitions_about", "recognitions", ["code", sa.text("decided DESC"), "recognition_id"]
    )
