"""Deleting reports that are no longer kept, a bounded number of rows at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from services.energy.model.openadr_access import Kind
from services.energy.store.tables import documents, openadr_objects, reported_usage

REPORT: Final = "demand-response-report"


class RetentionRows:
    """The part of a transaction that forgets."""

    _connection: sa.Connection

    def forget_usage_of_reports(self, before: datetime, reports_max: int, rows_max: int) -> int:
        """Delete usage of the reports that changed first, before then; return how many rows."""
        table = reported_usage.c
        key = (table.unit_id, table.resource, table.slot)
        due = _due(before, reports_max).subquery()
        some = sa.select(*key).where(table.report_id.in_(sa.select(due.c.object_id)))
        return self._delete(reported_usage, sa.tuple_(*key).in_(some.limit(rows_max)))

    def forget_reports(self, before: datetime, limit: int) -> int:
        """Delete OpenADR reports that changed last before then and whose usage is gone."""
        due = _due(before, limit).with_for_update()
        found = list(self._connection.execute(due).scalars())
        return self._delete(openadr_objects, openadr_objects.c.object_id.in_(found))

    def forget_report_documents(self, before: datetime, limit: int) -> int:
        """Delete reports as demand response shows them, made before then; return how many."""
        table = documents.c
        some = (
            sa.select(table.name)
            .where(table.kind == REPORT, table.create_time < before)
            .order_by(table.create_time)
            .limit(limit)
        )
        return self._delete(documents, sa.and_(table.kind == REPORT, table.name.in_(some)))

    def _delete(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        result: sa.CursorResult[tuple[()]] = self._connection.execute(sa.delete(table).where(which))
        return int(result.rowcount)


def _due(before: datetime, limit: int) -> sa.Select[tuple[str]]:
    table = openadr_objects.c
    return (
        sa.select(table.object_id)
        .where(table.kind == Kind.REPORT.value, table.change_time < before)
        .order_by(table.change_time, table.object_id)
        .limit(limit)
    )
