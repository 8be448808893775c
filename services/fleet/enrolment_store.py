"""The identities of nodes in PostgreSQL: enrolments, one-time tokens, keys that were turned out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.fleet.enrolment import Enrolment, State, StoredToken
from services.fleet.stations import StationKey

SCHEMA: Final = "fleet"
metadata: Final = sa.MetaData(schema=SCHEMA)

TOKENS_FORGOTTEN_AT_ONCE: Final = 10_000
"""Deleted in one statement, so that nobody waits for it."""

_TIME: Final = sa.DateTime(timezone=True)

enrolments: Final = sa.Table(
    "enrolments",
    metadata,
    # No foreign key: whoever removes a node does not let its device in again by that.
    sa.Column("node_id", sa.Text, primary_key=True),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("previous_key", sa.Text, nullable=False),
    sa.Column("enrol_time", _TIME, nullable=True),
    sa.Column("renew_time", _TIME, nullable=True),
    sa.Column("expire_time", _TIME, nullable=True),
    sa.Column("revoke_time", _TIME, nullable=True),
    sa.Column("revoke_cause", sa.Text, nullable=False),
)

tokens: Final = sa.Table(
    "enrolment_tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("node_id", sa.Text, nullable=False),
    sa.Column("expire_time", _TIME, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
)

turned_out: Final = sa.Table(
    "turned_out_keys",
    metadata,
    sa.Column("public_key", sa.Text, primary_key=True),
    sa.Column("node_id", sa.Text, nullable=False),
    sa.Column("revoke_time", _TIME, nullable=False),
    sa.Column("applied", sa.Boolean, nullable=False),
)

station_keys: Final = sa.Table(
    "station_keys",
    metadata,
    sa.Column("public_key", sa.Text, primary_key=True),
    # No foreign key: what is signed outlives the node until NATS is told.
    sa.Column("node_id", sa.Text, nullable=False),
    sa.Column("issue_time", _TIME, nullable=False),
    sa.Column("expire_time", _TIME, nullable=False),
    sa.Column("retire_time", _TIME, nullable=True),
    sa.Column("is_former", sa.Boolean, nullable=False),
)


class EnrolmentRows:
    """See ``ports.Enrolments``."""

    def __init__(self, connection: sa.Connection, *, hold: bool) -> None:
        self._connection = connection
        self._hold = hold

    def of(self, node_id: str) -> Enrolment:
        """Return a node's enrolment."""
        query = sa.select(enrolments).where(enrolments.c.node_id == node_id)
        row = self._connection.execute(self._held(query)).mappings().one_or_none()
        if row is None:
            return Enrolment(node_id, State.NONE)
        return Enrolment(**{**row, "state": State(row["state"])})

    def put(self, enrolment: Enrolment) -> None:
        """Store a node's enrolment."""
        values = {
            "state": enrolment.state.value,
            "public_key": enrolment.public_key,
            "previous_key": enrolment.previous_key,
            "enrol_time": enrolment.enrol_time,
            "renew_time": enrolment.renew_time,
            "expire_time": enrolment.expire_time,
            "revoke_time": enrolment.revoke_time,
            "revoke_cause": enrolment.revoke_cause,
        }
        statement = postgresql.insert(enrolments).values(node_id=enrolment.node_id, **values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[enrolments.c.node_id], set_=values)
        )

    def token(self, digest: bytes) -> StoredToken | None:
        """Return a one-time token."""
        query = sa.select(tokens).where(tokens.c.digest == digest)
        row = self._connection.execute(self._held(query)).mappings().one_or_none()
        return None if row is None else StoredToken(**row)

    def put_token(self, token: StoredToken) -> None:
        """Store a token, or that it was used."""
        statement = postgresql.insert(tokens).values(
            digest=token.digest,
            node_id=token.node_id,
            expire_time=token.expire_time,
            public_key=token.public_key,
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[tokens.c.digest], set_={"public_key": token.public_key}
            )
        )

    def forget_tokens(self, before: datetime) -> int:
        """Forget tokens that ended before then, a bounded number; return how many."""
        old = (
            sa.select(tokens.c.digest)
            .where(tokens.c.expire_time < before)
            .limit(TOKENS_FORGOTTEN_AT_ONCE)
        )
        statement = sa.delete(tokens).where(tokens.c.digest.in_(old))
        return len(self._connection.execute(statement.returning(tokens.c.digest)).all())

    def forget_tokens_of(self, node_id: str) -> None:
        """Forget the tokens of a node that is removed."""
        self._connection.execute(sa.delete(tokens).where(tokens.c.node_id == node_id))

    def turn_out(self, node_id: str, public_key: str, when: datetime) -> None:
        """Note that no token of a key is good that was issued until then."""
        values = {"revoke_time": when, "applied": False}
        statement = postgresql.insert(turned_out).values(
            public_key=public_key, node_id=node_id, **values
        )
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[turned_out.c.public_key], set_=values)
        )

    def turned_out(self, after: datetime) -> Mapping[str, datetime]:
        """Return the keys turned out after a time, and when."""
        query = sa.select(turned_out.c.public_key, turned_out.c.revoke_time)
        rows = self._connection.execute(query.where(turned_out.c.revoke_time > after))
        return {row[0]: row[1] for row in rows}

    def pending(self) -> Sequence[str]:
        """Return the keys turned out of which NATS has not been told yet."""
        query = sa.select(turned_out.c.public_key).where(~turned_out.c.applied)
        return list(self._connection.execute(query).scalars())

    def applied(self, keys: Sequence[str]) -> None:
        """Note that NATS has been told."""
        statement = sa.update(turned_out).where(turned_out.c.public_key.in_(keys))
        self._connection.execute(statement.values(applied=True))

    def is_applied(self, node_id: str) -> bool:
        """Say whether NATS has been told of every key of a node that was turned out."""
        waiting = sa.select(turned_out.c.public_key).where(
            turned_out.c.node_id == node_id, ~turned_out.c.applied
        )
        return self._connection.execute(waiting.limit(1)).one_or_none() is None

    def station_keys(self, node_id: str) -> Sequence[StationKey]:
        """Return the keys of a station."""
        query = sa.select(station_keys).where(station_keys.c.node_id == node_id)
        rows = self._connection.execute(self._held(query.order_by(station_keys.c.public_key)))
        return [StationKey(**row) for row in rows.mappings()]

    def put_station_keys(self, keys: Sequence[StationKey]) -> None:
        """Store keys of stations."""
        statement = postgresql.insert(station_keys)
        names = [column.name for column in station_keys.c if not column.primary_key]
        changed = {name: statement.excluded[name] for name in names}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[station_keys.c.public_key], set_=changed
            ),
            [asdict(key) for key in keys],
        )

    def drop_station_key(self, public_key: str) -> None:
        """Forget a key of a station."""
        statement = sa.delete(station_keys).where(station_keys.c.public_key == public_key)
        self._connection.execute(statement)

    def due_station_keys(self, now: datetime, limit: int) -> Sequence[StationKey]:
        """Return keys of which older tokens are to be turned out by now."""
        query = sa.select(station_keys).where(station_keys.c.retire_time <= now)
        ordered = query.order_by(station_keys.c.public_key).limit(limit)
        rows = self._connection.execute(self._held(ordered)).mappings()
        return [StationKey(**row) for row in rows]

    def key_owner(self, public_key: str, *, beside: str) -> str | None:
        """Return whose key it is or was, None when nobody's or that one station's."""
        its_own = sa.select(station_keys.c.node_id).where(
            station_keys.c.public_key == public_key, station_keys.c.node_id == beside
        )
        if self._connection.execute(its_own).one_or_none() is not None:
            return None
        enrolled = sa.or_(
            enrolments.c.public_key == public_key, enrolments.c.previous_key == public_key
        )
        found = sa.union_all(
            sa.select(station_keys.c.node_id).where(station_keys.c.public_key == public_key),
            sa.select(turned_out.c.node_id).where(turned_out.c.public_key == public_key),
            sa.select(enrolments.c.node_id).where(enrolled),
        )
        owner: str | None = self._connection.execute(found.limit(1)).scalar_one_or_none()
        return owner

    def _held(self, query: sa.Select[tuple[object, ...]]) -> sa.Select[tuple[object, ...]]:
        return query.with_for_update() if self._hold else query
