"""Objects of OpenADR 3, what subscribers are still to be told, and what VENs reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.energy.model.openadr_access import Kind
from services.energy.model.records import Notice, OpenAdrObject
from services.energy.store.tables import (
    openadr_keys,
    openadr_notices,
    openadr_objects,
    reported_usage,
)

PAGE: Final = 200
"""Objects read at once while a list is filtered."""

_COLUMNS = [
    openadr_objects.c[name]
    for name in ("object_id", "number", "kind", "client_id", "program_id", "parent_id")
] + [
    openadr_objects.c.digest,
    openadr_objects.c.content,
    openadr_objects.c.create_time,
    openadr_objects.c.change_time,
]


def _object(row: sa.Row[Any]) -> OpenAdrObject:
    values = row._asdict()
    return OpenAdrObject(**{**values, "kind": Kind(values["kind"])})


class OpenAdrRows:
    """The part of a transaction that keeps objects of OpenADR 3."""

    _connection: sa.Connection
    _hold: bool

    # -- objects ----------------------------------------------------------------------------------

    def openadr_object(self, object_id: str) -> OpenAdrObject | None:
        """Return an object."""
        query = sa.select(*_COLUMNS).where(openadr_objects.c.object_id == object_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _object(row)

    def openadr_objects(
        self, kind: Kind, *, client_id: str = "", program_id: str = "", parent_id: str = ""
    ) -> Iterator[OpenAdrObject]:
        """Yield objects of a kind in the order they were made; an empty filter lets all pass."""
        table = openadr_objects.c
        query = sa.select(*_COLUMNS).where(table.kind == kind.value)
        for column, wanted in (
            (table.client_id, client_id),
            (table.program_id, program_id),
            (table.parent_id, parent_id),
        ):
            if wanted:
                query = query.where(column == wanted)
        after = 0
        while True:
            page = query.where(table.number > after).order_by(table.number).limit(PAGE)
            rows = self._connection.execute(page).all()
            for row in rows:
                yield _object(row)
            if len(rows) < PAGE:
                return
            after = rows[-1].number

    def add_openadr_object(self, made: OpenAdrObject, unique_name: str | None) -> bool:
        """Store a new object; return False when another has its id or its name."""
        values = {**made._asdict(), "kind": made.kind.value, "unique_name": unique_name}
        statement = postgresql.insert(openadr_objects).values(values).on_conflict_do_nothing()
        done = self._connection.execute(statement.returning(openadr_objects.c.object_id))
        return done.one_or_none() is not None

    def replace_openadr_object(self, made: OpenAdrObject, unique_name: str | None) -> None:
        """Store an object in the place of what it was."""
        values = {**made._asdict(), "kind": made.kind.value, "unique_name": unique_name}
        self._connection.execute(
            sa.update(openadr_objects)
            .where(openadr_objects.c.object_id == made.object_id)
            .values(values)
        )

    def openadr_name_taken(self, kind: Kind, unique_name: str, object_id: str) -> bool:
        """Return whether another object of a kind has a name."""
        table = openadr_objects.c
        query = sa.select(table.object_id).where(
            table.kind == kind.value, table.unique_name == unique_name, table.object_id != object_id
        )
        return self._connection.execute(query).first() is not None

    def delete_openadr_object(self, object_id: str) -> None:
        """Remove an object, and what its subscribers were still to be told if it is theirs."""
        self._connection.execute(
            sa.delete(openadr_objects).where(openadr_objects.c.object_id == object_id)
        )
        self._connection.execute(
            sa.delete(openadr_notices).where(openadr_notices.c.subscription_id == object_id)
        )

    def openadr_key(self) -> bytes:
        """Return the key that access tokens are signed with."""
        return bytes(self._connection.execute(sa.select(openadr_keys.c.key)).scalar_one())

    # -- notices ----------------------------------------------------------------------------------

    def notices_waiting(self, subscription_id: str) -> int:
        """Return how many notices of a subscription are still to be delivered."""
        table = openadr_notices.c
        query = sa.select(sa.func.count()).where(table.subscription_id == subscription_id)
        return int(self._connection.execute(query).scalar_one())

    def add_notices(self, notices: Sequence[Notice]) -> None:
        """Store notices to be delivered."""
        if notices:
            self._connection.execute(
                sa.insert(openadr_notices), [each._asdict() for each in notices]
            )

    def first_notices(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Return the first notice of each subscription and address, those that are due."""
        table = openadr_notices.c
        first = (
            sa.select(*(table[name] for name in Notice._fields))
            .distinct(table.subscription_id, table.url)
            .order_by(table.subscription_id, table.url, table.number)
            .subquery()
        )
        query = sa.select(first).where(first.c.due_time <= now).order_by(first.c.due_time)
        rows = self._connection.execute(query.limit(limit))
        return [Notice(**row._asdict()) for row in rows]

    def notice_done(self, number: int) -> None:
        """Remove a notice: delivered, or given up."""
        self._connection.execute(
            sa.delete(openadr_notices).where(openadr_notices.c.number == number)
        )

    def notice_failed(self, number: int, due_time: datetime) -> None:
        """Note that a delivery failed, and when the next is due."""
        table = openadr_notices.c
        self._connection.execute(
            sa.update(openadr_notices)
            .where(table.number == number)
            .values(attempts=table.attempts + 1, due_time=due_time)
        )

    # -- reported usage ---------------------------------------------------------------------------

    def put_reported_usage(
        self, unit_id: str, resource: str, report_id: str, kwh: Mapping[int, float]
    ) -> None:
        """Store what a resource of a unit used by slot, in place of what was reported before."""
        if not kwh:
            return
        rows = [
            {"unit_id": unit_id, "resource": resource, "slot": slot, "report_id": report_id,
             "kwh": value}
            for slot, value in sorted(kwh.items())
        ]  # fmt: skip
        statement = postgresql.insert(reported_usage)
        excluded = statement.excluded
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["unit_id", "resource", "slot"],
                set_={"kwh": excluded.kwh, "report_id": excluded.report_id},
            ),
            rows,
        )

    def forget_reported_usage(self, report_id: str) -> None:
        """Take back what a report said."""
        self._connection.execute(
            sa.delete(reported_usage).where(reported_usage.c.report_id == report_id)
        )

    def reporting_resources(self, unit_id: str) -> int:
        """Return how many resources of a unit report what they use."""
        query = sa.select(sa.func.count(sa.distinct(reported_usage.c.resource)))
        return int(
            self._connection.execute(query.where(reported_usage.c.unit_id == unit_id)).scalar_one()
        )

    def reported_usage(self, unit_id: str, low: int, high: int) -> Sequence[tuple[int, float, int]]:
        """Return slot, kWh and how many resources reported, from ``low`` up to ``high``."""
        table = reported_usage.c
        query = (
            sa.select(table.slot, sa.func.sum(table.kwh), sa.func.count())
            .where(table.unit_id == unit_id, table.slot >= low, table.slot < high)
            .group_by(table.slot)
            .order_by(table.slot)
        )
        return [(int(s), float(k), int(n)) for s, k, n in self._connection.execute(query)]
