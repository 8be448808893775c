"""The tables, as the migrations make them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

SCHEMA: Final = "energy"
metadata: Final = sa.MetaData(schema=SCHEMA)

_time: Final = sa.DateTime(timezone=True)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Float, nullable=False) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


# What is only kept and shown is kept as the message it is; what is computed with has columns.
documents: Final = sa.Table(
    "documents",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    *_texts("parent", "digest"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("create_time", _time, nullable=False),
)

units: Final = sa.Table(
    "units",
    metadata,
    sa.Column("unit_id", sa.Text, primary_key=True),
    *_texts("place_code", "credit_code"),
    sa.Column("designated", sa.Boolean, nullable=False),
    sa.Column("shut_time", _time, nullable=True),
)

meters: Final = sa.Table(
    "meters",
    metadata,
    sa.Column("unit_id", sa.Text, primary_key=True),
    sa.Column("meter_id", sa.Text, primary_key=True),
    *_texts("node", "series", "energy", "place", "upstream"),
    sa.Column("level", sa.SmallInteger, nullable=False),
    *_numbers("register_max", "capacity_kva", "multiplier"),
)

# 96 intervals of a meter: readings at their ends, energy, quality, restatements, as packed columns.
blocks: Final = sa.Table(
    "blocks",
    metadata,
    sa.Column("unit_id", sa.Text, primary_key=True),
    sa.Column("meter_id", sa.Text, primary_key=True),
    sa.Column("block", sa.BigInteger, primary_key=True),
    *(
        sa.Column(name, sa.LargeBinary, nullable=False)
        for name in ("marks", "kwh", "quality", "restated")
    ),
)

unit_blocks: Final = sa.Table(
    "unit_blocks",
    metadata,
    sa.Column("unit_id", sa.Text, primary_key=True),
    sa.Column("energy", sa.Text, primary_key=True),
    sa.Column("block", sa.BigInteger, primary_key=True),
    *_numbers("amount"),
    *_counts("unknown", "estimated", "version"),
)

restatements: Final = sa.Table(
    "restatements",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    *_texts("unit_id", "meter_id", "cause"),
    *_counts("slot", "version"),
    *_numbers("kwh_before", "kwh_after"),
    sa.Column("quality_before", sa.SmallInteger, nullable=False),
    sa.Column("quality_after", sa.SmallInteger, nullable=False),
    sa.Column("restate_time", _time, nullable=False),
)

total_restatements: Final = sa.Table(
    "total_restatements",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    *_texts("unit_id", "energy"),
    *_counts("block", "version"),
    *_numbers("amount_before", "amount_after"),
    sa.Column("restate_time", _time, nullable=False),
)

records: Final = sa.Table(
    "records",
    metadata,
    sa.Column("unit_id", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    *_texts("energy", "unit", "month"),
    *_numbers("amount", "ncv_kj"),
    sa.Column("sold", sa.Boolean, nullable=False),
)

quotas: Final = sa.Table(
    "quotas",
    metadata,
    sa.Column("unit_id", sa.Text, primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True),
    *_numbers("quota_tce", "used_tce"),
    sa.Column("told_stage", sa.SmallInteger, nullable=False),
    sa.Column("create_time", _time, nullable=False),
)

anomalies: Final = sa.Table(
    "anomalies",
    metadata,
    sa.Column("anomaly_id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    *_texts("unit_id"),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

assets: Final = sa.Table(
    "assets",
    metadata,
    sa.Column("asset_id", sa.Text, primary_key=True),
    *_texts("node", "place_code", "unit_id"),
    sa.Column("equipment", sa.SmallInteger, nullable=False),
)

orders: Final = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.Text, primary_key=True),
    *_counts("position", "generation"),
    *_texts("node", "asset_id", "cause", "scope"),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("expire_time", _time, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

order_changes: Final = sa.Table(
    "order_changes",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    *_texts("order_id"),
)

sheets: Final = sa.Table(
    "sheets",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    *_counts("revision"),
)

warnings: Final = sa.Table(
    "warnings",
    metadata,
    sa.Column("warning_id", sa.Text, primary_key=True),
    sa.Column("place_code", sa.Text, primary_key=True),
    *_counts("version"),
    sa.Column("exercise", sa.Boolean, nullable=False),
    sa.Column("expire_time", _time, nullable=False),
)

# An object of OpenADR 3 as JSON, with what it is found by; ``number`` is its place in lists.
openadr_objects: Final = sa.Table(
    "openadr_objects",
    metadata,
    sa.Column("object_id", sa.Text, primary_key=True),
    *_counts("number"),
    *_texts("kind", "client_id", "program_id", "parent_id", "digest", "content"),
    sa.Column("unique_name", sa.Text, nullable=True),
    sa.Column("create_time", _time, nullable=False),
    sa.Column("change_time", _time, nullable=False),
)

openadr_notices: Final = sa.Table(
    "openadr_notices",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    *_texts("subscription_id", "url", "body"),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_time", _time, nullable=False),
    sa.Column("create_time", _time, nullable=False),
)

openadr_keys: Final = sa.Table(
    "openadr_keys", metadata, sa.Column("key", sa.LargeBinary, primary_key=True)
)

reported_usage: Final = sa.Table(
    "reported_usage",
    metadata,
    sa.Column("unit_id", sa.Text, primary_key=True),
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("slot", sa.BigInteger, primary_key=True),
    *_texts("report_id"),
    *_numbers("kwh"),
)

# One row a log. Taking the next number locks it until the transaction ends, so numbers are
# committed in order and a watch never finds a lower one later.
counters: Final = sa.Table(
    "counters",
    metadata,
    sa.Column("log", sa.Text, primary_key=True),
    *_counts("number"),
)

LOGS: Final = (
    "restatements",
    "total_restatements",
    "anomalies",
    "orders",
    "openadr_objects",
    "openadr_notices",
)
