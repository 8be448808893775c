"""Emergencies, put-off deadlines, and the log of changes for watches, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model.clues import Clue
from services.credit_supervision.model.clues import State as ClueState
from services.credit_supervision.model.due_process import AdverseState, ObjectionState
from services.credit_supervision.model.emergencies import (
    Deadline,
    Emergency,
    Process,
    Rest,
    State,
)
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
    emergencies,
    rests,
)
from services.credit_supervision.store.tables import clues, entities

_RESTS: Final = sa.select(rests, emergencies.c.state, emergencies.c.ended).join(
    emergencies, emergencies.c.emergency_id == rests.c.emergency_id
)

CHANGES_KEPT: Final = 100_000
"""For watches that come back: what is older is read from the list instead."""

_ENDED: Final = (int(ClueState.REFUSED), int(ClueState.CLOSED))

_RUNNING: Final = {
    Process.CLUE: (clues, "due", clues.c.state.notin_(_ENDED)),
    Process.OBJECTION: (objections, "decide_by", objections.c.state == ObjectionState.OPEN),
    Process.REPAIR: (repairs, "decide_by", repairs.c.state == RepairState.APPLIED),
    Process.ADVERSE_USE: (
        adverse_uses,
        "decide_from",
        adverse_uses.c.state == AdverseState.NOTICED,
    ),
}
"""Where each deadline is, in which column, and while what holds it runs."""


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
        query = (
            sa.select(clues)
            .where(clues.c.place.in_(list(places)), clues.c.state.notin_(_ENDED))
            .order_by(clues.c.clue_id)
            .with_for_update()
        )
        return [clue_from(row) for row in self._connection.execute(query).mappings()]

    def running_deadlines(self, places: Sequence[str]) -> Sequence[Deadline]:
        """Return the deadlines of processes about entities in some counties, held."""
        found: list[Deadline] = []
        for process, (table, column, runs) in _RUNNING.items():
            if process is Process.CLUE:
                continue
            key = _key(table)
            query = (
                sa.select(key, table.c[column])
                .join(records, records.c.record_id == table.c.record_id)
                .join(entities, entities.c.code == records.c.code)
                .where(runs, entities.c.place.in_(list(places)))
                .order_by(key)
                .with_for_update(of=table)
            )
            found += [Deadline(process, *row) for row in self._connection.execute(query)]
        return found

    def rests(self, deadline: Deadline) -> Sequence[Rest]:
        """Return the disasters that have put a deadline off."""
        query = _RESTS.where(
            rests.c.kind == deadline.process.value, rests.c.key == deadline.key
        ).order_by(rests.c.since, rests.c.emergency_id)
        return [_rest(row) for row in self._connection.execute(query).mappings()]

    def rested_by(self, emergency_id: str) -> Sequence[tuple[Deadline, Sequence[Rest]]]:
        """Return the deadlines that run and that a disaster has put off, held, each with all.

        A clue that has taken a step since has another deadline, and rests of its own.
        """
        found: list[Deadline] = []
        for process, (table, column, runs) in _RUNNING.items():
            key = _key(table)
            query = (
                sa.select(key, table.c[column])
                .join(rests, sa.and_(rests.c.kind == process.value, rests.c.key == key))
                .where(rests.c.emergency_id == emergency_id, runs)
                .order_by(key)
                .with_for_update(of=table)
            )
            found += [Deadline(process, *row) for row in self._connection.execute(query)]
        return [(each, self.rests(each)) for each in found]

    def add_rest(self, deadline: Deadline, rest: Rest) -> None:
        """Note that a disaster puts a deadline off."""
        values = {
            "kind": deadline.process.value,
            "key": deadline.key,
            "emergency_id": rest.emergency_id,
            "base": rest.base,
            "since": rest.since,
            "days": rest.days,
        }
        self._connection.execute(sa.insert(rests).values(values))

    def forget_rests(self, deadline: Deadline) -> None:
        """Let go of what put a deadline off that is another one now."""
        which = sa.and_(rests.c.kind == deadline.process.value, rests.c.key == deadline.key)
        self._connection.execute(sa.delete(rests).where(which))

    def put_deadline(self, deadline: Deadline) -> None:
        """Store a deadline."""
        table, column, _ = _RUNNING[deadline.process]
        statement = sa.update(table).where(_key(table) == deadline.key)
        self._connection.execute(statement.values({column: deadline.due}))

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


def _rest(row: sa.RowMapping) -> Rest:
    return Rest(
        row["emergency_id"],
        row["base"],
        row["since"],
        row["days"],
        State(row["state"]),
        row["ended"],
    )


def _key(table: sa.Table) -> sa.Column[Any]:
    return next(iter(table.primary_key.columns))
