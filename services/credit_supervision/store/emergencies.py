"""Emergencies, put-off deadlines, and the log of changes for watches, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model.clues import Clue
from services.credit_supervision.model.clues import State as ClueState
from services.credit_supervision.model.due_process import AdverseState, ObjectionState
from services.credit_supervision.model.emergencies import Deadline, Emergency, Process, State
from services.credit_supervision.model.repair import State as RepairState
from services.credit_supervision.store.clues import clue_from
from services.credit_supervision.store.record_tables import (
    adverse_uses,
    objections,
    records,
    repairs,
)
from services.credit_supervision.store.supervision_tables import (
    change_counter,
    changes,
    clue_extensions,
    emergencies,
    process_extensions,
)
from services.credit_supervision.store.tables import clues, entities

CHANGES_KEPT: Final = 100_000
"""For watches that come back: what is older is read from the list instead."""

_PROCESSES: Final = {
    Process.OBJECTION: (objections, "decide_by", int(ObjectionState.OPEN)),
    Process.REPAIR: (repairs, "decide_by", int(RepairState.APPLIED)),
    Process.ADVERSE_USE: (adverse_uses, "decide_from", int(AdverseState.NOTICED)),
}
"""Where each process is, which column its deadline is, and in which state that runs."""


class EmergencyRows:
    """Emergencies of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection
    _hold: bool

    def emergency(self, emergency_id: str) -> Emergency | None:
        """Return an emergency; if this transaction writes, hold it."""
        query = sa.select(emergencies).where(emergencies.c.emergency_id == emergency_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _emergency(row)

    def emergencies(
        self, state: State | None, offset: int = 0, limit: int = 1_000
    ) -> Sequence[Emergency]:
        """Return emergencies, the latest first."""
        query = (
            sa.select(emergencies)
            .order_by(emergencies.c.began.desc(), emergencies.c.emergency_id)
            .offset(offset)
            .limit(limit)
        )
        if state is not None:
            query = query.where(emergencies.c.state == int(state))
        return [_emergency(row) for row in self._connection.execute(query).mappings()]

    def put_emergency(self, emergency: Emergency) -> None:
        """Store an emergency."""
        values = {
            **vars(emergency),
            "places": list(emergency.places),
            "state": int(emergency.state),
        }
        statement = postgresql.insert(emergencies).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[emergencies.c.emergency_id], set_=values
            )
        )

    def running_clues(self, places: Sequence[str]) -> Sequence[Clue]:
        """Return the clues in some counties that a deadline runs for, held."""
        ended = [int(ClueState.REFUSED), int(ClueState.CLOSED)]
        query = (
            sa.select(clues)
            .where(clues.c.place.in_(list(places)), clues.c.state.notin_(ended))
            .order_by(clues.c.clue_id)
            .with_for_update()
        )
        return [clue_from(row) for row in self._connection.execute(query).mappings()]

    def extended_clues(self, emergency_id: str) -> Sequence[tuple[Clue, int]]:
        """Return the clues whose deadline still is the one that an emergency put off, and by what.

        One that has taken a step since has another deadline.
        """
        query = (
            sa.select(clues, clue_extensions.c.days)
            .join(clue_extensions, clue_extensions.c.clue_id == clues.c.clue_id)
            .where(
                clue_extensions.c.emergency_id == emergency_id,
                clue_extensions.c.due == clues.c.due,
            )
            .order_by(clues.c.clue_id)
            .with_for_update(of=clues)
        )
        rows = self._connection.execute(query).mappings()
        return [(clue_from(row), int(row["days"])) for row in rows]

    def note_extension(self, clue_id: str, emergency_id: str, days: int, due: date) -> None:
        """Note by how much an emergency has put a clue's deadline off, and to which day."""
        values = {"clue_id": clue_id, "emergency_id": emergency_id, "days": days, "due": due}
        statement = postgresql.insert(clue_extensions).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[clue_extensions.c.clue_id, clue_extensions.c.emergency_id],
                set_=values,
            )
        )

    def running_deadlines(self, places: Sequence[str]) -> Sequence[Deadline]:
        """Return the deadlines of processes about entities in some counties, held."""
        found: list[Deadline] = []
        for process, (table, column, state) in _PROCESSES.items():
            key = next(iter(table.primary_key.columns))
            query = (
                sa.select(key, table.c[column])
                .join(records, records.c.record_id == table.c.record_id)
                .join(entities, entities.c.code == records.c.code)
                .where(table.c.state == state, entities.c.place.in_(list(places)))
                .order_by(key)
                .with_for_update(of=table)
            )
            found += [Deadline(process, *row) for row in self._connection.execute(query)]
        return found

    def extended_deadlines(self, emergency_id: str) -> Sequence[tuple[Deadline, int]]:
        """Return the deadlines that still are what an emergency put off, and by what, held."""
        found = []
        for process, (table, column, state) in _PROCESSES.items():
            key = next(iter(table.primary_key.columns))
            query = (
                sa.select(key, table.c[column], process_extensions.c.days)
                .join(process_extensions, process_extensions.c.key == key)
                .where(
                    process_extensions.c.kind == process.value,
                    process_extensions.c.emergency_id == emergency_id,
                    process_extensions.c.due == table.c[column],
                    table.c.state == state,
                )
                .order_by(key)
                .with_for_update(of=table)
            )
            for of, due, days in self._connection.execute(query):
                found.append((Deadline(process, of, due), int(days)))
        return found

    def put_deadline(self, deadline: Deadline) -> None:
        """Store a process's deadline."""
        table, column, _ = _PROCESSES[deadline.process]
        key = next(iter(table.primary_key.columns))
        statement = sa.update(table).where(key == deadline.key).values({column: deadline.due})
        self._connection.execute(statement)

    def note_deadline(self, deadline: Deadline, emergency_id: str, days: int) -> None:
        """Note by how much an emergency has put a process's deadline off, and to which day."""
        values = {
            "kind": deadline.process.value,
            "key": deadline.key,
            "emergency_id": emergency_id,
            "days": days,
            "due": deadline.due,
        }
        statement = postgresql.insert(process_extensions).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(process_extensions.primary_key.columns), set_=values
            )
        )

    def place_of_record(self, record_id: str) -> str:
        """Return the county of the entity that a record is about, empty when it is not known."""
        query = (
            sa.select(entities.c.place)
            .join(records, records.c.code == entities.c.code)
            .where(records.c.record_id == record_id)
        )
        return str(self._connection.execute(query).scalar() or "")

    # -- changes ----------------------------------------------------------------------------------

    def note_change(self, kind: str, key: str) -> None:
        """Enter a change in the log: numbers are given out in the order of commits."""
        take = (
            sa.update(change_counter)
            .values(number=change_counter.c.number + 1)
            .returning(change_counter.c.number)
        )
        number = int(self._connection.execute(take).scalar_one())
        values = {"number": number, "kind": kind, "key": key}
        self._connection.execute(sa.insert(changes).values(values))
        self._connection.execute(
            sa.delete(changes).where(changes.c.number <= number - CHANGES_KEPT)
        )

    def last_change(self) -> int:
        """Return the number of the last change."""
        return int(self._connection.execute(sa.select(change_counter.c.number)).scalar_one())

    def changes(self, kind: str, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Return (number, key) of changes of a kind after a number, in order."""
        query = (
            sa.select(changes.c.number, changes.c.key)
            .where(changes.c.kind == kind, changes.c.number > after)
            .order_by(changes.c.number)
            .limit(limit)
        )
        return [(int(row.number), row.key) for row in self._connection.execute(query)]

    def first_change(self) -> int:
        """Return the number of the oldest change that is kept, 0 for none."""
        return int(self._connection.execute(sa.select(sa.func.min(changes.c.number))).scalar() or 0)


def _emergency(row: sa.RowMapping) -> Emergency:
    return Emergency(**{**row, "places": tuple(row["places"]), "state": State(row["state"])})
