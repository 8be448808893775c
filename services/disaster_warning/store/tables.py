"""The tables of the schema ``disaster_warning``."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

SCHEMA: Final = "disaster_warning"
metadata: Final = sa.MetaData(schema=SCHEMA)

_TIME: Final = sa.DateTime(timezone=True)

warnings: Final = sa.Table(
    "warnings",
    metadata,
    sa.Column("warning_id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("event_code", sa.Text, nullable=False),
    sa.Column("colour", sa.SmallInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # One warning of an earthquake at the most.
    sa.Column("earthquake_id", sa.Text, nullable=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    # The counties' codes, and those of the prefectures and provinces that they lie in.
    sa.Column("places", postgresql.ARRAY(sa.Text), nullable=False),
    sa.Column("create_time", _TIME, nullable=False),
    sa.Column("update_time", _TIME, nullable=False),
    # When the timer ends it; NULL when it has ended.
    sa.Column("end_time", _TIME, nullable=True),
    sa.Column("holds_until", _TIME, nullable=True),
    # A serialised tianfu.disaster_warning.v1.Warning without its steps.
    sa.Column("body", sa.LargeBinary, nullable=False),
    # When its receipts were deleted; NULL while they are kept.
    sa.Column("receipts_forget_time", _TIME, nullable=True),
)

steps: Final = sa.Table(
    "warning_steps",
    metadata,
    sa.Column("warning_id", sa.Text, primary_key=True),
    # The warning's revision that the step made.
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("from_state", sa.SmallInteger, nullable=False),
    sa.Column("to_state", sa.SmallInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("step_time", _TIME, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

versions: Final = sa.Table(
    "warning_versions",
    metadata,
    sa.Column("warning_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("notice_type", sa.SmallInteger, nullable=False),
    sa.Column("cap_identifier", sa.Text, nullable=False, unique=True),
    sa.Column("cap_xml", sa.LargeBinary, nullable=False),
    sa.Column("send_time", _TIME, nullable=False),
    sa.Column("expire_time", _TIME, nullable=False),
    sa.Column("facts", sa.LargeBinary, nullable=False),
    # What each county was told, side by side.
    sa.Column("counties", postgresql.ARRAY(sa.Text), nullable=False),
    sa.Column("notices", postgresql.ARRAY(sa.LargeBinary), nullable=False),
    sa.Column("rule_versions", postgresql.ARRAY(sa.Text), nullable=False),
)

county_notices: Final = sa.Table(
    "county_notices",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("county", sa.Text, primary_key=True),
    sa.Column("warning_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("notice", sa.LargeBinary, nullable=False),
    sa.Column("expire_time", _TIME, nullable=False),
)

bulletins: Final = sa.Table(
    "bulletins",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("county", sa.Text, primary_key=True),
    # Greater than published_revision: due to be published.
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("published_revision", sa.BigInteger, nullable=False),
)

calls: Final = sa.Table(
    "calls",
    metadata,
    sa.Column("warning_id", sa.Text, primary_key=True),
    sa.Column("county", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("level", sa.SmallInteger, nullable=False),
    # When the next level is called; NULL when none is.
    sa.Column("due_time", _TIME, nullable=True),
)

receipts: Final = sa.Table(
    "receipts",
    metadata,
    sa.Column("warning_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("sink", sa.SmallInteger, primary_key=True),
    sa.Column("state", sa.SmallInteger, nullable=False),
    # The state's place in the order that it only moves forwards in.
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("county", sa.Text, nullable=False),
    sa.Column("event_time", _TIME, nullable=False),
    sa.Column("receive_time", _TIME, nullable=False),
    sa.Column("delivery_time", _TIME, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
    # Why it counts for no county; empty when it does.
    sa.Column("apart", sa.Text, nullable=False),
)

nodes: Final = sa.Table(
    "reporting_nodes",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("report_time", _TIME, nullable=False),
)

# Where the fleet has its nodes, as its bucket of places told.
places: Final = sa.Table(
    "node_places",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("county", sa.Text, nullable=False),
    sa.Column("change_time", _TIME, nullable=False),
    # Where it stood until then; empty when nothing is known of it.
    sa.Column("previous_county", sa.Text, nullable=False),
)

earthquakes: Final = sa.Table(
    "earthquakes",
    metadata,
    sa.Column("earthquake_id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("solution", sa.LargeBinary, nullable=False),
    sa.Column("origin_time", _TIME, nullable=False),
    sa.Column("magnitude", sa.Double, nullable=False),
    sa.Column("create_time", _TIME, nullable=False),
    sa.Column("update_time", _TIME, nullable=False),
    sa.Column("warning_id", sa.Text, nullable=False),
)

solutions: Final = sa.Table(
    "solutions",
    metadata,
    sa.Column("earthquake_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("solve_time", _TIME, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

# One pick, one earthquake: what makes a second warning of the same event impossible.
picks: Final = sa.Table(
    "earthquake_picks",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("station", sa.Text, primary_key=True),
    # Unsigned 64 bits, stored as the signed number of the same bits.
    sa.Column("pick_id", sa.BigInteger, primary_key=True),
    sa.Column("earthquake_id", sa.Text, nullable=False),
)

imports: Final = sa.Table(
    "cap_imports",
    metadata,
    sa.Column("sender", sa.Text, primary_key=True),
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("sent", _TIME, primary_key=True),
    sa.Column("warning_id", sa.Text, nullable=False),
    sa.Column("import_time", _TIME, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

requests: Final = sa.Table(
    "requests",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.LargeBinary, nullable=False),
    sa.Column("create_time", _TIME, nullable=False),
)

changes: Final = sa.Table(
    "changes",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("warning_id", sa.Text, nullable=False),
    sa.Column("change_time", _TIME, nullable=False),
)

# One row. Taking the next number locks it until the transaction ends, so numbers are committed in
# order and a reader never finds a lower one later: a sequence would not promise that.
counter: Final = sa.Table(
    "change_counter",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

# One a hazard and county: what makes a second open warning of the same weather impossible.
standings: Final = sa.Table(
    "hazard_standings",
    metadata,
    sa.Column("hazard", sa.Text, primary_key=True),
    sa.Column("county", sa.Text, primary_key=True),
    sa.Column("colour", sa.SmallInteger, nullable=False),
    sa.Column("warning_id", sa.Text, nullable=False),
    # When its warning needs a successor; NULL when people have ended it.
    sa.Column("renew_time", _TIME, nullable=True),
)

gauge_states: Final = sa.Table(
    "gauge_states",
    metadata,
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("save_time", _TIME, nullable=False),
)

# Readings since the states were saved.
gauge_journal: Final = sa.Table(
    "gauge_journal",
    metadata,
    # Numbered by the one who watches: a second one of the same number is somebody else's.
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("take_time", _TIME, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
