"""Handhelds, the forms they brought, monitoring points and what they showed, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model import handhelds as handheld_model
from services.credit_supervision.model import monitoring
from services.credit_supervision.model.draws import Inspection
from services.credit_supervision.model.handhelds import Handheld, TakenForm
from services.credit_supervision.model.monitoring import Hour, Point
from services.credit_supervision.store.supervision_tables import (
    handhelds,
    monitored_hours,
    monitoring_points,
    taken_forms,
)
from services.credit_supervision.store.tables import findings, inspections


class HandheldRows:
    """Handhelds and monitors of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection
    _hold: bool

    def handheld(self, node: str) -> Handheld | None:
        """Return a handheld; if this transaction writes, hold it."""
        query = sa.select(handhelds).where(handhelds.c.node == node)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _handheld(row)

    def handhelds(self, after: str, limit: int) -> Sequence[Handheld]:
        """Return handhelds after a node id, in order of it."""
        query = sa.select(handhelds).where(handhelds.c.node > after)
        query = query.order_by(handhelds.c.node).limit(limit)
        return [_handheld(row) for row in self._connection.execute(query).mappings()]

    def put_handheld(self, handheld: Handheld) -> None:
        """Store a handheld."""
        values = {**vars(handheld), "state": int(handheld.state)}
        statement = postgresql.insert(handhelds).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[handhelds.c.node], set_=values)
        )

    def visits_of(self, department: str, badge: str, limit: int) -> Sequence[Inspection]:
        """Return the visits that a badge goes along on and whose department has not reported."""
        reported = (
            sa.select(findings.c.code)
            .where(
                findings.c.draw_id == inspections.c.draw_id,
                findings.c.code == inspections.c.code,
                findings.c.department == department,
            )
            .exists()
        )
        query = (
            sa.select(inspections)
            .where(inspections.c.inspectors.contains({department: [badge]}), ~reported)
            .order_by(inspections.c.draw_id, inspections.c.code)
            .limit(limit)
        )
        return [
            Inspection(
                row["draw_id"],
                row["code"],
                row["stratum"],
                {name: tuple(badges) for name, badges in row["inspectors"].items()},
            )
            for row in self._connection.execute(query).mappings()
        ]

    def add_form(self, form: TakenForm) -> None:
        """Add a form as it was signed."""
        self._connection.execute(sa.insert(taken_forms).values(vars(form)))

    def forms_of(self, draw_id: str, code: str) -> Sequence[TakenForm]:
        """Return the forms of a visit, in order of department."""
        query = (
            sa.select(taken_forms)
            .where(taken_forms.c.draw_id == draw_id, taken_forms.c.code == code)
            .order_by(taken_forms.c.department)
        )
        return [TakenForm(**row) for row in self._connection.execute(query).mappings()]

    # -- monitors ---------------------------------------------------------------------------------

    def point(self, point_id: str) -> Point | None:
        """Return a monitoring point; if this transaction writes, hold it."""
        query = sa.select(monitoring_points).where(monitoring_points.c.point_id == point_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _point(row)

    def points(self, after: str, limit: int) -> Sequence[Point]:
        """Return monitoring points after an id, in order of it."""
        key = monitoring_points.c.point_id
        query = sa.select(monitoring_points).where(key > after).order_by(key).limit(limit)
        return [_point(row) for row in self._connection.execute(query).mappings()]

    def watched_series(self) -> Sequence[Point]:
        """Return the points in use that are a series."""
        return self._active(monitoring_points.c.node != "")

    def points_of_hospital(self, hospital: str) -> Sequence[Point]:
        """Return the points in use of a hospital."""
        return self._active(monitoring_points.c.hospital == hospital)

    def put_point(self, point: Point) -> None:
        """Store a monitoring point."""
        values = {**vars(point), "state": int(point.state)}
        statement = postgresql.insert(monitoring_points).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[monitoring_points.c.point_id], set_=values
            )
        )

    def add_readings(self, hours: Sequence[Hour]) -> None:
        """Add readings to hours; each is to be judged, or judged again."""
        for each in sorted(hours, key=lambda one: (one.point_id, one.hour)):
            statement = postgresql.insert(monitored_hours).values(**vars(each), is_judged=False)
            self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[monitored_hours.c.point_id, monitored_hours.c.hour],
                    set_={
                        "count": monitored_hours.c.count + each.count,
                        "total": monitored_hours.c.total + each.total,
                        "is_judged": False,
                    },
                )
            )

    def hours_to_judge(self, before: int, limit: int) -> Sequence[Hour]:
        """Return hours before one that are not judged, held, and mark them as judged."""
        which = (
            sa.select(monitored_hours.c.point_id, monitored_hours.c.hour)
            .where(~monitored_hours.c.is_judged, monitored_hours.c.hour < before)
            .order_by(monitored_hours.c.hour, monitored_hours.c.point_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        update = (
            sa.update(monitored_hours)
            .where(sa.tuple_(monitored_hours.c.point_id, monitored_hours.c.hour).in_(which))
            .values(is_judged=True)
            .returning(
                monitored_hours.c.point_id,
                monitored_hours.c.hour,
                monitored_hours.c.count,
                monitored_hours.c.total,
            )
        )
        return sorted(
            (Hour(*row) for row in self._connection.execute(update)),
            key=lambda one: (one.hour, one.point_id),
        )

    def forget_hours(self, before: int) -> None:
        """Let go of hours of long ago."""
        self._connection.execute(
            sa.delete(monitored_hours).where(
                monitored_hours.c.is_judged, monitored_hours.c.hour < before
            )
        )

    def _active(self, which: sa.ColumnElement[bool]) -> Sequence[Point]:
        query = sa.select(monitoring_points).where(
            which, monitoring_points.c.state == int(monitoring.State.ACTIVE)
        )
        query = query.order_by(monitoring_points.c.point_id)
        return [_point(row) for row in self._connection.execute(query).mappings()]


def _handheld(row: sa.RowMapping) -> Handheld:
    return Handheld(**{**row, "state": handheld_model.State(row["state"])})


def _point(row: sa.RowMapping) -> Point:
    return Point(**{**row, "state": monitoring.State(row["state"])})
