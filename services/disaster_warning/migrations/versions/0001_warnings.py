"""Warnings, bulletins, receipts, earthquakes; the log of changes, requests, outbox and inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.plumbing import inbox, outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make everything. Later versions change it; this one never changes again."""
    _warnings()
    _bulletins()
    _receipts()
    _earthquakes()
    _log()
    outbox.create(op.get_bind())
    inbox.create(op.get_bind())


def _warnings() -> None:
    op.create_table(
        "warnings",
        sa.Column("warning_id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("event_code", sa.Text, nullable=False),
        sa.Column("colour", sa.SmallInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("earthquake_id", sa.Text, nullable=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("places", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("update_time", TIME, nullable=False),
        sa.Column("end_time", TIME, nullable=True),
        sa.Column("holds_until", TIME, nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        # One warning of an earthquake.
        sa.UniqueConstraint("channel", "earthquake_id"),
    )
    op.create_index("warnings_latest", "warnings", ["create_time", "warning_id"])
    op.create_index("warnings_places", "warnings", ["places"], postgresql_using="gin")
    op.create_index(
        "warnings_end", "warnings", ["end_time"], postgresql_where=sa.text("end_time IS NOT NULL")
    )
    op.create_table(
        "warning_steps",
        sa.Column("warning_id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("from_state", sa.SmallInteger, nullable=False),
        sa.Column("to_state", sa.SmallInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("step_time", TIME, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "warning_versions",
        sa.Column("warning_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("notice_type", sa.SmallInteger, nullable=False),
        sa.Column("cap_identifier", sa.Text, nullable=False, unique=True),
        sa.Column("cap_xml", sa.LargeBinary, nullable=False),
        sa.Column("send_time", TIME, nullable=False),
        sa.Column("expire_time", TIME, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.Column("counties", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("notices", postgresql.ARRAY(sa.LargeBinary), nullable=False),
        sa.Column("rule_versions", postgresql.ARRAY(sa.Text), nullable=False),
    )


def _bulletins() -> None:
    op.create_table(
        "county_notices",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("county", sa.Text, primary_key=True),
        sa.Column("warning_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("notice", sa.LargeBinary, nullable=False),
        sa.Column("expire_time", TIME, nullable=False, index=True),
    )
    op.create_index("county_notices_warning", "county_notices", ["warning_id"])
    op.create_table(
        "bulletins",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("county", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("published_revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "calls",
        sa.Column("warning_id", sa.Text, primary_key=True),
        sa.Column("county", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("due_time", TIME, nullable=True),
    )
    op.create_index(
        "calls_due", "calls", ["due_time"], postgresql_where=sa.text("due_time IS NOT NULL")
    )


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("warning_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("sink", sa.SmallInteger, primary_key=True),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("county", sa.Text, nullable=False),
        sa.Column("event_time", TIME, nullable=False),
        sa.Column("receive_time", TIME, nullable=False),
        sa.Column("delivery_time", TIME, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "reporting_nodes",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("county", sa.Text, nullable=False, index=True),
        sa.Column("report_time", TIME, nullable=False),
    )


def _earthquakes() -> None:
    op.create_table(
        "earthquakes",
        sa.Column("earthquake_id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("solution", sa.LargeBinary, nullable=False),
        sa.Column("origin_time", TIME, nullable=False),
        sa.Column("magnitude", sa.Double, nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("update_time", TIME, nullable=False),
        sa.Column("warning_id", sa.Text, nullable=False),
    )
    op.create_index("earthquakes_latest", "earthquakes", ["origin_time", "earthquake_id"])
    op.create_table(
        "solutions",
        sa.Column("earthquake_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("solve_time", TIME, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "earthquake_picks",
        # One pick, one earthquake.
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("station", sa.Text, primary_key=True),
        sa.Column("pick_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("earthquake_id", sa.Text, nullable=False),
    )


def _log() -> None:
    op.create_table(
        "cap_imports",
        sa.Column("sender", sa.Text, primary_key=True),
        sa.Column("identifier", sa.Text, primary_key=True),
        sa.Column("sent", TIME, primary_key=True),
        sa.Column("warning_id", sa.Text, nullable=False),
        sa.Column("import_time", TIME, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("create_time", TIME, nullable=False, index=True),
    )
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("warning_id", sa.Text, nullable=False),
        sa.Column("change_time", TIME, nullable=False),
    )
    counter = op.create_table(
        "change_counter",
        sa.Column("only", sa.Boolean, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counter, [{"only": True, "number": 0}])


def downgrade() -> None:
    """Refuse: the record of what people were warned of is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
