"""The inbox: which messages have had their effect, in the transaction of the effect.

JetStream's duplicate window is minutes; a message may come again after days. A row for each
message, written with its effect, makes the second delivery find it and do nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

KEPT: Final = timedelta(days=35)
"""Age at which rows go. A node may be offline for a month and then send again."""

PRUNE_ROWS: Final = 10_000
"""Deleted at once, so that pruning holds nobody up."""

_metadata: Final = sa.MetaData()
table: Final = sa.Table(
    "inbox",
    _metadata,
    sa.Column("consumer", sa.Text, primary_key=True),
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column(
        "receive_time",
        sa.DateTime(timezone=True),
        nullable=False,
        server_default=sa.func.now(),
        index=True,
    ),
)
"""Found by the connection's search path: each service has one in its schema."""


def create(connection: sa.Connection) -> None:
    """Make the table in the connection's schema, if it is not there: for migrations."""
    table.create(connection, checkfirst=True)


def first_time(connection: sa.Connection, consumer: str, message_id: str) -> bool:
    """Enter a message; return False when it has had its effect already."""
    statement = (
        postgresql.insert(table)
        .values(consumer=consumer, message_id=message_id)
        .on_conflict_do_nothing()
        .returning(table.c.message_id)
    )
    return connection.execute(statement).one_or_none() is not None


def prune(connection: sa.Connection, now: datetime, kept: timedelta = KEPT) -> int:
    """Delete rows that are older than ``kept``, a bounded number; return how many."""
    old = (
        sa.select(table.c.consumer, table.c.message_id)
        .where(table.c.receive_time < now - kept)
        .limit(PRUNE_ROWS)
    )
    statement = (
        sa.delete(table)
        .where(sa.tuple_(table.c.consumer, table.c.message_id).in_(old))
        .returning(table.c.message_id)
    )
    return len(connection.execute(statement).all())
