"""The register, draws with their texts, visits and findings, clues, audit log, outbox and inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.plumbing import audit, inbox, outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make everything. Later versions change it; this one never changes again."""
    op.create_table(
        "entities",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("risk_class", sa.SmallInteger, nullable=False),
        sa.Column("successor", sa.Text, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
    )
    # text_pattern_ops: a place is looked for by its first digits, whatever the database's locale.
    op.create_index(
        "entities_place", "entities", ["place"], postgresql_ops={"place": "text_pattern_ops"}
    )
    _draws()
    op.create_table(
        "clues",
        sa.Column("clue_id", sa.Text, primary_key=True),
        sa.Column("source", sa.SmallInteger, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("received", _TIME, nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("evidence", postgresql.JSONB, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("steps", postgresql.JSONB, nullable=False),
        sa.Column("recognised_by", postgresql.JSONB, nullable=False),
    )
    op.create_index("clues_about", "clues", ["code", "matter"])
    op.create_index("clues_due", "clues", ["due", "clue_id"])
    op.create_table(
        "clue_reports",
        sa.Column("report_id", sa.Text, primary_key=True),
        sa.Column("clue_id", sa.Text, nullable=False),
    )
    audit.create(op.get_bind())
    outbox.create(op.get_bind())
    inbox.create(op.get_bind())


def _draws() -> None:
    op.create_table(
        "draws",
        sa.Column("draw_id", sa.Text, primary_key=True),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("commitment", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("declared", _TIME, nullable=False),
        sa.Column("entities", sa.Integer, nullable=False),
        sa.Column("round", sa.BigInteger, nullable=True),
        sa.Column("commitments", postgresql.JSONB, nullable=False),
        sa.Column("nonces", postgresql.JSONB, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.Column("published", _TIME, nullable=True),
        sa.Column("named", postgresql.JSONB, nullable=False),
    )
    op.create_table(
        "draw_texts",
        sa.Column("draw_id", sa.Text, primary_key=True),
        sa.Column("declaration", sa.Text, nullable=False),
        sa.Column("bundle", sa.LargeBinary, nullable=True),
    )
    op.create_table(
        "inspections",
        sa.Column("draw_id", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("stratum", sa.Text, nullable=False),
        sa.Column("inspectors", postgresql.JSONB, nullable=False),
    )
    op.create_table(
        "findings",
        sa.Column("draw_id", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("badge", sa.Text, nullable=False),
        sa.Column("outcome", sa.SmallInteger, nullable=False),
        sa.Column("matters", postgresql.JSONB, nullable=False),
        sa.Column("form_sha256", sa.Text, nullable=False),
        sa.Column("found", _TIME, nullable=False),
    )


def downgrade() -> None:
    """Refuse: what a court may ask for is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
