"""Grades, successions, counts of signals and statistics, recognitions, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model.grades import Grade, Letter
from services.credit_supervision.model.recognition import (
    Outcome,
    Recognition,
    Result,
    Scope,
    Step,
    Wanted,
)
from services.credit_supervision.model.successions import Succession, SuccessionKind
from services.credit_supervision.store.supervision_tables import (
    entity_looks,
    grades,
    recognitions,
    signal_alarms,
    signal_counts,
    statistic_cells,
    successions,
)
from services.credit_supervision.store.tables import entities

Bins = Mapping[str, Mapping[int, int]]
"""How many values fell into each bin of each item."""


_ENDS: Final = successions.c.kind != int(SuccessionKind.SPLIT)


def _any(codes: Sequence[str]) -> sa.ColumnElement[Any]:
    """Return what a column equals that is one of some codes, however many: one parameter."""
    listed: sa.ColumnElement[Any] = sa.literal(list(codes), postgresql.ARRAY(sa.Text))
    return sa.any_(listed)


class SignalRows:
    """What signals and statistics need, of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection

    def put_grades(self, made: Sequence[Grade], now: datetime) -> None:
        """Store grades; of one scheme an entity has one, and an older never replaces a newer."""
        if not made:
            return
        rows = [
            {**vars(each), "letter": int(each.letter), "received": now}
            for each in sorted(made, key=lambda each: (each.code, each.scheme))
        ]
        statement = postgresql.insert(grades)
        names = ("letter", "day", "valid_to", "sha256", "received")
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[grades.c.code, grades.c.scheme],
                set_={name: statement.excluded[name] for name in names},
                where=statement.excluded.day >= grades.c.day,
            ),
            rows,
        )

    def grades_of(self, code: str) -> Sequence[tuple[Grade, datetime]]:
        """Return the grades of an entity in order of scheme, each with when it was received."""
        query = sa.select(grades).where(grades.c.code == code).order_by(grades.c.scheme)
        return [
            (
                Grade(row.code, row.scheme, Letter(row.letter), row.day, row.valid_to, row.sha256),
                row.received,
            )
            for row in self._connection.execute(query)
        ]

    def count_bins(self, version: str, month: str, counts: Bins) -> None:
        """Add to how many values fell into each bin in a month."""
        rows = [
            {"version": version, "item": item, "bin": number, "month": month, "count": count}
            for item, of_item in sorted(counts.items())
            for number, count in sorted(of_item.items())
        ]
        if not rows:
            return
        statement = postgresql.insert(signal_counts)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(signal_counts.primary_key.columns),
                set_={"count": signal_counts.c.count + statement.excluded["count"]},
            ),
            rows,
        )

    def bins_until(self, version: str, month: str) -> dict[str, Bins]:
        """Return how many values fell into each bin, by month, up to a month and with it."""
        columns = signal_counts.c
        query = sa.select(signal_counts).where(columns.version == version, columns.month <= month)
        found: dict[str, dict[str, dict[int, int]]] = {}
        for row in self._connection.execute(query).mappings():
            of_item = found.setdefault(row["month"], {}).setdefault(row["item"], {})
            of_item[row["bin"]] = row["count"]
        return dict(found)

    def first_alarm(self, version: str, item: str, month: str) -> bool:
        """Note an alarm; return False when it was noted before."""
        statement = (
            postgresql.insert(signal_alarms)
            .values(version=version, item=item, month=month)
            .on_conflict_do_nothing()
            .returning(signal_alarms.c.item)
        )
        return self._connection.execute(statement).one_or_none() is not None

    def cells(self, statistic: str) -> Mapping[tuple[str, str], int]:
        """Return what the last table of a statistic was made of."""
        query = sa.select(statistic_cells).where(statistic_cells.c.statistic == statistic)
        return {
            (row["row"], row["column"]): row["count"]
            for row in self._connection.execute(query).mappings()
        }

    def put_cells(self, statistic: str, cells: Mapping[tuple[str, str], int]) -> None:
        """Keep what a table of a statistic was made of."""
        rows = [
            {"statistic": statistic, "row": row, "column": column, "count": count}
            for (row, column), count in sorted(cells.items())
        ]
        if not rows:
            return
        statement = postgresql.insert(statistic_cells)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(statistic_cells.primary_key.columns),
                set_={"count": statement.excluded["count"]},
                where=statistic_cells.c.count != statement.excluded["count"],
            ),
            rows,
        )

    # -- successions ------------------------------------------------------------------------------

    def succession(self, succession_id: str) -> Succession | None:
        """Return one step of the history of entities."""
        query = sa.select(successions).where(successions.c.succession_id == succession_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _succession(row)

    def history(self, code: str) -> Sequence[Succession]:
        """Return all steps that lead to an entity and from it, in order of day."""
        known: dict[str, Succession] = {}
        seen, todo = {code}, [code]
        while todo:
            query = sa.select(successions).where(
                sa.or_(successions.c.predecessor.in_(todo), successions.c.successor.in_(todo))
            )
            todo = []
            for row in self._connection.execute(query).mappings():
                step = _succession(row)
                known[step.succession_id] = step
                for other in (step.predecessor, step.successor):
                    if other not in seen:
                        seen.add(other)
                        todo.append(other)
        return sorted(known.values(), key=lambda each: (each.day, each.succession_id))

    def hold_successions(self, *, alone: bool) -> None:
        """Before anything else: have none come in meanwhile; ``alone``, to change them.

        A transaction sees the state of its first query, which taking a table's lock is not.
        """
        mode = "SHARE ROW EXCLUSIVE" if alone else "ROW EXCLUSIVE"
        self._connection.execute(sa.text(f"LOCK TABLE successions IN {mode} MODE"))

    def endings(self, codes: Sequence[str]) -> Mapping[str, Sequence[Succession]]:
        """Return the documented steps that ended entities, by code, in order of day."""
        query = (
            sa.select(successions)
            .where(successions.c.predecessor == _any(codes), _ENDS)
            .order_by(successions.c.day, successions.c.succession_id)
        )
        found: dict[str, list[Succession]] = {}
        for row in self._connection.execute(query).mappings():
            found.setdefault(row["predecessor"], []).append(_succession(row))
        return found

    def links(self, codes: Sequence[str]) -> Mapping[str, AbstractSet[str]]:
        """Return who took over from entities, from those, and so on: of register or document."""
        found: dict[str, set[str]] = {}
        seen, todo = set(codes), list(codes)
        while todo:
            registered = sa.select(entities.c.code, entities.c.successor).where(
                entities.c.code == _any(todo), entities.c.successor != ""
            )
            documented = sa.select(successions.c.predecessor, successions.c.successor).where(
                successions.c.predecessor == _any(todo), _ENDS
            )
            todo = []
            for code, after in self._connection.execute(registered.union(documented)):
                found.setdefault(code, set()).add(after)
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        return found

    def add_succession(self, made: Succession, now: datetime) -> None:
        """Add a step; whoever ended by it has the successor's code in the register."""
        values = {**vars(made), "kind": int(made.kind)}
        self._connection.execute(sa.insert(successions).values(values))
        if made.ends_predecessor:
            ends = sa.update(entities).where(entities.c.code == made.predecessor)
            self._connection.execute(ends.values(successor=made.successor, update_time=now))

    # -- looks ------------------------------------------------------------------------------------

    def add_look(self, code: str, actor: str, now: datetime, since: datetime) -> None:
        """Note that somebody looked at an entity, and let go of looks of before ``since``."""
        of = sa.delete(entity_looks).where(entity_looks.c.code == code, entity_looks.c.at < since)
        self._connection.execute(of)
        self._connection.execute(sa.insert(entity_looks).values(code=code, actor=actor, at=now))

    def looks(self, code: str, actor: str, since: datetime) -> Sequence[datetime]:
        """Return when somebody looked at an entity since a time, in order."""
        columns = entity_looks.c
        query = (
            sa.select(columns.at)
            .where(columns.code == code, columns.actor == actor, columns.at >= since)
            .order_by(columns.at)
        )
        return list(self._connection.execute(query).scalars())

    # -- recognitions -----------------------------------------------------------------------------

    def recognition(self, recognition_id: str) -> Recognition | None:
        """Return a decision about recognition."""
        query = sa.select(recognitions.c.content).where(
            recognitions.c.recognition_id == recognition_id
        )
        content = self._connection.execute(query).scalar_one_or_none()
        return None if content is None else _recognition(content)

    def recognitions(self, wanted: Wanted, offset: int, limit: int) -> Sequence[Recognition]:
        """Return decisions about recognition, the latest first."""
        columns = recognitions.c
        query = (
            sa.select(columns.content)
            .where(columns.receiver_place.startswith(wanted.receiver_place, autoescape=True))
            .order_by(columns.decided.desc(), columns.recognition_id)
            .offset(offset)
            .limit(limit)
        )
        if wanted.code:
            query = query.where(columns.code == wanted.code)
        if wanted.outcome is not None:
            query = query.where(columns.outcome == int(wanted.outcome))
        return [_recognition(content) for content in self._connection.execute(query).scalars()]

    def add_recognition(self, made: Recognition) -> None:
        """Add a decision about recognition."""
        result = {
            **vars(made.result),
            "scope": int(made.result.scope),
            "found": made.result.found.isoformat(),
        }
        content = {
            **vars(made),
            "result": result,
            "outcome": int(made.outcome),
            "step": int(made.step),
            "versions": list(made.versions),
            "decided": made.decided.isoformat(),
        }
        values = {
            "recognition_id": made.recognition_id,
            "content": content,
            "code": made.result.code,
            "receiver_place": made.receiver_place,
            "outcome": int(made.outcome),
            "decided": made.decided,
        }
        self._connection.execute(sa.insert(recognitions).values(values))


def _succession(row: sa.RowMapping) -> Succession:
    return Succession(**{**row, "kind": SuccessionKind(row["kind"])})


def _recognition(content: Mapping[str, Any]) -> Recognition:
    result = content["result"]
    return Recognition(
        **{
            **content,
            "result": Result(
                **{
                    **result,
                    "scope": Scope(result["scope"]),
                    "found": datetime.fromisoformat(result["found"]),
                }
            ),
            "outcome": Outcome(content["outcome"]),
            "step": Step(content["step"]),
            "versions": tuple(content["versions"]),
            "decided": datetime.fromisoformat(content["decided"]),
        }
    )
