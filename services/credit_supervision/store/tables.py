"""Tables of credit supervision, as the newest migration leaves them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

SCHEMA: Final = "credit_supervision"
metadata: Final = sa.MetaData(schema=SCHEMA)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


entities: Final = sa.Table(
    "entities",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("risk_class", sa.SmallInteger, nullable=False),
    sa.Column("successor", sa.Text, nullable=False),
    _time("update_time"),
)

registrations: Final = sa.Table(
    "registrations",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
)

draws: Final = sa.Table(
    "draws",
    metadata,
    sa.Column("draw_id", sa.Text, primary_key=True),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("commitment", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    _time("declared"),
    sa.Column("entities", sa.Integer, nullable=False),
    sa.Column("round", sa.BigInteger, nullable=True),
    sa.Column("commitments", postgresql.JSONB, nullable=False),
    sa.Column("nonces", postgresql.JSONB, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("visits", sa.Integer, nullable=False),
    _time("published", nullable=True),
    sa.Column("named", postgresql.JSONB, nullable=False),
    sa.Column("departments", postgresql.JSONB, nullable=False),
    sa.Column("declared_by", sa.Text, nullable=False),
    sa.Column("revealed_by", postgresql.JSONB, nullable=False),
    sa.Column("void_reason", sa.Text, nullable=False),
    _time("voided", nullable=True),
    sa.Column("weighting", sa.SmallInteger, nullable=False),
)

# Beside the draws, so that a list of draws reads none of a province's register.
draw_texts: Final = sa.Table(
    "draw_texts",
    metadata,
    sa.Column("draw_id", sa.Text, primary_key=True),
    sa.Column("declaration", sa.Text, nullable=False),
    sa.Column("bundle", sa.LargeBinary, nullable=True),
)

inspections: Final = sa.Table(
    "inspections",
    metadata,
    sa.Column("draw_id", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("stratum", sa.Text, nullable=False),
    sa.Column("inspectors", postgresql.JSONB, nullable=False),
)

findings: Final = sa.Table(
    "findings",
    metadata,
    sa.Column("draw_id", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("department", sa.Text, primary_key=True),
    sa.Column("badge", sa.Text, nullable=False),
    sa.Column("outcome", sa.SmallInteger, nullable=False),
    sa.Column("matters", postgresql.JSONB, nullable=False),
    sa.Column("form_sha256", sa.Text, nullable=False),
    _time("found"),
)

clues: Final = sa.Table(
    "clues",
    metadata,
    sa.Column("clue_id", sa.Text, primary_key=True),
    sa.Column("source", sa.SmallInteger, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("matter", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    _time("received"),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("evidence", postgresql.JSONB, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("reports", sa.Integer, nullable=False),
    sa.Column("steps", postgresql.JSONB, nullable=False),
    sa.Column("recognised_by", postgresql.JSONB, nullable=False),
    sa.Column("outcome", sa.SmallInteger, nullable=False),
)

clue_reports: Final = sa.Table(
    "clue_reports",
    metadata,
    sa.Column("report_id", sa.Text, primary_key=True),
    sa.Column("clue_id", sa.Text, nullable=False),
)
