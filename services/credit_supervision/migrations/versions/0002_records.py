"""Records with their decisions and tombstones, objections, repairs, rulings, receivers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def upgrade() -> None:
    """Make the tables of records. Later versions change them; this one never changes again."""
    _records()
    _processes()
    op.create_table(
        "receivers",
        sa.Column("receiver_id", sa.Text, primary_key=True),
        sa.Column("kinds", postgresql.JSONB, nullable=False),
        *_text("place"),
        sa.Column("is_public", sa.Boolean, nullable=False),
        sa.Column("form", sa.SmallInteger, nullable=False),
        *_text("purpose", "basis"),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("entered", _TIME, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("receiver_id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        *_text("record_id"),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("action", sa.SmallInteger, nullable=False),
        sa.Column("sent", _TIME, nullable=False),
        sa.Column("due", _TIME, nullable=False),
        sa.Column("acknowledged", _TIME, nullable=True),
        sa.Column("told_late", _TIME, nullable=True),
    )
    op.create_index("deliveries_record", "deliveries", ["record_id", "receiver_id", "number"])
    op.create_index(
        "deliveries_due",
        "deliveries",
        ["due"],
        postgresql_where=sa.text("acknowledged IS NULL AND told_late IS NULL"),
    )


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("record_id", sa.Text, primary_key=True),
        *_text("code"),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        *_text("matter", "department", "source_id", "source_sha256"),
        sa.Column("severities", postgresql.JSONB, nullable=False),
        sa.Column("fields", postgresql.JSONB, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=True),
        sa.Column("standing", postgresql.JSONB, nullable=False),
        sa.Column("use", sa.SmallInteger, nullable=False),
        *_text("reason"),
        sa.Column("end", sa.Date, nullable=True),
        sa.Column("versions", postgresql.JSONB, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        *_text("entered_by"),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("updated", _TIME, nullable=False),
        sa.Column("look_on", sa.Date, nullable=True),
    )
    op.create_index("records_code", "records", ["code", "record_id"])
    op.create_index("records_look_on", "records", ["look_on"])
    op.create_table(
        "tombstones",
        sa.Column("record_id", sa.Text, primary_key=True),
        sa.Column("ended", sa.Date, nullable=False),
        *_text("reason", "sha256", "entered_by"),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "record_decisions",
        sa.Column("record_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("standing", postgresql.JSONB, nullable=False),
        sa.Column("use", sa.SmallInteger, nullable=False),
        *_text("reason"),
        sa.Column("end", sa.Date, nullable=True),
        sa.Column("versions", postgresql.JSONB, nullable=False),
        *_text("sha256"),
        sa.Column("decided", _TIME, nullable=False),
    )


def _processes() -> None:
    op.create_table(
        "objections",
        sa.Column("objection_id", sa.Text, primary_key=True),
        *_text("record_id", "ground"),
        sa.Column("evidence", postgresql.JSONB, nullable=False),
        sa.Column("raised", _TIME, nullable=False),
        *_text("raised_by"),
        sa.Column("decide_by", sa.Date, nullable=False),
        *_text("version"),
        sa.Column("state", sa.SmallInteger, nullable=False),
        *_text("decider", "reason"),
        sa.Column("decided", _TIME, nullable=True),
    )
    op.create_index("objections_due", "objections", ["decide_by", "objection_id"])
    op.create_table(
        "repairs",
        sa.Column("repair_id", sa.Text, primary_key=True),
        *_text("record_id"),
        sa.Column("applied", _TIME, nullable=False),
        sa.Column("decide_by", sa.Date, nullable=False),
        sa.Column("evidence", postgresql.JSONB, nullable=False),
        *_text("version"),
        sa.Column("state", sa.SmallInteger, nullable=False),
        *_text("decider", "reason"),
        sa.Column("decided", _TIME, nullable=True),
        sa.Column("withdraw_by", _TIME, nullable=True),
        sa.Column("receivers", postgresql.JSONB, nullable=False),
        sa.Column("receipts", postgresql.JSONB, nullable=False),
    )
    op.create_index("repairs_due", "repairs", ["decide_by", "repair_id"])
    op.create_index("repairs_record", "repairs", ["record_id"])
    op.create_table(
        "rulings",
        sa.Column("ruling_id", sa.Text, primary_key=True),
        *_text("code", "court", "case_number"),
        sa.Column("effect", sa.SmallInteger, nullable=False),
        sa.Column("records", postgresql.JSONB, nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("entered", _TIME, nullable=False),
    )
    op.create_table(
        "adverse_uses",
        sa.Column("adverse_use_id", sa.Text, primary_key=True),
        *_text("record_id", "measure", "notice_sha256"),
        sa.Column("noticed", _TIME, nullable=False),
        *_text("officer"),
        sa.Column("decide_from", sa.Date, nullable=False),
        *_text("version"),
        sa.Column("state", sa.SmallInteger, nullable=False),
        *_text("decider", "reason"),
        sa.Column("decided", _TIME, nullable=True),
    )


def downgrade() -> None:
    """Refuse: what a court may ask for is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
