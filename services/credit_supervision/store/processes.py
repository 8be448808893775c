"""Objections, repairs, rulings and adverse uses in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model.due_process import (
    AdverseState,
    AdverseUse,
    Effect,
    Objection,
    ObjectionState,
    Ruling,
)
from services.credit_supervision.model.repair import Repair
from services.credit_supervision.model.repair import State as RepairState
from services.credit_supervision.store.record_tables import (
    adverse_uses,
    objections,
    repairs,
    rulings,
)


class ProcessRows:
    """What is asked and decided about records, of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection
    _hold: bool

    def objection(self, objection_id: str) -> Objection | None:
        """Return an objection."""
        row = self._row_of(objections, objection_id)
        return None if row is None else _objection(row)

    def objections(
        self, state: ObjectionState | None, after: str, limit: int
    ) -> Sequence[Objection]:
        """Return objections in order of day due, then id; ``after`` is "DAY/ID"."""
        return [_objection(row) for row in self._by_due(objections, state, after, limit)]

    def put_objection(self, objection: Objection) -> None:
        """Store an objection."""
        values = {**vars(objection), "evidence": list(objection.evidence)}
        self._put(objections, values | {"state": int(objection.state)})

    def repair(self, repair_id: str) -> Repair | None:
        """Return an application for repair."""
        row = self._row_of(repairs, repair_id)
        return None if row is None else _repair(row)

    def repairs(self, state: RepairState | None, after: str, limit: int) -> Sequence[Repair]:
        """Return applications in order of day due, then id; ``after`` is "DAY/ID"."""
        return [_repair(row) for row in self._by_due(repairs, state, after, limit)]

    def repairs_of(self, record_id: str) -> Sequence[Repair]:
        """Return the applications about a record."""
        query = sa.select(repairs).where(repairs.c.record_id == record_id)
        if self._hold:
            query = query.with_for_update()
        return [_repair(row) for row in self._connection.execute(query).mappings()]

    def put_repair(self, repair: Repair) -> None:
        """Store an application."""
        values = {
            **vars(repair),
            "state": int(repair.state),
            "evidence": dict(repair.evidence),
            "receivers": list(repair.receivers),
            "receipts": {name: at.isoformat() for name, at in repair.receipts.items()},
        }
        self._put(repairs, values)

    def ruling(self, ruling_id: str) -> Ruling | None:
        """Return a court's ruling."""
        row = self._row_of(rulings, ruling_id)
        if row is None:
            return None
        values = {**row, "effect": Effect(row["effect"]), "records": tuple(row["records"])}
        return Ruling(**values)

    def put_ruling(self, ruling: Ruling) -> None:
        """Store a court's ruling."""
        values = {**vars(ruling), "effect": int(ruling.effect), "records": list(ruling.records)}
        self._put(rulings, values)

    def adverse_use(self, adverse_use_id: str) -> AdverseUse | None:
        """Return an intended adverse use."""
        row = self._row_of(adverse_uses, adverse_use_id)
        return None if row is None else _adverse(row)

    def adverse_uses(
        self, state: AdverseState | None, after: str, limit: int
    ) -> Sequence[AdverseUse]:
        """Return intended adverse uses after an id, in order of id."""
        key = adverse_uses.c.adverse_use_id
        query = sa.select(adverse_uses).where(key > after).order_by(key).limit(limit)
        if state is not None:
            query = query.where(adverse_uses.c.state == int(state))
        return [_adverse(row) for row in self._connection.execute(query).mappings()]

    def adverse_uses_of(self, record_id: str) -> Sequence[AdverseUse]:
        """Return the intended adverse uses of a record; if this transaction writes, hold them."""
        query = sa.select(adverse_uses).where(adverse_uses.c.record_id == record_id)
        query = query.order_by(adverse_uses.c.adverse_use_id)
        if self._hold:
            query = query.with_for_update()
        return [_adverse(row) for row in self._connection.execute(query).mappings()]

    def put_adverse_use(self, adverse: AdverseUse) -> None:
        """Store an intended adverse use."""
        self._put(adverse_uses, {**vars(adverse), "state": int(adverse.state)})

    def _row_of(self, table: sa.Table, of: str) -> sa.RowMapping | None:
        query = sa.select(table).where(_key(table) == of)
        if self._hold:
            query = query.with_for_update()
        return self._connection.execute(query).mappings().one_or_none()

    def _by_due(
        self, table: sa.Table, state: int | None, after: str, limit: int
    ) -> Sequence[sa.RowMapping]:
        key, due = _key(table), table.c.decide_by
        query = sa.select(table).order_by(due, key).limit(limit)
        if state is not None:
            query = query.where(table.c.state == int(state))
        if after:
            day, _, of = after.partition("/")
            query = query.where(
                sa.tuple_(due, key) > sa.tuple_(sa.literal(date.fromisoformat(day)), of)
            )
        return self._connection.execute(query).mappings().all()

    def _put(self, table: sa.Table, values: dict[str, Any]) -> None:
        statement = postgresql.insert(table).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[_key(table)], set_=values)
        )


def _key(table: sa.Table) -> sa.Column[Any]:
    return next(iter(table.primary_key.columns))


def _objection(row: sa.RowMapping) -> Objection:
    values = {**row, "state": ObjectionState(row["state"]), "evidence": tuple(row["evidence"])}
    return Objection(**values)


def _repair(row: sa.RowMapping) -> Repair:
    values = {
        **row,
        "state": RepairState(row["state"]),
        "receivers": tuple(row["receivers"]),
        "receipts": {name: datetime.fromisoformat(at) for name, at in row["receipts"].items()},
    }
    return Repair(**values)


def _adverse(row: sa.RowMapping) -> AdverseUse:
    return AdverseUse(**{**row, "state": AdverseState(row["state"])})
