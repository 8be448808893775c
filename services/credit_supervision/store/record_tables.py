"""Tables of records, and of what is asked and decided about them."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.store.tables import metadata


def _key(name: str, kind: type[Any] = sa.Text) -> sa.Column[object]:
    return sa.Column(name, kind, primary_key=True)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _days(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Date) for name in names]


def _times(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True)) for name in names]


def _json(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, postgresql.JSONB) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer) for name in names]


records: Final = sa.Table(
    "records",
    metadata,
    _key("record_id"),
    *_texts("code", "matter", "department", "source_id", "source_sha256", "reason", "entered_by"),
    *_numbers("kind", "use", "revision"),
    *_days("day", "valid_to", "end", "look_on"),
    *_json("severities", "fields", "standing", "versions", "corrected_by"),
    *_times("created", "updated"),
)

record_lineages: Final = sa.Table(
    "record_lineages", metadata, _key("lineage"), *_texts("record_id")
)

tombstones: Final = sa.Table(
    "tombstones",
    metadata,
    _key("record_id"),
    *_days("ended"),
    *_texts("reason", "sha256", "entered_by"),
    *_numbers("revision"),
)

record_decisions: Final = sa.Table(
    "record_decisions",
    metadata,
    _key("record_id"),
    _key("number", sa.Integer),
    *_days("day", "end"),
    *_json("standing", "versions"),
    *_numbers("use"),
    *_texts("reason", "sha256"),
    *_times("decided"),
)

objections: Final = sa.Table(
    "objections",
    metadata,
    _key("objection_id"),
    *_texts("record_id", "ground", "raised_by", "version", "decider", "reason"),
    *_json("evidence"),
    *_times("raised", "decided"),
    *_days("decide_by"),
    *_numbers("state"),
)

repairs: Final = sa.Table(
    "repairs",
    metadata,
    _key("repair_id"),
    *_texts("record_id", "version", "applicant", "decider", "reason"),
    *_json("evidence", "receivers", "receipts"),
    *_times("applied", "decided", "withdraw_by"),
    *_days("decide_by"),
    *_numbers("state"),
)

rulings: Final = sa.Table(
    "rulings",
    metadata,
    _key("ruling_id"),
    *_texts("code", "court", "case_number"),
    *_numbers("effect"),
    *_json("records"),
    *_days("until"),
    *_times("entered"),
)

adverse_uses: Final = sa.Table(
    "adverse_uses",
    metadata,
    _key("adverse_use_id"),
    *_texts("record_id", "measure", "notice_sha256", "officer", "version", "decider", "reason"),
    *_times("noticed", "decided"),
    *_days("decide_from"),
    *_numbers("state"),
)

receivers: Final = sa.Table(
    "receivers",
    metadata,
    _key("receiver_id"),
    *_json("kinds"),
    *_texts("place", "purpose", "basis"),
    sa.Column("is_public", sa.Boolean),
    *_numbers("form"),
    sa.Column("key", sa.LargeBinary),
    *_times("entered"),
)

deliveries: Final = sa.Table(
    "deliveries",
    metadata,
    _key("receiver_id"),
    _key("number", sa.BigInteger),
    *_texts("record_id"),
    *_numbers("revision", "action"),
    *_times("sent", "due", "acknowledged", "told_late"),
)
