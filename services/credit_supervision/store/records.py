"""Records, their decisions and tombstones in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model.record_log import (
    Decided,
    Stored,
    standing_from,
    standing_to,
)
from services.credit_supervision.model.records import (
    Decision,
    Kind,
    Lineage,
    Record,
    Severity,
    Tombstone,
    Use,
)
from services.credit_supervision.store.record_tables import (
    record_decisions,
    record_lineages,
    records,
    tombstones,
)
from services.credit_supervision.store.tables import entities


class RecordRows:
    """Records of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection
    _hold: bool

    def record(self, record_id: str) -> Stored | None:
        """Return a record that has not ended."""
        query = sa.select(records).where(records.c.record_id == record_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _stored(row)

    def records_of(self, code: str, after: str, limit: int) -> Sequence[Stored]:
        """Return the records of an entity after an id, in order of id."""
        query = (
            sa.select(records)
            .where(records.c.code == code, records.c.record_id > after)
            .order_by(records.c.record_id)
            .limit(limit)
        )
        if self._hold:
            query = query.with_for_update()
        return [_stored(row) for row in self._connection.execute(query).mappings()]

    def records_to_look_at(self, today: date, limit: int) -> Sequence[Stored]:
        """Return records whose day has come, held; those that others hold are passed over."""
        query = (
            sa.select(records)
            .where(records.c.look_on <= today)
            .order_by(records.c.look_on, records.c.record_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_stored(row) for row in self._connection.execute(query).mappings()]

    def put_record(self, stored: Stored) -> None:
        """Store a record in place of what was there under its id."""
        values = _row(stored)
        statement = postgresql.insert(records).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[records.c.record_id], set_=values)
        )

    def claim_lineage(self, key: str, record_id: str) -> str:
        """Note a department's number as a record's unless it is another's; return whose it is."""
        made = postgresql.insert(record_lineages).values(lineage=key, record_id=record_id)
        self._connection.execute(made.on_conflict_do_nothing())
        query = sa.select(record_lineages.c.record_id).where(record_lineages.c.lineage == key)
        return str(self._connection.execute(query).scalar_one())

    def bury(self, stone: Tombstone, entered_by: str, revision: int) -> None:
        """Put a tombstone in a record's place."""
        values = {
            "record_id": stone.record_id,
            "ended": stone.ended,
            "reason": stone.reason,
            "sha256": stone.sha256,
            "entered_by": entered_by,
            "revision": revision,
        }
        self._connection.execute(sa.insert(tombstones).values(values))
        self._connection.execute(sa.delete(records).where(records.c.record_id == stone.record_id))

    def tombstone(self, record_id: str) -> Tombstone | None:
        """Return what is left of a record that has ended."""
        query = sa.select(tombstones).where(tombstones.c.record_id == record_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Tombstone(row.record_id, row.ended, row.reason, row.sha256)

    def add_decision(self, decided: Decided) -> None:
        """Add a decision to a record's."""
        values = {
            "record_id": decided.record_id,
            "number": decided.number,
            "day": decided.day,
            "standing": standing_to(decided.standing),
            "sha256": decided.sha256,
            "decided": decided.decided,
            **_decision_row(decided.decision),
        }
        self._connection.execute(sa.insert(record_decisions).values(values))

    def last_decision(self, record_id: str) -> Decided | None:
        """Return the last decision about a record, ended ones included."""
        query = (
            sa.select(record_decisions)
            .where(record_decisions.c.record_id == record_id)
            .order_by(record_decisions.c.number.desc())
            .limit(1)
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _decided(row)

    def decisions(self, record_id: str, after: int, limit: int) -> Sequence[Decided]:
        """Return the decisions about a record after a number, in order."""
        query = (
            sa.select(record_decisions)
            .where(record_decisions.c.record_id == record_id, record_decisions.c.number > after)
            .order_by(record_decisions.c.number)
            .limit(limit)
        )
        return [_decided(row) for row in self._connection.execute(query).mappings()]

    def record_counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many entities have a record in use, by prefecture and kind."""
        prefecture = sa.func.left(entities.c.place, 4)
        usable = [int(Use.PUBLISHED), int(Use.SHARED)]
        query = (
            sa.select(prefecture, records.c.kind, sa.func.count(sa.distinct(records.c.code)))
            .join(entities, entities.c.code == records.c.code)
            .where(records.c.use.in_(usable))
            .group_by(prefecture, records.c.kind)
        )
        return {
            (place, Kind(kind).name): count
            for place, kind, count in self._connection.execute(query)
        }


def _decision_row(decision: Decision) -> dict[str, Any]:
    return {
        "use": int(decision.use),
        "reason": decision.reason,
        "end": decision.end,
        "versions": list(decision.versions),
    }


def _decision(row: sa.RowMapping) -> Decision:
    return Decision(Use(row["use"]), row["reason"], row["end"], tuple(row["versions"]))


def _row(stored: Stored) -> dict[str, Any]:
    record = stored.record
    return {
        "record_id": record.record_id,
        "code": record.code,
        "kind": int(record.kind),
        "day": record.day,
        "matter": record.matter,
        "department": record.lineage.department,
        "source_id": record.lineage.source_id,
        "source_sha256": record.lineage.sha256,
        "severities": [int(each) for each in record.severities],
        "fields": list(record.fields),
        "valid_to": record.valid_to,
        "standing": standing_to(stored.standing),
        "revision": stored.revision,
        "entered_by": stored.entered_by,
        "corrected_by": list(stored.corrected_by),
        "created": stored.created,
        "updated": stored.updated,
        "look_on": stored.look_on,
        **_decision_row(stored.decision),
    }


def _stored(row: sa.RowMapping) -> Stored:
    record = Record(
        record_id=row["record_id"],
        code=row["code"],
        kind=Kind(row["kind"]),
        day=row["day"],
        matter=row["matter"],
        lineage=Lineage(row["department"], row["source_id"], row["source_sha256"]),
        severities=tuple(Severity(each) for each in row["severities"]),
        fields=tuple(row["fields"]),
        valid_to=row["valid_to"],
    )
    return Stored(
        record=record,
        standing=standing_from(row["standing"]),
        decision=_decision(row),
        revision=row["revision"],
        entered_by=row["entered_by"],
        created=row["created"],
        updated=row["updated"],
        look_on=row["look_on"],
        corrected_by=tuple(row["corrected_by"]),
    )


def _decided(row: sa.RowMapping) -> Decided:
    return Decided(
        record_id=row["record_id"],
        number=row["number"],
        day=row["day"],
        standing=standing_from(row["standing"]),
        decision=_decision(row),
        sha256=row["sha256"],
        decided=row["decided"],
    )
