"""Documents in PostgreSQL, and the feed of what changed.

**The feed.** Each resource has one row in ``marks``: the transaction that changed it last, and a
number within. A watch reads rows of transactions below the oldest that still runs
(``pg_snapshot_xmin``), in that order: what commits later has a higher transaction or becomes
visible with the horizon, so nothing is passed over and nobody who writes waits for anybody. The
price: a transaction left open, such as a dump, holds watches up for as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.healthcare.model.documents import Document, Kind, Mark, Wanted
from services.healthcare.store.tables import documents, marks

NUMBER_MAX: Final = (1 << 62) - 1


class DocumentRows:
    """The part of a transaction that keeps documents."""

    _connection: sa.Connection
    _hold: bool
    _marks: dict[tuple[int, str], str]

    def mark(self, kind: Kind, resource_id: str, parent: str = "") -> None:
        """Note that a resource changed, at the end of the transaction."""
        self._marks[(int(kind), resource_id)] = parent

    def flush_marks(self) -> None:
        """Write what was noted, in order of key: two transactions never wait for each other."""
        if not self._marks:
            return
        rows = [
            {"kind": kind, "resource_id": resource_id, "parent": parent}
            for (kind, resource_id), parent in sorted(self._marks.items())
        ]
        statement = postgresql.insert(marks).values(rows)
        taken = {name: sa.text("DEFAULT") for name in ("transaction", "number")}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[marks.c.kind, marks.c.resource_id],
                set_={"parent": statement.excluded.parent, **taken},
            )
        )
        self._marks = {}

    def document(self, kind: Kind, document_id: str) -> Document | None:
        """Return a document; if this transaction writes, hold it until the end."""
        columns = documents.c
        query = sa.select(documents).where(
            columns.kind == int(kind), columns.document_id == document_id
        )
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _document(row)

    def requested(self, kind: Kind, request: str) -> Document | None:
        """Return the document that was made under a request's UUID."""
        query = sa.select(documents).where(
            documents.c.kind == int(kind), documents.c.request == request
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _document(row)

    def put_document(self, document: Document) -> None:
        """Store a document, in the place of the one of its kind and id."""
        values = {**asdict(document), "kind": int(document.kind), "version": document.version + 1}
        statement = postgresql.insert(documents).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[documents.c.kind, documents.c.document_id],
                set_={**values, "version": documents.c.version + 1},
            )
        )
        self.mark(document.kind, document.document_id, document.parent)

    def put_documents(self, made: Sequence[Document]) -> None:
        """Store documents, each in the place of the one of its kind and id, in one round trip."""
        if not made:
            return
        rows = [
            {**asdict(each), "kind": int(each.kind), "version": each.version + 1} for each in made
        ]
        statement = postgresql.insert(documents)
        changes = {name: statement.excluded[name] for name in rows[0] if name != "version"}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[documents.c.kind, documents.c.document_id],
                set_={**changes, "version": documents.c.version + 1},
            ),
            rows,
        )
        for each in made:
            self.mark(each.kind, each.document_id, each.parent)

    def known_documents(self, kind: Kind, ids: Sequence[str]) -> frozenset[str]:
        """Return those of some ids that there are."""
        query = sa.select(documents.c.document_id).where(
            documents.c.kind == int(kind), documents.c.document_id.in_(ids)
        )
        return frozenset(self._connection.execute(query).scalars())

    def documents(
        self, kind: Kind, wanted: Wanted, offset: int, limit: int, *, by_id: bool = False
    ) -> Sequence[Document]:
        """Return documents, the latest made first, or in order of id."""
        order = (
            (documents.c.document_id,)
            if by_id
            else (documents.c.create_time.desc(), documents.c.document_id)
        )
        query = (
            sa.select(documents)
            .where(documents.c.kind == int(kind), *_terms(wanted))
            .order_by(*order)
            .offset(offset)
            .limit(limit)
        )
        return [_document(row) for row in self._connection.execute(query).mappings()]

    def documents_at(self, kind: Kind, places: Sequence[str]) -> Sequence[Document]:
        """Return the documents of some places, in order of id."""
        query = (
            sa.select(documents)
            .where(documents.c.kind == int(kind), documents.c.place.in_(sorted(places)))
            .order_by(documents.c.document_id)
        )
        return [_document(row) for row in self._connection.execute(query).mappings()]

    def due_documents(self, kind: Kind, now: datetime, limit: int) -> Sequence[Document]:
        """Return documents that are due; one that writes holds them, and passes over held ones."""
        query = (
            sa.select(documents)
            .where(documents.c.kind == int(kind), documents.c.due_time <= now)
            .order_by(documents.c.due_time)
            .limit(limit)
        )
        if self._hold:
            query = query.with_for_update(skip_locked=True)
        return [_document(row) for row in self._connection.execute(query).mappings()]

    def make_due(self, kind: Kind, label: str, now: datetime) -> None:
        """Have every document of a label looked at again."""
        self._connection.execute(
            sa.update(documents)
            .where(documents.c.kind == int(kind), documents.c.label == label)
            .values(due_time=now, version=documents.c.version + 1)
        )

    def horizon(self) -> Mark:
        """Return where a watch of what changes from now on begins."""
        found = self._connection.execute(sa.select(_horizon())).scalar_one()
        return Mark(int(found) - 1, NUMBER_MAX)

    def changed(
        self, kind: Kind, parent: str, after: Mark, limit: int
    ) -> Sequence[tuple[Mark, str]]:
        """Return (mark, id) of what changed after a mark, in order."""
        columns = marks.c
        place = sa.tuple_(columns.transaction, columns.number)
        terms = [
            columns.kind == int(kind),
            place > sa.tuple_(sa.literal(after.transaction, sa.BigInteger), after.number),
            columns.transaction < _horizon(),
        ]
        if parent:
            terms.append(columns.parent == parent)
        query = (
            sa.select(columns.transaction, columns.number, columns.resource_id)
            .where(*terms)
            .order_by(columns.transaction, columns.number)
            .limit(limit)
        )
        return [
            (Mark(row.transaction, row.number), row.resource_id)
            for row in self._connection.execute(query)
        ]


def _horizon() -> sa.ColumnElement[int]:
    oldest = sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot())
    return sa.cast(sa.cast(oldest, sa.Text), sa.BigInteger)


def _terms(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    columns = documents.c
    terms: list[sa.ColumnElement[bool]] = [
        columns[name] == value
        for name in ("parent", "label", "cause")
        if (value := getattr(wanted, name))
    ]
    if wanted.place:
        terms.append(columns.place.startswith(wanted.place, autoescape=True))
    if wanted.party:
        terms.append(sa.or_(columns.place == wanted.party, columns.cause == wanted.party))
    if wanted.from_time is not None:
        terms.append(columns.create_time >= wanted.from_time)
    if wanted.until_time is not None:
        terms.append(columns.create_time < wanted.until_time)
    return terms


def _document(row: Any) -> Document:
    return Document(**{**row, "kind": Kind(row["kind"]), "body": bytes(row["body"])})
