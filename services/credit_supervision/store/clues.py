"""Clues in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model.clues import Clue, Outcome, Source, State, Step
from services.credit_supervision.store.tables import clue_reports, clues


class ClueRows:
    """Clues of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection
    _hold: bool

    def clue(self, clue_id: str) -> Clue | None:
        """Return a clue."""
        return self._one(clues.c.clue_id == clue_id)

    def clue_of_report(self, report_id: str) -> Clue | None:
        """Return the clue that a report was made into, or joined to."""
        of = sa.select(clue_reports.c.clue_id).where(clue_reports.c.report_id == report_id)
        return self._one(clues.c.clue_id.in_(of))

    def clues_about(self, code: str, matter: str) -> Sequence[Clue]:
        """Return the clues of one entity and matter."""
        query = (
            sa.select(clues)
            .where(clues.c.code == code, clues.c.matter == matter)
            .order_by(clues.c.clue_id)
            .with_for_update()
        )
        return [clue_from(row) for row in self._connection.execute(query).mappings()]

    def open_clues(self, place: str) -> Sequence[Clue]:
        """Return the clues in a place that somebody still works on, in order of day due."""
        ended = [int(State.REFUSED), int(State.CLOSED)]
        query = (
            sa.select(clues)
            .where(clues.c.state.notin_(ended), clues.c.place.startswith(place, autoescape=True))
            .order_by(clues.c.due, clues.c.clue_id)
        )
        return [clue_from(row) for row in self._connection.execute(query).mappings()]

    def clues_of(self, code: str, limit: int) -> Sequence[Clue]:
        """Return the latest clues about an entity."""
        query = (
            sa.select(clues)
            .where(clues.c.code == code)
            .order_by(clues.c.received.desc())
            .limit(limit)
        )
        return [clue_from(row) for row in self._connection.execute(query).mappings()]

    def clues(self, state: State | None, place: str, after: str, limit: int) -> Sequence[Clue]:
        """Return clues in a place, in order of day due, then id; ``after`` is "DAY/ID"."""
        query = (
            sa.select(clues)
            .where(clues.c.place.startswith(place, autoescape=True))
            .order_by(clues.c.due, clues.c.clue_id)
            .limit(limit)
        )
        if state is not None:
            query = query.where(clues.c.state == int(state))
        if after:
            day, _, clue_id = after.partition("/")
            here = sa.tuple_(clues.c.due, clues.c.clue_id)
            query = query.where(here > sa.tuple_(sa.literal(date.fromisoformat(day)), clue_id))
        return [clue_from(row) for row in self._connection.execute(query).mappings()]

    def put_clue(self, clue: Clue, report_id: str = "") -> None:
        """Store a clue, and that a report belongs to it."""
        values = _row(clue)
        statement = postgresql.insert(clues).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[clues.c.clue_id], set_=values)
        )
        if report_id:
            belongs = sa.insert(clue_reports).values(report_id=report_id, clue_id=clue.clue_id)
            self._connection.execute(belongs)

    def _one(self, which: sa.ColumnElement[bool]) -> Clue | None:
        query = sa.select(clues).where(which)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else clue_from(row)


def _row(clue: Clue) -> dict[str, Any]:
    return {
        "clue_id": clue.clue_id,
        "source": int(clue.source),
        "code": clue.code,
        "matter": clue.matter,
        "place": clue.place,
        "received": clue.received,
        "due": clue.due,
        "evidence": list(clue.evidence),
        "version": clue.version,
        "state": int(clue.state),
        "reports": clue.reports,
        "steps": [[int(s.state), s.actor, s.when.isoformat(), s.reason] for s in clue.steps],
        "recognised_by": {name: at.isoformat() for name, at in clue.recognised_by.items()},
        "outcome": int(clue.outcome or 0),
    }


def clue_from(row: sa.RowMapping) -> Clue:
    """Return a clue from its row."""
    return Clue(
        clue_id=row["clue_id"],
        source=Source(row["source"]),
        code=row["code"],
        matter=row["matter"],
        place=row["place"],
        received=row["received"],
        due=row["due"],
        evidence=tuple(row["evidence"]),
        version=row["version"],
        state=State(row["state"]),
        reports=row["reports"],
        steps=tuple(
            Step(State(state), actor, datetime.fromisoformat(when), reason)
            for state, actor, when, reason in row["steps"]
        ),
        recognised_by={
            name: datetime.fromisoformat(at) for name, at in row["recognised_by"].items()
        },
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
    )
