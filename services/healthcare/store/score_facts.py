"""What the scores of many patients are made of, each sort in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.healthcare.model import vitals
from services.healthcare.model.documents import Kind
from services.healthcare.model.oxygen import OxygenScale, OxygenScaleOrder
from services.healthcare.model.records import Patient, Status, StoredScore
from services.healthcare.model.vitals import Vital
from services.healthcare.store.documents import DocumentRows
from services.healthcare.store.tables import (
    observations,
    oxygen_scale_orders,
    patients,
    scores,
)


class ScoreFactRows(DocumentRows):
    """The part of a transaction that scores many at once."""

    def patients_of(self, ids: Sequence[str]) -> Mapping[str, Patient]:
        """Return patients by id; if this transaction writes, hold them, in order."""
        query = (
            sa.select(patients)
            .where(patients.c.patient_id == sa.any_(_array(ids)))
            .order_by(patients.c.patient_id)
        )
        if self._hold:
            query = query.with_for_update()
        rows = self._connection.execute(query).mappings()
        return {row["patient_id"]: Patient(**row) for row in rows}

    def oxygen_orders_of(self, ids: Sequence[str]) -> Mapping[str, Sequence[OxygenScaleOrder]]:
        """Return patients' orders, the latest first."""
        columns = oxygen_scale_orders.c
        query = (
            sa.select(oxygen_scale_orders)
            .where(columns.patient_id == sa.any_(_array(ids)))
            .order_by(columns.create_time.desc(), columns.order_id.desc())
        )
        found: dict[str, list[OxygenScaleOrder]] = {}
        for row in self._connection.execute(query).mappings():
            order = OxygenScaleOrder(**{**row, "scale": OxygenScale(row["scale"])})
            found.setdefault(order.patient_id, []).append(order)
        return found

    def vitals_of(
        self, ids: Sequence[str], after: datetime, until: datetime
    ) -> Mapping[str, Sequence[Vital]]:
        """Return patients' results that a score looks at, monitors' aside."""
        columns = observations.c
        query = sa.select(
            columns.patient_id,
            columns.code,
            columns.number,
            columns.unit,
            columns.word,
            columns.observe_time,
        ).where(
            columns.patient_id == sa.any_(_array(ids)),
            columns.system == vitals.LOINC,
            columns.code.in_(sorted(vitals.CODES)),
            columns.observe_time > after,
            columns.observe_time <= until,
            columns.status != int(Status.CANCELLED),
        )
        found: dict[str, list[Vital]] = {}
        for patient_id, *row in self._connection.execute(query):
            found.setdefault(patient_id, []).append(Vital(*row))
        return found

    def scores_before(
        self, moments: Mapping[str, datetime], within: timedelta
    ) -> Mapping[str, StoredScore]:
        """Return each patient's last score before a moment and not long before it."""
        ids = sorted(moments)
        times = sa.literal(
            [moments[each] for each in ids], postgresql.ARRAY(sa.DateTime(timezone=True))
        )
        asked = sa.func.unnest(_array(ids), times).table_valued("own", "at").render_derived()
        last = (
            sa.select(scores)
            .where(
                scores.c.patient_id == asked.c.own,
                scores.c.observe_time < asked.c.at,
                scores.c.observe_time >= asked.c.at - sa.literal(within, sa.Interval),
                sa.not_(scores.c.withdrawn),
            )
            .order_by(scores.c.observe_time.desc())
            .limit(1)
            .lateral()
        )
        query = sa.select(last).select_from(asked.join(last, sa.true()))
        rows = self._connection.execute(query).mappings()
        return {row["patient_id"]: StoredScore(**row) for row in rows}

    def scores_since(self, moments: Mapping[str, datetime]) -> Sequence[StoredScore]:
        """Return the scores of each patient from a moment on, those withdrawn too."""
        ids = sorted(moments)
        times = sa.literal(
            [moments[each] for each in ids], postgresql.ARRAY(sa.DateTime(timezone=True))
        )
        asked = sa.func.unnest(_array(ids), times).table_valued("own", "at").render_derived()
        query = sa.select(scores).join_from(
            asked,
            scores,
            sa.and_(scores.c.patient_id == asked.c.own, scores.c.observe_time >= asked.c.at),
        )
        rows = self._connection.execute(query).mappings()
        return [StoredScore(**row) for row in rows]

    def withdraw_scores(self, ids: Sequence[str]) -> None:
        """Show nobody some scores any more."""
        self._connection.execute(
            sa.update(scores)
            .where(scores.c.score_id == sa.any_(_array(ids)))
            .values(withdrawn=True)
        )

    def put_scores(self, made: Sequence[StoredScore]) -> None:
        """Store scores, each in the place of an earlier one of the same moment."""
        if not made:
            return
        rows = [asdict(each) for each in made]
        statement = postgresql.insert(scores)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[scores.c.score_id],
                set_={name: statement.excluded[name] for name in rows[0]},
            ),
            rows,
        )
        for each in made:
            self.mark(Kind.SCORE, each.score_id, each.patient_id)


def _array(ids: Sequence[str]) -> sa.ColumnElement[list[str]]:
    return sa.literal(list(ids), postgresql.ARRAY(sa.Text))
