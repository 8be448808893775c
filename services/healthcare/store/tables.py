"""The tables, as the migrations make them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

SCHEMA: Final = "healthcare"
metadata: Final = sa.MetaData(schema=SCHEMA)

_time: Final = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


patients: Final = sa.Table(
    "patients",
    metadata,
    sa.Column("patient_id", sa.Text, primary_key=True),
    *(
        _text(name)
        for name in (
            "assigner", "identifier", "family_name", "given_name", "birth_date", "sex",
            "facility", "ward", "room", "bed", "visit", "patient_class",
        )
    ),
    sa.Column("admitted", sa.Boolean, nullable=False),
    sa.Column("message_time", _time, nullable=False),
    sa.Column("create_time", _time, nullable=False),
    sa.Column("update_time", _time, nullable=False),
)  # fmt: skip

observations: Final = sa.Table(
    "observations",
    metadata,
    sa.Column("observation_id", sa.Text, primary_key=True),
    *(_text(name) for name in ("patient_id", "order", "code", "system", "unit", "word", "node")),
    sa.Column("number", sa.Float, nullable=True),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("observe_time", _time, nullable=False),
    sa.Column("create_time", _time, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

scores: Final = sa.Table(
    "scores",
    metadata,
    sa.Column("score_id", sa.Text, primary_key=True),
    *(_text(name) for name in ("patient_id", "rule_version", "band", "trend")),
    sa.Column("total", sa.SmallInteger, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("observe_time", _time, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
)

oxygen_scale_orders: Final = sa.Table(
    "oxygen_scale_orders",
    metadata,
    sa.Column("patient_id", sa.Text, primary_key=True),
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Column("scale", sa.SmallInteger, nullable=False),
    *(_text(name) for name in ("reason", "clinician", "visit", "request_id")),
    sa.Column("create_time", _time, nullable=False),
)

alerts: Final = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", sa.Text, primary_key=True),
    *(
        _text(name)
        for name in (
            "patient_id", "cause", "grade", "ladder", "rule_version", "told_role",
            "ladder_version", "clinician", "note",
        )
    ),
    sa.Column("kind", sa.SmallInteger, nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("step", sa.SmallInteger, nullable=False),
    sa.Column("open_time", _time, nullable=False),
    sa.Column("told_time", _time, nullable=False),
    sa.Column("answer_by", _time, nullable=True),
    sa.Column("close_time", _time, nullable=True),
)  # fmt: skip

changes: Final = sa.Table(
    "changes",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("alert_id"),
    sa.Column("change_time", _time, nullable=False),
)

# One row. Taking the next number locks it until the transaction ends, so numbers are committed in
# order and a watch never finds a lower one later. Only alerts take one: results do not wait here.
counter: Final = sa.Table(
    "change_counter",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

documents: Final = sa.Table(
    "documents",
    metadata,
    sa.Column("kind", sa.SmallInteger, primary_key=True),
    sa.Column("document_id", sa.Text, primary_key=True),
    *(_text(name) for name in ("parent", "label", "place", "cause", "request")),
    sa.Column("due_time", _time, nullable=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("create_time", _time, nullable=False),
    sa.Column("update_time", _time, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

# One row a resource: see store.documents.
marks: Final = sa.Table(
    "marks",
    metadata,
    sa.Column("kind", sa.SmallInteger, primary_key=True),
    sa.Column("resource_id", sa.Text, primary_key=True),
    _text("parent"),
    sa.Column("transaction", sa.BigInteger, nullable=False, server_default=sa.FetchedValue()),
    sa.Column("number", sa.BigInteger, nullable=False, server_default=sa.FetchedValue()),
)

vital_states: Final = sa.Table(
    "vital_states",
    metadata,
    sa.Column("patient_id", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("update_time", _time, nullable=False),
)

arrivals: Final = sa.Table(
    "arrivals",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("update_time", _time, nullable=False),
)

hangings: Final = sa.Table(
    "hangings",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("prefix", sa.Text, primary_key=True),
    sa.Column("since", _time, primary_key=True),
    sa.Column("patient_id", sa.Text, nullable=False),
)
