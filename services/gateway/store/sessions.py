"""Sessions in PostgreSQL: read, written and forgotten in transactions."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.gateway.model.session import AGE_MAX, IDLE_MAX, Session
from services.plumbing import audit
from services.plumbing.audit_chain import Entry

SCHEMA: Final = "gateway"
FORGET_ROWS: Final = 1_000

_TIME: Final = sa.DateTime(timezone=True)
_metadata: Final = sa.MetaData()
_sessions: Final = sa.Table(
    "sessions",
    _metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("subject", sa.Text),
    sa.Column("shown_name", sa.Text),
    sa.Column("roles", postgresql.ARRAY(sa.Text)),
    sa.Column("csrf", sa.Text),
    sa.Column("access_token", sa.Text),
    sa.Column("access_expire_time", _TIME),
    sa.Column("refresh_token", sa.Text),
    sa.Column("create_time", _TIME),
    sa.Column("seen_time", _TIME),
)


def find(connection: sa.Connection, digest: bytes) -> Session | None:
    """Return a session, None when there is none."""
    row = connection.execute(sa.select(_sessions).where(_sessions.c.digest == digest)).first()
    if row is None:
        return None
    fields = row._asdict()
    return Session(**{**fields, "digest": bytes(row.digest), "roles": tuple(row.roles)})


def open_session(connection: sa.Connection, session: Session) -> None:
    """Keep a new session, with its entry in the audit log."""
    values = {**session.__dict__, "roles": list(session.roles)}
    connection.execute(sa.insert(_sessions).values(**values))
    audit.append(
        connection,
        Entry(session.create_time, session.subject, "session.open", "sessions"),
    )


def renew(connection: sa.Connection, session: Session) -> None:
    """Keep a session's new tokens, and when it was seen."""
    connection.execute(
        sa.update(_sessions)
        .where(_sessions.c.digest == session.digest)
        .values(
            access_token=session.access_token,
            access_expire_time=session.access_expire_time,
            refresh_token=session.refresh_token,
            seen_time=session.seen_time,
        )
    )


def close(connection: sa.Connection, session: Session, now: datetime, action: str) -> None:
    """Forget a session, with an entry in the audit log."""
    gone = connection.execute(sa.delete(_sessions).where(_sessions.c.digest == session.digest))
    if gone.rowcount:
        audit.append(connection, Entry(now, session.subject, action, "sessions"))


def forget_old(connection: sa.Connection, now: datetime) -> int:
    """Forget sessions that are over, a thousand at a time; return how many."""
    over = sa.or_(_sessions.c.seen_time < now - IDLE_MAX, _sessions.c.create_time < now - AGE_MAX)
    old = sa.select(_sessions.c.digest).where(over).limit(FORGET_ROWS)
    return connection.execute(sa.delete(_sessions).where(_sessions.c.digest.in_(old))).rowcount


def note(connection: sa.Connection, entry: Entry) -> None:
    """Write an entry into the audit log."""
    audit.append(connection, entry)
