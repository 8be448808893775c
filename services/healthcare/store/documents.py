"""Documents in PostgreSQL, and the feed of what changed.

**The feed.** Each resource has one row in ``marks``: the transaction that changed it last, and a
number within. A watch reads rows of transactions below the oldest that still runs
(``pg_snapshot_xmin``), in that order: what commits later has a higher transaction or becomes
visible with the horizon, so nothing is passed over and nobody who writes waits for anybody. The
price: a transaction left open, such as a dump, holds watches up for as long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from services.healthcare.model.documents import AsOf, Document, Kind, Mark, Wanted
from services.healthcare.store.tables import documents, marks

NUMBER_MAX: Final = (1 << 62) - 1

_TYPES: Final[Mapping[type[Any], str]] = {
    sa.SmallInteger: "smallint",
    sa.BigInteger: "bigint",
    sa.Text: "text",
    sa.DateTime: "timestamptz",
    sa.LargeBinary: "bytea",
}
_COLUMNS: Final = {each.name: _TYPES[type(each.type)] for each in documents.columns}
_KEY: Final = ("kind", "document_id")


def _put() -> sa.TextClause:
    """Return the statement that stores documents: the same one however many there are.

    A statement with a row of parameters for each took as long to write down as to execute.
    """
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    arrays = ", ".join(f"CAST(:{name} AS {sort}[])" for name, sort in _COLUMNS.items())
    changes = ", ".join(
        f'"{name}" = excluded."{name}"' for name in _COLUMNS if name not in (*_KEY, "version")
    )
    return sa.text(
        f"INSERT INTO documents ({names}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - our own names
        f"ON CONFLICT (kind, document_id) DO UPDATE SET {changes}, version = documents.version + 1"
    )


_PUT: Final = _put()
_KNOWN: Final = sa.text(
    """
    SELECT asked.id
    FROM unnest(CAST(:ids AS text[])) AS asked (id)
    CROSS JOIN LATERAL (
        SELECT FROM documents
        WHERE kind = CAST(:kind AS smallint) AND document_id = asked.id
        LIMIT 1
    ) AS known
    """
)
"""Each id by the primary key. Asked as a list, it was looked for in all documents of the kind."""

_MARK: Final = sa.text(
    """
    INSERT INTO marks (kind, resource_id, parent)
    SELECT * FROM unnest(
        CAST(:kinds AS smallint[]), CAST(:resource_ids AS text[]), CAST(:parents AS text[])
    )
    ON CONFLICT (kind, resource_id)
    DO UPDATE SET parent = excluded.parent, "transaction" = DEFAULT, number = DEFAULT
    """
)


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
        rows = sorted(self._marks.items())
        values = {
            "kinds": [kind for (kind, _), _ in rows],
            "resource_ids": [resource_id for (_, resource_id), _ in rows],
            "parents": [parent for _, parent in rows],
        }
        self._connection.execute(_MARK, values)
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
        self.put_documents([document])

    def put_documents(self, made: Sequence[Document]) -> None:
        """Store documents, each in the place of the one of its kind and id, as one statement."""
        if not made:
            return
        # In order of key: two transactions never wait for each other.
        rows = sorted(made, key=lambda each: (int(each.kind), each.document_id))
        values: dict[str, list[Any]] = {
            name: [getattr(each, name) for each in rows] for name in _COLUMNS
        }
        values["kind"] = [int(each.kind) for each in rows]
        values["version"] = [each.version + 1 for each in rows]
        self._connection.execute(_PUT, values)
        for each in rows:
            self.mark(each.kind, each.document_id, each.parent)

    def known_documents(self, kind: Kind, ids: Sequence[str]) -> frozenset[str]:
        """Return those of some ids that there are."""
        found = self._connection.execute(_KNOWN, {"kind": int(kind), "ids": list(ids)})
        return frozenset(found.scalars())

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

    def as_of(self, kind: Kind, before: AsOf | None = None) -> AsOf:
        """Return how far a kind has got, of the horizon of ``before`` or of now.

        Equal to ``before`` when nothing was changed since. What a transaction reads after this is
        at least as new. Unlike a watch it waits for no transaction that is left open.
        """
        horizon = self.horizon() if before is None else before.horizon
        columns = marks.c
        query = (
            sa.select(columns.transaction, columns.number)
            .where(columns.kind == int(kind), columns.transaction > horizon.transaction)
            .order_by(columns.transaction, columns.number)
        )
        return AsOf(horizon, [Mark(*row) for row in self._connection.execute(query)])

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
    if wanted.code:
        terms.append(columns.place == wanted.code)
    if wanted.party:
        terms.append(sa.or_(columns.place == wanted.party, columns.cause == wanted.party))
    if wanted.from_time is not None:
        terms.append(columns.create_time >= wanted.from_time)
    if wanted.until_time is not None:
        terms.append(columns.create_time < wanted.until_time)
    return terms


def _document(row: Any) -> Document:
    return Document(**{**row, "kind": Kind(row["kind"]), "body": bytes(row["body"])})
