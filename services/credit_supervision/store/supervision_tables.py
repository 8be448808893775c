"""Tables of successions, grades, signals, statistics, emergencies, recognitions and changes."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.store.tables import metadata


def _keys(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text) for name in names]


successions: Final = sa.Table(
    "successions",
    metadata,
    *_keys("succession_id"),
    *_texts("predecessor", "successor", "sha256"),
    sa.Column("kind", sa.SmallInteger),
    sa.Column("day", sa.Date),
)

grades: Final = sa.Table(
    "grades",
    metadata,
    *_keys("code", "scheme"),
    sa.Column("letter", sa.SmallInteger),
    sa.Column("day", sa.Date),
    sa.Column("valid_to", sa.Date),
    *_texts("sha256"),
    sa.Column("received", sa.DateTime(timezone=True)),
)

signal_counts: Final = sa.Table(
    "signal_counts",
    metadata,
    *_keys("version", "item"),
    sa.Column("bin", sa.Integer, primary_key=True),
    *_keys("month"),
    sa.Column("count", sa.BigInteger),
)

signal_alarms: Final = sa.Table("signal_alarms", metadata, *_keys("version", "item", "month"))

statistic_cells: Final = sa.Table(
    "statistic_cells",
    metadata,
    *_keys("statistic", "row", "column"),
    sa.Column("count", sa.BigInteger),
)

emergencies: Final = sa.Table(
    "emergencies",
    metadata,
    *_keys("emergency_id"),
    sa.Column("places", postgresql.JSONB),
    *_texts("ground", "warning", "version"),
    sa.Column("began", sa.DateTime(timezone=True)),
    sa.Column("ended", sa.DateTime(timezone=True)),
    sa.Column("state", sa.SmallInteger),
    sa.Column("clues", sa.BigInteger),
)

clue_extensions: Final = sa.Table(
    "clue_extensions",
    metadata,
    *_keys("clue_id", "emergency_id"),
    sa.Column("days", sa.Integer),
    sa.Column("due", sa.Date),
)

recognitions: Final = sa.Table(
    "recognitions",
    metadata,
    *_keys("recognition_id"),
    sa.Column("content", postgresql.JSONB),
)

changes: Final = sa.Table(
    "changes",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True),
    *_texts("kind", "key"),
)

change_counter: Final = sa.Table(
    "change_counter",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True),
    sa.Column("number", sa.BigInteger),
)
