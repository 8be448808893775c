"""What operators say, in PostgreSQL: the contract's messages, with columns to look by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.fleet.enrolment_store import metadata
from tianfu.fleet.v1 import control_plane_pb2 as pb

WANTED_AT_ONCE: Final = 200

objects: Final = sa.Table(
    "control_plane_objects",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    # Whether somebody wants something of it that is not settled.
    sa.Column("is_wanted", sa.Boolean, nullable=False),
)


class ControlPlaneRows:
    """See ``ports.ControlPlane``."""

    def __init__(self, connection: sa.Connection, *, hold: bool) -> None:
        self._connection = connection
        self._hold = hold

    def rollout(self, name: str) -> pb.Rollout | None:
        """Return a rollout; if this transaction writes, hold it until the end."""
        body = self._body(name)
        return None if body is None else pb.Rollout.FromString(body)

    def pool(self, name: str) -> pb.Pool | None:
        """Return a pool."""
        body = self._body(name)
        return None if body is None else pb.Pool.FromString(body)

    def put_rollout(self, operator: str, rollout: pb.Rollout) -> None:
        """Store a rollout as an operator says it is; "" leaves whose it is as it was."""
        is_wanted = rollout.steering.state == pb.STEERING_STATE_PENDING
        self._put("rollouts", operator, rollout, is_wanted=is_wanted)

    def put_pool(self, operator: str, pool: pb.Pool) -> None:
        """Store a pool as an operator says it is."""
        self._put("pools", operator, pool, is_wanted=False)

    def keep_only(self, operator: str, names: AbstractSet[str]) -> None:
        """Forget what else an operator said."""
        statement = sa.delete(objects).where(
            objects.c.operator == operator, objects.c.name.not_in(names)
        )
        self._connection.execute(statement)

    def wanted(self, operator: str) -> Sequence[pb.Rollout]:
        """Return name and steering of rollouts of which somebody wants something."""
        query = (
            sa.select(objects.c.body)
            .where(objects.c.operator == operator, objects.c.is_wanted)
            .order_by(objects.c.name)
            .limit(WANTED_AT_ONCE)
        )
        found = [pb.Rollout.FromString(body) for body in self._connection.execute(query).scalars()]
        return [pb.Rollout(name=one.name, steering=one.steering) for one in found]

    def page(self, kind: str, after: str, limit: int) -> Sequence[bytes]:
        """Return objects of a kind (rollouts, pools) after a name, in order of name."""
        query = (
            sa.select(objects.c.body)
            .where(objects.c.kind == kind, objects.c.name > after)
            .order_by(objects.c.name)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def told_by(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return which operator told of each, by name; who is unknown is left out."""
        query = sa.select(objects.c.name, objects.c.operator).where(objects.c.name.in_(names))
        return {row.name: row.operator for row in self._connection.execute(query)}

    def _body(self, name: str) -> bytes | None:
        query = sa.select(objects.c.body).where(objects.c.name == name)
        if self._hold:
            query = query.with_for_update()
        found: bytes | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def _put(
        self, kind: str, operator: str, message: pb.Rollout | pb.Pool, *, is_wanted: bool
    ) -> None:
        statement = postgresql.insert(objects).values(
            name=message.name,
            kind=kind,
            operator=operator,
            body=message.SerializeToString(deterministic=True),
            is_wanted=is_wanted,
        )
        new = statement.excluded
        changed = {"body": new.body, "is_wanted": new.is_wanted}
        if operator:
            changed["operator"] = new.operator
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[objects.c.name], set_=changed)
        )
