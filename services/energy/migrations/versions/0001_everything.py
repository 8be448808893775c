"""Units, meters, their energy, orders, documents, audit log, outbox and inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from services.plumbing import audit, inbox, outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
LOGS = ("restatements", "total_restatements", "anomalies", "orders")


def key(*names: str) -> list[sa.Column[str]]:
    """Return columns of the primary key."""
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def texts(*names: str) -> list[sa.Column[str]]:
    """Return columns of text that are never null."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def numbers(*names: str) -> list[sa.Column[float]]:
    """Return columns of amounts."""
    return [sa.Column(name, sa.Float, nullable=False) for name in names]


def counts(*names: str) -> list[sa.Column[int]]:
    """Return columns of whole numbers."""
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def small(*names: str) -> list[sa.Column[int]]:
    """Return columns of codes."""
    return [sa.Column(name, sa.SmallInteger, nullable=False) for name in names]


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    """Return a column of a time."""
    return sa.Column(name, TIME, nullable=nullable)


def number_key(name: str) -> sa.Column[int]:
    """Return a column of numbers that are given out by the counter."""
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def packed(*names: str) -> list[sa.Column[bytes]]:
    """Return columns of bytes."""
    return [sa.Column(name, sa.LargeBinary, nullable=False) for name in names]


def upgrade() -> None:
    """Make everything. Later versions change it; this one never changes again."""
    op.create_table(
        "documents",
        *key("kind", "name"),
        *texts("parent", "digest"),
        *packed("body"),
        moment("create_time"),
    )
    op.create_index("documents_of", "documents", ["kind", "parent", "name"])
    op.create_table(
        "units",
        *key("unit_id"),
        *texts("place_code", "credit_code"),
        sa.Column("designated", sa.Boolean, nullable=False),
        moment("shut_time", nullable=True),
    )
    op.create_table(
        "meters",
        *key("unit_id", "meter_id"),
        *texts("node", "series", "energy", "place", "upstream"),
        *small("level"),
        *numbers("register_max", "capacity_kva", "multiplier"),
    )
    # Two meters that count one register would count its energy twice.
    op.create_index(
        "meters_series",
        "meters",
        ["node", "series"],
        unique=True,
        postgresql_where=sa.text("series <> ''"),
    )
    _energy()
    _orders()
    counter = op.create_table("counters", *key("log"), *counts("number"))
    op.bulk_insert(counter, [{"log": log, "number": 0} for log in LOGS])
    outbox.create(op.get_bind())
    inbox.create(op.get_bind())
    audit.create(op.get_bind())


def _energy() -> None:
    block = sa.Column("block", sa.BigInteger, primary_key=True)
    columns = packed("marks", "kwh", "quality", "restated")
    op.create_table("blocks", *key("unit_id", "meter_id"), block, *columns)
    op.create_index("blocks_at", "blocks", ["block"])
    op.create_table(
        "unit_blocks",
        *key("unit_id", "energy"),
        sa.Column("block", sa.BigInteger, primary_key=True),
        *numbers("amount"),
        *counts("unknown", "estimated", "version"),
    )
    op.create_index("unit_blocks_at", "unit_blocks", ["block"])
    op.create_table(
        "restatements",
        number_key("number"),
        *texts("unit_id", "meter_id", "cause"),
        *counts("slot", "version"),
        *numbers("kwh_before", "kwh_after"),
        *small("quality_before", "quality_after"),
        moment("restate_time"),
    )
    op.create_index("restatements_of", "restatements", ["unit_id", "meter_id", "slot"])
    op.create_table(
        "total_restatements",
        number_key("number"),
        *texts("unit_id", "energy"),
        *counts("block", "version"),
        *numbers("amount_before", "amount_after"),
        moment("restate_time"),
    )
    op.create_index("total_restatements_of", "total_restatements", ["unit_id", "number"])
    op.create_table(
        "records",
        *key("unit_id", "record_id"),
        *texts("energy", "unit", "month"),
        *numbers("amount", "ncv_kj"),
        sa.Column("sold", sa.Boolean, nullable=False),
    )
    op.create_table(
        "quotas",
        *key("unit_id"),
        sa.Column("year", sa.Integer, primary_key=True),
        *numbers("quota_tce", "used_tce"),
        *small("told_stage"),
        moment("create_time"),
    )
    op.create_table(
        "anomalies",
        *key("anomaly_id"),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        *texts("unit_id"),
        *packed("body"),
    )
    op.create_index("anomalies_of", "anomalies", ["unit_id", "number"])


def _orders() -> None:
    op.create_table(
        "assets",
        *key("asset_id"),
        *texts("node", "place_code", "unit_id"),
        *small("equipment"),
    )
    op.create_index("assets_in", "assets", ["place_code"])
    op.create_table(
        "orders",
        *key("order_id"),
        *counts("position", "generation"),
        *texts("node", "asset_id", "cause", "scope"),
        *small("state"),
        moment("expire_time"),
        *packed("body"),
    )
    op.create_index("orders_at", "orders", ["position"], unique=True)
    op.create_index("orders_of_node", "orders", ["node", "expire_time"])
    op.create_index("orders_of_cause", "orders", ["cause"])
    op.create_index("orders_of_asset", "orders", ["asset_id", "scope", "generation"])
    op.create_table("order_changes", number_key("number"), *texts("order_id"))
    op.create_table("sheets", *key("node"), *counts("revision"))
    op.create_table(
        "warnings",
        *key("warning_id", "place_code"),
        *counts("version"),
        sa.Column("exercise", sa.Boolean, nullable=False),
        moment("expire_time"),
    )


def downgrade() -> None:
    """Refuse: accounts of energy are not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
