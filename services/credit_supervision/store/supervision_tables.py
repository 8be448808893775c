"""Tables of supervision: grades, signals, emergencies, recognitions, handhelds, monitors."""

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

recognitions: Final = sa.Table(
    "recognitions",
    metadata,
    *_keys("recognition_id"),
    sa.Column("content", postgresql.JSONB),
    *_texts("code", "receiver_place"),
    sa.Column("outcome", sa.SmallInteger),
    sa.Column("decided", sa.DateTime(timezone=True)),
)

entity_looks: Final = sa.Table(
    "entity_looks",
    metadata,
    *_texts("code", "actor"),
    sa.Column("at", sa.DateTime(timezone=True)),
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

rests: Final = sa.Table(
    "rests",
    metadata,
    *_keys("kind", "key", "emergency_id"),
    sa.Column("base", sa.Date),
    sa.Column("since", sa.DateTime(timezone=True)),
    sa.Column("days", sa.Integer),
)

handhelds: Final = sa.Table(
    "handhelds",
    metadata,
    *_keys("node"),
    *_texts("department", "badge", "public_key"),
    sa.Column("created", sa.DateTime(timezone=True)),
    sa.Column("state", sa.SmallInteger),
    sa.Column("retired", sa.DateTime(timezone=True)),
)

taken_forms: Final = sa.Table(
    "taken_forms",
    metadata,
    *_keys("draw_id", "code", "department"),
    *_texts("node"),
    sa.Column("form", sa.LargeBinary),
    sa.Column("signature", sa.LargeBinary),
    *_texts("public_key"),
    sa.Column("taken", sa.DateTime(timezone=True)),
)

monitoring_points: Final = sa.Table(
    "monitoring_points",
    metadata,
    *_keys("point_id"),
    *_texts("code", "matter", "place", "permit_sha256"),
    sa.Column("created", sa.DateTime(timezone=True)),
    *_texts("node", "series"),
    sa.Column("hour_mean_max", sa.Double),
    *_texts("hospital"),
    sa.Column("state", sa.SmallInteger),
)

monitored_hours: Final = sa.Table(
    "monitored_hours",
    metadata,
    *_keys("point_id"),
    sa.Column("hour", sa.BigInteger, primary_key=True),
    sa.Column("count", sa.BigInteger),
    sa.Column("total", sa.Double),
    sa.Column("is_judged", sa.Boolean),
)
