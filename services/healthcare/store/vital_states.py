"""States of monitors in PostgreSQL: one row a patient, written many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.healthcare.model import vital_state
from services.healthcare.store.tables import vital_states
from tianfu.scores.monitor import Watched


class VitalStateRows:
    """The part of a transaction that keeps what monitors said last."""

    _connection: sa.Connection

    def vital_states(self, patient_ids: Sequence[str]) -> Mapping[str, Watched]:
        """Return the states there are; hold them until the end, in order of patient."""
        columns = vital_states.c
        query = (
            sa.select(columns.patient_id, columns.body)
            .where(columns.patient_id.in_(patient_ids))
            .order_by(columns.patient_id)
            .with_for_update()
        )
        return {
            row.patient_id: vital_state.decode(bytes(row.body))
            for row in self._connection.execute(query)
        }

    def vital_state(self, patient_id: str) -> Watched | None:
        """Return a patient's state as it is, without holding it."""
        query = sa.select(vital_states.c.body).where(vital_states.c.patient_id == patient_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else vital_state.decode(bytes(row.body))

    def put_vital_states(self, states: Mapping[str, Watched], now: datetime) -> None:
        """Store states, in one statement of two arrays and in order of patient."""
        if not states:
            return
        ordered = sorted(states)
        source = (
            sa.func.unnest(
                sa.literal(ordered, postgresql.ARRAY(sa.Text)),
                sa.literal(
                    [vital_state.encode(states[each]) for each in ordered],
                    postgresql.ARRAY(sa.LargeBinary),
                ),
            )
            .table_valued("patient_id", "body")
            .render_derived()
        )
        statement = postgresql.insert(vital_states).from_select(
            ["patient_id", "body", "update_time"],
            sa.select(*source.c, sa.literal(now, sa.DateTime(timezone=True))),
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[vital_states.c.patient_id],
                set_={name: statement.excluded[name] for name in ("body", "update_time")},
            )
        )
