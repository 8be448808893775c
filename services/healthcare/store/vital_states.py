"""What monitors said and which batches came, in PostgreSQL: a row each, written many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.healthcare.model import arrivals, vital_state
from services.healthcare.model.arrivals import Arrivals
from services.healthcare.model.vital_state import VitalState
from services.healthcare.store import tables
from services.healthcare.store.tables import vital_states
from tianfu.scores.monitor import Watched


class VitalStateRows:
    """The part of a transaction that keeps what monitors said last."""

    _connection: sa.Connection

    def vital_states(self, patient_ids: Sequence[str]) -> Mapping[str, VitalState]:
        """Return the states there are; hold them until the end, in order of patient."""
        found = self._bodies(vital_states, vital_states.c.patient_id, patient_ids)
        return {each: vital_state.decode(body) for each, body in found.items()}

    def vital_state(self, patient_id: str) -> Watched | None:
        """Return what a patient's monitor said last, without holding it."""
        query = sa.select(vital_states.c.body).where(vital_states.c.patient_id == patient_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else vital_state.decode(bytes(row.body)).watched

    def put_vital_states(self, states: Mapping[str, VitalState], now: datetime) -> None:
        """Store states."""
        bodies = {each: vital_state.encode(state) for each, state in states.items()}
        self._put_bodies(vital_states, vital_states.c.patient_id, bodies, now)

    def arrivals(self, nodes: Sequence[str]) -> Mapping[str, Arrivals]:
        """Return what is known of nodes; hold it until the end, in order of node."""
        found = self._bodies(tables.arrivals, tables.arrivals.c.node, nodes)
        return {each: arrivals.decode(body) for each, body in found.items()}

    def put_arrivals(self, arrived: Mapping[str, Arrivals], now: datetime) -> None:
        """Store which batches have come."""
        bodies = {each: arrivals.encode(known) for each, known in arrived.items()}
        self._put_bodies(tables.arrivals, tables.arrivals.c.node, bodies, now)

    def _bodies(
        self, table: sa.Table, key: sa.ColumnElement[str], wanted: Sequence[str]
    ) -> Mapping[str, bytes]:
        query = sa.select(key, table.c.body).where(key.in_(wanted)).order_by(key).with_for_update()
        return {own: bytes(body) for own, body in self._connection.execute(query)}

    def _put_bodies(
        self, table: sa.Table, key: sa.Column[str], bodies: Mapping[str, bytes], now: datetime
    ) -> None:
        """Store rows, in one statement of two arrays and in order of their keys."""
        if not bodies:
            return
        ordered = sorted(bodies)
        source = (
            sa.func.unnest(
                sa.literal(ordered, postgresql.ARRAY(sa.Text)),
                sa.literal([bodies[each] for each in ordered], postgresql.ARRAY(sa.LargeBinary)),
            )
            .table_valued("own", "body")
            .render_derived()
        )
        statement = postgresql.insert(table).from_select(
            [key.name, "body", "update_time"],
            sa.select(*source.c, sa.literal(now, sa.DateTime(timezone=True))),
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[key],
                set_={name: statement.excluded[name] for name in ("body", "update_time")},
            )
        )
